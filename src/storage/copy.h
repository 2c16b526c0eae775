/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copying files into and out of a tree that somebody hostile made or still changes. No symbolic link
 * in it is followed, nothing in it is opened but regular files and directories, and what is copied is
 * bounded. Only system calls: also used between clone and exec.
 */
#ifndef TOASTAINER_STORAGE_COPY_H
#define TOASTAINER_STORAGE_COPY_H

#include <sys/stat.h>

#include "base/err.h"

/* struct copy - how to, and how much is still allowed */
struct copy {
	uint64_t limit;	       /* bytes in all, for messages */
	uint64_t left;	       /* of them */
	unsigned files_left;   /* files and directories */
	unsigned long skipped; /* what was left out: links, devices, sockets, pipes */
	bool skip;	       /* leave those out; else links are copied, the others are errors */
	bool replace;	       /* what is there may be replaced, directories are merged */
	int proc;	       /* /proc/self/fd, or FD_NONE: names are opened again by name */
};

enum { COPY_FILES_MAX = 1000000 };

/**
 * copy_open() - open a regular file or directory below @root for reading.
 * @path: relative to @root, also with a leading slash
 * Return: a descriptor, or a negative errno: ELOOP where a link is on the way, EINVAL for what is
 *	neither file nor directory; such a thing is not opened.
 */
int copy_open(const struct copy *c, int root, const char *path, struct stat *ret, struct err *err);

/**
 * copy_parent() - the directory of the last name of @path below @root; no links.
 * @make: make directories that are missing
 * @ret_name: the last name, @size bytes
 * Return: a descriptor or a negative errno.
 */
int copy_parent(int root, const char *path, bool make, char *ret_name, size_t size,
		struct err *err);

/**
 * copy_tree() - copy the file or directory @from to @name in @dir.
 * @st: of @from
 * Modes are kept but for set-user-ID and the like, owners are those of the process.
 * Return: 0, EFBIG where a limit is reached; what was copied until then stays.
 */
int copy_tree(struct copy *c, int from, const struct stat *st, int dir, const char *name,
	      struct err *err);

#endif
