// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pressure and steal of the whole machine, read before and after a run. Called by jail.c for results
 * that somebody wants. What the kernel does not tell stays unknown; nothing here can fail.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "jail/measure.h"

/* number_after() - the number that follows a text. */
static uint64_t number_after(const char *s, const char *text)
{
	s = s ? strstr(s, text) : NULL;
	return s ? strtoull(s + strlen(text), NULL, 10) : UINT64_MAX;
}

static void read_pressure(const char *what, uint64_t *some, uint64_t *full)
{
	char path[32], buf[256];

	*some = *full = UINT64_MAX;
	snprintf(path, sizeof(path), "/proc/pressure/%s", what);
	if (io_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return;
	*some = number_after(buf, "total=");
	*full = number_after(strchr(buf, '\n'), "total=");
}

static uint64_t read_steal(void)
{
	const uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	char buf[256], *s = buf;
	uint64_t steal = 0;

	/* cpu  user nice system idle iowait irq softirq steal */
	if (io_read_small(AT_FDCWD, "/proc/stat", buf, sizeof(buf)) <= 0 ||
	    !str_starts(buf, "cpu "))
		return UINT64_MAX;
	s += 4;
	for (int i = 0; i < 8; i++)
		steal = strtoull(s, &s, 10);
	return steal * tick_us;
}

static void read_pressures(struct measure *m)
{
	uint64_t unused;

	read_pressure("cpu", &m->cpu_some, &unused);
	read_pressure("memory", &m->memory_some, &m->memory_full);
	read_pressure("io", &m->io_some, &m->io_full);
}

void measure_begin(struct measure *m)
{
	read_pressures(m);
	m->steal = read_steal();
}

static void put_difference(struct result *r, enum result_figure f, uint64_t before, uint64_t after)
{
	if (before != UINT64_MAX && after != UINT64_MAX && after >= before)
		result_put(r, f, after - before, FROM_MACHINE);
}

void measure_end(const struct measure *m, struct result *r)
{
	struct measure now;

	put_difference(r, FIG_STEAL, m->steal, read_steal());
	if (r->wall_us < MEASURE_PRESSURE_US)
		return;
	read_pressures(&now);
	put_difference(r, FIG_CPU_SOME, m->cpu_some, now.cpu_some);
	put_difference(r, FIG_MEMORY_SOME, m->memory_some, now.memory_some);
	put_difference(r, FIG_MEMORY_FULL, m->memory_full, now.memory_full);
	put_difference(r, FIG_IO_SOME, m->io_some, now.io_some);
	put_difference(r, FIG_IO_FULL, m->io_full, now.io_full);
}

void measure_judge(struct result *r)
{
	/* How many per cent of the run one of them may take. */
	static const struct {
		enum result_figure figure;
		enum result_disturbance what;
		unsigned percent;
	} rules[] = {
		{FIG_STEAL, DISTURBED_STEAL, 1},	 {FIG_CPU_SOME, DISTURBED_CPU, 5},
		{FIG_MEMORY_SOME, DISTURBED_MEMORY, 1},	 {FIG_IO_SOME, DISTURBED_IO, 5},
		{FIG_THROTTLED, DISTURBED_THROTTLED, 0}, {FIG_SWAP_PEAK, DISTURBED_SWAP, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!r->sources[rules[i].figure])
			continue;
		r->watched = true;
		if (r->figures[rules[i].figure] > r->wall_us * rules[i].percent / 100)
			r->disturbances |= 1U << rules[i].what;
	}
	/* Whoever shares a CPU is preempted some hundred times a second. */
	if (r->watched && r->sources[FIG_CPU] && r->sources[FIG_INVOLUNTARY_SWITCHES] &&
	    r->figures[FIG_INVOLUNTARY_SWITCHES] > 10 + r->figures[FIG_CPU] / 20000)
		r->disturbances |= 1U << DISTURBED_PREEMPTED;
}
