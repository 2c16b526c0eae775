// SPDX-License-Identifier: BSD-3-Clause
/*
 * The host's part of --net nat: made by the first launch that needs it or `toastainer net up`, removed
 * by `toastainer net down`. Called by nat.c and cmd/net.c, in the host's network namespace.
 *
 * Order: the interface, then the table, then forwarding. A launch looks whether the table is there and
 * the host forwards, so what was broken off in between, or undone by others, is done again.
 *
 * One makes or removes it at a time (hold()). Nothing safe depends on that: the kernel makes the table
 * once, and removes it only while it is closed.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/str.h"
#include "base/sys.h"
#include "net/hostsysctl.h"
#include "net/hosttable.h"
#include "net/nft.h"

enum { GET_INDEX = 0x8933 }; /* linux/sockios.h clashes with musl's net/if.h */

/* What is noted in the table. */
struct note {
	uint8_t version, prefix, v6, was4, was6, redirects, n_set;
	uint8_t net[4];
	uint32_t set[HOSTNET_SET_MAX];
} __attribute__((packed));
static_assert(sizeof(struct note) <= 256, "the kernel takes 256 bytes");

enum { NOTE_VERSION = 2 };

struct net_addr hostnet_default(void)
{
	return (struct net_addr){AF_INET, 16, {10, 166}};
}

/* Nothing, loopback, multicast, reserved. Link-local: the host would lose the metadata of its cloud. */
static bool cannot_be_hosts(const struct net_addr *a)
{
	return a->ip[0] == 0 || a->ip[0] == 127 || a->ip[0] >= 224 ||
	       (a->ip[0] == 169 && a->ip[1] == 254);
}

int hostnet_subnet(const char *text, struct net_addr *ret, struct err *err)
{
	const char *slash = strchr(text, '/');
	char ip[INET_ADDRSTRLEN];
	struct net_addr a = {.family = AF_INET};
	uint64_t prefix = 0;
	uint32_t bits;

	snprintf(ip, sizeof(ip), "%.*s", slash ? (int)MIN(slash - text, 15) : 15, text);
	if (!slash || inet_pton(AF_INET, ip, a.ip) != 1 || str_u64(slash + 1, 32, &prefix) < 0) {
		err_set(err, EINVAL, "'%s' is not an IPv4 network", text);
		return err_hint(err, "such as 10.200.0.0/16");
	}
	if (prefix < 8 || prefix > 29)
		return err_set(err, EINVAL, "'%s': the prefix is from 8 to 29", text);
	a.prefix = (uint8_t)prefix;
	memcpy(&bits, a.ip, sizeof(bits));
	if (ntohl(bits) & (UINT32_MAX >> prefix))
		return err_set(err, EINVAL, "'%s' has bits beyond its prefix", text);
	if (cannot_be_hosts(&a)) {
		err_set(err, EINVAL, "'%s': no host can have an address in there", text);
		return err_hint(err, "take a private network, such as 10.200.0.0/16");
	}
	*ret = a;
	return 0;
}

/* The jails' IPv6 network: private, and never seen beyond the host. "toast" in a unique local prefix. */
static const struct net_addr network6 = {AF_INET6, 64, {0xfd, 0x74, 0x6f, 0x61, 0x73, 0x74}};

struct net_addr hostnet_gateway(const struct net_addr *net)
{
	struct net_addr a = *net;

	a.prefix = a.family == AF_INET ? 32 : 128;
	a.ip[a.prefix / 8 - 1] |= 1;
	return a;
}

unsigned hostnet_leases(const struct hostnet *h)
{
	uint32_t hosts = 1U << (32 - h->v4.prefix);

	if (hosts <= 256)
		return hosts - 4; /* without network, gateway, the waiting pair's, broadcast */
	return hosts / 256 * 254 - 2;
}

/*
 * Hosts' numbers that end in 0 or 255 are left out: some software takes them for broadcasts. So is the
 * first, the gateway.
 */
static uint32_t nth_host(const struct hostnet *h, unsigned i)
{
	if (h->v4.prefix >= 24)
		return i + 2;
	i++; /* the gateway is the first of its 254 */
	return i / 254 * 256 + i % 254 + 1;
}

