/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding and making mount targets below the new root, without ever leaving it.
 */
#ifndef TOASTAINER_JAIL_TARGET_H
#define TOASTAINER_JAIL_TARGET_H

#include <fcntl.h>

#include "base/err.h"
#include "jail/plan.h"

/** target_flags() - how a mount's target is opened. */
static inline int target_flags(const struct mount_plan *m)
{
	return O_PATH | (m->cover_link ? O_NOFOLLOW : 0);
}

/**
 * target_find() - resolve a path below @root; absolute links are taken relative to @root.
 * @flags: O_PATH and the like
 * @strict: refuse symbolic links
 * Return: a descriptor or a negative errno (ELOOP: a link where none may be, or without openat2).
 */
int target_find(int root, const char *path, int flags, bool strict);

/**
 * target_make() - make the directories of @path and its last name as a directory or empty file.
 * What is there already stays.
 * Return: an O_PATH descriptor of it, or a negative errno.
 */
int target_make(int root, const char *path, bool file, struct err *err);

/**
 * target_parent() - the directory of the last name of @path.
 * @make: make directories that are missing
 * @ret_name: the last name, inside @path
 * Return: an O_PATH descriptor or a negative errno.
 */
int target_parent(int root, const char *path, bool make, const char **ret_name, struct err *err);

/**
 * target_open() - where mount @m goes; made when it is missing and the plan says so.
 * @file: make a file, not a directory
 * Return: an O_PATH descriptor or a negative errno.
 */
int target_open(int root, const struct mount_plan *m, bool file, struct err *err);

#endif
