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
enum { ENDING_MS = 5000, PATIENCE_MS = 2000, LOOK_MS = 100 };
enum { MOMENT_MS = 10, HUNGRY_MS = 100, LEAST_BURST = 65536, MILLION = 1000000 };

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

void user_busy(struct user *u, struct flow *f, bool hurry)
{
	u->hurry |= hurry;
	if (f->busy)
		return;
	f->busy = true;
	f->busy_next = NONE;
	*(u->busy == NONE ? &u->busy : &u->flows[u->last_busy - 1].busy_next) =
		user_index(u, f) + 1;
	u->last_busy = user_index(u, f) + 1;
}

/* Each time another one is the first, who may find a rate's worth that is enough for one. */
static void run_busy(struct user *u)
{
	uint32_t i = u->busy;

	if (i != u->last_busy) {
		u->flows[u->last_busy - 1].busy_next = i;
		u->last_busy = i;
		i = u->flows[i - 1].busy_next;
		u->flows[u->last_busy - 1].busy_next = NONE;
	}
	u->busy = u->last_busy = NONE;
	u->hurry = false;
	u->moment_us = u->now_us + MOMENT_MS * 1000;
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

/* ---- rates: a tenth of a second's worth may pass at once */

static void refill(struct user_rate *r, uint64_t us)
{
	uint64_t burst;

	if (!r->rate)
		return;
	r->rate = MIN(r->rate, 1ULL << 38);
	burst = MAX(r->rate / 10, (uint64_t)LEAST_BURST) * MILLION;
	r->left = MIN(r->left + (int64_t)(r->rate * MIN(us, 10ULL * MILLION)), (int64_t)burst);
}

size_t user_room(const struct user *u, unsigned from)
{
	const struct user_rate *r = &u->rates[from];

	if (!r->rate)
		return SIZE_MAX;
	return r->left > 0 ? (size_t)r->left / MILLION : 0;
}

void user_passed(struct user *u, unsigned from, size_t n)
{
	if (u->rates[from].rate)
		u->rates[from].left -= (int64_t)n * MILLION;
}

bool user_datagram(struct user *u, unsigned from, size_t n)
{
	if (!user_room(u, from))
		return false;
	user_passed(u, from, n);
	return true;
}

/* ---- time */

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * MILLION + (uint64_t)ts.tv_nsec / 1000;
}

static void run_timers(struct user *u)
{
	uint64_t before = u->now, us = now_us();

	for (unsigned i = 0; i < 2; i++)
		refill(&u->rates[i], us - u->now_us);
	u->now_us = us;
	u->now = us / MILLION;
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
	else if (u->ending && side == 1) /* nobody is there to hear it */
		sys(SYS_epoll_ctl, u->epoll, EPOLL_CTL_DEL, f->fd[1], NULL);
	else
		user_udp_event(u, f, side);
}

/* ---- the end */

static void begin_ending(struct user *u)
{
	u->ending = true;
	u->ends_ms = now_us() / 1000 + ENDING_MS;
	sys(SYS_epoll_ctl, u->epoll, EPOLL_CTL_DEL, u->ctl, NULL);
	/* Nobody is there to be called. What comes by UDP may still be answered. */
	for (unsigned i = 0; i < u->plan->n_forwards; i++) {
		if (u->forwards[i] < 0)
			continue;
		sys(SYS_epoll_ctl, u->epoll, EPOLL_CTL_DEL, u->forwards[i], NULL);
		if (u->plan->forwards[i].proto == IPPROTO_TCP)
			close_fd(&u->forwards[i]);
	}
}

/* has_more() - whether the jail may have sent something there that has not gone out. */
static bool has_more(const struct user *u, const struct flow *f)
{
	if (f->key.proto != IPPROTO_TCP) /* datagrams wait for their proxy */
		return f->state == FLOW_CONNECTING || f->state == FLOW_PROXY;
	/* What the jail says to our answer comes at once, if it says something. */
	if (f->state == FLOW_ANSWERING)
		return u->now_us / 1000 + ENDING_MS < u->ends_ms + LOOK_MS;
	/* The kernel has ended the dead jail's connections: each shows its end once all of it was read. */
	return f->state == FLOW_OPEN && !f->half[0].ended;
}

static bool all_sent(const struct user *u)
{
	for (uint32_t i = 0; i < u->n_flows; i++)
		if (has_more(u, &u->flows[i]))
			return false;
	return true;
}

/* end_or_wait() - the end, or else for how long to wait; @n: events that there were. Return: ms */
static int end_or_wait(struct user *u, long n, int wait)
{
	uint64_t now = now_us() / 1000;
	bool quiet = n == 0 && u->busy == NONE;
	int left = n > 0 ? 0 : LOOK_MS;

	if (!quiet)
		u->patience_ms = MIN(now + PATIENCE_MS, u->ends_ms);
	if ((quiet && all_sent(u)) || now >= u->patience_ms) {
		sys(SYS_shutdown, u->ctl, SHUT_RDWR); /* at once; leaving takes longer */
		sys(SYS_exit_group, 0);
	}
	return wait < 0 ? left : MIN(wait, left);
}

/*
 * feed() - what found no descriptor is tried again after a while, or when there is one: no event comes for
 * it a second time.
 */
static void feed(struct user *u)
{
	u->starved = false;
	u->meal_us = u->now_us + HUNGRY_MS * 1000;
	user_tcp_drop_pipes(u);
	for (unsigned i = 0; i < 2; i++)
		if (u->has[i])
			user_tcp_accept(u, i);
	for (unsigned i = 0; i < u->plan->n_forwards; i++)
		if (u->forwards[i] >= 0 && u->plan->forwards[i].proto == IPPROTO_TCP)
			user_tcp_forward(u, i);
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
		int wait = u->hurry	     ? 0
			   : u->busy != NONE ? MOMENT_MS
			   : u->starved	     ? HUNGRY_MS
			   : u->n_timed	     ? 1000
					     : -1;

		if (u->ending)
			wait = end_or_wait(u, n, wait);
		n = sys(SYS_epoll_pwait, u->epoll, events, EVENTS, wait, NULL, 0);

		if (n < 0 && n != -EINTR)
			sys(SYS_exit_group, 1);
		for (long i = 0; i < n; i++)
			event(u, &events[i]);
		run_timers(u);
		if (u->hurry || u->now_us >= u->moment_us)
			run_busy(u);
		if (u->starved && (u->dead != NONE || u->now_us >= u->meal_us))
			feed(u);
		bury(u);
	}
}
