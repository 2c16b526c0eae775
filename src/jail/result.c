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
	[RESULT_MEMORY_LIMIT] = "memory_limit",
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
	sbuf_puts(b, "}\n");
}
