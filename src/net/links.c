// SPDX-License-Identifier: BSD-3-Clause
/*
 * The interfaces of a jail: moved or made, configured, given back. Called by net.c, in the
 * launcher. What fails is the kernel's refusal of one object, and the error names it.
 *
 * Several messages go in one system call. Each carries in its number what it is about.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>

#include "base/sys.h"
#include "net/links.h"
#include "net/netlink.h"

/* linux/sockios.h clashes with musl's net/if.h */
enum { GET_FLAGS = 0x8913, SET_FLAGS = 0x8914, GET_MTU = 0x8921, GET_INDEX = 0x8933 };

enum what { BRING, LOOPBACK, LINK_UP, ADDRESS, ROUTE };

static uint32_t number(enum what what, unsigned link, unsigned i)
{
	return (uint32_t)what << 28 | (link & 0xffff) << 12 | (i & 0xfff);
}

static int request(int sock, unsigned long call, const char *name, struct ifreq *req)
{
	*req = (struct ifreq){0};
	snprintf(req->ifr_name, sizeof(req->ifr_name), "%s", name);
	return (int)sys(SYS_ioctl, sock, call, req);
}

/* index_of() - Return: the number of an interface in the socket's namespace, or a negative errno. */
static int index_of(int sock, const char *name)
{
	struct ifreq req;
	int r = request(sock, GET_INDEX, name, &req);

	return r < 0 ? r : req.ifr_ifindex;
}

static int with_words(struct err *err, int code, const struct nl_answer *a)
{
	if (a->why[0])
		err_set(err, -code, "%s (%s)", strdupa(err->msg), a->why);
	return code;
}

/* ---- into the jail */

static int bring_failed(struct err *err, const struct net_link *l, int r, const struct nl_answer *a)
{
	if (l->kind == NET_MOVED)
		err_sys(err, r, "move interface '%s' into the jail", l->host);
	else
		err_sys(err, r, "make a macvlan of '%s' as '%s'", l->host, l->name);
	with_words(err, r, a);
	switch (-r) {
	case EBUSY:
		return err_hint(err, "in the mode passthru an interface carries one macvlan only, "
				     "and in the other modes no bridge or bond may have it");
	case EADDRNOTAVAIL:
		return err_hint(err, "the hardware address must not be a multicast one");
	case EINVAL:
		if (l->mtu)
			return err_hint(err, "a macvlan's MTU is at most that of '%s'", l->host);
		return l->kind == NET_MOVED
			       ? err_hint(err, "loopback and some others cannot be moved")
			       : err_hint(err, "a macvlan needs an interface of the Ethernet kind");
	case EOPNOTSUPP:
		if (l->kind == NET_MACVLAN)
			return err_hint(err, "as root: modprobe macvlan");
	}
	return r;
}

static void put_macvlan(struct nl *b, const struct net_link *l, int lower, int jail_ns)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	size_t info, data;

	nl_put(b, &head, sizeof(head));
	nl_str(b, IFLA_IFNAME, l->name);
	nl_u32(b, IFLA_LINK, (uint32_t)lower);
	nl_u32(b, IFLA_NET_NS_FD, (uint32_t)jail_ns);
	if (l->has_mac)
		nl_attr(b, IFLA_ADDRESS, l->mac, sizeof(l->mac));
	if (l->mtu)
		nl_u32(b, IFLA_MTU, l->mtu);
	info = nl_nest(b, IFLA_LINKINFO);
	nl_str(b, IFLA_INFO_KIND, "macvlan");
	data = nl_nest(b, IFLA_INFO_DATA);
	nl_u32(b, IFLA_MACVLAN_MODE, l->mode);
	nl_end(b, data);
	nl_end(b, info);
}

static void put_moved(struct nl *b, const struct net_link *l, int index, int jail_ns)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_index = index};

	nl_put(b, &head, sizeof(head));
	nl_u32(b, IFLA_NET_NS_FD, (uint32_t)jail_ns);
	nl_str(b, IFLA_IFNAME, l->name);
}

/* put_link() - the message that brings one interface. */
static int put_link(struct nl *b, const struct net_plan *p, unsigned i, int host, int jail_ns,
		    struct link_state *state, struct err *err)
{
	const struct net_link *l = &p->links[i];
	bool moved = l->kind == NET_MOVED;
	int index = index_of(host, l->host);
	struct ifreq req;

	if (index < 0) {
		err_set(err, -index, "there is no interface '%s'", l->host);
		return err_hint(err, "'ip link' shows those that there are");
	}
	if (moved && request(host, GET_FLAGS, l->host, &req) == 0)
		state[i].was_up = req.ifr_flags & IFF_UP;
	if (moved && l->mtu && request(host, GET_MTU, l->host, &req) == 0)
		state[i].mtu = req.ifr_mtu;
	nl_begin(b, moved ? RTM_SETLINK : RTM_NEWLINK,
		 moved ? NLM_F_ACK : NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, number(BRING, i, 0));
	if (moved)
		put_moved(b, l, index, jail_ns);
	else
		put_macvlan(b, l, index, jail_ns);
	return 0;
}

