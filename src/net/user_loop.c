// SPDX-License-Identifier: BSD-3-Clause
/*
 * The helper's loop, and its table of flows. Called by user.c once everything is there. It ends with
 * the process: by the launcher's signal, or when what the jail sent last has gone out.
 *
 * A flow that has ended stays out of use until all events of this turn have been looked at, since some
 * of them may be about it.
 */
#include <time.h>

#include "base/sys.h"
#include "net/user_impl.h"
#include "net/user_packet.h"

enum { EVENTS = 128, NONE = 0 }; /* lists hold an index plus one */
enum { ENDING_MS = 5000, PATIENCE_MS = 2000 };

/* ---- flows */

static uint32_t hash(const struct user_key *key)
{
	const uint8_t *p = (const uint8_t *)key;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*key); i++)
		h = (h ^ p[i]) * 16777619u;
	return (h ^ h >> 15) % USER_BUCKETS;
}

struct flow *user_find(struct user *u, const struct user_key *key)
{
	for (uint32_t i = u->buckets[hash(key)]; i != NONE; i = u->flows[i - 1].next)
		if (memcmp(&u->flows[i - 1].key, key, sizeof(*key)) == 0)
			return &u->flows[i - 1];
	return NULL;
}

struct flow *user_new(struct user *u, const struct user_key *key)
{
	uint32_t i = u->free, *bucket = &u->buckets[hash(key)];
	struct flow *f;

	if (i != NONE)
		u->free = u->flows[i - 1].next;
	else if (u->n_flows < u->max_flows)
		i = ++u->n_flows;
	else
		return NULL;
	f = &u->flows[i - 1];
	*f = (struct flow){.key = *key, .fd = {FD_NONE, FD_NONE}, .control = FD_NONE};
	for (unsigned k = 0; k < 2; k++)
		f->half[k].pipe[0] = f->half[k].pipe[1] = FD_NONE;
	f->next = *bucket;
	*bucket = i;
	return f;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		sys_close(*fd);
	*fd = FD_NONE;
}

void user_free(struct user *u, struct flow *f)
{
	uint32_t i = user_index(u, f) + 1, *at = &u->buckets[hash(&f->key)];

	while (*at != i)
		at = &u->flows[*at - 1].next;
	*at = f->next;
	for (unsigned k = 0; k < 2; k++) {
		close_fd(&f->fd[k]);
		close_fd(&f->half[k].pipe[0]);
		close_fd(&f->half[k].pipe[1]);
	}
	close_fd(&f->control);
	user_expire(u, f, 0);
	f->state = FLOW_FREE;
	f->next = u->dead;
	u->dead = i;
}

void user_expire(struct user *u, struct flow *f, unsigned seconds)
{
	u->n_timed += (seconds != 0) - (f->expires != 0);
	f->expires = seconds ? u->now + seconds : 0;
}

void user_busy(struct user *u, struct flow *f)
{
	if (f->busy)
		return;
	f->busy = true;
	f->busy_next = u->busy;
	u->busy = user_index(u, f) + 1;
}

static void run_busy(struct user *u)
{
	uint32_t i = u->busy;

	u->busy = NONE;
	while (i != NONE) {
		struct flow *f = &u->flows[i - 1];

		i = f->busy_next;
		f->busy = false;
		if (f->state == FLOW_OPEN)
			user_tcp_pump(u, f);
	}
}

/* Those that are not busy any more may be used again. */
static void bury(struct user *u)
{
	uint32_t i = u->dead;

	u->dead = NONE;
	while (i != NONE) {
		struct flow *f = &u->flows[i - 1];
		uint32_t next = f->next, *list = f->busy ? &u->dead : &u->free;

		f->next = *list;
		*list = i;
		i = next;
	}
}

static void run_timers(struct user *u)
{
	struct timespec ts;
	uint64_t before = u->now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	u->now = (uint64_t)ts.tv_sec;
	if (u->now == before || !u->n_timed)
		return;
	for (uint32_t i = 0; i < u->n_flows; i++)
		if (u->flows[i].expires && u->flows[i].expires <= u->now)
			user_free(u, &u->flows[i]);
}

/* ---- events */

int user_watch(struct user *u, int fd, enum user_event kind, uint32_t i, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u64 = (uint64_t)i << 8 | kind};

	return (int)sys(SYS_epoll_ctl, u->epoll, EPOLL_CTL_ADD, fd, &e);
}

