// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the jail's control groups have counted, as figures of the result. They count all processes,
 * also those that nobody waited for, so they replace those of wait4(2). Called by jail.c at the end.
 */
#include <signal.h>

#include "jail/result_cgroup.h"

static const struct {
	enum cgroup_figure from;
	enum result_figure to;
} figures[] = {
	{CGROUP_CPU_US, FIG_CPU},
	{CGROUP_MEMORY_PEAK, FIG_MEMORY_PEAK},
	{CGROUP_SWAP_PEAK, FIG_SWAP_PEAK},
	{CGROUP_MAJOR_FAULTS, FIG_MAJOR_FAULTS},
	{CGROUP_PIDS_PEAK, FIG_PROCESSES_PEAK},
	{CGROUP_IO_READ, FIG_READ},
	{CGROUP_IO_WRITTEN, FIG_WRITE},
	{CGROUP_THROTTLED_US, FIG_THROTTLED},
	{CGROUP_CPU_SOME_US, FIG_CPU_SOME},
	{CGROUP_MEMORY_SOME_US, FIG_MEMORY_SOME},
	{CGROUP_MEMORY_FULL_US, FIG_MEMORY_FULL},
	{CGROUP_IO_SOME_US, FIG_IO_SOME},
	{CGROUP_IO_FULL_US, FIG_IO_FULL},
};

static const struct {
	enum cgroup_figure from;
	enum result_hit hit;
} hits[] = {
	{CGROUP_PIDS_MAX_HITS, HIT_PIDS},	    {CGROUP_MEMORY_MAX_HITS, HIT_MEMORY_MAX},
	{CGROUP_MEMORY_HIGH_HITS, HIT_MEMORY_HIGH}, {CGROUP_SWAP_MAX_HITS, HIT_SWAP},
	{CGROUP_THROTTLED, HIT_CPU_THROTTLED},
};

void result_cgroup_figures(struct result *r, const struct cgroup_usage *u)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (cgroup_has(u, figures[i].from))
			result_put(r, figures[i].to, u->figure[figures[i].from], FROM_CGROUP);
	if (cgroup_has(u, CGROUP_PAGE_FAULTS) && cgroup_has(u, CGROUP_MAJOR_FAULTS))
		result_put(r, FIG_MINOR_FAULTS,
			   u->figure[CGROUP_PAGE_FAULTS] - u->figure[CGROUP_MAJOR_FAULTS],
			   FROM_CGROUP);
	for (size_t i = 0; i < ARRAY_SIZE(hits); i++)
		if (cgroup_has(u, hits[i].from) && u->figure[hits[i].from])
			result_hit(r, hits[i].hit);
	if (r->reason == RESULT_MEMORY_LIMIT) /* it was not only touched */
		r->hits &= ~(1U << HIT_MEMORY_MAX);
}

void result_cgroup_reason(struct result *r, const struct cgroup_usage *u, uint64_t limit)
{
	if (r->reason != RESULT_SIGNALED || r->signal != SIGKILL || !(u->own_oom || u->host_oom))
		return;
	r->reason = u->own_oom ? RESULT_MEMORY_LIMIT : RESULT_HOST_OOM;
	if (!u->own_oom)
		return;
	r->limit = limit;
	r->used = u->figure[CGROUP_MEMORY_PEAK];
}
