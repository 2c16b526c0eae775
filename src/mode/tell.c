// SPDX-License-Identifier: BSD-3-Clause
/*
 * Violations, audit and trace of a jail, told when it has ended. Called by the modes with a supervisor; fails
 * when the report cannot be written.
 */
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "mode/tell.h"
#include "trace/trace.h"

static void log_lines(enum log_level level, const char *peer, const char *what, const char *text)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		log_line(level, "%s%s%s%.*s", peer ?: "", peer ? ": " : "", what, (int)(end - text),
			 text);
	}
}

static void tell_log(const struct trace_outcome *t, const char *peer)
{
	const char *sep = peer ? ": " : "";

	peer = peer ?: "";
	for (unsigned i = 0; i < t->n_violations; i++) {
		_cleanup_sbuf_ struct sbuf line = {0};

		violation_text(&t->violations[i], &line);
		log_warn("%s%s%s", peer, sep, line.s ?: "");
	}
	if (t->seen > t->n_violations)
		log_warn("%s%sseccomp: %llu more", peer, sep,
			 (unsigned long long)(t->seen - t->n_violations));
	if (t->failed[0])
		log_warn("%s%sseccomp: %s", peer, sep, t->failed);
	if (t->audit_text)
		log_warn("%s%saudit: the policy was not enforced; what it would have refused:%s",
			 peer, sep, t->audit_text[0] ? "" : " nothing");
}

/* The only report, or behind those of others: texts of one message may stand one after the other. */
static int write_report(const char *report, int fd, const char *peer, struct err *err)
{
	int n;

	if (peer && report[0] != '{')
		n = dprintf(fd, "# %s\n", peer) < 0 ? -errno : 0;
	else if (peer || (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0))
		n = 0;
	else
		n = errno == EINVAL || errno == ESPIPE ? 0 : -errno; /* a terminal, a pipe */
	if (n >= 0)
		n = io_write_all(fd, report, strlen(report));
	return n < 0 ? err_sys(err, n, "seccomp_unotify_report") : 0;
}

int tell_trace(const struct trace_outcome *t, int report_fd, const char *peer, struct err *err)
{
	tell_log(t, peer);
	if (t->audit_text)
		log_lines(LOG_WARNING, peer, "audit: ", t->audit_text);
	if (!t->report)
		return 0;
	if (report_fd >= 0)
		return write_report(t->report, report_fd, peer, err);
	log_lines(LOG_INFO, peer, "unotify: ", t->report);
	return 0;
}
