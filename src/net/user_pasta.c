// SPDX-License-Identifier: BSD-3-Clause
/*
 * A jail's network by pasta(1). Called by user.c, in the helper process, which does nothing here but to
 * start pasta, to tell the launcher how it went, and to see that neither outlives the other. pasta says
 * that it is ready by writing its number to its standard output; why it is not, on standard error.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/proc.h"
#include "base/sys.h"
#include "net/user_impl.h"

enum { STACK = 65536, WORDS = 80, READY_MS = 10000 };

struct pasta {
	char *argv[WORDS];
	pid_t pid;
	int fd;	      /* its pidfd */
	int ready[2]; /* its standard output */
	int log[2];   /* its standard error */
};

static int pasta_main(void *arg)
{
	static char *const env[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	struct pasta *p = arg;
	const uint64_t none = 0;
	int null = (int)sys(SYS_fcntl, sys_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0),
			    F_DUPFD_CLOEXEC, 3);

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* all of these are above 2 */
	sys(SYS_dup3, null, 0, 0);
	sys(SYS_dup3, p->ready[1], 1, 0);
	sys(SYS_dup3, p->log[1], 2, 0);
	sys_close_range(3, ~0U, 0);
	sys_sigmask(SIG_SETMASK, &none, NULL);
	sys(SYS_execve, p->argv[0], p->argv, env);
	return 127;
}

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			sys_close(take_fd(&pair[i]));
}

static void end(struct pasta *p)
{
	if (p->pid > 0) {
		sys(SYS_kill, p->pid, SIGKILL);
		while (sys_wait4(p->pid, NULL, __WALL, NULL) == -EINTR)
			;
	}
	p->pid = 0;
	if (p->fd >= 0)
		sys_close(take_fd(&p->fd));
	close_pair(p->ready);
	close_pair(p->log);
}

/* A pipe with both ends above 2. */
static int make_pipe(int pair[2])
{
	int r = (int)sys(SYS_pipe2, pair, O_CLOEXEC);

	for (int i = 0; i < 2 && r >= 0; i++) {
		int high = pair[i] > 2 ? pair[i] : (int)sys(SYS_fcntl, pair[i], F_DUPFD_CLOEXEC, 3);

		if (high < 0)
			r = high;
		else if (high != pair[i])
			sys_close(pair[i]);
		pair[i] = high;
	}
	return r < 0 ? r : 0;
}

static int start(struct pasta *p, struct err *err)
{
	char *stack = proc_memory(STACK);
	int r = stack ? make_pipe(p->ready) : -ENOMEM;

	if (r >= 0)
		r = make_pipe(p->log);
	if (r >= 0)
		r = p->pid = proc_clone(CLONE_PIDFD, 0, pasta_main, p, stack + STACK, STACK, &p->fd,
					FD_NONE);
	if (r < 0)
		return err_sys(err, r, "start pasta");
	sys_close(take_fd(&p->ready[1]));
	sys_close(take_fd(&p->log[1]));
	return 0;
}

/* reason() - the last line of what it said, as plain text; not that there is no system log. */
static const char *reason(char *text)
{
	const char *last = "";

	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (*line && !str_starts(line, "Failed to send"))
			last = line;
	}
	for (char *c = (char *)(uintptr_t)last; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return last;
}

static int failed(const struct pasta *p, const char *what, struct err *err)
{
	char text[2000];
	struct pollfd said = {p->log[0], POLLIN, 0};
	ssize_t n = poll(&said, 1, 0) > 0 ? sys_read(p->log[0], text, sizeof(text) - 1) : 0;
	const char *why;

	text[MAX(n, 0)] = 0;
	why = reason(text);
	err_set(err, ECANCELED, "%s %s%s%.200s", p->argv[0], what, *why ? ": " : "", why);
	if (strstr(why, "option"))
		err_hint(err, "it may be too old for the settings of user_net.pasta");
	return -ECANCELED;
}

static int wait_ready(struct pasta *p, int ctl, struct err *err)
{
	struct pollfd fds[3] = {{p->ready[0], POLLIN, 0}, {p->fd, POLLIN, 0}, {ctl, POLLIN, 0}};
	char number[16];

	if (poll(fds, 3, READY_MS) <= 0)
		return failed(p, "did not get ready", err);
	if (fds[0].revents & POLLIN && sys_read(p->ready[0], number, sizeof(number)) > 0)
		return 0;
	return failed(p, "ended at once", err);
}

/* serve() - until pasta or the launcher has ended, or the launcher says so. */
static void serve(const struct pasta *p, int ctl)
{
	struct pollfd fds[3] = {{ctl, POLLIN, 0}, {p->fd, POLLIN, 0}, {p->log[0], POLLIN, 0}};
	char text[512];

	while (!fds[0].revents && !fds[1].revents) {
		if (fds[2].revents && sys_read(p->log[0], text, sizeof(text)) <= 0)
			fds[2].fd = -1;
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return;
	}
}

/* Once more, with the reasons on standard error: older ones tell them to the system's log alone. */
static int start_and_wait(struct pasta *p, unsigned n, int ctl, struct err *err)
{
	int r = start(p, err);

	if (r < 0)
		return r;
	r = wait_ready(p, ctl, err);
	if (r >= 0)
		return 0;
	end(p);
	memmove(p->argv + 2, p->argv + 1, n * sizeof(p->argv[0]));
	p->argv[1] = (char *)(uintptr_t) "-e";
	r = start(p, err);
	return r < 0 ? r : wait_ready(p, ctl, err);
}

int user_pasta(const struct user_plan *plan, int ctl)
{
	static const uint32_t none[6];
	const uint32_t head[2] = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
	struct pasta p = {.fd = FD_NONE, .ready = {FD_NONE, FD_NONE}, .log = {FD_NONE, FD_NONE}};
	struct err err = ERR_INIT;
	char number[16];
	unsigned n = 0;
	pid_t jail;
	int r;

	/* The launcher's end shows on the socket; being killed with it would leave pasta behind. */
	sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	jail = user_hear(ctl);
	if (jail < 0)
		return 0;
	while (n < WORDS - 3 && plan->pasta[n]) {
		p.argv[n] = plan->pasta[n];
		n++;
	}
	snprintf(number, sizeof(number), "%d", jail);
	p.argv[n++] = number;
	r = start_and_wait(&p, n, ctl, &err);
	if (r >= 0) {
		sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		sys(SYS_capset, head, none);
	}
	sys(SYS_sendto, ctl, &err, sizeof(err), MSG_NOSIGNAL, NULL, 0);
	if (r >= 0)
		serve(&p, ctl);
	end(&p);
	return r < 0;
}
