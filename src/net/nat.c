// SPDX-License-Identifier: BSD-3-Clause
/*
 * The connection of one jail of --net nat. Called by net.c, in the launcher.
 *
 * A veth pair whose ends have the same hardware address and no ARP: packets for the other end carry the
 * sender's own address and are taken. So there are no neighbours to be asked for, nor to be lied to.
 * The kernel refuses a name that is taken, so the name is the lease (hostnet.h). A name is free again
 * only when the interface of the last jail that had it is gone, and its route with it.
 *
 * The usual policy is the host's table (hosttable.c). One that differs is rules in the jail's namespace, over
 * which nothing in the jail has power, and which go with it; the interface's group then tells the host's
 * table to leave the decision to them.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/sys.h"
#include "net/nat.h"
#include "net/nft.h"

#define POLICY_TABLE "toastainer_policy"

enum { GET_INDEX = 0x8933 }; /* linux/sockios.h clashes with musl's net/if.h */
enum { NUMBER_RATE = 1 };    /* of messages, in errors */
enum { OPER_UP = 6 };	     /* linux/if.h clashes with libc's net/if.h */
enum { ROUNDS = 20, ROUND_MS = 50 };

static size_t ip_size(const struct net_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

/* ---- begin */

static int note_local(const struct nlmsghdr *m, void *arg)
{
	struct nat *n = arg;
	const struct ifaddrmsg *a = NLMSG_DATA(m);
	struct net_addr *grown;
	size_t len;
	const void *ip;

	if (m->nlmsg_type != RTM_NEWADDR)
		return 0;
	ip = nl_find(m, sizeof(*a), IFA_LOCAL, &len);
	if (!ip)
		ip = nl_find(m, sizeof(*a), IFA_ADDRESS, &len);
	if (!ip || len != (a->ifa_family == AF_INET ? 4U : 16U))
		return 0;
	grown = mem_realloc(n->local, (n->n_local + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	n->local = grown;
	grown[n->n_local] = (struct net_addr){a->ifa_family, (uint8_t)(len * 8), {0}};
	memcpy(grown[n->n_local++].ip, ip, len);
	return 0;
}

static int learn_local(struct nat *n, struct err *err)
{
	_cleanup_close_ int route = nl_open(NETLINK_ROUTE);
	const struct ifaddrmsg head = {.ifa_family = AF_UNSPEC};
	char buf[64] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r = route;

	nl_begin(&b, RTM_GETADDR, NLM_F_DUMP, 0);
	nl_put(&b, &head, sizeof(head));
	if (route >= 0)
		r = nl_ask(route, &b, note_local, n);
	return r < 0 ? err_sys(err, r, "list the host's addresses") : 0;
}

/* reaches_local() - whether the policy opens an address of the host. */
static bool reaches_local(const struct nat *n, const struct net_policy *p)
{
	for (unsigned i = 0; i < p->n_except; i++)
		for (unsigned k = 0; k < n->n_local; k++)
			if (net_contains(&p->except[i].to, &n->local[k]))
				return true;
	return !p->block_private;
}

static bool is_usual(const struct net_policy *p)
{
	return p->block_private && !p->n_deny && !p->n_except && !p->deny_rest;
}

int nat_begin(struct nat *n, const struct net_policy *policy, struct err *err)
{
	int r;

	n->nft = nl_open(NETLINK_NETFILTER);
	if (n->nft < 0) {
		err_sys(err, n->nft, "open a netlink socket for nf_tables");
		return err_hint(err,
				"the kernel needs nf_tables (CONFIG_NF_TABLES): see 'toastainer "
				"doctor'");
	}
	r = hostnet_ensure(n->nft, &n->host, err);
	if (r < 0)
		return r;
	n->group = HOSTNET_OURS;
	if (policy->n_publish) {
		n->group |= HOSTNET_PUBLISH;
		r = publish_hold(&n->published, &n->host, policy, err);
		if (r < 0)
			return r;
	}
	if (is_usual(policy))
		return 0;
	n->group |= HOSTNET_POLICY;
	if (policy->block_private && policy->n_except)
		r = learn_local(n, err);
	if (r >= 0 && reaches_local(n, policy))
		n->group |= HOSTNET_LOCAL;
	return r;
}

/* ---- rules */

static struct nft_rule policy_rule(struct nl *b)
{
	return nft_rule(b, POLICY_TABLE, "policy", 0);
}

static void match(struct nl *b, const struct net_match *m)
{
	nft_family(b, m->to.family);
	nft_address(b, &m->to, 1);
	if (m->proto)
		nft_meta_u8(b, NFT_META_L4PROTO, m->proto);
	nft_ports(b, &m->port, 1);
}

static void put_matches(struct nl *b, const struct net_match *list, unsigned n, int code,
			const char *to)
{
	for (unsigned i = 0; i < n; i++) {
		struct nft_rule r = policy_rule(b);

		match(b, &list[i]);
		nft_verdict(b, code, to);
		nft_rule_end(b, r);
	}
}

static void put_networks(struct nl *b, const struct net_addr *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct nft_rule r = policy_rule(b);

		nft_family(b, list[i].family);
		nft_address(b, &list[i], 1);
		nft_verdict(b, NFT_GOTO, "refuse");
		nft_rule_end(b, r);
	}
}

/* What answers is not asked about, and the loopback interface is the jail's own. */
static void put_passing(struct nl *b)
{
	const uint32_t open = 1U << (IP_CT_ESTABLISHED + 1) | 1U << (IP_CT_RELATED + 1), none = 0;
	struct nft_rule r = policy_rule(b);

	nft_iface(b, NFT_META_OIFNAME, "lo");
	nft_verdict(b, NF_ACCEPT, NULL);
	nft_rule_end(b, r);
	r = policy_rule(b);
	nft_load_ct(b, NFT_CT_STATE);
	nft_mask(b, &open, sizeof(open));
	nft_cmp(b, NFT_CMP_NEQ, &none, sizeof(none));
	nft_verdict(b, NF_ACCEPT, NULL);
	nft_rule_end(b, r);
}

static void put_frame(struct nl *b)
{
	static const struct {
		const char *name;
		int hook;
	} hooks[] = {{"output", NF_INET_LOCAL_OUT}, {"forward", NF_INET_FORWARD}};
	struct nft_rule r;

	nft_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_TABLE_NAME, POLICY_TABLE);
	nft_chain(b, POLICY_TABLE, "refuse", (struct nft_hook){.hook = -1});
	nft_chain(b, POLICY_TABLE, "policy", (struct nft_hook){.hook = -1});
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		nft_chain(b, POLICY_TABLE, hooks[i].name, (struct nft_hook){.hook = hooks[i].hook});
		r = nft_rule(b, POLICY_TABLE, hooks[i].name, 0);
		nft_verdict(b, NFT_GOTO, "policy");
		nft_rule_end(b, r);
	}
	r = nft_rule(b, POLICY_TABLE, "refuse", 0);
	nft_meta_u8(b, NFT_META_L4PROTO, IPPROTO_TCP);
	nft_reject(b, IPPROTO_TCP);
	nft_rule_end(b, r);
	r = nft_rule(b, POLICY_TABLE, "refuse", 0);
	nft_reject(b, 0);
	nft_rule_end(b, r);
}

