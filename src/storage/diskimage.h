/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that holds a read-only file system, squashfs or erofs, as the layer of a jail's root. It is never
 * attached to the host's tree: a mount is a descriptor, and ends with the last one.
 *
 * To mount a foreign file system is to give its bytes to a parser in the kernel. Only a user who
 * names such a file gets that, and the mount is read-only, nosuid and nodev.
 */
#ifndef TOASTAINER_STORAGE_DISKIMAGE_H
#define TOASTAINER_STORAGE_DISKIMAGE_H

#include "base/err.h"

enum diskimage_format { DISKIMAGE_SQUASHFS, DISKIMAGE_EROFS, DISKIMAGE_FORMATS };

/* How the kernel gets at it. */
enum diskimage_way {
	DISKIMAGE_FILE, /* it reads the file itself: erofs since Linux 6.12 */
	DISKIMAGE_LOOP, /* through a block device that goes with the mount */
	DISKIMAGE_FUSE, /* not at all: a process reads the file, and serves it */
	DISKIMAGE_WAYS
};

/* struct diskimage - an image file that is open; DISKIMAGE_INIT: none */
struct diskimage {
	const char *path;
	enum diskimage_format format;
	enum diskimage_way way;
	int file;
	int mount; /* detached; what the launcher itself reads of the image; not with FUSE */
	char *const *server; /* with FUSE: what is executed (fusemount.h), set by the caller */
};

#define DISKIMAGE_INIT                                                                             \
	{                                                                                          \
		.file = FD_NONE, .mount = FD_NONE                                                  \
	}

/** diskimage_is_path() - whether what was given as an image is a file, and no name of a store. */
bool diskimage_is_path(const char *image);

/** diskimage_look() - whether an open file is an image, and of which format. */
bool diskimage_look(int fd, enum diskimage_format *ret);

/**
 * diskimage_open() - open a file, look what it is, and mount it. Where the kernel does not do that for us,
 * the way is DISKIMAGE_FUSE, and @err says why.
 * @path: must stay
 * @ret: to be released with diskimage_close()
 * Fails with -EINVAL when it is no such image, and with what the kernel says.
 */
int diskimage_open(const char *path, struct diskimage *ret, struct err *err);

/**
 * diskimage_tree() - a detached mount for one jail.
 * Return: a descriptor, or a negative errno.
 */
int diskimage_tree(const struct diskimage *d, struct err *err);

/** diskimage_close() - harmless twice. */
void diskimage_close(struct diskimage *d);

/** diskimage_format_name(), diskimage_way_name() - as they stand in the result. */
const char *diskimage_format_name(enum diskimage_format format);
const char *diskimage_way_name(enum diskimage_way way);

#endif
