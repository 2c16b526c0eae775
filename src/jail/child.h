/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The child half of a launch: from the clone to the exec of the program. Only system calls.
 */
#ifndef TOASTAINER_JAIL_CHILD_H
#define TOASTAINER_JAIL_CHILD_H

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "jail/receipt.h"

/*
 * Which of the plan's namespaces the guard is made with; the program's process makes the rest. A
 * guard that the program can see (as its init) lives in all of them. One that it cannot see needs only
 * what ends the program with it; then the id maps are written while the other namespaces are made.
 */
static inline uint64_t child_guard_namespaces(const struct jail_plan *p)
{
	uint64_t flags = p->clone_flags & ~(uint64_t)CLONE_NEWTIME;

	/* A cgroup namespace shows what is below the group that its maker is in: see step_cgroup. */
	if (p->cgroup)
		flags &= ~(uint64_t)CLONE_NEWCGROUP;
	if (p->pid_role != PID_ONE)
		return flags;
	/* A network namespace that the launcher is to put something in has to be there for it. */
	return flags & (CLONE_NEWUSER | CLONE_NEWPID | (p->net ? CLONE_NEWNET : 0));
}

/* Bytes of stack for each of a launch's two processes. */
enum { CHILD_STACK = 128 * 1024 };

/*
 * What the guard of a jail without a pid namespace gets, from us or when its launcher is gone: it then
 * kills everything that descends from it. (With a namespace the kernel does that.)
 */
enum { CHILD_SIG_ORPHANED = 40 };

/* struct child - what one launch carries through the steps; lives on the launcher's side */
struct child {
	const struct jail_plan *plan;
	const struct cgroup *cgroup; /* the jail's groups, when the plan has some */
	bool born_inside;	     /* in that of v2 */
	int ctl;		     /* control socket to the launcher */
	int launcher_ctl;  /* the launcher's end of it, which we inherit and must not hold */
	int *trees;	   /* one descriptor a mount of the plan: its detached tree, or FD_NONE */
	int root;	   /* the new root, before it is one */
	int scratch;	   /* private tmpfs below it, gone after the pivot, or FD_NONE */
	const char *upper; /* name of the directory with the upper layer, in that of MOUNT_UPPER */
	int pts;	   /* the jail's own devpts, or FD_NONE */
	int sysfs;	   /* made by the launcher (network_sysfs()), or FD_NONE */
	int tty_slave;	   /* host terminal of the jail, or FD_NONE when it comes from pts */
	int stdio;	   /* becomes 0, 1 and 2, or FD_NONE */
	int std[3];	   /* become 0, 1 and 2 each, or FD_NONE */
	int exec_fd;	   /* the program's file, or FD_NONE: by path */
	uint64_t caps;	   /* what it has before they are dropped */
	mode_t umask;	   /* the caller's; what the steps make has plain modes */
	bool park;	   /* wait for a connection (jail_hand_over()) before the last steps */
	bool wait_go;	   /* somebody else writes the id maps and says when */
	bool wait_net;	   /* ... and makes the network while we set up the rest */
	char *stack_top;   /* memory for the second process' stack */
	struct err *err;   /* scratch */
	/* what the program's process could not report: no memory left; code 0: nothing */
	struct err unsent;
};

/**
 * child_weaker() - a protection cannot be put in place as asked: tell the launcher.
 * @err: what happened, one line
 * Return: 0: go on; a negative errno when --require does not allow it.
 */
int child_weaker(struct child *c, enum protection p, enum protection_state state, struct err *err);

/**
 * child_guard_main() - the first process of the jail: its guard or init.
 * @arg: struct child
 * Starts the program's process, waits for it, reports its end. Never returns to the caller's code:
 * the value is the exit status.
 */
int child_guard_main(void *arg);

/**
 * child_confine_and_exec() - walk the step table in the calling process and execute the program.
 * Return: only on failure: a negative errno, with err->step naming the step.
 */
int child_confine_and_exec(struct child *c, struct err *err);

#endif
