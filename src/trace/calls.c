// SPDX-License-Identifier: BSD-3-Clause
/*
 * The process that answers a listener: looks at each call while it waits, counts it, and lets it go on.
 * Started by trace_calls(); ends when no process has the filter any more, and then writes what it has
 * found. It decides nothing: a call that is asked about always goes on.
 */
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "trace/collect.h"
#include "trace/filter.h"
#include "trace/trace.h"

/* The kernel's structures may have grown since these headers. */
enum { LARGEST = 1024 };

struct calls {
	const struct trace_settings *settings;
	int listener;
	struct collection found;
	union {
		struct seccomp_notif n;
		char room[LARGEST];
	} in;
	union {
		struct seccomp_notif_resp r;
		char room[LARGEST];
	} out;
	struct touch touch;
};

static bool still_waits(const struct calls *s)
{
	uint64_t id = s->in.n.id;

	return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/*
 * Between the notification and its reading the caller may have died and its number been given away:
 * what was read counts only if the call still waits afterwards.
 */
static void look(struct calls *s)
{
	const struct trace_settings *set = s->settings;
	struct memory m = memory_of((pid_t)s->in.n.pid);
	struct kafel_decision d = {.action = SECCOMP_RET_ALLOW};
	struct call c;

	decode_call(&s->in.n.data, &m, &c);
	if (set->policy)
		kafel_decide(set->policy, &s->in.n.data, &d);
	if (!filter_permits(d.action)) {
		if (still_waits(s))
			collect_refused(&s->found, &c, &d, &m);
		return;
	}
	if (!set->files)
		return;
	collect_look(&c, &m, &s->touch);
	if (still_waits(s))
		collect_add(&s->found, &c, &s->touch);
	collect_forget(&s->touch);
}

/* Return: false when there is nothing to wait for any more. */
static bool take_one(struct calls *s)
{
	struct pollfd fd = {s->listener, POLLIN, 0};

	if (poll(&fd, 1, -1) < 0)
		return errno == EINTR;
	if (!(fd.revents & POLLIN))
		return !(fd.revents & (POLLHUP | POLLERR | POLLNVAL));
	memset(&s->in, 0, sizeof(s->in));
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &s->in) < 0)
		return errno == EINTR || errno == ENOENT; /* the caller is dead */
	look(s);
	memset(&s->out, 0, sizeof(s->out));
	s->out.r.id = s->in.n.id;
	s->out.r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	while (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &s->out) < 0 && errno == EINTR)
		;
	return true;
}

static void tell(const struct calls *s, int out)
{
	struct sbuf report = {0}, json = {0}, text = {0};
	struct calls_head head;

	if (s->settings->files && s->settings->json)
		collect_json(&s->found, &report);
	else if (s->settings->files)
		collect_text(&s->found, &report);
	if (s->settings->audit) {
		collect_refused_json(&s->found, &json);
		collect_refused_text(&s->found, &text);
	}
	if (report.failed || json.failed || text.failed)
		return;
	memset(&head, 0, sizeof(head)); /* with its padding */
	head.audit_dropped = s->found.refused_dropped;
	head.report = (uint32_t)report.n;
	head.audit_json = (uint32_t)json.n;
	head.audit_text = (uint32_t)text.n;
	if (io_write_all(out, &head, sizeof(head)) == 0 &&
	    io_write_all(out, report.s, report.n) == 0 && io_write_all(out, json.s, json.n) == 0)
		io_write_all(out, text.s, text.n);
	sbuf_free(&report);
	sbuf_free(&json);
	sbuf_free(&text);
}

NORETURN void calls_main(const struct trace_settings *s, int listener, int out)
{
	struct calls *calls = mem_alloc(sizeof(*calls));
	struct seccomp_notif_sizes sizes;

	if (!calls)
		_exit(1);
	calls->settings = s;
	calls->listener = listener;
	if (sys(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0 ||
	    sizes.seccomp_notif > LARGEST || sizes.seccomp_notif_resp > LARGEST)
		_exit(1);
	while (take_one(calls))
		;
	tell(calls, out);
	collect_free(&calls->found);
	free(calls);
	_exit(0);
}
