/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An image directory: opened once, checked, locked. Everything else works below its descriptor.
 */
#ifndef TOASTAINER_IMAGE_DIR_H
#define TOASTAINER_IMAGE_DIR_H

#include "base/err.h"

/* struct image_dir - an open image directory; dir_close() ends it */
struct image_dir {
	int fd;		     /* O_RDONLY | O_DIRECTORY; holds the lock */
	char path[PATH_MAX]; /* absolute, without links, as it was when opened */
};

#define IMAGE_DIR_INIT                                                                             \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

/**
 * dir_open() - open an image directory for a build and lock it against other builds.
 * @name: as the user wrote it
 * The lock is flock(2) on the directory itself: no file is made, and the kernel drops it when the
 * last process that has the descriptor ends. Refused: a directory that is the machine's root,
 * holds mounts, is read-only, cannot be executed from, cannot be written, or is being built.
 */
int dir_open(struct image_dir *d, const char *name, struct err *err);

/**
 * dir_create() - as dir_open(), but makes the directory when it is missing, and wants it empty.
 * @ret_made: whether it was made
 */
int dir_create(struct image_dir *d, const char *name, bool *ret_made, struct err *err);

/** dir_close() - drop the lock; harmless twice. */
void dir_close(struct image_dir *d);

/**
 * dir_empty() - remove everything below a directory; follows no link, crosses no mount.
 * @fd: the directory; stays itself
 */
int dir_empty(int fd, struct err *err);

/**
 * dir_has_program() - whether a path is an executable file when @d is the root.
 * Links are followed as a process inside would follow them.
 * Return: 0, or -ENOENT, -EACCES (not executable) or what openat2(2) says.
 */
int dir_has_program(const struct image_dir *d, const char *path);

#endif
