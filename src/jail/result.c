// SPDX-License-Identifier: BSD-3-Clause
/*
 * The result's outward form. Keys stay what they are once released; new ones are added. Called by the
 * launcher as things become known, and by cmd/outcome to write it.
 */
#include "jail/result.h"

static const struct {
	const char *name, *limit_unit;
} reasons[RESULT_REASONS] = {
	[RESULT_EXITED] = {"exited", NULL},
	[RESULT_SIGNALED] = {"signaled", NULL},
	[RESULT_TIME_LIMIT] = {"time_limit", "us"},
	[RESULT_SETUP_FAILED] = {"setup_failed", NULL},
	[RESULT_SUPERVISOR_SIGNAL] = {"supervisor_signal", NULL},
	[RESULT_KILLED] = {"killed", NULL},
	[RESULT_CPU_LIMIT] = {"cpu_limit", "us"},
	[RESULT_MEMORY_LIMIT] = {"memory_limit", "bytes"},
	[RESULT_HOST_OOM] = {"host_oom", NULL},
	[RESULT_OUTPUT_LIMIT] = {"output_limit", "bytes"},
	[RESULT_IDLE_LIMIT] = {"idle_limit", "us"},
	[RESULT_SECCOMP] = {"seccomp", NULL},
};

static const char *const sources[RESULT_SOURCES] = {
	[FROM_RUSAGE] = "rusage",     [FROM_CGROUP] = "cgroup",	      [FROM_MACHINE] = "machine",
	[FROM_LAUNCHER] = "launcher", [FROM_INTERFACE] = "interface",
};

static const char *const figures[RESULT_FIGURES] = {
	[FIG_CPU] = "cpu_us",
	[FIG_MEMORY_PEAK] = "memory_peak_bytes",
	[FIG_SWAP_PEAK] = "swap_peak_bytes",
	[FIG_MINOR_FAULTS] = "minor_faults",
	[FIG_MAJOR_FAULTS] = "major_faults",
	[FIG_PROCESSES_PEAK] = "processes_peak",
	[FIG_READ] = "read_bytes",
	[FIG_WRITE] = "write_bytes",
	[FIG_VOLUNTARY_SWITCHES] = "voluntary_switches",
	[FIG_INVOLUNTARY_SWITCHES] = "involuntary_switches",
	[FIG_THROTTLED] = "throttled_us",
	[FIG_CPU_SOME] = "cpu_pressure_some_us",
	[FIG_MEMORY_SOME] = "memory_pressure_some_us",
	[FIG_MEMORY_FULL] = "memory_pressure_full_us",
	[FIG_IO_SOME] = "io_pressure_some_us",
	[FIG_IO_FULL] = "io_pressure_full_us",
	[FIG_STEAL] = "steal_us",
	[FIG_OUTPUT] = "output_bytes",
	[FIG_OUTPUT_DROPPED] = "output_dropped_bytes",
	[FIG_DISK_USED] = "disk_used_bytes",
	[FIG_INODES_USED] = "inodes_used",
	[FIG_NET_IN] = "net_in_bytes",
	[FIG_NET_IN_PACKETS] = "net_in_packets",
	[FIG_NET_OUT] = "net_out_bytes",
	[FIG_NET_OUT_PACKETS] = "net_out_packets",
};

static const char *const hits[RESULT_HITS] = {
	[HIT_PIDS] = "pids",
	[HIT_DISK] = "disk",
	[HIT_INODES] = "inodes",
	[HIT_MEMORY_HIGH] = "memory_high",
	[HIT_MEMORY_MAX] = "memory_max",
	[HIT_SWAP] = "swap",
	[HIT_CPU_THROTTLED] = "cpu_throttled",
	[HIT_FILE_SIZE] = "file_size",
	[HIT_RLIMIT_CPU] = "rlimit_cpu",
	[HIT_OUTPUT_TRUNCATED] = "output_truncated",
};

