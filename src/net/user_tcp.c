// SPDX-License-Identifier: BSD-3-Clause
/*
 * TCP. Called by the loop. A jail's SYN is held until the outer connection is there, or has failed: so
 * the jail sees what it would see directly, at the time at which it would. Then the SYN is sent on to
 * our own listening socket, and what that accepts is joined to the outer connection.
 *
 *	CONNECTING -> [PROXY ->] ANSWERING -> OPEN		out of the jail
 *	CALLING -> OPEN						into it
 *
 * An open flow is two halves, each with a pipe while bytes are under way (splice(2)): they are not
 * copied, and a slow reader stops the other end as its own window would.
 */
#include <netinet/tcp.h>

#include "base/sys.h"
#include "net/user_impl.h"

enum { ANSWER_SECONDS = 30, CONNECT_SECONDS = 150, ROUNDS = 8 };
enum { WATCHED = (int)(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLET) };

/* ---- the beginning */

static void no_delay(int fd)
{
	const int on = 1;

	sys(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void user_urgent_inline(int fd)
{
	const int on = 1;

	sys(SYS_setsockopt, fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

/* refuse() - tell the jail why there is no connection; @error: positive errno */
static void refuse(struct user *u, const struct user_key *key, const uint8_t *packet, size_t n,
		   int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EPROTO: user_send_reset(u, key, packet, n); break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
	case EACCES:
	case EPERM: user_send_unreachable(u, key, packet, n, error); break;
	default: break; /* its own time will run out as ours did */
	}
}

static void failed(struct user *u, struct flow *f, int error)
{
	refuse(u, &f->key, f->packet, f->len, error);
	user_free(u, f);
}

int user_outer(const struct user_end *to, int type, int protocol)
{
	return (int)sys(SYS_socket, to->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

/* dial() - the outer connection. Return: 0 or a negative errno. */
static int dial(struct user *u, struct flow *f, const struct user_end *to)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(to, &sa);
	int fd = user_outer(to, SOCK_STREAM, 0), r;

	u->starved |= fd < 0;
	if (fd < 0)
		return fd;
	f->fd[1] = fd;
	user_urgent_inline(fd);
	no_delay(fd);
	r = (int)sys(SYS_connect, fd, &sa, len);
	if (r < 0 && r != -EINPROGRESS)
		return r;
	return user_watch(u, fd, EVENT_FLOW_OUT, user_index(u, f), WATCHED);
}

/* same_syn() - by its sequence number alone: one that is sent again may have other options. */
static bool same_syn(const struct flow *f, const uint8_t *packet)
{
	size_t sequence = (f->key.src.family == AF_INET ? (size_t)(packet[0] & 15) * 4 : 40) + 4;

	return memcmp(f->packet + sequence, packet + sequence, 4) == 0;
}

static void store_syn(struct flow *f, const uint8_t *packet, size_t n)
{
	f->len = (uint16_t)MIN(n, sizeof(f->packet));
	memcpy(f->packet, packet, f->len);
}

void user_tcp_syn(struct user *u, const struct user_key *key, const uint8_t *packet, size_t n)
{
	struct flow *f = user_find(u, key);
	struct user_end target;
	enum user_action a;
	int r;

	/* Another one of the same connection, or the next of the same port: that one is answered then. */
	if (f && f->state != FLOW_OPEN && f->state != FLOW_CALLING && !same_syn(f, packet))
		store_syn(f, packet, n);
	if (f && f->state == FLOW_ANSWERING)
		user_send_syn(u, f);
	if (f && (f->state != FLOW_OPEN || same_syn(f, packet)))
		return; /* again, since nobody had answered */
	if (f)
		user_free(u, f); /* the jail has given that connection up, and begins another */
	a = user_decide(u, key, &target);
	if (a == USER_DROP || a == USER_REJECT) {
		u->counts->refused++;
		if (a == USER_REJECT)
			user_send_reset(u, key, packet, n);
		return;
	}
	f = user_new(u, key);
	if (!f)
		return;
	f->state = FLOW_CONNECTING;
	f->target = target;
	f->proxy.kind = a == USER_CONNECT ? PROXY_CONNECT : PROXY_SOCKS5;
	f->proxy.stage = a == USER_CONNECT ? PROXY_REQUEST : PROXY_HELLO;
	f->proxied = a == USER_SOCKS5 || a == USER_CONNECT;
	store_syn(f, packet, n);
	user_expire(u, f, CONNECT_SECONDS);
	r = dial(u, f, &target);
	if (r < 0)
		failed(u, f, -r);
}

/* ---- the outer connection is there */

static void answer(struct user *u, struct flow *f)
{
	f->state = FLOW_ANSWERING;
	user_expire(u, f, ANSWER_SECONDS);
	user_send_syn(u, f);
}

int user_talk(int fd, struct user_proxy *p, const struct user_end *to, bool ours,
	      struct user_end *bound)
{
	uint8_t data[PROXY_SAYS];
	int r = ours;
	long n;

	for (;;) {
		if (r == 1) {
			n = (long)proxy_say(p, to, (char *)data);
			/* The first bytes on a new connection: they fit. */
			if (sys(SYS_sendto, fd, data, n, MSG_NOSIGNAL, NULL, 0) != n)
				return -ECONNREFUSED;
		}
		n = sys(SYS_recvfrom, fd, data, MIN(proxy_wants(p), sizeof(data)), 0, NULL, NULL);
		if (n == -EAGAIN)
			return 0;
		r = n <= 0 ? -ECONNREFUSED : proxy_hear(p, data, (size_t)n, bound);
		if (r < 0 || (r == 1 && p->stage == PROXY_DONE))
			return r;
	}
}

static void proxy_step(struct user *u, struct flow *f, bool ours)
{
	struct user_end bound;
	int r = user_talk(f->fd[1], &f->proxy, &f->key.dst, ours, &bound);

	if (r < 0)
		failed(u, f, -r);
	else if (r == 1)
		answer(u, f);
}

int user_socket_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	sys(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static void connected(struct user *u, struct flow *f, uint32_t events)
{
	int error;

	if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
		return;
	error = user_socket_error(f->fd[1]);
	if (error) {
		failed(u, f, error);
	} else if (f->proxied) {
		f->state = FLOW_PROXY;
		proxy_step(u, f, true);
	} else {
		answer(u, f);
	}
}

/* ---- the jail's end is there */

static void join(struct user *u, struct flow *f)
{
	f->state = FLOW_OPEN;
	user_expire(u, f, 0);
	u->counts->connections++;
	user_tcp_pump(u, f);
}

void user_tcp_accept(struct user *u, unsigned family)
{
	for (;;) {
		struct sockaddr_storage peer, self;
		socklen_t peer_len = sizeof(peer), self_len = sizeof(self);
		struct user_key key = {.proto = IPPROTO_TCP};
		struct flow *f;
		int fd = (int)sys(SYS_accept4, u->tcp[family], &peer, &peer_len,
				  SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd == -ECONNABORTED)
			continue;
		u->starved |= fd < 0 && fd != -EAGAIN;
		if (fd < 0)
			return;
		sys(SYS_getsockname, fd, &self, &self_len);
		user_from_sockaddr(&peer, &key.src);
		user_from_sockaddr(&self, &key.dst);
		f = user_find(u, &key);
		if (!f || f->state != FLOW_ANSWERING) {
			sys_close(fd); /* nothing that we let through */
			continue;
		}
		f->fd[0] = fd;
		no_delay(fd);
		if (user_watch(u, fd, EVENT_FLOW_IN, user_index(u, f), WATCHED) < 0)
			user_free(u, f);
		else
			join(u, f);
	}
}

/* ---- bytes */

/* reset() - the connection ends as it did on the other side: at once. */
static void reset(struct user *u, struct flow *f)
{
	const struct linger hard = {.l_onoff = 1};

	for (unsigned i = 0; i < 2; i++)
		if (f->fd[i] >= 0)
			sys(SYS_setsockopt, f->fd[i], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	user_free(u, f);
}

static bool take_pipe(struct user *u, struct half *h)
{
	if (h->pipe[0] >= 0)
		return true;
	if (u->n_pipes) {
		memcpy(h->pipe, u->pipes[--u->n_pipes], sizeof(h->pipe));
		return true;
	}
	if (sys(SYS_pipe2, h->pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
		h->pipe[0] = h->pipe[1] = FD_NONE;
		return false;
	}
	sys(SYS_fcntl, h->pipe[1], F_SETPIPE_SZ, USER_PIPE); /* less will do */
	return true;
}

static void leave_pipe(struct user *u, struct half *h)
{
	if (h->pipe[0] < 0 || h->pending)
		return;
	if (u->n_pipes < USER_PIPES) {
		memcpy(u->pipes[u->n_pipes++], h->pipe, sizeof(h->pipe));
	} else {
		sys_close(h->pipe[0]);
		sys_close(h->pipe[1]);
	}
	h->pipe[0] = h->pipe[1] = FD_NONE;
}

void user_tcp_drop_pipes(struct user *u)
{
	while (u->n_pipes) {
		u->n_pipes--;
		sys_close(u->pipes[u->n_pipes][0]);
		sys_close(u->pipes[u->n_pipes][1]);
	}
}

/*
 * take() - bytes into the pipe, @room at most. splice(2) stops in front of an urgent byte (MSG_OOB), where
 * it finds nothing, or the end: that byte goes on by itself, urgent as it came.
 * Return: as splice(2); -EINPROGRESS: such a byte has gone on
 */
static long take(struct user *u, struct flow *f, unsigned from, size_t room)
{
	const unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
	struct half *h = &f->half[from];
	int in = f->fd[from];
	char c;
	long n = sys(SYS_splice, in, NULL, h->pipe[1], NULL, room, flags);

	if (n != 0 && (n != -EAGAIN || !h->urgent))
		return n;
	if (sys(SYS_recvfrom, in, &c, 1, MSG_PEEK, NULL, NULL) != 1)
		return n;
	/* What came just now is spliced; what is urgent is not. */
	n = sys(SYS_splice, in, NULL, h->pipe[1], NULL, room, flags);
	if (n != 0 && n != -EAGAIN)
		return n;
	n = sys(SYS_sendto, f->fd[!from], &c, 1, MSG_OOB | MSG_NOSIGNAL, NULL, 0);
	if (n < 0)
		return n;
	sys(SYS_recvfrom, in, &c, 1, 0, NULL, NULL);
	*(from ? &u->counts->bytes_in : &u->counts->bytes_out) += 1;
	return -EINPROGRESS;
}

enum moved { MOVED_ALL, MOVED_MORE, MOVED_LATER, MOVED_BROKEN };

/*
 * move() - one half, as far as both ends allow. MOVED_MORE: stopped so that others have their turn;
 * MOVED_LATER: because of the rate, or of descriptors.
 */
static enum moved move(struct user *u, struct flow *f, unsigned from)
{
	struct half *h = &f->half[from];
	int out = f->fd[!from];
	const unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;

	for (unsigned round = 0; round < ROUNDS; round++) {
		long n;

		if (!h->pending && !h->eof) {
			size_t room = MIN(user_room(u, from), (size_t)USER_PIPE);

			if (!room)
				return MOVED_LATER;
			if (!take_pipe(u, h)) {
				u->starved = true;
				return MOVED_LATER;
			}
			n = take(u, f, from, room);
			if (n == -EINPROGRESS) {
				user_passed(u, from, 1);
				if (round + 1 == ROUNDS)
					return MOVED_MORE;
				continue;
			}
			if (n < 0 && n != -EAGAIN)
				return MOVED_BROKEN;
			h->eof = n == 0;
			h->pending = n > 0 ? (size_t)n : 0;
			user_passed(u, from, h->pending);
		}
		if (!h->pending)
			break;
		n = sys(SYS_splice, h->pipe[0], NULL, out, NULL, h->pending, flags);
		if (n < 0 && n != -EAGAIN)
			return MOVED_BROKEN;
		if (n <= 0)
			return MOVED_ALL;
		h->pending -= (size_t)n;
		if (from == 0)
			u->counts->bytes_out += (uint64_t)n;
		else
			u->counts->bytes_in += (uint64_t)n;
		if (round + 1 == ROUNDS)
			return MOVED_MORE;
	}
	leave_pipe(u, h);
	if (h->eof && !h->ended) {
		h->ended = true;
		sys(SYS_shutdown, out, SHUT_WR);
	}
	return MOVED_ALL;
}

void user_tcp_pump(struct user *u, struct flow *f)
{
	/* Both, also when one is broken: what was sent before arrives, as it would directly. */
	enum moved a = move(u, f, 0), b = move(u, f, 1);

	if (a == MOVED_BROKEN || b == MOVED_BROKEN)
		reset(u, f);
	else if (f->half[0].ended && f->half[1].ended)
		user_free(u, f);
	else if (a != MOVED_ALL || b != MOVED_ALL)
		user_busy(u, f, a == MOVED_MORE || b == MOVED_MORE);
}

void user_tcp_event(struct user *u, struct flow *f, unsigned side, uint32_t events)
{
	f->half[side].urgent |= (events & EPOLLPRI) != 0;
	switch (f->state) {
	case FLOW_CONNECTING: connected(u, f, events); break;
	case FLOW_PROXY: proxy_step(u, f, false); break;
	case FLOW_ANSWERING: break; /* what it says waits until the jail listens */
	case FLOW_OPEN:
		if (!f->busy || events & EPOLLERR) /* else it waits for its turn */
			user_tcp_pump(u, f);
		if (f->state == FLOW_OPEN && events & EPOLLERR && user_socket_error(f->fd[side]))
			reset(u, f);
		break;
	case FLOW_CALLING:
		if (side == 0 && events & (EPOLLERR | EPOLLHUP))
			reset(u, f);
		else if (side == 0 && events & EPOLLOUT)
			join(u, f);
		break;
	case FLOW_FREE: break;
	}
}

/* ---- into the jail */

/* call() - the connection into the jail, for one that came to a forward. Return: 0 or -errno. */
static int call(struct user *u, struct flow *f, int out)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(&f->key.dst, &sa);
	int in = user_make(u, f->key.dst.family, SOCK_STREAM), r;

	f->state = FLOW_CALLING;
	f->fd[0] = in;
	f->fd[1] = out;
	if (in < 0)
		return in;
	user_expire(u, f, CONNECT_SECONDS);
	user_urgent_inline(in);
	no_delay(in);
	no_delay(out);
	r = (int)sys(SYS_connect, in, &sa, len);
	if (r < 0 && r != -EINPROGRESS)
		return r;
	r = user_watch(u, in, EVENT_FLOW_IN, user_index(u, f), WATCHED);
	if (r >= 0)
		r = user_watch(u, out, EVENT_FLOW_OUT, user_index(u, f), WATCHED);
	return r;
}

void user_tcp_forward(struct user *u, unsigned i)
{
	const struct user_forward *fw = &u->plan->forwards[i];

	for (;;) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		struct user_key key = {.proto = IPPROTO_TCP, .inwards = true};
		int out = (int)sys(SYS_accept4, u->forwards[i], &peer, &len,
				   SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct flow *f;

		if (out == -ECONNABORTED)
			continue;
		u->starved |= out < 0 && out != -EAGAIN;
		if (out < 0)
			return;
		user_from_sockaddr(&peer, &key.src);
		key.dst = (struct user_end){.family = fw->to.family, .port = fw->jail_port};
		memcpy(key.dst.ip, fw->to.ip, sizeof(key.dst.ip));
		f = user_find(u, &key) ? NULL : user_new(u, &key);
		if (!f)
			sys_close(out);
		else if (call(u, f, out) < 0)
			reset(u, f);
	}
}
