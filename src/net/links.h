/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links, addresses and routes of a jail's network namespace. For net.c.
 */
#ifndef TOASTAINER_NET_LINKS_H
#define TOASTAINER_NET_LINKS_H

#include "net/net.h"

/* struct link_state - what is known of an interface while the jail has it */
struct link_state {
	int index;   /* in the jail's namespace; 0: not known (yet) */
	int mtu;     /* NET_MOVED: what the host had; 0: not changed */
	bool was_up; /* NET_MOVED: on the host */
};

/**
 * links_bring() - make or move the plan's interfaces into the jail's namespace.
 * @host, @jail: rtnetlink sockets in both namespaces
 * @jail_ns: descriptor of the jail's
 * @state: one for each link
 */
int links_bring(const struct net_plan *p, int host, int jail, int jail_ns, struct link_state *state,
		struct err *err);

/** links_set_up() - bring up what is in the jail's namespace, with addresses and routes. */
int links_set_up(const struct net_plan *p, int jail, const struct link_state *state,
		 struct err *err);

/**
 * links_give_back() - the moved interfaces go back, under their old names and up if they were.
 * @host_ns: descriptor of the host's namespace
 * What is not there (any more) is passed over.
 * Return: 0, or the first error; the others are tried all the same.
 */
int links_give_back(const struct net_plan *p, int host, int jail, int host_ns,
		    struct link_state *state, struct err *err);

/**
 * links_remove() - remove the jail's macvlans that would be in the way of the next ones.
 * The kernel removes a dead namespace's links some time later.
 */
void links_remove(const struct net_plan *p, int jail, const struct link_state *state);

/** links_must_go() - whether links_remove() has something to do. */
bool links_must_go(const struct net_plan *p);

#endif
