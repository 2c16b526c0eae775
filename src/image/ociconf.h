/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON of images: indexes, manifests and configurations, as OCI and docker have them.
 */
#ifndef TOASTAINER_IMAGE_OCICONF_H
#define TOASTAINER_IMAGE_OCICONF_H

#include "storage/store.h"

struct oci_blob {
	const char *hash; /* sha256; of docker's archives NULL */
	const char *path; /* below the image's directory */
	const char *type; /* media type, or NULL */
	uint64_t size;
};

/* struct oci_manifest - what an image is made of; the arena's */
struct oci_manifest {
	struct oci_blob config;
	struct oci_blob *layers; /* from the bottom */
	uint32_t n_layers;
};

/**
 * oci_parse_index() - the one manifest in an index that is meant for us.
 * @ref: its annotation org.opencontainers.image.ref.name; NULL: any
 * @ret_index: whether it is an index again
 */
int oci_parse_index(struct arena *a, const char *text, size_t n, const char *ref,
		    struct oci_blob *ret, bool *ret_index, struct err *err);

int oci_parse_manifest(struct arena *a, const char *text, size_t n, struct oci_manifest *ret,
		       struct err *err);

/** oci_parse_docker() - manifest.json of `docker save`. @ref: one of its RepoTags; NULL: the first */
int oci_parse_docker(struct arena *a, const char *text, size_t n, const char *ref,
		     struct oci_manifest *ret, struct err *err);

/* struct oci_conf - a configuration that can be changed */
struct oci_conf {
	void *json;
};

#define _cleanup_conf_ _cleanup_(oci_conf_free)

/** oci_conf_new() - of an image without layers, for this machine's processor. */
int oci_conf_new(struct oci_conf *ret, struct err *err);

int oci_conf_parse(const char *text, size_t n, struct oci_conf *ret, struct err *err);

void oci_conf_free(struct oci_conf *c);

/** oci_conf_image() - what is needed to run it. Strings are the arena's. */
int oci_conf_image(const struct oci_conf *c, struct arena *a, struct store_image *ret,
		   struct err *err);

/** oci_conf_layer() - one more layer on top. @hash: NULL: the step of history made none */
int oci_conf_layer(struct oci_conf *c, const char *hash, const char *by, struct err *err);

/** oci_conf_set() - "Cmd" and other lists or strings of the member "config". @n: of a list, else -1 */
int oci_conf_set(struct oci_conf *c, const char *key, const char *const *v, int n, struct err *err);

/** oci_conf_expose() - ports, "80" or "53/udp". */
int oci_conf_expose(struct oci_conf *c, const char *const *v, uint32_t n, struct err *err);

/** oci_conf_env() - set a variable. oci_conf_label() - a label; others stay. */
int oci_conf_env(struct oci_conf *c, const char *name, const char *value, struct err *err);
int oci_conf_label(struct oci_conf *c, const char *name, const char *value, struct err *err);

/** oci_conf_text() - its text and its hash, by which an image is named. */
int oci_conf_text(struct oci_conf *c, struct arena *a, const char **ret, char id[STORE_HASH + 1],
		  struct err *err);

/** oci_conf_relayer() - the same image with other hashes for its layers: as many. */
int oci_conf_relayer(struct oci_conf *c, const char *const *hashes, uint32_t n, struct err *err);

/* struct oci_step - a line of the history */
struct oci_step {
	const char *created, *by;
	bool empty; /* made no layer */
};
int oci_conf_history(const struct oci_conf *c, struct arena *a, struct oci_step **ret,
		     uint32_t *ret_n, struct err *err);

/** oci_image_text() - the text of a file "image" (storage/store.h); NULL: no memory */
char *oci_image_text(struct arena *a, const struct store_image *img);

/** oci_arch() - this machine's processor as OCI names it. */
const char *oci_arch(void);

/** oci_now() - the time in their format; of SOURCE_DATE_EPOCH where that is set. @buf: 32 bytes */
const char *oci_now(char *buf);

#endif
