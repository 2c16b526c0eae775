// SPDX-License-Identifier: BSD-3-Clause
/*
 * Published ports: destination NAT by maps, one for each family and for "this address of the host" and
 * "any". Called by nat.c, and by hosttable.c for the rules, which are the same for all jails.
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "base/sys.h"
#include "net/nft.h"
#include "net/publish.h"

#define TABLE HOSTNET_TABLE

/* A key is the address, if there is one, the protocol and the port, each filled up to 4 bytes. */
struct map {
	const char *name;
	uint8_t family;
	uint32_t address; /* bytes of it in the key */
};

static const struct map maps[] = {
	{"publish4", AF_INET, 4},
	{"publish4_any", AF_INET, 0},
	{"publish6", AF_INET6, 16},
	{"publish6_any", AF_INET6, 0},
};

struct entry {
	uint8_t key[24], data[20]; /* data: the jail's address, the port in 4 bytes */
	uint32_t key_len, data_len;
};

static uint32_t size_of(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* ---- the rules */

/* Numbers by which nft(8) shows the fields: ipv4_addr, ipv6_addr, inet_proto, inet_service. */
enum { TYPE4 = 7, TYPE6 = 8, TYPE_PROTO = 12, TYPE_PORT = 13, TYPE_BITS = 6 };

static uint32_t type_of(uint8_t family)
{
	return family == AF_INET ? TYPE4 : TYPE6;
}

static void put_map(struct nl *b, const struct map *m, uint32_t id)
{
	uint32_t key = (uint32_t)TYPE_PROTO << TYPE_BITS | TYPE_PORT;

	if (m->address)
		key |= type_of(m->family) << 2 * TYPE_BITS;
	nft_message(b, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET, 0);
	nl_str(b, NFTA_SET_TABLE, TABLE);
	nl_str(b, NFTA_SET_NAME, m->name);
	nl_be32(b, NFTA_SET_ID, id);
	nl_be32(b, NFTA_SET_FLAGS, NFT_SET_MAP);
	nl_be32(b, NFTA_SET_KEY_TYPE, key);
	nl_be32(b, NFTA_SET_KEY_LEN, m->address + 8);
	nl_be32(b, NFTA_SET_DATA_TYPE, type_of(m->family) << TYPE_BITS | TYPE_PORT);
	nl_be32(b, NFTA_SET_DATA_LEN, size_of(m->family) + 4);
}

/* Registers of 4 bytes: the key is put together in them, and what the map has for it comes there. */
static void put_lookup(struct nl *b, const struct map *m)
{
	struct nft_rule r = nft_rule(b, TABLE, "publish", 0);
	uint32_t n = m->address / 4, port = NFT_REG32_00 + size_of(m->family) / 4;
	struct nft_expr e;

	nft_family(b, m->family);
	if (m->address)
		nft_payload(b, NFT_PAYLOAD_NETWORK_HEADER, m->family == AF_INET ? 16 : 24,
			    m->address, NFT_REG32_00);
	nft_load_meta(b, NFT_META_L4PROTO, NFT_REG32_00 + n);
	nft_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG32_00 + n + 1);
	e = nft_expr(b, "lookup");
	nl_str(b, NFTA_LOOKUP_SET, m->name);
	nl_be32(b, NFTA_LOOKUP_SREG, NFT_REG32_00);
	nl_be32(b, NFTA_LOOKUP_DREG, NFT_REG32_00);
	nft_expr_end(b, e);
	e = nft_expr(b, "nat");
	nl_be32(b, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nl_be32(b, NFTA_NAT_FAMILY, m->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nl_be32(b, NFTA_NAT_REG_ADDR_MIN, NFT_REG32_00);
	nl_be32(b, NFTA_NAT_REG_PROTO_MIN, port);
	nft_expr_end(b, e);
	nft_rule_end(b, r);
}

/* Only TCP and UDP have ports where the key takes them from. */
static void put_other_protocols(struct nl *b)
{
	const uint8_t tcp = IPPROTO_TCP, udp = IPPROTO_UDP;
	struct nft_rule r = nft_rule(b, TABLE, "publish", 0);

	nft_load_meta(b, NFT_META_L4PROTO, NFT_REG_1);
	nft_cmp(b, NFT_CMP_NEQ, &tcp, 1);
	nft_cmp(b, NFT_CMP_NEQ, &udp, 1);
	nft_verdict(b, NFT_RETURN, NULL);
	nft_rule_end(b, r);
}

/* A hook from which packets for the host itself go through the maps. */
static void put_hook(struct nl *b, const char *name, int hook)
{
	const struct net_addr loopback = {AF_INET6, 128, {[15] = 1}};
	const uint32_t mask = HOSTNET_OURS_MASK, ours = HOSTNET_OURS, local = RTN_LOCAL;
	struct nft_rule r;
	struct nft_expr e;

	nft_chain(b, TABLE, name, (struct nft_hook){hook, -100, "nat"});
	if (hook == NF_INET_LOCAL_OUT) { /* ::1 cannot be sent from over another interface */
		r = nft_rule(b, TABLE, name, 0);
		nft_family(b, AF_INET6);
		nft_address(b, &loopback, 1);
		nft_verdict(b, NF_ACCEPT, NULL);
		nft_rule_end(b, r);
	}
	r = nft_rule(b, TABLE, name, 0);
	if (hook ==
	    NF_INET_PRE_ROUTING) { /* a jail has no way to the host, nor through it to another */
		nft_load_meta(b, NFT_META_IIFGROUP, NFT_REG_1);
		nft_mask(b, &mask, sizeof(mask));
		nft_cmp(b, NFT_CMP_NEQ, &ours, sizeof(ours));
	}
	e = nft_expr(b, "fib");
	nl_be32(b, NFTA_FIB_DREG, NFT_REG_1);
	nl_be32(b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nl_be32(b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nft_expr_end(b, e);
	nft_cmp(b, NFT_CMP_EQ, &local, sizeof(local));
	nft_verdict(b, NFT_GOTO, "publish");
	nft_rule_end(b, r);
}

/* The host's loopback address cannot be a source on another interface. */
static void put_loopback_source(struct nl *b, const struct hostnet *h)
{
	const struct net_addr loopback = {AF_INET, 8, {127}}, from = hostnet_gateway(&h->v4);
	const uint32_t mask = HOSTNET_OURS_MASK, ours = HOSTNET_OURS;
	struct nft_rule r = nft_rule(b, TABLE, "postrouting", 0);
	struct nft_expr e;

	nft_family(b, AF_INET);
	nft_address(b, &loopback, 0);
	nft_load_meta(b, NFT_META_OIFGROUP, NFT_REG_1);
	nft_mask(b, &mask, sizeof(mask));
	nft_cmp(b, NFT_CMP_EQ, &ours, sizeof(ours));
	e = nft_expr(b, "immediate");
	nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	nft_value(b, NFTA_IMMEDIATE_DATA, from.ip, 4);
	nft_expr_end(b, e);
	e = nft_expr(b, "nat");
	nl_be32(b, NFTA_NAT_TYPE, NFT_NAT_SNAT);
	nl_be32(b, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	nl_be32(b, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	nft_expr_end(b, e);
	nft_rule_end(b, r);
}

void publish_put(struct nl *b, const struct hostnet *h)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(maps); i++)
		put_map(b, &maps[i], i + 1);
	nft_chain(b, TABLE, "publish", (struct nft_hook){.hook = -1});
	put_other_protocols(b);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		put_lookup(b, &maps[i]);
	put_hook(b, "prerouting", NF_INET_PRE_ROUTING);
	put_hook(b, "output", NF_INET_LOCAL_OUT);
	put_loopback_source(b, h);
}

/* ---- entries */

/* entry_of() - what @pub is in map @m. Return: false when it is nothing there. */
static bool entry_of(const struct map *m, const struct net_publish *pub, const struct net_addr *v4,
		     const struct net_addr *v6, struct entry *e)
{
	const struct net_addr *jail = m->family == AF_INET ? v4 : v6;
	uint32_t n = size_of(m->family), at = m->address;
	uint16_t port = htons(pub->host_port), to = htons(pub->jail_port);

	if (!jail->family || (m->address ? pub->on.family != m->family : pub->on.family))
		return false;
	*e = (struct entry){.key_len = at + 8, .data_len = n + 4};
	memcpy(e->key, pub->on.ip, at);
	e->key[at] = pub->proto;
	memcpy(e->key + at + 4, &port, sizeof(port));
	memcpy(e->data, jail->ip, n);
	memcpy(e->data + n, &to, sizeof(to));
	return true;
}

static void put_entry(struct nl *b, uint16_t type, const struct map *m, const struct entry *e)
{
	size_t list, elem;

	nft_message(b, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE | NLM_F_EXCL : 0,
		    NFPROTO_INET, 0);
	nl_str(b, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	nl_str(b, NFTA_SET_ELEM_LIST_SET, m->name);
	list = nl_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = nl_nest(b, NFTA_LIST_ELEM);
	nft_value(b, NFTA_SET_ELEM_KEY, e->key, e->key_len);
	if (type == NFT_MSG_NEWSETELEM)
		nft_value(b, NFTA_SET_ELEM_DATA, e->data, e->data_len);
	nl_end(b, elem);
	nl_end(b, list);
}

static void put_entries(struct nl *b, uint16_t type, const struct net_policy *policy,
			const struct net_addr *v4, const struct net_addr *v6)
{
	struct entry e;

	for (size_t m = 0; m < ARRAY_SIZE(maps); m++)
		for (unsigned i = 0; i < policy->n_publish; i++)
			if (entry_of(&maps[m], &policy->publish[i], v4, v6, &e))
				put_entry(b, type, &maps[m], &e);
}

/* ---- what killed launchers left */

struct live {
	const struct hostnet *h;
	uint8_t (*ip)[4]; /* of jails that are there */
	unsigned n;
	bool failed;
};

static void note_live(const struct hostnet_jail *j, void *arg)
{
	struct live *l = arg;
	struct net_addr v4, v6;
	void *grown = mem_realloc(l->ip, (l->n + 1) * sizeof(*l->ip));

	l->failed |= !grown;
	if (!grown)
		return;
	l->ip = grown;
	hostnet_lease(l->h, j->lease, &v4, &v6);
	memcpy(l->ip[l->n++], v4.ip, 4);
}

struct sweep {
	struct nl *b; /* removals */
	const struct map *map;
	const struct live *live;
	const struct net_policy *policy;
	const struct net_addr *v4, *v6;
};

/* An entry is a left one if its jail is gone, or if it has what is ours: our address, a port we hold. */
static bool is_left(const struct sweep *s, const struct entry *e)
{
	const uint8_t *ip = e->data + e->data_len - 8; /* an IPv6 address ends with the IPv4 one */
	struct entry ours;

	for (unsigned i = 0; i < s->policy->n_publish; i++)
		if (entry_of(s->map, &s->policy->publish[i], s->v4, s->v6, &ours) &&
		    memcmp(ours.key, e->key, e->key_len) == 0)
			return true;
	if (memcmp(ip, s->v4->ip, 4) == 0)
		return true;
	for (unsigned i = 0; i < s->live->n; i++)
		if (memcmp(ip, s->live->ip[i], 4) == 0)
			return false;
	return true;
}

static const struct nlattr *attr_in(const char *p, size_t n, uint16_t type)
{
	while (n >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)p;
		size_t step = NLA_ALIGN(a->nla_len);

		if (a->nla_len < sizeof(*a) || a->nla_len > n)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		p += MIN(step, n);
		n -= MIN(step, n);
	}
	return NULL;
}

/* data_in() - the data nested in an attribute of an element, of just @len bytes. */
static bool data_in(const struct nlattr *elem, uint16_t type, uint8_t *to, uint32_t len)
{
	const struct nlattr *a =
		attr_in((const char *)(elem + 1), elem->nla_len - sizeof(*elem), type);
	const struct nlattr *v =
		a ? attr_in((const char *)(a + 1), a->nla_len - sizeof(*a), NFTA_DATA_VALUE) : NULL;

	if (!v || v->nla_len != sizeof(*v) + len)
		return false;
	memcpy(to, v + 1, len);
	return true;
}

static int one_element(const struct nlmsghdr *h, void *arg)
{
	struct sweep *s = arg;
	size_t n;
	const char *p = nl_find(h, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS, &n);
	const struct nlattr *elem;

	while (p && (elem = attr_in(p, n, NFTA_LIST_ELEM))) {
		struct entry e = {.key_len = s->map->address + 8,
				  .data_len = size_of(s->map->family) + 4};
		size_t used = (size_t)((const char *)elem - p) + NLA_ALIGN(elem->nla_len);

		if (data_in(elem, NFTA_SET_ELEM_KEY, e.key, e.key_len) &&
		    data_in(elem, NFTA_SET_ELEM_DATA, e.data, e.data_len) && is_left(s, &e))
			put_entry(s->b, NFT_MSG_DELSETELEM, s->map, &e);
		p += MIN(used, n);
		n -= MIN(used, n);
	}
	return 0;
}

/* put_removals() - of everything that is left from jails that are gone. */
static int put_removals(int nft, struct sweep *s)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(maps); i++) {
		char buf[256] NL_ALIGNED;
		struct nl ask = NL_STACK(buf);

		s->map = &maps[i];
		nft_message(&ask, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET, 0);
		nl_str(&ask, NFTA_SET_ELEM_LIST_TABLE, TABLE);
		nl_str(&ask, NFTA_SET_ELEM_LIST_SET, maps[i].name);
		r = nl_ask(nft, &ask, one_element, s);
	}
	return r;
}

int publish_add(struct published *p, const struct hostnet *h, int route,
		const struct net_policy *policy, const struct net_addr *v4,
		const struct net_addr *v6, struct err *err)
{
	struct live live = {.h = h};
	struct nl b = NL_HEAP;
	struct sweep s = {.b = &b, .live = &live, .policy = policy, .v4 = v4, .v6 = v6};
	int r = -EAGAIN;

	/* Another launcher may remove the same at the same time: then once more. */
	for (int tries = 0; tries < 20 && (r == -EAGAIN || r == -ENOENT || r == -EEXIST); tries++) {
		nl_free(&b);
		live.n = 0;
		nft_batch(&b);
		r = hostnet_each(route, note_live, &live);
		if (r >= 0 && live.failed)
			r = -ENOMEM;
		if (r >= 0)
			r = put_removals(p->nft, &s);
		put_entries(&b, NFT_MSG_NEWSETELEM, policy, v4, v6);
		nft_commit(&b);
		if (r >= 0)
			r = nl_talk(p->nft, &b, NULL);
	}
	nl_free(&b);
	free(live.ip);
	p->there = r >= 0;
	return r < 0 ? err_sys(err, r, "publish the jail's ports") : 0;
}

/* ---- ports */

static int hold(struct published *p, const struct net_publish *pub, uint8_t family, struct err *err)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = {0};
	const int on = 1;
	int fd = (int)sys(SYS_socket, family,
			  (pub->proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return err_sys(err, fd, "open a socket");
	p->held[p->n_held++] = fd;
	to.any.sa_family = family;
	if (family == AF_INET) {
		to.v4.sin_port = htons(pub->host_port);
		memcpy(&to.v4.sin_addr, pub->on.ip, 4);
	} else {
		to.v6.sin6_port = htons(pub->host_port);
		memcpy(&to.v6.sin6_addr, pub->on.ip, 16);
		sys(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	r = (int)sys(SYS_bind, fd, &to, family == AF_INET ? sizeof(to.v4) : sizeof(to.v6));
	if (r >= 0)
		return 0;
	err_sys(err, r, "publish: port %u/%s of the host", pub->host_port,
		pub->proto == IPPROTO_TCP ? "tcp" : "udp");
	if (r == -EADDRINUSE)
		return err_hint(err, "another program or jail has it: 'ss -tulpn' shows which");
	if (r == -EADDRNOTAVAIL)
		return err_hint(err, "the host has no such address");
	return r;
}

int publish_hold(struct published *p, const struct hostnet *h, const struct net_policy *policy,
		 struct err *err)
{
	int r = 0;

	p->held = mem_alloc(2 * (size_t)policy->n_publish * sizeof(*p->held));
	p->nft = nl_open(NETLINK_NETFILTER);
	if (!p->held)
		return err_oom(err);
	if (p->nft < 0)
		return err_sys(err, p->nft, "open a netlink socket for nf_tables");
	for (unsigned i = 0; r >= 0 && i < policy->n_publish; i++) {
		const struct net_publish *pub = &policy->publish[i];

		if (pub->on.family == AF_INET6 && !h->v6.family)
			return err_set(err, EAFNOSUPPORT,
				       "publish: IPv6 is switched off on this host");
		if (pub->on.family != AF_INET6)
			r = hold(p, pub, AF_INET, err);
		if (r >= 0 && pub->on.family != AF_INET && h->v6.family)
			r = hold(p, pub, AF_INET6, err);
	}
	return r;
}

void publish_end(struct published *p, const struct net_policy *policy, const struct net_addr *v4,
		 const struct net_addr *v6)
{
	struct nl b = NL_HEAP;

	if (p->there) {
		nft_batch(&b);
		put_entries(&b, NFT_MSG_DELSETELEM, policy, v4, v6);
		nft_commit(&b);
		nl_talk(p->nft, &b, NULL); /* gone, if somebody took the table away */
		nl_free(&b);
	}
	p->there = false;
	while (p->n_held)
		sys_close(p->held[--p->n_held]);
	free(take_ptr(p->held));
	if (p->nft >= 0)
		sys_close(take_fd(&p->nft));
}
