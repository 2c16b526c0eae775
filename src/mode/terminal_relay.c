// SPDX-License-Identifier: BSD-3-Clause
/*
 * Relaying the caller's terminal. A small process, the keeper, outlives a killed launcher just long
 * enough to take the terminal out of raw mode; everything else hangs on the launcher.
 */
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "mode/terminal_relay.h"

int relay_prepare(struct relay *t, bool force, struct err *err)
{
	for (int fd = 2; fd >= 0; fd--)
		if (isatty(fd))
			t->tty = fd;
	if (t->tty < 0)
		return force ? err_set(err, ENOTTY, "no terminal on stdin, stdout or stderr") : 0;
	t->on = true;
	t->in = isatty(0) ? 0 : FD_NONE;
	t->out = isatty(1) ? 1 : 2;
	return 0;
}

int relay_host_terminal(struct relay *t, struct err *err)
{
	if (openpty(&t->host_master, &t->host_slave, NULL, NULL, NULL) < 0)
		return err_sys(err, errno, "make a terminal");
	fcntl(t->host_master, F_SETFD, FD_CLOEXEC);
	fcntl(t->host_slave, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* keeper_main() - wait until the launcher says it is done, or is gone without a word. */
static NORETURN void keeper_main(const struct relay *t, int pipe_fd)
{
	const uint64_t all = ~0ULL;
	char done;
	ssize_t n;

	sys_sigmask(SIG_SETMASK, &all, NULL); /* SIGTTOU too: we are in the background then */
	prctl(PR_SET_NAME, "terminal-keeper");
	do
		n = read(pipe_fd, &done, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		tcsetattr(t->tty, TCSANOW, &t->saved);
	_exit(0);
}

static int start_keeper(struct relay *t, struct err *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	pid = fork();
	if (pid == 0) {
		sys_close_range(3, (unsigned)fds[0] - 1, 0);
		sys_close_range((unsigned)fds[0] + 1, ~0U, 0);
		keeper_main(t, fds[0]);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return err_sys(err, errno, "start the terminal's keeper");
	}
	t->keeper = pid;
	t->keeper_pipe = fds[1];
	return 0;
}

void relay_resize(const struct relay *t, int master)
{
	struct winsize size;

	if (t->tty >= 0 && ioctl(t->tty, TIOCGWINSZ, &size) == 0)
		ioctl(master, TIOCSWINSZ, &size);
}

int relay_start(struct relay *t, int master, struct err *err)
{
	struct termios raw;
	int r;

	relay_resize(t, master);
	if (t->in < 0 || tcgetattr(t->tty, &t->saved) < 0)
		return 0; /* keys do not come from a terminal: nothing to be raw for */
	tcsetattr(master, TCSANOW, &t->saved);
	r = start_keeper(t, err);
	if (r < 0)
		return r;
	raw = t->saved;
	cfmakeraw(&raw);
	/* In the background this would stop us, as it should: fg goes on here. */
	if (tcsetattr(t->tty, TCSADRAIN, &raw) < 0)
		return err_sys(err, errno, "set the terminal to raw mode");
	t->raw = true;
	return 0;
}

bool relay_pump(struct relay *t, int master, bool in_ready, bool master_ready)
{
	char buf[8192];
	ssize_t n;

	if (in_ready && t->in >= 0) {
		n = read(t->in, buf, sizeof(buf));
		if (n > 0)
			io_write_all(master, buf, (size_t)n);
		else if (n == 0 || errno != EINTR)
			t->in = FD_NONE; /* hung up */
	}
	if (master_ready) {
		n = read(master, buf, sizeof(buf));
		/* EIO: no process has the other end open any more */
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			return false;
		if (n > 0 && io_write_all(t->out, buf, (size_t)n) < 0)
			return false;
	}
	return true;
}

void relay_stop(struct relay *t)
{
	if (t->raw)
		tcsetattr(t->tty, TCSADRAIN, &t->saved);
	t->raw = false;
	if (t->keeper_pipe >= 0) {
		io_write_all(t->keeper_pipe, "d", 1);
		close(t->keeper_pipe);
		t->keeper_pipe = FD_NONE;
		while (sys_wait4(t->keeper, NULL, 0, NULL) == -EINTR)
			;
	}
	if (t->host_master >= 0)
		close(t->host_master);
	if (t->host_slave >= 0)
		close(t->host_slave);
	t->host_master = t->host_slave = FD_NONE;
}