static struct net_addr host_number(const struct hostnet *h, uint32_t host)
{
	struct net_addr a = h->v4;
	uint32_t ip;

	memcpy(&ip, a.ip, sizeof(ip));
	ip = htonl(ntohl(ip) | host);
	memcpy(a.ip, &ip, sizeof(ip));
	a.prefix = 32;
	return a;
}

void hostnet_lease(const struct hostnet *h, unsigned i, struct net_addr *v4, struct net_addr *v6)
{
	*v4 = host_number(h, nth_host(h, i));
	*v6 = h->v6;
	if (!v6->family)
		return;
	memcpy(v6->ip + 12, v4->ip, 4);
	v6->prefix = 128;
}

struct net_addr hostnet_pair_address(const struct hostnet *h)
{
	return host_number(h, (1U << (32 - h->v4.prefix)) - 2);
}

/* ---- the note */

static size_t write_note(const struct hostnet *h, struct note *n)
{
	*n = (struct note){.version = NOTE_VERSION,
			   .prefix = h->v4.prefix,
			   .v6 = h->v6.family != 0,
			   .was4 = h->was4,
			   .was6 = h->was6,
			   .redirects = h->redirects,
			   .n_set = h->n_set};
	memcpy(n->net, h->v4.ip, sizeof(n->net));
	memcpy(n->set, h->set, h->n_set * sizeof(n->set[0]));
	return offsetof(struct note, set) + h->n_set * sizeof(n->set[0]);
}

static int read_note(const struct nlmsghdr *m, void *arg)
{
	struct hostnet *h = arg;
	struct note n = {0};
	size_t len = 0;
	const void *p = nl_find(m, sizeof(struct nfgenmsg), NFTA_TABLE_HANDLE, &len);
	uint64_t handle = 0;

	if (p && len == sizeof(handle))
		memcpy(&handle, p, len);
	*h = (struct hostnet){.handle = handle};
	p = nl_find(m, sizeof(struct nfgenmsg), NFTA_TABLE_USERDATA, &len);
	if (!p || len < offsetof(struct note, set) || len > sizeof(n))
		return -EBADMSG;
	memcpy(&n, p, len);
	if (n.version != NOTE_VERSION || n.n_set > HOSTNET_SET_MAX || n.prefix > 30)
		return -EBADMSG;
	*h = (struct hostnet){.v4 = {AF_INET, n.prefix, {0}},
			      .was4 = n.was4,
			      .was6 = n.was6,
			      .redirects = n.redirects,
			      .n_set = n.n_set,
			      .handle = handle};
	memcpy(h->v4.ip, n.net, sizeof(n.net));
	memcpy(h->set, n.set, sizeof(h->set));
	if (n.v6)
		h->v6 = network6;
	return 0;
}

static int no_nftables(struct err *err, int r)
{
	if (r == -EPERM)
		return err_hint(err,
				"--net nat needs CAP_NET_ADMIN over the host's network: start as "
				"root, or use --net user");
	if (r == -EPROTONOSUPPORT || r == -EOPNOTSUPP || r == -ENOENT || r == -EINVAL)
		return err_hint(err, "the kernel needs nf_tables with nat (CONFIG_NF_TABLES_INET, "
				     "NFT_NAT, NFT_MASQ, NFT_CT, NFT_FIB_INET, NFT_REJECT): see "
				     "'toastainer doctor'");
	return r;
}

int hostnet_get(int nft, struct hostnet *ret, struct err *err)
{
	char buf[128] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r;

	nft_message(&b, NFT_MSG_GETTABLE, 0, NFPROTO_INET, 0);
	nl_str(&b, NFTA_TABLE_NAME, HOSTNET_TABLE);
	r = nl_ask(nft, &b, read_note, ret);
	if (r >= 0 || r == -ENOENT)
		return r;
	err_sys(err, r, "look for the table '%s' of nf_tables", HOSTNET_TABLE);
	if (r == -EBADMSG)
		return err_hint(err,
				"another version of toastainer made it: 'toastainer net down'");
	return no_nftables(err, r);
}

/* ---- open or not */

static int is_there(const struct nlmsghdr *m __attribute__((unused)),
		    void *arg __attribute__((unused)))
{
	return 0;
}

