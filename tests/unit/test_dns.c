// SPDX-License-Identifier: BSD-3-Clause
/*
 * The name forwarder, in a network namespace of the test's own that plays both sides: the jail asks at
 * DNS_ADDRESS, resolvers are sockets of the test at 127.0.0.2 and .3. Needs a user namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/dns_impl.h"

static const uint8_t question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				  "\x07"
				  "example\x03org\x00\x00\x01\x00"; /* the last byte is the 01 */
enum { QUESTION = sizeof(question) };

static struct net_addr resolver_addr[] = {{AF_INET, 32, {127, 0, 0, 2}},
					  {AF_INET, 32, {127, 0, 0, 3}}};
static struct net_policy policy = {.dns = resolver_addr, .n_dns = 1};

static struct sockaddr_in at(const char *ip)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)};

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static int bound(const char *ip, int type)
{
	const struct timeval wait = {5, 0};
	struct sockaddr_in a = at(ip);
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 32), 0);
	return fd;
}

static int client(int type)
{
	const struct timeval wait = {5, 0};
	struct sockaddr_in a = at(DNS_ADDRESS);
	int fd = socket(AF_INET, type, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static struct dns *forwarder(unsigned n_dns)
{
	struct err err = ERR_INIT;
	struct dns *d = NULL;

	policy.n_dns = n_dns;
	if (dns_open(&policy, &d, &err) < 0)
		fail_msg("%s", err.msg);
	return d;
}

/* Steps for as long as there is something to do at once. */
static void settle(struct dns *d)
{
	struct pollfd fd = {dns_fd(d), POLLIN, 0};

	for (int i = 0; i < 5000 && poll(&fd, 1, 20) > 0; i++)
		dns_step(d);
}

/* Steps until @fd has something to read, or to accept. */
static int await(struct dns *d, int fd)
{
	struct pollfd fds[2] = {{fd, POLLIN, 0}, {dns_fd(d), POLLIN, 0}};

	for (int i = 0; i < 5000 && !fds[0].revents; i++) {
		assert_true(poll(fds, 2, 5000) > 0);
		if (fds[1].revents)
			dns_step(d);
	}
	return fd;
}

/* The time of all that waits is up. */
static void expire(struct dns *d)
{
	struct pollfd fd = {dns_fd(d), POLLIN, 0};

	for (size_t i = 0; i < DNS_QUESTIONS; i++)
		d->questions[i].deadline_ms = 0;
	for (size_t i = 0; i < DNS_CONNECTIONS; i++)
		d->connections[i].deadline_ms = 0;
	poll(&fd, 1, 1000);
	dns_step(d);
}

static void finish(struct dns *d)
{
	for (size_t i = 0; i < DNS_QUESTIONS; i++)
		assert_false(d->questions[i].used);
	for (size_t i = 0; i < DNS_CONNECTIONS; i++)
		assert_false(d->connections[i].used);
	assert_int_equal(d->n_questions, 0);
	assert_int_equal(d->n_connections, 0);
	assert_false(d->ticking); /* nothing wakes an idle supervisor */
	dns_close(d);
}

static void udp_is_forwarded(void **state UNUSED)
{
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_DGRAM), c = client(SOCK_DGRAM);
	uint16_t ids[8], ports[8];
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	uint8_t buf[70000];
	bool other_id = false, other_port = false;

	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(send(c, question, QUESTION, 0), QUESTION);
		settle(d);
		assert_int_equal(recvfrom(await(d, server), buf, sizeof(buf), 0,
					  (struct sockaddr *)&from, &n),
				 QUESTION);
		assert_memory_equal(buf + 2, question + 2, QUESTION - 2);
		ids[i] = dns_message_id(buf);
		ports[i] = from.sin_port;
		other_id |= ids[i] != 0x1234;
		other_port |= i && ports[i] != ports[0];
		/* answers that are none do not count: another id, not an answer, too short */
		buf[0] ^= 1;
		buf[2] |= 0x80;
		sendto(server, buf, QUESTION, 0, (struct sockaddr *)&from, n);
		buf[0] ^= 1;
		sendto(server, buf, 11, 0, (struct sockaddr *)&from, n);
		buf[2] &= 0x7f;
		sendto(server, buf, QUESTION, 0, (struct sockaddr *)&from, n);
		settle(d);
		assert_int_equal(recv(c, buf + 100, 100, MSG_DONTWAIT), -1);
		buf[2] |= 0x80;
		memset(buf + QUESTION, 'x', 3000);
		sendto(server, buf, QUESTION + 3000, 0, (struct sockaddr *)&from, n);
		settle(d);
		assert_int_equal(recv(await(d, c), buf, sizeof(buf), 0), QUESTION + 3000);
		assert_int_equal(dns_message_id(buf), 0x1234);
		assert_int_equal(buf[QUESTION + 2999], 'x');
	}
	assert_true(other_id);
	assert_true(other_port);
	assert_int_equal(dns_counters(d)->asked, 8);
	assert_int_equal(dns_counters(d)->answered, 8);
	close(server);
	close(c);
	finish(d);
}

