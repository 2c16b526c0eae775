// SPDX-License-Identifier: BSD-3-Clause
/*
 * The few rules on the other end of the jail's wire. Called by user_setup.c. They decide nothing: they
 * lead what comes from the jail to the helper.
 *
 *	a SYN from the jail	dropped: the helper has a copy, and sends it on when it may (over lo)
 *	a SYN over lo		to the listening socket, whatever its destination
 *	UDP from the jail	to the UDP socket, whatever its destination
 *	ping from the jail	dropped: the helper has a copy
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/sys.h"
#include "net/netlink.h"
#include "net/user_impl.h"

#define TABLE "toastainer"
#define CHAIN "from_jail"

enum { BEFORE_ROUTING = -150 };

static void message(struct nl *b, uint16_t type, uint16_t flags, uint8_t family)
{
	const struct nfgenmsg head = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = family == AF_UNSPEC ? htons(NFNL_SUBSYS_NFTABLES) : 0,
	};

	nl_begin(b, family == AF_UNSPEC ? type : (uint16_t)(type | NFNL_SUBSYS_NFTABLES << 8), flags, 0);
	nl_put(b, &head, sizeof(head));
}

struct expr {
	size_t elem, data;
};

static struct expr begin(struct nl *b, const char *name)
{
	struct expr e;

	e.elem = nl_nest(b, NFTA_LIST_ELEM);
	nl_str(b, NFTA_EXPR_NAME, name);
	e.data = nl_nest(b, NFTA_EXPR_DATA);
	return e;
}

static void end(struct nl *b, struct expr e)
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

static void equals(struct nl *b, const void *p, size_t n)
{
	struct expr e = begin(b, "cmp");

	nl_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	nl_be32(b, NFTA_CMP_OP, NFT_CMP_EQ);
	value(b, NFTA_CMP_DATA, p, n);
	end(b, e);
}

static void meta(struct nl *b, enum nft_meta_keys key, const void *p, size_t n)
{
	struct expr e = begin(b, "meta");

	nl_be32(b, NFTA_META_KEY, key);
	nl_be32(b, NFTA_META_DREG, NFT_REG_1);
	end(b, e);
	equals(b, p, n);
}

/* transport() - one byte of the transport header, under a mask, is @v */
static void transport(struct nl *b, uint32_t at, uint8_t mask, uint8_t v)
{
	const uint8_t zero = 0;
	struct expr e = begin(b, "payload");

	nl_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nl_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nl_be32(b, NFTA_PAYLOAD_OFFSET, at);
	nl_be32(b, NFTA_PAYLOAD_LEN, 1);
	end(b, e);
	if (mask != 0xff) {
		e = begin(b, "bitwise");
		nl_be32(b, NFTA_BITWISE_SREG, NFT_REG_1);
		nl_be32(b, NFTA_BITWISE_DREG, NFT_REG_1);
		nl_be32(b, NFTA_BITWISE_LEN, 1);
		value(b, NFTA_BITWISE_MASK, &mask, 1);
		value(b, NFTA_BITWISE_XOR, &zero, 1);
		end(b, e);
	}
	equals(b, &v, 1);
}

static size_t rule(struct nl *b, const char *iface, uint8_t nfproto, uint8_t proto)
{
	char name[IFNAMSIZ] = "";
	size_t list;

	snprintf(name, sizeof(name), "%s", iface);
	message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
	nl_str(b, NFTA_RULE_TABLE, TABLE);
	nl_str(b, NFTA_RULE_CHAIN, CHAIN);
	list = nl_nest(b, NFTA_RULE_EXPRESSIONS);
	meta(b, NFT_META_IIFNAME, name, sizeof(name));
	meta(b, NFT_META_NFPROTO, &nfproto, 1);
	meta(b, NFT_META_L4PROTO, &proto, 1);
	return list;
}

static void catch(struct nl *b, const char *iface, uint8_t nfproto, uint8_t proto)
{
	const uint16_t port = htons(USER_PORT);
	size_t list = rule(b, iface, nfproto, proto);
	struct expr e = begin(b, "immediate");

	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	value(b, NFTA_IMMEDIATE_DATA, &port, sizeof(port));
	end(b, e);
	e = begin(b, "tproxy");
	nl_be32(b, NFTA_TPROXY_FAMILY, nfproto);
	nl_be32(b, NFTA_TPROXY_REG_PORT, NFT_REG_1);
	end(b, e);
	nl_end(b, list);
}

/* drop() - where a byte of the transport header is @v */
static void drop(struct nl *b, const char *iface, uint8_t nfproto, uint8_t proto, uint32_t at,
		 uint8_t mask, uint8_t v)
{
	size_t list = rule(b, iface, nfproto, proto), data, verdict;
	struct expr e;

	transport(b, at, mask, v);
	e = begin(b, "immediate");
	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(b, NFTA_IMMEDIATE_DATA);
	verdict = nl_nest(b, NFTA_DATA_VERDICT);
	nl_be32(b, NFTA_VERDICT_CODE, NF_DROP);
	nl_end(b, verdict);
	nl_end(b, data);
	end(b, e);
	nl_end(b, list);
}

static void put_chain(struct nl *b)
{
	size_t hook;

	message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET);
	nl_str(b, NFTA_TABLE_NAME, TABLE);
	message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
	nl_str(b, NFTA_CHAIN_TABLE, TABLE);
	nl_str(b, NFTA_CHAIN_NAME, CHAIN);
	hook = nl_nest(b, NFTA_CHAIN_HOOK);
	nl_be32(b, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	nl_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)BEFORE_ROUTING);
	nl_end(b, hook);
	nl_str(b, NFTA_CHAIN_TYPE, "filter");
}

int user_nft(const char *iface, struct err *err)
{
	static const struct {
		uint8_t nfproto, icmp, echo;
	} families[] = {{NFPROTO_IPV4, IPPROTO_ICMP, 8}, {NFPROTO_IPV6, IPPROTO_ICMPV6, 128}};
	_cleanup_close_ int sock = nl_open(NETLINK_NETFILTER);
	struct nl b = NL_HEAP;
	struct nl_answer answer = {0};
	int r;

	message(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	put_chain(&b);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		uint8_t nfproto = families[i].nfproto;

		catch(&b, "lo", nfproto, IPPROTO_TCP);
		drop(&b, iface, nfproto, IPPROTO_TCP, 13, 0x12, 0x02);
		catch(&b, iface, nfproto, IPPROTO_UDP);
		drop(&b, iface, nfproto, families[i].icmp, 0, 0xff, families[i].echo);
	}
	if (!b.failed)
		((struct nlmsghdr *)(b.buf + b.msg))->nlmsg_flags |= NLM_F_ACK;
	message(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	r = sock < 0 ? sock : nl_talk(sock, &b, &answer);
	nl_free(&b);
	if (r >= 0)
		return 0;
	err_sys(err, r, "lead the jail's packets to us");
	return err_hint(err, "this needs nf_tables with tproxy: as root, modprobe nft_tproxy");
}
