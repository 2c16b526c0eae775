// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whom a routed network reaches: parsing of the settings, the blocked ranges, the reference decision.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "net/policy.h"

struct made {
	struct config cfg;
	struct planned planned;
	const struct net_policy *policy;
	struct err err;
};

/* Settings as "name=value" words; "nat" alone is --net nat. */
static int make(struct made *m, const char *settings)
{
	char copy[1000], *rest = copy, *word;
	struct planner p = {.cfg = &m->cfg, .out = &m->planned, .plan = &m->planned.plan};

	*m = (struct made){.planned = PLANNED_INIT, .err = ERR_INIT};
	config_init(&m->cfg, FACE_RUN);
	snprintf(copy, sizeof(copy), "%s", settings);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		else
			value = str_eq(word, "nat") ? word : NULL;
		assert_int_equal(config_set(&m->cfg, value == word ? "net" : word, value, &m->err),
				 0);
	}
	return plan_netpolicy(&p, &m->policy, &m->err);
}

static void drop(struct made *m)
{
	planned_free(&m->planned);
	config_free(&m->cfg);
}

static struct net_addr addr(const char *s)
{
	struct net_addr a = {.family = strchr(s, ':') ? AF_INET6 : AF_INET};

	assert_int_equal(inet_pton(a.family, s, a.ip), 1);
	a.prefix = a.family == AF_INET ? 32 : 128;
	return a;
}

static enum net_verdict decide(const struct net_policy *p, const char *to, uint8_t proto,
			       uint16_t port)
{
	const struct net_addr host[] = {addr("51.5.5.5"), addr("2a00::5")}, a = addr(to);

	return net_policy_decide(p, host, 2, &a, proto, port);
}

