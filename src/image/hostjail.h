/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program of the host at work on an image with the ids that the image's own files have: for users
 * without privilege, whose image holds files of their subordinate ids.
 */
#ifndef TOASTAINER_IMAGE_HOSTJAIL_H
#define TOASTAINER_IMAGE_HOSTJAIL_H

#include "image/dir.h"
#include "image/runner.h"

/** hostjail_check() - whether the user has more ids than his own to hand out. */
int hostjail_check(struct err *err);

/**
 * hostjail_run() - run a program of the host in a jail: the host's tree read-only, no network, root
 * inside with all subordinate ids, and the image writable at its own place.
 * @run: once_run()
 * @argv: path and arguments, NULL ends them
 * @fd: a descriptor that it may use by its number; FD_NONE: none
 * Return: 0; -EINTR when it was interrupted; -EIO when it failed.
 */
int hostjail_run(image_runner *run, const struct image_dir *dir, const char *const *argv, int fd,
		 struct err *err);

#endif
