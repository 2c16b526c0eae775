// SPDX-License-Identifier: BSD-3-Clause
/*
 * The log. One write(2) a line, so that lines of parallel processes do not mix.
 */
#include <poll.h>
#include <stdarg.h>
#include <time.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"

static struct log_settings log_state = {.fd = STDERR_FILENO, .level = LOG_WARNING};

static const struct {
	char letter;
	const char *name, *colour;
} levels[] = {
	[LOG_DEBUG] = {'D', "debug", "\033[2m"},      [LOG_INFO] = {'I', "info", "\033[1m"},
	[LOG_WARNING] = {'W', "warning", "\033[33m"}, [LOG_ERROR] = {'E', "error", "\033[1;31m"},
	[LOG_FATAL] = {'F', "fatal", "\033[1;31m"},
};

void log_setup(const struct log_settings *s)
{
	log_state = *s;
}

bool log_enabled(enum log_level level)
{
	return level >= log_state.level;
}

/* A terminal that is stopped (ctrl-S) must not stop a supervisor: the line is lost instead. */
static bool can_write(int fd)
{
	struct pollfd p = {fd, POLLOUT, 0};

	return !isatty(fd) || poll(&p, 1, 200) > 0;
}

static void emit(enum log_level level, const char *text, const char *hint)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	char when[40];
	struct tm tm;
	time_t now = time(NULL);

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (log_state.format == LOG_JSON) {
		sbuf_printf(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%d,\"message\":", when,
			    levels[level].name, (int)getpid());
		sbuf_json(&b, text);
		if (hint) {
			sbuf_puts(&b, ",\"hint\":");
			sbuf_json(&b, hint);
		}
		sbuf_puts(&b, "}\n");
	} else {
		bool colour = isatty(log_state.fd) && !getenv("NO_COLOR");
		const char *on = colour ? levels[level].colour : "", *off = colour ? "\033[0m" : "";

		sbuf_printf(&b, "%s[%c][%s] %s%s%s%s\n", on, levels[level].letter, when, text,
			    hint ? "; hint: " : "", hint ?: "", off);
	}
	if (!b.failed && can_write(log_state.fd))
		io_write_all(log_state.fd, b.s, b.n);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[2400];
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	emit(level, text, NULL);
}

void log_err(enum log_level level, const struct err *err)
{
	char text[sizeof(err->msg) + sizeof(err->step) + 4];

	if (!log_enabled(level))
		return;
	snprintf(text, sizeof(text), "%s%s%s", err->step, err->step[0] ? ": " : "", err->msg);
	emit(level, text, err->hint[0] ? err->hint : NULL);
}