int hostnet_still_open(int nft, struct err *err)
{
	char buf[128] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r;

	nft_message(&b, NFT_MSG_GETCHAIN, 0, NFPROTO_INET, 0);
	nl_str(&b, NFTA_CHAIN_TABLE, HOSTNET_TABLE);
	nl_str(&b, NFTA_CHAIN_NAME, HOSTNET_OPEN);
	r = nl_ask(nft, &b, is_there, NULL);
	if (r >= 0)
		return 0;
	if (r != -ENOENT)
		return err_sys(err, r, "look whether the host's rules for jails are there");
	err_set(err, EAGAIN, "the host's part of the network was taken away meanwhile");
	return err_hint(err, "start the jail again; if 'toastainer net down' was broken off: "
			     "'toastainer net up'");
}

/* Return: of the kernel; -ENOENT when it was closed already. */
static int set_open(int nft, bool open)
{
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	nft_batch(&b);
	if (open) {
		nft_chain(&b, HOSTNET_TABLE, HOSTNET_OPEN, (struct nft_hook){.hook = -1});
	} else {
		nft_message(&b, NFT_MSG_DELCHAIN, 0, NFPROTO_INET, 0);
		nl_str(&b, NFTA_CHAIN_TABLE, HOSTNET_TABLE);
		nl_str(&b, NFTA_CHAIN_NAME, HOSTNET_OPEN);
	}
	nft_commit(&b);
	return nl_talk(nft, &b, NULL);
}

/* ---- one at a time */

/*
 * hold() - the lock of this network namespace: flock(2) on its file, which ends with its holder. Anybody
 * here can take it, so who waits for too long goes on without.
 * Return: a descriptor for let_go()
 */
static int hold(void)
{
	const struct timespec wait = {0, 10000000};
	int fd = sys_openat(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC, 0);

	for (int tries = 0; fd >= 0 && tries < 300; tries++) {
		if (sys(SYS_flock, fd, LOCK_EX | LOCK_NB) != -EWOULDBLOCK)
			break;
		nanosleep(&wait, NULL);
	}
	return fd;
}

static void let_go(const int *fd)
{
	if (*fd < 0)
		return;
	sys(SYS_flock, *fd, LOCK_UN); /* a child that is being started may have a copy */
	sys_close(*fd);
}

/* ---- up */

struct overlap {
	const struct net_addr *net;
	int index; /* of our own interface */
	struct net_addr found;
	char name[IF_NAMESIZE];
};

static bool share_bits(const struct net_addr *a, const struct net_addr *b)
{
	unsigned n = MIN(a->prefix, b->prefix);
	uint32_t x, y;

	memcpy(&x, a->ip, sizeof(x));
	memcpy(&y, b->ip, sizeof(y));
	return n == 0 || (ntohl(x) ^ ntohl(y)) >> (32 - n) == 0;
}

static int look_for_overlap(const struct nlmsghdr *m, void *arg)
{
	struct overlap *o = arg;
	const struct ifaddrmsg *a = NLMSG_DATA(m);
	struct net_addr other = {AF_INET, a->ifa_prefixlen, {0}};
	size_t n;
	const void *ip = nl_find(m, sizeof(*a), IFA_ADDRESS, &n);

	if (m->nlmsg_type != RTM_NEWADDR || a->ifa_family != AF_INET || !ip || n != 4 ||
	    (int)a->ifa_index == o->index || o->found.family)
		return 0;
	memcpy(other.ip, ip, 4);
	if (share_bits(o->net, &other) && if_indextoname(a->ifa_index, o->name))
		o->found = other;
	return 0;
}

static int check_overlap(int route, const struct net_addr *net, int index, struct err *err)
{
	const struct ifaddrmsg head = {.ifa_family = AF_INET};
	struct overlap o = {.net = net, .index = index};
	char buf[64] NL_ALIGNED, ours[INET_ADDRSTRLEN], its[INET_ADDRSTRLEN];
	struct nl b = NL_STACK(buf);
	int r;

	nl_begin(&b, RTM_GETADDR, NLM_F_DUMP, 0);
	nl_put(&b, &head, sizeof(head));
	r = nl_ask(route, &b, look_for_overlap, &o);
	if (r < 0)
		return err_sys(err, r, "list the host's addresses");
	if (!o.found.family)
		return 0;
	inet_ntop(AF_INET, net->ip, ours, sizeof(ours));
	inet_ntop(AF_INET, o.found.ip, its, sizeof(its));
	err_set(err, EADDRINUSE,
		"the jails' network %s/%u overlaps with %s/%u of the interface '%s'", ours,
		net->prefix, its, o.found.prefix, o.name);
	return err_hint(err, "choose another: toastainer net up --subnet 10.200.0.0/16");
}

