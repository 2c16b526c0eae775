/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors: one line that says the step, the object and the cause, and a hint when one is known.
 *
 * Every function that can fail returns 0 or exactly a negative errno and fills a caller-owned
 * struct err. The struct has a fixed size and holds no pointers, so the jail's child can write it
 * whole down a pipe (it is below PIPE_BUF, hence atomic; pipe(7)).
 */
#ifndef TOASTAINER_BASE_ERR_H
#define TOASTAINER_BASE_ERR_H

#include <limits.h>
#include <stdarg.h>

#include "base/defs.h"

struct err {
	int code;	/* positive errno; 0 while nothing failed */
	char step[24];	/* name of the step of the child's table, or "" */
	char msg[1600]; /* the line: object and cause, without newline */
	char hint[600]; /* what to do about it, or "" */
};
static_assert(sizeof(struct err) < PIPE_BUF, "one write of an error must be atomic");

/* ERR_INIT - an empty error; only what is read before it is set gets a value. */
#define ERR_INIT                                                                                   \
	{                                                                                          \
		.code = 0                                                                          \
	}

/**
 * err_set() - record an error with a complete message.
 * @err: to fill; may be NULL (then only the code is returned)
 * @code: positive errno
 * Return: -code.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/**
 * err_sys() - as err_set(), and appends ": " and the text of @code.
 * @code: errno, positive or negative
 * Return: the negative errno.
 */
int err_sys(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/**
 * err_wrap() - put context before the message: "CONTEXT: message".
 * Return: -err->code.
 */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** err_hint() - say what to do; the first hint stays. Return: -err->code. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** err_clean() - make an error that came from elsewhere fit to print: ended, one line each. */
void err_clean(struct err *err);

/** err_oom() - out of memory. Return: -ENOMEM. */
int err_oom(struct err *err);

/* The static analyzer sees one file at a time: tell it that these do not return 0. */
#if defined(__clang_analyzer__) && !defined(ERR_IMPLEMENTATION)
#define err_set(...)  ((void)(err_set)(__VA_ARGS__), -1)
#define err_sys(...)  ((void)(err_sys)(__VA_ARGS__), -1)
#define err_wrap(...) ((void)(err_wrap)(__VA_ARGS__), -1)
#define err_hint(...) ((void)(err_hint)(__VA_ARGS__), -1)
#define err_oom(err)  ((void)(err_oom)(err), -1)
#endif

#endif
