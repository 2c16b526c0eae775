// SPDX-License-Identifier: BSD-3-Clause
/*
 * UDP and ping. Called by the loop. A flow is one source and one destination; it has an outer socket of
 * its own, connected there, and ends when nothing has come for a while. What the outer network says
 * about a datagram (nobody listens) is passed on to the jail.
 */
#include <limits.h>

#include "base/sys.h"
#include "net/user_impl.h"

enum { ROUNDS = 64, IDLE_SECONDS = 120, NAME_SECONDS = 10, PING_SECONDS = 30, PROXY_SECONDS = 10 };
enum { ROOM = 64 }; /* bytes in front of data, for the headers of what is made of it */

static void refuse(struct user *u, const struct user_key *key, int error)
{
	/* The headers of what was sent, as far as the jail's kernel looks at them. */
	bool v4 = key->src.family == AF_INET;
	size_t at = v4 ? 20 : 40, size = v4 ? 4 : 16;
	uint8_t p[48] = {v4 ? 0x45 : 0x60};

	p[v4 ? 9 : 6] = IPPROTO_UDP;
	p[v4 ? 8 : 7] = 64;
	p[v4 ? 3 : 5] = v4 ? 28 : 8;
	memcpy(p + (v4 ? 12 : 8), key->src.ip, size);
	memcpy(p + (v4 ? 12 : 8) + size, key->dst.ip, size);
	p[at] = (uint8_t)(key->src.port >> 8);
	p[at + 1] = (uint8_t)key->src.port;
	p[at + 2] = (uint8_t)(key->dst.port >> 8);
	p[at + 3] = (uint8_t)key->dst.port;
	p[at + 5] = 8;
	user_send_unreachable(u, key, p, at + 8, error);
}

static unsigned lifetime(const struct flow *f)
{
	if (f->key.proto == IPPROTO_ICMP)
		return PING_SECONDS;
	return f->key.dst.port == 53 ? NAME_SECONDS : IDLE_SECONDS;
}

/* open_outer() - the flow's outer socket, connected. Return: 0 or a negative errno. */
static int open_outer(struct user *u, struct flow *f, const struct user_end *to, int protocol)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(to, &sa);
	int r;

	f->fd[1] = user_outer(to, SOCK_DGRAM, protocol);
	u->starved |= f->fd[1] < 0;
	if (f->fd[1] < 0)
		return f->fd[1];
	r = (int)sys(SYS_connect, f->fd[1], &sa, len);
	if (r >= 0)
		r = user_watch(u, f->fd[1], EVENT_FLOW_OUT, user_index(u, f), EPOLLIN);
	return r;
}

/* @data: with ROOM bytes in front */
static void send_out(struct user *u, struct flow *f, uint8_t *data, size_t n)
{
	uint8_t header[PROXY_UDP_HEADER];
	size_t extra = f->proxied ? proxy_udp_header(&f->key.dst, header) : 0;
	long r;

	if (f->state != FLOW_OPEN) { /* until the proxy has answered; what does not fit is lost */
		if (f->half[0].pipe[1] >= 0 && n <= PIPE_BUF)
			sys(SYS_write, f->half[0].pipe[1], data, n);
		return;
	}
	memcpy(data - extra, header, extra);
	r = sys(SYS_sendto, f->fd[1], data - extra, n + extra, MSG_NOSIGNAL, NULL, 0);
	if (r >= 0) {
		u->counts->bytes_out += n;
		user_expire(u, f, lifetime(f));
	} else if (r != -EAGAIN && r != -ENOBUFS && r != -EMSGSIZE) {
		refuse(u, &f->key, (int)-r);
	}
}

/* ---- through SOCKS5: the association lives as long as its TCP connection */