static const char *const disturbances[RESULT_DISTURBANCES] = {
	[DISTURBED_STEAL] = "steal",
	[DISTURBED_CPU] = "cpu_pressure",
	[DISTURBED_MEMORY] = "memory_pressure",
	[DISTURBED_IO] = "io_pressure",
	[DISTURBED_THROTTLED] = "throttled",
	[DISTURBED_SWAP] = "swap",
	[DISTURBED_PREEMPTED] = "preempted",
};

static const char *const states[] = {
	[PROTECTION_ENFORCED] = "enforced",
	[PROTECTION_DEGRADED] = "degraded",
	[PROTECTION_ABSENT] = "absent",
};

const char *result_reason_name(enum result_reason reason)
{
	return reasons[reason].name;
}

const char *result_limit_unit(enum result_reason reason)
{
	return reasons[reason].limit_unit;
}

const char *result_hit_name(enum result_hit hit)
{
	return hits[hit];
}

const char *result_figure_name(enum result_figure f)
{
	return figures[f];
}

void result_weaker(struct result *r, enum protection p, enum protection_state state,
		   const char *note)
{
	struct result_note *n = &r->notes[r->n_notes];

	*(state == PROTECTION_ABSENT ? &r->absent : &r->degraded) |= 1ULL << p;
	if (r->n_notes == ARRAY_SIZE(r->notes))
		return;
	r->n_notes++;
	n->protection = p;
	n->state = state;
	snprintf(n->text, sizeof(n->text), "%s", note);
}

static void put_number(struct sbuf *b, const char *key, bool there, uint64_t value)
{
	sbuf_puts(b, ",\"");
	sbuf_puts(b, key);
	sbuf_puts(b, "\":");
	if (there)
		sbuf_number(b, value);
	else
		sbuf_puts(b, "null");
}

/* The names of the bits of a set, as an array. */
static void put_set(struct sbuf *b, const char *key, unsigned set, const char *const *names)
{
	const char *comma = "";

	sbuf_printf(b, ",\"%s\":[", key);
	for (unsigned i = 0; set >> i; i++) {
		if (!(set >> i & 1))
			continue;
		sbuf_printf(b, "%s\"%s\"", comma, names[i]);
		comma = ",";
	}
	sbuf_puts(b, "]");
}

static void put_error(struct sbuf *b, const struct err *err)
{
	sbuf_puts(b, ",\"step\":");
	sbuf_json(b, err->step);
	sbuf_puts(b, ",\"error\":");
	sbuf_json(b, err->msg);
	sbuf_printf(b, ",\"errno\":%d", err->code);
	if (err->hint[0]) {
		sbuf_puts(b, ",\"hint\":");
		sbuf_json(b, err->hint);
	}
}

static void put_figures(struct sbuf *b, const struct result *r)
{
	const char *comma = "\"";

	for (unsigned i = 0; i < RESULT_FIGURES; i++)
		put_number(b, figures[i], r->sources[i], r->figures[i]);
	sbuf_puts(b, ",\"sources\":{");
	for (unsigned i = 0; i < RESULT_FIGURES; i++) {
		if (!r->sources[i])
			continue;
		sbuf_puts(b, comma);
		sbuf_puts(b, figures[i]);
		sbuf_puts(b, "\":\"");
		sbuf_puts(b, sources[r->sources[i]]);
		sbuf_puts(b, "\"");
		comma = ",\"";
	}
	sbuf_puts(b, "}");
}

static void put_protection(struct sbuf *b, const struct result *r, enum protection p)
{
	enum protection_state state = r->absent >> p & 1     ? PROTECTION_ABSENT
				      : r->degraded >> p & 1 ? PROTECTION_DEGRADED
							     : PROTECTION_ENFORCED;

	sbuf_puts(b, "{\"protection\":\"");
	sbuf_puts(b, receipt_name(p));
	sbuf_puts(b, "\",\"state\":\"");
	sbuf_puts(b, states[state]);
	sbuf_puts(b, "\"");
	for (unsigned i = 0; i < r->n_notes; i++) {
		if (r->notes[i].protection != p || r->notes[i].state != state)
			continue;
		sbuf_puts(b, ",\"note\":");
		sbuf_json(b, r->notes[i].text);
		break;
	}
	sbuf_puts(b, "}");
}

