// SPDX-License-Identifier: BSD-3-Clause
/*
 * What becomes of what a jail begins. Called for every connection, and for the first packet of every
 * UDP flow and ping. This is the only place that lets something out, and it looks at nothing but the
 * destination, the protocol and the source: whatever a jail does to its interfaces comes down to these.
 */
#include <linux/rtnetlink.h>

#include "base/sys.h"
#include "net/netlink.h"
#include "net/user_impl.h"

static bool addr_matches(const struct net_addr *a, const struct user_end *e)
{
	struct net_addr one = {.family = e->family, .prefix = e->family == AF_INET ? 32 : 128};

	memcpy(one.ip, e->ip, sizeof(one.ip));
	return !a->family || net_contains(a, &one);
}

static bool port_matches(const struct net_ports *p, uint16_t port)
{
	return !p->given || (port >= p->first && port <= p->last);
}

static bool matches(const struct user_rule *r, const struct user_key *key)
{
	if (r->family != key->src.family || (r->proto && r->proto != key->proto))
		return false;
	/* Ping has no ports: a rule with some is not about it. */
	if (key->proto == IPPROTO_ICMP && (r->sport.given || r->dport.given))
		return false;
	return addr_matches(&r->src, &key->src) && addr_matches(&r->dst, &key->dst) &&
	       port_matches(&r->sport, key->src.port) && port_matches(&r->dport, key->dst.port);
}

static bool is_gateway(const struct user_plan *p, const struct user_end *e)
{
	const struct net_addr *gw = e->family == AF_INET ? &p->gw4 : &p->gw6;

	return gw->family == e->family && memcmp(gw->ip, e->ip, sizeof(e->ip)) == 0;
}

static bool is_loopback(const struct user_end *e)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (e->family == AF_INET)
		return e->ip[0] == 127 || e->ip[0] == 0;
	if (memcmp(e->ip, mapped, sizeof(mapped)) == 0)
		return e->ip[12] == 127 || e->ip[12] == 0;
	return memcmp(e->ip, &in6addr_loopback, 16) == 0 || memcmp(e->ip, &in6addr_any, 16) == 0;
}

/* is_hosts() - whether the host's routing table calls an address its own, as it is now. */
static bool is_hosts(struct user *u, const struct user_end *e)
{
	const struct rtmsg head = {.rtm_family = e->family,
				   .rtm_dst_len = e->family == AF_INET ? 32 : 128};
	char buf[1024] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	const struct nlmsghdr *h = (const void *)buf;
	const struct rtmsg *answer = NLMSG_DATA(h);
	long n;

	nl_begin(&b, RTM_GETROUTE, 0, 0);
	nl_put(&b, &head, sizeof(head));
	nl_attr(&b, RTA_DST, e->ip, e->family == AF_INET ? 4 : 16);
	if (sys(SYS_sendto, u->route, b.buf, b.n, 0, NULL, 0) < 0)
		return true;
	n = sys(SYS_recvfrom, u->route, buf, sizeof(buf), 0, NULL, NULL);
	if (n < (long)NLMSG_LENGTH(sizeof(struct rtmsg)))
		return true; /* not known: better not */
	/* An error is an address without a route. */
	return h->nlmsg_type == RTM_NEWROUTE && answer->rtm_type != RTN_UNICAST;
}

/* by_policy() - what no rule decides. */
static enum user_action by_policy(struct user *u, const struct user_key *key)
{
	const struct net_policy *p = u->plan->policy;
	struct net_addr to = {.family = key->dst.family,
			      .prefix = key->dst.family == AF_INET ? 32 : 128};
	uint8_t proto =
		key->proto == IPPROTO_ICMP && to.family == AF_INET6 ? IPPROTO_ICMPV6 : key->proto;
	bool own;

	if (!p)
		return USER_ALLOW;
	memcpy(to.ip, key->dst.ip, sizeof(to.ip));
	own = p->block_private && is_hosts(u, &key->dst);
	return net_policy_decide(p, &to, own, &to, proto, key->dst.port) == NET_MAY ? USER_ALLOW
										    : USER_REJECT;
}

static void redirect(const struct net_addr *to, uint16_t port, struct user_end *target)
{
	if (to->family) {
		target->family = to->family;
		memcpy(target->ip, to->ip, sizeof(target->ip));
	}
	if (port)
		target->port = port;
}

/* at_gateway() - the gateway is us: it answers pings, and with nsjail's settings it is the host. */
static enum user_action at_gateway(struct user *u, const struct user_key *key,
				   struct user_end *target)
{
	const struct user_plan *p = u->plan;

	if (key->proto == IPPROTO_ICMP)
		return USER_ALLOW; /* user_ping() answers itself */
	if (!p->gateway_is_host)
		return USER_REJECT;
	memset(target->ip, 0, sizeof(target->ip));
	if (target->family == AF_INET)
		memcpy(target->ip, (const uint8_t[]){127, 0, 0, 1}, 4);
	else
		target->ip[15] = 1;
	return USER_ALLOW;
}

enum user_action user_decide(struct user *u, const struct user_key *key, struct user_end *target)
{
	const struct user_plan *p = u->plan;
	enum user_action a = USER_ACTIONS;

	*target = key->dst;
	/* Only a forged packet says so: the host would take it for IPv4, to which other rules apply. */
	if (key->dst.family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)key->dst.ip))
		return USER_REJECT;
	for (unsigned i = 0; i < p->n_rules && a == USER_ACTIONS; i++) {
		const struct user_rule *r = &p->rules[i];

		if (!matches(r, key))
			continue;
		a = r->action;
		if (a == USER_REDIRECT || a == USER_SOCKS5 || a == USER_CONNECT) {
			redirect(&r->to, r->to_port, target);
			return a; /* somebody said where to, in so many words */
		}
	}
	if (a == USER_ACTIONS && !is_gateway(p, &key->dst))
		a = by_policy(u, key);
	if (a == USER_DROP || a == USER_REJECT)
		return a;
	if (is_gateway(p, &key->dst))
		return at_gateway(u, key, target);
	/* A forged packet: the jail's own loopback never comes here, and the host's is not for it. */
	return is_loopback(&key->dst) ? USER_REJECT : USER_ALLOW;
}