static int index_of(int sock, const char *name)
{
	struct ifreq req = {0};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return sys(SYS_ioctl, sock, GET_INDEX, &req) < 0 ? 0 : req.ifr_ifindex;
}

/* An interface without anything behind it: a bridge without ports, or what the kernel has for it. */
static int make_bridge(int route, const char *kind)
{
	const struct ifinfomsg head = {
		.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t info;

	nl_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	nl_str(&b, IFLA_IFNAME, HOSTNET_BRIDGE);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_str(&b, IFLA_INFO_KIND, kind);
	nl_end(&b, info);
	return nl_talk(route, &b, NULL);
}

static void put_gateway(struct nl *b, const struct net_addr *net, int index)
{
	struct net_addr a = hostnet_gateway(net);
	size_t n = a.family == AF_INET ? 4 : 16;
	const struct ifaddrmsg head = {
		.ifa_family = a.family,
		.ifa_prefixlen = net->prefix,
		.ifa_flags = a.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (unsigned)index,
	};

	nl_begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, 0);
	nl_put(b, &head, sizeof(head));
	nl_attr(b, IFA_LOCAL, a.ip, n);
	nl_attr(b, IFA_ADDRESS, a.ip, n);
}

static int add_interface(int route, const struct hostnet *h, struct err *err)
{
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	struct nl_answer why;
	int r = make_bridge(route, "bridge"), index;

	if (r == -EOPNOTSUPP)
		r = make_bridge(route, "dummy");
	if (r < 0 && r != -EEXIST) {
		err_sys(err, r, "make the interface '%s'", HOSTNET_BRIDGE);
		if (r == -EOPNOTSUPP)
			err_hint(err, "as root: modprobe bridge");
		return no_nftables(err, r);
	}
	index = index_of(route, HOSTNET_BRIDGE);
	r = check_overlap(route, &h->v4, index, err);
	if (r < 0)
		return r;
	put_gateway(&b, &h->v4, index);
	if (h->v6.family)
		put_gateway(&b, &h->v6, index);
	r = nl_talk(route, &b, &why);
	return r < 0 ? err_sys(err, r, "give '%s' its addresses", HOSTNET_BRIDGE) : 0;
}

static void remove_interface(int route, const char *name)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	char buf[64] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	nl_begin(&b, RTM_DELLINK, NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	nl_str(&b, IFLA_IFNAME, name);
	nl_talk(route, &b, NULL); /* ENODEV: it is not there */
}

/* ---- the waiting pair */

enum hostnet_pair hostnet_pair_state(int route)
{
	if (!index_of(route, HOSTNET_PAIR))
		return PAIR_NONE;
	return index_of(route, HOSTNET_PAIR_JAIL) ? PAIR_FREE : PAIR_IN_A_JAIL;
}

