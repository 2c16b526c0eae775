// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a policy means: the blocked ranges and the reference decision. Called by the planner, by
 * backends that decide by themselves, and by tests that compare others with it. Nothing can fail.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/policy.h"

/* An IPv4 network, and the same behind a NAT64 gateway: 64:ff9b::a.b.c.d */
#define V4(a, b, c, d, bits)                                                                       \
	{AF_INET, bits, {a, b, c, d}},                                                             \
	{                                                                                          \
		AF_INET6, 96 + (bits),                                                             \
		{                                                                                  \
			0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d                    \
		}                                                                                  \
	}
#define V6(bits, ...)                                                                              \
	{                                                                                          \
		AF_INET6, bits,                                                                    \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/*
 * What the registries of special addresses (RFC 6890 and later) do not call globally reachable. Of
 * IPv6, only 2000::/3 is given out for the internet.
 */
static const struct net_addr blocked[] = {
	V4(0, 0, 0, 0, 8),	 /* "this network" */
	V4(10, 0, 0, 0, 8),	 /* private */
	V4(100, 64, 0, 0, 10),	 /* shared by customers of a provider */
	V4(127, 0, 0, 0, 8),	 /* loopback */
	V4(169, 254, 0, 0, 16),	 /* link-local; 169.254.169.254: metadata of clouds */
	V4(172, 16, 0, 0, 12),	 /* private */
	V4(192, 0, 0, 0, 24),	 /* protocol assignments */
	V4(192, 0, 2, 0, 24),	 /* documentation */
	V4(192, 88, 99, 0, 24),	 /* relays of 6to4 */
	V4(192, 168, 0, 0, 16),	 /* private */
	V4(198, 18, 0, 0, 15),	 /* benchmarks */
	V4(198, 51, 100, 0, 24), /* documentation */
	V4(203, 0, 113, 0, 24),	 /* documentation */
	V4(224, 0, 0, 0, 4),	 /* multicast */
	V4(240, 0, 0, 0, 4),	 /* reserved, broadcast */
	V6(10, 0),		 /* ::, ::1; IPv4 as ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d */
	V6(48, 0, 0x64, 0xff, 0x9b, 0, 1), /* NAT64 with local meaning */
	V6(9, 0, 0x80),			   /* 80::/9 to 1000::/4: not given out */
	V6(8, 1),			   /* 100::/64: discarded */
	V6(7, 2),
	V6(6, 4),
	V6(5, 8),
	V6(4, 0x10),
	V6(23, 0x20, 1),	    /* protocol assignments, Teredo (has an IPv4 address) */
	V6(32, 0x20, 1, 0xd, 0xb8), /* documentation */
	V6(16, 0x20, 2),	    /* 6to4: 2002:a.b.c.d:: */
	V6(20, 0x3f, 0xff),	    /* documentation */
	V6(2, 0x40),		    /* not given out; 5f00::/16: segment routing */
	V6(1,
	   0x80), /* fc00::/7: private, fe80::/10: link-local, ff00::/8: multicast; the rest free */
};

const struct net_addr *net_blocked_ranges(unsigned *n)
{
	*n = ARRAY_SIZE(blocked);
	return blocked;
}

bool net_contains(const struct net_addr *outer, const struct net_addr *inner)
{
	unsigned bytes = outer->prefix / 8, rest = outer->prefix % 8;

	if (outer->family != inner->family || outer->prefix > inner->prefix ||
	    memcmp(outer->ip, inner->ip, bytes) != 0)
		return false;
	return !rest || (outer->ip[bytes] ^ inner->ip[bytes]) >> (8 - rest) == 0;
}

bool net_match_covers(const struct net_match *outer, const struct net_match *inner)
{
	if (!net_contains(&outer->to, &inner->to) || (outer->proto && outer->proto != inner->proto))
		return false;
	return !outer->port.given || (inner->port.given && outer->port.first <= inner->port.first &&
				      inner->port.last <= outer->port.last);
}

struct net_addr net_nat64(const struct net_addr *v4)
{
	struct net_addr a = V6(96, 0, 0x64, 0xff, 0x9b);

	memcpy(a.ip + 12, v4->ip, 4);
	a.prefix = (uint8_t)(96 + v4->prefix);
	return a;
}

static bool in_list(const struct net_match *list, unsigned n, const struct net_match *packet)
{
	for (unsigned i = 0; i < n; i++)
		if (net_match_covers(&list[i], packet))
			return true;
	return false;
}

static bool in_ranges(const struct net_addr *ranges, unsigned n, const struct net_addr *to)
{
	for (unsigned i = 0; i < n; i++)
		if (net_contains(&ranges[i], to))
			return true;
	return false;
}

enum net_verdict net_policy_decide(const struct net_policy *p, const struct net_addr *host,
				   unsigned n_host, const struct net_addr *to, uint8_t proto,
				   uint16_t port)
{
	bool ports = proto == IPPROTO_TCP || proto == IPPROTO_UDP;
	const struct net_match packet = {*to, proto, {ports, port, port}};

	if (in_list(p->deny, p->n_deny, &packet))
		return NET_DENIED;
	if (in_list(p->except, p->n_except, &packet))
		return NET_MAY;
	if (p->block_private && in_ranges(blocked, ARRAY_SIZE(blocked), to))
		return NET_BLOCKED_RANGE;
	if (p->block_private && in_ranges(host, n_host, to))
		return NET_BLOCKED_HOST;
	if (p->deny_rest && !in_list(p->allow, p->n_allow, &packet))
		return NET_NOT_ALLOWED;
	return NET_MAY;
}
