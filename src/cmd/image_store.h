/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `toastainer image` SUBCOMMAND for images in a store.
 */
#ifndef TOASTAINER_CMD_IMAGE_STORE_H
#define TOASTAINER_CMD_IMAGE_STORE_H

#include "image/import.h"

/* Which options a subcommand takes, as bits. */
enum image_opt {
	OPT_FORMAT = 1 << 0, /* --format, --ref */
	OPT_RULES = 1 << 1,  /* --devices, --max_size, --max_entries */
	OPT_FORCE = 1 << 2,
	OPT_CACHE = 1 << 3,
	OPT_CONTENT = 1 << 4,
	OPT_ALL = 1 << 5,
	OPT_TAG = 1 << 6,      /* -t */
	OPT_FILE = 1 << 7,     /* -f */
	OPT_COMMIT = 1 << 8,   /* --base, --upper, --move, --change, --message */
	OPT_COMPRESS = 1 << 9, /* --compress */
	OPT_BUILD = 1 << 10,   /* --build_arg, --no_cache */
	OPT_BASE = 1 << 11,    /* --base */
	OPT_UPPER = 1 << 13,   /* --upper */
	OPT_PULL = 1 << 12,    /* --plain_http, --authfile */
	OPT_LIMIT = 1 << 14,   /* --limit */
};

/* struct image_args - a subcommand's command line */
struct image_args {
	const struct image_command *cmd;
	const char *store, *format, *ref, *tag, *file, *base, *upper, *compress, *message,
		*authfile;
	struct store_list changes, build_args;
	uint64_t limit; /* bytes */
	struct unpack_rules rules;
	bool json, force, cache, content, all, move, no_cache, plain_http;
	bool one_id; /* owners of files cannot be kept */
	int argc;
	char **argv; /* what is no option */
	struct arena arena;
	char store_path[PATH_MAX];
};

struct image_command {
	const char *name;
	unsigned options; /* of enum image_opt */
	int min, max;	  /* arguments */
	bool makes;	  /* a store where there is none */
	const char *args, *summary;
	int (*run)(const struct image_args *args, const struct store *s, struct err *err);
};

/** image_store_command() - NULL: no such subcommand. */
const struct image_command *image_store_command(const char *name);

/** image_store_main() - a subcommand from its name on. Return: exit status. */
int image_store_main(const struct image_command *cmd, int argc, char **argv);

/** image_store_usage() - a line for each subcommand. */
void image_store_usage(FILE *f);

/** image_progress() - tells how far it is, on a terminal. @arg: struct image_meter */
struct image_meter {
	bool on, shown;
	int64_t last; /* milliseconds */
	const char *what;
};
void image_meter_begin(struct image_meter *m, const struct image_args *args, const char *what);
void image_progress(void *arg, uint64_t bytes);
void image_meter_end(struct image_meter *m);

/** image_size() - "12.3 MB" in @buf. */
const char *image_size(uint64_t bytes, char buf[static 32]);

/* The subcommands; the others are in image_store.c itself. */
int image_cmd_export(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_build(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_commit(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_diff(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_apply(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_shift(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_cp(const struct image_args *args, const struct store *s, struct err *err);
int image_cmd_pull(const struct image_args *args, const struct store *s, struct err *err);

/** image_report() - of something that made an image. */
void image_report(const struct image_args *args, const char *name, const struct import_report *rep);

#endif
