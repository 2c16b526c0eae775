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

/*
 * A write to a terminal that is stopped would block us, and O_NONBLOCK on the descriptor that we got
 * would change it for everybody who shares it: so open it anew.
 */
static int open_again(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = sys_openat(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
	return again >= 0 ? again : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int relay_prepare(struct relay *t, bool force, struct err *err)
{
	for (int fd = 2; fd >= 0; fd--)
		if (isatty(fd))
			t->tty = fd;
	if (t->tty < 0)
		return force ? err_set(err, ENOTTY, "no terminal on stdin, stdout or stderr") : 0;
	t->on = true;
	t->in = isatty(0) ? 0 : FD_NONE;
	t->out = open_again(isatty(1) ? 1 : 2);
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
	setsid(); /* a signal to our process group must not take the keeper along */
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
	struct termios mode;
	int r;

	relay_resize(t, master);
	fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
	if (t->in < 0) {
		/* Keys come from elsewhere and the caller's terminal stays cooked: one of the two
		 * must not add carriage returns. */
		if (tcgetattr(master, &mode) == 0) {
			mode.c_oflag &= ~(tcflag_t)OPOST;
			tcsetattr(master, TCSANOW, &mode);
		}
		return 0;
	}
	if (tcgetattr(t->tty, &t->saved) < 0)
		return 0;
	tcsetattr(master, TCSANOW, &t->saved);
	r = start_keeper(t, err);
	if (r < 0)
		return r;
	t->raw_mode = t->saved;
	cfmakeraw(&t->raw_mode);
	/* In the background this would stop us, as it should: fg goes on here. */
	if (tcsetattr(t->tty, TCSANOW, &t->raw_mode) < 0)
		return err_sys(err, errno, "set the terminal to raw mode");
	t->raw = true;
	return 0;
}

void relay_continue(const struct relay *t)
{
	if (t->raw)
		tcsetattr(t->tty, TCSANOW, &t->raw_mode);
}

void relay_poll(const struct relay *t, int master, struct pollfd *fds)
{
	/* Each side is read only when what came from it before is gone. */
	fds[0] = (struct pollfd){t->to_jail.n || t->at_end ? -1 : t->in, POLLIN, 0};
	fds[1] = (struct pollfd){t->to_caller.n || t->at_end ? -1 : master, POLLIN, 0};
	fds[2] = (struct pollfd){t->to_jail.n && !t->at_end ? master : -1, POLLOUT, 0};
	fds[3] = (struct pollfd){t->to_caller.n ? t->out : -1, POLLOUT, 0};
}

/* Return: false at the end or on an error. */
static bool fill(struct relay_buffer *b, int fd)
{
	ssize_t n = read(fd, b->data, sizeof(b->data));

	if (n > 0) {
		b->from = 0;
		b->n = (size_t)n;
	}
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool flush(struct relay_buffer *b, int fd)
{
	ssize_t n = write(fd, b->data + b->from, b->n);

	if (n > 0) {
		b->from += (size_t)n;
		b->n -= (size_t)n;
	}
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

void relay_pump(struct relay *t, int master, const struct pollfd *fds)
{
	if (fds[0].revents && !fill(&t->to_jail, t->in))
		t->in = FD_NONE; /* hung up */
	/* EIO: no process has the other end open any more */
	if (fds[1].revents && !fill(&t->to_caller, master))
		t->at_end = true;
	if (fds[1].revents && t->budget)
		t->to_caller.n = output_admit(t->budget, t->to_caller.n);
	if (t->to_jail.n && !t->at_end && !flush(&t->to_jail, master))
		t->to_jail.n = 0;
	if (t->to_caller.n && !flush(&t->to_caller, t->out)) {
		t->to_caller.n = 0; /* the caller's terminal is gone: let the program go on */
	}
}

void relay_drain(struct relay *t, int master)
{
	struct pollfd fds[RELAY_FDS];

	t->in = FD_NONE;
	t->to_jail.n = 0;
	while (!t->at_end || t->to_caller.n) {
		relay_poll(t, master, fds);
		if (poll(fds, RELAY_FDS, 500) <= 0)
			return; /* nobody reads the caller's terminal, or a process holds the jail's */
		relay_pump(t, master, fds);
	}
}

void relay_stop(struct relay *t)
{
	if (t->raw)
		tcsetattr(t->tty, TCSANOW, &t->saved);
	t->raw = false;
	if (t->keeper_pipe >= 0) {
		io_write_all(t->keeper_pipe, "d", 1);
		close(t->keeper_pipe);
		t->keeper_pipe = FD_NONE;
		while (sys_wait4(t->keeper, NULL, 0, NULL) == -EINTR)
			;
	}
	t->to_jail.n = t->to_caller.n = 0;
	t->at_end = false;
	if (t->host_master >= 0)
		close(t->host_master);
	if (t->host_slave >= 0)
		close(t->host_slave);
	t->host_master = t->host_slave = FD_NONE;
}
