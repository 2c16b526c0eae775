/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's part of --net nat. Jails are connected by a veth pair each, and routed; toastainer0 carries the
 * gateway's address, the table toastainer_nat of nf_tables has the rules.
 *
 * Everything is state of the kernel, in the network namespace that it is for, and ends with it: there
 * are no files. What was there before is noted in the table itself (NFTA_TABLE_USERDATA). A lease is the
 * name of an interface: the kernel gives a name once, and takes the interface away when the last
 * process of the jail is gone, however that happened.
 */
#ifndef TOASTAINER_NET_HOSTNET_H
#define TOASTAINER_NET_HOSTNET_H

#include "net/net.h"
#include "net/netlink.h"

#define HOSTNET_TABLE  "toastainer_nat"
#define HOSTNET_BRIDGE "toastainer0"
#define HOSTNET_OPEN   "open"	/* an empty chain of the table: jails are let in */
#define HOSTNET_PREFIX "toast-" /* of the jails' interfaces; then the lease's number */

/*
 * Interfaces of jails are in groups (IFLA_GROUP), by which the rules know them: the upper half says
 * that it is ours, the lower what it may do beyond the usual.
 */
enum hostnet_group {
	HOSTNET_OURS = 0x746f0000,
	HOSTNET_OURS_MASK = 0x7fff0000,
	HOSTNET_POLICY = 1,  /* rules in the jail's namespace decide what is blocked */
	HOSTNET_LOCAL = 2,   /* may reach the host itself, as far as those rules allow */
	HOSTNET_PUBLISH = 4, /* the host's ports lead here */
	HOSTNET_GROUPS = 8,
};

/*
 * Settings of single interfaces that forwarding for the whole host changes: one of these with the
 * interface's index; 0 is "default".
 */
enum hostnet_set {
	SET_LISTENS = 0,	 /* accept_ra was 1, is 2 by our doing */
	SET_FORWARDS4 = 1 << 29, /* forwarded already */
	SET_FORWARDS6 = 1 << 30,
	SET_KIND = 3 << 29,
};
enum { HOSTNET_SET_MAX = 48 };

/* struct hostnet - what is there, and what was there before */
struct hostnet {
	struct net_addr v4, v6; /* networks of the jails; v6.family 0: the host has no IPv6 */
	bool was4, was6;	/* forwarding was on */
	bool redirects;		/* net.ipv4.conf.all.accept_redirects was on */
	uint8_t n_set;
	uint32_t set[HOSTNET_SET_MAX]; /* enum hostnet_set */
	uint64_t handle;	       /* the kernel's name for just this table; 0: none */
	char blocked_by[96];	       /* hostnet_blocked_by(), when it was just made; else "" */
};

/** hostnet_default() - 10.166.0.0/16. */
struct net_addr hostnet_default(void);

/** hostnet_subnet() - "10.200.0.0/16", a network that jails can have. */
int hostnet_subnet(const char *text, struct net_addr *ret, struct err *err);

/** hostnet_get() - @nft: an nf_tables socket. Return: 0, -ENOENT when it is down, or another error. */
int hostnet_get(int nft, struct hostnet *ret, struct err *err);

/**
 * hostnet_up() - idempotent.
 * @subnet: IPv4 network for the jails; NULL: whatever is there, or the default
 */
int hostnet_up(int nft, const struct net_addr *subnet, struct hostnet *ret, struct err *err);

/** hostnet_ensure() - for a launch: as it is, or up. */
int hostnet_ensure(int nft, struct hostnet *ret, struct err *err);

/**
 * hostnet_still_open() - for a launch that has its interface, and so is seen by hostnet_down(): whether
 * that one has not begun. The two never miss each other: it closes first and looks for jails then.
 */
int hostnet_still_open(int nft, struct err *err);

/**
 * hostnet_down() - leave the host as it was. Nothing to do is fine.
 * @force: also when jails use it; they lose their network
 * @unknown: whether another version made it, so that forwarding was left as it is
 */
int hostnet_down(int nft, bool force, bool *unknown, struct err *err);

/** hostnet_gateway() - the host's address in a network of the jails. */
struct net_addr hostnet_gateway(const struct net_addr *net);

/** hostnet_leases() - how many there can be. */
unsigned hostnet_leases(const struct hostnet *h);

/** hostnet_lease() - the addresses of lease @i, counted from 0; @v6 of family 0 where there is none. */
void hostnet_lease(const struct hostnet *h, unsigned i, struct net_addr *v4, struct net_addr *v6);

/*
 * The one pair of interfaces that waits for a jail: the host's end, and the other, which a jail takes
 * with iface_own and gives back. The way of setting up a network by hand, kept.
 */
#define HOSTNET_PAIR	  "tveth0"
#define HOSTNET_PAIR_JAIL "tveth1"

/**
 * hostnet_pair_up() - make it, idempotent. IPv4 only: the host answers for its IPv6 address on that
 * interface alone where it is.
 */
int hostnet_pair_up(const struct hostnet *h, struct err *err);

/** hostnet_pair_address() - the address that belongs to it, the last one; nobody leases it. */
struct net_addr hostnet_pair_address(const struct hostnet *h);

enum hostnet_pair { PAIR_NONE, PAIR_FREE, PAIR_IN_A_JAIL };

enum hostnet_pair hostnet_pair_state(int route);

/* struct hostnet_jail - an interface of a jail, as the host sees it */
struct hostnet_jail {
	char name[IFNAMSIZ];
	unsigned lease, group;
	uint64_t in_bytes, in_packets, out_bytes, out_packets; /* as the jail sees them */
};

/**
 * hostnet_each() - all jails.
 * @route: rtnetlink socket in the host's namespace
 * @fn: called with each; may be NULL
 * Return: how many, or a negative errno.
 */
int hostnet_each(int route, void (*fn)(const struct hostnet_jail *, void *), void *arg);

/**
 * hostnet_blocked_by() - chains of others that drop forwarded packets by default, as text; "": none.
 * They may have rules that let ours pass: only a packet would show.
 */
void hostnet_blocked_by(int nft, char *text, size_t n);

/** hostnet_forwarding() - whether the host forwards packets of the family. */
bool hostnet_forwarding(uint8_t family);

#endif