static void take_packets(struct user *u)
{
	/* room in front: an answer to a ping is made in place */
	uint8_t *buf = u->buf + 64;

	for (unsigned i = 0; i < EVENTS; i++) {
		long n = sys(SYS_recvfrom, u->wire, buf, USER_PACKET, 0, NULL, NULL);
		struct user_key key = {.proto = IPPROTO_TCP};
		struct packet p;

		if (n < 0)
			return;
		packet_parse(buf, (size_t)n, &p);
		key.src = p.src;
		key.dst = p.dst;
		if (p.kind == PACKET_SYN) {
			/* Without data (TCP Fast Open), which comes again. */
			user_tcp_syn(u, &key, buf, packet_cut(buf, &p));
		} else if (p.kind == PACKET_ECHO) {
			key.proto = IPPROTO_ICMP;
			user_ping(u, &key, buf + p.header, p.len - p.header);
		}
	}
}

static void flow_event(struct user *u, uint32_t i, unsigned side, uint32_t events)
{
	struct flow *f = &u->flows[i];

	if (f->state == FLOW_FREE)
		return;
	if (f->key.proto == IPPROTO_TCP)
		user_tcp_event(u, f, side, events);
	else
		user_udp_event(u, f, side);
}

/* ---- the end */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void begin_ending(struct user *u)
{
	u->ending = true;
	u->ends_ms = now_ms() + ENDING_MS;
	u->patience_ms = now_ms() + PATIENCE_MS;
	sys(SYS_epoll_ctl, u->epoll, EPOLL_CTL_DEL, u->ctl, NULL);
}

/* The kernel has ended the dead jail's connections: each shows its end once all of it was read. */
static bool all_sent(const struct user *u)
{
	for (uint32_t i = 0; i < u->n_flows; i++)
		if (u->flows[i].state == FLOW_OPEN && u->flows[i].key.proto == IPPROTO_TCP &&
		    !u->flows[i].half[0].ended)
			return false;
	return true;
}

/* end_or_wait() - the end, or else for how long to wait; @n: events that there were. Return: ms */
static int end_or_wait(struct user *u, long n)
{
	uint64_t now = now_ms();

	if (n > 0)
		u->patience_ms = MIN(now + PATIENCE_MS, u->ends_ms);
	if ((n <= 0 && all_sent(u)) || now >= u->patience_ms) {
		sys(SYS_shutdown, u->ctl, SHUT_RDWR); /* at once; leaving takes longer */
		sys(SYS_exit_group, 0);
	}
	return n > 0 ? 0 : (int)(u->patience_ms - now);
}

static void event(struct user *u, const struct epoll_event *e)
{
	uint32_t i = (uint32_t)(e->data.u64 >> 8);

	switch ((enum user_event)(e->data.u64 & 0xff)) {
	case EVENT_WIRE: take_packets(u); break;
	case EVENT_TCP: user_tcp_accept(u, i); break;
	case EVENT_UDP: user_udp_out(u, i); break;
	case EVENT_DNS: dns_step(u->dns); break;
	case EVENT_CTL: begin_ending(u); break;
	case EVENT_FLOW_IN: flow_event(u, i, 0, e->events); break;
	case EVENT_FLOW_OUT: flow_event(u, i, 1, e->events); break;
	case EVENT_CONTROL:
		if (u->flows[i].state != FLOW_FREE)
			user_udp_control(u, &u->flows[i], e->events);
		break;
	case EVENT_FORWARD:
		if (u->plan->forwards[i].proto == IPPROTO_TCP)
			user_tcp_forward(u, i);
		else
			user_udp_forward(u, i);
		break;
	}
}

void user_loop(struct user *u)
{
	struct epoll_event events[EVENTS];
	long n = 0;

	run_timers(u);
	for (;;) {
		int wait = u->busy != NONE ? 0
			   : u->ending	   ? end_or_wait(u, n)
			   : u->n_timed	   ? 1000
					   : -1;

		n = sys(SYS_epoll_pwait, u->epoll, events, EVENTS, wait, NULL, 0);

		if (n < 0 && n != -EINTR)
			sys(SYS_exit_group, 1);
		for (long i = 0; i < n; i++)
			event(u, &events[i]);
		run_busy(u);
		run_timers(u);
		bury(u);
	}
}
