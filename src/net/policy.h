/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom a jail with a network may talk to. The same settings hold for every network that toastainer
 * routes itself (--net nat, --net user): what is blocked, what is allowed nevertheless, which ports of
 * the host lead into the jail, who answers names.
 */
#ifndef TOASTAINER_NET_POLICY_H
#define TOASTAINER_NET_POLICY_H

#include "net/net.h"

/*
 * struct net_match - "CIDR[:port[-port]][/proto]": where a packet goes. With ports proto is IPPROTO_TCP
 * or IPPROTO_UDP: a setting for both has become two of these.
 */
struct net_match {
	struct net_addr to;    /* a network without bits beyond its prefix; never of family 0 */
	uint8_t proto;	       /* IPPROTO_TCP, _UDP, _ICMP, _ICMPV6; 0: any */
	struct net_ports port; /* of the destination; not given: any */
};

/* struct net_publish - "[ip:]host:jail[/udp]": a port of the host that leads into the jail */
struct net_publish {
	struct net_addr on;	       /* address of the host; family 0: all of both families */
	uint8_t proto;		       /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t host_port, jail_port; /* host byte order */
};

/*
 * struct net_policy - the order of decision for what leaves the jail, the first that matches:
 *   1. deny			refused
 *   2. except			allowed
 *   3. the blocked ranges, if block_private: net_blocked_ranges(), addresses of the host; refused
 *   4. allow			allowed
 *   5. the rest		refused if deny_rest, else allowed
 * `except` are those of --net_allow that lie in a blocked range or name one address: they say plainly
 * what they mean. A wide one, 0.0.0.0/0 for example, does not open what is blocked.
 * Answers to what was allowed, in both directions, are allowed.
 */
struct net_policy {
	const struct net_match *deny, *except, *allow;
	unsigned n_deny, n_except, n_allow;
	bool block_private;
	bool deny_rest;
	const struct net_publish *publish;
	unsigned n_publish;
	const struct net_addr *dns; /* whom names are asked; none: the host's resolvers */
	unsigned n_dns;
	bool no_dns;		    /* nobody answers names */
	uint64_t rate_out, rate_in; /* bytes a second; 0: no limit */
};

/* enum net_verdict - what net_policy_decide() says, and why */
enum net_verdict {
	NET_MAY,	   /* allowed */
	NET_DENIED,	   /* a net_deny */
	NET_BLOCKED_RANGE, /* private or special: a blocked range */
	NET_BLOCKED_HOST,  /* an address of the host */
	NET_NOT_ALLOWED,   /* the rest, with deny_rest */
};

/**
 * net_blocked_ranges() - what is not an address of the internet: private, shared, loopback, link-local
 * (with the clouds' metadata), multicast, reserved; and IPv6 forms that contain such an IPv4 address.
 * They do not overlap within a family.
 * @n: how many
 */
const struct net_addr *net_blocked_ranges(unsigned *n);

/** net_contains() - whether all of the network (or address) @inner lies in @outer. */
bool net_contains(const struct net_addr *outer, const struct net_addr *inner);

/** net_match_covers() - whether @outer matches everything that @inner does. */
bool net_match_covers(const struct net_match *outer, const struct net_match *inner);

/**
 * net_nat64() - the IPv6 network that a NAT64 gateway makes of an IPv4 one (64:ff9b::/96).
 * @v4: of family AF_INET
 */
struct net_addr net_nat64(const struct net_addr *v4);

/**
 * net_policy_decide() - the meaning of a policy, for one packet or connection that leaves the jail.
 * Who decides elsewhere, as by nf_tables rules, must come to the same.
 * @host: addresses of the host, @n_host of them
 * @to: one address (full prefix)
 * @proto: IPPROTO_*
 * @port: of the destination, host byte order; 0 for a protocol without ports
 */
enum net_verdict net_policy_decide(const struct net_policy *p, const struct net_addr *host,
				   unsigned n_host, const struct net_addr *to, uint8_t proto,
				   uint16_t port);

#endif
