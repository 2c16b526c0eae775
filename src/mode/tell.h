/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was found out about a jail's system calls: to the log and into the report.
 */
#ifndef TOASTAINER_MODE_TELL_H
#define TOASTAINER_MODE_TELL_H

#include "base/err.h"

struct trace_outcome;

/**
 * tell_trace() - violations, the audit and the trace of a jail that has ended.
 * @report_fd: where the trace's report goes; FD_NONE: to the log
 * @peer: whose jail it was, "[::1]:1234"; the report then is put behind those that are there.
 *	NULL: there is one jail at a time, and the file has the report of the last
 */
int tell_trace(const struct trace_outcome *t, int report_fd, const char *peer, struct err *err);

#endif
