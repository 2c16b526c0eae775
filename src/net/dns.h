/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names for a jail with a routed network. The jail asks DNS_ADDRESS, on its own loopback interface.
 * What answers there is ours: sockets that were opened in the jail's network namespace, served from
 * outside. Questions go to the host's resolvers (or those of --dns), asked from the host's side. So
 * nothing has to be open between the jail and the resolvers, which often have private addresses.
 *
 * Use:
 *	dns_open()	the calling thread is in the jail's network namespace
 *	dns_fd()	into the caller's poll or epoll set, for POLLIN
 *	dns_step()	whenever it is readable; the thread is in a namespace that reaches the resolvers
 *	dns_close()	at the end: until then the sockets keep the jail's namespace alive
 *
 * A hostile jail costs its supervisor a bounded number of descriptors, bytes and questions a second;
 * beyond it, packets wait in the kernel, and are dropped there. What passes is a question with opcode
 * QUERY, nothing else; its contents are not looked at: a jail that may ask can also tell. That is what
 * `--dns none` is for.
 */
#ifndef TOASTAINER_NET_DNS_H
#define TOASTAINER_NET_DNS_H

#include "net/policy.h"

/* Where names are asked in a jail, port 53. Needs the loopback interface. */
#define DNS_ADDRESS "127.0.0.153"
#define DNS_ADDRESS_BYTES                                                                          \
	{                                                                                          \
		127, 0, 0, 153                                                                     \
	}

/* struct dns - the forwarder of one jail; opaque */
struct dns;

/* struct dns_counters - since dns_open() */
struct dns_counters {
	uint64_t asked;	   /* questions taken */
	uint64_t answered; /* answers of resolvers passed on */
	uint64_t failed;   /* no resolver answered */
	uint64_t refused;  /* not a question */
};

/**
 * dns_open() - begin to listen in the calling thread's network namespace. The interface need not be up
 * yet. The host's resolvers are not looked up before the first question.
 * @p: who is asked; its arrays must live as long as *@ret. Not with no_dns.
 */
int dns_open(const struct net_policy *p, struct dns **ret, struct err *err);

/** dns_fd() - one descriptor, readable when dns_step() has something to do, deadlines included. */
int dns_fd(const struct dns *d);

/** dns_step() - do what can be done without waiting, and not much more than a millisecond of it. */
void dns_step(struct dns *d);

/** dns_counters() - valid until dns_close(). */
const struct dns_counters *dns_counters(const struct dns *d);

/** dns_close() - NULL is fine. */
void dns_close(struct dns *d);

#endif
