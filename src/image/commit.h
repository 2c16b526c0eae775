/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes on top of an image become a new layer.
 */
#ifndef TOASTAINER_IMAGE_COMMIT_H
#define TOASTAINER_IMAGE_COMMIT_H

#include "image/import.h"

struct commit_request {
	const char *base;	   /* image below; NULL: none */
	const char *upper;	   /* upper directory of an overlay */
	const char *name;	   /* of the new image */
	const char *message;	   /* for its history */
	struct store_list changes; /* "ENV A=B" and so on */
	bool move; /* the directory itself becomes the layer, if it can be renamed */
	struct import_request import; /* rules and progress */
};

/** commit_image() - a new image of @base and an upper directory. */
int commit_image(const struct store *s, const struct commit_request *rq, struct import_report *ret,
		 struct err *err);

/**
 * commit_upper() - an upper directory becomes a layer of the store.
 * @path: seen from @at; with @move it is gone afterwards
 */
int commit_upper(struct store_work *w, int at, const char *path, bool move,
		 const struct import_request *rq, char hash[STORE_HASH + 1],
		 struct import_report *rep, struct err *err);

/** commit_conf() - the configuration of an image that is held, to be changed. */
int commit_conf(const struct store_image *img, struct oci_conf *ret, struct err *err);

#endif