static void forged_answers_do_not_arrive(void **state UNUSED)
{
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_DGRAM), forger = bound("127.0.0.9", SOCK_DGRAM);
	int c = client(SOCK_DGRAM);
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	uint8_t buf[600];

	send(c, question, QUESTION, 0);
	settle(d);
	assert_int_equal(
		recvfrom(await(d, server), buf, sizeof(buf), 0, (struct sockaddr *)&from, &n),
		QUESTION);
	buf[2] |= 0x80;
	/* right port, right id, wrong sender */
	sendto(forger, buf, QUESTION, 0, (struct sockaddr *)&from, n);
	settle(d);
	assert_int_equal(recv(c, buf + 100, 100, MSG_DONTWAIT), -1);
	sendto(server, buf, QUESTION, 0, (struct sockaddr *)&from, n);
	settle(d);
	assert_int_equal(recv(await(d, c), buf, sizeof(buf), 0), QUESTION);
	close(server);
	close(forger);
	close(c);
	finish(d);
}

static void the_next_resolver_is_asked(void **state UNUSED)
{
	struct dns *d = forwarder(2);
	int second = bound("127.0.0.3", SOCK_DGRAM), c = client(SOCK_DGRAM), first;
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	uint8_t buf[600];

	for (int i = 0; i < 2; i++) { /* nobody at 127.0.0.2 */
		send(c, question, QUESTION, 0);
		settle(d);
		assert_int_equal(recvfrom(await(d, second), buf, sizeof(buf), 0,
					  (struct sockaddr *)&from, &n),
				 QUESTION);
		buf[2] |= 0x80;
		sendto(second, buf, QUESTION, 0, (struct sockaddr *)&from, n);
		settle(d);
		assert_int_equal(recv(await(d, c), buf, sizeof(buf), 0), QUESTION);
		assert_int_equal(d->resolvers.first, 1); /* who answers is asked first */
	}
	d->resolvers.first_ms -= 31000; /* but not for ever */
	first = bound("127.0.0.2", SOCK_DGRAM);
	send(c, question, QUESTION, 0);
	settle(d);
	assert_int_equal(recv(await(d, first), buf, sizeof(buf), 0), QUESTION);
	/* it does not answer: after a while the other is asked */
	expire(d);
	settle(d);
	assert_int_equal(recv(await(d, second), buf, sizeof(buf), 0), QUESTION);
	expire(d);
	settle(d);
	/* neither did: a failure, said */
	assert_int_equal(recv(await(d, c), buf, sizeof(buf), 0), QUESTION);
	assert_int_equal(dns_message_id(buf), 0x1234);
	assert_int_equal(buf[2] & 0x80, 0x80);
	assert_int_equal(buf[3] & 0x0f, DNS_SERVFAIL);
	assert_int_equal(dns_counters(d)->failed, 1);
	close(first);
	close(second);
	close(c);
	finish(d);
}

