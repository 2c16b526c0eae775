// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a jail's groups have counted. Called at its end, before the groups are removed, or while it
 * runs. A figure that this kernel does not have is left out, and its bit with it.
 */
#include "base/io.h"
#include "cgroup/cgroup_impl.h"

enum form {
	WHOLE,	  /* the file is the number */
	FIELD,	  /* "key N" on a line of its own */
	PRESSURE, /* "key avg10=... total=N" */
	EACH,	  /* "DEVICE ... key=N ..." or "DEVICE key N": the sum over the lines */
};

/* One row a figure and hierarchy; rows of one file follow one another, so that it is read once. */
static const struct figure_row {
	bool v2;
	enum cgroup_controller controller; /* v1: the hierarchy must have it */
	const char *file, *key;
	enum form form;
	enum cgroup_figure figure;
	unsigned divide; /* 0: not */
} rows[] = {
	{true, CGROUP_MEMORY, "memory.peak", NULL, WHOLE, CGROUP_MEMORY_PEAK, 0},
	{true, CGROUP_MEMORY, "memory.swap.peak", NULL, WHOLE, CGROUP_SWAP_PEAK, 0},
	{true, CGROUP_MEMORY, "memory.events", "oom_kill", FIELD, CGROUP_OOM_KILLS, 0},
	{true, CGROUP_MEMORY, "memory.events", "max", FIELD, CGROUP_MEMORY_MAX_HITS, 0},
	{true, CGROUP_MEMORY, "memory.events", "high", FIELD, CGROUP_MEMORY_HIGH_HITS, 0},
	{true, CGROUP_MEMORY, "memory.swap.events", "max", FIELD, CGROUP_SWAP_MAX_HITS, 0},
	{true, CGROUP_MEMORY, "memory.stat", "pgfault", FIELD, CGROUP_PAGE_FAULTS, 0},
	{true, CGROUP_MEMORY, "memory.stat", "pgmajfault", FIELD, CGROUP_MAJOR_FAULTS, 0},
	{true, CGROUP_PIDS, "pids.peak", NULL, WHOLE, CGROUP_PIDS_PEAK, 0},
	{true, CGROUP_PIDS, "pids.events", "max", FIELD, CGROUP_PIDS_MAX_HITS, 0},
	{true, CGROUP_CPU, "cpu.stat", "usage_usec", FIELD, CGROUP_CPU_US, 0},
	{true, CGROUP_CPU, "cpu.stat", "user_usec", FIELD, CGROUP_USER_US, 0},
	{true, CGROUP_CPU, "cpu.stat", "system_usec", FIELD, CGROUP_SYS_US, 0},
	{true, CGROUP_CPU, "cpu.stat", "nr_throttled", FIELD, CGROUP_THROTTLED, 0},
	{true, CGROUP_CPU, "cpu.stat", "throttled_usec", FIELD, CGROUP_THROTTLED_US, 0},
	{true, CGROUP_IO, "io.stat", "rbytes=", EACH, CGROUP_IO_READ, 0},
	{true, CGROUP_IO, "io.stat", "wbytes=", EACH, CGROUP_IO_WRITTEN, 0},
	{true, CGROUP_CPU, "cpu.pressure", "some", PRESSURE, CGROUP_CPU_SOME_US, 0},
	{true, CGROUP_CPU, "cpu.pressure", "full", PRESSURE, CGROUP_CPU_FULL_US, 0},
	{true, CGROUP_MEMORY, "memory.pressure", "some", PRESSURE, CGROUP_MEMORY_SOME_US, 0},
	{true, CGROUP_MEMORY, "memory.pressure", "full", PRESSURE, CGROUP_MEMORY_FULL_US, 0},
	{true, CGROUP_IO, "io.pressure", "some", PRESSURE, CGROUP_IO_SOME_US, 0},
	{true, CGROUP_IO, "io.pressure", "full", PRESSURE, CGROUP_IO_FULL_US, 0},

	{false, CGROUP_MEMORY, "memory.max_usage_in_bytes", NULL, WHOLE, CGROUP_MEMORY_PEAK, 0},
	{false, CGROUP_MEMORY, "memory.failcnt", NULL, WHOLE, CGROUP_MEMORY_MAX_HITS, 0},
	{false, CGROUP_MEMORY, "memory.oom_control", "oom_kill", FIELD, CGROUP_OOM_KILLS, 0},
	{false, CGROUP_MEMORY, "memory.stat", "total_pgfault", FIELD, CGROUP_PAGE_FAULTS, 0},
	{false, CGROUP_MEMORY, "memory.stat", "total_pgmajfault", FIELD, CGROUP_MAJOR_FAULTS, 0},
	{false, CGROUP_PIDS, "pids.peak", NULL, WHOLE, CGROUP_PIDS_PEAK, 0},
	{false, CGROUP_PIDS, "pids.events", "max", FIELD, CGROUP_PIDS_MAX_HITS, 0},
	{false, CGROUP_CPUACCT, "cpuacct.usage", NULL, WHOLE, CGROUP_CPU_US, 1000},
	{false, CGROUP_CPUACCT, "cpuacct.usage_user", NULL, WHOLE, CGROUP_USER_US, 1000},
	{false, CGROUP_CPUACCT, "cpuacct.usage_sys", NULL, WHOLE, CGROUP_SYS_US, 1000},
	{false, CGROUP_CPU, "cpu.stat", "nr_throttled", FIELD, CGROUP_THROTTLED, 0},
	{false, CGROUP_CPU, "cpu.stat", "throttled_time", FIELD, CGROUP_THROTTLED_US, 1000},
	{false, CGROUP_IO, "blkio.throttle.io_service_bytes", "Read", EACH, CGROUP_IO_READ, 0},
	{false, CGROUP_IO, "blkio.throttle.io_service_bytes", "Write", EACH, CGROUP_IO_WRITTEN, 0},
};

