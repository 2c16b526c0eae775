// SPDX-License-Identifier: BSD-3-Clause
/*
 * The watching processes: started when the jail's program asks for them, gathered when the jail is
 * gone. Called by jail/jail.c. When one of them fails, the jail goes on and the outcome says what is
 * missing.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/sys.h"
#include "trace/trace.h"

enum {
	PATIENCE = 3000, /* ms, from the jail's end on */
	LARGEST = 256 << 20,
	MOST_VIOLATIONS = 64,
};

/* become_watcher() - a process that holds only the two descriptors that it needs. */
static void become_watcher(pid_t launcher, int a, int b)
{
	unsigned lo = (unsigned)MIN(a, b), hi = (unsigned)MAX(a, b);
	const uint64_t all = ~0ULL;

	sys_sigmask(SIG_SETMASK, &all, NULL); /* what a terminal sends is not for us */
	signal(SIGCHLD, SIG_DFL);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a jail without a pid namespace sees us */
	if (getppid() != launcher)
		_exit(1);
	if (chdir("/") < 0)
		_exit(1);
	if (lo > 0)
		sys_close_range(0, lo - 1, 0);
	if (hi > lo + 1)
		sys_close_range(lo + 1, hi - 1, 0);
	sys_close_range(hi + 1, ~0U, 0);
}

pid_t trace_number_in(const char *path, const char *key)
{
	char text[2048];
	uint32_t n = 0;

	if (io_read_small(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	for (char *line = text, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (str_starts(line, key))
			return str_u32(line + strlen(key), &n) == 0 ? (pid_t)n : 0;
	}
	return 0;
}

int trace_exits(struct trace *t, const struct trace_settings *s, pid_t pid, struct err *err)
{
	pid_t launcher = getpid();
	int out[2], r = -EPIPE;

	if (pid <= 0) {
		snprintf(t->failed, sizeof(t->failed),
			 "the program cannot be followed: its number "
			 "is not in /proc");
		return err_set(err, ESRCH, "explain: %s", t->failed);
	}
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(err, errno, "explain: make a pipe");
	t->exits = fork();
	if (t->exits == 0) {
		become_watcher(launcher, out[1], out[1]);
		exits_main(s, pid, out[1]);
	}
	close(out[1]);
	t->exits_out = out[0];
	if (t->exits < 0)
		return err_sys(err, errno, "explain: start a process");
	if (read(out[0], &r, sizeof(r)) != (ssize_t)sizeof(r))
		r = -EPIPE;
	if (r >= 0)
		return 0;
	snprintf(t->failed, sizeof(t->failed), "the program cannot be followed: %s", strerror(-r));
	return err_set(err, -r, "explain: %s", t->failed);
}

int trace_calls(struct trace *t, const struct trace_settings *s, int listener, struct err *err)
{
	_cleanup_close_ int mine = listener;
	pid_t launcher = getpid();
	int out[2];

	if (t->calls)
		return err_set(err, EBUSY, "a second listener of one jail");
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(err, errno, "tracing: make a pipe");
	t->calls = fork();
	if (t->calls == 0) {
		become_watcher(launcher, out[1], mine);
		calls_main(s, mine, out[1]);
	}
	close(out[1]);
	t->calls_out = out[0];
	return t->calls < 0 ? err_sys(err, errno, "tracing: start a process") : 0;
}

/* ---- gathering */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Everything that a watcher wrote, until it ends. Return: 0, -ETIME, -ENOMEM. */
static int read_all(int fd, uint64_t deadline, struct sbuf *ret)
{
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		uint64_t now = now_ms();
		char buf[8192];
		ssize_t n;

		if (now >= deadline)
			return -ETIME;
		n = poll(&p, 1, (int)(deadline - now));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ETIME;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return 0;
		sbuf_put(ret, buf, (size_t)n);
		if (ret->failed || ret->n > LARGEST)
			return -ENOMEM;
	}
}

static char *piece(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

static void gather_calls(struct trace *t, uint64_t deadline, struct trace_outcome *ret)
{
	_cleanup_sbuf_ struct sbuf all = {0};
	struct calls_head head;
	const char *at;
	int r = read_all(t->calls_out, deadline, &all);

	if (r == 0 && all.n >= sizeof(head)) {
		memcpy(&head, all.s, sizeof(head));
		if ((uint64_t)head.report + head.audit_json + head.audit_text + sizeof(head) ==
		    all.n) {
			at = all.s + sizeof(head);
			if (head.report)
				ret->report = piece(at, head.report);
			at += head.report;
			if (!head.audit_json)
				return;
			ret->audit_dropped = head.audit_dropped;
			ret->audit_json = piece(at, head.audit_json);
			ret->audit_text = piece(at + head.audit_json, head.audit_text);
			return;
		}
	}
	snprintf(ret->failed, sizeof(ret->failed), "the tracing process %s",
		 r == -ETIME ? "did not end" : "failed");
}

static void gather_exits(struct trace *t, uint64_t deadline, struct trace_outcome *ret)
{
	_cleanup_sbuf_ struct sbuf all = {0};
	int r = read_all(t->exits_out, deadline, &all);
	size_t n = MIN(all.n / sizeof(struct violation), (size_t)MOST_VIOLATIONS);
	struct exits_tail tail = {.seen = n};
	bool ended = r == 0 && all.n == n * sizeof(struct violation) + sizeof(tail);

	if (ended)
		memcpy(&tail, all.s + n * sizeof(struct violation), sizeof(tail));
	if (n)
		ret->violations = (struct violation *)piece(all.s, n * sizeof(struct violation));
	ret->n_violations = ret->violations ? (unsigned)n : 0;
	ret->seen = tail.seen;
	ret->signalled = tail.signalled;
	ret->explained = ended;
	if (!ended)
		snprintf(ret->failed, sizeof(ret->failed), "the process that follows exits %s",
			 r == -ETIME ? "did not end" : "failed");
}

void trace_finish(struct trace *t, struct trace_outcome *ret)
{
	uint64_t deadline;

	if (!t->calls && !t->exits && !t->failed[0])
		return;
	deadline = now_ms() + PATIENCE;
	snprintf(ret->failed, sizeof(ret->failed), "%s", t->failed);
	if (t->exits > 0 && !t->failed[0])
		gather_exits(t, deadline, ret);
	if (t->calls > 0)
		gather_calls(t, deadline, ret);
}

static void end_process(pid_t *pid, int *fd)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL); /* our unreaped child: the number is still its own */
		/* One that waits for a page of a file system that does not answer cannot be killed. */
		for (int i = 0; i < 200 && sys_wait4(*pid, NULL, __WALL | WNOHANG, NULL) == 0; i++)
			usleep(5000);
	}
	*pid = 0;
	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
}

void trace_release(struct trace *t)
{
	end_process(&t->exits, &t->exits_out);
	end_process(&t->calls, &t->calls_out);
}

void trace_outcome_free(struct trace_outcome *o)
{
	free(o->violations);
	free(o->report);
	free(o->audit_json);
	free(o->audit_text);
	*o = (struct trace_outcome){0};
}

const struct violation *trace_culprit(const struct trace_outcome *o)
{
	const struct violation *own = NULL;

	for (unsigned i = 0; i < o->n_violations; i++) {
		const struct violation *v = &o->violations[i];

		if (v->program && (!own || violation_ends_all(v->action)))
			own = v;
		if (own && violation_ends_all(own->action))
			return own;
	}
	return own ?: o->n_violations ? o->violations : NULL;
}
