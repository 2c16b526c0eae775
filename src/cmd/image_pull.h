/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands of directories that can end in a store.
 */
#ifndef TOASTAINER_CMD_IMAGE_PULL_H
#define TOASTAINER_CMD_IMAGE_PULL_H

#include "image/bootstrap.h"

/** image_bootstrap_to_store() - make a root file system as an image. @rq: its directory is set here */
int image_bootstrap_to_store(struct bootstrap_request *rq, const char *store, const char *name,
			     struct bootstrap_report *ret, struct err *err);

/**
 * image_shell_to_store() - work on an image, or a copy of a directory; what changed is a new layer.
 * @what: directory or image
 * @name: of the new image, which is made when @shell returns 0
 * @shell: works in the directory; its value becomes the exit status
 */
int image_shell_to_store(const char *what, const char *store, const char *name,
			 int (*shell)(void *arg, const char *dir), void *arg);

#endif
