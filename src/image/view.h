/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an image looks like as a whole, and how two differ.
 */
#ifndef TOASTAINER_IMAGE_VIEW_H
#define TOASTAINER_IMAGE_VIEW_H

#include <sys/stat.h>

#include "storage/store.h"

/* struct view_entry - a file as a program inside would see it */
struct view_entry {
	const char *path; /* without a leading "/" */
	struct stat st;
	const char *target; /* of a symbolic link */
	uint32_t layer;	    /* whose directory it is in */
	bool opaque;	    /* directory that hides those below; in one layer only */
};

/* struct view - sorted, each directory followed by what it holds */
struct view {
	struct view_entry *v;
	uint32_t n, cap;
	int *dirs; /* of the layers, from the bottom; owned */
	uint32_t n_dirs;
};

/**
 * view_open() - of an image, with an upper directory on top where there is one.
 * @layers: how many of the image's, from the bottom
 * @upper: FD_NONE: none; becomes the view's
 */
int view_open(const struct store *s, struct arena *a, const struct store_image *img,
	      uint32_t layers, int upper, struct view *ret, struct err *err);

void view_close(struct view *v);

enum view_change { VIEW_ADDED, VIEW_CHANGED, VIEW_DELETED };

/**
 * view_compare() - what is different, in order.
 * Files of another layer are compared by their content; times do not count.
 * @tell: old or new is NULL where there is none; what it returns, if not 0, ends the comparison
 */
int view_compare(const struct view *old, const struct view *now,
		 int (*tell)(void *arg, enum view_change what, const struct view_entry *old,
			     const struct view_entry *now),
		 void *arg, struct err *err);

#endif
