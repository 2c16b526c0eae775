/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines, in nsjail's format "[I][2026-01-31T10:00:00+0000] text" or as JSON objects.
 * Only frontends, modes and the supervisor log; libraries return errors.
 */
#ifndef TOASTAINER_BASE_LOG_H
#define TOASTAINER_BASE_LOG_H

#include "base/err.h"

/* The order and the numbers are those of nsjail's LogLevel. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_FATAL };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_settings {
	int fd; /* where lines go; not owned */
	enum log_level level;
	enum log_format format;
};

/** log_setup() - set where and what to log; until then: stderr, warnings, text. */
void log_setup(const struct log_settings *s);

/** log_enabled() - whether a line of this level would be written: spares building its text. */
bool log_enabled(enum log_level level);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** log_err() - the one line of an error, and its hint on a second one. */
void log_err(enum log_level level, const struct err *err);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARNING, __VA_ARGS__)

#endif
