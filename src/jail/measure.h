/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What else the machine did during a run: pressure (PSI) and time stolen by the hypervisor.
 */
#ifndef TOASTAINER_JAIL_MEASURE_H
#define TOASTAINER_JAIL_MEASURE_H

#include "jail/result.h"

/*
 * The kernel counts stolen time in ticks of 10 ms, and adds up pressure every two seconds only: in shorter
 * runs the figures mean nothing, and reading them costs as much as a tenth of a launch.
 */
enum { MEASURE_AFTER_NS = 10000000, MEASURE_PRESSURE_US = 2000000 };

/* The machine's counters, microseconds; UINT64_MAX: not known. */
struct measure {
	uint64_t cpu_some, memory_some, memory_full, io_some, io_full, steal;
};

/** measure_begin() - read the counters: MEASURE_AFTER_NS after the start, if it still runs then. */
void measure_begin(struct measure *m);

/** measure_end() - read them again, and put the differences. */
void measure_end(const struct measure *m, struct result *r);

/** measure_judge() - from all the figures: what may have disturbed a timing. The last thing to do. */
void measure_judge(struct result *r);

#endif
