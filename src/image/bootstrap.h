/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making a first root file system in an empty directory.
 */
#ifndef TOASTAINER_IMAGE_BOOTSTRAP_H
#define TOASTAINER_IMAGE_BOOTSTRAP_H

#include "image/dir.h"
#include "image/runner.h"
#include "image/tool.h"

enum bootstrap_from { FROM_BUSYBOX, FROM_DEBIAN, FROM_HOST, BOOTSTRAP_SOURCES };

struct bootstrap_request {
	const char *dir;
	enum bootstrap_from from;
	/* debian; NULL: the tool's default, or this machine's own release */
	const char *suite, *mirror, *variant;
	image_runner *run; /* once_run() */
};

struct bootstrap_report {
	unsigned applets;   /* busybox: how many programs it stands for */
	const char *config; /* host: the file in it that it is run with; else NULL */
};

/** bootstrap_source() - "busybox", "debian" or "host". Return: 0 or -EINVAL. */
int bootstrap_source(const char *name, enum bootstrap_from *ret, struct err *err);

/**
 * bootstrap_image() - make a root file system.
 * The directory must be empty or missing. A failure or an interruption (SIGINT, SIGTERM, SIGHUP)
 * takes away all that was made, and the directory too when it was.
 */
int bootstrap_image(const struct bootstrap_request *rq, struct bootstrap_report *ret,
		    struct err *err);

#endif
