// SPDX-License-Identifier: BSD-3-Clause
/*
 * Errors as values. Used everywhere, also by the child between clone and exec: nothing here
 * allocates, locks or makes a system call.
 */
#define ERR_IMPLEMENTATION
#include "base/err.h"

static void put(struct err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	err->step[0] = 0;
	err->hint[0] = 0;
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	/* One line, whatever a file name contains. */
	for (char *p = err->msg; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
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
	}
	return -err->code;
}

int err_oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}
