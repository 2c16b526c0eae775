/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network without privileges: every connection of the jail ends in a helper process of ours, which
 * decides about it and opens another one, as an ordinary program of the caller's.
 */
#ifndef TOASTAINER_NET_USER_H
#define TOASTAINER_NET_USER_H

#include "net/policy.h"

/* What becomes of a connection, or of the first packet of a flow. */
enum user_action {
	USER_DROP,   /* no answer */
	USER_REJECT, /* refused at once */
	USER_ALLOW,
	USER_REDIRECT, /* to somebody else */
	USER_SOCKS5,   /* through a proxy (RFC 1928) */
	USER_CONNECT,  /* through an HTTP proxy's CONNECT */
	USER_ACTIONS
};

/* struct user_rule - the first that matches decides; what none matches is for the policy */
struct user_rule {
	uint8_t family;
	uint8_t proto; /* IPPROTO_TCP, _UDP, _ICMP (of either family); 0: any */
	enum user_action action;
	struct net_addr src, dst; /* family 0: any */
	struct net_ports sport, dport;
	struct net_addr
		to;	  /* redirect: where to, family 0: as it was; proxies: where the proxy is */
	uint16_t to_port; /* host byte order; 0: as it was */
};

/* struct user_forward - a port of the host that leads into the jail */
struct user_forward {
	struct net_addr on; /* address of the host */
	struct net_addr to; /* of the jail */
	uint8_t proto;	    /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t host_port, jail_port;
};

struct user_plan {
	char name[IFNAMSIZ];		    /* of the jail's interface */
	struct net_addr ip4, gw4, ip6, gw6; /* family 0: without it */
	const struct user_rule *rules;
	unsigned n_rules;
	const struct user_forward *forwards;
	unsigned n_forwards;
	const struct net_policy *policy; /* for what no rule decides; NULL: all is allowed */
	bool gateway_is_host;		 /* the gateways' addresses lead to the host's loopback */
	bool names;			 /* names are answered in the jail (dns.h); with a policy */
	char *const *
		pasta; /* arguments of pasta(1), which does all of it, but its last; NULL: our own */
};

/* struct user_counts - what went through */
struct user_counts {
	uint64_t bytes_out, bytes_in; /* payload; out: from the jail */
	uint64_t connections;	      /* TCP, both directions */
	uint64_t flows;		      /* UDP and ping */
	uint64_t refused;	      /* by a rule or the policy */
};

/* struct user_run - the network of one launch; opaque */
struct user_run;

/**
 * user_start() - start the helper. It prepares what needs no jail, then waits for user_tell().
 * @ret: user_stop() it after the jail has ended
 * Return: at once; user_wait() says whether it worked.
 */
int user_start(const struct user_plan *p, struct user_run **ret, struct err *err);

/**
 * user_tell() - the jail's first process is there, and waits.
 * @pid: that process; its network namespace becomes the jail's
 */
void user_tell(struct user_run *u, pid_t pid);

/** user_wait() - wait until the jail's network is there. */
int user_wait(struct user_run *u, struct err *err);

/** user_fd() - a descriptor that becomes readable when user_gone() becomes true, or FD_NONE. */
int user_fd(const struct user_run *u);

/**
 * user_finish() - the jail has ended; harmless twice. What it sent last is still on its way through the
 * helper, and goes out: as long as others take it, for some seconds at most. Then user_gone(). With pasta
 * it is lost.
 */
void user_finish(struct user_run *u);

/** user_gone() - whether the helper carries nothing any more. Does not wait. */
bool user_gone(const struct user_run *u);

/** user_give_up() - do not wait for it any longer. */
void user_give_up(struct user_run *u);

/** user_counts() - what went through so far. Return: false when nobody counts (pasta). */
bool user_counts(const struct user_run *u, struct user_counts *ret);

/**
 * user_stop() - end the helper and free everything. NULL is fine.
 * @wait: for its end, which takes the kernel a while (closing a packet socket waits for all CPUs). Not
 *	needed by a process that is about to end itself.
 */
void user_stop(struct user_run *u, bool wait);

#endif
