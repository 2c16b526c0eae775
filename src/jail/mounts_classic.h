/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mount steps by mount(2), for kernels before 5.12, filters that know no newer calls, and
 * --experimental_mnt=old. Called by mounts.c only.
 */
#ifndef TOASTAINER_JAIL_MOUNTS_CLASSIC_H
#define TOASTAINER_JAIL_MOUNTS_CLASSIC_H

#include "jail/child.h"

/**
 * classic_stack() - mount @m on top of "/".
 * @source: descriptor of a bind's source
 * Return: the descriptor of its root directory.
 */
int classic_stack(const struct mount_plan *m, int source, struct err *err);

/** classic_root() - the same for the root of the plan, without what lies on "/" already. */
int classic_root(struct child *c, const struct mount_plan *m, struct err *err);

/** classic_early_attrs() - flags of a mount whose top is @fd, as far as they can be set now. */
int classic_early_attrs(struct child *c, int fd, const struct mount_plan *m, struct err *err);

/** classic_attach() - mount number @i on its target. */
int classic_attach(struct child *c, unsigned i, struct err *err);

/** classic_readonly() - the read-only flag of mounts that had to wait. */
int classic_readonly(struct child *c, struct err *err);

#endif
