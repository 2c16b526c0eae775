// SPDX-License-Identifier: BSD-3-Clause
/*
 * The result's outward form. Keys stay what they are once released; new ones are added.
 */
#include "jail/result.h"

static const char *const reasons[RESULT_REASONS] = {
	[RESULT_EXITED] = "exited",
	[RESULT_SIGNALED] = "signaled",
	[RESULT_TIME_LIMIT] = "time_limit",
	[RESULT_SETUP_FAILED] = "setup_failed",
	[RESULT_SUPERVISOR_SIGNAL] = "supervisor_signal",
	[RESULT_KILLED] = "killed",
	[RESULT_SECCOMP] = "seccomp",
};

const char *result_reason_name(enum result_reason reason)
{
	return reasons[reason];
}

static void put_optional(struct sbuf *b, const char *key, bool there, long value)
{
	if (there)
		sbuf_printf(b, ",\"%s\":%ld", key, value);
	else
		sbuf_printf(b, ",\"%s\":null", key);
}

/* The policy's doing: for certain with --explain, else by the signal alone. */
static void put_violation(const struct result *r, struct sbuf *b)
{
	const struct violation *v = trace_culprit(&r->trace);

	if (v) {
		sbuf_puts(b, ",\"violation\":");
		violation_json(v, b);
		sbuf_printf(b, ",\"violations\":%u", r->trace.n_violations);
	} else if (r->reason == RESULT_SECCOMP) {
		sbuf_puts(b, ",\"violation\":{\"certain\":false,\"note\":");
		sbuf_json(b, r->trace.failed[0] ? r->trace.failed
						: "the program died of SIGSYS and has a policy "
						  "that kills; --explain names the call");
		sbuf_puts(b, "}");
	}
	if (r->trace.audit_json)
		sbuf_printf(b, ",\"audit\":%s", r->trace.audit_json);
}

void result_free(struct result *r)
{
	trace_outcome_free(&r->trace);
}

void result_json(const struct result *r, struct sbuf *b)
{
	sbuf_printf(b, "{\"version\":1,\"reason\":\"%s\"", result_reason_name(r->reason));
	put_optional(b, "exit_code", r->exit_code >= 0, r->exit_code);
	put_optional(b, "signal", r->signal > 0, r->signal);
	sbuf_printf(b, ",\"core_dumped\":%s", r->core ? "true" : "false");
	sbuf_printf(b, ",\"wall_us\":%llu,\"user_us\":%llu,\"sys_us\":%llu,\"peak_kib\":%llu",
		    (unsigned long long)r->wall_us, (unsigned long long)r->user_us,
		    (unsigned long long)r->sys_us, (unsigned long long)r->peak_kib);
	if (r->reason == RESULT_SETUP_FAILED) {
		sbuf_puts(b, ",\"step\":");
		sbuf_json(b, r->err.step);
		sbuf_puts(b, ",\"error\":");
		sbuf_json(b, r->err.msg);
		sbuf_printf(b, ",\"errno\":%d", r->err.code);
		if (r->err.hint[0]) {
			sbuf_puts(b, ",\"hint\":");
			sbuf_json(b, r->err.hint);
		}
	}
	put_violation(r, b);
	sbuf_puts(b, "}\n");
}