static void errors(void **state)
{
	static const struct {
		const char *settings, *message;
	} cases[] = {
		{"net_allow=10.0.0.0/8", "net_allow needs a network that toastainer routes"},
		{"dns=1.1.1.1", "dns needs a network"},
		{"net_private", "net_private needs a network"},
		{"nat net_allow=", "net_allow: '' is not CIDR"},
		{"nat net_allow=10.0.0.0/33", "net_allow: '10.0.0.0/33' is not CIDR"},
		{"nat net_allow=10.0.0.256", "is not CIDR"},
		{"nat net_allow=example.org:80", "is not CIDR"},
		{"nat net_deny=fd00::/129", "net_deny: 'fd00::/129' is not CIDR"},
		{"nat net_deny=[fd00::/8", "is not CIDR"},
		{"nat net_deny=[fd00::/8]80", "is not CIDR"},
		{"nat net_deny=[10.0.0.0/8]:80", "is not CIDR"},
		{"nat net_deny=10.0.0.1:0", "'0' is not a port or a range"},
		{"nat net_deny=10.0.0.1:", "'' is not a port or a range"},
		{"nat net_deny=10.0.0.1:70000", "'70000' is not a port"},
		{"nat net_deny=10.0.0.1:+80", "'+80' is not a port"},
		{"nat net_deny=10.0.0.1:90-80", "'90-80' is not a port or a range"},
		{"nat net_deny=10.0.0.1:80-", "'80-' is not a port or a range"},
		{"nat net_deny=10.0.0.1/sctp", "'sctp' is not a protocol"},
		{"nat net_deny=10.0.0.1:80/icmp", "icmp has no ports"},
		{"nat net_deny=10.0.0.1/", "'' is not a protocol"},
		{"nat net_deny=::ffff:10.0.0.1", "is an IPv4 address: write it as one"},
		{"nat net_deny=10.0.0.0/8 net_allow=10.1.0.0/16:80", "is denied by a net_deny"},
		{"nat net_deny=0.0.0.0/0 net_allow=8.8.8.8", "is denied by a net_deny"},
		{"nat publish=80", "publish: '80' is not [IP:]HOST:JAIL[/udp]"},
		{"nat publish=80:0", "is not [IP:]HOST:JAIL"},
		{"nat publish=0:80", "is not [IP:]HOST:JAIL"},
		{"nat publish=:80", "is not [IP:]HOST:JAIL"},
		{"nat publish=80:80:80", "is not [IP:]HOST:JAIL"},
		{"nat publish=::1:80:80", "is not [IP:]HOST:JAIL"},
		{"nat publish=10.0.0.0/8:80:80", "'8:80:80' is neither tcp nor udp"},
		{"nat publish=80:80/icmp", "'icmp' is neither tcp nor udp"},
		{"nat publish=80:81 publish=127.0.0.1:80:82", "are of the same port of the host"},
		{"nat dns=none dns=1.1.1.1", "dns: none, or resolvers"},
		{"nat dns=1.1.1.1 dns=none", "dns: 'none' is neither"},
		{"nat dns=1.1.1.1/8", "dns: '1.1.1.1/8' is neither"},
		{"nat dns=fe80::1%eth0", "dns: 'fe80::1%eth0' is neither"},
		{"nat net_rate_out=fast", "net_rate_out: 'fast' is not a number of bytes"},
		{"nat net_rate_in=0", "net_rate_in: '0' is not"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made m;

		if (make(&m, cases[i].settings) >= 0 || !strstr(m.err.msg, cases[i].message))
			fail_msg("%s: '%s'", cases[i].settings, m.err.msg);
		assert_null(m.policy);
		drop(&m);
	}
}

static void matches(void **state)
{
	struct made m;
	const struct net_match *d;

	(void)state;
	assert_int_equal(make(&m, "nat net_deny=8.8.8.77/24:53-54 net_deny=[2a00:1::/32]:443/tcp "
				  "net_deny=2a00:2::1/udp net_deny=9.9.9.9/icmp"),
			 0);
	d = m.policy->deny;
	/* both protocols, each also through NAT64 */
	assert_int_equal(m.policy->n_deny, 4 + 1 + 1 + 2);
	assert_int_equal(d[0].proto, IPPROTO_TCP);
	assert_int_equal(d[2].proto, IPPROTO_UDP);
	assert_int_equal(d[0].to.prefix, 24);
	assert_int_equal(d[0].to.ip[3], 0); /* bits beyond the prefix are dropped */
	assert_true(d[0].port.given && d[0].port.first == 53 && d[0].port.last == 54);
	assert_int_equal(d[1].to.family, AF_INET6);
	assert_int_equal(d[1].to.prefix, 96 + 24);
	assert_int_equal(d[4].to.prefix, 32);
	assert_true(d[4].port.first == 443 && d[4].port.last == 443 && d[4].proto == IPPROTO_TCP);
	assert_true(d[5].to.prefix == 128 && !d[5].port.given && d[5].proto == IPPROTO_UDP);
	assert_int_equal(d[6].proto, IPPROTO_ICMP);
	assert_int_equal(d[7].proto, IPPROTO_ICMPV6);
	drop(&m);
}

static void others(void **state)
{
	struct made m;
	const struct net_publish *p;

	(void)state;
	assert_int_equal(make(&m, "net=none"), 0);
	assert_null(m.policy);
	drop(&m);
	assert_int_equal(
		make(&m,
		     "nat publish=8080:80 publish=127.0.0.1:53:5353/udp publish=[::1]:1:2/tcp "
		     "dns=10.0.0.53 dns=2606:4700:4700::1111 net_rate_out=1.5M net_rate_in=64k"),
		0);
	p = m.policy->publish;
	assert_int_equal(m.policy->n_publish, 3);
	assert_true(!p[0].on.family && p[0].host_port == 8080 && p[0].jail_port == 80);
	assert_true(p[1].on.family == AF_INET && p[1].proto == IPPROTO_UDP &&
		    p[1].jail_port == 5353);
	assert_true(p[2].on.family == AF_INET6 && p[2].on.ip[15] == 1 && p[2].proto == IPPROTO_TCP);
	assert_int_equal(m.policy->n_dns, 2);
	assert_int_equal(m.policy->rate_out, 1536 * 1024);
	assert_int_equal(m.policy->rate_in, 65536);
	assert_true(m.policy->block_private && !m.policy->no_dns);
	drop(&m);
	assert_int_equal(make(&m, "nat dns=none net_private"), 0);
	assert_true(m.policy->no_dns && !m.policy->block_private);
	drop(&m);
}

static void blocked(void **state)
{
	static const char *const inside[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.9.9.9",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.170",
		"192.0.2.1",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.255",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::10.0.0.1",
		"::8.8.8.8",
		"::ffff:127.0.0.1",
		"::ffff:8.8.8.8",
		"::ffff:0:10.0.0.1",
		"64:ff9b::10.0.0.1",
		"64:ff9b::127.0.0.1",
		"64:ff9b::169.254.169.254",
		"64:ff9b::192.168.1.1",
		"64:ff9b:1::1",
		"100::1",
		"200::1",
		"2001::1",
		"2001:0:5ef5:79fd::1",
		"2001:db8::1",
		"2002:a00:1::1",
		"2002:7f00:1::",
		"2002:c0a8:101::1",
		"3fff::1",
		"4000::1",
		"5f00::1",
		"fc00::1",
		"fd00:ec2::254",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
		"ff0e::1",
		"1000::1",
		"800::",
		"400::",
		"80::",
	};
	static const char *const outside[] = {
		"1.0.0.1",	    "8.8.8.8",
		"9.255.255.255",    "11.0.0.0",
		"100.63.255.255",   "100.128.0.0",
		"126.255.255.255",  "128.0.0.0",
		"169.253.255.255",  "169.255.0.0",
		"172.15.255.255",   "172.32.0.0",
		"192.0.1.0",	    "192.167.255.255",
		"192.169.0.0",	    "198.17.255.255",
		"198.20.0.0",	    "223.255.255.255",
		"2001:200::1",	    "2001:4860:4860::8888",
		"2606:4700::1",	    "2a00::1",
		"3ffe::1",	    "2003::1",
		"64:ff9b::8.8.8.8", "64:ff9b::172.32.0.0",
		"2000::1",
	};
	struct made m, open;
	const struct net_addr *r;
	unsigned n;

	(void)state;
	assert_int_equal(make(&m, "nat"), 0);
	assert_int_equal(make(&open, "nat net_private"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		if (decide(m.policy, inside[i], IPPROTO_TCP, 80) != NET_BLOCKED_RANGE)
			fail_msg("%s is not blocked", inside[i]);
		assert_int_equal(decide(open.policy, inside[i], IPPROTO_TCP, 80), NET_MAY);
	}
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		if (decide(m.policy, outside[i], IPPROTO_TCP, 80) != NET_MAY)
			fail_msg("%s is blocked", outside[i]);
	assert_int_equal(decide(m.policy, "51.5.5.5", IPPROTO_UDP, 1), NET_BLOCKED_HOST);
	assert_int_equal(decide(m.policy, "2a00::5", IPPROTO_ICMPV6, 0), NET_BLOCKED_HOST);
	assert_int_equal(decide(open.policy, "51.5.5.5", IPPROTO_UDP, 1), NET_MAY);
	/* none overlaps another, none has bits beyond its prefix */
	r = net_blocked_ranges(&n);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned bit = r[i].prefix; bit < 128; bit++)
			assert_false(r[i].ip[bit / 8] >> (7 - bit % 8) & 1);
		for (unsigned k = 0; k < n; k++)
			if (i != k && net_contains(&r[i], &r[k]))
				fail_msg("ranges %u and %u overlap", i, k);
	}
	drop(&m);
	drop(&open);
}

