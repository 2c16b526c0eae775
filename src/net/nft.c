// SPDX-License-Identifier: BSD-3-Clause
/*
 * Messages for nf_tables. Called by rules.c for a jail's own rules and by hostnet.c, hosttable.c and nat.c for
 * the host's. Nothing fails here but room for the message, which struct nl notes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/nft.h"

void nft_message(struct nl *b, uint16_t type, uint16_t flags, uint8_t family, uint32_t seq)
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

void nft_batch(struct nl *b)
{
	nft_message(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, 0);
}

void nft_commit(struct nl *b)
{
	if (!b->failed)
		((struct nlmsghdr *)(b->buf + b->msg))->nlmsg_flags |= NLM_F_ACK;
	nft_message(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, 0);
}

void nft_chain(struct nl *b, const char *table, const char *name, struct nft_hook hook)
{
	size_t nest;

	nft_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_CHAIN_TABLE, table);
	nl_str(b, NFTA_CHAIN_NAME, name);
	if (hook.hook < 0)
		return;
	nest = nl_nest(b, NFTA_CHAIN_HOOK);
	nl_be32(b, NFTA_HOOK_HOOKNUM, (uint32_t)hook.hook);
	nl_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)hook.priority);
	nl_end(b, nest);
	nl_str(b, NFTA_CHAIN_TYPE, hook.type ?: "filter");
}

struct nft_rule nft_rule(struct nl *b, const char *table, const char *chain, uint32_t seq)
{
	nft_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, seq);
	nl_str(b, NFTA_RULE_TABLE, table);
	nl_str(b, NFTA_RULE_CHAIN, chain);
	return (struct nft_rule){nl_nest(b, NFTA_RULE_EXPRESSIONS)};
}

void nft_rule_end(struct nl *b, struct nft_rule r)
{
	nl_end(b, r.list);
}

struct nft_expr nft_expr(struct nl *b, const char *name)
{
	struct nft_expr e;

	e.elem = nl_nest(b, NFTA_LIST_ELEM);
	nl_str(b, NFTA_EXPR_NAME, name);
	e.data = nl_nest(b, NFTA_EXPR_DATA);
	return e;
}

void nft_expr_end(struct nl *b, struct nft_expr e)
{
	nl_end(b, e.data);
	nl_end(b, e.elem);
}

void nft_value(struct nl *b, uint16_t type, const void *p, size_t n)
{
	size_t nest = nl_nest(b, type);

	nl_attr(b, NFTA_DATA_VALUE, p, n);
	nl_end(b, nest);
}

void nft_cmp(struct nl *b, enum nft_cmp_ops op, const void *p, size_t n)
{
	struct nft_expr e = nft_expr(b, "cmp");

	nl_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	nl_be32(b, NFTA_CMP_OP, op);
	nft_value(b, NFTA_CMP_DATA, p, n);
	nft_expr_end(b, e);
}

void nft_load_meta(struct nl *b, enum nft_meta_keys key, uint32_t reg)
{
	struct nft_expr e = nft_expr(b, "meta");

	nl_be32(b, NFTA_META_KEY, key);
	nl_be32(b, NFTA_META_DREG, reg);
	nft_expr_end(b, e);
}

void nft_load_ct(struct nl *b, enum nft_ct_keys key)
{
	struct nft_expr e = nft_expr(b, "ct");

	nl_be32(b, NFTA_CT_KEY, key);
	nl_be32(b, NFTA_CT_DREG, NFT_REG_1);
	nft_expr_end(b, e);
}

void nft_meta_u8(struct nl *b, enum nft_meta_keys key, uint8_t v)
{
	nft_load_meta(b, key, NFT_REG_1);
	nft_cmp(b, NFT_CMP_EQ, &v, 1);
}

void nft_family(struct nl *b, uint8_t family)
{
	nft_meta_u8(b, NFT_META_NFPROTO, family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

void nft_iface(struct nl *b, enum nft_meta_keys key, const char *name)
{
	char padded[IFNAMSIZ] = "";

	if (!name[0])
		return;
	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	nft_load_meta(b, key, NFT_REG_1);
	nft_cmp(b, NFT_CMP_EQ, padded, sizeof(padded));
}

void nft_payload(struct nl *b, enum nft_payload_bases base, uint32_t offset, uint32_t n,
		 uint32_t reg)
{
	struct nft_expr e = nft_expr(b, "payload");

	nl_be32(b, NFTA_PAYLOAD_DREG, reg);
	nl_be32(b, NFTA_PAYLOAD_BASE, base);
	nl_be32(b, NFTA_PAYLOAD_OFFSET, offset);
	nl_be32(b, NFTA_PAYLOAD_LEN, n);
	nft_expr_end(b, e);
}

void nft_mask(struct nl *b, const void *mask, uint32_t n)
{
	const uint8_t zero[16] = {0};
	struct nft_expr e = nft_expr(b, "bitwise");

	nl_be32(b, NFTA_BITWISE_SREG, NFT_REG_1);
	nl_be32(b, NFTA_BITWISE_DREG, NFT_REG_1);
	nl_be32(b, NFTA_BITWISE_LEN, n);
	nft_value(b, NFTA_BITWISE_MASK, mask, n);
	nft_value(b, NFTA_BITWISE_XOR, zero, n);
	nft_expr_end(b, e);
}

void nft_address(struct nl *b, const struct net_addr *a, unsigned which)
{
	uint32_t n = a->family == AF_INET ? 4 : 16, at = a->family == AF_INET ? 12 : 8;
	uint8_t mask[16] = {0}, net[16];

	if (!a->family || !a->prefix)
		return;
	nft_payload(b, NFT_PAYLOAD_NETWORK_HEADER, at + which * n, n, NFT_REG_1);
	for (unsigned i = 0; i < a->prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (unsigned i = 0; i < n; i++)
		net[i] = a->ip[i] & mask[i];
	if (a->prefix < n * 8)
		nft_mask(b, mask, n);
	nft_cmp(b, NFT_CMP_EQ, net, n);
}

void nft_ports(struct nl *b, const struct net_ports *p, unsigned which)
{
	uint16_t first = htons(p->first), last = htons(p->last);

	if (!p->given)
		return;
	nft_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, which * 2, 2, NFT_REG_1);
	if (p->first == p->last) {
		nft_cmp(b, NFT_CMP_EQ, &first, 2);
		return;
	}
	nft_cmp(b, NFT_CMP_GTE, &first, 2);
	nft_cmp(b, NFT_CMP_LTE, &last, 2);
}

void nft_verdict(struct nl *b, int code, const char *to)
{
	struct nft_expr e = nft_expr(b, "immediate");
	size_t data, v;

	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(b, NFTA_IMMEDIATE_DATA);
	v = nl_nest(b, NFTA_DATA_VERDICT);
	nl_be32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (to)
		nl_str(b, NFTA_VERDICT_CHAIN, to);
	nl_end(b, v);
	nl_end(b, data);
	nft_expr_end(b, e);
}

void nft_reject(struct nl *b, uint8_t proto)
{
	const uint8_t code = NFT_REJECT_ICMPX_PORT_UNREACH;
	struct nft_expr e = nft_expr(b, "reject");

	nl_be32(b, NFTA_REJECT_TYPE,
		proto == IPPROTO_TCP ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	if (proto != IPPROTO_TCP)
		nl_attr(b, NFTA_REJECT_ICMP_CODE, &code, 1);
	nft_expr_end(b, e);
}
