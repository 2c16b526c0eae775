/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the text format and JSON have in common: where in the file and in the config a parser is, and
 * how a value of a given spelling gets into the field of a row.
 */
#ifndef TOASTAINER_CONFIG_READER_H
#define TOASTAINER_CONFIG_READER_H

#include "config/schema.h"

enum { READER_DEPTH = 8 }; /* messages inside one another; the table needs four */

struct reader_frame {
	const struct message *m;
	void *message;
	const struct setting *row; /* being read, or NULL */
};

/* struct reader - a parser's place. Set up by reader_start(), freed by nobody. */
struct reader {
	struct config *cfg;
	const char *file; /* its name, for messages */
	const char *start, *end;
	struct err *err;
	struct reader_frame stack[READER_DEPTH];
	unsigned depth; /* of the innermost frame */
};

/**
 * reader_start() - begin to fill @cfg from a text.
 * @text: NUL-terminated besides its length @n
 */
void reader_start(struct reader *r, struct config *cfg, const char *file, const char *text,
		  size_t n, struct err *err);

/** reader_row() - the row being read. */
static inline const struct setting *reader_row(const struct reader *r)
{
	return r->stack[r->depth].row;
}

/**
 * reader_fail() - an error at a place of the text: "FILE:LINE:COL: PATH: message".
 * The path is that of the row being read.
 * Return: -EINVAL.
 */
int reader_fail(struct reader *r, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/**
 * reader_field() - select a field of the innermost message by name.
 * Refuses unknown names, with what was probably meant, and settings that the face does not have.
 * @at: where the name is in the text
 * @json: names in lowerCamelCase count too
 */
int reader_field(struct reader *r, const char *at, const char *name, size_t n, bool json);

/** reader_enter() - go into the message that the selected field is; at its end reader_leave(). */
int reader_enter(struct reader *r, const char *at);

/** reader_leave() - check that nothing required is missing and return to the enclosing message. */
int reader_leave(struct reader *r, const char *at);

/** reader_integer() - store a number in the selected field, an enumeration's included. */
int reader_integer(struct reader *r, const char *at, bool negative, uint64_t magnitude);

/** reader_bool() - store a truth value. */
int reader_bool(struct reader *r, bool v);

/** reader_enum() - store an enumeration's value by name. */
int reader_enum(struct reader *r, const char *at, const char *name, size_t n);

/** reader_bytes() - store a copy of @s in a field of type string or bytes. */
int reader_bytes(struct reader *r, const char *at, const char *s, size_t n);

/** reader_expected() - refuse @what ("a number") in the selected field and say what it takes. */
int reader_expected(struct reader *r, const char *at, const char *what);

#endif
