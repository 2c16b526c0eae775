/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What else the machine did during a run: pressure (PSI) and time stolen by the hypervisor.
 */
#ifndef TOASTAINER_JAIL_MEASURE_H
#define TOASTAINER_JAIL_MEASURE_H

#include "jail/result.h"

/* The machine's counters, microseconds; UINT64_MAX: not known. */
struct measure {
	uint64_t cpu_some, memory_some, memory_full, io_some, io_full, steal;
};

/** measure_begin() - read the counters. */
void measure_begin(struct measure *m);

/** measure_end() - read them again, and put the differences. */
void measure_end(const struct measure *m, struct result *r);

/** measure_judge() - from all the figures: what may have disturbed a timing. The last thing to do. */
void measure_judge(struct result *r);

#endif
