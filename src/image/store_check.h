/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Removing from a store, and looking whether it is whole.
 */
#ifndef TOASTAINER_IMAGE_STORE_CHECK_H
#define TOASTAINER_IMAGE_STORE_CHECK_H

#include "image/store_write.h"

struct gc_report {
	uint64_t images, layers, partials; /* removed */
	uint64_t bytes;			   /* of the layers' files */
	uint64_t busy;			   /* images without a name that jails still use */
};

/**
 * store_gc() - remove images without a name, layers without an image, and what was left half done.
 * What a jail uses stays. Waits until nobody adds to the store.
 * @cache: forget what builds could reuse, too
 */
int store_gc(const struct store *s, bool cache, struct gc_report *ret, struct err *err);

/**
 * store_unname() - remove a name; images that then have none are removed by store_gc().
 * @name: NAME[:TAG]
 * -EBUSY: it is the last name of an image that a jail uses, and @force was not given
 */
int store_unname(const struct store *s, const char *name, bool force, struct err *err);

struct fsck_report {
	uint64_t images, layers, names; /* looked at */
	uint64_t partials;		/* left half done: no damage, gc removes them */
	uint64_t bad;
};

/**
 * store_fsck() - whether all is what its name says.
 * @content: read every layer and compare it with its hash too, where that can be known
 * @say: called with a line for each damage
 */
int store_fsck(const struct store *s, bool content, void (*say)(void *arg, const char *line),
	       void *arg, struct fsck_report *ret, struct err *err);

#endif
