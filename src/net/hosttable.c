// SPDX-License-Identifier: BSD-3-Clause
/*
 * The rules of the host for the jails of --net nat, one table that is made once and is the same for all
 * of them. Called by hostnet.c. Nothing can fail here but room for the messages.
 *
 * Nothing is added for a jail, so nothing has to be removed: the rules know jails' interfaces by their
 * group, and a jail's address by the route to its interface.
 *
 *   source	a packet comes from the interface that its source address is routed to, or is dropped.
 *		That binds a jail to its lease. Nor may it carry a loopback address.
 *   forward	what answers an open connection passes. From jail to jail, into a jail unless a port is
 *		published, and from a jail to what is not the internet: no. Did the host not forward
 *		before, it forwards for jails only.
 *   input	no jail reaches the host itself.
 *   nat	jails appear under the host's address; published ports.
 *   open	nothing; that it is there lets jails start (hostnet_still_open()).
 */
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "net/hosttable.h"
#include "net/nft.h"
#include "net/policy.h"
#include "net/publish.h"

#define TABLE HOSTNET_TABLE

static struct nft_rule rule(struct nl *b, const char *chain)
{
	return nft_rule(b, TABLE, chain, 0);
}

/* in_group() - the interface's group, masked, is (or is not) @value. */
static void in_group(struct nl *b, enum nft_meta_keys key, uint32_t mask, bool is, uint32_t value)
{
	nft_load_meta(b, key, NFT_REG_1);
	nft_mask(b, &mask, sizeof(mask));
	nft_cmp(b, is ? NFT_CMP_EQ : NFT_CMP_NEQ, &value, sizeof(value));
}

static void from_jail(struct nl *b)
{
	in_group(b, NFT_META_IIFGROUP, HOSTNET_OURS_MASK, true, HOSTNET_OURS);
}

static void to_jail(struct nl *b)
{
	in_group(b, NFT_META_OIFGROUP, HOSTNET_OURS_MASK, true, HOSTNET_OURS);
}

/* from_jail_with() - and it has this of enum hostnet_group, or has it not. */
static void from_jail_with(struct nl *b, uint32_t bit, bool has)
{
	in_group(b, NFT_META_IIFGROUP, HOSTNET_OURS_MASK | bit, true,
		 HOSTNET_OURS | (has ? bit : 0));
}

/* ct_has() - some of these bits of the connection's state or status */
static void ct_has(struct nl *b, enum nft_ct_keys key, uint32_t bits)
{
	const uint32_t none = 0;

	nft_load_ct(b, key);
	nft_mask(b, &bits, sizeof(bits));
	nft_cmp(b, NFT_CMP_NEQ, &none, sizeof(none));
}

static void ct_open(struct nl *b)
{
	/* NF_CT_STATE_BIT() of established and related, in either direction */
	ct_has(b, NFT_CT_STATE, 1U << (IP_CT_ESTABLISHED + 1) | 1U << (IP_CT_RELATED + 1));
}

static void fib(struct nl *b, uint32_t result, uint32_t flags, const void *is, size_t n)
{
	struct nft_expr e = nft_expr(b, "fib");

	nl_be32(b, NFTA_FIB_DREG, NFT_REG_1);
	nl_be32(b, NFTA_FIB_RESULT, result);
	nl_be32(b, NFTA_FIB_FLAGS, flags);
	nft_expr_end(b, e);
	nft_cmp(b, NFT_CMP_EQ, is, n);
}

static void end(struct nl *b, struct nft_rule r, int code, const char *to)
{
	nft_verdict(b, code, to);
	nft_rule_end(b, r);
}

/* ---- filter */

static void put_source(struct nl *b)
{
	const struct net_addr loopback = {AF_INET, 8, {127}};
	const uint32_t missing = 0;
	struct nft_rule r;

	nft_chain(b, TABLE, "source",
		  (struct nft_hook){.hook = NF_INET_PRE_ROUTING, .priority = -300});
	r = rule(b, "source");
	from_jail(b);
	fib(b, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT, &missing,
	    sizeof(missing));
	end(b, r, NF_DROP, NULL);
	r = rule(b, "source");
	from_jail(b);
	nft_family(b, AF_INET);
	nft_address(b, &loopback, 1);
	end(b, r, NF_DROP, NULL);
}

static void put_blocked(struct nl *b)
{
	unsigned n;
	const struct net_addr *ranges = net_blocked_ranges(&n);

	nft_chain(b, TABLE, "blocked", (struct nft_hook){.hook = -1});
	for (unsigned i = 0; i < n; i++) {
		struct nft_rule r = rule(b, "blocked");

		nft_family(b, ranges[i].family);
		nft_address(b, &ranges[i], 1);
		end(b, r, NFT_GOTO, "refuse");
	}
}

