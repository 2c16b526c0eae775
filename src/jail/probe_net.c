// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of networking: nf_tables, veth, macvlan, tun. Each makes what it asks for in a network
 * namespace of the child, with which it vanishes.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "jail/probe_impl.h"

/* One message, or several: as much as a probe sends. */
struct nl {
	char buf[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t n;
	struct nlmsghdr *msg; /* the last one begun */
};

static void *nl_room(struct nl *b, size_t n)
{
	void *p = b->buf + b->n;

	/* Sizes are fixed, below the buffer's: nothing here comes from outside. */
	assert(b->n + NLMSG_ALIGN(n) <= sizeof(b->buf));
	memset(p, 0, NLMSG_ALIGN(n));
	b->n += NLMSG_ALIGN(n);
	if (b->msg)
		b->msg->nlmsg_len = (uint32_t)(b->buf + b->n - (char *)b->msg);
	return p;
}

static void nl_begin(struct nl *b, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h;

	b->msg = NULL;
	h = nl_room(b, sizeof(*h));
	h->nlmsg_len = sizeof(*h);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	b->msg = h;
}

static struct nlattr *nl_attr(struct nl *b, uint16_t type, const void *p, size_t n)
{
	struct nlattr *a = nl_room(b, sizeof(*a) + n);

	a->nla_len = (uint16_t)(sizeof(*a) + n);
	a->nla_type = type;
	if (n)
		memcpy(a + 1, p, n);
	return a;
}

static void nl_string(struct nl *b, uint16_t type, const char *s)
{
	nl_attr(b, type, s, strlen(s) + 1);
}

static struct nlattr *nl_nest(struct nl *b, uint16_t type)
{
	return nl_attr(b, type, NULL, 0);
}

static void nl_nest_end(struct nl *b, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(b->buf + b->n - (char *)nest);
}

/* Sends and reads the one answer. Return: its errno. */
static int nl_talk(int protocol, const struct nl *b)
{
	const struct timeval limit = {.tv_sec = 2};
	char answer[2048] __attribute__((aligned(NLMSG_ALIGNTO))) = "";
	const struct nlmsghdr *h = (const void *)answer;
	const struct nlmsgerr *e = (const void *)(answer + NLMSG_HDRLEN);
	long fd, r;

	fd = sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return (int)fd;
	sys(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = sys(SYS_sendto, fd, b->buf, b->n, 0, NULL, 0);
	if (r > 0)
		r = sys_read((int)fd, answer, sizeof(answer));
	sys_close((int)fd);
	if (r < 0)
		return (int)r;
	if ((size_t)r < NLMSG_HDRLEN + sizeof(*e) || h->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return e->error;
}

/* --- nf_tables ------------------------------------------------------------------------------- */

static void nft_begin(struct nl *b, uint16_t type, uint16_t flags, uint8_t family, uint16_t res)
{
	struct nfgenmsg *g;

	nl_begin(b, type, flags);
	g = nl_room(b, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(res);
}

/* A table for IPv4 and IPv6 with a chain at the way out: all or nothing, as a batch is. */
static int try_nftables(struct trial *t, const void *arg UNUSED)
{
	const uint32_t hook = htonl(NF_INET_LOCAL_OUT), priority = htonl(0);
	struct nl b = {.n = 0};
	struct nlattr *nest;
	int r;

	nft_begin(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nft_begin(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_string(&b, NFTA_TABLE_NAME, "probe");
	nft_begin(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK,
		  NFPROTO_INET, 0);
	nl_string(&b, NFTA_CHAIN_TABLE, "probe");
	nl_string(&b, NFTA_CHAIN_NAME, "out");
	nest = nl_nest(&b, NLA_F_NESTED | NFTA_CHAIN_HOOK);
	nl_attr(&b, NFTA_HOOK_HOOKNUM, &hook, sizeof(hook));
	nl_attr(&b, NFTA_HOOK_PRIORITY, &priority, sizeof(priority));
	nl_nest_end(&b, nest);
	nl_string(&b, NFTA_CHAIN_TYPE, "filter");
	nft_begin(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	r = nl_talk(NETLINK_NETFILTER, &b);
	return r < 0 ? trial_fail(t, "adding a table and a chain", r) : 0;
}

void probe_nftables(const struct probe_env *env, const struct probe *probe UNUSED,
		    struct probe_result *r)
{
	struct trial t;
	char text[160];

	if (probe_blocked(env, r))
		return;
	if (probe_try(env, env->ns | CLONE_NEWNET, try_nftables, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "table and chain added");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == EOPNOTSUPP || t.code == EPROTONOSUPPORT || t.code == EINVAL ||
	    t.code == ENOENT) {
		probe_cause(r, "this kernel has no nf_tables, or not its module loaded");
		probe_cure(r,
			   "as root: modprobe nf_tables; else a kernel with CONFIG_NF_TABLES_INET");
	} else {
		probe_blame(env, &t, "nf_tables", r);
	}
}

/* --- links ----------------------------------------------------------------------------------- */

static struct nlattr *link_begin(struct nl *b, const char *name, uint32_t lower, const char *kind)
{
	struct nlattr *info;

	nl_begin(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
	nl_room(b, sizeof(struct ifinfomsg));
	nl_string(b, IFLA_IFNAME, name);
	if (lower)
		nl_attr(b, IFLA_LINK, &lower, sizeof(lower));
	info = nl_nest(b, IFLA_LINKINFO);
	nl_string(b, IFLA_INFO_KIND, kind);
	return info;
}

static int add_veth(void)
{
	struct nl b = {.n = 0};
	struct nlattr *info = link_begin(&b, "probe0", 0, "veth");
	struct nlattr *data = nl_nest(&b, IFLA_INFO_DATA), *peer = nl_nest(&b, VETH_INFO_PEER);

	nl_room(&b, sizeof(struct ifinfomsg));
	nl_string(&b, IFLA_IFNAME, "probe1");
	nl_nest_end(&b, peer);
	nl_nest_end(&b, data);
	nl_nest_end(&b, info);
	return nl_talk(NETLINK_ROUTE, &b);
}

static int add_macvlan(uint32_t lower)
{
	struct nl b = {.n = 0};
	struct nlattr *info = link_begin(&b, "probe2", lower, "macvlan");

	nl_nest_end(&b, info);
	return nl_talk(NETLINK_ROUTE, &b);
}

static int try_veth(struct trial *t, const void *arg UNUSED)
{
	int r = add_veth();

	return r < 0 ? trial_fail(t, "adding a veth pair", r) : 0;
}

/*
 * On one end of a veth pair. Without veth there is only the loopback, on which it must be refused
 * with EINVAL; a kernel without macvlan says EOPNOTSUPP.
 */
static int try_macvlan(struct trial *t, const void *arg UNUSED)
{
	struct ifreq req = {.ifr_name = "probe0"};
	long fd = sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	uint32_t lower = 1;
	int r;

	if (fd < 0)
		return trial_fail(t, "netlink", fd);
	if (add_veth() == 0 && sys(SYS_ioctl, fd, SIOCGIFINDEX, &req) == 0)
		lower = (uint32_t)req.ifr_ifindex;
	r = add_macvlan(lower);
	if (r == -EINVAL && lower == 1)
		r = 0;
	return r < 0 ? trial_fail(t, "adding a macvlan", r) : 0;
}

/*
 * Whether links of the caller's own network namespace may be changed: a request to remove a link
 * that names none is refused with EINVAL, and before that with EPERM where the right is missing.
 */
static int try_own_links(struct trial *t, const void *arg UNUSED)
{
	struct nl b = {.n = 0};
	int r;

	nl_begin(&b, RTM_DELLINK, NLM_F_ACK);
	nl_room(&b, sizeof(struct ifinfomsg));
	r = nl_talk(NETLINK_ROUTE, &b);
	return r == -EINVAL ? 0 : trial_fail(t, "changing links of the host", r < 0 ? r : -EPROTO);
}

void probe_link(const struct probe_env *env, const struct probe *probe, struct probe_result *r)
{
	static const struct {
		const char *what, *host;
		trial_fn fn;
	} kinds[] = {
		[PROBE_VETH] = {"veth", "an end on the host", try_veth},
		[PROBE_MACVLAN] = {"macvlan", "one on an interface of the host", try_macvlan},
	};
	const char *what = kinds[probe->arg].what;
	struct trial t;

	if (probe_blocked(env, r))
		return;
	if (probe_try(env, env->ns | CLONE_NEWNET, kinds[probe->arg].fn, NULL, &t) < 0) {
		char text[160];

		probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
		if (t.code == EOPNOTSUPP) {
			probe_cause(r, "this kernel has no %s, or not its module loaded", what);
			probe_cure(r, "as root: modprobe %s", what);
		} else {
			probe_blame(env, &t, what, r);
		}
		return;
	}
	if (probe_try(env, 0, try_own_links, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "made in a network namespace");
		return;
	}
	probe_say(r, PROBE_DEGRADED, "made in a network namespace; not with the host's");
	probe_cause(r, "%s needs CAP_NET_ADMIN over the host's network", kinds[probe->arg].host);
	probe_cure(r, "start as root, or use the user-mode network");
}

static int try_tun(struct trial *t, const void *arg UNUSED)
{
	struct ifreq req = {.ifr_name = "probe0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = sys_openat(AT_FDCWD, "/dev/net/tun", O_RDWR, 0);
	long r;

	if (fd < 0)
		return trial_fail(t, "opening /dev/net/tun", fd);
	r = sys(SYS_ioctl, fd, TUNSETIFF, &req);
	return r < 0 ? trial_fail(t, "making an interface", r) : 0;
}

void probe_tun(const struct probe_env *env, const struct probe *probe UNUSED,
	       struct probe_result *r)
{
	struct trial t;
	char text[160];

	if (probe_blocked(env, r))
		return;
	if (probe_try(env, env->ns | CLONE_NEWNET, try_tun, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "interface made through /dev/net/tun");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == ENOENT || t.code == ENODEV || t.code == ENXIO) {
		probe_cause(r, "%s",
			    t.code == ENOENT ? "there is no /dev/net/tun"
					     : "this kernel has no tun, or not its module");
		probe_cure(r, "as root: modprobe tun; docker, podman: --device /dev/net/tun");
	} else if (t.code == EACCES || (t.code == EPERM && strstr(t.step, "opening"))) {
		probe_cause(r, "/dev/net/tun may not be opened by uid %u here", env->uid);
		probe_cure(r, "as root: chmod 666 /dev/net/tun, as most systems have it; docker, "
			      "podman: --device /dev/net/tun");
	} else {
		probe_blame(env, &t, "tun", r);
	}
}
