/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings table: the one declaration of every setting. Command line, text format, JSON,
 * defaults, help, man page, completion and the dump of a config are made from it.
 */
#ifndef TOASTAINER_CONFIG_SCHEMA_H
#define TOASTAINER_CONFIG_SCHEMA_H

#include "config/config.h"

enum field_type {
	F_NONE, /* a command line option without a field of its own */
	F_BOOL, /* bool */
	F_I32,
	F_U32,
	F_I64,
	F_U64,
	F_ENUM,	   /* int32_t, names in .names */
	F_STRING,  /* const char * */
	F_BYTES,   /* struct cfg_bytes */
	F_MESSAGE, /* a struct described by .message, inside its parent */
};

enum field_flags {
	SF_REPEATED = 1,    /* a LIST_OF the type */
	SF_REQUIRED = 2,    /* protobuf's `required` */
	SF_OURS = 4,	    /* not in nsjail: its face accepts it in files only after the marker */
	SF_NEGATE = 8,	    /* the option (without argument) sets the bool to false */
	SF_NO_DEFAULT = 16, /* the proto has no default: unset is a state of its own */
	SF_ALIAS = 32, /* a second option for a field that has its row: not a field of its own */
	SF_MARKER =
		128, /* lets the nsjail face's files have those marked SF_OURS, and is one itself */
	SF_PLACED = 256, /* judged when the plan is made: config_place() knows where it was given */
	SF_OUR_OPTION = 64, /* nsjail has no such option: its abbreviations do not meet ours */
};

enum setting_group {
	G_GENERAL,
	G_PROGRAM,
	G_ROOT,
	G_IDS,
	G_PRIVILEGES,
	G_NAMESPACES,
	G_LIMITS,
	G_CGROUP,
	G_NETWORK,
	G_SECCOMP,
	G_SERVE,
	G_REPORT,
	SETTING_GROUPS
};

struct enum_name {
	const char *name; /* NULL ends the list */
	int32_t value;
	bool ours; /* not a value of nsjail's */
};

struct setting;

struct message {
	const char *name; /* as in the .proto, nested names with dots */
	size_t size;	  /* of the struct */
	const struct setting *rows;
	unsigned n;
};

struct value {
	int64_t i;
	const char *s;
};

/**
 * setting_parser - gives an option's argument its meaning where the plain type does not.
 * @row: the option's row
 * @arg: the argument; "" for an option without one
 */
typedef int (*setting_parser)(struct config *cfg, const struct setting *row, const char *arg,
			      struct err *err);

struct setting {
	const char *name; /* field, NULL for an option without one */
	enum field_type type;
	unsigned flags;	 /* enum field_flags */
	unsigned number; /* protobuf field number */
	size_t offset;
	const struct enum_name *names;
	const char *enum_type; /* its name in the .proto; a leading dot: inside the message */
	const struct message *message;
	struct value def[CONFIG_FACES];

	const char *opt; /* long option without dashes, NULL: none */
	char shortopt;	 /* 0: none */
	const char *arg; /* name of its argument, NULL: takes none */
	setting_parser parse;
	enum setting_group group;
	const char *help; /* one line, no final dot */
};

extern const struct message schema_config;	      /* NsJailConfig, the root */
extern const struct enum_name schema_macvlan_modes[]; /* values: enum cfg_macvlan */
extern const char *const schema_group_titles[SETTING_GROUPS];

/** schema_field() - where a row's field is in its message. */
static inline void *schema_field(void *message, const struct setting *row)
{
	return (char *)message + row->offset;
}

/** schema_element_size() - bytes of one value of the row's type. */
size_t schema_element_size(const struct setting *row);

/** schema_defaults() - fill a zeroed message with its defaults. */
void schema_defaults(const struct message *m, void *message, enum config_face face);

/** schema_mark() - note that a row was given. */
void schema_mark(const struct message *m, void *message, const struct setting *row);

/** schema_has() - whether a row was given. */
bool schema_has(const struct message *m, const void *message, const struct setting *row);

/**
 * schema_append() - room for one more element of a repeated field; a message gets its defaults.
 * Return: the zeroed element, or NULL when there is no memory.
 */
void *schema_append(struct config *cfg, void *message, const struct setting *row);

/** schema_find() - the row of a field by its name (not options without fields). NULL: none. */
const struct setting *schema_find(const struct message *m, const char *name, size_t n);

/** schema_json_name() - protobuf's JSON name of a field: mountProc for mount_proc. */
void schema_json_name(const char *name, char *buf, size_t size);

/** schema_find_option() - the top-level row of a long option's full name. NULL: none. */
const struct setting *schema_find_option(const char *name);

/** schema_enum_name() - the name of a value, or NULL. */
const char *schema_enum_name(const struct enum_name *names, int32_t value);

/**
 * schema_enum_value() - the value of a name.
 * Return: 0, or -EINVAL.
 */
int schema_enum_value(const struct enum_name *names, const char *name, size_t n, int32_t *ret);

/**
 * config_set() - set one top-level setting from text, as its option would.
 * @name: option or field name
 * @value: the argument ("" or NULL for an option without one; "true"/"false" work for booleans)
 */
int config_set(struct config *cfg, const char *name, const char *value, struct err *err);

/**
 * config_command() - the program and its arguments, in place of those that were set.
 * @argv: ends with NULL; copied
 */
int config_command(struct config *cfg, const char *const *argv, struct err *err);

#endif
