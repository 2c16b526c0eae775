/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Working in an image: a root shell, a script or a command, with the directory as writable root.
 * When it is over the image holds what was done inside and nothing of ours.
 */
#ifndef TOASTAINER_IMAGE_SHELL_H
#define TOASTAINER_IMAGE_SHELL_H

#include "config/config.h"
#include "image/dir.h"
#include "image/script.h"
#include "image/runner.h"
#include "image/targets.h"

struct shell_request {
	const char *dir;
	const char *script; /* NULL: a shell, or the command that the config has */
};

/* struct shell - a build that is ready to start */
struct shell {
	struct image_dir dir;
	struct targets targets;
	struct script script;
	bool one_id; /* only root exists inside: no subordinate ids, or no newuidmap */
};

#define SHELL_INIT                                                                                 \
	{                                                                                          \
		.dir = IMAGE_DIR_INIT, .targets = TARGETS_INIT                                     \
	}

/**
 * shell_prepare() - check and lock the directory, check the script, complete the config.
 * @cfg: with FACE_IMAGE defaults and what the user asked for; complete afterwards
 * Nothing is started or changed when it fails.
 */
int shell_prepare(struct shell *s, struct config *cfg, const struct shell_request *rq,
		  struct err *err);

/**
 * shell_run() - run it. Mount targets that the image lacks exist meanwhile.
 * @run: once_run()
 * Return: 0 with the result of the jail, also when that could not be set up; or a negative errno.
 */
int shell_run(struct shell *s, struct config *cfg, image_runner *run, struct result *ret,
	      struct err *err);

/** shell_close() - take away what is ours and unlock; harmless twice. */
void shell_close(struct shell *s);

#endif
