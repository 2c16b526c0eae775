/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A directory as a tar stream: always the same bytes for the same tree.
 */
#ifndef TOASTAINER_IMAGE_PACK_H
#define TOASTAINER_IMAGE_PACK_H

#include "base/err.h"

struct pack_rules {
	bool layer;	       /* marks of an overlay become ".wh." entries */
	bool user_marks;       /* they are user.overlay.* */
	bool top;	       /* with an entry for the directory itself */
	bool no_devices;       /* leave device nodes out */
	bool no_times;	       /* all files are of 1970: to compare what they hold */
	const char *only, *as; /* one entry of the directory, and its name in the archive */
	const char *prefix;    /* what @skip is told in front of a path */
	bool (*skip)(void *arg, const char *path, bool dir); /* whether to leave it out */
	void *skip_arg;
};

struct archive;

/**
 * pack_tree() - write all that a directory holds into an open archive.
 * Names are sorted, so is what they have; times of access and change are left out. Sockets are left
 * out. A layer that asks overlayfs for a redirection is refused.
 */
int pack_tree(int fd, const struct pack_rules *rules, struct archive *ar, struct err *err);

/** pack_format() - make @ar write our kind of tar. */
int pack_format(struct archive *ar, struct err *err);

#endif
