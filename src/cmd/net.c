// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer net`: the host's part of --net nat. Called by the command table. The first launch with
 * --net nat does `up` by itself.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <linux/netlink.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "net/hostnet.h"

static const char usage[] =
	"Usage: toastainer net up [--subnet CIDR] [--veth]\n"
	"       toastainer net down [--force]\n"
	"       toastainer net status [--json]\n\n"
	"up      make the host's part of --net nat, or mend it; the first jail does it by itself\n"
	"down    leave the host as it was; refused while jails use it\n"
	"status  what is there, and which jails have which addresses\n\n"
	"It is the interface toastainer0 with the gateway's address, the table toastainer_nat of\n"
	"nf_tables, and forwarding.\n\n"
	"  --subnet CIDR  the jails' IPv4 network; 10.166.0.0/16 by default\n"
	"  --veth         also a pair of interfaces, tveth0 on the host, and tveth1 for a jail "
	"with\n"
	"                 --net_iface own=tveth1,ip=ADDRESS/16,gw=10.166.0.1; status shows the "
	"address\n"
	"  --force        cut jails off\n"
	"  --json         one object\n"
	"  -h, --help     this text\n";

struct options {
	bool json, force, veth;
	struct net_addr subnet; /* family 0: not given */
};

static int failed(const struct err *err)
{
	log_err(LOG_FATAL, err);
	return EXIT_OURS;
}

static const char *text_of(const struct net_addr *a, char *buf, size_t n)
{
	return inet_ntop(a->family, a->ip, buf, (socklen_t)n) ?: "?";
}

/* ---- status */

struct shown {
	struct sbuf *b;
	const struct hostnet *h;
	const char *comma;
	int route;
};

static void json_jail(const struct hostnet_jail *j, void *arg)
{
	struct shown *s = arg;
	struct net_addr v4, v6;
	char ip[INET6_ADDRSTRLEN];

	hostnet_lease(s->h, j->lease, &v4, &v6);
	sbuf_printf(s->b, "%s{\"interface\":\"%s\",\"address\":\"%s\"", s->comma, j->name,
		    text_of(&v4, ip, sizeof(ip)));
	if (v6.family)
		sbuf_printf(s->b, ",\"address6\":\"%s\"", text_of(&v6, ip, sizeof(ip)));
	sbuf_printf(s->b,
		    ",\"in_bytes\":%llu,\"in_packets\":%llu,\"out_bytes\":%llu,\"out_packets\":"
		    "%llu}",
		    (unsigned long long)j->in_bytes, (unsigned long long)j->in_packets,
		    (unsigned long long)j->out_bytes, (unsigned long long)j->out_packets);
	s->comma = ",";
}

static void text_jail(const struct hostnet_jail *j, void *arg)
{
	struct shown *s = arg;
	struct net_addr v4, v6;
	char ip[INET6_ADDRSTRLEN];

	hostnet_lease(s->h, j->lease, &v4, &v6);
	sbuf_printf(s->b, "%-15s %-16s %14llu %14llu\n", j->name, text_of(&v4, ip, sizeof(ip)),
		    (unsigned long long)j->in_bytes, (unsigned long long)j->out_bytes);
}

/*
 * Keys are stable; later versions only add some. With "up" false there is nothing else.
 *	subnet, subnet6		the jails' networks; subnet6 null where the host has no IPv6
 *	addresses		how many jails fit
 *	forwarding, forwarding6	what the host does now
 *	blocked_by		chains of others that drop forwarded packets unless a rule of theirs says else
 *	veth			null, or the pair that waits for a jail; free: no jail has it now
 *	jails			one object each; bytes and packets as the jail sees them
 */
static void put_json(struct sbuf *b, const struct hostnet *h, const char *blocked, int route)
{
	char ip[INET6_ADDRSTRLEN];
	struct shown s = {b, h, "", route};
	struct net_addr pair;

	sbuf_printf(b, "{\"up\":true,\"interface\":\"%s\",\"subnet\":\"%s/%u\"", HOSTNET_BRIDGE,
		    text_of(&h->v4, ip, sizeof(ip)), h->v4.prefix);
	if (h->v6.family)
		sbuf_printf(b, ",\"subnet6\":\"%s/%u\"", text_of(&h->v6, ip, sizeof(ip)),
			    h->v6.prefix);
	else
		sbuf_puts(b, ",\"subnet6\":null");
	sbuf_printf(b, ",\"addresses\":%u,\"forwarding\":%s,\"forwarding6\":%s,\"blocked_by\":",
		    hostnet_leases(h), hostnet_forwarding(AF_INET) ? "true" : "false",
		    hostnet_forwarding(AF_INET6) ? "true" : "false");
	if (blocked[0])
		sbuf_json(b, blocked);
	else
		sbuf_puts(b, "null");
	pair = hostnet_pair_address(h);
	if (hostnet_pair_state(route) == PAIR_NONE)
		sbuf_puts(b, ",\"veth\":null");
	else
		sbuf_printf(b,
			    ",\"veth\":{\"host\":\"%s\",\"jail\":\"%s\",\"address\":\"%s\","
			    "\"free\":%s}",
			    HOSTNET_PAIR, HOSTNET_PAIR_JAIL, text_of(&pair, ip, sizeof(ip)),
			    hostnet_pair_state(route) == PAIR_FREE ? "true" : "false");
	sbuf_puts(b, ",\"jails\":[");
	hostnet_each(s.route, json_jail, &s);
	sbuf_puts(b, "]}\n");
}

