/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All layers of an image put together in one directory, of hard links: what the kernel needs for an
 * overlay grows with its layers, and so does each look at a file through it.
 */
#ifndef TOASTAINER_IMAGE_FLAT_H
#define TOASTAINER_IMAGE_FLAT_H

#include "image/store_write.h"

/* Images with more layers get one. What these few cost more than one does is hard to measure. */
#define FLAT_ABOVE 4

/**
 * flat_make() - make it, if the image has that many layers and none yet.
 * To be called when an image gets a name, with the store's lock held. Where files cannot have more
 * links nothing is made: such an image runs, too.
 */
int flat_make(struct store_work *w, const char *id, struct err *err);

/**
 * flat_check() - whether an image's is complete.
 * @ret: the directory that the tree and its copies are in; FD_NONE where there is none
 * @ret_figures: of the tree
 * Return: 0; else @err says what is wrong.
 */
int flat_check(const struct store *s, const char *id, int *ret, struct walk_figures *ret_figures,
	       struct err *err);

#endif
