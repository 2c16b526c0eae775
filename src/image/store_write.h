/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changing a store: everything is made in a directory of its own in tmp, synced, and appears by one
 * rename. Who adds holds the store's lock shared until a name or image holds what was added.
 */
#ifndef TOASTAINER_IMAGE_STORE_WRITE_H
#define TOASTAINER_IMAGE_STORE_WRITE_H

#include "image/walk.h"
#include "storage/store.h"

/* struct store_work - a directory in tmp that is ours */
struct store_work {
	const struct store *store;
	int fd;	       /* it, with an exclusive lock */
	char name[32]; /* in tmp */
};

#define STORE_WORK_INIT                                                                            \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

/** store_make() - open a store, or make it where there is nothing yet. */
int store_make(struct store *s, const char *given, struct err *err);

/**
 * store_lock() - shared: nothing is removed meanwhile; exclusive: nothing is added or removed.
 * Waits for whoever has it.
 */
int store_lock(const struct store *s, bool exclusive, int *ret_fd, struct err *err);

/** store_work_begin() - a new empty directory in tmp. */
int store_work_begin(const struct store *s, struct store_work *ret, struct err *err);

/** store_work_end() - remove it with what is still in it; harmless twice. */
void store_work_end(struct store_work *w);

/** store_has_layer() - whether a layer is complete in the store. */
bool store_has_layer(const struct store *s, const char *hash);

/**
 * store_add_layer() - what is in @sub/tree of the work becomes a layer; nothing if it is there.
 * @ret: its figures; may be NULL
 */
int store_add_layer(struct store_work *w, const char *sub, const char *hash,
		    struct walk_figures *ret, struct err *err);

/** store_layer_figures() - of a layer in the store. */
int store_layer_figures(const struct store *s, const char *hash, struct walk_figures *ret,
			struct err *err);

/**
 * store_add_image() - an image that has the configuration @json.
 * @id: the sha256 of @json
 * @text: of its file "image"
 */
int store_add_image(struct store_work *w, const char *id, const char *json, size_t n,
		    const char *text, struct err *err);

/** store_link() - let a name of "names" or "cache" lead to an image; it may have led elsewhere. */
int store_link(struct store_work *w, const char *dir, const char *name, const char *id,
	       struct err *err);

/** store_links() - what leads to which image. @dir: "names" or "cache" */
struct store_link {
	const char *name, *id;
};
struct store_link_list {
	struct store_link *v;
	uint32_t n, cap;
};
int store_links(const struct store *s, const char *dir, struct arena *a,
		struct store_link_list *ret, struct err *err);

/** store_sync() - all that was written to the store's file system is on the disk. */
int store_sync(const struct store *s, struct err *err);

/** store_write_file() - a new file with content, synced. */
int store_write_file(int dir, const char *name, const char *text, size_t n, struct err *err);

#endif