/* In the order of struct net_policy. */
static void put_policy(struct nl *b, const struct nat *n, const struct net_policy *p)
{
	unsigned n_blocked;
	const struct net_addr *blocked = net_blocked_ranges(&n_blocked);

	nft_batch(b);
	put_frame(b);
	put_passing(b);
	put_matches(b, p->deny, p->n_deny, NFT_GOTO, "refuse");
	put_matches(b, p->except, p->n_except, NF_ACCEPT, NULL);
	if (p->block_private) {
		put_networks(b, blocked, n_blocked);
		put_networks(b, n->local, n->n_local);
	}
	put_matches(b, p->allow, p->n_allow, NF_ACCEPT, NULL);
	if (p->deny_rest) {
		struct nft_rule r = policy_rule(b);

		nft_verdict(b, NFT_GOTO, "refuse");
		nft_rule_end(b, r);
	}
	nft_commit(b);
}

int nat_rules(const struct nat *n, const struct net_policy *policy, struct err *err)
{
	_cleanup_close_ int nft = FD_NONE;
	struct nl b = NL_HEAP;
	int r;

	if (!(n->group & HOSTNET_POLICY))
		return 0;
	nft = nl_open(NETLINK_NETFILTER);
	put_policy(&b, n, policy);
	r = nft < 0 ? nft : nl_talk(nft, &b, NULL);
	nl_free(&b);
	return r < 0 ? err_sys(err, r, "set the rules of the jail's network policy") : 0;
}

