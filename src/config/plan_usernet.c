// SPDX-License-Identifier: BSD-3-Clause
/*
 * Networks without root: nsjail's user_net and `--net user` become a struct user_plan. Called by
 * plan_net(). What could not take effect is an error.
 */
#include <netinet/in.h>

#include "base/str.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "net/user.h"

enum { MOST_FORWARDS = 1024 };
enum { GUEST_TO_HOST, HOST_TO_GUEST }; /* the numbers of nsjail's Direction */

static bool said(const char *s)
{
	return s && s[0];
}

/* ---- addresses */

static int parse_one(const char *text, const char *name, uint8_t family, struct net_addr *a,
		     struct err *err)
{
	*a = (struct net_addr){0};
	if (!said(text))
		return 0;
	if (strchr(text, '/') || plan_address(text, NULL, a, err) < 0 || a->family != family)
		return err_set(err, EINVAL, "user_net: %s: '%s' is not an IPv%c address", name,
			       text, family == AF_INET ? '4' : '6');
	return 0;
}

/* plan_family() - an address and its gateway share the smallest usual network that has both. */
static int plan_family(const char *ip, const char *gw, uint8_t family, struct net_addr *a,
		       struct net_addr *gateway, struct err *err)
{
	const char v = family == AF_INET ? '4' : '6';
	int r = parse_one(ip, v == '4' ? "ip4" : "ip6", family, a, err);

	if (r >= 0)
		r = parse_one(gw, v == '4' ? "gw4" : "gw6", family, gateway, err);
	if (r < 0 || !a->family)
		return r;
	if (!gateway->family || memcmp(a->ip, gateway->ip, sizeof(a->ip)) == 0)
		return err_set(err, EINVAL, "user_net: ip%c needs a gateway of its own, gw%c", v,
			       v);
	a->prefix = family == AF_INET ? 24 : 64;
	while (a->prefix > 1 && !net_contains(a, gateway))
		a->prefix--;
	return net_contains(a, gateway)
		       ? 0
		       : err_set(err, EINVAL, "user_net: '%s' and '%s' are in no network", ip, gw);
}

/* ---- nsjail's rules */

struct rules {
	struct user_rule *v;
	unsigned n;
	struct user_forward *forwards;
	unsigned n_forwards;
};

static int rule_net(const char *text, const char *name, uint8_t family, struct net_addr *a,
		    struct err *err)
{
	if (!said(text))
		return 0;
	if (plan_address(text, NULL, a, err) < 0)
		return err_wrap(err, "%s", name);
	return a->family == family ? 0
				   : err_set(err, EINVAL, "%s: '%s' is not an IPv%c address", name,
					     text, family == AF_INET ? '4' : '6');
}

/* As in nsjail, 0 is any port. */
static int rule_ports(uint32_t first, uint32_t last, const char *name, struct net_ports *ports,
		      struct err *err)
{
	last = last ?: first;
	if (first > 65535 || last > 65535)
		return err_set(err, EINVAL, "%s: %u is not a port", name, MAX(first, last));
	if (last < first)
		return err_set(err, EINVAL, "%s: %u comes after %s_end %u", name, first, name,
			       last);
	*ports = (struct net_ports){first != 0, (uint16_t)first, (uint16_t)last};
	return 0;
}

static int check_rule(const struct user_rule *r, bool inwards, struct err *err)
{
	bool proxy = r->action == USER_SOCKS5 || r->action == USER_CONNECT;

	if (proxy && r->proto == IPPROTO_ICMP)
		return err_set(err, EINVAL, "ICMP goes through no proxy");
	if (r->action == USER_CONNECT && r->proto == IPPROTO_UDP)
		return err_set(err, EINVAL, "UDP does not go through an HTTP proxy");
	if (proxy && (!r->to.family || !r->to_port))
		return err_set(err, EINVAL, "a proxy needs redirect_ip and redirect_port");
	if (r->action == USER_REDIRECT && !r->to.family && !r->to_port)
		return err_set(err, EINVAL, "REDIRECT needs redirect_ip or redirect_port");
	if (!inwards)
		return 0;
	if (proxy)
		return err_set(err, EINVAL, "a proxy is for GUEST_TO_HOST");
	if (r->action == USER_REDIRECT && (!r->proto || r->proto == IPPROTO_ICMP))
		return err_set(err, EINVAL, "HOST_TO_GUEST REDIRECT is for TCP or UDP");
	if (r->action == USER_REDIRECT && !r->dport.given)
		return err_set(err, EINVAL, "HOST_TO_GUEST REDIRECT needs dport, the host's port");
	return 0;
}

/* From the host, only what is redirected comes in: a port of the host for each in the range. */
static int take_forwards(struct rules *l, const struct user_plan *u, const struct user_rule *r,
			 struct err *err)
{
	const struct net_addr *ip = r->family == AF_INET ? &u->ip4 : &u->ip6;
	struct user_forward f = {.on = r->src, .to = r->to.family ? r->to : *ip, .proto = r->proto};

	f.on.family = r->family;
	if (f.to.family != r->family)
		return err_set(err, EINVAL, "the jail has no IPv%c address",
			       r->family == AF_INET ? '4' : '6');
	for (unsigned port = r->dport.first; port <= r->dport.last; port++) {
		if (l->n_forwards == MOST_FORWARDS)
			return err_set(err, EINVAL, "at most %d ports of the host", MOST_FORWARDS);
		f.host_port = (uint16_t)port;
		f.jail_port = r->to_port ?: f.host_port;
		l->forwards[l->n_forwards++] = f;
	}
	return 0;
}

