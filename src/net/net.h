/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network of a jail: what is planned, and the namespace that is made of it.
 */
#ifndef TOASTAINER_NET_NET_H
#define TOASTAINER_NET_NET_H

#include <net/if.h>

#include "base/err.h"
#include "base/mem.h"

/* struct net_addr - an address, or a network */
struct net_addr {
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t prefix; /* bits that count */
	uint8_t ip[16]; /* network byte order; IPv4: the first four */
};

enum net_link_kind {
	NET_MOVED,   /* an interface of the host, given back at the end */
	NET_MACVLAN, /* a new one on top of an interface of the host */
};

/* struct net_link - one interface of the jail */
struct net_link {
	enum net_link_kind kind;
	char host[IFNAMSIZ]; /* interface of the host: the moved one, or what is below */
	char name[IFNAMSIZ]; /* in the jail */
	bool up;
	bool has_mac;
	uint8_t mac[6];
	uint32_t mode; /* MACVLAN_MODE_* */
	uint32_t mtu;  /* bytes; 0: leave */
	const struct net_addr *addrs, *gateways;
	unsigned n_addrs, n_gateways;
};

/* who connects the jail to the world beyond its own interfaces */
enum net_kind {
	NET_PLAIN, /* nobody */
	NET_NAT,   /* the host's kernel */
	NET_USER,  /* a process of ours, without privileges */
};

struct net_policy;
struct user_plan;

enum net_action { NET_DROP, NET_REJECT, NET_ALLOW };

/* struct net_rule - what happens to which packets; see rules.c for where it applies */
struct net_rule {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t proto;	/* IPPROTO_*; 0: any */
	char iif[IFNAMSIZ], oif[IFNAMSIZ];
	struct net_addr src, dst;
	struct net_ports {
		bool given;
		uint16_t first, last;
	} sport, dport;
	enum net_action action;
};

/* struct net_plan - all of it. Strings and arrays belong to whoever made the plan. */
struct net_plan {
	const struct net_link *links;
	unsigned n_links;
	/*
	 * The namespace belongs to the jail's user namespace, whose capabilities rule it. Else it is
	 * made before that, and nothing in the jail has power over links, addresses and rules.
	 */
	bool jails_own;
	bool loopback_up; /* not with jails_own: the jail does that itself */
	/* What capabilities inside would allow, but do not here: low ports for everybody... */
	bool low_ports;
	const char *ping;    /* ... and ICMP sockets for groups "FIRST LAST"; NULL: nobody */
	bool can_get_around; /* the program keeps capabilities that reach the rules */
	const void *rules;   /* messages for nf_tables, made by rules_build(); NULL: none */
	size_t rules_len;
	enum net_kind kind;
	const struct net_policy *policy; /* with kind; NULL: NET_PLAIN */
	const struct user_plan *user;	 /* with NET_USER */
	bool dns;			 /* names are answered at DNS_ADDRESS (dns.h) */
	bool files;			 /* /etc/resolv.conf and /etc/hosts are ours */
};

/* struct net_run - the network of one launch; opaque */
struct net_run;

/**
 * net_enter() - make the jail's network; the calling thread is in its namespace then.
 * @ns: a namespace that is there (plan->jails_own), or FD_NONE: make one
 * @ret: to be released with net_release(), after the jail has ended
 */
int net_enter(const struct net_plan *plan, int ns, struct net_run **ret, struct err *err);

/** net_obstacle() - who may be in the way of the jail's packets, as text; NULL: nobody that we saw. */
const char *net_obstacle(const struct net_run *n);

/**
 * net_leave() - the calling thread goes back into the namespace where it was.
 * @count: net_count() will be asked
 */
int net_leave(struct net_run *n, bool count, struct err *err);

/* struct net_count - what went through the jail's connection, as the jail sees it */
struct net_count {
	uint64_t in_bytes, in_packets, out_bytes, out_packets;
};

/** net_count() - @ret: since the start. Return: false when nobody has counted. */
bool net_count(const struct net_run *n, struct net_count *ret);

/**
 * net_fd() - what the supervisor has to watch for POLLIN, to call net_step() then: somebody in the jail
 * asks for a name. It stays the same until net_release().
 * @n: may be NULL
 * Return: a descriptor, or FD_NONE: nothing
 */
int net_fd(const struct net_run *n);

/** net_step() - do it, without waiting; the thread is not in the jail's namespace. */
void net_step(struct net_run *n);

/**
 * net_release() - give interfaces back to the host and free everything. NULL is fine.
 * @err: why an interface did not come back
 */
int net_release(struct net_run *n, struct err *err);

#endif