static void only_questions_pass(void **state UNUSED)
{
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_DGRAM), c = client(SOCK_DGRAM);
	uint8_t packet[DNS_QUESTION_MAX + 1] = {0}, buf[600];

	memcpy(packet, question, QUESTION);
	for (unsigned opcode = 1; opcode < 16; opcode++) { /* 5: an update in the host's name */
		packet[2] = (uint8_t)(opcode << 3);
		send(c, packet, QUESTION, 0);
		settle(d);
		assert_int_equal(recv(await(d, c), buf, sizeof(buf), 0), QUESTION);
		assert_int_equal(buf[3] & 0x0f, DNS_NOTIMP);
	}
	packet[2] = 0x80; /* an answer */
	send(c, packet, QUESTION, 0);
	packet[2] = 1;
	send(c, packet, 0, 0);
	send(c, packet, 11, 0);
	send(c, packet, 12, 0);
	send(c, packet, sizeof(packet), 0);
	settle(d);
	assert_int_equal(recv(c, buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(recv(server, buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(dns_counters(d)->refused, 20);
	assert_int_equal(dns_counters(d)->asked, 0);
	/* and the longest does */
	packet[2] = 1;
	send(c, packet, DNS_QUESTION_MAX, 0);
	settle(d);
	assert_int_equal(recv(server, buf, sizeof(buf), MSG_TRUNC), DNS_QUESTION_MAX);
	expire(d);
	settle(d);
	close(server);
	close(c);
	finish(d);
}

/* A flood costs a bounded number of descriptors and questions; afterwards it works as before. */
static void a_flood_is_bounded(void **state UNUSED)
{
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_DGRAM), c = client(SOCK_DGRAM);
	unsigned seen = 0;
	uint8_t buf[600];

	for (unsigned i = 0; i < 3000; i++) {
		send(c, question, QUESTION, MSG_DONTWAIT);
		if (i % 50 == 0)
			dns_step(d);
	}
	for (unsigned i = 0; i < 20; i++)
		dns_step(d);
	assert_int_equal(d->n_questions, DNS_QUESTIONS);
	assert_false(d->udp_on); /* what more comes does not even wake us */
	while (recv(server, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		seen++;
	assert_int_equal(seen, DNS_QUESTIONS);
	close(c);
	close(server);
	for (unsigned i = 0; i < 100 && (d->n_questions || d->ticking); i++)
		expire(d); /* what waited in the kernel */
	assert_true(d->udp_on);
	finish(d);
}

static void rate(void **state UNUSED)
{
	struct dns *d = forwarder(1);
	int c = client(SOCK_DGRAM);
	struct pollfd fd = {dns_fd(d), POLLIN, 0};
	bool paused = false;
	uint64_t until;

	/* nobody answers, at once: only the rate is in the way */
	dns_step(d);
	until = d->now_ms + 300;
	while (d->now_ms < until) {
		for (unsigned i = 0; i < 50; i++)
			send(c, question, QUESTION, MSG_DONTWAIT);
		poll(&fd, 1, 10);
		dns_step(d);
		if (!d->tokens) { /* only the clock wakes us then */
			assert_false(d->udp_on);
			assert_true(d->ticking);
			paused = true;
		}
	}
	assert_true(paused);
	assert_true(dns_counters(d)->asked <=
		    DNS_BURST + DNS_RATE * (d->now_ms - until + 400) / 1000);
	assert_true(dns_counters(d)->asked >= DNS_BURST);
	close(c);
	while (d->n_questions || d->ticking || d->tokens < 10) {
		poll(&fd, 1, 200);
		dns_step(d);
	}
	finish(d);
}

/* ---- TCP */

static size_t framed(uint8_t *to, const uint8_t *p, size_t n)
{
	to[0] = (uint8_t)(n >> 8);
	to[1] = (uint8_t)n;
	memcpy(to + 2, p, n);
	return n + 2;
}

static void read_all(struct dns *d, int fd, uint8_t *p, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r;

		r = recv(await(d, fd), p + got, n - got, 0);
		assert_true(r > 0);
		got += (size_t)r;
	}
}

static void tcp_is_forwarded(void **state UNUSED)
{
	static uint8_t big[70000];
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_STREAM), c = client(SOCK_STREAM);
	uint8_t buf[600];
	size_t n = framed(buf, question, QUESTION);

	for (unsigned i = 0; i < 3; i++) { /* on one connection */
		size_t len = i == 0 ? QUESTION : i == 1 ? 65535 : 20000;
		int s;

		n = framed(buf, question, QUESTION);
		/* in two pieces */
		assert_int_equal(send(c, buf, 1 + i * 8, 0), 1 + i * 8);
		settle(d);
		send(c, buf + 1 + i * 8, n - 1 - i * 8, 0);
		settle(d);
		s = accept(await(d, server), NULL, NULL);
		if (s < 0)
			fail_msg("round %u, state %d, %u connections", i, d->connections[0].state,
				 d->n_connections);
		read_all(d, s, big, n);
		assert_memory_equal(big + 4, question + 2, QUESTION - 2);
		big[0] = (uint8_t)(len >> 8);
		big[1] = (uint8_t)len;
		big[4] |= 0x80;
		big[2 + len - 1] = 'z';
		for (size_t done = 0; done < len + 2;) {
			ssize_t r = send(s, big + done, len + 2 - done, MSG_DONTWAIT);

			settle(d);
			done += r > 0 ? (size_t)r : 0;
		}
		read_all(d, c, big, len + 2);
		assert_int_equal((size_t)(big[0] << 8 | big[1]), len);
		assert_int_equal(dns_message_id(big + 2), 0x1234);
		if (len > QUESTION)
			assert_int_equal(big[2 + len - 1], 'z');
		close(s);
	}
	assert_int_equal(dns_counters(d)->answered, 3);
	close(c);
	settle(d);
	close(server);
	finish(d);
}

static void tcp_failures(void **state UNUSED)
{
	struct dns *d = forwarder(2);
	int server, c = client(SOCK_STREAM), s;
	uint8_t buf[600], answer[600];
	size_t n = framed(buf, question, QUESTION);

	/* nobody there: a failure, said; and the connection goes on */
	send(c, buf, n, 0);
	read_all(d, c, answer, n);
	assert_int_equal(answer[5] & 0x0f, DNS_SERVFAIL);
	assert_int_equal(dns_message_id(answer + 2), 0x1234);
	/* one that hangs up, one that answers another question, then a failure */
	server = bound("127.0.0.2", SOCK_STREAM);
	send(c, buf, n, 0);
	settle(d);
	s = accept(await(d, server), NULL, NULL);
	close(s);
	settle(d);
	read_all(d, c, answer, n);
	assert_int_equal(answer[5] & 0x0f, DNS_SERVFAIL);
	send(c, buf, n, 0);
	settle(d);
	s = accept(await(d, server), NULL, NULL);
	buf[4] |= 0x80;
	buf[3] ^= 0xff;
	send(s, buf, n, 0); /* the id is ours with a chance of 1 : 65536 */
	read_all(d, c, answer, n);
	assert_int_equal(answer[5] & 0x0f, DNS_SERVFAIL);
	close(s);
	/* an update is refused */
	n = framed(buf, question, QUESTION);
	buf[4] = 5 << 3;
	send(c, buf, n, 0);
	read_all(d, c, answer, n);
	assert_int_equal(answer[5] & 0x0f, DNS_NOTIMP);
	close(c);
	close(server);
	settle(d);
	finish(d);
}

static bool closed(struct dns *d, int fd)
{
	uint8_t c;

	settle(d);
	return recv(fd, &c, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN;
}

static void tcp_abuse_ends_the_connection(void **state UNUSED)
{
	static const uint8_t bad[][16] = {
		{0, 0},
		{0, 11},
		{0x10, 1},
		{0xff, 0xff},
		{0, 12, 1, 2, 0x80},	  /* an answer */
		{0, 12, 1, 2, 0, 0, 0, 1} /* no question in it */
	};
	struct dns *d = forwarder(1);
	int c[DNS_CONNECTIONS + 4];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		c[0] = client(SOCK_STREAM);
		send(c[0], bad[i], 14, MSG_NOSIGNAL);
		if (!closed(d, c[0]))
			fail_msg("bad question %zu", i);
		close(c[0]);
	}
	/* byte by byte */
	c[0] = client(SOCK_STREAM);
	send(c[0], "\x10", 1, 0);
	for (unsigned i = 0; i < 300; i++) {
		send(c[0], "", 1, MSG_NOSIGNAL);
		poll(&(struct pollfd){dns_fd(d), POLLIN, 0}, 1, 1000);
		dns_step(d);
		if (!d->n_connections)
			break;
	}
	assert_true(closed(d, c[0]));
	close(c[0]);
	/* many that say nothing: the others wait outside, and get in when time is up */
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = client(SOCK_STREAM);
		dns_step(d);
	}
	settle(d);
	assert_int_equal(d->n_connections, DNS_CONNECTIONS);
	assert_false(d->tcp_on);
	expire(d);
	settle(d);
	assert_int_equal(d->n_connections, 4);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		close(c[i]);
	settle(d);
	finish(d);
}

/* One that asks for a big answer and does not read it holds one connection, and not for ever. */
static void tcp_slow_reader(void **state UNUSED)
{
	static uint8_t big[65537] = {0xff, 0xff};
	struct dns *d = forwarder(1);
	int server = bound("127.0.0.2", SOCK_STREAM), c = socket(AF_INET, SOCK_STREAM, 0), s,
	    small = 1000;
	struct sockaddr_in a = at(DNS_ADDRESS);
	uint8_t buf[600];
	size_t n = framed(buf, question, QUESTION);

	setsockopt(c, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(connect(c, (struct sockaddr *)&a, sizeof(a)), 0);
	for (unsigned i = 0; i < 200; i++) {
		send(c, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		settle(d);
		if (!d->n_connections || d->connections[0].state == DNS_ANSWER)
			break;
		s = accept(await(d, server), NULL, NULL);
		read_all(d, s, big + 2, n);
		memmove(big + 2, big + 4, 4);
		big[4] |= 0x80;
		for (size_t done = 0; done < sizeof(big);) {
			ssize_t r = send(s, big + done, sizeof(big) - done, MSG_DONTWAIT);

			settle(d);
			done += r > 0 ? (size_t)r : 0;
		}
		settle(d);
		close(s);
		if (d->connections[0].state == DNS_ANSWER)
			break;
	}
	assert_int_equal(d->connections[0].state, DNS_ANSWER);
	expire(d);
	assert_int_equal(d->n_connections, 0);
	close(c);
	close(server);
	settle(d);
	finish(d);
}

/* ---- */

static void resolv_conf(void **state UNUSED)
{
	static const struct {
		const char *text, *first;
		unsigned n;
	} cases[] = {
		{"", "127.0.0.1", 1},
		{"nameserver 10.0.0.1", "10.0.0.1", 1},
		{"# x\nsearch nameserver 1.2.3.4\n nameserver 1.1.1.1\nnameserver\t9.9.9.9 # x\r\n",
		 "9.9.9.9", 1},
		{"nameserver\nnameserver \nnameserver300 1.1.1.1\nnameserver 1.1.1\n", "127.0.0.1",
		 1},
		{"nameserver fe80::1%lo\nnameserver 2001:db8::1\nnameserver "
		 "::1%nosuchinterfaceatall\n",
		 NULL, 2},
		{"nameserver 1.1.1.1\nnameserver 2.1.1.1\nnameserver 3.1.1.1\nnameserver 4.1.1.1\n"
		 "nameserver 5.1.1.1\nnameserver 6.1.1.1\nnameserver 7.1.1.1\nnameserver 8.1.1.1\n"
		 "nameserver 9.1.1.1\n",
		 "1.1.1.1", 8},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct resolvers r = {0};
		char ip[INET6_ADDRSTRLEN];

		resolvers_parse(&r, cases[i].text);
		if (r.n != cases[i].n)
			fail_msg("case %zu: %u", i, r.n);
		assert_int_equal(r.v[0].to.v4.sin_port, htons(53));
		if (cases[i].first)
			assert_string_equal(
				inet_ntop(AF_INET, &r.v[0].to.v4.sin_addr, ip, sizeof(ip)),
				cases[i].first);
		else
			assert_int_equal(r.v[0].to.v6.sin6_scope_id, 1);
	}
}

static void the_port_is_taken(void **state UNUSED)
{
	int fd = bound(DNS_ADDRESS, SOCK_DGRAM);
	struct dns *d = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(dns_open(&policy, &d, &err), -EADDRINUSE);
	assert_non_null(strstr(err.msg, "answer names at " DNS_ADDRESS));
	assert_null(d);
	close(fd);
}

/* lo up, in a namespace of our own */
static int own_namespace(void **state UNUSED)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 && unshare(CLONE_NEWNET) < 0)
		return 77;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_is_forwarded),
		cmocka_unit_test(forged_answers_do_not_arrive),
		cmocka_unit_test(the_next_resolver_is_asked),
		cmocka_unit_test(only_questions_pass),
		cmocka_unit_test(a_flood_is_bounded),
		cmocka_unit_test(rate),
		cmocka_unit_test(tcp_is_forwarded),
		cmocka_unit_test(tcp_failures),
		cmocka_unit_test(tcp_abuse_ends_the_connection),
		cmocka_unit_test(tcp_slow_reader),
		cmocka_unit_test(resolv_conf),
		cmocka_unit_test(the_port_is_taken),
	};

	if (own_namespace(NULL) == 77)
		return 77; /* meson: skipped */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
