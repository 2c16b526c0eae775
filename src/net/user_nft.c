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

#include "base/sys.h"
#include "net/nft.h"
#include "net/user_impl.h"

#define TABLE "toastainer"
#define CHAIN "from_jail"

enum { BEFORE_ROUTING = -150 };

static struct nft_rule rule(struct nl *b, const char *iface, uint8_t family, uint8_t proto)
{
	struct nft_rule r = nft_rule(b, TABLE, CHAIN, 0);

	nft_iface(b, NFT_META_IIFNAME, iface);
	nft_family(b, family);
	nft_meta_u8(b, NFT_META_L4PROTO, proto);
	return r;
}

static void catch (struct nl *b, const char *iface, uint8_t family, uint8_t proto)
{
	const uint16_t port = htons(USER_PORT);
	struct nft_rule r = rule(b, iface, family, proto);
	struct nft_expr e = nft_expr(b, "immediate");

	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	nft_value(b, NFTA_IMMEDIATE_DATA, &port, sizeof(port));
	nft_expr_end(b, e);
	e = nft_expr(b, "tproxy");
	nl_be32(b, NFTA_TPROXY_FAMILY, family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nl_be32(b, NFTA_TPROXY_REG_PORT, NFT_REG_1);
	nft_expr_end(b, e);
	nft_rule_end(b, r);
}

/* drop() - where a byte of the transport header, under a mask, is @v */
static void drop(struct nl *b, const char *iface, uint8_t family, uint8_t proto, uint32_t at,
		 uint8_t mask, uint8_t v)
{
	struct nft_rule r = rule(b, iface, family, proto);

	nft_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, at, 1, NFT_REG_1);
	if (mask != 0xff)
		nft_mask(b, &mask, 1);
	nft_cmp(b, NFT_CMP_EQ, &v, 1);
	nft_verdict(b, NF_DROP, NULL);
	nft_rule_end(b, r);
}

int user_nft(const char *iface, struct err *err)
{
	static const struct {
		uint8_t family, icmp, echo;
	} families[] = {{AF_INET, IPPROTO_ICMP, 8}, {AF_INET6, IPPROTO_ICMPV6, 128}};
	_cleanup_close_ int sock = nl_open(NETLINK_NETFILTER);
	struct nl b = NL_HEAP;
	int r;

	nft_batch(&b);
	nft_message(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(&b, NFTA_TABLE_NAME, TABLE);
	nft_chain(&b, TABLE, CHAIN, (struct nft_hook){NF_INET_PRE_ROUTING, BEFORE_ROUTING, NULL});
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		uint8_t family = families[i].family;

		catch (&b, "lo", family, IPPROTO_TCP);
		drop(&b, iface, family, IPPROTO_TCP, 13, 0x12, 0x02);
		catch (&b, iface, family, IPPROTO_UDP);
		drop(&b, iface, family, families[i].icmp, 0, 0xff, families[i].echo);
	}
	nft_commit(&b);
	r = sock < 0 ? sock : nl_talk(sock, &b, NULL);
	nl_free(&b);
	if (r >= 0)
		return 0;
	err_sys(err, r, "lead the jail's packets to us");
	return err_hint(err, "this needs nf_tables with tproxy: as root, modprobe nft_tproxy");
}
