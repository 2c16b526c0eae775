// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the commands that run a jail have in common: log, result file, exit status. Called by cmd/run
 * and cmd/image.
 */
#include <signal.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "cmd/outcome.h"

int outcome_status(enum config_face face, const struct result *r)
{
	if (r->reason == RESULT_SETUP_FAILED) {
		if (face == FACE_NSJAIL)
			return EXIT_NSJAIL;
		if (!str_eq(r->err.step, "exec"))
			return EXIT_OURS;
		return r->err.code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	}
	if (result_is_limit(r->reason)) /* whatever the program made of being asked to end */
		return 128 + SIGKILL;
	if (r->aftermath && !r->signal && !r->exit_code)
		return face == FACE_NSJAIL ? EXIT_NSJAIL : EXIT_OURS;
	return r->signal ? 128 + r->signal : r->exit_code;
}

/* amount() - a figure as a person reads it. */
static const char *amount(char *buf, size_t n, uint64_t v, const char *unit)
{
	if (str_eq(unit, "us"))
		snprintf(buf, n, "%llu.%03llu s", (unsigned long long)(v / 1000000),
			 (unsigned long long)(v / 1000 % 1000));
	else if (v >= 10 << 20)
		snprintf(buf, n, "%llu MiB", (unsigned long long)(v >> 20));
	else if (v >= 10 << 10)
		snprintf(buf, n, "%llu KiB", (unsigned long long)(v >> 10));
	else
		snprintf(buf, n, "%llu bytes", (unsigned long long)v);
	return buf;
}

/* What was reached, and what to change when it should not have been. */
static const struct {
	const char *what, *cure;
} limit_words[RESULT_REASONS] = {
	[RESULT_TIME_LIMIT] = {"run time >= time limit", "--time_limit or --timeout gives it more"},
	[RESULT_CPU_LIMIT] = {"CPU time of all its processes >= cpu_limit",
			      "--cpu_limit gives it more"},
	[RESULT_MEMORY_LIMIT] = {"memory limit reached, killed by the kernel",
				 "--cgroup_mem_max gives it more"},
	[RESULT_OUTPUT_LIMIT] = {"output > output_limit",
				 "--output_limit gives it more, "
				 "--output_truncate drops the rest instead"},
	[RESULT_IDLE_LIMIT] = {"it used no CPU time for idle_limit", "--idle_limit gives it more"},
};

static void tell_hits(const struct result *r)
{
	char names[160];
	size_t n = 0;

	for (unsigned i = 0; i < RESULT_HITS && n < sizeof(names); i++)
		if (r->hits >> i & 1)
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
					      result_hit_name((enum result_hit)i));
	if (!n)
		return;
	if (r->hits >> HIT_OUTPUT_TRUNCATED & 1)
		log_warn("limits touched: %s (%llu bytes of output dropped)", names,
			 (unsigned long long)r->figures[FIG_OUTPUT_DROPPED]);
	else
		log_warn("limits touched: %s", names);
}

void outcome_tell(const struct result *r)
{
	const char *unit = result_limit_unit(r->reason);
	char limit[32], used[32];

	tell_hits(r);
	if (r->reason == RESULT_HOST_OOM)
		log_warn("killed by the kernel: the machine, not the jail, was out of memory");
	if (unit && limit_words[r->reason].what)
		log_warn("%s (%s, limit %s): the jail was ended; %s", limit_words[r->reason].what,
			 amount(used, sizeof(used), r->used, unit),
			 amount(limit, sizeof(limit), r->limit, unit), limit_words[r->reason].cure);
}

void outcome_log(const struct config *cfg)
{
	struct log_settings log = {.fd = cfg->log_fd,
				   .level = (enum log_level)cfg->log_level,
				   .format = (enum log_format)cfg->log_format};
	int fd = FD_NONE;

	if (cfg->log_file) {
		fd = sys_openat(AT_FDCWD, cfg->log_file, O_CREAT | O_WRONLY | O_APPEND, 0640);
		if (fd >= 0)
			log.fd = fd; /* for as long as we live */
	}
	if (fcntl(log.fd, F_GETFD) < 0) {
		log.fd = STDERR_FILENO;
		log_setup(&log);
		log_warn("log_fd: descriptor %d is not open; logging to stderr", cfg->log_fd);
	}
	log_setup(&log);
	if (cfg->log_file && fd < 0)
		log_warn("cannot open log file '%s': %s; logging to stderr", cfg->log_file,
			 strerror(-fd));
}

int outcome_open(const struct config *cfg, int *ret, struct err *err)
{
	uint32_t n;

	if (!cfg->result_json)
		return 0;
	if (str_u32(cfg->result_json, &n) == 0) {
		int fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return err_sys(err, errno, "result_json: descriptor %u", n);
		*ret = fd;
		return 0;
	}
	*ret = sys_openat(AT_FDCWD, cfg->result_json, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	return *ret < 0 ? err_sys(err, *ret, "result_json: open '%s'", cfg->result_json) : 0;
}

int outcome_write(int fd, const struct result *result, struct err *err)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	char first[4000]; /* mostly it needs no heap: that would be what the result costs most by */
	int r;

	if (fd < 0)
		return 0;
	sbuf_lend(&text, first, sizeof(first));
	result_json(result, &text);
	r = text.failed ? -ENOMEM : io_write_all(fd, text.s, text.n);
	return r < 0 ? err_sys(err, r, "write the result") : 0;
}
