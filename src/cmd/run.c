// SPDX-License-Identifier: BSD-3-Clause
/*
 * The commands that run a jail: `run`, and nsjail's face. They differ in defaults and exit codes.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "cmd/outcome.h"
#include "config/cli.h"
#include "config/dump.h"
#include "config/image_use.h"
#include "config/to_plan.h"
#include "jail/hints.h"
#include "mode/execve.h"
#include "mode/listen.h"
#include "mode/once.h"

static int fail(enum config_face face, const struct err *err)
{
	log_err(LOG_FATAL, err);
	return face == FACE_NSJAIL ? EXIT_NSJAIL : EXIT_OURS;
}

static int fail_exec(enum config_face face, const struct result *r)
{
	log_err(LOG_FATAL, &r->err);
	return outcome_status(face, r);
}

/* For --daemon: who started us waits on the other end, and gets what goes wrong until then. */
struct starter {
	int fd, null;
};

#define STARTER_INIT                                                                               \
	{                                                                                          \
		.fd = FD_NONE, .null = FD_NONE                                                     \
	}

/* await_daemon() - exit 0 when it says that it is ready, else as it did. */
static NORETURN void await_daemon(pid_t pid, int fd)
{
	int status = 0;
	char ready;

	if (read(fd, &ready, 1) == 1)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NSJAIL);
}

static int background(struct starter *s, struct err *err)
{
	int pair[2];
	pid_t pid;

	s->null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	if (s->null < 0)
		return err_sys(err, s->null, "open /dev/null");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "go to the background");
	s->fd = pair[1];
	pid = fork();
	if (pid > 0) {
		close(take_fd(&s->fd));
		await_daemon(pid, pair[0]);
	}
	close(pair[0]);
	if (pid < 0)
		return err_sys(err, errno, "go to the background");
	setsid();
	for (int fd = 0; fd <= 1; fd++)
		dup2(s->null, fd);
	return 0;
}

static void tell_starter(void *arg)
{
	struct starter *s = arg;

	if (s->fd < 0)
		return;
	dup2(s->null, 2);
	close(take_fd(&s->null));
	send(s->fd, "", 1, MSG_NOSIGNAL);
	close(take_fd(&s->fd));
}