static void put_receipt(struct sbuf *b, const struct result *r)
{
	const char *comma = "";

	sbuf_puts(b, ",\"receipt\":[");
	for (unsigned p = 0; p < PROTECTIONS; p++) {
		if (!(r->asked >> p & 1))
			continue;
		sbuf_puts(b, comma);
		put_protection(b, r, (enum protection)p);
		comma = ",";
	}
	sbuf_puts(b, "]");
}

/* The policy's doing: for certain with --explain, else by the signal alone. */
static void put_violation(const struct result *r, struct sbuf *b)
{
	const struct violation *v = trace_culprit(&r->trace);
	const char *note = r->trace.failed[0] ? r->trace.failed
			   : r->trace.explained
				   ? "the program died of SIGSYS and has a policy that kills; no "
				     "thread that was followed made a refused call"
				   : "the program died of SIGSYS and has a policy that kills; "
				     "--explain names the call";

	if (v && (v->program || r->reason != RESULT_SECCOMP)) {
		sbuf_puts(b, ",\"violation\":");
		violation_json(v, b);
	} else if (r->reason == RESULT_SECCOMP) {
		sbuf_puts(b, ",\"violation\":{\"certain\":false,\"note\":");
		sbuf_json(b, note);
		sbuf_puts(b, "}");
	}
	if (v)
		sbuf_printf(b, ",\"violations\":%llu", (unsigned long long)r->trace.seen);
	if (r->trace.audit_json)
		sbuf_printf(b, ",\"audit\":%s,\"audit_dropped\":%llu", r->trace.audit_json,
			    (unsigned long long)r->trace.audit_dropped);
}

void result_free(struct result *r)
{
	trace_outcome_free(&r->trace);
}

void result_json(const struct result *r, struct sbuf *b)
{
	const char *unit = result_limit_unit(r->reason);

	sbuf_printf(b, "{\"version\":1,\"reason\":\"%s\"", result_reason_name(r->reason));
	put_number(b, "exit_code", r->exit_code >= 0, (uint64_t)r->exit_code);
	put_number(b, "signal", r->signal > 0, (uint64_t)r->signal);
	sbuf_printf(b, ",\"core_dumped\":%s", r->core ? "true" : "false");
	put_number(b, "wall_us", true, r->wall_us);
	put_number(b, "user_us", true, r->user_us);
	put_number(b, "sys_us", true, r->sys_us);
	put_number(b, "peak_kib", true, r->peak_kib);
	if (r->reason == RESULT_SETUP_FAILED)
		put_error(b, &r->err);
	if (unit)
		sbuf_printf(b, ",\"limit\":{\"value\":%llu,\"used\":%llu,\"unit\":\"%s\"}",
			    (unsigned long long)r->limit, (unsigned long long)r->used, unit);
	else
		sbuf_puts(b, ",\"limit\":null");
	put_set(b, "limits_hit", r->hits, hits);
	if (r->upper)
		sbuf_printf(b, ",\"root\":{\"upper\":\"%s\",\"kept\":%s,\"layers\":%u", r->upper,
			    r->upper_kept ? "true" : "false", r->layers);
	if (r->image_format)
		sbuf_printf(b, ",\"image\":\"%s\",\"mounted\":\"%s\"", r->image_format,
			    r->image_way);
	if (r->overlay)
		sbuf_printf(b, ",\"overlay\":\"%s\"", r->overlay);
	if (r->upper)
		sbuf_puts(b, "}");
	if (r->aftermath)
		sbuf_printf(b, ",\"aftermath_errno\":%d", r->aftermath);
	put_figures(b, r);
	sbuf_printf(b, ",\"undisturbed\":%s",
		    !r->watched	      ? "null"
		    : r->disturbances ? "false"
				      : "true");
	put_set(b, "disturbed_by", r->disturbances, disturbances);
	put_receipt(b, r);
	put_violation(r, b);
	sbuf_puts(b, "}\n");
}
