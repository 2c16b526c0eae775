// SPDX-License-Identifier: BSD-3-Clause
/*
 * Interfaces and traffic rules: nsjail's settings and ours (net_iface) become the same links of the
 * plan. Addresses are parsed here; whether an interface is there shows at the launch. What could not
 * take effect, a rule that never matches for example, is an error.
 */
#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <netinet/in.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "net/policy.h"
#include "net/rules.h"

#define HAS_CAP(caps, cap) ((caps) >> (cap)&1)

static bool was_given(const struct planner *p, const char *name)
{
	return schema_has(&schema_config, p->cfg, schema_find(&schema_config, name, strlen(name)));
}

/* An empty text counts as none, as in nsjail. */
static bool said(const char *s)
{
	return s && s[0];
}

/* ---- parsing */

int plan_iface_name(const char *s, char *to, struct err *err)
{
	size_t n = strlen(s);
	bool bad = n == 0 || n >= IFNAMSIZ || str_eq(s, ".") || str_eq(s, "..");

	for (size_t i = 0; i < n; i++)
		bad |= (unsigned char)s[i] <= ' ' || strchr("/:%", s[i]);
	if (bad)
		return err_set(err, EINVAL, "'%s' is not the name of an interface", s);
	memcpy(to, s, n + 1);
	return 0;
}

