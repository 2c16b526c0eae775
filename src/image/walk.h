/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Going through trees that somebody else made: no link is followed, no mount crossed, and no depth of
 * directories is too deep to be removed again.
 */
#ifndef TOASTAINER_IMAGE_WALK_H
#define TOASTAINER_IMAGE_WALK_H

#include <sys/stat.h>

#include "base/err.h"

#define WALK_DEPTH 256 /* deeper trees are refused by all that keeps trees */

/* struct walk_figures - how much a tree holds */
struct walk_figures {
	uint64_t entries, bytes; /* names; sizes of regular files, each name counted */
};

/* struct walk_list - names of a directory, sorted as bytes */
struct walk_list {
	char **v;
	size_t n;
};

/** walk_list_read() - the names in a directory. @fd: it; stays open */
int walk_list_read(int fd, struct walk_list *ret, struct err *err);
void walk_list_free(struct walk_list *l);

/** walk_dir() - open a directory in a directory: not a link, not a mount point. -errno if not */
int walk_dir(int fd, const char *name);

/** walk_opaque() - whether a directory of a layer hides those below: by either mark, of an overlay with
 * userxattr or without. */
bool walk_opaque(int fd);

/** walk_count() - what a directory holds. */
int walk_count(int fd, struct walk_figures *ret, struct err *err);

/** walk_empty() - remove all that a directory holds; it stays. */
int walk_empty(int fd, struct err *err);

/** walk_remove() - remove an entry, with all that it holds; it need not be there. */
int walk_remove(int fd, const char *name, struct err *err);

#endif