static void put_text(struct sbuf *b, const struct hostnet *h, const char *blocked, int route)
{
	char ip[INET6_ADDRSTRLEN];
	struct shown s = {b, h, "", route};
	struct net_addr pair = hostnet_pair_address(h);

	sbuf_printf(b, "up: %s, %s/%u", HOSTNET_BRIDGE, text_of(&h->v4, ip, sizeof(ip)),
		    h->v4.prefix);
	if (h->v6.family)
		sbuf_printf(b, ", %s/%u", text_of(&h->v6, ip, sizeof(ip)), h->v6.prefix);
	sbuf_printf(b, ", %u addresses\n", hostnet_leases(h));
	if (!hostnet_forwarding(AF_INET))
		sbuf_puts(b,
			  "the host does not forward (net.ipv4.ip_forward): toastainer net up\n");
	if (blocked[0])
		sbuf_printf(b, "forwarded packets may be dropped by %s\n", blocked);
	if (hostnet_pair_state(route) != PAIR_NONE)
		sbuf_printf(b, "%s and %s: %s/%u, %s\n", HOSTNET_PAIR, HOSTNET_PAIR_JAIL,
			    text_of(&pair, ip, sizeof(ip)), h->v4.prefix,
			    hostnet_pair_state(route) == PAIR_FREE ? "free" : "in a jail");
	sbuf_printf(b, "%-15s %-16s %14s %14s\n", "INTERFACE", "ADDRESS", "BYTES IN", "BYTES OUT");
	hostnet_each(s.route, text_jail, &s);
}

static int status(int nft, const struct options *o, struct err *err)
{
	_cleanup_close_ int route = nl_open(NETLINK_ROUTE);
	_cleanup_sbuf_ struct sbuf b = {0};
	char blocked[128] = "";
	struct hostnet h;
	int r = hostnet_get(nft, &h, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r >= 0)
		hostnet_blocked_by(nft, blocked, sizeof(blocked));
	if (r < 0)
		sbuf_puts(&b, o->json ? "{\"up\":false}\n" : "down\n");
	else if (o->json)
		put_json(&b, &h, blocked, route);
	else
		put_text(&b, &h, blocked, route);
	r = b.failed ? -ENOMEM : io_write_all(STDOUT_FILENO, b.s, b.n);
	return r < 0 ? err_sys(err, r, "write to standard output") : 0;
}

/* ---- up, down */

static int up(int nft, const struct options *o, struct err *err)
{
	char blocked[128] = "";
	struct hostnet h;
	int r = hostnet_up(nft, o->subnet.family ? &o->subnet : NULL, &h, err);

	if (r >= 0 && o->veth)
		r = hostnet_pair_up(&h, err);
	if (r < 0)
		return r;
	hostnet_blocked_by(nft, blocked, sizeof(blocked));
	if (blocked[0])
		log_warn("forwarded packets may be dropped by %s: let those of the interfaces %s* "
			 "pass there",
			 blocked, HOSTNET_PREFIX);
	return 0;
}

static int down(int nft, const struct options *o, struct err *err)
{
	bool unknown = false;
	int r = hostnet_down(nft, o->force, &unknown, err);

	if (r >= 0 && unknown)
		log_warn("another version of toastainer made it: forwarding was left as it is "
			 "(net.ipv4.ip_forward, net.ipv6.conf.all.forwarding)");
	return r;
}

static int take_options(int argc, char **argv, struct options *o, struct err *err)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},	  {"force", no_argument, NULL, 'f'},
		{"subnet", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
		{"veth", no_argument, NULL, 'v'},	  {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == '?')
			return -EINVAL; /* getopt has said it */
		if (c == 'h')
			return 1;
		o->json |= c == 'j';
		o->force |= c == 'f';
		o->veth |= c == 'v';
		if (c == 's' && hostnet_subnet(optarg, &o->subnet, err) < 0)
			return err_wrap(err, "--subnet");
	}
	if (argv[optind])
		return err_set(err, EINVAL, "'%s' is too much", argv[optind]);
	return 0;
}

int cmd_net(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int nft, const struct options *o, struct err *err);
	} actions[] = {{"up", up}, {"down", down}, {"status", status}};
	_cleanup_close_ int nft = FD_NONE;
	struct options o = {.json = false};
	struct err err = ERR_INIT;
	const char *word = argc > 1 ? argv[1] : "--help", *wrong;
	int r;

	if (str_eq(word, "--help") || str_eq(word, "-h")) {
		fputs(usage, stdout);
		return argc > 1 ? 0 : EXIT_OURS;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!str_eq(word, actions[i].name))
			continue;
		r = take_options(argc - 1, argv + 1, &o, &err);
		if (r == 1)
			fputs(usage, stdout);
		if (r)
			return r == 1 ? 0 : err.code ? failed(&err) : EXIT_OURS;
		wrong = o.json && actions[i].run != status	  ? "json"
			: o.force && actions[i].run != down	  ? "force"
			: o.subnet.family && actions[i].run != up ? "subnet"
			: o.veth && actions[i].run != up	  ? "veth"
								  : NULL;
		if (wrong) {
			err_set(&err, EINVAL, "net %s has no --%s", word, wrong);
			return failed(&err);
		}
		nft = nl_open(NETLINK_NETFILTER);
		if (nft < 0)
			r = err_sys(&err, nft, "open a netlink socket for nf_tables");
		else
			r = actions[i].run(nft, &o, &err);
		return r < 0 ? failed(&err) : 0;
	}
	err_set(&err, EINVAL, "'%s' is none of: up, down, status", word);
	return failed(&err);
}
