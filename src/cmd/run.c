// SPDX-License-Identifier: BSD-3-Clause
/*
 * The commands that run a jail: `run`, and nsjail's face. They differ in defaults and exit codes.
 */
#include <signal.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "config/cli.h"
#include "config/dump.h"
#include "jail/hints.h"
#include "mode/execve.h"
#include "mode/once.h"

static int exit_status(enum config_face face, const struct result *r)
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

static int fail(enum config_face face, const struct err *err)
{
	log_err(LOG_FATAL, err);
	return face == FACE_NSJAIL ? EXIT_NSJAIL : EXIT_OURS;
}

static int fail_exec(enum config_face face, const struct result *r)
{
	log_err(LOG_FATAL, &r->err);
	return exit_status(face, r);
}

/* A log that cannot be opened is not fatal: as nsjail, the log stays on stderr. */
static void set_up_log(const struct config *cfg)
{
	struct log_settings log = {.fd = cfg->log_fd, .level = (enum log_level)cfg->log_level,
				   .format = (enum log_format)cfg->log_format};
	int fd = FD_NONE;

	if (cfg->log_file) {
		fd = sys_openat(AT_FDCWD, cfg->log_file, O_CREAT | O_WRONLY | O_APPEND, 0640);
		if (fd >= 0)
			log.fd = fd; /* for as long as we live */
	}
	log_setup(&log);
	if (cfg->log_file && fd < 0)
		log_warn("cannot open log file '%s': %s; logging to stderr", cfg->log_file,
			 strerror(-fd));
}

static int open_result(const struct config *cfg, int *ret, struct err *err)
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

static int write_result(int fd, const struct result *result, struct err *err)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	int r;

	if (fd < 0)
		return 0;
	result_json(result, &text);
	r = text.failed ? -ENOMEM : io_write_all(fd, text.s, text.n);
	return r < 0 ? err_sys(err, r, "write the result") : 0;
}

static int background(struct err *err)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		return err_sys(err, errno, "go to the background");
	if (pid > 0)
		_exit(0);
	setsid();
	null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	return null < 0 ? err_sys(err, null, "open /dev/null") : 0;
}

static int run(struct config *cfg, struct err *err)
{
	_cleanup_close_ int result_fd = FD_NONE;
	struct result result;
	int r;

	set_up_log(cfg);
	r = open_result(cfg, &result_fd, err);
	if (r >= 0 && (cfg->mode == MODE_LISTEN || cfg->mode == MODE_RERUN)) {
		err_set(err, EOPNOTSUPP, "mode %s is not in this version of toastainer",
			cfg->mode == MODE_LISTEN ? "listen" : "rerun");
		r = err_hint(err, "use --mode o or e");
	}
	if (r >= 0 && cfg->daemon)
		r = background(err);
	if (r >= 0 && cfg->mode == MODE_EXECVE) {
		r = execve_run(cfg, err);
		result = (struct result){.reason = RESULT_SETUP_FAILED, .err = *err};
		return fail_exec(cfg->face, &result);
	}
	if (r < 0)
		return fail(cfg->face, err);
	once_run(cfg, &result, err);
	if (result.reason == RESULT_SETUP_FAILED) {
		hint_add(&result.err);
		log_err(LOG_FATAL, &result.err);
	}
	r = write_result(result_fd, &result, err);
	return r < 0 ? fail(cfg->face, err) : exit_status(cfg->face, &result);
}

static void help(enum config_face face)
{
	if (face == FACE_RUN)
		printf("Usage: toastainer run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
		       "Run a program in a jail of its own.\n");
	else
		printf("Usage: toastainer [OPTION]... -- PROGRAM [ARGUMENT]...   (as nsjail)\n"
		       "       toastainer COMMAND ...    (see: toastainer help)\n");
	cli_help(stdout);
}

static int print_config(const struct config *cfg, struct err *err)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	int r = dump_text(cfg, &text, err);

	if (r < 0)
		return fail(cfg->face, err);
	fputs(text.s ?: "", stdout);
	return fflush(stdout) ? 1 : 0;
}

static int jail_command(enum config_face face, char **argv)
{
	static char memory[12288] __attribute__((aligned(16))); /* most runs need no heap */
	struct config cfg;
	struct cli cli;
	struct err err = ERR_INIT;
	int r;

	config_init(&cfg, face);
	arena_first(&cfg.arena, memory, sizeof(memory));
	cfg.own_argv = argv;
	r = cli_parse(argv, &cfg, &cli, &err);
	if (r < 0) {
		r = fail(face, &err);
	} else if (cli.help) {
		help(face);
	} else if (cli.version) {
		puts("toastainer " TOASTAINER_VERSION);
	} else if (cli.create_image || cli.use_script) {
		r = helper_exec("toastainer-image", argv);
	} else if (cli.dry_run) {
		r = print_config(&cfg, &err);
	} else {
		r = run(&cfg, &err);
	}
	config_free(&cfg);
	return r;
}

int cmd_run(int argc UNUSED, char **argv)
{
	return jail_command(FACE_RUN, argv);
}

int cmd_nsjail(int argc UNUSED, char **argv)
{
	return jail_command(FACE_NSJAIL, argv);
}
