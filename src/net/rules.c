// SPDX-License-Identifier: BSD-3-Clause
/*
 * Traffic rules, translated once for a plan. Called by config/plan_net.c; running out of memory is all
 * that can fail here. The kernel takes the batch whole or not at all.
 *
 * Where a rule applies. Without an incoming interface: to packets that leave the jail, each of them.
 * Without an outgoing one: to packets that come in; but what answers a flow that the jail opened is
 * let in by a rule that names no incoming interface, or "no packets to 10/8" would keep a jail with an
 * address in 10/8 from hearing anybody. Forwarded packets meet all rules. Packets over the loopback
 * interface meet only the rules that name it or a loopback address: as in nsjail, whose rules come
 * after the routes to the jail's own addresses. What no rule matches passes. Neighbour discovery of
 * IPv6 always passes, as ARP does for IPv4.
 *
 * Chains: output, input, forward -> "rules"; input -> "answers" for answers; output, input ->
 * "loopback" for lo.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include "net/netlink.h"
#include "net/rules.h"

#define TABLE "toastainer"

enum { ANSWER = 1 }; /* IP_CT_DIR_REPLY, which the kernel's headers for programs lack */

static void message(struct nl *b, uint16_t type, uint16_t flags, uint8_t family, uint32_t seq)
{
	const struct nfgenmsg head = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = family == AF_UNSPEC ? htons(NFNL_SUBSYS_NFTABLES) : 0,
	};

	if (family != AF_UNSPEC)
		type |= NFNL_SUBSYS_NFTABLES << 8;
	nl_begin(b, type, flags, seq);
	nl_put(b, &head, sizeof(head));
}

/* chain() - hook -1: one that others jump to. */
static void chain(struct nl *b, const char *name, int hook)
{
	message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_CHAIN_TABLE, TABLE);
	nl_str(b, NFTA_CHAIN_NAME, name);
	if (hook >= 0) {
		size_t nest = nl_nest(b, NFTA_CHAIN_HOOK);

		nl_be32(b, NFTA_HOOK_HOOKNUM, (uint32_t)hook);
		nl_be32(b, NFTA_HOOK_PRIORITY, 0);
		nl_end(b, nest);
		nl_str(b, NFTA_CHAIN_TYPE, "filter");
	}
}

/* struct rule - an nf_tables rule whose expressions are being added */
struct rule {
	size_t list;
};

static struct rule rule_begin(struct nl *b, const char *in_chain, uint32_t seq)
{
	message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, seq);
	nl_str(b, NFTA_RULE_TABLE, TABLE);
	nl_str(b, NFTA_RULE_CHAIN, in_chain);
	return (struct rule){nl_nest(b, NFTA_RULE_EXPRESSIONS)};
}

static void rule_end(struct nl *b, struct rule r)
{
	nl_end(b, r.list);
}

/* struct expr - one expression of a rule: begin, attributes, end */
struct expr {
	size_t elem, data;
};

static struct expr expr_begin(struct nl *b, const char *name)
{
	struct expr e;

