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
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>

#include "net/nft.h"
#include "net/rules.h"

#define TABLE "toastainer"

enum { ANSWER = 1 }; /* IP_CT_DIR_REPLY, which the kernel's headers for programs lack */

/* one_rule() - for one protocol, 0: any */
static void one_rule(struct nl *b, const char *in_chain, const struct net_rule *r, uint8_t proto,
		     uint32_t seq)
{
	struct nft_rule open = nft_rule(b, TABLE, in_chain, seq);

	nft_family(b, r->family);
	nft_iface(b, NFT_META_IIFNAME, r->iif);
	nft_iface(b, NFT_META_OIFNAME, r->oif);
	nft_address(b, &r->src, 0);
	nft_address(b, &r->dst, 1);
	if (proto)
		nft_meta_u8(b, NFT_META_L4PROTO, proto);
	nft_ports(b, &r->sport, 0);
	nft_ports(b, &r->dport, 1);
	if (r->action == NET_REJECT)
		nft_reject(b, proto);
	else
		nft_verdict(b, r->action == NET_ALLOW ? NF_ACCEPT : NF_DROP, NULL);
	nft_rule_end(b, open);
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
		struct nft_rule open = nft_rule(b, TABLE, in_chain, 0);

		nft_family(b, AF_INET6);
		nft_meta_u8(b, NFT_META_L4PROTO, IPPROTO_ICMPV6);
		nft_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
		nft_cmp(b, NFT_CMP_GTE, &types[i][0], 1);
		nft_cmp(b, NFT_CMP_LTE, &types[i][1], 1);
		nft_verdict(b, NF_ACCEPT, NULL);
		nft_rule_end(b, open);
	}
}

static void go_to(struct nl *b, const char *in_chain, const char *to)
{
	struct nft_rule open = nft_rule(b, TABLE, in_chain, 0);

	nft_verdict(b, NFT_GOTO, to);
	nft_rule_end(b, open);
}

static void go_to_loopback(struct nl *b, const char *in_chain, enum nft_meta_keys key)
{
	struct nft_rule open = nft_rule(b, TABLE, in_chain, 0);

	nft_iface(b, key, "lo");
	nft_verdict(b, NFT_GOTO, "loopback");
	nft_rule_end(b, open);
}

/* Answers to what the jail opened: as connection tracking sees it. */
static void go_to_answers(struct nl *b)
{
	const uint8_t answer = ANSWER;
	struct nft_rule open = nft_rule(b, TABLE, "input", 0);

	nft_load_ct(b, NFT_CT_DIRECTION);
	nft_cmp(b, NFT_CMP_EQ, &answer, 1);
	nft_verdict(b, NFT_GOTO, "answers");
	nft_rule_end(b, open);
}

static void put_chains(struct nl *b, bool ipv6)
{
	const struct nft_hook inner = {.hook = -1};

	nft_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_TABLE_NAME, TABLE);
	nft_chain(b, TABLE, "loopback", inner);
	nft_chain(b, TABLE, "answers", inner);
	nft_chain(b, TABLE, "rules", inner);
	nft_chain(b, TABLE, "output", (struct nft_hook){.hook = NF_INET_LOCAL_OUT});
	nft_chain(b, TABLE, "input", (struct nft_hook){.hook = NF_INET_LOCAL_IN});
	nft_chain(b, TABLE, "forward", (struct nft_hook){.hook = NF_INET_FORWARD});
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
	nft_batch(&b);
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
	nft_commit(&b);
	plan->rules = b.failed ? NULL : arena_dup(a, b.buf, b.n);
	plan->rules_len = b.n;
	nl_free(&b);
	return plan->rules ? 0 : err_oom(err);
}
