/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building images from a build file.
 */
#ifndef TOASTAINER_IMAGE_BUILD_H
#define TOASTAINER_IMAGE_BUILD_H

#include "image/build_root.h"
#include "image/dockerfile.h"
#include "image/import.h"
#include "image/runner.h"

struct build_request {
	const char *context, *file, *name; /* file and name: NULL for Dockerfile and no name */
	const struct store_list *args;	   /* NAME=VALUE, for ARG */
	bool no_cache;
	bool one_id;
	image_runner *run; /* once_run() */
	void (*say)(void *arg, const char *step, bool cached);
	void *say_arg;
	struct import_request import; /* rules and progress */
};

/**
 * build_image() - do what a build file says; each RUN in a jail as of `image shell`.
 * Steps that were done before with the same base, text, variables and files are not done again.
 * A failure leaves the store as it was, but for the steps before it, which the next build finds.
 */
int build_image(const struct store *s, const struct build_request *rq, struct import_report *ret,
		struct err *err);

/* struct build - one build; what its parts share */
struct build {
	const struct build_request *rq;
	const struct store *s;
	struct store_work *w;
	struct arena *a;
	int context;
	struct store_list ignore; /* lines of .dockerignore */
	struct oci_conf conf;
	struct store_image base;   /* what FROM named, held */
	struct store_list layers;  /* until now */
	struct store_list globals; /* ARG before the first FROM */
	struct store_list args;	   /* ARG of this stage */
	struct store_list shell;   /* of RUN */
	struct store_list stages;  /* "NAME=ID" of those that are done */
	const char *stage;	   /* name of this one, or NULL */
	char key[STORE_HASH + 1];  /* of what was done until now */
	struct import_report rep;
};

/** build_vars() - where variables in the build file are looked up. */
int build_vars(struct build *b, struct store_image *conf, struct df_vars *ret, struct err *err);

/** build_run() - RUN. @root: where */
int build_run(struct build *b, const struct df_step *step, const struct build_root *root,
	      struct err *err);

/* struct build_copy - COPY or ADD, its sources found */
struct build_copy;

/** build_copy_prepare() - find the sources; @hash: of what they hold. build_copy_end() afterwards. */
int build_copy_prepare(struct build *b, const struct df_step *step, struct build_copy **ret,
		       char hash[STORE_HASH + 1], struct err *err);
int build_copy_do(struct build *b, struct build_copy *c, const struct build_root *root,
		  struct err *err);
void build_copy_end(struct build_copy *c);

/** build_user() - "user[:group]" as numbers, by the image's own files. */
int build_user(struct build *b, int root, const char *text, uint32_t *uid, uint32_t *gid,
	       const char **home, struct err *err);

#endif