/* ---- connect */

static void put_end(struct nl *b, const char *name, const uint8_t *mac)
{
	nl_str(b, IFLA_IFNAME, name);
	nl_attr(b, IFLA_ADDRESS, mac, 6);
}

static int make_pair(const struct nat *n, int host, int jail_ns, const char *name,
		     struct nl_answer *why)
{
	const uint8_t mac[6] = {0x02, 0x74, n->v4.ip[0], n->v4.ip[1], n->v4.ip[2], n->v4.ip[3]};
	/* The kernel takes the peer up only when the pair is complete: set_up(). */
	const struct ifinfomsg peer_head = {
		.ifi_family = AF_UNSPEC, .ifi_flags = IFF_NOARP, .ifi_change = IFF_NOARP};
	const unsigned up = IFF_UP | IFF_NOARP;
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_flags = up, .ifi_change = up};
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t info, data, peer;

	nl_begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(&b, &head, sizeof(head));
	put_end(&b, name, mac);
	nl_u32(&b, IFLA_GROUP, n->group);
	info = nl_nest(&b, IFLA_LINKINFO);
	nl_str(&b, IFLA_INFO_KIND, "veth");
	data = nl_nest(&b, IFLA_INFO_DATA);
	peer = nl_nest(&b, VETH_INFO_PEER);
	nl_put(&b, &peer_head, sizeof(peer_head));
	put_end(&b, NAT_DEVICE, mac);
	nl_u32(&b, IFLA_NET_NS_FD, (uint32_t)jail_ns);
	nl_end(&b, peer);
	nl_end(&b, data);
	nl_end(&b, info);
	return nl_talk(host, &b, why);
}

static int no_pair(struct err *err, int r, const struct nl_answer *why)
{
	err_sys(err, r, "make the jail's pair of interfaces");
	if (why->why[0])
		err_set(err, -r, "%s (%s)", strdupa(err->msg), why->why);
	if (r == -EOPNOTSUPP)
		return err_hint(err, "as root: modprobe veth");
	if (r == -EPERM)
		return err_hint(err, "--net nat needs CAP_NET_ADMIN over the host's network");
	return r;
}

static int exhausted(const struct nat *n, struct err *err)
{
	char net[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, n->host.v4.ip, net, sizeof(net));
	err_set(err, EADDRNOTAVAIL, "all %u addresses of %s/%u are leased to other jails",
		hostnet_leases(&n->host), net, n->host.v4.prefix);
	return err_hint(err,
			"'toastainer net status' lists the jails; a larger network: 'toastainer "
			"net down', then 'net up --subnet'");
}

/*
 * The first lease is a random one, so that launches at the same time seldom want the same, and an
 * address is not used again soon. All are tried; those of jails that have just ended become free.
 */
static int lease(struct nat *n, int host, int jail_ns, char *name, struct err *err)
{
	unsigned count = hostnet_leases(&n->host), at;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	at = (unsigned)now.tv_nsec * 2654435761U >> 4;
	for (unsigned tried = 0; tried < ROUNDS * count; tried++, at++) {
		struct nl_answer why;
		int r;

		if (tried && tried % count == 0) {
			struct timespec wait = {0, ROUND_MS * 1000000L};

			nanosleep(&wait, NULL);
		}
		hostnet_lease(&n->host, at % count, &n->v4, &n->v6);
		snprintf(name, IFNAMSIZ, HOSTNET_PREFIX "%u",
			 at % count & 0xffffff); /* there are not more */
		r = make_pair(n, host, jail_ns, name, &why);
		if (r != -EEXIST)
			return r < 0 ? no_pair(err, r, &why) : 0;
	}
	return exhausted(n, err);
}

static int index_of(int sock, const char *name)
{
	struct ifreq req = {0};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return sys(SYS_ioctl, sock, GET_INDEX, &req) < 0 ? 0 : req.ifr_ifindex;
}

/* The host's way to the jail. @from: what the host calls itself there */
static void put_host_route(struct nl *b, const struct net_addr *to, const struct net_addr *net,
			   int index)
{
	struct net_addr from = hostnet_gateway(net);
	const struct rtmsg head = {.rtm_family = to->family,
				   .rtm_dst_len = to->prefix,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_BOOT,
				   .rtm_scope = RT_SCOPE_LINK,
				   .rtm_type = RTN_UNICAST};

	nl_begin(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, 0);
	nl_put(b, &head, sizeof(head));
	nl_attr(b, RTA_DST, to->ip, ip_size(to));
	nl_attr(b, RTA_PREFSRC, from.ip, ip_size(to));
	nl_u32(b, RTA_OIF, (uint32_t)index);
}

