// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer doctor`: what this machine can do, and what blocks the rest. Called by the command
 * table; shows the probes of jail/probe.h. Fails with 125 on bad usage or when it cannot write;
 * 1 says that `toastainer run` with its defaults cannot work here.
 */
#include <getopt.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "jail/probe.h"

#define EXIT_BLOCKED 1

struct check {
	const struct probe *probe;
	struct probe_result result;
};

static const char help[] =
	"usage: toastainer doctor [--json]\n"
	"\n"
	"Tries what jails need of this machine, and says what is missing, why, and what to do\n"
	"about it. Nothing is changed: what is tried vanishes with the process that tried it (the\n"
	"kernel may load a module that it has).\n"
	"\n"
	"  --json      one JSON object instead of the table\n"
	"  -h, --help  this text\n"
	"\n"
	"ok          works\n"
	"degraded    works with limits\n"
	"missing     does not work here; what 'run' cannot do without is marked with *\n"
	"not needed  absent, but something else does its work here\n"
	"\n"
	"Exit status: 0; 1 when 'toastainer run' with its defaults cannot work; 125 for trouble.\n";

static bool blocks(const struct check *c)
{
	return c->probe->required && c->result.status == PROBE_MISSING;
}

/*
 * The keys are stable; later versions only add some.
 *	version		1
 *	run_works	whether `toastainer run` with its defaults can work
 *	blockers	names of the checks that prevent it
 *	checks		in the order of the table:
 *	  name		kernel, userns, ns_mount, ..., as in the first column
 *	  status	ok, degraded, missing, not needed
 *	  required	whether `toastainer run` with its defaults needs it
 *	  use		what it is good for
 *	  found		what was found
 *	  cause, cure	why it is not ok, and what to do; empty when there is nothing to say
 */
static void put_json(struct sbuf *b, const struct check *checks, size_t n, bool works)
{
	const char *comma = "";

	sbuf_printf(b, "{\"version\":1,\"run_works\":%s,\"blockers\":[", works ? "true" : "false");
	for (size_t i = 0; i < n; i++) {
		if (!blocks(&checks[i]))
			continue;
		sbuf_puts(b, comma);
		sbuf_json(b, checks[i].probe->name);
		comma = ",";
	}
	sbuf_puts(b, "],\"checks\":[");
	for (size_t i = 0; i < n; i++) {
		const struct check *c = &checks[i];
		const struct {
			const char *key, *value;
		} strings[] = {
			{"status", probe_status_name(c->result.status)},
			{"use", c->probe->use},
			{"found", c->result.found},
			{"cause", c->result.cause},
			{"cure", c->result.cure},
		};

		sbuf_puts(b, i ? ",\n{\"name\":" : "\n{\"name\":");
		sbuf_json(b, c->probe->name);
		sbuf_printf(b, ",\"required\":%s", c->probe->required ? "true" : "false");
		for (size_t k = 0; k < ARRAY_SIZE(strings); k++) {
			sbuf_printf(b, ",\"%s\":", strings[k].key);
			sbuf_json(b, strings[k].value);
		}
		sbuf_puts(b, "}");
	}
	sbuf_puts(b, "\n]}\n");
}

struct palette {
	const char *status[PROBE_STATUSES], *dim, *reset;
};

static const struct palette plain = {{"", "", "", ""}, "", ""};
static const struct palette colours = {
	.status = {[PROBE_OK] = "\033[32m",
		   [PROBE_DEGRADED] = "\033[33m",
		   [PROBE_MISSING] = "\033[31m",
		   [PROBE_UNNEEDED] = "\033[2m"},
	.dim = "\033[2m",
	.reset = "\033[0m",
};

static const struct palette *choose_palette(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (!isatty(STDOUT_FILENO) || (no_color && *no_color) || !term || str_eq(term, "dumb"))
		return &plain;
	return &colours;
}

/* The row before it has said the same, as all that need what is missing do. */
static bool repeats(const struct check *checks, size_t i)
{
	return i > 0 && str_eq(checks[i].result.cause, checks[i - 1].result.cause) &&
	       str_eq(checks[i].result.cure, checks[i - 1].result.cure);
}

static void put_table(struct sbuf *b, const struct check *checks, size_t n, bool works)
{
	const struct palette *p = choose_palette();
	const char *comma = "";

	for (size_t i = 0; i < n; i++) {
		const struct probe_result *r = &checks[i].result;

		sbuf_printf(b, "%s%-10s%s  %s%-15s  %s%-40s%s  %s\n", p->status[r->status],
			    probe_status_name(r->status), p->reset, blocks(&checks[i]) ? "*" : " ",
			    checks[i].probe->name, p->dim, checks[i].probe->use, p->reset,
			    r->found);
		if (repeats(checks, i))
			continue;
		if (r->cause[0])
			sbuf_printf(b, "%14scause: %s\n", "", r->cause);
		if (r->cure[0])
			sbuf_printf(b, "%14scure:  %s\n", "", r->cure);
	}
	if (works) {
		sbuf_puts(b, "\n'toastainer run' can work here with its defaults.\n");
		return;
	}
	sbuf_puts(b, "\n'toastainer run' cannot work here with its defaults: ");
	for (size_t i = 0; i < n; i++) {
		if (blocks(&checks[i])) {
			sbuf_printf(b, "%s%s", comma, checks[i].probe->name);
			comma = ", ";
		}
	}
	sbuf_puts(b, "\n");
}

static int parse(int argc, char **argv, bool *ret_json, bool *ret_help)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*ret_json = *ret_help = false;
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'j')
			*ret_json = true;
		else if (c == 'h')
			*ret_help = true;
		else
			return -EINVAL;
	}
	return optind < argc ? -EINVAL : 0;
}

static int examine(struct sbuf *out, bool json, bool *ret_works)
{
	size_t n;
	const struct probe *table = probe_table(&n);
	_cleanup_free_ struct check *checks = mem_alloc(n * sizeof(*checks));
	struct probe_env env;
	bool works = true;

	if (!checks)
		return -ENOMEM;
	probe_env_init(&env);
	for (size_t i = 0; i < n; i++) {
		checks[i].probe = &table[i];
		probe_run(&env, &table[i], &checks[i].result);
		works &= !blocks(&checks[i]);
	}
	probe_env_free(&env);
	if (json)
		put_json(out, checks, n, works);
	else
		put_table(out, checks, n, works);
	*ret_works = works;
	return out->failed ? -ENOMEM : 0;
}

int cmd_doctor(int argc, char **argv)
{
	_cleanup_sbuf_ struct sbuf out = {0};
	bool json, want_help, works = true;
	struct err err = ERR_INIT;
	int r = parse(argc, argv, &json, &want_help);

	if (r < 0) {
		err_set(&err, -r, "doctor takes --json and --help only");
	} else {
		if (want_help)
			sbuf_puts(&out, help);
		else
			r = examine(&out, json, &works);
		if (r == 0)
			r = out.failed ? -ENOMEM : io_write_all(STDOUT_FILENO, out.s, out.n);
		if (r < 0)
			err_sys(&err, r, "write what doctor found");
	}
	if (r < 0) {
		log_err(LOG_FATAL, &err);
		return EXIT_OURS;
	}
	return works ? 0 : EXIT_BLOCKED;
}
