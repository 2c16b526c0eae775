/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom a jail with a network may talk to. The same settings hold for every network that toastainer
 * routes itself (--net nat, --net user): what is blocked, what is allowed nevertheless, which ports of
 * the host lead into the jail, who answers names.
 */
#ifndef TOASTAINER_NET_POLICY_H
#define TOASTAINER_NET_POLICY_H

#include "net/net.h"

/* struct net_match - "CIDR[:port[-port][/proto]]": where a packet goes */
struct net_match {
	struct net_addr to;    /* a network; never of family 0 */
	uint8_t proto;	       /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP...; 0: any */
	struct net_ports port; /* of the destination; not given: any */
};

/* struct net_publish - "[ip:]host:jail[/udp]": a port of the host that leads into the jail */
struct net_publish {
	struct net_addr on;	       /* address of the host; family 0: all */
	uint8_t proto;		       /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t host_port, jail_port; /* host byte order */
};

/*
 * struct net_policy - the order of decision for a packet that leaves the jail: --net_deny, then
 * --net_allow, then the blocked ranges, then allowed.
 */
struct net_policy {
	const struct net_match *deny, *allow;
	unsigned n_deny, n_allow;
	/*
	 * The host's own addresses, private, shared, link-local, multicast and metadata ranges
	 * (net_blocked_ranges()) are refused.
	 */
	bool block_private;
	const struct net_publish *publish;
	unsigned n_publish;
	const struct net_addr *dns; /* whom names are asked; none: the host's resolvers */
	unsigned n_dns;
	uint64_t rate_out, rate_in; /* bytes a second; 0: no limit */
};

#endif
