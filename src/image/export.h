/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Images leaving a store.
 */
#ifndef TOASTAINER_IMAGE_EXPORT_H
#define TOASTAINER_IMAGE_EXPORT_H

#include "image/store_write.h"
#include "image/unpack.h"

enum export_format {
	EXPORT_AUTO,
	EXPORT_OCI,
	EXPORT_DOCKER,
	EXPORT_TAR,
	EXPORT_DIR,
	EXPORT_SQUASHFS,
	EXPORT_EROFS
};
enum export_compress { COMPRESS_DEFAULT, COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

struct export_request {
	const char *name;
	const char *file; /* must not be there; a directory may be, when it is empty */
	enum export_format format;
	enum export_compress compress;
	bool one_id; /* owners of files cannot be kept */
	void (*progress)(void *arg, uint64_t bytes);
	void *progress_arg;
};

/**
 * export_image() - write an image as an OCI layout (a tar if the file's name ends in .tar), a `docker
 * save` archive, a tar of all its files, a directory of them, or a squashfs or erofs file (which its
 * name may say: .squashfs, .erofs).
 * The same image gives the same bytes, compressed or not. Layers whose tar was made by others are
 * packed anew, and have another hash then.
 */
int export_image(const struct store *s, const struct export_request *rq, struct err *err);

/**
 * export_apply() - make in a directory what layers of an image say.
 * @base: an image whose layers are the lowest of @img: only those above; NULL: all
 * Nothing is written through a link of the directory.
 */
int export_apply(const struct store *s, const struct store_image *img,
		 const struct store_image *base, int dir, bool one_id, struct err *err);

int export_format(const char *name, enum export_format *ret, struct err *err);
int export_compress(const char *name, enum export_compress *ret, struct err *err);

#endif
