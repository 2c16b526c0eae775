/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking images into a store.
 */
#ifndef TOASTAINER_IMAGE_IMPORT_H
#define TOASTAINER_IMAGE_IMPORT_H

#include "image/ociconf.h"
#include "image/store_write.h"
#include "image/unpack.h"

enum import_format { IMPORT_AUTO, IMPORT_DIR, IMPORT_TAR, IMPORT_OCI, IMPORT_DOCKER };

struct import_request {
	const char *file, *name; /* name NULL: none, so the caller must hold the store's lock */
	const char *ref;	 /* which image of an archive with several; NULL: any */
	enum import_format format;
	struct unpack_rules rules; /* user_marks and layer are set by the import */
	void (*progress)(void *arg, uint64_t bytes);
	void *progress_arg;
};

struct import_report {
	char id[STORE_HASH + 1];
	uint32_t layers, layers_new;
	uint64_t bytes, entries, devices_skipped, xattrs_skipped;
};

/**
 * import_image() - a directory, tar, OCI layout or `docker save` archive becomes an image.
 * Layouts may be directories or tar archives; every archive may be compressed. Hashes that an image
 * names are compared with what is there. Nothing is added when it fails.
 */
int import_image(const struct store *s, const struct import_request *rq, struct import_report *ret,
		 struct err *err);

/**
 * import_layer() - a stream becomes a layer of the store; ends the stream.
 * @want: hash that it must have; NULL: any
 * @packed: our own packing, which fsck can repeat
 */
struct tarsrc;
int import_layer(struct store_work *w, struct tarsrc *src, const struct import_request *rq,
		 const char *want, bool packed, char hash[STORE_HASH + 1],
		 struct import_report *rep, struct err *err);

/** import_stream() - unpack a stream into a new directory @name below @at. tarsrc_end() afterwards. */
int import_stream(struct tarsrc *src, int at, const char *name, const struct import_request *rq,
		  const struct unpack_rules *rules, struct import_report *rep, struct err *err);

/**
 * import_finish() - the image of a configuration, and its name.
 * @name: NAME[:TAG]; NULL: none
 */
int import_finish(struct store_work *w, struct oci_conf *conf, const char *name,
		  char id[STORE_HASH + 1], struct err *err);

/** import_is_archive() - whether a file is a tar archive, compressed or not. */
bool import_is_archive(int fd);

/** import_format() - its name on the command line. Return: 0 or -EINVAL. */
int import_format(const char *name, enum import_format *ret, struct err *err);

#endif
