/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports of the host that lead into a jail of --net nat. For nat.c and hosttable.c.
 *
 * A port is an entry of a map in the host's table, and a socket of the launcher's bound to it: so the
 * kernel says when it is taken, and nobody can take it while the jail has it. Entries are removed with
 * the jail; those of a killed launcher by the next that publishes something, and lead nowhere before:
 * packets come in only through interfaces of jails that publish (HOSTNET_PUBLISH).
 */
#ifndef TOASTAINER_NET_PUBLISH_H
#define TOASTAINER_NET_PUBLISH_H

#include "net/hostnet.h"
#include "net/policy.h"

/* struct published - of one launch. PUBLISHED_INIT: nothing */
struct published {
	int *held; /* bound sockets; owned */
	unsigned n_held;
	int nft;    /* nf_tables in the host's namespace; owned */
	bool there; /* entries were added */
};

#define PUBLISHED_INIT                                                                             \
	{                                                                                          \
		.nft = FD_NONE                                                                     \
	}

/** publish_hold() - take the ports, in the host's namespace. EADDRINUSE names the one that is taken. */
int publish_hold(struct published *p, const struct hostnet *h, const struct net_policy *policy,
		 struct err *err);

/**
 * publish_add() - let them lead to the jail.
 * @route: rtnetlink socket in the host's namespace
 */
int publish_add(struct published *p, const struct hostnet *h, int route,
		const struct net_policy *policy, const struct net_addr *v4,
		const struct net_addr *v6, struct err *err);

/** publish_end() - remove the entries, give the ports back; harmless twice. */
void publish_end(struct published *p, const struct net_policy *policy, const struct net_addr *v4,
		 const struct net_addr *v6);

/** publish_put() - the maps and the chains that use them, in the batch of the host's table. */
void publish_put(struct nl *b, const struct hostnet *h);

#endif