	e.elem = nl_nest(b, NFTA_LIST_ELEM);
	nl_str(b, NFTA_EXPR_NAME, name);
	e.data = nl_nest(b, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nl *b, struct expr e)
{
	nl_end(b, e.data);
	nl_end(b, e.elem);
}

static void value(struct nl *b, uint16_t type, const void *p, size_t n)
{
	size_t nest = nl_nest(b, type);

	nl_attr(b, NFTA_DATA_VALUE, p, n);
	nl_end(b, nest);
}

static void compare(struct nl *b, enum nft_cmp_ops op, const void *p, size_t n)
{
	struct expr e = expr_begin(b, "cmp");

	nl_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	nl_be32(b, NFTA_CMP_OP, op);
	value(b, NFTA_CMP_DATA, p, n);
	expr_end(b, e);
}

static void meta(struct nl *b, enum nft_meta_keys key, const void *p, size_t n)
{
	struct expr e = expr_begin(b, "meta");

	nl_be32(b, NFTA_META_KEY, key);
	nl_be32(b, NFTA_META_DREG, NFT_REG_1);
	expr_end(b, e);
	compare(b, NFT_CMP_EQ, p, n);
}

static void meta_u8(struct nl *b, enum nft_meta_keys key, uint8_t v)
{
	meta(b, key, &v, 1);
}

static void interface(struct nl *b, enum nft_meta_keys key, const char *name)
{
	char padded[IFNAMSIZ] = "";

	if (!name[0])
		return;
	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	meta(b, key, padded, sizeof(padded));
}

static void payload(struct nl *b, enum nft_payload_bases base, uint32_t offset, uint32_t n)
{
	struct expr e = expr_begin(b, "payload");

	nl_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nl_be32(b, NFTA_PAYLOAD_BASE, base);
	nl_be32(b, NFTA_PAYLOAD_OFFSET, offset);
	nl_be32(b, NFTA_PAYLOAD_LEN, n);
	expr_end(b, e);
}

/* address() - @which: 0 source, 1 destination */
static void address(struct nl *b, const struct net_addr *a, unsigned which)
{
	uint32_t n = a->family == AF_INET ? 4 : 16, at = a->family == AF_INET ? 12 : 8;
	uint8_t mask[16] = {0}, zero[16] = {0}, net[16];
	struct expr e;

	if (!a->family || !a->prefix)
		return;
	payload(b, NFT_PAYLOAD_NETWORK_HEADER, at + which * n, n);
	for (unsigned i = 0; i < a->prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (unsigned i = 0; i < n; i++)
		net[i] = a->ip[i] & mask[i];
	if (a->prefix < n * 8) {
		e = expr_begin(b, "bitwise");
		nl_be32(b, NFTA_BITWISE_SREG, NFT_REG_1);
		nl_be32(b, NFTA_BITWISE_DREG, NFT_REG_1);
		nl_be32(b, NFTA_BITWISE_LEN, n);
		value(b, NFTA_BITWISE_MASK, mask, n);
		value(b, NFTA_BITWISE_XOR, zero, n);
		expr_end(b, e);
	}
	compare(b, NFT_CMP_EQ, net, n);
}

/* ports() - @which: 0 source, 1 destination; the same place for TCP and UDP */
static void ports(struct nl *b, const struct net_ports *p, unsigned which)
{
	uint16_t first = htons(p->first), last = htons(p->last);

	if (!p->given)
		return;
	payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, which * 2, 2);
	if (p->first == p->last) {
		compare(b, NFT_CMP_EQ, &first, 2);
		return;
	}
	compare(b, NFT_CMP_GTE, &first, 2);
	compare(b, NFT_CMP_LTE, &last, 2);
}

/* verdict() - @code: NF_* or NFT_*; @to: a chain, or NULL */
static void verdict(struct nl *b, int code, const char *to)
{
	struct expr e = expr_begin(b, "immediate");
	size_t data, v;

	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(b, NFTA_IMMEDIATE_DATA);
	v = nl_nest(b, NFTA_DATA_VERDICT);
	nl_be32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (to)
		nl_str(b, NFTA_VERDICT_CHAIN, to);
	nl_end(b, v);
	nl_end(b, data);
	expr_end(b, e);
}

static void reject(struct nl *b, uint8_t proto)
{
	const uint8_t code = NFT_REJECT_ICMPX_PORT_UNREACH;
	struct expr e = expr_begin(b, "reject");

	nl_be32(b, NFTA_REJECT_TYPE,
		proto == IPPROTO_TCP ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	if (proto != IPPROTO_TCP)
		nl_attr(b, NFTA_REJECT_ICMP_CODE, &code, 1);
	expr_end(b, e);
}

/* one_rule() - for one protocol, 0: any */
static void one_rule(struct nl *b, const char *in_chain, const struct net_rule *r, uint8_t proto,
		     uint32_t seq)
{
	struct rule open = rule_begin(b, in_chain, seq);

	meta_u8(b, NFT_META_NFPROTO, r->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	interface(b, NFT_META_IIFNAME, r->iif);
	interface(b, NFT_META_OIFNAME, r->oif);
	address(b, &r->src, 0);
	address(b, &r->dst, 1);
	if (proto)
		meta_u8(b, NFT_META_L4PROTO, proto);
	ports(b, &r->sport, 0);
	ports(b, &r->dport, 1);
	if (r->action == NET_REJECT)
		reject(b, proto);
	else
		verdict(b, r->action == NET_ALLOW ? NF_ACCEPT : NF_DROP, NULL);
	rule_end(b, open);
}

/* Ports without a protocol are those of both; TCP is rejected in its own way. */
static void all_of_rule(struct nl *b, const char *in_chain, const struct net_rule *r, uint32_t seq)
{
	bool have_ports = r->sport.given || r->dport.given;

	if (r->proto) {
		one_rule(b, in_chain, r, r->proto, seq);
		return;
	}
	if (have_ports || r->action == NET_REJECT)
		one_rule(b, in_chain, r, IPPROTO_TCP, seq);
	if (have_ports)
		one_rule(b, in_chain, r, IPPROTO_UDP, seq);
	else
		one_rule(b, in_chain, r, 0, seq);
}

/* ---- the frame around the rules */

static bool is_loopback(const struct net_addr *a)
{
	if (a->family == AF_INET)
		return a->prefix >= 8 && a->ip[0] == 127;
	return a->family == AF_INET6 && a->prefix == 128 &&
	       memcmp(a->ip, &in6addr_loopback, sizeof(a->ip)) == 0;
}

static bool for_loopback(const struct net_rule *r)
{
	return strcmp(r->iif, "lo") == 0 || strcmp(r->oif, "lo") == 0 || is_loopback(&r->src) ||
	       is_loopback(&r->dst);
}

/* Neighbour discovery and multicast listener messages. */
static void pass_neighbours(struct nl *b, const char *in_chain)
{
	static const uint8_t types[][2] = {{130, 136}, {143, 143}};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct rule open = rule_begin(b, in_chain, 0);

		meta_u8(b, NFT_META_NFPROTO, NFPROTO_IPV6);
		meta_u8(b, NFT_META_L4PROTO, IPPROTO_ICMPV6);
		payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
		compare(b, NFT_CMP_GTE, &types[i][0], 1);
		compare(b, NFT_CMP_LTE, &types[i][1], 1);
		verdict(b, NF_ACCEPT, NULL);
		rule_end(b, open);
	}
}

static void go_to(struct nl *b, const char *in_chain, const char *to)
{
	struct rule open = rule_begin(b, in_chain, 0);

	verdict(b, NFT_GOTO, to);
	rule_end(b, open);
}

static void go_to_loopback(struct nl *b, const char *in_chain, enum nft_meta_keys key)
{
	struct rule open = rule_begin(b, in_chain, 0);

	interface(b, key, "lo");
	verdict(b, NFT_GOTO, "loopback");
	rule_end(b, open);
}

/* Answers to what the jail opened: as connection tracking sees it. */
static void go_to_answers(struct nl *b)
{
	const uint8_t answer = ANSWER;
	struct rule open = rule_begin(b, "input", 0);
	struct expr e = expr_begin(b, "ct");

	nl_be32(b, NFTA_CT_KEY, NFT_CT_DIRECTION);
	nl_be32(b, NFTA_CT_DREG, NFT_REG_1);
	expr_end(b, e);
	compare(b, NFT_CMP_EQ, &answer, 1);
	verdict(b, NFT_GOTO, "answers");
	rule_end(b, open);
}

static void put_chains(struct nl *b, bool ipv6)
{
	message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_TABLE_NAME, TABLE);
	chain(b, "loopback", -1);
	chain(b, "answers", -1);
	chain(b, "rules", -1);
	chain(b, "output", NF_INET_LOCAL_OUT);
	chain(b, "input", NF_INET_LOCAL_IN);
	chain(b, "forward", NF_INET_FORWARD);
	go_to_loopback(b, "output", NFT_META_OIFNAME);
	go_to_loopback(b, "input", NFT_META_IIFNAME);
	if (ipv6) {
		pass_neighbours(b, "output");
		pass_neighbours(b, "input");
	}
}

int rules_build(const struct net_rule *rules, unsigned n, struct arena *a, struct net_plan *plan,
		struct err *err)
{
	struct nl b = NL_HEAP;
	bool ipv6 = false, both_ways = false;

	for (unsigned i = 0; i < n; i++) {
		ipv6 |= rules[i].family == AF_INET6;
		both_ways |= !rules[i].iif[0] && !rules[i].oif[0] && !for_loopback(&rules[i]);
	}
	message(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, 0);
	put_chains(&b, ipv6);
	/* In a chain the first that matches decides, in nsjail's list the last: from the end. */
	for (unsigned i = n; i > 0; i--) {
		const struct net_rule *r = &rules[i - 1];

		all_of_rule(&b, for_loopback(r) ? "loopback" : "rules", r, i);
		if (r->iif[0] && !for_loopback(r))
			all_of_rule(&b, "answers", r, i);
	}
	if (both_ways) /* needs connection tracking, which other rules do without */
		go_to_answers(&b);
	go_to(&b, "input", "rules");
	go_to(&b, "forward", "rules");
	go_to(&b, "output", "rules");
	if (!b.failed)
		((struct nlmsghdr *)(b.buf + b.msg))->nlmsg_flags |= NLM_F_ACK;
	message(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, 0);
	plan->rules = b.failed ? NULL : arena_dup(a, b.buf, b.n);
	plan->rules_len = b.n;
	nl_free(&b);
	return plan->rules ? 0 : err_oom(err);
}
