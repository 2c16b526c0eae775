/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the counters of the jail's control groups to the result.
 */
#ifndef TOASTAINER_JAIL_RESULT_CGROUP_H
#define TOASTAINER_JAIL_RESULT_CGROUP_H

#include "cgroup/cgroup.h"
#include "jail/result.h"

/** result_cgroup_figures() - put what is known, and the limits that were touched. */
void result_cgroup_figures(struct result *r, const struct cgroup_usage *u);

/**
 * result_cgroup_reason() - a program that was killed: was it for want of memory, and whose?
 * @limit: the memory limit, bytes
 */
void result_cgroup_reason(struct result *r, const struct cgroup_usage *u, uint64_t limit);

#endif
