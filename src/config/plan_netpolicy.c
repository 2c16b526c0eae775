// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whom a routed network reaches: the settings net_allow, net_deny, publish, dns and their kin become
 * a struct net_policy. Called by plan_net(). What cannot be read, contradicts another setting or
 * would never match is an error.
 */
#include <netinet/in.h>

#include "base/str.h"
#include "config/plan_parts.h"
#include "net/policy.h"

enum { MOST_RULES = 1024, MOST_PUBLISHED = 256, MOST_RESOLVERS = 8 };

/* ---- CIDR[:port[-port]][/proto] */

static int no_match(const char *s, struct err *err)
{
	err_set(err, EINVAL, "'%s' is not CIDR[:PORT[-PORT]][/PROTO]", s);
	return err_hint(err, "such as 10.0.0.0/8, 192.0.2.1:80-90/tcp, [2001:db8::/32]:443");
}

static int parse_port(const char *s, uint16_t *ret)
{
	uint64_t v;

	if (s[0] < '0' || s[0] > '9' || str_u64(s, 65535, &v) < 0 || !v)
		return -EINVAL;
	*ret = (uint16_t)v;
	return 0;
}

static int parse_ports(char *s, struct net_ports *ports, struct err *err)
{
	char *last = strchr(s, '-');

	if (last)
		*last++ = 0;
	if (parse_port(s, &ports->first) < 0 || parse_port(last ?: s, &ports->last) < 0 ||
	    ports->last < ports->first)
		return err_set(err, EINVAL, "'%s%s%s' is not a port or a range of ports", s,
			       last ? "-" : "", last ?: "");
	ports->given = true;
	return 0;
}

static int parse_proto(const char *s, uint8_t family, uint8_t *ret, struct err *err)
{
	if (str_eq(s, "tcp"))
		*ret = IPPROTO_TCP;
	else if (str_eq(s, "udp"))
		*ret = IPPROTO_UDP;
	else if (str_eq(s, "icmp"))
		*ret = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	else
		return err_set(err, EINVAL, "'%s' is not a protocol: tcp, udp, icmp", s);
	return 0;
}

