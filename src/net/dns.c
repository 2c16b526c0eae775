// SPDX-License-Identifier: BSD-3-Clause
/*
 * The name forwarder of one jail: its sockets, limits and deadlines, and questions over UDP. Called by
 * net.c and whoever else routes a jail's packets (dns.h). Opening can fail; afterwards everything that
 * goes wrong is an answer to the jail, or none.
 *
 * Each question gets a socket and a random identifier of its own towards the resolver: so an answer
 * cannot be forged without seeing the question.
 */
#include <arpa/inet.h>
#include <sys/random.h>
#include <sys/timerfd.h>

#include "net/dns_impl.h"

enum { EVENTS = 64, READ_AT_ONCE = 32 };

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- shared with dns_tcp.c */

int dns_watch(struct dns *d, int op, int fd, enum dns_event kind, size_t n, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.u64 = (uint64_t)kind << 32 | n};

	return epoll_ctl(d->epoll, op, fd, &ev) < 0 ? -errno : 0;
}

void dns_drop_fd(struct dns *d, int *fd)
{
	if (*fd < 0)
		return;
	/* A jail that is just being started may have inherited it: closing is not enough (epoll(7)). */
	epoll_ctl(d->epoll, EPOLL_CTL_DEL, *fd, NULL);
	close(take_fd(fd));
}

uint16_t dns_number(struct dns *d)
{
	/* Without random numbers there is the random port still. */
	if (!d->n_random && getrandom(d->random, sizeof(d->random), 0) == sizeof(d->random))
		d->n_random = ARRAY_SIZE(d->random);
	return d->n_random ? d->random[--d->n_random] : (uint16_t)now_ms();
}

bool dns_take_token(struct dns *d)
{
	if (!d->tokens)
		return false;
	d->tokens--;
	return true;
}

static void refill(struct dns *d)
{
	uint64_t n = (d->now_ms - d->refilled_ms) * DNS_RATE / 1000;

	d->refilled_ms += n * 1000 / DNS_RATE;
	d->tokens = (unsigned)MIN(d->tokens + n, (uint64_t)DNS_BURST);
	if (d->tokens == DNS_BURST)
		d->refilled_ms = d->now_ms;
}

/* ---- UDP */

static size_t number_of(const struct dns *d, const struct dns_question *q)
{
	return (size_t)(q - d->questions);
}

static void reply(struct dns *d, const struct dns_question *q, uint8_t *packet, size_t n)
{
	dns_message_set_id(packet, q->id);
	sendto(d->udp, packet, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&q->client,
	       sizeof(q->client));
}

static void free_question(struct dns *d, struct dns_question *q)
{
	dns_drop_fd(d, &q->fd);
	q->used = false;
	d->n_questions--;
}

/* ask() - the next resolver that can be asked; when there is none, that is the answer. */
static void ask(struct dns *d, struct dns_question *q)
{
	const struct resolver *to;

	for (; (to = resolvers_pick(&d->resolvers, q->tries)); q->tries++) {
		q->fd = resolvers_connect(to, SOCK_DGRAM);
		if (q->fd < 0)
			continue;
		q->deadline_ms = d->now_ms + DNS_WAIT_MS;
		if (send(q->fd, q->packet, q->len, MSG_NOSIGNAL) == (ssize_t)q->len &&
		    dns_watch(d, EPOLL_CTL_ADD, q->fd, DNS_UDP_ANSWER, number_of(d, q), EPOLLIN) ==
			    0)
			return;
		dns_drop_fd(d, &q->fd);
	}
	d->counters.failed++;
	dns_message_refuse(q->packet, DNS_SERVFAIL);
	reply(d, q, q->packet, q->len);
	free_question(d, q);
}

static void ask_next(struct dns *d, struct dns_question *q)
{
	dns_drop_fd(d, &q->fd);
	q->tries++;
	ask(d, q);
}

static void take_answer(struct dns *d, struct dns_question *q)
{
	ssize_t n;

	if (!q->used)
		return;
	n = recv(q->fd, d->buffer, sizeof(d->buffer), MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR) /* nobody there, for example */
			ask_next(d, q);
		return;
	}
	if (!dns_message_answers(d->buffer, (size_t)n, q->ours))
		return;
	d->counters.answered++;
	resolvers_worked(&d->resolvers, q->tries, d->now_ms);
	reply(d, q, d->buffer, (size_t)n);
	free_question(d, q);
}

static struct dns_question *free_slot(struct dns *d)
{
	for (size_t i = 0; i < DNS_QUESTIONS; i++)
		if (!d->questions[i].used)
			return &d->questions[i];
	return NULL;
}

/* take_question() - one packet of the jail. Return: whether there was one. */
static bool take_question(struct dns *d, struct dns_question *q)
{
	socklen_t size = sizeof(q->client);
	ssize_t n = recvfrom(d->udp, q->packet, sizeof(q->packet), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&q->client, &size);

	if (n < 0)
		return errno != EAGAIN;
	dns_take_token(d);
	if ((size_t)n > sizeof(q->packet) || size != sizeof(q->client)) {
		d->counters.refused++;
		return true;
	}
	q->len = (size_t)n;
	q->fd = FD_NONE;
	switch (dns_message_kind(q->packet, q->len)) {
	case DNS_IS_JUNK: d->counters.refused++; return true;
	case DNS_IS_OTHER:
		d->counters.refused++;
		q->id = dns_message_id(q->packet);
		dns_message_refuse(q->packet, DNS_NOTIMP);
		reply(d, q, q->packet, q->len);
		return true;
	case DNS_IS_QUESTION: break;
	}
	d->counters.asked++;
	d->n_questions++;
	q->used = true;
	q->tries = 0;
	q->id = dns_message_id(q->packet);
	q->ours = dns_number(d);
	dns_message_set_id(q->packet, q->ours);
	resolvers_look(&d->resolvers, d->policy, d->now_ms);
	ask(d, q);
	return true;
}

