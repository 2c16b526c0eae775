/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages for nf_tables: tables, chains, rules and their expressions, put into a struct nl. All tables
 * are of the family inet. A rule is opened with nft_rule(), gets expressions, and is closed with
 * nft_rule_end(). Expressions work on register 1.
 */
#ifndef TOASTAINER_NET_NFT_H
#define TOASTAINER_NET_NFT_H

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "net/net.h"
#include "net/netlink.h"

/** nft_message() - @type: NFT_MSG_*, or with AF_UNSPEC one about the batch. */
void nft_message(struct nl *b, uint16_t type, uint16_t flags, uint8_t family, uint32_t seq);

/** nft_batch() - begins a batch; nft_commit() ends it and asks for one answer. */
void nft_batch(struct nl *b);
void nft_commit(struct nl *b);

/* struct nft_hook - where packets come into a chain */
struct nft_hook {
	int hook; /* NF_INET_*; -1: others jump to it */
	int priority;
	const char *type; /* NULL: "filter" */
};

void nft_chain(struct nl *b, const char *table, const char *name, struct nft_hook hook);

/* struct nft_rule - a rule whose expressions are being added */
struct nft_rule {
	size_t list;
};

struct nft_rule nft_rule(struct nl *b, const char *table, const char *chain, uint32_t seq);
void nft_rule_end(struct nl *b, struct nft_rule r);

/* struct nft_expr - an expression: its attributes come between the two calls */
struct nft_expr {
	size_t elem, data;
};

struct nft_expr nft_expr(struct nl *b, const char *name);
void nft_expr_end(struct nl *b, struct nft_expr e);

/** nft_value() - an attribute with data in it. */
void nft_value(struct nl *b, uint16_t type, const void *p, size_t n);

/** nft_cmp() - the rule goes on when the register compares with @p. */
void nft_cmp(struct nl *b, enum nft_cmp_ops op, const void *p, size_t n);

/** nft_mask() - register 1 &= @mask, of @n bytes. */
void nft_mask(struct nl *b, const void *mask, uint32_t n);

void nft_load_meta(struct nl *b, enum nft_meta_keys key, uint32_t reg);
void nft_load_ct(struct nl *b, enum nft_ct_keys key);
void nft_payload(struct nl *b, enum nft_payload_bases base, uint32_t offset, uint32_t n,
		 uint32_t reg);

/* The rule goes on when... */
void nft_meta_u8(struct nl *b, enum nft_meta_keys key, uint8_t v);
void nft_family(struct nl *b, uint8_t family); /* the packet is of AF_INET or AF_INET6 */
void nft_iface(struct nl *b, enum nft_meta_keys key, const char *name);	  /* "": any */
void nft_address(struct nl *b, const struct net_addr *a, unsigned which); /* 0 source, 1 dest. */
void nft_ports(struct nl *b, const struct net_ports *p, unsigned which);  /* the same */

/** nft_verdict() - @code: NF_* or NFT_*; @to: a chain, or NULL */
void nft_verdict(struct nl *b, int code, const char *to);

/** nft_reject() - TCP is reset, all else hears "port unreachable". @proto: what the rule matched */
void nft_reject(struct nl *b, uint8_t proto);

#endif