static void put_up(struct nl *b, int index)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC,
				       .ifi_index = index,
				       .ifi_flags = IFF_UP,
				       .ifi_change = IFF_UP};

	nl_begin(b, RTM_SETLINK, NLM_F_ACK, 0);
	nl_put(b, &head, sizeof(head));
}

/* The jail's address, and its way to everybody. */
static void put_jail(struct nl *b, const struct net_addr *a, const struct net_addr *net, int index)
{
	struct net_addr gateway = hostnet_gateway(net);
	const struct ifaddrmsg address = {
		.ifa_family = a->family,
		.ifa_prefixlen = a->prefix,
		.ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (unsigned)index,
	};
	const struct rtmsg route = {.rtm_family = a->family,
				    .rtm_table = RT_TABLE_MAIN,
				    .rtm_protocol = RTPROT_BOOT,
				    .rtm_scope = RT_SCOPE_UNIVERSE,
				    .rtm_flags = RTNH_F_ONLINK,
				    .rtm_type = RTN_UNICAST};

	nl_begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(b, &address, sizeof(address));
	nl_attr(b, IFA_LOCAL, a->ip, ip_size(a));
	nl_attr(b, IFA_ADDRESS, a->ip, ip_size(a));
	nl_begin(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(b, &route, sizeof(route));
	nl_attr(b, RTA_GATEWAY, gateway.ip, ip_size(a));
	nl_u32(b, RTA_OIF, (uint32_t)index);
}

/*
 * Rates are kept by the token bucket filter of what leaves an interface: the host's end for what goes
 * into the jail, the jail's own end for what comes out. A hundredth of a second may pass at once, and
 * what waits longer than a tenth is dropped.
 */
static void put_rate(struct nl *b, int index, uint64_t rate)
{
	const struct tcmsg head = {.tcm_family = AF_UNSPEC,
				   .tcm_ifindex = index,
				   .tcm_handle = 1 << 16,
				   .tcm_parent = TC_H_ROOT};
	const uint32_t burst = (uint32_t)MIN(MAX(rate / 100, 16384), 1U << 27);
	struct tc_tbf_qopt o = {
		.rate = {.rate = (uint32_t)MIN(rate, UINT32_MAX),
			 .linklayer = TC_LINKLAYER_ETHERNET},
		.limit = burst + (uint32_t)MIN(MAX(rate / 10, 65536), 1U << 28),
	};
	size_t options;

	nl_begin(b, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, NUMBER_RATE);
	nl_put(b, &head, sizeof(head));
	nl_str(b, TCA_KIND, "tbf");
	options = nl_nest(b, TCA_OPTIONS);
	nl_attr(b, TCA_TBF_PARMS, &o, sizeof(o));
	nl_u32(b, TCA_TBF_BURST, burst);
	if (rate > UINT32_MAX)
		nl_attr(b, TCA_TBF_RATE64, &rate, sizeof(rate));
	nl_end(b, options);
}

/* The host's end takes packets for the host's loopback address, which answer a published port there. */
static void put_answers(struct nl *b, int index)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	size_t spec, inet, conf;

	nl_begin(b, RTM_SETLINK, NLM_F_ACK, 0);
	nl_put(b, &head, sizeof(head));
	spec = nl_nest(b, IFLA_AF_SPEC);
	inet = nl_nest(b, AF_INET);
	conf = nl_nest(b, IFLA_INET_CONF);
	nl_u32(b, IPV4_DEVCONF_ROUTE_LOCALNET, 1);
	nl_end(b, conf);
	nl_end(b, inet);
	nl_end(b, spec);
}

static int not_set_up(struct err *err, int r, const struct nl_answer *why, const char *what)
{
	if (why->seq != NUMBER_RATE) {
		err_sys(err, r, "%s", what);
		return r == -EINVAL ? err_hint(err, "was '" HOSTNET_BRIDGE
						    "' removed? 'toastainer net up' makes it again")
				    : r;
	}
	err_sys(err, r, "limit the rate of the jail's network");
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return err_hint(err,
				"the kernel needs the token bucket filter (CONFIG_NET_SCH_TBF): "
				"modprobe sch_tbf");
	return r;
}

