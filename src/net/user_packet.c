// SPDX-License-Identifier: BSD-3-Clause
/*
 * Taking packets of a jail apart. Called by user_loop.c for what the wire's socket filter lets through
 * (user_setup.c), and trusts nothing about it. Nothing can fail: what is not understood is PACKET_OTHER.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/user_packet.h"

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void parse_transport(const uint8_t *p, uint8_t proto, struct packet *ret)
{
	const uint8_t *t = p + ret->header;
	size_t n = ret->len - ret->header;
	bool v4 = ret->src.family == AF_INET;

	if (proto == IPPROTO_TCP && n >= 20 && (t[13] & 0x12) == 0x02) {
		ret->kind = PACKET_SYN;
		ret->src.port = get16(t);
		ret->dst.port = get16(t + 2);
	} else if (n >= 8 && ((v4 && proto == IPPROTO_ICMP && t[0] == 8) ||
			      (!v4 && proto == IPPROTO_ICMPV6 && t[0] == 128))) {
		ret->kind = PACKET_ECHO;
		ret->src.port = get16(t + 4);
	}
}

void packet_parse(const uint8_t *p, size_t n, struct packet *ret)
{
	uint8_t proto;

	*ret = (struct packet){PACKET_OTHER};
	if (n >= 20 && p[0] >> 4 == 4) {
		ret->src.family = ret->dst.family = AF_INET;
		ret->header = (size_t)(p[0] & 15) * 4;
		ret->len = get16(p + 2);
		proto = p[9];
		memcpy(ret->src.ip, p + 12, 4);
		memcpy(ret->dst.ip, p + 16, 4);
		if (ret->header < 20 || get16(p + 6) & 0x3fff) /* a fragment */
			return;
	} else if (n >= 40 && p[0] >> 4 == 6) {
		ret->src.family = ret->dst.family = AF_INET6;
		ret->header = 40;
		ret->len = 40 + (size_t)get16(p + 4);
		proto = p[6];
		memcpy(ret->src.ip, p + 8, 16);
		memcpy(ret->dst.ip, p + 24, 16);
	} else {
		return;
	}
	if (ret->len > n || ret->header > ret->len)
		return;
	parse_transport(p, proto, ret);
}

size_t packet_cut(uint8_t *p, const struct packet *syn)
{
	size_t n = MIN(syn->len, syn->header + (size_t)(p[syn->header + 12] >> 4) * 4), len = n;

	if (syn->src.family == AF_INET6)
		len -= syn->header;
	/* The checksums are made anew when it is sent. */
	p[syn->src.family == AF_INET ? 2 : 4] = (uint8_t)(len >> 8);
	p[syn->src.family == AF_INET ? 3 : 5] = (uint8_t)len;
	return n;
}

uint32_t packet_sum(uint32_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t wide = sum;

	for (; n >= 4; b += 4, n -= 4) {
		uint32_t v;

		memcpy(&v, b, 4);
		wide += v;
	}
	if (n & 2) {
		uint16_t v;

		memcpy(&v, b, 2);
		wide += v;
		b += 2;
	}
	if (n & 1) {
		const uint8_t last[2] = {*b, 0};
		uint16_t v;

		memcpy(&v, last, 2);
		wide += v;
	}
	wide = (wide & 0xffffffff) + (wide >> 32);
	wide = (wide & 0xffffffff) + (wide >> 32);
	/* to 17 bits, so that adding more never overflows */
	return (uint32_t)(wide >> 16) + (uint32_t)(wide & 0xffff);
}

uint16_t packet_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
