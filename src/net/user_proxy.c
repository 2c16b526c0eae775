// SPDX-License-Identifier: BSD-3-Clause
/*
 * The client's side of SOCKS5 and HTTP CONNECT. Called by user_tcp.c and user_udp.c. An answer is read
 * byte-exact, so that what the server says afterwards stays in the socket for the jail. What is not an
 * answer is -EPROTO, and the jail's connection is refused.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "net/user_proxy.h"

enum { SOCKS_VERSION = 5, SOCKS_CONNECT = 1, SOCKS_ASSOCIATE = 3 };
enum { ATYP_IPV4 = 1, ATYP_NAME = 3, ATYP_IPV6 = 4 };

static size_t ip_size(const struct user_end *e)
{
	return e->family == AF_INET ? 4 : 16;
}

/* put_end() - ATYP, address, port. */
static size_t put_end(uint8_t *p, const struct user_end *e)
{
	size_t n = ip_size(e);

	p[0] = e->family == AF_INET ? ATYP_IPV4 : ATYP_IPV6;
	memcpy(p + 1, e->ip, n);
	p[1 + n] = (uint8_t)(e->port >> 8);
	p[2 + n] = (uint8_t)e->port;
	return n + 3;
}

/* take_end() - as put_end() made it. Return: its bytes, 0: not complete or a name. */
static size_t take_end(const uint8_t *p, size_t n, struct user_end *ret)
{
	size_t size = n < 1 ? 0 : p[0] == ATYP_IPV4 ? 4 : p[0] == ATYP_IPV6 ? 16 : 0;

	if (!size || n < size + 3)
		return 0;
	*ret = (struct user_end){.family = size == 4 ? AF_INET : AF_INET6,
				 .port = (uint16_t)(p[1 + size] << 8 | p[2 + size])};
	memcpy(ret->ip, p + 1, size);
	return size + 3;
}

size_t proxy_say(const struct user_proxy *p, const struct user_end *to, char *buf)
{
	static const struct user_end nobody = {.family = AF_INET};
	uint8_t *b = (uint8_t *)buf;
	char ip[INET6_ADDRSTRLEN];
	const char *open = to->family == AF_INET6 ? "[" : "",
		   *close = to->family == AF_INET6 ? "]" : "";

	if (p->kind == PROXY_CONNECT) {
		inet_ntop(to->family, to->ip, ip, sizeof(ip));
		return (size_t)snprintf(buf, PROXY_SAYS,
					"CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n\r\n",
					open, ip, close, to->port, open, ip, close, to->port);
	}
	b[0] = SOCKS_VERSION;
	if (p->stage == PROXY_HELLO) {
		b[1] = 1; /* one method: none */
		b[2] = 0;
		return 3;
	}
	b[1] = p->kind == PROXY_SOCKS5 ? SOCKS_CONNECT : SOCKS_ASSOCIATE;
	b[2] = 0;
	return 3 + put_end(b + 3, p->kind == PROXY_SOCKS5 ? to : &nobody);
}

/* socks_size() - bytes of the answer, as far as is known yet. */
static size_t socks_size(const struct user_proxy *p)
{
	if (p->stage == PROXY_HELLO)
		return 2;
	if (p->heard < 5)
		return 5;
	switch (p->in[3]) {
	case ATYP_IPV4: return 10;
	case ATYP_IPV6: return 22;
	case ATYP_NAME: return 7 + (size_t)p->in[4];
	default: return p->heard; /* proxy_hear() refuses it */
	}
}

size_t proxy_wants(const struct user_proxy *p)
{
	/* The end of HTTP headers is known only when it is there. */
	return p->kind == PROXY_CONNECT ? 1 : socks_size(p) - p->heard;
}

static int socks_error(uint8_t reply)
{
	switch (reply) {
	case 2: return -EACCES; /* not allowed by its rules */
	case 3: return -ENETUNREACH;
	case 4: return -EHOSTUNREACH;
	case 6: return -ETIMEDOUT; /* TTL expired */
	default: return -ECONNREFUSED;
	}
}

static int hear_socks(struct user_proxy *p, struct user_end *bound)
{
	if (p->heard >= 1 && p->in[0] != SOCKS_VERSION)
		return -EPROTO;
	if (p->stage == PROXY_HELLO) {
		if (p->heard < 2)
			return 0;
		if (p->in[1] != 0)
			return -EACCES; /* wants a password */
		p->stage = PROXY_REQUEST;
		p->heard = 0;
		return 1;
	}
	if (p->heard >= 2 && p->in[1] != 0)
		return socks_error(p->in[1]);
	if (p->heard >= 4 && p->in[3] != ATYP_IPV4 && p->in[3] != ATYP_IPV6 &&
	    p->in[3] != ATYP_NAME)
		return -EPROTO;
	if (p->heard < socks_size(p))
		return 0;
	if (p->kind == PROXY_SOCKS5_UDP && !take_end(p->in + 3, p->heard - (size_t)3, bound))
		return -EPROTO;
	p->stage = PROXY_DONE;
	return 1;
}

/* "HTTP/1.x 2..": the tunnel is there. */
static int status_of(const uint8_t *line, size_t n)
{
	if (n < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return -EPROTO;
	switch (line[9]) {
	case '2': return 0;
	case '4': return -EACCES;
	default: return -ECONNREFUSED;
	}
}

/* One byte of the answer's headers, which end with an empty line. */
static int hear_http(struct user_proxy *p, uint8_t c)
{
	if (p->heard < 12)
		p->in[p->heard++] = c;
	if (++p->line > 8192)
		return -EPROTO;
	if (c == '\n')
		p->tail++;
	else if (c != '\r')
		p->tail = 0;
	if (p->tail < 2)
		return 0;
	p->stage = PROXY_DONE;
	return status_of(p->in, p->heard) ?: 1;
}

int proxy_hear(struct user_proxy *p, const uint8_t *data, size_t n, struct user_end *bound)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (p->kind == PROXY_CONNECT) {
			r = hear_http(p, data[i]);
			continue;
		}
		if (p->heard >= sizeof(p->in))
			return -EPROTO;
		p->in[p->heard++] = data[i];
		r = hear_socks(p, bound);
	}
	return r;
}

size_t proxy_udp_header(const struct user_end *to, uint8_t buf[PROXY_UDP_HEADER])
{
	memset(buf, 0, 3); /* reserved, not a fragment */
	return 3 + put_end(buf + 3, to);
}

size_t proxy_udp_parse(const uint8_t *p, size_t n, struct user_end *from)
{
	size_t end = n < 4 || p[0] || p[1] || p[2] ? 0 : take_end(p + 3, n - 3, from);

	return end ? end + 3 : 0;
}
