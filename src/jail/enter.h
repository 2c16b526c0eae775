/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A further program in a running jail: its guard and its process join the jail's namespaces and
 * control groups instead of making their own, and then walk the same steps of confinement.
 */
#ifndef TOASTAINER_JAIL_ENTER_H
#define TOASTAINER_JAIL_ENTER_H

#include "base/err.h"
#include "jail/plan.h"

/* struct enter_plan - whom to join; ENTER_INIT: nobody */
struct enter_plan {
	pid_t pid;	/* a process of the jail: its program */
	int pidfd;	/* of it */
	int root;	/* its root directory */
	uint64_t flags; /* CLONE_NEW* of the namespaces that are not ours already */
	bool limited;	/* the jail has groups of its own: not joining them would be weaker */
	uint64_t asked; /* protections that come with the jail, 1 << enum protection */
};

#define ENTER_INIT                                                                                 \
	{                                                                                          \
		.pidfd = FD_NONE, .root = FD_NONE                                                  \
	}

/**
 * enter_prepare() - open what leads into the jail of process @pid.
 * @ret: enter_free() after
 */
int enter_prepare(pid_t pid, struct enter_plan *ret, struct err *err);

void enter_free(struct enter_plan *e);

/** enter_change_plan() - of the jail's own plan, keep what confines a process; join for the rest. */
void enter_change_plan(struct jail_plan *plan, struct enter_plan *e);

/**
 * enter_cgroups() - move a process into the control groups of the jail. Called by the launcher
 * before the process does anything.
 */
int enter_cgroups(const struct enter_plan *e, pid_t pid, struct err *err);

/* In the child, system calls only: */

/** enter_guard() - join the namespaces that a guard has, or that count for its children. */
int enter_guard(const struct jail_plan *p, struct err *err);

/** enter_program() - join the others, and the jail's root. */
int enter_program(const struct jail_plan *p, struct err *err);

#endif