/* Addresses that never leave a host, whatever they stand for. */
static int check_form(const struct net_addr *a, const char *s, struct err *err)
{
	static const struct net_addr mapped = {
		AF_INET6, 96, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	return net_contains(&mapped, a)
		       ? err_set(err, EINVAL, "'%s' is an IPv4 address: write it as one", s)
		       : 0;
}

static void mask(struct net_addr *a)
{
	for (unsigned i = 0; i < sizeof(a->ip); i++) {
		unsigned left = a->prefix > 8 * i ? a->prefix - 8 * i : 0;

		if (left < 8)
			a->ip[i] &= (uint8_t)(0xff00 >> left);
	}
}

/* split_match() - cuts "NETWORK[:PORTS][/PROTO]" into its parts; NULL: not there. */
static bool split_match(char *s, char **network, char **ports, char **proto)
{
	char *slash = strrchr(s, '/'), *end, *colon;

	*ports = *proto = NULL;
	if (slash && !(slash[1] >= '0' && slash[1] <= '9') && !strchr(slash, ']')) {
		*slash = 0;
		*proto = slash + 1;
	}
	if (*s != '[') {
		colon = strchr(s, ':');
		*network = s;
		if (colon && !strchr(colon + 1, ':')) { /* IPv6 has two of them at least */
			*colon = 0;
			*ports = colon + 1;
		}
		return true;
	}
	*network = s + 1;
	end = strchr(s, ']');
	if (!end || (end[1] && end[1] != ':'))
		return false;
	*end = 0;
	if (end[1])
		*ports = end + 2;
	return strchr(*network, ':');
}

static int parse_match(const char *text, struct net_match *m, struct err *err)
{
	char copy[100], *network, *ports, *proto;
	int r;

	*m = (struct net_match){0};
	if (strlen(text) >= sizeof(copy))
		return no_match(text, err);
	snprintf(copy, sizeof(copy), "%s", text);
	if (!split_match(copy, &network, &ports, &proto) ||
	    plan_address(network, NULL, &m->to, err) < 0)
		return no_match(text, err);
	r = check_form(&m->to, network, err);
	mask(&m->to);
	if (r >= 0 && proto)
		r = parse_proto(proto, m->to.family, &m->proto, err);
	if (r >= 0 && ports)
		r = parse_ports(ports, &m->port, err);
	if (r >= 0 && ports && proto && m->proto != IPPROTO_TCP && m->proto != IPPROTO_UDP)
		r = err_set(err, EINVAL, "'%s': icmp has no ports", text);
	return r;
}

/* ---- lists of them */

struct matches {
	struct net_match *v;
	unsigned n;
};

/* Ports without a protocol are those of both that have ports. @nat64: also through a gateway */
static void take_match(struct matches *l, const struct net_match *m, bool nat64)
{
	static const uint8_t with_ports[] = {IPPROTO_TCP, IPPROTO_UDP};
	bool both = m->port.given && !m->proto;

	if (!l->v) /* lists_alloc() counted nothing */
		return;
	for (unsigned i = 0; i < (both ? 2U : 1U); i++) {
		struct net_match *to = &l->v[l->n++];

		*to = *m;
		if (both)
			to->proto = with_ports[i];
		if (!nat64 || m->to.family != AF_INET)
			continue;
		l->v[l->n] = *to;
		l->v[l->n].to = net_nat64(&m->to);
		if (to->proto == IPPROTO_ICMP)
			l->v[l->n].proto = IPPROTO_ICMPV6;
		l->n++;
	}
}

/* is_plain() - whether an allowed network opens what is blocked: it lies in there, or is one address. */
static bool is_plain(const struct net_match *m)
{
	unsigned n;
	const struct net_addr *ranges = net_blocked_ranges(&n);

	if (m->to.prefix == (m->to.family == AF_INET ? 32 : 128))
		return true;
	for (unsigned i = 0; i < n; i++)
		if (net_contains(&ranges[i], &m->to))
			return true;
	return false;
}

static int lists_alloc(struct planner *p, struct matches *lists, unsigned n, struct err *err)
{
	const struct config *cfg = p->cfg;
	size_t most = (cfg->net_deny.n + (size_t)cfg->net_allow.n) * 4;

	if (cfg->net_deny.n > MOST_RULES || cfg->net_allow.n > MOST_RULES)
		return err_set(err, EINVAL, "net_allow, net_deny: at most %d of each", MOST_RULES);
	for (unsigned i = 0; i < n && most; i++) {
		lists[i].v = arena_alloc(&p->out->arena, most * sizeof(*lists[i].v));
		if (!lists[i].v)
			return err_oom(err);
	}
	return 0;
}

static int plan_allowed(struct planner *p, struct net_policy *policy, struct matches *deny,
			struct matches *except, struct matches *allow, struct err *err)
{
	const struct config *cfg = p->cfg;

	for (unsigned i = 0; i < cfg->net_allow.n; i++) {
		const char *text = cfg->net_allow.v[i];
		struct net_match m;

		if (parse_match(text, &m, err) < 0)
			return err_wrap(err, "net_allow");
		for (unsigned k = 0; k < deny->n; k++) {
			if (!net_match_covers(&deny->v[k], &m))
				continue;
			err_set(err, EINVAL, "net_allow: '%s' is denied by a net_deny", text);
			return err_hint(err, "a net_deny always counts; for 'nothing but what is "
					     "allowed' say --net_deny all");
		}
		if (is_plain(&m))
			take_match(except, &m, false);
		else if (policy->deny_rest)
			take_match(allow, &m, true);
		else
			plan_warn(p,
				  "net_allow: '%s' opens nothing: it is allowed anyway, but for "
				  "blocked networks in it, which must be named (or --net_private)",
				  text);
	}
	return 0;
}

static int plan_matches(struct planner *p, struct net_policy *policy, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct matches lists[3] = {0}, *deny = lists, *except = lists + 1, *allow = lists + 2;
	int r = lists_alloc(p, lists, ARRAY_SIZE(lists), err);

	for (unsigned i = 0; r >= 0 && i < cfg->net_deny.n; i++) {
		struct net_match m;

		if (str_eq(cfg->net_deny.v[i], "all")) {
			policy->deny_rest = true;
			continue;
		}
		r = parse_match(cfg->net_deny.v[i], &m, err);
		if (r < 0)
			return err_wrap(err, "net_deny");
		take_match(deny, &m, true);
	}
	if (r >= 0)
		r = plan_allowed(p, policy, deny, except, allow, err);
	policy->deny = deny->v;
	policy->n_deny = deny->n;
	policy->except = except->v;
	policy->n_except = except->n;
	policy->allow = allow->v;
	policy->n_allow = allow->n;
	return r;
}

/* ---- [ip:]host:jail[/udp] */

static int parse_publish(const char *text, struct net_publish *pub, struct err *err)
{
	char copy[80], *ports = copy, *ip = NULL, *proto, *jail, *colon;

	*pub = (struct net_publish){.proto = IPPROTO_TCP};
	if (strlen(text) >= sizeof(copy))
		goto bad;
	snprintf(copy, sizeof(copy), "%s", text);
	proto = strchr(copy, '/');
	if (proto) {
		*proto++ = 0;
		if (parse_proto(proto, AF_INET, &pub->proto, err) < 0 || pub->proto == IPPROTO_ICMP)
			return err_set(err, EINVAL, "'%s': '%s' is neither tcp nor udp", text,
				       proto);
	}
	jail = strrchr(copy, ':');
	if (!jail)
		goto bad;
	*jail++ = 0;
	colon = strrchr(copy, ':');
	if (colon) {
		ip = copy;
		*colon = 0;
		ports = colon + 1;
		if (*ip == '[' && colon > ip && colon[-1] == ']') {
			ip++;
			colon[-1] = 0;
		} else if (strchr(ip, ':')) {
			goto bad;
		}
	}
	if (parse_port(ports, &pub->host_port) < 0 || parse_port(jail, &pub->jail_port) < 0 ||
	    (ip && (strchr(ip, '/') || plan_address(ip, NULL, &pub->on, err) < 0)))
		goto bad;
	return ip ? check_form(&pub->on, ip, err) : 0;
bad:
	err_set(err, EINVAL, "'%s' is not [IP:]HOST:JAIL[/udp]", text);
	return err_hint(err, "ports from 1 to 65535, such as 8080:80, 127.0.0.1:5353:53/udp, "
			     "[::1]:8080:80");
}

static int plan_publish(struct planner *p, struct net_policy *policy, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct net_publish *v;

	if (!cfg->publish.n)
		return 0;
	if (cfg->publish.n > MOST_PUBLISHED)
		return err_set(err, EINVAL, "publish: at most %d", MOST_PUBLISHED);
	v = arena_alloc(&p->out->arena, cfg->publish.n * sizeof(*v));
	if (!v)
		return err_oom(err);
	for (unsigned i = 0; i < cfg->publish.n; i++) {
		if (parse_publish(cfg->publish.v[i], &v[i], err) < 0)
			return err_wrap(err, "publish");
		for (unsigned k = 0; k < i; k++)
			if (v[k].proto == v[i].proto && v[k].host_port == v[i].host_port &&
			    (!v[k].on.family || !v[i].on.family ||
			     net_contains(&v[k].on, &v[i].on)))
				return err_set(err, EEXIST,
					       "publish: '%s' and '%s' are of the same port of the "
					       "host",
					       cfg->publish.v[k], cfg->publish.v[i]);
	}
	policy->publish = v;
	policy->n_publish = cfg->publish.n;
	return 0;
}

/* ---- resolvers, rates */

/* Who answers is a launcher beside the jail, at an address of its loopback interface. */
static int check_dns(const struct config *cfg, struct err *err)
{
	const char *why = cfg->iface_no_lo	     ? "the loopback interface (iface_no_lo)"
			  : cfg->mode == MODE_EXECVE ? "a launcher, which the mode execve has not"
						     : NULL;

	if (!why)
		return 0;
	err_set(err, EINVAL, "names need %s", why);
	return err_hint(err, "say --dns none to do without");
}

static int plan_dns(struct planner *p, struct net_policy *policy, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct net_addr *v;

	if (!cfg->dns.n)
		return check_dns(cfg, err);
	policy->no_dns = str_eq(cfg->dns.v[0], "none");
	if (policy->no_dns)
		return cfg->dns.n == 1 ? 0 : err_set(err, EINVAL, "dns: none, or resolvers");
	if (cfg->dns.n > MOST_RESOLVERS)
		return err_set(err, EINVAL, "dns: at most %d", MOST_RESOLVERS);
	v = arena_alloc(&p->out->arena, cfg->dns.n * sizeof(*v));
	if (!v)
		return err_oom(err);
	for (unsigned i = 0; i < cfg->dns.n; i++) {
		const char *text = cfg->dns.v[i];

		if (strchr(text, '/') || plan_address(text, NULL, &v[i], err) < 0)
			return err_set(err, EINVAL, "dns: '%s' is neither an address nor none",
				       text);
		if (check_form(&v[i], text, err) < 0)
			return err_wrap(err, "dns");
	}
	policy->dns = v;
	policy->n_dns = cfg->dns.n;
	return check_dns(cfg, err);
}

static int plan_rate(const char *name, const char *text, uint64_t *ret, struct err *err)
{
	if (text && (str_size(text, ret) < 0 || !*ret))
		return err_set(err, EINVAL, "%s: '%s' is not a number of bytes such as 64k or 1.5M",
			       name, text);
	return 0;
}

/* ---- */

static const char *first_given(const struct config *cfg)
{
	return cfg->net_allow.n	   ? "net_allow"
	       : cfg->net_deny.n   ? "net_deny"
	       : cfg->net_private  ? "net_private"
	       : cfg->publish.n	   ? "publish"
	       : cfg->dns.n	   ? "dns"
	       : cfg->net_rate_out ? "net_rate_out"
	       : cfg->net_rate_in  ? "net_rate_in"
				   : NULL;
}

int plan_netpolicy(struct planner *p, const struct net_policy **ret, struct err *err)
{
	const struct config *cfg = p->cfg;
	const char *given = first_given(cfg);
	struct net_policy *policy;
	int r;

	*ret = NULL;
	if (cfg->net == CFG_NET_AUTO) {
		if (!given)
			return 0;
		err_set(err, EINVAL, "%s needs a network that toastainer routes", given);
		return err_hint(err, "say --net nat or --net user");
	}
	policy = arena_alloc(&p->out->arena, sizeof(*policy));
	if (!policy)
		return err_oom(err);
	policy->block_private = !cfg->net_private;
	r = plan_matches(p, policy, err);
	if (r >= 0)
		r = plan_publish(p, policy, err);
	if (r >= 0)
		r = plan_dns(p, policy, err);
	if (r >= 0)
		r = plan_rate("net_rate_out", cfg->net_rate_out, &policy->rate_out, err);
	if (r >= 0)
		r = plan_rate("net_rate_in", cfg->net_rate_in, &policy->rate_in, err);
	if (r >= 0)
		*ret = policy;
	return r;
}