static int plan_rule(struct rules *l, const struct user_plan *u, const struct cfg_nstun_rule *in,
		     uint8_t family, struct err *err)
{
	static const uint8_t protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
	struct user_rule rule = {.family = family,
				 .proto = protocols[in->proto],
				 .action = (enum user_action)in->action,
				 .to_port = (uint16_t)in->redirect_port};
	bool inwards = in->direction == HOST_TO_GUEST;
	int r = rule_net(in->src_ip, "src_ip", family, &rule.src, err);

	if (r >= 0)
		r = rule_net(in->dst_ip, "dst_ip", family, &rule.dst, err);
	if (r >= 0)
		r = rule_ports(in->sport, in->sport_end, "sport", &rule.sport, err);
	if (r >= 0)
		r = rule_ports(in->dport, in->dport_end, "dport", &rule.dport, err);
	if (r >= 0 && in->redirect_port > 65535)
		r = err_set(err, EINVAL, "redirect_port: %u is not a port", in->redirect_port);
	if (r >= 0 && said(in->redirect_ip) &&
	    (strchr(in->redirect_ip, '/') ||
	     plan_address(in->redirect_ip, NULL, &rule.to, err) < 0))
		r = err_set(err, EINVAL, "redirect_ip: '%s' is not an address", in->redirect_ip);
	if (r >= 0)
		r = check_rule(&rule, inwards, err);
	if (r < 0)
		return r;
	if (!inwards)
		l->v[l->n++] = rule;
	else if (rule.action == USER_REDIRECT)
		return take_forwards(l, u, &rule, err);
	return 0;
}

static int plan_rules(struct planner *p, const struct user_plan *u, struct rules *l,
		      struct err *err)
{
	const struct cfg_user_net *in = &p->cfg->user_net;
	size_t most = in->rule4.n + (size_t)in->rule6.n;

	l->v = arena_alloc(&p->out->arena, (most + 1) * sizeof(*l->v));
	if (!l->v)
		return err_oom(err);
	for (unsigned i = 0; i < in->rule4.n; i++)
		if (plan_rule(l, u, &in->rule4.v[i], AF_INET, err) < 0)
			return err_wrap(err, "user_net: rule4 %u", i + 1);
	for (unsigned i = 0; i < in->rule6.n; i++)
		if (plan_rule(l, u, &in->rule6.v[i], AF_INET6, err) < 0)
			return err_wrap(err, "user_net: rule6 %u", i + 1);
	return 0;
}

/* ---- ours */

static int take_published(struct rules *l, const struct user_plan *u,
			  const struct net_policy *policy, struct err *err)
{
	const struct net_addr *ips[] = {&u->ip4, &u->ip6};

	for (unsigned i = 0; i < policy->n_publish; i++) {
		const struct net_publish *pub = &policy->publish[i];

		for (unsigned k = 0; k < 2; k++) {
			struct user_forward f = {.on = pub->on,
						 .to = *ips[k],
						 .proto = pub->proto,
						 .host_port = pub->host_port,
						 .jail_port = pub->jail_port};

			if (!ips[k]->family || (pub->on.family && pub->on.family != ips[k]->family))
				continue;
			if (l->n_forwards == MOST_FORWARDS)
				return err_set(err, EINVAL, "at most %d ports of the host",
					       MOST_FORWARDS);
			f.on.family = ips[k]->family;
			l->forwards[l->n_forwards++] = f;
		}
	}
	return 0;
}

static int check_all(const struct planner *p, const struct net_policy *policy, struct err *err)
{
	const struct config *cfg = p->cfg;

	if (cfg->mode == MODE_EXECVE)
		return err_set(err, EINVAL,
			       "user_net needs a process beside the program, which mode "
			       "execve has not");
	if (!policy && cfg->face != FACE_NSJAIL) {
		err_set(err, EINVAL, "user_net is nsjail's, and allows all that no rule forbids");
		return err_hint(err,
				"say --net user: its policy counts where no rule of user_net does");
	}
	if (policy && cfg->user_net.backend)
		return err_set(err, EINVAL,
			       "user_net: the backend PASTA cannot hold to the policy of "
			       "--net user: use NSTUN");
	return 0;
}

int plan_usernet(struct planner *p, const struct net_policy *policy, const struct user_plan **ret,
		 struct err *err)
{
	const struct cfg_user_net *in = &p->cfg->user_net;
	struct user_plan *u = arena_alloc(&p->out->arena, sizeof(*u));
	struct rules rules = {0};
	int r = check_all(p, policy, err);

	if (!u)
		return err_oom(err);
	rules.forwards = mem_alloc(MOST_FORWARDS * sizeof(*rules.forwards));
	if (r >= 0 && !rules.forwards)
		r = err_oom(err);
	if (r >= 0)
		r = plan_iface_name(in->ns_iface, u->name, err);
	if (r >= 0)
		r = plan_family(in->ip4, in->gw4, AF_INET, &u->ip4, &u->gw4, err);
	if (r >= 0)
		r = plan_family(in->ip6, in->gw6, AF_INET6, &u->ip6, &u->gw6, err);
	if (r >= 0 && p->cfg->user_net.backend)
		r = plan_pasta(p, u->name, &u->pasta, err);
	else if (r >= 0)
		r = plan_rules(p, u, &rules, err);
	if (r >= 0 && policy)
		r = take_published(&rules, u, policy, err);
	if (r >= 0 && rules.n_forwards) {
		u->forwards = (void *)arena_dup(&p->out->arena, rules.forwards,
						rules.n_forwards * sizeof(*rules.forwards));
		r = u->forwards ? 0 : err_oom(err);
	}
	free(rules.forwards);
	u->n_forwards = rules.n_forwards;
	u->rules = rules.v;
	u->n_rules = rules.n;
	u->policy = policy;
	u->gateway_is_host = !policy;
	u->names = policy && !policy->no_dns;
	*ret = u;
	return r;
}