static void take_questions(struct dns *d)
{
	for (unsigned i = 0; i < READ_AT_ONCE && d->tokens; i++) {
		struct dns_question *q = free_slot(d);

		if (!q || !take_question(d, q))
			return;
	}
}

/* ---- */

static void check_deadlines(struct dns *d)
{
	for (size_t i = 0; i < DNS_QUESTIONS && d->n_questions; i++)
		if (d->questions[i].used && d->now_ms >= d->questions[i].deadline_ms)
			ask_next(d, &d->questions[i]);
	dns_tcp_deadlines(d);
}

static void tick(struct dns *d, bool on)
{
	const struct timespec ms = {0, on ? DNS_TICK_MS * 1000000L : 0};
	const struct itimerspec every = {ms, ms};

	if (on != d->ticking && timerfd_settime(d->timer, 0, &every, NULL) == 0)
		d->ticking = on;
}

static void listen_to(struct dns *d, int fd, enum dns_event kind, bool *is, bool wanted)
{
	if (*is != wanted && dns_watch(d, EPOLL_CTL_MOD, fd, kind, 0, wanted ? EPOLLIN : 0) == 0)
		*is = wanted;
}

/* What is not taken now waits in the kernel, or is dropped there, at the jail's expense. */
static void set_interest(struct dns *d)
{
	listen_to(d, d->udp, DNS_UDP, &d->udp_on, d->tokens && d->n_questions < DNS_QUESTIONS);
	listen_to(d, d->tcp, DNS_TCP, &d->tcp_on, d->tokens && d->n_connections < DNS_CONNECTIONS);
	tick(d, d->n_questions || d->n_connections || !d->tokens);
}

void dns_step(struct dns *d)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(d->epoll, events, EVENTS, 0);
	bool udp = false, tcp = false;
	uint64_t ticks;

	d->now_ms = now_ms();
	refill(d);
	for (int i = 0; i < n; i++) {
		enum dns_event kind = (enum dns_event)(events[i].data.u64 >> 32);
		size_t at = (uint32_t)events[i].data.u64;

		switch (kind) {
		case DNS_TIMER:
			if (read(d->timer, &ticks, sizeof(ticks)) > 0)
				check_deadlines(d);
			break;
		case DNS_UDP: udp = true; break;
		case DNS_TCP: tcp = true; break;
		case DNS_UDP_ANSWER: take_answer(d, &d->questions[at]); break;
		case DNS_CLIENT:
		case DNS_SERVER: dns_tcp_event(d, at, kind, events[i].events); break;
		}
	}
	/* Last, so that no event is about another question than the one in its place now. */
	if (udp)
		take_questions(d);
	if (tcp)
		dns_tcp_accept(d);
	set_interest(d);
}

static int open_socket(int type, int *ret, struct err *err)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	const uint8_t ip[4] = DNS_ADDRESS_BYTES;
	const int one = 1;

	memcpy(&at.sin_addr, ip, sizeof(ip));
	*ret = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret < 0)
		return err_sys(err, errno, "open a socket for names");
	/* the interface may come up later */
	if (setsockopt(*ret, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) < 0 ||
	    (type == SOCK_STREAM && /* ended connections, where there was one of us before */
	     setsockopt(*ret, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0) ||
	    bind(*ret, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    (type == SOCK_STREAM && listen(*ret, DNS_CONNECTIONS) < 0))
		return err_sys(err, errno, "answer names at " DNS_ADDRESS);
	return 0;
}

static int open_all(struct dns *d, struct err *err)
{
	int r = open_socket(SOCK_DGRAM, &d->udp, err);

	if (r >= 0)
		r = open_socket(SOCK_STREAM, &d->tcp, err);
	if (r < 0)
		return r;
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (d->epoll < 0 || d->timer < 0 ||
	    dns_watch(d, EPOLL_CTL_ADD, d->timer, DNS_TIMER, 0, EPOLLIN) < 0 ||
	    dns_watch(d, EPOLL_CTL_ADD, d->udp, DNS_UDP, 0, EPOLLIN) < 0 ||
	    dns_watch(d, EPOLL_CTL_ADD, d->tcp, DNS_TCP, 0, EPOLLIN) < 0)
		return err_sys(err, errno, "wait for questions about names");
	return 0;
}

int dns_open(const struct net_policy *p, struct dns **ret, struct err *err)
{
	struct dns *d = mem_alloc(sizeof(*d));
	int r;

	if (!d)
		return err_oom(err);
	d->policy = p;
	d->epoll = d->timer = d->udp = d->tcp = FD_NONE;
	d->udp_on = d->tcp_on = true;
	d->tokens = DNS_BURST;
	r = open_all(d, err);
	if (r < 0) {
		dns_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

int dns_fd(const struct dns *d)
{
	return d->epoll;
}

const struct dns_counters *dns_counters(const struct dns *d)
{
	return &d->counters;
}

void dns_close(struct dns *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < DNS_QUESTIONS; i++)
		if (d->questions[i].used)
			free_question(d, &d->questions[i]);
	for (size_t i = 0; i < DNS_CONNECTIONS; i++)
		if (d->connections[i].used)
			dns_tcp_free(d, &d->connections[i]);
	dns_drop_fd(d, &d->udp);
	dns_drop_fd(d, &d->tcp);
	dns_drop_fd(d, &d->timer);
	if (d->epoll >= 0)
		close(d->epoll);
	free(d);
}
