// SPDX-License-Identifier: BSD-3-Clause
/*
 * Packets that the helper makes for the jail: answers that the kernel would have given had the jail
 * been connected directly, and datagrams whose source is not ours. They leave through raw sockets on
 * the other end of the jail's wire. A packet that does not fit anywhere is lost, as packets are.
 */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "base/sys.h"
#include "net/user_impl.h"
#include "net/user_packet.h"

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static size_t ip_size(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* put_ip() - a header for @n bytes of payload. Return: its size. */
static size_t put_ip(uint8_t *p, const struct user_end *from, const struct user_end *to,
		     uint8_t proto, size_t n)
{
	if (from->family == AF_INET) {
		memset(p, 0, 20);
		p[0] = 0x45;
		put16(p + 2, (uint16_t)(20 + n));
		p[8] = 64;
		p[9] = proto;
		memcpy(p + 12, from->ip, 4);
		memcpy(p + 16, to->ip, 4);
		return 20; /* the kernel adds the checksum (raw(7)) */
	}
	memset(p, 0, 8);
	p[0] = 0x60;
	put16(p + 4, (uint16_t)n);
	p[6] = proto;
	p[7] = 64;
	memcpy(p + 8, from->ip, 16);
	memcpy(p + 24, to->ip, 16);
	return 40;
}

/* checksum() - of a payload with the pseudo header; the field in it is zero */
static uint16_t checksum(const struct user_end *from, const struct user_end *to, uint8_t proto,
			 const uint8_t *p, size_t n)
{
	uint8_t pseudo[8];
	uint32_t sum = packet_sum(0, from->ip, ip_size(from->family));
	uint16_t r;

	put32(pseudo, (uint32_t)n);
	put32(pseudo + 4, proto);
	sum = packet_sum(sum, to->ip, ip_size(to->family));
	sum = packet_sum(sum, pseudo, sizeof(pseudo));
	r = packet_fold(packet_sum(sum, p, n));
	return r ?: 0xffff;
}

static void send_raw(struct user *u, const struct user_end *to, const void *p, size_t n)
{
	const struct user_end port0 = {.family = to->family};
	struct user_end dst = port0;
	struct sockaddr_storage sa;
	socklen_t len;

	memcpy(dst.ip, to->ip, sizeof(dst.ip));
	len = user_sockaddr(&dst, &sa);
	sys(SYS_sendto, u->raw[user_family(to->family)], p, n, MSG_DONTWAIT | MSG_NOSIGNAL, &sa,
	    len);
}

void user_send_syn(struct user *u, const struct flow *f)
{
	uint8_t p[USER_HEADERS];
	struct packet parsed;
	uint16_t sum;
	uint8_t *t;

	memcpy(p, f->packet, f->len);
	packet_parse(p, f->len, &parsed);
	if (parsed.kind != PACKET_SYN)
		return;
	t = p + parsed.header;
	/* The jail's kernel leaves the checksum to the hardware, which is us. */
	put16(t + 16, 0);
	sum = checksum(&f->key.src, &f->key.dst, IPPROTO_TCP, t, f->len - parsed.header);
	memcpy(t + 16, &sum, 2);
	send_raw(u, &f->key.dst, p, f->len);
}

void user_send_reset(struct user *u, const struct user_key *key, const uint8_t *packet, size_t n)
{
	uint8_t p[60], *t;
	struct packet syn;
	uint16_t sum;
	uint32_t seq;

	packet_parse(packet, n, &syn);
	if (syn.kind != PACKET_SYN)
		return;
	memcpy(&seq, packet + syn.header + 4, 4);
	t = p + put_ip(p, &key->dst, &key->src, IPPROTO_TCP, 20);
	memset(t, 0, 20);
	put16(t, key->dst.port);
	put16(t + 2, key->src.port);
	put32(t + 8, ntohl(seq) + 1);
	t[12] = 5 << 4;
	t[13] = 0x14; /* RST, ACK */
	sum = checksum(&key->dst, &key->src, IPPROTO_TCP, t, 20);
	memcpy(t + 16, &sum, 2);
	send_raw(u, &key->src, p, (size_t)(t + 20 - p));
}

/* Which message makes the jail's kernel report @error. */
static void unreachable_code(uint8_t family, int error, uint8_t *type, uint8_t *code)
{
	bool v4 = family == AF_INET;

	*type = v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
	switch (error) {
	case ENETUNREACH: *code = v4 ? ICMP_NET_UNREACH : ICMP6_DST_UNREACH_NOROUTE; break;
	case ECONNREFUSED: *code = v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT; break;
	case EACCES:
	case EPERM: *code = v4 ? ICMP_PKT_FILTERED : ICMP6_DST_UNREACH_ADMIN; break;
	default: *code = v4 ? ICMP_HOST_UNREACH : ICMP6_DST_UNREACH_ADDR; break;
	}
}

void user_send_unreachable(struct user *u, const struct user_key *key, const uint8_t *packet,
			   size_t n, int error)
{
	const struct net_addr *gw = key->src.family == AF_INET ? &u->plan->gw4 : &u->plan->gw6;
	uint8_t p[48 + USER_HEADERS], *t;
	struct user_end from = {.family = key->src.family};
	uint8_t proto = from.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, type, code;
	uint16_t sum;

	memcpy(from.ip, gw->ip, sizeof(from.ip));
	n = MIN(n, (size_t)USER_HEADERS);
	unreachable_code(from.family, error, &type, &code);
	t = p + put_ip(p, &from, &key->src, proto, 8 + n);
	memset(t, 0, 8);
	t[0] = type;
	t[1] = code;
	memcpy(t + 8, packet, n);
	sum = from.family == AF_INET ? packet_fold(packet_sum(0, t, 8 + n))
				     : checksum(&from, &key->src, proto, t, 8 + n);
	memcpy(t + 2, &sum, 2);
	send_raw(u, &key->src, p, (size_t)(t + 8 + n - p));
}

/* @data: with 48 bytes of room in front of it */
void user_send_udp(struct user *u, const struct user_end *from, const struct user_end *to,
		   uint8_t *data, size_t n)
{
	uint8_t *t = data - 8, *p = t - (from->family == AF_INET ? 20 : 40);

	if (n + 8 + 20 > 65535)
		return;
	put16(t, from->port);
	put16(t + 2, to->port);
	put16(t + 4, (uint16_t)(n + 8));
	put16(t + 6, 0);
	memcpy(t + 6, &(uint16_t){checksum(from, to, IPPROTO_UDP, t, n + 8)}, 2);
	put_ip(p, from, to, IPPROTO_UDP, n + 8);
	send_raw(u, to, p, (size_t)(data + n - p));
}

/* @data: an answer from its ICMP header on, with 40 bytes of room in front of it */
void user_send_echo(struct user *u, const struct user_key *key, uint8_t *data, size_t n)
{
	bool v4 = key->src.family == AF_INET;
	uint8_t proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, *p = data - (v4 ? 20 : 40);
	uint16_t sum;

	if (n < 8 || n + 20 > 65535)
		return;
	data[0] = v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	data[1] = 0;
	put16(data + 2, 0);
	put16(data + 4, key->src.port);
	sum = v4 ? packet_fold(packet_sum(0, data, n))
		 : checksum(&key->dst, &key->src, proto, data, n);
	memcpy(data + 2, &sum, 2);
	put_ip(p, &key->dst, &key->src, proto, n);
	send_raw(u, &key->src, p, (size_t)(data + n - p));
}

socklen_t user_sockaddr(const struct user_end *e, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (e->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(e->port);
		memcpy(&in->sin_addr, e->ip, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(e->port);
	memcpy(&in6->sin6_addr, e->ip, 16);
	return sizeof(*in6);
}

void user_from_sockaddr(const struct sockaddr_storage *s, struct user_end *ret)
{
	*ret = (struct user_end){.family = (uint8_t)s->ss_family};
	if (s->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)s;

		ret->port = ntohs(in->sin_port);
		memcpy(ret->ip, &in->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)s;

		ret->port = ntohs(in6->sin6_port);
		memcpy(ret->ip, &in6->sin6_addr, 16);
	}
}
