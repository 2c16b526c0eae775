// SPDX-License-Identifier: BSD-3-Clause
/*
 * Limited output. The jail writes into pipes of ours, which are spliced to where the caller wants its
 * output, up to the limit. Called by mode once, whose loop polls; nothing here waits, but the drain at
 * the end. Where splice(2) cannot write, or would wait, bytes are copied.
 */
#include <sys/stat.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"
#include "mode/output.h"

#ifndef KCMP_FILE
#define KCMP_FILE 0
#endif

/* At most this many pieces at a time: who writes without end must not keep us from anything else. */
enum { CHUNK = 65536, PIECES = 16 };
/* Pieces in the largest pipe that a program can ask for, with room to spare. */
enum { LAST_PUMPS = 64 };
/* How long a reader may take nothing, at the end of a jail that we ended. */
enum { STALLED_MS = 500 };

size_t output_admit(struct output_budget *b, size_t n)
{
	uint64_t left = b->limit - b->passed;
	size_t take = n < left ? n : (size_t)left;

	b->passed += take;
	b->dropped += n - take;
	b->over |= take < n;
	return take;
}

/* ---- setting up */

/* Whether two descriptors are one open file: then the order of what is written to both counts. */
static bool same_file(int a, int b)
{
	long pid = getpid();

	return sys(SYS_kcmp, pid, pid, KCMP_FILE, a, b) == 0;
}

/* An end of a pipe must not be 0, 1 or 2: those are replaced in the jail one by one. */
static int above_stdio(int fd)
{
	int up;

	if (fd > 2)
		return fd;
	up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return up;
}

/*
 * Where bytes go must not make us wait. Splicing to a pipe or a plain file never does; a socket can be
 * asked not to; anything else, a terminal mostly, is opened anew, because O_NONBLOCK on the descriptor
 * that we got would be seen by everybody who shares it.
 */
static void choose_way(struct output_stream *s, int fd)
{
	char path[32];
	struct stat st;
	int again;

	s->to = fd;
	if (fstat(fd, &st) < 0 || S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode))
		return;
	s->copy = true;
	s->socket = S_ISSOCK(st.st_mode);
	if (s->socket)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = sys_openat(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (again < 0)
		return;
	s->to = again;
	s->own_to = true;
}

static int add_stream(struct output *o, int fd, struct err *err)
{
	struct output_stream *s = &o->s[o->n];
	int ends[2];

	*s = (struct output_stream){.from = FD_NONE, .jail_end = FD_NONE, .to = FD_NONE};
	o->n++;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe for the output");
	s->from = above_stdio(ends[0]);
	s->jail_end = above_stdio(ends[1]);
	if (s->from < 0 || s->jail_end < 0)
		return err_sys(err, errno, "make a pipe for the output");
	fcntl(s->from, F_SETFL, O_NONBLOCK);
	choose_way(s, fd);
	return 0;
}

/* Whether who has stdin may open it for writing, through /proc: a file or terminal of his own. */
static bool can_be_reopened(void)
{
	_cleanup_close_ int fd = FD_NONE;
	struct stat st;

	if (fstat(0, &st) < 0 || !(S_ISREG(st.st_mode) || isatty(0)))
		return false;
	fd = sys_openat(AT_FDCWD, "/proc/self/fd/0", O_WRONLY | O_NOCTTY | O_NONBLOCK, 0);
	return fd >= 0;
}

/* A terminal as stdin can be written to: that would be output without a limit. */
static int protect_input(struct output *o, const struct jail_plan *plan, struct jail_io *io,
			 struct err *err)
{
	int flags = fcntl(0, F_GETFL);

	if (flags < 0)
		return 0;
	io->input_writable = can_be_reopened();
	if ((flags & O_ACCMODE) != O_RDONLY) {
		o->input = sys_openat(AT_FDCWD, "/proc/self/fd/0", O_RDONLY | O_NOCTTY, 0);
		if (o->input >= 0)
			io->std[0] = o->input;
		else
			io->input_writable = true;
	}
	if (!io->input_writable)
		return 0;
	return plan->require >> PROTECT_OUTPUT_LIMIT & 1
		       ? err_set(err, EINVAL,
				 "require: output_limit: stdin can be written to as well")
		       : 0;
}

int output_prepare(struct output *o, const struct jail_plan *plan, bool relayed, struct jail_io *io,
		   struct err *err)
{
	int r = 0;