static void decisions(void **state)
{
	static const struct {
		const char *settings, *to;
		uint8_t proto;
		uint16_t port;
		enum net_verdict verdict;
	} cases[] = {
		{"nat net_allow=10.0.0.5:5432/tcp", "10.0.0.5", IPPROTO_TCP, 5432, NET_MAY},
		{"nat net_allow=10.0.0.5:5432/tcp", "10.0.0.5", IPPROTO_UDP, 5432,
		 NET_BLOCKED_RANGE},
		{"nat net_allow=10.0.0.5:5432/tcp", "10.0.0.5", IPPROTO_TCP, 5433,
		 NET_BLOCKED_RANGE},
		{"nat net_allow=10.0.0.5:5432/tcp", "10.0.0.6", IPPROTO_TCP, 5432,
		 NET_BLOCKED_RANGE},
		{"nat net_allow=10.0.0.5:5432/tcp", "64:ff9b::10.0.0.5", IPPROTO_TCP, 5432,
		 NET_BLOCKED_RANGE},
		{"nat net_allow=10.0.0.5:5432/tcp", "8.8.8.8", IPPROTO_TCP, 1, NET_MAY},
		{"nat net_allow=10.0.0.0/8 net_deny=10.1.0.0/16", "10.1.2.3", IPPROTO_TCP, 1,
		 NET_DENIED},
		{"nat net_allow=10.0.0.0/8 net_deny=10.1.0.0/16", "10.2.2.3", IPPROTO_TCP, 1,
		 NET_MAY},
		/* a wide one does not open what is blocked */
		{"nat net_allow=0.0.0.0/0", "169.254.169.254", IPPROTO_TCP, 80, NET_BLOCKED_RANGE},
		{"nat net_allow=169.254.169.254:80", "169.254.169.254", IPPROTO_TCP, 80, NET_MAY},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "8.8.8.8", IPPROTO_TCP, 443, NET_MAY},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "8.8.8.8", IPPROTO_UDP, 443, NET_MAY},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "64:ff9b::8.8.8.8", IPPROTO_TCP, 443,
		 NET_MAY},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "8.8.8.8", IPPROTO_TCP, 80,
		 NET_NOT_ALLOWED},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "10.0.0.1", IPPROTO_TCP, 443,
		 NET_BLOCKED_RANGE},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "51.5.5.5", IPPROTO_TCP, 443,
		 NET_BLOCKED_HOST},
		{"nat net_deny=all net_allow=0.0.0.0/0:443", "2a00::1", IPPROTO_TCP, 443,
		 NET_NOT_ALLOWED},
		{"nat net_deny=all net_allow=51.5.5.5:443", "51.5.5.5", IPPROTO_TCP, 443, NET_MAY},
		{"nat net_deny=all", "8.8.8.8", IPPROTO_ICMP, 0, NET_NOT_ALLOWED},
		{"nat net_deny=8.8.8.8", "64:ff9b::8.8.8.8", IPPROTO_TCP, 1, NET_DENIED},
		{"nat net_deny=8.8.8.8", "8.8.8.9", IPPROTO_TCP, 1, NET_MAY},
		{"nat net_deny=8.0.0.0/7", "9.9.9.9", IPPROTO_TCP, 1, NET_DENIED},
		{"nat net_deny=8.0.0.0/7", "10.9.9.9", IPPROTO_TCP, 1, NET_BLOCKED_RANGE},
		{"nat net_deny=0.0.0.0/0:25", "8.8.8.8", IPPROTO_TCP, 25, NET_DENIED},
		{"nat net_deny=0.0.0.0/0:25", "8.8.8.8", IPPROTO_TCP, 26, NET_MAY},
		/* a port that a packet does not have does not match */
		{"nat net_deny=0.0.0.0/0:1-65535", "8.8.8.8", IPPROTO_ICMP, 0, NET_MAY},
		{"nat net_deny=2a00::/16/icmp", "2a00::9", IPPROTO_ICMPV6, 0, NET_DENIED},
		{"nat net_deny=2a00::/16/icmp", "2a00::9", IPPROTO_TCP, 80, NET_MAY},
		{"nat net_private net_deny=fe80::/10", "fe80::1", IPPROTO_UDP, 80, NET_DENIED},
		{"nat net_private net_deny=all net_allow=10.0.0.0/8", "192.168.0.1", IPPROTO_TCP, 1,
		 NET_NOT_ALLOWED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made m;
		enum net_verdict v;

		if (make(&m, cases[i].settings) < 0)
			fail_msg("%s: %s", cases[i].settings, m.err.msg);
		v = decide(m.policy, cases[i].to, cases[i].proto, cases[i].port);
		if (v != cases[i].verdict)
			fail_msg("%s: %s %u %u: %d", cases[i].settings, cases[i].to, cases[i].proto,
				 cases[i].port, v);
		drop(&m);
	}
}

static void what_opens_nothing_is_said(void **state)
{
	struct made m;

	(void)state;
	assert_int_equal(make(&m, "nat net_allow=0.0.0.0/0:443"), 0);
	assert_int_equal(m.planned.n_warnings, 1);
	assert_non_null(strstr(m.planned.warnings[0], "'0.0.0.0/0:443' opens nothing"));
	drop(&m);
	assert_int_equal(make(&m, "nat net_deny=all net_allow=0.0.0.0/0:443"), 0);
	assert_int_equal(m.planned.n_warnings, 0);
	drop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors),    cmocka_unit_test(matches),
		cmocka_unit_test(others),    cmocka_unit_test(blocked),
		cmocka_unit_test(decisions), cmocka_unit_test(what_opens_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
