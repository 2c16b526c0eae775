// SPDX-License-Identifier: BSD-3-Clause
/*
 * nsjail's user_net with the backend PASTA becomes the arguments of pasta(1). Called by plan_usernet().
 * What pasta has no option for is an error.
 */
#include "base/str.h"
#include "config/plan_parts.h"
#include "net/net.h"

/* struct args - an argument list that is being made; @failed: no memory */
struct args {
	struct arena *arena;
	const char *v[64];
	unsigned n;
	bool failed;
};

static void add(struct args *a, const char *word)
{
	a->v[a->n] = word ? arena_strdup(a->arena, word) : NULL;
	a->failed |= !a->v[a->n++];
}

static void add2(struct args *a, const char *option, const char *value)
{
	add(a, option);
	add(a, value);
}

static void add_if(struct args *a, bool yes, const char *option)
{
	if (yes)
		add(a, option);
}

static bool said(const char *s)
{
	return s && s[0];
}

/* Lists of ports have a grammar of pasta's own, which it checks; here: that it is one word of it. */
static int add_ports(struct args *a, const char *option, const char *name, const char *text,
		     struct err *err)
{
	static const char fine[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:/%~,-_";

	if (!said(text) || text[strspn(text, fine)] || text[0] == '-')
		return err_set(err, EINVAL, "user_net: pasta: %s: '%s' is not a list of ports",
			       name, text ?: "");
	add2(a, option, text);
	return 0;
}

/* Without `nat` the jail has the host's own addresses, which is what pasta does by itself. */
static int add_addresses(struct args *a, const struct cfg_user_net *in, struct err *err)
{
	const struct cfg_pasta *pasta = &in->pasta;
	bool ip4 = pasta->ip4_enabled && said(in->ip4), ip6 = pasta->ip6_enabled && said(in->ip6);

	if (!ip4 && !ip6)
		return err_set(err, EINVAL, "user_net: pasta: neither IPv4 nor IPv6");
	if (ip4 && pasta->nat) {
		add2(a, "-a", in->ip4);
		add2(a, "-n", pasta->mask4);
		add2(a, "-g", in->gw4);
	}
	if (ip6 && pasta->nat) {
		add2(a, "-a", in->ip6);
		add2(a, "-g", in->gw6);
	}
	add_if(a, !ip6, "-4");
	add_if(a, !ip4, "-6");
	return 0;
}

static int add_options(struct args *a, const struct cfg_user_net *in, struct err *err)
{
	const struct cfg_pasta *pasta = &in->pasta;
	struct net_addr mask;
	int r;

	if (!str_eq(pasta->mask6, "64"))
		return err_set(err, EOPNOTSUPP,
			       "user_net: pasta: mask6: '%s': pasta has networks of 64 bits only",
			       pasta->mask6);
	r = plan_address("0.0.0.0", pasta->mask4, &mask, err);
	if (r < 0)
		return err_wrap(err, "user_net: pasta: mask4");
	if (said(pasta->dns_forward) && plan_address(pasta->dns_forward, NULL, &mask, err) < 0)
		return err_wrap(err, "user_net: pasta: dns_forward");
	r = add_addresses(a, in, err);
	if (r < 0)
		return r;
	add_if(a, !pasta->enable_tcp, "--no-tcp");
	add_if(a, !pasta->enable_udp, "--no-udp");
	add_if(a, !pasta->enable_icmp, "--no-icmp");
	add_if(a, !pasta->enable_ip4_dhcp, "--no-dhcp");
	add_if(a, !pasta->enable_ip6_dhcp, "--no-dhcpv6");
	add_if(a, !pasta->enable_ip6_ra, "--no-ra");
	add_if(a, !pasta->map_gw, "--no-map-gw");
	if (pasta->enable_dns)
		add(a, "--dhcp-dns");
	else if (!said(pasta->dns_forward))
		add2(a, "-D", "none");
	if (said(pasta->dns_forward))
		add2(a, "--dns-forward", pasta->dns_forward);
	r = add_ports(a, "-t", "tcp_map_in", pasta->tcp_map_in, err);
	if (r >= 0)
		r = add_ports(a, "-u", "udp_map_in", pasta->udp_map_in, err);
	if (r >= 0)
		r = add_ports(a, "-T", "tcp_map_out", pasta->tcp_map_out, err);
	return r < 0 ? r : add_ports(a, "-U", "udp_map_out", pasta->udp_map_out, err);
}

static int find_pasta(const char **ret, struct err *err)
{
	static const char *const paths[] = {"/usr/bin/pasta", "/bin/pasta", "/usr/local/bin/pasta"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (access(paths[i], X_OK) == 0) {
			*ret = paths[i];
			return 0;
		}
	}
	err_set(err, ENOENT, "user_net: the backend PASTA needs pasta, which is not installed");
	return err_hint(err,
			"install the package passt, or use the backend NSTUN, which needs nothing");
}

static int check(const struct config *cfg, struct err *err)
{
	const struct cfg_user_net *in = &cfg->user_net;

	if (in->rule4.n || in->rule6.n)
		return err_set(err, EINVAL, "user_net: rule4 and rule6 are for the backend NSTUN");
	/* It enters both namespaces of the jail, and can do that only if one belongs to the other. */
	if (!cfg->clone_newuser)
		return err_set(err, EOPNOTSUPP,
			       "user_net: the backend PASTA needs a user namespace");
	if (cfg->traffic_rule.n || cfg->net_iface.n || said(cfg->macvlan_iface))
		return err_set(err, EOPNOTSUPP,
			       "user_net: the backend PASTA does not go with traffic rules and "
			       "interfaces");
	return 0;
}

int plan_pasta(struct planner *p, const char *ifname, char *const **ret, struct err *err)
{
	const struct cfg_user_net *in = &p->cfg->user_net;
	struct args a = {.arena = &p->out->arena};
	const char *path = NULL, **argv;
	int r = check(p->cfg, err);

	if (r >= 0)
		r = find_pasta(&path, err);
	if (r < 0)
		return r;
	add2(&a, path, "-f");
	add2(&a, "-q", "--config-net");
	add2(&a, "-I", ifname);
	/* Its standard output is ours: that is where it tells that it is ready. */
	add2(&a, "-P", "/proc/self/fd/1");
	if (geteuid() == 0) /* else it becomes nobody, and may not enter the jail's namespaces */
		add2(&a, "--runas", arena_printf(a.arena, "%u:%u", getuid(), getgid()));
	r = add_options(&a, in, err);
	if (r < 0)
		return r;
	argv = a.failed ? NULL : arena_alloc(a.arena, (a.n + 1) * sizeof(*argv));
	if (!argv)
		return err_oom(err);
	memcpy(argv, a.v, a.n * sizeof(*argv));
	*ret = (char *const *)argv;
	return 0;
}
