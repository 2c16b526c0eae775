/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A launch's network namespace, when the plan has a network. For jail.c.
 */
#ifndef TOASTAINER_JAIL_NETWORK_H
#define TOASTAINER_JAIL_NETWORK_H

#include "jail/jail.h"

/* Without plan->net all of these do nothing, and make no system call. */

/** network_before() - before the guard is cloned: it is to be born in the jail's namespace. */
int network_before(struct jail *j, struct err *err);

/** network_after() - the guard is there: this thread goes back to the host's namespace. */
int network_after(struct jail *j, struct err *err);

/**
 * network_is_late() - whether the jail sets itself up meanwhile, and waits in a step of its own. Not when
 * it is followed: that answers in the same words.
 */
static inline bool network_is_late(const struct jail_plan *p)
{
	return p->net && p->net->user && !p->follow;
}

/** network_ready() - wait until all of it is there. */
int network_ready(struct jail *j, struct err *err);

/** network_fd() - readable when network_step() has something to do; FD_NONE: never. */
int network_fd(const struct jail *j);

/** network_step() - serve what is asked for; or end the jail, when its network has gone. Does not wait. */
void network_step(struct jail *j);

/**
 * network_finish() - the jail's processes have ended: what they sent last goes out.
 * Return: whether all of it has, or has had its time; else ask again when network_fd() has something.
 */
bool network_finish(struct jail *j);

/** network_give_up() - what has not gone out yet is lost. */
void network_give_up(struct jail *j);

/** network_figures() - after network_finish(): what went through its connection. */
void network_figures(struct jail *j);

/** network_release() - the jail has ended: interfaces come back. Failures go to the log. */
void network_release(struct jail *j);

/**
 * network_sysfs() - a detached sysfs of the namespace that the calling thread is in.
 * The jail may not mount one where the namespace is not its own; it takes this one.
 * Return: a descriptor, FD_NONE when the plan needs none, or a negative errno with @err.
 */
int network_sysfs(const struct jail_plan *p, struct err *err);

#endif
