/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what was asked for to what will be done: a config resolved into a jail plan.
 */
#ifndef TOASTAINER_CONFIG_TO_PLAN_H
#define TOASTAINER_CONFIG_TO_PLAN_H

#include "config/config.h"
#include "jail/plan.h"

/* struct planned - a plan and what it owns; the config must outlive it */
struct planned {
	struct jail_plan plan;
	struct arena arena;
	int null_fd, exec_fd;
	int trace_fd; /* where the trace's report goes, or FD_NONE: to the log */
	/* what was asked for and cannot be, but does not stop the run; lines for the log */
	const char *warnings[8];
	unsigned n_warnings;
	/* when the jail has ended: what to copy from there to here, how much, where the changes go */
	struct planned_copy {
		const char *from, *to;
	} * copies;
	unsigned n_copies;
	uint64_t copy_limit;
	const char *diff;
};

#define PLANNED_INIT                                                                               \
	{                                                                                          \
		.null_fd = FD_NONE, .exec_fd = FD_NONE, .trace_fd = FD_NONE                        \
	}

/**
 * to_plan() - resolve @cfg: names, ids, limits, mounts, program.
 * @ret: PLANNED_INIT before; planned_free() after, also when this fails
 */
int to_plan(const struct config *cfg, struct planned *ret, struct err *err);

/**
 * to_plan_wants_scope() - whether limits by control groups are asked for, but the caller, a user, has no
 * group to make others in. The service manager could give one.
 */
bool to_plan_wants_scope(const struct config *cfg);

void planned_free(struct planned *p);

#endif