int links_bring(const struct net_plan *p, int host, int jail, int jail_ns, struct link_state *state,
		struct err *err)
{
	struct nl b = NL_HEAP;
	struct nl_answer answer;
	int r = 0;

	for (unsigned i = 0; i < p->n_links && r >= 0; i++)
		r = put_link(&b, p, i, host, jail_ns, state, err);
	if (r >= 0 && p->n_links) {
		r = nl_talk(host, &b, &answer);
		if (r < 0)
			bring_failed(err, &p->links[answer.seq >> 12 & 0xffff], r, &answer);
	}
	nl_free(&b);
	/* Whatever came is noted also when something else did not: it goes back. */
	for (unsigned i = 0; i < p->n_links; i++)
		state[i].index = MAX(index_of(jail, p->links[i].name), 0);
	return r;
}

/* ---- in the jail */

static size_t ip_size(const struct net_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static void put_up(struct nl *b, int index, uint32_t mtu, uint32_t seq)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC,
				       .ifi_index = index,
				       .ifi_flags = IFF_UP,
				       .ifi_change = IFF_UP};

	nl_begin(b, RTM_SETLINK, NLM_F_ACK, seq);
	nl_put(b, &head, sizeof(head));
	if (mtu)
		nl_u32(b, IFLA_MTU, mtu);
}

static void put_address(struct nl *b, const struct net_addr *a, int index, uint32_t seq)
{
	const struct ifaddrmsg head = {
		.ifa_family = a->family,
		.ifa_prefixlen = a->prefix,
		/* usable at once: waiting for duplicate address detection takes a second */
		.ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (unsigned)index,
	};
	uint32_t ip;

	nl_begin(b, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, seq);
	nl_put(b, &head, sizeof(head));
	nl_attr(b, IFA_LOCAL, a->ip, ip_size(a));
	nl_attr(b, IFA_ADDRESS, a->ip, ip_size(a));
	if (a->family != AF_INET || a->prefix > 30)
		return;
	memcpy(&ip, a->ip, sizeof(ip));
	ip |= htonl(UINT32_MAX >> a->prefix);
	nl_attr(b, IFA_BROADCAST, &ip, sizeof(ip));
}

/* A default route. The first interface that has one is preferred: a lower metric. */
static void put_route(struct nl *b, const struct net_addr *gateway, unsigned link, int index,
		      uint32_t seq)
{
	const struct rtmsg head = {.rtm_family = gateway->family,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_BOOT,
				   .rtm_scope = RT_SCOPE_UNIVERSE,
				   .rtm_type = RTN_UNICAST};

	nl_begin(b, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, seq);
	nl_put(b, &head, sizeof(head));
	nl_attr(b, RTA_GATEWAY, gateway->ip, ip_size(gateway));
	nl_u32(b, RTA_OIF, (uint32_t)index);
	if (link)
		nl_u32(b, RTA_PRIORITY, 2000 + link);
}

static const char *text_of(const struct net_addr *a, char *buf, size_t n)
{
	return inet_ntop(a->family, a->ip, buf, (socklen_t)n) ?: "?";
}

static int say_set_up(struct err *err, const struct net_plan *p, int r, const struct nl_answer *a)
{
	const struct net_link *l = &p->links[a->seq >> 12 & 0xffff];
	unsigned i = a->seq & 0xfff;
	char ip[INET6_ADDRSTRLEN];

	switch (a->seq >> 28) {
	case LOOPBACK: return err_sys(err, r, "bring up lo");
	case LINK_UP: return err_sys(err, r, "bring up interface '%s'", l->name);
	case ADDRESS:
		return err_sys(err, r, "give interface '%s' the address %s/%u", l->name,
			       text_of(&l->addrs[i], ip, sizeof(ip)), l->addrs[i].prefix);
	case ROUTE:
		return err_sys(err, r, "make %s the gateway on interface '%s'",
			       text_of(&l->gateways[i], ip, sizeof(ip)), l->name);
	default: return err_sys(err, r, "configure the jail's network");
	}
}

