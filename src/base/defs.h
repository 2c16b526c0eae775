/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every file needs: small macros, the clean-up attributes, ownership helpers.
 */
#ifndef TOASTAINER_BASE_DEFS_H
#define TOASTAINER_BASE_DEFS_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/banned.h"

#define ARRAY_SIZE(a)	       (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	       ((a) < (b) ? (a) : (b))
#define MAX(a, b)	       ((a) > (b) ? (a) : (b))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED		       __attribute__((unused))
#define FALLTHROUGH	       __attribute__((fallthrough))
#define NORETURN	       __attribute__((noreturn))
#define PUBLIC		       __attribute__((visibility("default")))

/* A closed descriptor variable holds this, so that closing it again does nothing. */
#define FD_NONE (-EBADF)

#define _cleanup_(f)	__attribute__((cleanup(f)))
#define _cleanup_free_	_cleanup_(defs_freep)
#define _cleanup_close_ _cleanup_(defs_closep)

static inline void defs_freep(void *p)
{
	free(*(void **)p);
}

static inline void defs_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* take_fd() - hands a descriptor over: the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = FD_NONE;
	return v;
}

/* take_ptr() - hands a pointer over: the variable no longer owns it. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) v_ = (p);                                                            \
		(p) = NULL;                                                                        \
		v_;                                                                                \
	})

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Built with AddressSanitizer (gcc, clang), whose run time makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#endif