/* field() - the number after "key " at the beginning of a line. */
static bool field(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);

	while (text && *text) {
		if (strncmp(text, key, n) == 0 && text[n] == ' ') {
			const char *end = strchrnul(text, '\n');
			const char *total = strstr(text, "total=");

			text += n + 1;
			if (*text == 'a') /* pressure */
				text = total && total < end ? total + 6 : "";
			*ret = strtoull(text, NULL, 10);
			return *text >= '0' && *text <= '9';
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

static uint64_t sum(const char *text, const char *key)
{
	uint64_t total = 0;

	for (; (text = strstr(text, key)); text++)
		total += strtoull(text + strlen(key), NULL, 10);
	return total;
}

/*
 * What tells of a limit that was reached. The rest costs as much as making the groups, and is read only
 * when somebody wants it.
 */
static const uint32_t of_limits = 1U << CGROUP_OOM_KILLS | 1U << CGROUP_MEMORY_MAX_HITS |
				  1U << CGROUP_MEMORY_HIGH_HITS | 1U << CGROUP_SWAP_MAX_HITS |
				  1U << CGROUP_PIDS_MAX_HITS | 1U << CGROUP_THROTTLED;

static bool parse(const struct figure_row *row, const char *text, uint64_t *ret)
{
	switch (row->form) {
	case WHOLE: *ret = strtoull(text, NULL, 10); return *text >= '0' && *text <= '9';
	case FIELD:
	case PRESSURE: return field(text, row->key, ret);
	case EACH: *ret = sum(text, row->key); return true; /* no line: nothing was done */
	}
	return false;
}

/* wants() - whether a row is read. */
static bool wants(const struct cgroup_place *p, const struct figure_row *row, bool swap_limit,
		  enum cgroup_detail detail)
{
	if (row->v2 != p->v2)
		return false;
	if (detail == CGROUP_OF_LIMITS && !(of_limits & 1U << row->figure))
		return false;
	if (detail < CGROUP_ALL && (row->form == PRESSURE || str_eq(row->file, "memory.stat")))
		return false;
	if (row->figure == CGROUP_SWAP_MAX_HITS && !swap_limit)
		return false; /* there is nothing to be hit */
	/* v2: there may be more than we asked for */
	return p->controllers & 1U << row->controller || (detail && p->v2);
}

/* The rows of one group. */
static void read_group(const struct cgroup_place *p, int dir, bool swap_limit,
		       enum cgroup_detail detail, struct cgroup_usage *u)
{
	const char *file = NULL;
	char text[8192];
	ssize_t n = -1;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct figure_row *row = &rows[i];
		uint64_t v;

		if (!wants(p, row, swap_limit, detail))
			continue;
		if (!file || !str_eq(file, row->file)) {
			file = row->file;
			n = io_read_small(dir, file, text, sizeof(text));
		}
		if (n < 0 || cgroup_has(u, row->figure) || !parse(row, text, &v))
			continue;
		u->figure[row->figure] = row->divide ? v / row->divide : v;
		u->have |= 1U << row->figure;
	}
}

static uint64_t number(int dir, const char *file)
{
	char text[32];

	return io_read_small(dir, file, text, sizeof(text)) > 0 ? strtoull(text, NULL, 10) : 0;
}

/*
 * v1 counts refused charges for memory alone, not (any more) for memory and swap together, which is
 * what is refused first when no swap is allowed. Usage is charged in steps.
 */
static void look_at_peaks(int dir, struct cgroup_usage *u)
{
	const uint64_t step = 64 * 4096;
	uint64_t limit = number(dir, "memory.memsw.limit_in_bytes");

	if (u->figure[CGROUP_MEMORY_MAX_HITS] || !limit ||
	    number(dir, "memory.memsw.max_usage_in_bytes") + step < limit)
		return;
	if (limit <= number(dir, "memory.limit_in_bytes"))
		u->figure[CGROUP_MEMORY_MAX_HITS] = 1;
	else
		u->figure[CGROUP_SWAP_MAX_HITS] = 1;
	u->have |= 1U << CGROUP_MEMORY_MAX_HITS | 1U << CGROUP_SWAP_MAX_HITS;
}

/* Nobody needs it but who is told that the limit was reached. */
static void read_peak(const struct cgroup_place *p, int dir, struct cgroup_usage *u)
{
	uint64_t peak = number(dir, p->v2 ? "memory.peak" : "memory.max_usage_in_bytes");

	if (!peak) /* Linux before 5.19 */
		return;
	u->figure[CGROUP_MEMORY_PEAK] = peak;
	u->have |= 1U << CGROUP_MEMORY_PEAK;
}

/* Kills are counted whoever asked for them; what the group's own limit did is in another count. */
static void blame(const struct cgroup_place *p, int dir, bool swap, struct cgroup_usage *u)
{
	char text[600];
	uint64_t own = 0;

	if (!p->v2 && swap)
		look_at_peaks(dir, u);
	if (!cgroup_has(u, CGROUP_OOM_KILLS) || !u->figure[CGROUP_OOM_KILLS])
		return;
	if (!p->v2)
		own = u->figure[CGROUP_MEMORY_MAX_HITS] + u->figure[CGROUP_SWAP_MAX_HITS];
	else if (io_read_small(dir, "memory.events", text, sizeof(text)) <= 0)
		return; /* beside v1, which has the controller */
	else
		field(text, "oom", &own);
	u->own_oom = own > 0;
	u->host_oom = own == 0;
	if (u->own_oom && !cgroup_has(u, CGROUP_MEMORY_PEAK))
		read_peak(p, dir, u);
}

static bool counts_cpu(const struct cgroup *c, unsigned i)
{
	const struct cgroup_place *p = &c->plan->place[i];

	return c->dir[i] >= 0 && (p->v2 || p->controllers & 1U << CGROUP_CPUACCT);
}

bool cgroup_counts_cpu(const struct cgroup *c)
{
	for (unsigned i = 0; c->plan && i < c->plan->n; i++)
		if (counts_cpu(c, i))
			return true;
	return false;
}

bool cgroup_cpu_ns(const struct cgroup *c, uint64_t *ret)
{
	for (unsigned i = 0; c->plan && i < c->plan->n; i++) {
		const struct cgroup_place *p = &c->plan->place[i];
		char text[300];
		uint64_t us;

		if (!counts_cpu(c, i))
			continue;
		if (p->v2 && io_read_small(c->dir[i], "cpu.stat", text, sizeof(text)) > 0 &&
		    field(text, "usage_usec", &us)) {
			*ret = us * 1000;
			return true;
		}
		if (!p->v2 && io_read_small(c->dir[i], "cpuacct.usage", text, sizeof(text)) > 0) {
			*ret = strtoull(text, NULL, 10);
			return true;
		}
	}
	return false;
}

void cgroup_usage(const struct cgroup *c, enum cgroup_detail detail, struct cgroup_usage *ret)
{
	*ret = (struct cgroup_usage){.have = 0};
	for (unsigned i = 0; c->plan && i < c->plan->n; i++) {
		const struct cgroup_place *p = &c->plan->place[i];

		if (c->dir[i] < 0)
			continue;
		read_group(p, c->dir[i], c->plan->swap_limit, detail, ret);
		if (p->v2 || p->controllers & 1U << CGROUP_MEMORY)
			blame(p, c->dir[i], c->plan->swap_limit, ret);
	}
}