static int make_pair(int route)
{
	const struct ifinfomsg head = {
		.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const struct ifinfomsg down = {.ifi_family = AF_UNSPEC};
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t info, data, peer;

	nl_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	nl_str(&b, IFLA_IFNAME, HOSTNET_PAIR);
	nl_u32(&b, IFLA_GROUP, HOSTNET_OURS);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_str(&b, IFLA_INFO_KIND, "veth");
	data = nl_nest(&b, IFLA_INFO_DATA);
	peer = nl_nest(&b, VETH_INFO_PEER);
	nl_put(&b, &down, sizeof(down));
	nl_str(&b, IFLA_IFNAME, HOSTNET_PAIR_JAIL);
	nl_end(&b, peer);
	nl_end(&b, data);
	nl_end(&b, info);
	return nl_talk(route, &b, NULL);
}

static int route_pair(int route, const struct hostnet *h)
{
	struct net_addr to = hostnet_pair_address(h), from = hostnet_gateway(&h->v4);
	const struct rtmsg head = {.rtm_family = AF_INET,
				   .rtm_dst_len = 32,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_BOOT,
				   .rtm_scope = RT_SCOPE_LINK,
				   .rtm_type = RTN_UNICAST};
	char buf[128] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	nl_begin(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	nl_attr(&b, RTA_DST, to.ip, 4);
	nl_attr(&b, RTA_PREFSRC, from.ip, 4);
	nl_u32(&b, RTA_OIF, (uint32_t)index_of(route, HOSTNET_PAIR));
	return nl_talk(route, &b, NULL);
}

int hostnet_pair_up(const struct hostnet *h, struct err *err)
{
	_cleanup_close_ int route = nl_open(NETLINK_ROUTE);
	int r = route < 0 ? route : make_pair(route);

	if (r >= 0 || r == -EEXIST)
		r = route_pair(route, h);
	return r < 0 ? err_sys(err, r, "make the pair '%s' and '%s'", HOSTNET_PAIR,
			       HOSTNET_PAIR_JAIL)
		     : 0;
}

static int add_table(int nft, const struct hostnet *h, struct err *err)
{
	struct nl b = NL_HEAP;
	struct nl_answer why = {0};
	struct note note;
	int r;

	hosttable_put(&b, h, &note, write_note(h, &note));
	r = nl_talk(nft, &b, &why);
	nl_free(&b);
	if (r >= 0 || r == -EEXIST)
		return r;
	err_sys(err, r, "set the host's rules for the jails");
	if (why.why[0])
		err_set(err, -r, "%s (%s)", strdupa(err->msg), why.why);
	return no_nftables(err, r);
}

static bool same_net(const struct net_addr *a, const struct net_addr *b)
{
	return a->prefix == b->prefix && share_bits(a, b);
}

static int make(int nft, int route, const struct net_addr *subnet, struct hostnet *h,
		struct err *err)
{
	int r;

	*h = (struct hostnet){.v4 = subnet ? *subnet : hostnet_default()};
	if (hostsysctl_has_ipv6())
		h->v6 = network6;
	hostsysctl_learn(h);
	r = add_interface(route, h, err);
	if (r >= 0)
		r = add_table(nft, h, err);
	if (r < 0 && r != -EEXIST)
		remove_interface(route, HOSTNET_BRIDGE);
	if (r >= 0)
		hostnet_blocked_by(nft, h->blocked_by, sizeof(h->blocked_by));
	return r;
}

static int up(int nft, const struct net_addr *subnet, struct hostnet *ret, struct err *err)
{
	_cleanup_close_ int route = nl_open(NETLINK_ROUTE);
	int r = hostnet_get(nft, ret, err);

	if (route < 0)
		return err_sys(err, route, "open a netlink socket");
	if (r == -ENOENT)
		r = make(nft, route, subnet, ret, err);
	if (r == -EEXIST) /* somebody was faster */
		r = hostnet_get(nft, ret, err);
	if (r < 0)
		return r;
	if (subnet && !same_net(subnet, &ret->v4)) {
		err_set(err, EBUSY, "the jails' network is up with another subnet");
		return err_hint(err, "first: toastainer net down");
	}
	if (!index_of(route, HOSTNET_BRIDGE)) {
		r = add_interface(route, ret, err);
		if (r < 0)
			return r;
	}
	return hostsysctl_on(ret, err);
}

int hostnet_up(int nft, const struct net_addr *subnet, struct hostnet *ret, struct err *err)
{
	_cleanup_(let_go) int held __attribute__((unused)) = hold();
	int r = up(nft, subnet, ret, err);

	if (r < 0)
		return r;
	r = set_open(nft, true);
	return r < 0 ? err_sys(err, r, "let jails into the table '%s'", HOSTNET_TABLE) : 0;
}

/* missing() - Return: 0; 1: something is to be made; -EAGAIN: it is being removed; another error */
static int missing(int nft, struct hostnet *ret, struct err *err)
{
	int r = hostnet_get(nft, ret, err);

	if (r == -ENOENT)
		return 1;
	if (r < 0 || (hostnet_forwarding(AF_INET) && index_of(nft, HOSTNET_BRIDGE)))
		return r;
	r = hostnet_still_open(nft, err);
	return r < 0 ? r : 1;
}

int hostnet_ensure(int nft, struct hostnet *ret, struct err *err)
{
	int r = missing(nft, ret, err);

	if (r == 1) {
		_cleanup_(let_go) int held __attribute__((unused)) = hold();

		r = missing(nft, ret, err); /* others were at it */
		if (r == 1)
			r = up(nft, NULL, ret, err);
	}
	return r;
}

/* ---- jails */

struct each {
	void (*fn)(const struct hostnet_jail *, void *);
	void *arg;
	int n;
};

static int one_link(const struct nlmsghdr *m, void *arg)
{
	struct each *e = arg;
	struct hostnet_jail jail = {.group = 0};
	struct rtnl_link_stats64 s;
	size_t n, got;
	const char *name = nl_find(m, sizeof(struct ifinfomsg), IFLA_IFNAME, &n);
	const void *group = nl_find(m, sizeof(struct ifinfomsg), IFLA_GROUP, &got);

	if (m->nlmsg_type != RTM_NEWLINK || !name || !n || n > sizeof(jail.name) || !group ||
	    got != sizeof(jail.group))
		return 0;
	memcpy(&jail.group, group, sizeof(jail.group));
	if ((jail.group & HOSTNET_OURS_MASK) != HOSTNET_OURS || !str_starts(name, HOSTNET_PREFIX))
		return 0;
	memcpy(jail.name, name, n);
	jail.lease = (unsigned)strtoul(name + strlen(HOSTNET_PREFIX), NULL, 10);
	group = nl_find(m, sizeof(struct ifinfomsg), IFLA_STATS64, &n);
	if (group && n >= offsetof(struct rtnl_link_stats64, rx_errors)) {
		memcpy(&s, group, MIN(n, sizeof(s)));
		jail.in_bytes = s.tx_bytes;
		jail.in_packets = s.tx_packets;
		jail.out_bytes = s.rx_bytes;
		jail.out_packets = s.rx_packets;
	}
	e->n++;
	if (e->fn)
		e->fn(&jail, e->arg);
	return 0;
}

int hostnet_each(int route, void (*fn)(const struct hostnet_jail *, void *), void *arg)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	struct each e = {.fn = fn, .arg = arg};
	char buf[64] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r;

	nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, 0);
	nl_put(&b, &head, sizeof(head));
	r = nl_ask(route, &b, one_link, &e);
	return r < 0 ? r : e.n;
}