static void put_refuse(struct nl *b)
{
	struct nft_rule r;

	nft_chain(b, TABLE, "refuse", (struct nft_hook){.hook = -1});
	r = rule(b, "refuse");
	nft_meta_u8(b, NFT_META_L4PROTO, IPPROTO_TCP);
	nft_reject(b, IPPROTO_TCP);
	nft_rule_end(b, r);
	r = rule(b, "refuse");
	nft_reject(b, 0);
	nft_rule_end(b, r);
}

static void put_forward(struct nl *b, const struct hostnet *h)
{
	struct nft_rule r;

	nft_chain(b, TABLE, "forward", (struct nft_hook){.hook = NF_INET_FORWARD});
	r = rule(b, "forward");
	ct_open(b);
	end(b, r, NF_ACCEPT, NULL);
	r = rule(b, "forward");
	from_jail(b);
	to_jail(b);
	end(b, r, NFT_GOTO, "refuse");
	r = rule(b, "forward");
	in_group(b, NFT_META_OIFGROUP, HOSTNET_OURS_MASK | HOSTNET_PUBLISH, true,
		 HOSTNET_OURS | HOSTNET_PUBLISH);
	ct_has(b, NFT_CT_STATUS, IPS_DST_NAT);
	end(b, r, NF_ACCEPT, NULL);
	r = rule(b, "forward");
	to_jail(b);
	end(b, r, NF_DROP, NULL);
	r = rule(b, "forward");
	from_jail_with(b, HOSTNET_POLICY, false);
	end(b, r, NFT_JUMP, "blocked");
	r = rule(b, "forward");
	from_jail(b);
	end(b, r, NF_ACCEPT, NULL);
	for (unsigned i = 0; i < 2; i++) {
		if (i ? h->was6 : h->was4)
			continue;
		r = rule(b, "forward");
		nft_family(b, i ? AF_INET6 : AF_INET);
		end(b, r, NF_DROP, NULL);
	}
}

static void put_input(struct nl *b)
{
	struct nft_rule r;

	nft_chain(b, TABLE, "input", (struct nft_hook){.hook = NF_INET_LOCAL_IN});
	r = rule(b, "input");
	from_jail(b);
	ct_open(b);
	end(b, r, NF_ACCEPT, NULL);
	r = rule(b, "input");
	from_jail_with(b, HOSTNET_LOCAL, false);
	end(b, r, NFT_GOTO, "refuse");
}

/* ---- nat */

static void put_masquerade(struct nl *b, const struct net_addr *net)
{
	struct nft_rule r = rule(b, "postrouting");
	struct nft_expr e;

	nft_family(b, net->family);
	nft_address(b, net, 0);
	in_group(b, NFT_META_OIFGROUP, HOSTNET_OURS_MASK, false, HOSTNET_OURS);
	e = nft_expr(b, "masq");
	nft_expr_end(b, e);
	nft_rule_end(b, r);
}

static void put_nat(struct nl *b, const struct hostnet *h)
{
	nft_chain(b, TABLE, "postrouting", (struct nft_hook){NF_INET_POST_ROUTING, 100, "nat"});
	put_masquerade(b, &h->v4);
	if (h->v6.family)
		put_masquerade(b, &h->v6);
	publish_put(b, h);
}

void hosttable_put(struct nl *b, const struct hostnet *h, const void *note, size_t n)
{
	nft_batch(b);
	nft_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET, 1);
	nl_str(b, NFTA_TABLE_NAME, TABLE);
	nl_attr(b, NFTA_TABLE_USERDATA, note, n);
	nft_chain(b, TABLE, HOSTNET_OPEN, (struct nft_hook){.hook = -1});
	put_refuse(b);
	put_blocked(b);
	put_source(b);
	put_forward(b, h);
	put_input(b);
	put_nat(b, h);
	nft_commit(b);
}

void hosttable_delete(struct nl *b, uint64_t handle)
{
	nft_batch(b);
	nft_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET, 0);
	nl_str(b, NFTA_CHAIN_TABLE, TABLE);
	nl_str(b, NFTA_CHAIN_NAME, HOSTNET_OPEN);
	nft_message(b, NFT_MSG_DELTABLE, 0, NFPROTO_INET, 0);
	nl_attr(b, NFTA_TABLE_HANDLE, &handle, sizeof(handle));
	nft_commit(b);
}
