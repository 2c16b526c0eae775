// SPDX-License-Identifier: BSD-3-Clause
/*
 * Questions over TCP: one after another on a connection of the jail's, each asked on a connection of
 * its own to a resolver. Called by dns.c. What fails ends the connection, or is answered as a failure
 * of the resolvers.
 */
#include "net/dns_impl.h"

/* A client that sends byte by byte would cost us more than it. */
enum { ACCEPT_AT_ONCE = 4, WAKES = 100 };

static size_t number_of(const struct dns *d, const struct dns_connection *c)
{
	return (size_t)(c - d->connections);
}

static size_t length_in(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

void dns_tcp_free(struct dns *d, struct dns_connection *c)
{
	dns_drop_fd(d, &c->client);
	dns_drop_fd(d, &c->server);
	free(take_ptr(c->reply));
	c->used = false;
	d->n_connections--;
}

/* The state says what the client is waited for. */
static void set_state(struct dns *d, struct dns_connection *c, enum dns_state state)
{
	uint32_t events = state == DNS_READ_QUESTION ? EPOLLIN : state == DNS_ANSWER ? EPOLLOUT : 0;
	bool client = events != 0;

	c->state = state;
	c->done = c->wakes = 0;
	c->deadline_ms = d->now_ms + (client ? DNS_CLIENT_MS : 2 * DNS_WAIT_MS);
	dns_watch(d, EPOLL_CTL_MOD, c->client, DNS_CLIENT, number_of(d, c), events);
}

/*
 * transfer() - go on with reading or writing up to @n bytes.
 * Return: 1 when they are through, 0 not yet, -1 this connection is at its end.
 */
static int transfer(struct dns_connection *c, int fd, uint8_t *p, size_t n, bool out)
{
	while (c->done < n) {
		ssize_t r = out ? send(fd, p + c->done, n - c->done, MSG_NOSIGNAL | MSG_DONTWAIT)
				: recv(fd, p + c->done, n - c->done, MSG_DONTWAIT);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			return 0;
		if (r <= 0)
			return -1;
		c->done += (size_t)r;
	}
	return 1;
}

static void write_answer(struct dns *d, struct dns_connection *c)
{
	int r = transfer(c, c->client, c->reply ?: c->question, 2 + c->out, true);

	if (r < 0) {
		dns_tcp_free(d, c);
	} else if (r > 0) {
		free(take_ptr(c->reply));
		set_state(d, c, DNS_READ_QUESTION);
	}
}

static void begin_answer(struct dns *d, struct dns_connection *c)
{
	dns_drop_fd(d, &c->server);
	dns_message_set_id((c->reply ?: c->question) + 2, c->id);
	set_state(d, c, DNS_ANSWER);
	write_answer(d, c);
}

/* refuse() - the question itself, made an answer, is one. */
static void refuse(struct dns *d, struct dns_connection *c, enum dns_rcode code)
{
	free(take_ptr(c->reply));
	dns_message_refuse(c->question + 2, code);
	c->out = c->len;
	begin_answer(d, c);
}

static void ask(struct dns *d, struct dns_connection *c)
{
	const struct resolver *to;

	for (; (to = resolvers_pick(&d->resolvers, c->tries)); c->tries++) {
		c->server = resolvers_connect(to, SOCK_STREAM);
		if (c->server < 0)
			continue;
		set_state(d, c, DNS_ASK);
		if (dns_watch(d, EPOLL_CTL_ADD, c->server, DNS_SERVER, number_of(d, c), EPOLLOUT) ==
		    0)
			return;
		dns_drop_fd(d, &c->server);
	}
	d->counters.failed++;
	refuse(d, c, DNS_SERVFAIL);
}

static void ask_next(struct dns *d, struct dns_connection *c)
{
	dns_drop_fd(d, &c->server);
	free(take_ptr(c->reply));
	c->tries++;
	ask(d, c);
}

static void have_question(struct dns *d, struct dns_connection *c)
{
	c->id = dns_message_id(c->question + 2);
	switch (dns_take_token(d) ? dns_message_kind(c->question + 2, c->len) : DNS_IS_JUNK) {
	case DNS_IS_JUNK:
		d->counters.refused++;
		dns_tcp_free(d, c);
		return;
	case DNS_IS_OTHER:
		d->counters.refused++;
		refuse(d, c, DNS_NOTIMP);
		return;
	case DNS_IS_QUESTION: break;
	}
	d->counters.asked++;
	c->tries = 0;
	c->ours = dns_number(d);
	dns_message_set_id(c->question + 2, c->ours);
	resolvers_look(&d->resolvers, d->policy, d->now_ms);
	ask(d, c);
}

static void read_question(struct dns *d, struct dns_connection *c)
{
	int r = transfer(c, c->client, c->question, 2, false);

	if (r > 0) {
		c->len = length_in(c->question);
		r = c->len < DNS_HEADER || c->len > DNS_QUESTION_MAX
			    ? -1
			    : transfer(c, c->client, c->question, 2 + c->len, false);
	}
	if (r < 0)
		dns_tcp_free(d, c);
	else if (r > 0)
		have_question(d, c);
}

static void send_question(struct dns *d, struct dns_connection *c)
{
	int r = transfer(c, c->server, c->question, 2 + c->len, true);

	if (r > 0) {
		c->state = DNS_READ_ANSWER;
		c->done = 0;
		r = dns_watch(d, EPOLL_CTL_MOD, c->server, DNS_SERVER, number_of(d, c), EPOLLIN);
	}
	if (r < 0)
		ask_next(d, c);
}

static void read_answer(struct dns *d, struct dns_connection *c)
{
	int r = 1;

	if (!c->reply) {
		r = transfer(c, c->server, c->head, 2, false);
		if (r > 0) {
			c->out = length_in(c->head);
			c->reply = mem_alloc(2 + c->out);
			r = c->reply ? 1 : -1;
			if (c->reply)
				memcpy(c->reply, c->head, 2);
		}
	}
	if (r > 0)
		r = transfer(c, c->server, c->reply, 2 + c->out, false);
	if (r > 0 && !dns_message_answers(c->reply + 2, c->out, c->ours))
		r = -1;
	if (r < 0) {
		ask_next(d, c);
	} else if (r > 0) {
		d->counters.answered++;
		resolvers_worked(&d->resolvers, c->tries, d->now_ms);
		begin_answer(d, c);
	}
}

void dns_tcp_event(struct dns *d, size_t n, enum dns_event kind, uint32_t events)
{
	struct dns_connection *c = &d->connections[n];

	if (!c->used)
		return;
	if (kind == DNS_CLIENT && ++c->wakes > WAKES) {
		dns_tcp_free(d, c);
	} else if (kind == DNS_SERVER) {
		if (c->state == DNS_ASK)
			send_question(d, c);
		else if (c->state == DNS_READ_ANSWER)
			read_answer(d, c);
	} else if (c->state == DNS_READ_QUESTION) {
		read_question(d, c);
	} else if (c->state == DNS_ANSWER) {
		write_answer(d, c);
	} else if (events & (EPOLLHUP | EPOLLERR)) { /* it does not wait for the answer */
		dns_tcp_free(d, c);
	}
}

void dns_tcp_accept(struct dns *d)
{
	for (size_t i = 0, n = 0; i < DNS_CONNECTIONS && n < ACCEPT_AT_ONCE; i++) {
		struct dns_connection *c = &d->connections[i];

		if (c->used)
			continue;
		if (!d->tokens)
			return;
		c->client = accept4(d->tcp, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (c->client < 0) {
			if (errno != EAGAIN && errno != ECONNABORTED)
				d->tokens = 0; /* no descriptors: not again at once */
			return;
		}
		n++;
		dns_take_token(d);
		c->server = FD_NONE;
		c->used = true;
		d->n_connections++;
		if (dns_watch(d, EPOLL_CTL_ADD, c->client, DNS_CLIENT, i, EPOLLIN) < 0)
			dns_tcp_free(d, c);
		else
			set_state(d, c, DNS_READ_QUESTION);
	}
}

void dns_tcp_deadlines(struct dns *d)
{
	for (size_t i = 0; i < DNS_CONNECTIONS && d->n_connections; i++) {
		struct dns_connection *c = &d->connections[i];

		if (!c->used || d->now_ms < c->deadline_ms)
			continue;
		if (c->server >= 0)
			ask_next(d, c);
		else
			dns_tcp_free(d, c);
	}
}
