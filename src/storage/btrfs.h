/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subvolumes of btrfs and their quota groups (btrfs-ioctl(2), btrfs-quota(5)).
 */
#ifndef TOASTAINER_STORAGE_BTRFS_H
#define TOASTAINER_STORAGE_BTRFS_H

#include <sys/stat.h>

#include "base/err.h"

/** btrfs_is() - whether a directory lies on btrfs. */
bool btrfs_is(int dir);

/** btrfs_is_subvolume() - whether a directory is the top of one. @st: of it */
bool btrfs_is_subvolume(int dir, const struct stat *st);

/** btrfs_make_subvolume() - Return: 0; EEXIST; ENOTTY where @parent is not on btrfs. */
int btrfs_make_subvolume(int parent, const char *name, struct err *err);

/** btrfs_delete_subvolume() - with all that is in it. */
int btrfs_delete_subvolume(int parent, const char *name);

/** btrfs_limit() - bytes that the subvolume may have. Fails where quotas are not enabled. */
int btrfs_limit(int dir, uint64_t bytes, struct err *err);

/** btrfs_used() - what its quota group counts. @ret is set on success only. */
int btrfs_used(int dir, uint64_t *ret);

#endif