static unsigned bits_of(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* "24" or "255.255.255.0". */
static int parse_prefix(const char *s, uint8_t family, uint8_t *ret, struct err *err)
{
	struct in_addr mask;
	uint64_t n;

	if (family == AF_INET && strchr(s, '.') && inet_pton(AF_INET, s, &mask) == 1) {
		uint32_t m = ntohl(mask.s_addr);

		if (~m & (~m + 1))
			return err_set(err, EINVAL, "'%s' is not a netmask", s);
		for (n = 0; m; m <<= 1)
			n++;
	} else if (str_u64(s, bits_of(family), &n) < 0) {
		return err_set(err, EINVAL, "'%s' is neither a prefix length (0 to %u)%s", s,
			       bits_of(family), family == AF_INET ? " nor a netmask" : "");
	}
	*ret = (uint8_t)n;
	return 0;
}

int plan_address(const char *s, const char *bits, struct net_addr *a, struct err *err)
{
	char ip[INET6_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);

	*a = (struct net_addr){.family = memchr(s, ':', n) ? AF_INET6 : AF_INET};
	snprintf(ip, sizeof(ip), "%.*s", (int)MIN(n, sizeof(ip) - 1), s);
	if (n >= sizeof(ip) || inet_pton(a->family, ip, a->ip) != 1)
		return err_set(err, EINVAL, "'%s' is not an address", s);
	a->prefix = (uint8_t)bits_of(a->family);
	if (slash)
		bits = slash + 1;
	return bits ? parse_prefix(bits, a->family, &a->prefix, err) : 0;
}

static int parse_mac(const char *s, struct net_link *l, struct err *err)
{
	const char *at = s;
	char *end;

	for (size_t i = 0; i < sizeof(l->mac); i++) {
		unsigned long v = strtoul(at, &end, 16);

		if (end == at || end > at + 2 || *end != (i < 5 ? ':' : 0))
			return err_set(err, EINVAL, "'%s' is not a hardware address", s);
		l->mac[i] = (uint8_t)v;
		at = end + 1;
	}
	if (l->mac[0] & 1)
		return err_set(err, EINVAL, "'%s' is a multicast address", s);
	l->has_mac = true;
	return 0;
}

static bool is_any(const struct net_addr *a)
{
	static const uint8_t any[16];

	return memcmp(a->ip, any, sizeof(any)) == 0;
}

/* ---- interfaces */

struct links {
	struct net_link *v;
	unsigned n, macvlans;
};

static const uint32_t macvlan_modes[] = {
	[CFG_MACVLAN_PRIVATE] = MACVLAN_MODE_PRIVATE,
	[CFG_MACVLAN_VEPA] = MACVLAN_MODE_VEPA,
	[CFG_MACVLAN_BRIDGE] = MACVLAN_MODE_BRIDGE,
	[CFG_MACVLAN_PASSTHRU] = MACVLAN_MODE_PASSTHRU,
};

/* name_macvlan() - nsjail calls its one "vs"; further ones are vs1, vs2. */
static int name_link(struct links *links, struct net_link *l, const char *name, struct err *err)
{
	char own[IFNAMSIZ];

	if (!said(name) && l->kind == NET_MACVLAN) {
		if (links->macvlans)
			snprintf(own, sizeof(own), "vs%u", links->macvlans);
		else
			snprintf(own, sizeof(own), "vs");
		name = own;
	}
	links->macvlans += l->kind == NET_MACVLAN;
	return plan_iface_name(said(name) ? name : l->host, l->name, err);
}

static int take_link(struct links *links, struct net_link *l, struct err *err)
{
	if (str_eq(l->name, "lo"))
		return err_set(err, EINVAL, "'lo' is the loopback interface's name");
	for (unsigned i = 0; i < links->n; i++) {
		if (str_eq(links->v[i].name, l->name))
			return err_set(err, EEXIST, "two interfaces of the jail are called '%s'",
				       l->name);
		if (links->v[i].kind == NET_MOVED && str_eq(links->v[i].host, l->host))
			return err_set(err, EEXIST, "interface '%s' is moved into the jail already",
				       l->host);
	}
	links->v[links->n++] = *l;
	return 0;
}

static int plan_owned(struct planner *p, struct links *links, struct err *err)
{
	const struct config *cfg = p->cfg;

	for (unsigned i = 0; i < cfg->iface_own.n; i++) {
		struct net_link l = {.kind = NET_MOVED};
		int r = plan_iface_name(cfg->iface_own.v[i], l.host, err);

		if (r >= 0)
			r = name_link(links, &l, NULL, err);
		if (r >= 0)
			r = take_link(links, &l, err);
		if (r < 0)
			return err_wrap(err, "iface_own");
	}
	return 0;
}

/*
 * nsjail's one macvlan. Its netmask and gateway have defaults that fit the default address only; for an
 * IPv6 address they count when they are given.
 */
static int plan_vs_address(struct planner *p, struct net_link *l, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct net_addr *a = arena_alloc(&p->out->arena, 2 * sizeof(*a)), *gw;
	int r;

	if (!a)
		return err_oom(err);
	gw = a + 1;
	r = plan_address(cfg->macvlan_vs_ip, NULL, a, err);
	if (r >= 0 && !strchr(cfg->macvlan_vs_ip, '/')) {
		bool mask = a->family == AF_INET || was_given(p, "macvlan_vs_nm");

		r = parse_prefix(mask ? cfg->macvlan_vs_nm : "64", a->family, &a->prefix, err);
	}
	if (r < 0)
		return err_wrap(err, "macvlan_vs_ip");
	if (is_any(a))
		return 0;
	l->addrs = a;
	l->n_addrs = 1;
	if (!said(cfg->macvlan_vs_gw) || (a->family == AF_INET6 && !was_given(p, "macvlan_vs_gw")))
		return 0;
	r = plan_address(cfg->macvlan_vs_gw, NULL, gw, err);
	if (r >= 0 && gw->family != a->family)
		r = err_set(err, EINVAL, "'%s' and '%s' are of different families",
			    cfg->macvlan_vs_ip, cfg->macvlan_vs_gw);
	if (r < 0)
		return err_wrap(err, "macvlan_vs_gw");
	l->gateways = gw;
	l->n_gateways = !is_any(gw);
	return 0;
}

static int plan_vs(struct planner *p, struct links *links, struct err *err)
{
	const struct config *cfg = p->cfg;
	const struct enum_name *modes = schema_macvlan_modes;
	struct net_link l = {.kind = NET_MACVLAN, .up = true};
	int32_t mode;
	int r;

	if (!said(cfg->macvlan_iface))
		return 0;
	r = plan_iface_name(cfg->macvlan_iface, l.host, err);
	if (r < 0)
		return err_wrap(err, "macvlan_iface");
	if (schema_enum_value(modes, cfg->macvlan_vs_mo, strlen(cfg->macvlan_vs_mo), &mode) < 0)
		return err_set(err, EINVAL,
			       "macvlan_vs_mo: '%s' is none of: private, vepa, bridge, passthru",
			       cfg->macvlan_vs_mo);
	l.mode = macvlan_modes[mode];
	r = said(cfg->macvlan_vs_ma) ? parse_mac(cfg->macvlan_vs_ma, &l, err) : 0;
	if (r < 0)
		return err_wrap(err, "macvlan_vs_ma");
	r = plan_vs_address(p, &l, err);
	if (r >= 0)
		r = name_link(links, &l, NULL, err);
	return r < 0 ? r : take_link(links, &l, err);
}

/* The addresses and gateways of a net_iface. */
static int plan_addresses(struct planner *p, const struct cfg_net_iface *in, struct net_link *l,
			  struct err *err)
{
	struct net_addr *a = arena_alloc(&p->out->arena, (in->ip.n + in->gw.n + 1) * sizeof(*a));
	struct net_addr *gw;
	int r;

	if (!a)
		return err_oom(err);
	gw = a + in->ip.n;
	for (unsigned i = 0; i < in->ip.n; i++) {
		r = plan_address(in->ip.v[i], NULL, &a[i], err);
		if (r >= 0 && !strchr(in->ip.v[i], '/'))
			r = err_set(err, EINVAL, "'%s' is without its prefix: %s/%u, for example",
				    in->ip.v[i], in->ip.v[i], a[i].family == AF_INET ? 24 : 64);
		if (r < 0)
			return err_wrap(err, "ip");
	}
	for (unsigned i = 0; i < in->gw.n; i++) {
		r = plan_address(in->gw.v[i], NULL, &gw[i], err);
		if (r >= 0 && gw[i].prefix != bits_of(gw[i].family))
			r = err_set(err, EINVAL, "'%s' is not one address", in->gw.v[i]);
		if (r >= 0 && i && gw[i].family == gw[0].family)
			r = err_set(err, EINVAL, "'%s': one gateway a family", in->gw.v[i]);
		if (r < 0)
			return err_wrap(err, "gw");
	}
	l->addrs = a;
	l->n_addrs = in->ip.n;
	l->gateways = gw;
	l->n_gateways = in->gw.n;
	return 0;
}

static int plan_iface(struct planner *p, const struct cfg_net_iface *in, struct links *links,
		      struct err *err)
{
	struct net_link l = {.kind = said(in->own) ? NET_MOVED : NET_MACVLAN,
			     .up = true,
			     .mode = macvlan_modes[in->mode],
			     .mtu = in->mtu};
	int r;

	if (said(in->own) == said(in->macvlan))
		return err_set(err, EINVAL, "needs one of own and macvlan");
	if (said(in->own) && (said(in->mac) || in->mode))
		return err_set(err, EINVAL, "%s is for a macvlan", said(in->mac) ? "mac" : "mode");
	if (in->mtu && (in->mtu < 68 || in->mtu > 65535))
		return err_set(err, EINVAL, "mtu: %u is not from 68 to 65535", in->mtu);
	r = plan_iface_name(said(in->own) ? in->own : in->macvlan, l.host, err);
	if (r >= 0 && said(in->mac))
		r = parse_mac(in->mac, &l, err);
	if (r >= 0)
		r = plan_addresses(p, in, &l, err);
	if (r >= 0)
		r = name_link(links, &l, in->name, err);
	return r < 0 ? r : take_link(links, &l, err);
}

static int plan_links(struct planner *p, struct net_plan *net, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct links links = {0};
	size_t most = cfg->iface_own.n + cfg->net_iface.n + (size_t)1;
	int r;

	if (most > 4096)
		return err_set(err, EINVAL, "a jail has at most 4095 interfaces");
	links.v = arena_alloc(&p->out->arena, most * sizeof(*links.v));
	if (!links.v)
		return err_oom(err);
	r = plan_vs(p, &links, err);
	if (r >= 0)
		r = plan_owned(p, &links, err);
	for (unsigned i = 0; r >= 0 && i < cfg->net_iface.n; i++) {
		r = plan_iface(p, &cfg->net_iface.v[i], &links, err);
		if (r < 0)
			err_wrap(err, "net_iface %u", i + 1);
	}
	net->links = links.v;
	net->n_links = links.n;
	return r;
}

/* ---- traffic rules */

static int rule_address(const char *text, const char *what, uint8_t family, struct net_addr *a,
			struct err *err)
{
	int r;

	if (!said(text))
		return 0;
	r = plan_address(text, NULL, a, err);
	if (r < 0)
		return err_wrap(err, "%s", what);
	if (a->family == family)
		return 0;
	err_set(err, EINVAL, "%s: '%s' is not an IPv%c address", what, text,
		family == AF_INET ? '4' : '6');
	return err_hint(err, "ip_family: IPV4 or IPV6; without it a rule is for IPv4");
}

static int rule_ports(const struct cfg_traffic_rule *in, bool src, struct net_ports *ports,
		      struct err *err)
{
	static const char *const names[] = {"dport", "sport"};
	const struct message *m = schema_find(&schema_config, "traffic_rule", 12)->message;
	char end[12];
	uint32_t first = src ? in->sport : in->dport, last = src ? in->sport_end : in->dport_end;

	snprintf(end, sizeof(end), "%s_end", names[src]);
	ports->given = schema_has(m, in, schema_find(m, names[src], 5));
	if (!schema_has(m, in, schema_find(m, end, 9)))
		last = first;
	else if (!ports->given)
		return err_set(err, EINVAL, "%s without %s", end, names[src]);
	if (first > 65535 || last > 65535)
		return err_set(err, EINVAL, "%s: %u is not a port", names[src], MAX(first, last));
	if (last < first)
		return err_set(err, EINVAL, "%s %u comes after %s %u", names[src], first, end,
			       last);
	ports->first = (uint16_t)first;
	ports->last = (uint16_t)last;
	return 0;
}

static int rule_protocol(const struct cfg_traffic_rule *in, struct net_rule *rule, struct err *err)
{
	static const uint8_t protocols[] = {
		[PROTO_UNKNOWN] = 0,
		[PROTO_TCP] = IPPROTO_TCP,
		[PROTO_UDP] = IPPROTO_UDP,
		[PROTO_ICMP] = IPPROTO_ICMP,
		[PROTO_ICMPV6] = IPPROTO_ICMPV6,
	};
	bool icmp = in->proto == PROTO_ICMP || in->proto == PROTO_ICMPV6;

	rule->proto = protocols[in->proto];
	if (icmp && (in->proto == PROTO_ICMP) != (rule->family == AF_INET)) {
		err_set(err, EINVAL, "%s is no protocol of %s: no packet would match",
			in->proto == PROTO_ICMP ? "ICMP" : "ICMPV6",
			rule->family == AF_INET ? "IPv4" : "IPv6");
		return err_hint(err, "ICMP goes with ip_family IPV4, ICMPV6 with IPV6");
	}
	if (icmp && (rule->sport.given || rule->dport.given))
		return err_set(err, EINVAL, "ICMP has no ports");
	return 0;
}

static int plan_rule(const struct cfg_traffic_rule *in, struct net_rule *rule, struct err *err)
{
	int r = 0;

	rule->family = in->ip_family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
	switch (in->action) {
	case TRAFFIC_DROP: rule->action = NET_DROP; break;
	case TRAFFIC_REJECT: rule->action = NET_REJECT; break;
	case TRAFFIC_ALLOW: rule->action = NET_ALLOW; break;
	default: return err_set(err, EINVAL, "an action is DROP, REJECT or ALLOW");
	}
	if (said(in->iif))
		r = plan_iface_name(in->iif, rule->iif, err);
	if (r >= 0 && said(in->oif))
		r = plan_iface_name(in->oif, rule->oif, err);
	if (r >= 0)
		r = rule_address(in->src_ip, "src_ip", rule->family, &rule->src, err);
	if (r >= 0)
		r = rule_address(in->dst_ip, "dst_ip", rule->family, &rule->dst, err);
	if (r >= 0)
		r = rule_ports(in, true, &rule->sport, err);
	if (r >= 0)
		r = rule_ports(in, false, &rule->dport, err);
	return r < 0 ? r : rule_protocol(in, rule, err);
}

static int plan_rules(struct planner *p, struct net_plan *net, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct net_rule *rules;

	if (!cfg->traffic_rule.n)
		return 0;
	rules = arena_alloc(&p->out->arena, cfg->traffic_rule.n * sizeof(*rules));
	if (!rules)
		return err_oom(err);
	for (unsigned i = 0; i < cfg->traffic_rule.n; i++)
		if (plan_rule(&cfg->traffic_rule.v[i], &rules[i], err) < 0)
			return err_wrap(err, "traffic rule %u", i + 1);
	return rules_build(rules, cfg->traffic_rule.n, &p->out->arena, net, err);
}

/* ---- */

/*
 * An interface that is only moved in is the jail's to configure, as in nsjail. As soon as we configure
 * something, the namespace is not the jail's own. (Mode execve has no launcher beside it that could put
 * an interface into the jail's namespace.)
 */
static bool is_jails_own(const struct config *cfg, const struct net_plan *net)
{
	return net->kind != NET_NAT && cfg->clone_newuser && cfg->mode != MODE_EXECVE &&
	       !net->rules && cfg->iface_own.n == net->n_links;
}

/* maps_root() - whether somebody in the jail is user 0 outside. */
static bool maps_root(const struct jail_plan *plan)
{
	const char *line = plan->uid_map.text;
	char *end;

	while (line && *line) {
		strtoul(line, &end, 10); /* "inside outside count" */
		if (strtoul(end, &end, 10) == 0)
			return true;
		line = strchr(end, '\n');
		line += line != NULL;
	}
	return false;
}

/* jails_groups() - the first range of the group map, as its ids are outside: "FIRST LAST". */
static const char *jails_groups(struct planner *p)
{
	char *end;
	unsigned long first, count;

	strtoul(p->plan->gid_map.text ?: "", &end, 10); /* "inside outside count" */
	first = strtoul(end, &end, 10);
	count = strtoul(end, &end, 10);
	return arena_printf(&p->out->arena, "%lu %lu", first, first + (count ? count - 1 : 0));
}

/* What a jail has no power over is set up from outside. */
static void plan_outside(struct planner *p, struct net_plan *net)
{
	const struct config *cfg = p->cfg;
	struct net_link *links = (struct net_link *)(uintptr_t)net->links;
	uint64_t caps = p->plan->caps;

	for (unsigned i = 0; i < net->n_links; i++)
		links[i].up = true;
	p->plan->clone_flags &= ~(uint64_t)CLONE_NEWNET;
	p->plan->loopback_up = false;
	net->loopback_up = !cfg->iface_no_lo;
	if (cfg->clone_newuser) {
		net->low_ports = HAS_CAP(caps, CAP_NET_BIND_SERVICE);
		net->ping = HAS_CAP(caps, CAP_NET_RAW) ? jails_groups(p) : NULL;
		if ((cfg->proc_rw || HAS_CAP(caps, CAP_SYS_ADMIN)) && maps_root(p->plan))
			plan_warn(p, "the jail's root is user 0 outside, and can write to "
				     "/proc/sys/net of the jail's network: map another user "
				     "(--user 0:100000 --group 0:100000)");
	} else if ((net->rules || net->policy) &&
		   (HAS_CAP(caps, CAP_NET_ADMIN) || HAS_CAP(caps, CAP_SYS_ADMIN) ||
		    HAS_CAP(caps, CAP_NET_RAW))) {
		net->can_get_around = true;
		plan_warn(p,
			  "without a user namespace, a program that keeps CAP_NET_ADMIN, "
			  "CAP_NET_RAW or CAP_SYS_ADMIN can get around the %s",
			  net->rules ? "traffic rules" : "network's policy");
	}
}

/* What nobody connects yet, and what does not go together. */
static int refuse_kind(const struct config *cfg, const struct net_plan *net, struct err *err)
{
	if (net->kind != NET_NAT)
		return 0;
	if (net->n_links)
		return err_set(err, EINVAL,
			       "--net nat makes the jail's only interface: %s cannot "
			       "be added to it",
			       net->links->host);
	if (cfg->mode == MODE_EXECVE)
		return err_set(err, EINVAL,
			       "--net nat needs a launcher beside the program, which "
			       "the mode execve has not");
	return 0;
}

int plan_net(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	const struct net_policy *policy = NULL;
	int r = plan_netpolicy(p, &policy, err);
	bool user = cfg->net == CFG_NET_USER || was_given(p, "user_net");
	const char *what = policy		      ? "--net nat or user"
			   : user		      ? "user_net"
			   : cfg->traffic_rule.n      ? "traffic_rule"
			   : cfg->net_iface.n	      ? "net_iface"
			   : cfg->iface_own.n	      ? "iface_own"
			   : said(cfg->macvlan_iface) ? "macvlan_iface"
						      : NULL;
	struct net_plan *net;

	if (r < 0 || !what)
		return r;
	if (!cfg->clone_newnet) {
		err_set(err, EINVAL, "%s needs a network namespace of the jail's own", what);
		return err_hint(err, "leave out --disable_clone_newnet (or --net host), or %s",
				what);
	}
	net = arena_alloc(&p->out->arena, sizeof(*net));
	if (!net)
		return err_oom(err);
	net->kind = user ? NET_USER : cfg->net == CFG_NET_NAT ? NET_NAT : NET_PLAIN;
	net->policy = policy;
	net->files = policy;
	net->dns = policy && !policy->no_dns;
	r = plan_links(p, net, err);
	if (r >= 0)
		r = refuse_kind(cfg, net, err);
	if (r >= 0)
		r = plan_rules(p, net, err);
	if (r >= 0 && user)
		r = plan_usernet(p, policy, &net->user, err);
	if (r < 0)
		return r;
	net->jails_own = is_jails_own(cfg, net);
	if (!net->jails_own)
		plan_outside(p, net);
	p->plan->net = net;
	return 0;
}