static int set_up_failed(struct err *err, const struct net_plan *p, int r,
			 const struct nl_answer *a)
{
	const struct net_link *l = &p->links[a->seq >> 12 & 0xffff];

	say_set_up(err, p, r, a);
	with_words(err, r, a);
	switch (a->seq >> 28) {
	case LINK_UP:
		if (r == -EADDRINUSE || r == -EBUSY)
			err_hint(err, "another macvlan of '%s' has this hardware address", l->host);
		if (r == -EINVAL && l->mtu)
			err_hint(err, "does it allow packets of %u bytes?", l->mtu);
		break;
	case ADDRESS:
		if (l->addrs[a->seq & 0xfff].family == AF_INET6 &&
		    (r == -EACCES || r == -EOPNOTSUPP || r == -EAFNOSUPPORT))
			err_hint(err, "IPv6 is switched off on this machine "
				      "(net.ipv6.conf.default.disable_ipv6)");
		break;
	case ROUTE:
		if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EINVAL)
			err_hint(err, "a gateway must lie in the network of an address of the "
				      "interface; 0.0.0.0 means none");
		break;
	}
	return r;
}

int links_set_up(const struct net_plan *p, int jail, const struct link_state *state,
		 struct err *err)
{
	struct nl b = NL_HEAP;
	struct nl_answer answer;
	int r;

	if (p->loopback_up)
		put_up(&b, 1, 0, number(LOOPBACK, 0, 0));
	for (unsigned i = 0; i < p->n_links; i++) {
		const struct net_link *l = &p->links[i];
		int index = state[i].index;

		if (!l->up)
			continue;
		put_up(&b, index, l->kind == NET_MOVED ? l->mtu : 0, number(LINK_UP, i, 0));
		for (unsigned k = 0; k < l->n_addrs; k++)
			put_address(&b, &l->addrs[k], index, number(ADDRESS, i, k));
		for (unsigned k = 0; k < l->n_gateways; k++)
			put_route(&b, &l->gateways[k], i, index, number(ROUTE, i, k));
	}
	r = b.n || b.failed ? nl_talk(jail, &b, &answer) : 0;
	nl_free(&b);
	return r < 0 ? set_up_failed(err, p, r, &answer) : 0;
}

/* ---- back, and away */

static int give_back(const struct net_link *l, int jail, int host_ns, const struct link_state *s,
		     const char *name)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_index = s->index};
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	nl_begin(&b, RTM_SETLINK, NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	nl_u32(&b, IFLA_NET_NS_FD, (uint32_t)host_ns);
	nl_str(&b, IFLA_IFNAME, name);
	if (s->mtu && l->mtu)
		nl_u32(&b, IFLA_MTU, (uint32_t)s->mtu);
	return nl_talk(jail, &b, NULL);
}

int links_give_back(const struct net_plan *p, int host, int jail, int host_ns,
		    struct link_state *state, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < p->n_links; i++) {
		const struct net_link *l = &p->links[i];
		struct link_state *s = &state[i];
		struct ifreq req;
		int r;

		if (l->kind != NET_MOVED)
			continue;
		/* Not noted yet: we were stopped right after the move, before the program ran. */
		if (!s->index)
			s->index = MAX(index_of(jail, l->name), 0);
		if (!s->index)
			continue;
		r = give_back(l, jail, host_ns, s, l->host);
		if (r == -EEXIST) { /* somebody took the name: better another one than lost */
			r = give_back(l, jail, host_ns, s, "back%d");
			if (r == 0)
				r = err_set(err, EEXIST,
					    "interface '%s' came back under another name (backN): "
					    "the name is taken",
					    l->host);
		} else if (r == -ENODEV) {
			r = 0; /* back already, or the jail removed it */
		} else if (r < 0) {
			err_sys(err, r, "give interface '%s' back", l->host);
		} else if (s->was_up && request(host, GET_FLAGS, l->host, &req) == 0) {
			req.ifr_flags |= IFF_UP;
			sys(SYS_ioctl, host, SET_FLAGS, &req);
		}
		s->index = 0;
		ret = ret ?: r;
	}
	return ret;
}

static bool must_go(const struct net_link *l)
{
	return l->kind == NET_MACVLAN && (l->has_mac || l->mode == MACVLAN_MODE_PASSTHRU);
}

bool links_must_go(const struct net_plan *p)
{
	for (unsigned i = 0; i < p->n_links; i++)
		if (must_go(&p->links[i]))
			return true;
	return false;
}

void links_remove(const struct net_plan *p, int jail, const struct link_state *state)
{
	for (unsigned i = 0; i < p->n_links; i++) {
		const struct ifinfomsg head = {.ifi_family = AF_UNSPEC,
					       .ifi_index = state[i].index};
		char buf[64] NL_ALIGNED;
		struct nl b = NL_STACK(buf);

		if (!must_go(&p->links[i]) || !state[i].index)
			continue;
		nl_begin(&b, RTM_DELLINK, NLM_F_ACK, 0);
		nl_put(&b, &head, sizeof(head));
		nl_talk(jail, &b, NULL); /* gone with the namespace, soon, if not now */
	}
}
