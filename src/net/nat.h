/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One jail's connection to the host: its interface, its address, its own policy. For net.c.
 */
#ifndef TOASTAINER_NET_NAT_H
#define TOASTAINER_NET_NAT_H

#include "net/hostnet.h"
#include "net/policy.h"
#include "net/publish.h"

#define NAT_DEVICE "eth0" /* the jail's interface, in the jail */

/* struct nat - of one launch. NAT_INIT is empty and valid. */
struct nat {
	struct hostnet host;
	struct net_addr v4, v6; /* the jail's; v6.family 0: none */
	struct net_addr *local; /* addresses of the host, when the policy has to know them; owned */
	unsigned n_local;
	uint32_t group; /* enum hostnet_group */
	int index;	/* of the host's end */
	int nft;	/* nf_tables of the host, until the jail is connected */
	struct published published;
};

#define NAT_INIT                                                                                   \
	{                                                                                          \
		.nft = FD_NONE, .published = PUBLISHED_INIT                                        \
	}

/** nat_begin() - in the host's namespace: see that its part is there, learn what is needed of it. */
int nat_begin(struct nat *n, const struct net_policy *policy, struct err *err);

/**
 * nat_rules() - in the jail's namespace, before it has an interface: what it may reach, when that is
 * not just the usual.
 */
int nat_rules(const struct nat *n, const struct net_policy *policy, struct err *err);

/**
 * nat_connect() - lease an address and make the interface.
 * @host, @jail: rtnetlink sockets in both namespaces
 * @jail_ns: descriptor of the jail's
 */
int nat_connect(struct nat *n, const struct net_plan *plan, int host, int jail, int jail_ns,
		struct err *err);

/** nat_count() - @host: rtnetlink socket in the host's namespace. Return: 0 or a negative errno. */
int nat_count(const struct nat *n, int host, struct net_count *ret);

/**
 * nat_release() - published ports are given back, what it owns is freed; harmless twice. The interface
 * goes with the jail's namespace.
 */
void nat_release(struct nat *n, const struct net_policy *policy);

#endif