/* ---- who else decides about forwarded packets */

struct blocked {
	char *text;
	size_t size, n;
};

static int one_chain(const struct nlmsghdr *m, void *arg)
{
	struct blocked *l = arg;
	const struct nfgenmsg *head = NLMSG_DATA(m);
	size_t n, hooks_n;
	const char *table = nl_find(m, sizeof(*head), NFTA_CHAIN_TABLE, &n);
	const char *chain = nl_find(m, sizeof(*head), NFTA_CHAIN_NAME, &n);
	const uint32_t *policy = nl_find(m, sizeof(*head), NFTA_CHAIN_POLICY, &n);
	const struct nlattr *hook = nl_find(m, sizeof(*head), NFTA_CHAIN_HOOK, &hooks_n);
	uint32_t number;

	if (!table || !chain || !policy || ntohl(*policy) != NF_DROP || !hook ||
	    hooks_n < sizeof(*hook) + sizeof(number) || l->n >= l->size)
		return 0;
	memcpy(&number, hook + 1, sizeof(number)); /* NFTA_HOOK_HOOKNUM comes first */
	if (ntohl(number) != NF_INET_FORWARD ||
	    (head->nfgen_family != NFPROTO_IPV4 && head->nfgen_family != NFPROTO_IPV6 &&
	     head->nfgen_family != NFPROTO_INET))
		return 0;
	l->n += (size_t)snprintf(l->text + l->n, l->size - l->n, "%schain %s of table %s %s",
				 l->n ? ", " : "", chain,
				 head->nfgen_family == NFPROTO_IPV4   ? "ip"
				 : head->nfgen_family == NFPROTO_IPV6 ? "ip6"
								      : "inet",
				 table);
	return 0;
}

