/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text of a policy to tokens, following #include.
 */
#ifndef TOASTAINER_KAFEL_LEXER_H
#define TOASTAINER_KAFEL_LEXER_H

#include "base/err.h"
#include "base/mem.h"
#include "kafel/kafel.h"

enum tok {
	/* Characters stand for themselves; the rest starts after them. */
	TOK_END = 256,
	TOK_NAME,
	TOK_NUMBER,
	TOK_EQ,
	TOK_NE,
	TOK_LE,
	TOK_GE,
	TOK_AND_AND,
	TOK_OR_OR,
	/* Keywords, in the order of the table in lexer.c. */
	TOK_ALLOW,
	TOK_DEFAULT,
	TOK_DENY,
	TOK_ERRNO,
	TOK_KILL,
	TOK_KILL_PROCESS,
	TOK_KILL_THREAD,
	TOK_LOG,
	TOK_ON,
	TOK_POLICY,
	TOK_SYSCALL,
	TOK_TRACE,
	TOK_TRAP,
	TOK_USE,
	TOK_USER_NOTIF,
	TOK_DEFINE,
};

struct token {
	int kind; /* enum tok or a character */
	struct kafel_pos pos;
	const char *s; /* its text, @n bytes */
	size_t n;
	uint64_t number;
};

/* struct source - one text being read; includes and built-in policies are put on top. */
struct source {
	struct source *below;
	const char *s, *end;
	struct kafel_pos pos;
	bool in_include; /* inside an #include directive, after one of its files */
	bool wall;	 /* its end is the end of the tokens: a built-in policy */
};

struct lexer {
	struct source *top;
	unsigned depth; /* of includes */
	const char *const *include_dirs;
	struct arena *arena;
};

/** lexer_push() - read @text next. @text must stay as long as the arena. */
int lexer_push(struct lexer *lx, const char *text, size_t n, const char *name, bool wall,
	       struct err *err);

/** lexer_next() - the next token; after the end, TOK_END again and again. */
int lexer_next(struct lexer *lx, struct token *ret, struct err *err);

/** lexer_describe() - a token for a message: its text in quotes, or what it is. */
const char *lexer_describe(const struct token *t, char *buf, size_t n);

/** lexer_report() - err_set() with "FILE:LINE:COL: " before the text. */
void lexer_report(const struct kafel_pos *pos, struct err *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* lexer_error() - lexer_report() as an expression: -EINVAL. */
#define lexer_error(pos, err, ...) (lexer_report(pos, err, __VA_ARGS__), -EINVAL)

#endif
