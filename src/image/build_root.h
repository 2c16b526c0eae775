/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file tree that a step of a build works in: the layers until then, and an empty one on top.
 */
#ifndef TOASTAINER_IMAGE_BUILD_ROOT_H
#define TOASTAINER_IMAGE_BUILD_ROOT_H

#include "image/store_write.h"

/* struct build_root - a mounted overlay in the work's directory */
struct build_root {
	const struct store_work *w;
	char path[PATH_MAX]; /* where it is mounted; "" when it is not */
	int fd;		     /* it */
};

#define BUILD_ROOT_INIT                                                                            \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

/** build_root_private() - from now on our mounts are seen by us and our children only. Once. */
int build_root_private(struct err *err);

/**
 * build_root_open() - mount layers.
 * @name: of its directories in the work: NAME.root, NAME.upper
 * @layers: hashes, from the bottom
 * @writable: with an upper directory, which stays when it is closed
 */
int build_root_open(struct build_root *r, const struct store_work *w, const char *name,
		    const struct store_list *layers, bool writable, struct err *err);

/** build_root_close() - unmount; harmless twice. */
void build_root_close(struct build_root *r);

/** build_root_mkdirs() - open a directory, made where it is missing; links lead inside. -errno */
int build_root_mkdirs(int root, const char *path, struct err *err);

#endif
