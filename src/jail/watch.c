// SPDX-License-Identifier: BSD-3-Clause
/*
 * When the launcher has to look at a jail, and what a look means. Called by jail.c with the time and
 * the readings; makes no system calls but one for the number of CPUs, and cannot fail.
 */
#include "base/sys.h"
#include "jail/watch.h"

/* More often than this would cost more than it tells. */
enum { SHORTEST_LOOK_NS = 2000000 };
/* Looks within one idle limit: it is noticed at most 1/8 late. */
enum { IDLE_LOOKS = 8 };

static unsigned count_cpus(void)
{
	unsigned long set[128]; /* not a cpu_set_t: counting what is in one takes 10 us */
	long n = sys(SYS_sched_getaffinity, 0, sizeof(set), set);
	unsigned cpus = 0;

	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(set[0]); i++)
		cpus += (unsigned)__builtin_popcountl(set[i]);
	return MAX(cpus, 1U);
}

void watch_start(struct watch_state *w, const struct watch_plan *p, uint64_t now)
{
	*w = (struct watch_state){.active_ns = now};
	if (p->time_ns)
		w->deadline_ns = now + p->time_ns;
	if (!p->cpu_ns && !p->idle_ns)
		return;
	w->cpus = count_cpus();
	watch_look(w, p, 0, now);
}

uint64_t watch_next(const struct watch_state *w)
{
	uint64_t next = w->deadline_ns;

	if (w->look_ns && (!next || w->look_ns < next))
		next = w->look_ns;
	if (w->kill_ns && (!next || w->kill_ns < next))
		next = w->kill_ns;
	return next;
}

enum watch_verdict watch_look(struct watch_state *w, const struct watch_plan *p, uint64_t used_ns,
			      uint64_t now)
{
	uint64_t wait = UINT64_MAX;

	if (used_ns != w->used_ns) { /* less, too, means that something moved */
		w->used_ns = used_ns;
		w->active_ns = now;
	}
	w->look_ns = 0;
	if (p->cpu_ns && used_ns >= p->cpu_ns)
		return WATCH_CPU;
	if (p->idle_ns && now - w->active_ns >= p->idle_ns)
		return WATCH_IDLE;
	/* With all CPUs busy the budget cannot be spent sooner than this. */
	if (p->cpu_ns)
		wait = (p->cpu_ns - used_ns) / w->cpus;
	if (p->idle_ns)
		wait = MIN(wait, p->idle_ns / IDLE_LOOKS);
	w->look_ns = now + MAX(wait, (uint64_t)SHORTEST_LOOK_NS);
	return WATCH_NOTHING;
}

void watch_ending(struct watch_state *w, const struct watch_plan *p, uint64_t now)
{
	w->deadline_ns = w->look_ns = 0;
	w->kill_ns = p->grace_ns ? now + p->grace_ns : 0;
}
