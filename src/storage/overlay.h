/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An overlay of directories: the root of a jail that has one of its own. Called between clone and
 * exec: only system calls.
 */
#ifndef TOASTAINER_STORAGE_OVERLAY_H
#define TOASTAINER_STORAGE_OVERLAY_H

#include "base/err.h"

enum { OVERLAY_LAYERS_MAX = 500 }; /* what the kernel takes */

/* struct overlay - what it is made of */
struct overlay {
	const int *layers; /* directories, topmost first */
	unsigned n;
	int place; /* a directory of ours on an attached mount: where older kernels need them */
	const char
		*upper; /* path of a directory with "upper" and "work"; NULL: nothing is writable */
	bool foreign;	/* they are detached mounts of another user namespace */
};

/**
 * overlay_mount() - make it, detached.
 * Attributes that programs or images can set are those of the namespace "user.overlay.", never
 * "trusted.": that works in user namespaces, and takes no redirections from an image.
 * May change the working directory.
 * Return: a descriptor of the mount, or a negative errno.
 */
int overlay_mount(const struct overlay *o, struct err *err);

/**
 * overlay_options() - the same for mount(2), in @buf of @size bytes.
 * Return: 0, or -E2BIG when they do not fit.
 */
int overlay_options(const struct overlay *o, char *buf, size_t size);

#endif
