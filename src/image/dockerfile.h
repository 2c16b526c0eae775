/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Build files: the common subset of Dockerfiles.
 */
#ifndef TOASTAINER_IMAGE_DOCKERFILE_H
#define TOASTAINER_IMAGE_DOCKERFILE_H

#include "image/ociconf.h"

enum df_op {
	DF_FROM,
	DF_RUN,
	DF_COPY,
	DF_ADD,
	DF_ENV,
	DF_WORKDIR,
	DF_USER,
	DF_CMD,
	DF_ENTRYPOINT,
	DF_ARG,
	DF_LABEL,
	DF_EXPOSE,
	DF_STOPSIGNAL,
	DF_SHELL,
	DF_OPS
};

/* struct df_step - one instruction; strings are the arena's */
struct df_step {
	enum df_op op;
	unsigned line;
	const char *text;	 /* its arguments, continued lines joined */
	struct store_list words; /* of the list form ["a","b"]; of others as their parser says */
	bool list;		 /* was in list form */
	const char *from, *chown, *chmod; /* of COPY and ADD */
};

struct dockerfile {
	struct df_step *v;
	uint32_t n, cap;
};

/** dockerfile_parse() - split a build file into instructions. @text is changed. */
int dockerfile_parse(struct arena *a, char *text, struct dockerfile *ret, struct err *err);

/* struct df_vars - NAME=VALUE; the last one of a name counts */
struct df_vars {
	const struct store_list *lists[3]; /* searched in this order, each from its end */
};

/** dockerfile_expand() - $NAME, ${NAME}, ${NAME:-word}, ${NAME:+word}, \\$; quotes stay */
int dockerfile_expand(struct arena *a, const char *text, const struct df_vars *vars,
		      const char **ret, struct err *err);

/** dockerfile_words() - split at blanks; quotes and backslashes are taken away. */
int dockerfile_words(struct arena *a, const char *text, struct store_list *ret, struct err *err);

/**
 * dockerfile_set() - do an instruction that only changes the configuration: ENV, USER, CMD,
 * ENTRYPOINT, LABEL, EXPOSE, STOPSIGNAL, WORKDIR (without making the directory).
 */
int dockerfile_set(struct oci_conf *conf, struct arena *a, const struct df_step *step,
		   const struct df_vars *vars, struct err *err);

/** dockerfile_change() - the same of a line as it is in a build file. */
int dockerfile_change(struct oci_conf *conf, const char *line, struct err *err);

const char *dockerfile_op_name(enum df_op op);

#endif