static int set_up(struct nat *n, const struct net_plan *plan, int host, int jail, struct err *err)
{
	char buf[1024] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	const struct net_policy *policy = plan->policy;
	int index = index_of(jail, NAT_DEVICE), r;
	struct nl_answer why;

	put_host_route(&b, &n->v4, &n->host.v4, n->index);
	if (n->v6.family)
		put_host_route(&b, &n->v6, &n->host.v6, n->index);
	if (policy->n_publish)
		put_answers(&b, n->index);
	if (policy->rate_in)
		put_rate(&b, n->index, policy->rate_in);
	r = nl_talk(host, &b, &why);
	if (r < 0)
		return not_set_up(err, r, &why, "set the host's route to the jail");
	b = (struct nl)NL_STACK(buf);
	if (plan->loopback_up)
		put_up(&b, 1);
	put_up(&b, index);
	put_jail(&b, &n->v4, &n->host.v4, index);
	if (n->v6.family)
		put_jail(&b, &n->v6, &n->host.v6, index);
	if (policy->rate_out)
		put_rate(&b, index, policy->rate_out);
	r = nl_talk(jail, &b, &why);
	return r < 0 ? not_set_up(err, r, &why, "set the jail's addresses and routes") : 0;
}

static int take_state(const struct nlmsghdr *h, void *arg)
{
	size_t n;
	const uint8_t *state = nl_find(h, sizeof(struct ifinfomsg), IFLA_OPERSTATE, &n);

	*(bool *)arg = state && n && *state == OPER_UP;
	return 0;
}

/*
 * await_sending() - until the host's end does send. It is up since before there was a jail's end that is up,
 * and the kernel notices only after a while, longer when others change interfaces: until then what
 * is sent to the jail is lost. Not for ever: a jail that waits is as good.
 */
static void await_sending(const struct nat *n, int host)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_index = n->index};
	const struct timespec wait = {0, 1000000};
	bool sends = false;

	for (int tries = 0; tries < 1000; tries++) {
		char buf[64] NL_ALIGNED;
		struct nl b = NL_STACK(buf);

		nl_begin(&b, RTM_GETLINK, 0, 0);
		nl_put(&b, &head, sizeof(head));
		nl_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		if (nl_ask(host, &b, take_state, &sends) < 0 || sends)
			return;
		nanosleep(&wait, NULL);
	}
}

int nat_connect(struct nat *n, const struct net_plan *plan, int host, int jail, int jail_ns,
		struct err *err)
{
	char name[IFNAMSIZ];
	int r = lease(n, host, jail_ns, name, err);

	if (r < 0)
		return r;
	n->index = index_of(host, name);
	r = hostnet_still_open(n->nft, err);
	if (r < 0)
		return r;
	sys_close(take_fd(&n->nft));
	r = set_up(n, plan, host, jail, err);
	if (r >= 0)
		await_sending(n, host);
	if (r >= 0 && plan->policy->n_publish)
		r = publish_add(&n->published, &n->host, host, plan->policy, &n->v4, &n->v6, err);
	return r;
}

static int take_count(const struct nlmsghdr *h, void *arg)
{
	struct net_count *c = arg;
	struct rtnl_link_stats64 s;
	size_t n;
	const void *p = nl_find(h, sizeof(struct ifinfomsg), IFLA_STATS64, &n);

	if (!p || n < offsetof(struct rtnl_link_stats64, rx_errors))
		return -ENODATA;
	memcpy(&s, p, MIN(n, sizeof(s)));
	*c = (struct net_count){s.tx_bytes, s.tx_packets, s.rx_bytes, s.rx_packets};
	return 0;
}

int nat_count(const struct nat *n, int host, struct net_count *ret)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC, .ifi_index = n->index};
	char buf[64] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	nl_begin(&b, RTM_GETLINK, 0, 0);
	nl_put(&b, &head, sizeof(head));
	return nl_ask(host, &b, take_count, ret);
}

void nat_release(struct nat *n, const struct net_policy *policy)
{
	publish_end(&n->published, policy, &n->v4, &n->v6);
	free(take_ptr(n->local));
	n->n_local = 0;
	if (n->nft >= 0)
		sys_close(take_fd(&n->nft));
}
