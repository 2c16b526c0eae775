/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file system that a process serves (FUSE), mounted in the user namespace of a jail: for callers whom
 * the kernel does not let mount an image itself.
 */
#ifndef TOASTAINER_STORAGE_FUSEMOUNT_H
#define TOASTAINER_STORAGE_FUSEMOUNT_H

#include "base/err.h"

/* What a server finds open: the image, and its end of the mount. */
enum { FUSE_IMAGE_FD = 3, FUSE_DEVICE_FD = 4 };

/* struct fuse_server - a process that serves one mount; FUSE_SERVER_INIT: none */
struct fuse_server {
	pid_t pid;
	int fd; /* its pidfd: readable when it has ended */
};

#define FUSE_SERVER_INIT                                                                           \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

/* struct fuse_where - whose the mount is to be */
struct fuse_where {
	pid_t pid; /* of a process in the user namespace; 0: ours */
	uid_t uid; /* who may have mounted it, inside */
	gid_t gid;
	bool writable;
};

/**
 * fusemount_make() - a detached mount, nosuid and nodev, that nobody serves yet.
 * @ret_device: what a server reads and writes; the mount ends with its last descriptor
 * Return: a descriptor of the mount, or a negative errno.
 */
int fusemount_make(const struct fuse_where *where, int *ret_device, struct err *err);

/**
 * fusemount_serve() - start the process that serves a mount. It gets SIGKILL when we end.
 * @argv: what this program is to be executed with, once more: the server runs in a jail
 * @image: becomes FUSE_IMAGE_FD; FD_NONE: none does
 * @device: becomes FUSE_DEVICE_FD
 */
int fusemount_serve(char *const *argv, int image, int device, struct fuse_server *ret,
		    struct err *err);

/**
 * fusemount_ended() - whether it was there and has ended; it is reaped then.
 * @ret_failed: whether by itself; else because its mount is gone
 */
bool fusemount_ended(struct fuse_server *s, bool *ret_failed);

/** fusemount_stop() - kill and reap it; harmless twice. */
void fusemount_stop(struct fuse_server *s);

#endif