void hostnet_blocked_by(int nft, char *text, size_t n)
{
	struct blocked list = {text, n, 0};
	char buf[64] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	text[0] = 0;
	nft_message(&b, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC, 0);
	/* AF_UNSPEC stands for a batch otherwise: this is all families' chains */
	((struct nlmsghdr *)b.buf)->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	((struct nfgenmsg *)NLMSG_DATA(b.buf))->res_id = 0;
	nl_ask(nft, &b, one_chain, &list);
}

/* ---- down */

/* Jails' interfaces, a group at a time: the kernel waits once for each, not for each interface. */
static void remove_jails(int route)
{
	for (uint32_t i = 0; i < HOSTNET_GROUPS; i++) {
		const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
		char buf[64] NL_ALIGNED;
		struct nl b = NL_STACK(buf);

		nl_begin(&b, RTM_DELLINK, NLM_F_ACK, 0);
		nl_put(&b, &head, sizeof(head));
		nl_u32(&b, IFLA_GROUP, HOSTNET_OURS | i);
		nl_talk(route, &b, NULL); /* ENODEV: none is in it */
	}
}

/* jails_left() - those that have just ended are gone after a moment. */
static int jails_left(int route, bool force)
{
	int n = hostnet_each(route, NULL, NULL);

	if (hostnet_pair_state(route) == PAIR_IN_A_JAIL)
		return MAX(n, 0) + 1;
	for (int tries = 0; n > 0 && !force && tries < 20; tries++) {
		const struct timespec wait = {0, 50000000};

		nanosleep(&wait, NULL);
		n = hostnet_each(route, NULL, NULL);
	}
	return n;
}

static int in_use(struct err *err, int n)
{
	err_set(err, EBUSY, "%d jail%s use%s the network", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	return err_hint(err, "'toastainer net status' lists them; --force cuts them off");
}

/* Somebody did not wait for this to end, and there may be jails: what they need is put back. */
static int opened_again(int nft, struct err *err)
{
	struct hostnet h;
	int r = up(nft, NULL, &h, err);

	if (r < 0)
		return r;
	err_set(err, EBUSY, "a 'toastainer net up' opened the network again meanwhile");
	return err_hint(err, "'toastainer net down' once more");
}

static int remove_all(int nft, int route, const struct hostnet *h, bool unknown, struct err *err)
{
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r = 0, gone;

	remove_interface(route, HOSTNET_PAIR);
	remove_interface(route, HOSTNET_BRIDGE);
	if (!unknown)
		r = hostsysctl_back(h, err);
	hosttable_delete(&b, h->handle);
	gone = nl_talk(nft, &b, NULL);
	if (gone == -EEXIST)
		return opened_again(nft, err);
	if (gone < 0 && gone != -ENOENT && r >= 0)
		r = err_sys(err, gone, "remove the table '%s'", HOSTNET_TABLE);
	return r;
}

int hostnet_down(int nft, bool force, bool *unknown, struct err *err)
{
	_cleanup_(let_go) int held __attribute__((unused)) = hold();
	_cleanup_close_ int route = nl_open(NETLINK_ROUTE);
	struct hostnet h = {.handle = 0};
	int r, n;

	if (route < 0)
		return err_sys(err, route, "open a netlink socket");
	n = jails_left(route, force);
	if (n > 0 && !force)
		return in_use(err, n);
	r = hostnet_get(nft, &h, err);
	*unknown = r == -EBADMSG;
	if (r < 0 && r != -ENOENT && !*unknown)
		return r;
	r = r == -ENOENT ? r : set_open(nft, false);
	if (r < 0 && r != -ENOENT && !*unknown)
		return err_sys(err, r, "close the table '%s' for jails", HOSTNET_TABLE);
	/* A jail that is not there now finds it closed, and does not start. */
	n = hostnet_each(route, NULL, NULL);
	if (n > 0 && !force) {
		set_open(nft, true);
		return in_use(err, n);
	}
	if (n > 0)
		remove_jails(route);
	if (h.handle)
		return remove_all(nft, route, &h, *unknown, err);
	remove_interface(route, HOSTNET_PAIR);
	remove_interface(route, HOSTNET_BRIDGE);
	return 0;
}
