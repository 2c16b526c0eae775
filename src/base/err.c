// SPDX-License-Identifier: BSD-3-Clause
/*
 * Errors as values. Used everywhere, also by the child between clone and exec: nothing here
 * allocates, locks or makes a system call.
 */
#define ERR_IMPLEMENTATION
#include "base/err.h"

/* One line, whatever a file name contains. */
static void one_line(char *s, size_t n)
{
	s[n - 1] = 0;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

void err_clean(struct err *err)
{
	one_line(err->step, sizeof(err->step));
	one_line(err->msg, sizeof(err->msg));
	one_line(err->hint, sizeof(err->hint));
}

static void put(struct err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	err->step[0] = 0;
	err->hint[0] = 0;
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	one_line(err->msg, sizeof(err->msg));
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		put(err, code, fmt, ap);
		va_end(ap);
	}
	return -code;
}

int err_sys(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (code < 0)
		code = -code;
	if (err) {
		const char *cause = strerror(code);
		size_t n, room = sizeof(err->msg) - strlen(cause) - 3;

		va_start(ap, fmt);
		put(err, code, fmt, ap);
		va_end(ap);
		n = strlen(err->msg);
		if (n > room) { /* a long name does not push the cause out */
			n = room;
			memcpy(err->msg + n - 3, "...", 3);
		}
		snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", cause);
	}
	return -code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	size_t n;

	if (!err)
		return -EINVAL;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", old);
	one_line(err->msg, sizeof(err->msg));
	return -err->code;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	if (!err->hint[0]) {
		va_start(ap, fmt);
		vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
		va_end(ap);
		one_line(err->hint, sizeof(err->hint));
	}
	return -err->code;
}

int err_oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}
