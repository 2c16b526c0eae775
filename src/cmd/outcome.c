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
	if (r->reason == RESULT_TIME_LIMIT)
		return 128 + SIGKILL;
	return r->signal ? 128 + r->signal : r->exit_code;
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
	int r;

	if (fd < 0)
		return 0;
	result_json(result, &text);
	r = text.failed ? -ENOMEM : io_write_all(fd, text.s, text.n);
	return r < 0 ? err_sys(err, r, "write the result") : 0;
}
