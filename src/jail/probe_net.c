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
#include "net/hosttable.h"
#include "net/netlink.h"

/* request() - send what was built, from the namespace we are in. Return: 0 or a negative errno. */
static int request(int protocol, const struct nl *b)
{
	int fd = nl_open(protocol), r = fd < 0 ? fd : nl_talk(fd, b, NULL);

	if (fd >= 0)
		sys_close(fd);
	return r;
}

/* --- nf_tables ------------------------------------------------------------------------------- */

static void nft_begin(struct nl *b, uint16_t type, uint16_t flags, uint8_t family, uint16_t res)
{
	const struct nfgenmsg g = {
		.nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(res)};

	nl_begin(b, type, flags, 0);
	nl_put(b, &g, sizeof(g));
}

/* A table for IPv4 and IPv6 with a chain at the way out: all or nothing, as a batch is. */
static int try_nftables(struct trial *t, const void *arg UNUSED)
{
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t nest;
	int r;

	nft_begin(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nft_begin(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(&b, NFTA_TABLE_NAME, "probe");
	nft_begin(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK,
		  NFPROTO_INET, 0);
	nl_str(&b, NFTA_CHAIN_TABLE, "probe");
	nl_str(&b, NFTA_CHAIN_NAME, "out");
	nest = nl_nest(&b, NFTA_CHAIN_HOOK);
	nl_be32(&b, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	nl_be32(&b, NFTA_HOOK_PRIORITY, 0);
	nl_end(&b, nest);
	nl_str(&b, NFTA_CHAIN_TYPE, "filter");
	nft_begin(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	r = request(NETLINK_NETFILTER, &b);
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

static const struct ifinfomsg any_link;

static size_t link_begin(struct nl *b, const char *name, uint32_t lower, const char *kind)
{
	size_t info;

	nl_begin(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	nl_put(b, &any_link, sizeof(any_link));
	nl_str(b, IFLA_IFNAME, name);
	if (lower)
		nl_u32(b, IFLA_LINK, lower);
	info = nl_nest(b, IFLA_LINKINFO);
	nl_str(b, IFLA_INFO_KIND, kind);
	return info;
}

static int add_veth(void)
{
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t info = link_begin(&b, "probe0", 0, "veth");
	size_t data = nl_nest(&b, IFLA_INFO_DATA), peer = nl_nest(&b, VETH_INFO_PEER);

	nl_put(&b, &any_link, sizeof(any_link));
	nl_str(&b, IFLA_IFNAME, "probe1");
	nl_end(&b, peer);
	nl_end(&b, data);
	nl_end(&b, info);
	return request(NETLINK_ROUTE, &b);
}

static int add_macvlan(uint32_t lower)
{
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	size_t info = link_begin(&b, "probe2", lower, "macvlan");

	nl_end(&b, info);
	return request(NETLINK_ROUTE, &b);
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
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r;

	nl_begin(&b, RTM_DELLINK, NLM_F_ACK, 0);
	nl_put(&b, &any_link, sizeof(any_link));
	r = request(NETLINK_ROUTE, &b);
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

/* The host's own table, in a namespace of the child: translation and all that it matches by. */
static int try_nat(struct trial *t, const void *arg)
{
	int r = request(NETLINK_NETFILTER, arg);

	return r < 0 ? trial_fail(t, "the host's table of rules", r) : 0;
}

void probe_nat(const struct probe_env *env, const struct probe *probe UNUSED,
	       struct probe_result *r)
{
	struct hostnet h = {.v4 = hostnet_default()};
	struct nl b = NL_HEAP;
	struct trial t;
	char text[160];
	int tried;

	if (probe_blocked(env, r))
		return;
	hosttable_put(&b, &h, "", 1);
	tried = probe_try(env, env->ns | CLONE_NEWNET, try_nat, &b, &t);
	nl_free(&b);
	if (tried < 0) {
		probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
		if (t.code == ENOENT || t.code == EOPNOTSUPP || t.code == EPROTONOSUPPORT) {
			probe_cause(r,
				    "this kernel has no address translation by nf_tables, or not "
				    "its modules loaded");
			probe_cure(r, "as root: modprobe -a nft_nat nft_masq nft_ct nft_fib_inet "
				      "nft_reject_inet; or use --net user");
		} else {
			probe_blame(env, &t, "the host's rules", r);
		}
	} else if (probe_try(env, 0, try_own_links, NULL, &t) < 0) {
		probe_say(r, PROBE_DEGRADED,
			  "rules added in a network namespace; not in the host's");
		probe_cause(r, "it needs CAP_NET_ADMIN over the host's network");
		probe_cure(r, "start as root, or use --net user");
	} else {
		probe_say(r, PROBE_OK, "the host's rules added in a network namespace");
	}
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