static int associate(struct user *u, struct flow *f)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(&f->target, &sa);
	int r;

	f->control = user_outer(&f->target, SOCK_STREAM, 0);
	if (f->control < 0)
		return f->control;
	f->proxied = true;
	f->proxy.kind = PROXY_SOCKS5_UDP;
	f->state = FLOW_CONNECTING;
	user_expire(u, f, PROXY_SECONDS);
	if (sys(SYS_pipe2, f->half[0].pipe, O_CLOEXEC | O_NONBLOCK | O_DIRECT) < 0)
		f->half[0].pipe[0] = f->half[0].pipe[1] = FD_NONE;
	r = (int)sys(SYS_connect, f->control, &sa, len);
	if (r < 0 && r != -EINPROGRESS)
		return r;
	return user_watch(u, f->control, EVENT_CONTROL, user_index(u, f),
			  EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

/* associated() - @bound: where the proxy takes datagrams; without an address: where it is itself */
static int associated(struct user *u, struct flow *f, struct user_end *bound)
{
	static const uint8_t any[16];
	uint8_t *data = u->buf + ROOM;
	long n;
	int r;

	if (memcmp(bound->ip, any, sizeof(any)) == 0) {
		bound->family = f->target.family;
		memcpy(bound->ip, f->target.ip, sizeof(bound->ip));
	}
	f->state = FLOW_OPEN;
	user_expire(u, f, IDLE_SECONDS);
	u->counts->flows++;
	r = open_outer(u, f, bound, 0);
	if (r < 0)
		return r;
	while ((n = sys(SYS_read, f->half[0].pipe[0], data, PIPE_BUF)) > 0)
		send_out(u, f, data, (size_t)n);
	return 0;
}

/* speak() - @ours: it is our turn. Return: 0 or -errno. */
static int speak(struct user *u, struct flow *f, bool ours)
{
	struct user_end bound = {0};
	int r = user_talk(f->control, &f->proxy, &f->key.dst, ours, &bound);

	f->state = FLOW_PROXY;
	return r == 1 ? associated(u, f, &bound) : r;
}

void user_udp_control(struct user *u, struct flow *f, uint32_t events)
{
	uint8_t c;
	int r = 0;

	if (f->state == FLOW_CONNECTING) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return;
		r = -user_socket_error(f->control);
	} else if (f->state == FLOW_OPEN) { /* it has ended, or says what nobody asked */
		r = sys(SYS_recvfrom, f->control, &c, 1, 0, NULL, NULL) == -EAGAIN ? 0
										   : -ECONNRESET;
	}
	if (r == 0 && f->state != FLOW_OPEN)
		r = speak(u, f, f->state == FLOW_CONNECTING);
	if (r >= 0)
		return;
	refuse(u, &f->key, ECONNREFUSED);
	user_free(u, f);
}

/* ---- out of the jail */

/* open_flow() - the first datagram. NULL: it may not, or cannot. */
static struct flow *open_flow(struct user *u, const struct user_key *key)
{
	struct user_end target;
	enum user_action a = user_decide(u, key, &target);
	struct flow *f;
	int r;

	if (a == USER_DROP || a == USER_REJECT || a == USER_CONNECT) {
		u->counts->refused++;
		if (a != USER_DROP)
			refuse(u, key, ECONNREFUSED);
		return NULL;
	}
	f = user_new(u, key);
	if (!f)
		return NULL;
	f->target = target;
	if (a == USER_SOCKS5) {
		r = associate(u, f);
	} else {
		f->state = FLOW_OPEN;
		user_expire(u, f, lifetime(f));
		u->counts->flows++;
		r = open_outer(u, f, &target, 0);
	}
	if (r >= 0)
		return f;
	refuse(u, key, -r);
	user_free(u, f);
	return NULL;
}

static long receive(int fd, uint8_t *data, size_t room, struct user_key *key)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct sockaddr_in6)) + 64];
		struct cmsghdr align;
	} c;
	struct sockaddr_storage from, to;
	struct iovec iov = {data, room};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	long n = sys(SYS_recvmsg, fd, &m, 0);

	*key = (struct user_key){.proto = IPPROTO_UDP};
	for (struct cmsghdr *h = n < 0 ? NULL : CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		size_t size = h->cmsg_len - CMSG_LEN(0);

		if (h->cmsg_level != SOL_IP && h->cmsg_level != SOL_IPV6)
			continue;
		memcpy(&to, CMSG_DATA(h), MIN(size, sizeof(to)));
		user_from_sockaddr(&from, &key->src);
		user_from_sockaddr(&to, &key->dst);
	}
	return n;
}

void user_udp_out(struct user *u, unsigned family)
{
	uint8_t *data = u->buf + ROOM;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct user_key key;
		long n = receive(u->udp[family], data, USER_PACKET, &key);
		struct flow *f;

		if (n < 0)
			return;
		if (!key.dst.family || !user_datagram(u, 0, (size_t)n))
			continue;
		f = user_find(u, &key) ?: open_flow(u, &key);
		if (f)
			send_out(u, f, data, (size_t)n);
	}
}

/* ---- into the jail */

