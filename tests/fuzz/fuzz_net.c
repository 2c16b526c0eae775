// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the helper of a network without root reads of others: packets of a jail, answers of proxies. The
 * first byte says which. A proxy's answer is taken in pieces of any size: what comes of it may not
 * depend on them, and nothing beyond the answer may be asked for.
 */
#include <sys/socket.h>

#include "net/user_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* cut() - what is kept of a SYN is a SYN as well, between the same ends. */
static void cut(const uint8_t *data, const struct packet *syn)
{
	uint8_t copy[120];
	struct packet again;
	size_t n;

	memcpy(copy, data, MIN(syn->len, sizeof(copy)));
	n = packet_cut(copy, syn);
	if (n > syn->len || n > sizeof(copy))
		abort();
	packet_parse(copy, n, &again);
	if (n < syn->header + 20) /* a header that says it is shorter than it can be */
		return;
	if (again.kind != PACKET_SYN || again.len != n || again.header != syn->header ||
	    again.src.port != syn->src.port || again.dst.port != syn->dst.port)
		abort();
}

static void packet(const uint8_t *data, size_t size)
{
	struct packet p;

	packet_parse(data, size, &p);
	if (p.kind == PACKET_OTHER)
		return;
	if (p.len > size || p.header + 8 > p.len || p.src.family != p.dst.family)
		abort();
	if (p.kind == PACKET_SYN && p.header + 20 > p.len)
		abort();
	if (p.kind == PACKET_SYN)
		cut(data, &p);
	packet_fold(packet_sum(0, data, size));
}

/* answer() - @step: bytes at a time. Return: what the last call said; @used: bytes that it took */
static int answer(struct user_proxy *p, const uint8_t *data, size_t size, size_t step,
		  struct user_end *bound, size_t *used)
{
	int r = 0;

	*used = 0;
	while (*used < size && p->stage != PROXY_DONE) {
		size_t n = proxy_wants(p);

		if (!n)
			abort(); /* it would wait for ever */
		n = n < step ? n : step;
		n = n < size - *used ? n : size - *used;
		r = proxy_hear(p, data + *used, n, bound);
		*used += n;
		if (r < 0)
			break;
	}
	return r;
}

static void proxy(uint8_t how, const uint8_t *data, size_t size)
{
	struct user_proxy a = {.kind = how % 3}, b;
	struct user_end one = {0}, other = {0}, to = {.family = AF_INET6, .port = 443};
	char said[PROXY_SAYS];
	size_t used, again;
	int r;

	a.stage = a.kind == PROXY_CONNECT ? PROXY_REQUEST : PROXY_HELLO;
	b = a;
	if (proxy_say(&a, &to, said) > sizeof(said))
		abort();
	r = answer(&a, data, size, SIZE_MAX, &one, &used);
	if (answer(&b, data, size, 1, &other, &again) != r || a.stage != b.stage ||
	    (r >= 0 && used != again) || memcmp(&one, &other, sizeof(one)) != 0)
		abort();
}

static void datagram(const uint8_t *data, size_t size)
{
	uint8_t header[PROXY_UDP_HEADER];
	struct user_end from;
	size_t n = proxy_udp_parse(data, size, &from);

	if (n > size || (n && proxy_udp_header(&from, header) != n) ||
	    (n && memcmp(header, data, n) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (*data % 8) {
	case 0:
	case 1: packet(data + 1, size - 1); break;
	case 2: datagram(data + 1, size - 1); break;
	default: proxy(*data, data + 1, size - 1); break;
	}
	return 0;
}