/* helper() - `toastainer image ...`, with the store. @words: the last two may be --store and NULL */
static int helper(const char *const *words, size_t n, const char *what, struct err *err)
{
	char *argv[16], said[500];
	int r;

	for (size_t i = 0; i < n; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	argv[n] = NULL;
	if (!argv[n - 1]) /* the caller's own store */
		argv[n - 2] = NULL;
	r = helper_run("toastainer-image", argv, said, sizeof(said));
	if (r == 0)
		log_info("%s", said);
	else if (r < 0)
		return err_sys(err, r, "run toastainer-image");
	else
		return err_set(err, EIO, "%s: toastainer-image ended with status %d", what, r);
	return 0;
}

/* commit() - the helper packs it, adds it to the store and names the image. */
static int commit(const struct config *cfg, const char *upper, struct err *err)
{
	const char *words[] = {"image", "commit",    "--base",	cfg->image, "--upper",
			       upper,	cfg->commit, "--store", cfg->store};

	return helper(words, ARRAY_SIZE(words), "commit", err);
}

/* copy_layers() - the helper makes copies with the ids that the jail's users have outside. */
static int copy_layers(const struct config *cfg, const char *uids, const char *gids,
		       struct err *err)
{
	const char *words[] = {"image", "shift", cfg->image, uids, gids, "--store", cfg->store};

	return helper(words, ARRAY_SIZE(words), "copies of the layers with other ids", err);
}

/* run_mode() - what the config's mode is. Return: the exit status. */
static int run_mode(const struct config *cfg, int result_fd, struct starter *starter,
		    struct err *err)
{
	struct result result;
	int r;

	if (cfg->mode != MODE_LISTEN)
		tell_starter(starter);
	if (cfg->mode == MODE_EXECVE) {
		execve_run(cfg, err);
		result = (struct result){.reason = RESULT_SETUP_FAILED, .err = *err};
		return fail_exec(cfg->face, &result);
	}
	if (cfg->mode == MODE_LISTEN) {
		if (listen_run(cfg, tell_starter, starter, err) == 0)
			return 0;
		hint_add(err);
		return fail(cfg->face, err);
	}
	if (cfg->commit)
		once_run_commit(cfg, commit, &result, err);
	else
		once_run(cfg, &result, err);
	if (result.reason == RESULT_SETUP_FAILED) {
		hint_add(&result.err);
		log_err(LOG_FATAL, &result.err);
	} else {
		outcome_tell(&result);
	}
	r = outcome_write(result_fd, &result, err);
	if (r >= 0)
		r = outcome_status(cfg->face, &result);
	else
		r = fail(cfg->face, err);
	result_free(&result);
	return r;
}

static int write_pid(const char *file, struct err *err)
{
	char text[16];
	int fd = sys_openat(AT_FDCWD, file, O_CREAT | O_WRONLY | O_TRUNC, 0644), r = fd;

	if (fd >= 0) {
		snprintf(text, sizeof(text), "%d\n", getpid());
		r = io_write_all(fd, text, strlen(text));
		close(fd);
	}
	return r < 0 ? err_sys(err, r, "pid_file '%s'", file) : 0;
}

/* Limits need a group of the caller's own: he may have one for the asking. */
static void ask_for_scope(void)
{
	char pid[16], said[500];
	char *argv[] = {(char *)"toastainer-scope", pid, NULL};
	int r;

	snprintf(pid, sizeof(pid), "%d", getpid());
	r = helper_run(argv[0], argv, said, sizeof(said));
	if (r == 0)
		log_info("systemd gave a control group to make others in");
	else if (r == EXIT_NOT_FOUND)
		log_info("no helper toastainer-scope to ask systemd for a control group");
	else /* what it means for the limits, they will say */
		log_warn("no control group from systemd: %s", said[0] ? said : "the helper failed");
}

/* A result file must not go on telling of the run before, when this one is refused. */
static void tell_refusal(const struct config *cfg, const struct err *err)
{
	struct result result = {.reason = RESULT_SETUP_FAILED, .exit_code = -1, .err = *err};
	_cleanup_close_ int fd = FD_NONE;

	snprintf(result.err.step, sizeof(result.err.step), "options");
	if (outcome_open(cfg, &fd, NULL) == 0)
		outcome_write(fd, &result, NULL);
}

static int run(struct config *cfg, struct err *err)
{
	_cleanup_close_ int result_fd = FD_NONE;
	struct starter starter = STARTER_INIT;
	int r;

	outcome_log(cfg);
	if (cfg->jail_name && cfg->mode != MODE_ONCE && cfg->mode != MODE_RERUN) {
		err_set(err, EINVAL, "--name is for the modes once and rerun");
		return fail(cfg->face, err);
	}
	r = outcome_open(cfg, &result_fd, err);
	if (r >= 0 && cfg->image) {
		cfg->copy_layers = copy_layers;
		r = image_use(cfg, err);
		if (r < 0)
			tell_refusal(cfg, err);
	}
	if (r >= 0 && cfg->daemon)
		r = background(&starter, err);
	if (r >= 0 && cfg->pid_file)
		r = write_pid(cfg->pid_file, err);
	if (r < 0)
		return fail(cfg->face, err);
	if (to_plan_wants_scope(cfg))
		ask_for_scope();
	r = run_mode(cfg, result_fd, &starter, err);
	if (cfg->pid_file)
		unlink(cfg->pid_file);
	return r;
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

static int print_config(const struct config *cfg, bool json, struct err *err)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	int r = json ? dump_json(cfg, &text, err) : dump_text(cfg, &text, err);

	if (r < 0)
		return fail(cfg->face, err);
	/* An empty file is refused, as nsjail does. */
	fputs(text.n > 0 ? text.s : "# every setting has its default\n", stdout);
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
	cfg.own_argv = face == FACE_RUN ? argv - 1 : argv; /* from the program's name on */
	r = cli_parse(argv, &cfg, &cli, &err);
	if (r < 0) {
		log_setup(&(struct log_settings){.fd = STDERR_FILENO,
						 .level = LOG_WARNING,
						 .format = cli_wants_json(argv, &cfg) ? LOG_JSON
										      : LOG_TEXT});
		tell_refusal(&cfg, &err);
		r = fail(face, &err);
	} else if (cli.help) {
		help(face);
	} else if (cli.version) {
		puts("toastainer " TOASTAINER_VERSION);
	} else if (cli.create_image || cli.use_script) {
		r = helper_exec("toastainer-image", argv);
	} else if (cli.dry_run) {
		r = print_config(&cfg, cli.json, &err);
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