/* pass_in() - one datagram from outside, @n bytes at @data. */
static void pass_in(struct user *u, struct flow *f, uint8_t *data, size_t n)
{
	struct user_end from;
	size_t header = f->proxied ? proxy_udp_parse(data, n, &from) : 0;

	if (f->proxied && !header)
		return;
	u->counts->bytes_in += n - header;
	user_expire(u, f, lifetime(f));
	if (f->key.proto == IPPROTO_ICMP)
		user_send_echo(u, &f->key, data, n);
	else
		user_send_udp(u, &f->key.dst, &f->key.src, data + header, n - header);
}

/* pass_back() - what the jail answers to somebody outside. */
static void pass_back(struct user *u, struct flow *f, const uint8_t *data, size_t n)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(&f->key.src, &sa);

	if (sys(SYS_sendto, u->forwards[f->forward], data, n, MSG_NOSIGNAL, &sa, len) < 0)
		return;
	u->counts->bytes_out += n;
	user_expire(u, f, IDLE_SECONDS);
}

void user_udp_event(struct user *u, struct flow *f, unsigned side)
{
	uint8_t *data = u->buf + ROOM;

	for (unsigned i = 0; i < ROUNDS; i++) {
		long n = sys(SYS_recvfrom, f->fd[side], data, USER_PACKET, 0, NULL, NULL);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			if (f->key.proto == IPPROTO_UDP && !f->key.inwards)
				refuse(u, &f->key, (int)-n);
			return;
		}
		if (!user_datagram(u, side, (size_t)n))
			continue;
		if (f->key.inwards)
			pass_back(u, f, data, (size_t)n);
		else
			pass_in(u, f, data, (size_t)n);
	}
}

/* call() - a socket on the jail's side for somebody outside. */
static int call(struct user *u, struct flow *f)
{
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(&f->key.dst, &sa);
	int r;

	f->state = FLOW_OPEN;
	f->fd[0] = r = user_make(u, f->key.dst.family, SOCK_DGRAM);
	if (r >= 0)
		r = (int)sys(SYS_connect, f->fd[0], &sa, len);
	if (r >= 0)
		r = user_watch(u, f->fd[0], EVENT_FLOW_IN, user_index(u, f), EPOLLIN);
	return r;
}

void user_udp_forward(struct user *u, unsigned i)
{
	const struct user_forward *fw = &u->plan->forwards[i];
	uint8_t *data = u->buf + ROOM;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		struct user_key key = {.proto = IPPROTO_UDP, .inwards = true};
		long n = sys(SYS_recvfrom, u->forwards[i], data, USER_PACKET, 0, &peer, &len);
		struct flow *f;

		if (n < 0)
			return;
		if (!user_datagram(u, 1, (size_t)n))
			continue;
		user_from_sockaddr(&peer, &key.src);
		key.dst = (struct user_end){.family = fw->to.family, .port = fw->jail_port};
		memcpy(key.dst.ip, fw->to.ip, sizeof(key.dst.ip));
		f = user_find(u, &key);
		if (!f && (f = user_new(u, &key))) {
			f->forward = i;
			u->counts->flows++;
			if (call(u, f) < 0) {
				user_free(u, f);
				continue;
			}
		}
		if (!f || sys(SYS_sendto, f->fd[0], data, n, MSG_NOSIGNAL, NULL, 0) < 0)
			continue;
		u->counts->bytes_in += (uint64_t)n;
		user_expire(u, f, IDLE_SECONDS);
	}
}

/* ---- ping */

void user_ping(struct user *u, const struct user_key *key, uint8_t *echo, size_t n)
{
	const struct net_addr *gw = key->dst.family == AF_INET ? &u->plan->gw4 : &u->plan->gw6;
	bool v4 = key->dst.family == AF_INET;
	struct flow *f = user_find(u, key);
	struct user_end target;
	enum user_action a;

	if (!user_datagram(u, 0, n))
		return;
	if (!f) {
		a = user_decide(u, key, &target);
		if (a != USER_ALLOW && a != USER_REDIRECT) {
			u->counts->refused++;
			return;
		}
		if (a == USER_ALLOW && memcmp(gw->ip, key->dst.ip, sizeof(gw->ip)) == 0) {
			user_send_echo(u, key, echo, n);
			return;
		}
		f = user_new(u, key);
		if (!f)
			return;
		f->state = FLOW_OPEN;
		f->target = target;
		target.port = 0;
		u->counts->flows++;
		/* Needs net.ipv4.ping_group_range: without, nobody answers. */
		if (open_outer(u, f, &target, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) < 0) {
			user_free(u, f);
			return;
		}
	}
	user_expire(u, f, PING_SECONDS);
	sys(SYS_sendto, f->fd[1], echo, n, MSG_NOSIGNAL, NULL, 0);
}
