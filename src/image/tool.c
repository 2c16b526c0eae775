// SPDX-License-Identifier: BSD-3-Clause
/*
 * Running programs of the host. Called by image/bootstrap. Fails when the program is missing, fails
 * or is killed, and when we are interrupted while it runs: it is stopped first then.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/tool.h"

void tool_hold_signals(struct tool_signals *s)
{
	sigemptyset(&s->held);
	sigaddset(&s->held, SIGINT);
	sigaddset(&s->held, SIGTERM);
	sigaddset(&s->held, SIGHUP);
	sigaddset(&s->held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s->held, &s->before);
}

void tool_release_signals(const struct tool_signals *s)
{
	sigprocmask(SIG_SETMASK, &s->before, NULL);
}

static int interrupted_by(int sig, struct err *err)
{
	return err_set(err, EINTR, "interrupted by SIG%s", sigabbrev_np(sig));
}

int tool_interrupted(const struct tool_signals *s, struct err *err)
{
	const struct timespec now = {0};
	int sig;

	do
		sig = sigtimedwait(&s->held, NULL, &now);
	while (sig == SIGCHLD);
	return sig > 0 ? interrupted_by(sig, err) : 0;
}

char *tool_find(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");
	char *dirs = arena_printf(a, "%s:/usr/sbin:/usr/bin:/sbin:/bin", path ? path : "");
	char *save = NULL;

	for (char *d = dirs ? strtok_r(dirs, ":", &save) : NULL; d;
	     d = strtok_r(NULL, ":", &save)) {
		char *file = arena_printf(a, "%s/%s", d, name);

		if (file && file[0] == '/' && access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

static NORETURN void exec_tool(const struct tool_signals *s, const char *const *argv, int out_fd,
			       bool own_mounts)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	if (own_mounts &&
	    (unshare(CLONE_NEWNS) < 0 || sys_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0))
		_exit(126);
	if (out_fd >= 0 && dup2(out_fd, STDOUT_FILENO) < 0)
		_exit(126);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

/* Waits for the program; passes an interruption on to it, once it came. */
static int wait_tool(const struct tool_signals *s, pid_t pid, int *status)
{
	int came = 0, sig;

	for (;;) {
		pid_t r = waitpid(pid, status, WNOHANG);

		if (r == pid || (r < 0 && errno != EINTR))
			return came;
		sig = sigwaitinfo(&s->held, NULL);
		if (sig == SIGCHLD || sig < 0)
			continue;
		came = sig;
		kill(pid, SIGTERM);
	}
}

int tool_run(const struct tool_signals *s, const char *const *argv, int out_fd, bool own_mounts,
	     struct err *err)
{
	int status = 0, came;
	pid_t pid = fork();

	if (pid == 0)
		exec_tool(s, argv, out_fd, own_mounts);
	if (pid < 0)
		return err_sys(err, errno, "fork");
	came = wait_tool(s, pid, &status);
	if (came)
		return interrupted_by(came, err);
	if (WIFSIGNALED(status))
		return err_set(err, EIO, "'%s' was killed by SIG%s", argv[0],
			       sigabbrev_np(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return err_set(err, EIO, "'%s' failed with exit status %d", argv[0],
			       WEXITSTATUS(status));
	return 0;
}

int tool_output(const struct tool_signals *s, struct arena *a, const char *const *argv, size_t max,
		char **ret, struct err *err)
{
	/* A file in memory: nobody has to read while the program runs. */
	_cleanup_close_ int fd = memfd_create("tool-output", MFD_CLOEXEC);
	char path[64];
	int r;

	if (fd < 0)
		return err_sys(err, errno, "memfd_create");
	r = tool_run(s, argv, fd, false, err);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return io_read_file(a, AT_FDCWD, path, max, ret, NULL, err);
}
