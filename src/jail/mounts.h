/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jail's file tree: from the plan's mounts to the process' root. Called by the child's steps, in
 * this order; each function is one step. Two ways lead there: the interface with detached trees
 * (fsopen(2), open_tree(2), move_mount(2), mount_setattr(2)), and mount(2) where that is missing.
 *
 * The new root is mounted on top of "/", and every target is resolved below its descriptor with
 * RESOLVE_IN_ROOT (openat2(2)): whatever symbolic links the tree holds, they cannot lead out of it.
 */
#ifndef TOASTAINER_JAIL_MOUNTS_H
#define TOASTAINER_JAIL_MOUNTS_H

#include "jail/child.h"

/** mounts_new_interface() - whether this kernel (and a filter around us) has the new interface. */
bool mounts_new_interface(void);

/** mounts_sources() - cut off propagation; open all bind sources, still as the caller's user. */
int mounts_sources(struct child *c, struct err *err);

/** mounts_root() - make the root's file system and mount it on top of "/". */
int mounts_root(struct child *c, struct err *err);

/**
 * mounts_make_fs() - a detached file system of a MOUNT_FS, with its flags. Anybody's, not a step.
 * Return: a descriptor or a negative errno.
 */
int mounts_make_fs(const struct mount_plan *m, struct err *err);

/** mounts_attach() - everything else, in the plan's order. */
int mounts_attach(struct child *c, struct err *err);

/** mounts_hold() - give the launcher what it needs to look at the jail's files later. */
int mounts_hold(struct child *c, struct err *err);

/** mounts_readonly() - what could not be read-only while targets were made. */
int mounts_readonly(struct child *c, struct err *err);

/** mounts_pivot() - make it the root; the old one is gone afterwards. */
int mounts_pivot(struct child *c, struct err *err);

#endif