	o->budget = (struct output_budget){.limit = plan->output_limit,
					   .truncate = plan->output_truncate};
	if (plan->output_limit == UINT64_MAX || plan->stdio == STDIO_NULL)
		return 0;
	for (int fd = 1; fd <= 2 && r >= 0; fd++) {
		if (fcntl(fd, F_GETFD) < 0 || (relayed && isatty(fd)) ||
		    (fd == 2 && plan->stdio == STDIO_STDERR_NULL))
			continue;
		if (o->n && same_file(1, 2)) {
			io->std[2] = io->std[1];
			continue;
		}
		r = add_stream(o, fd, err);
		if (r >= 0)
			io->std[fd] = o->s[o->n - 1].jail_end;
	}
	if (r < 0)
		return r;
	if (!relayed || !isatty(0))
		r = protect_input(o, plan, io, err);
	if (r < 0)
		return r;
	o->null = sys_openat(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	return o->null < 0 ? err_sys(err, o->null, "open /dev/null") : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
}

void output_started(struct output *o)
{
	for (unsigned i = 0; i < o->n; i++)
		close_fd(&o->s[i].jail_end);
	close_fd(&o->input);
}

/* ---- moving bytes */

void output_poll(const struct output *o, struct pollfd *fds)
{
	for (unsigned i = 0; i < OUTPUT_FDS; i++) {
		const struct output_stream *s = &o->s[i];

		fds[i] = (struct pollfd){FD_NONE, 0, 0};
		if (i < o->n && s->full)
			fds[i] = (struct pollfd){s->to, POLLOUT, 0};
		else if (i < o->n)
			fds[i] = (struct pollfd){s->from, POLLIN, 0};
	}
}

static ssize_t write_some(const struct output_stream *s)
{
	const char *p = s->data + s->at;
	long n = s->socket ? sys(SYS_sendto, s->to, p, s->n, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0)
			   : sys(SYS_write, s->to, p, s->n);

	return n;
}

/* What moved: bytes; 0: the jail's end is closed; -EAGAIN: nothing now. */
static ssize_t read_some(struct output *o, struct output_stream *s)
{
	ssize_t n = sys_read(s->from, s->data, sizeof(s->data));

	if (n > 0) {
		s->at = 0;
		s->n = output_admit(&o->budget, (size_t)n);
	}
	return n;
}

/* Everything that is left is beyond the limit. */
static ssize_t drop_some(struct output *o, struct output_stream *s)
{
	ssize_t n = sys(SYS_splice, s->from, NULL, o->null, NULL, CHUNK, SPLICE_F_NONBLOCK);

	if (n > 0)
		output_admit(&o->budget, (size_t)n);
	return n;
}

static ssize_t splice_some(struct output *o, struct output_stream *s)
{
	uint64_t left = o->budget.limit - o->budget.passed;
	ssize_t n = sys(SYS_splice, s->from, NULL, s->to, NULL, MIN(left, (uint64_t)CHUNK),
			SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n > 0)
		output_admit(&o->budget, (size_t)n);
	return n;
}

/* Which of the two ends makes us wait. */
static bool has_input(const struct output_stream *s)
{
	int n = 0;

	return ioctl(s->from, FIONREAD, &n) == 0 && n > 0;
}

/* Nobody reads what the jail writes: let it know, as it would without us. */
static void broken(struct output_stream *s)
{
	close_fd(&s->from);
	s->n = 0;
	s->full = false;
}

static void pump(struct output *o, struct output_stream *s)
{
	s->full = false;
	for (unsigned pieces = 0; pieces < PIECES && (s->from >= 0 || s->n); pieces++) {
		bool out = s->n;
		ssize_t n;

		if (s->n)
			n = write_some(s);
		else if (o->budget.passed == o->budget.limit)
			n = drop_some(o, s);
		else if (s->copy)
			n = read_some(o, s);
		else
			n = splice_some(o, s);
		if (n == -EINTR)
			continue;
		if (n == -EINVAL && !s->copy) {
			s->copy = true; /* opened for appending */
		} else if (n == -EAGAIN) {
			s->full = out ||
				  (!s->copy && o->budget.passed < o->budget.limit && has_input(s));
			return;
		} else if (n == 0 && !out) {
			close_fd(&s->from); /* nothing in the jail has it open any more */
		} else if (n < 0) {
			broken(s);
		} else if (out) {
			s->at += (size_t)n;
			s->n -= (size_t)n;
		}
	}
}

void output_pump(struct output *o)
{
	for (unsigned i = 0; i < o->n; i++)
		pump(o, &o->s[i]);
}

/* told_to_end() - take what was signalled meanwhile. */
static bool told_to_end(int signals)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (sys_read(signals, &info, sizeof(info)) == sizeof(info))
		end |= info.ssi_signo == SIGHUP || info.ssi_signo == SIGINT ||
		       info.ssi_signo == SIGQUIT || info.ssi_signo == SIGTERM;
	return end;
}

bool output_drain(struct output *o, int signals, bool patient)
{
	bool told = false;

	for (;;) {
		struct pollfd fds[OUTPUT_FDS + 1];
		bool left = false;

		if (!o->n)
			return false;
		for (unsigned i = 0; i < LAST_PUMPS; i++)
			output_pump(o);
		for (unsigned i = 0; i < o->n; i++)
			left |= o->s[i].full;
		if (!left)
			return false;
		output_poll(o, fds);
		fds[OUTPUT_FDS] = (struct pollfd){signals, POLLIN, 0};
		if (poll(fds, OUTPUT_FDS + 1, patient ? -1 : STALLED_MS) == 0)
			break;
		told = fds[OUTPUT_FDS].revents && told_to_end(signals);
		if (told)
			break;
	}
	for (unsigned i = 0; i < o->n; i++) {
		int n = 0;

		if (o->s[i].from >= 0 && ioctl(o->s[i].from, FIONREAD, &n) == 0)
			o->budget.dropped += (uint64_t)n;
		o->budget.passed -= o->s[i].n; /* admitted, but never written */
		o->budget.dropped += o->s[i].n;
	}
	return told;
}

void output_result(const struct output *o, struct result *r)
{
	const struct output_budget *b = &o->budget;

	if (b->limit == UINT64_MAX)
		return;
	result_put(r, FIG_OUTPUT, b->passed, FROM_LAUNCHER);
	result_put(r, FIG_OUTPUT_DROPPED, b->dropped, FROM_LAUNCHER);
	if (b->dropped && b->truncate)
		result_hit(r, HIT_OUTPUT_TRUNCATED);
}

void output_close(struct output *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		close_fd(&o->s[i].from);
		close_fd(&o->s[i].jail_end);
		if (o->s[i].own_to)
			close_fd(&o->s[i].to);
	}
	o->n = 0;
	close_fd(&o->null);
	close_fd(&o->input);
}
