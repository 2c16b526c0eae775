// SPDX-License-Identifier: BSD-3-Clause
/*
 * Netlink: a builder of messages, and one exchange with the kernel. Used for links, addresses, routes
 * and packet filter rules, and by the probes. Building cannot fail in between: a message that does
 * not fit is noted, and nl_talk() refuses it.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/sys.h"
#include "net/netlink.h"

/* room() - @n more bytes, zeroed and aligned. */
static void *room(struct nl *b, size_t n)
{
	size_t need = b->n + NLMSG_ALIGN(n);
	struct nlmsghdr *h;
	void *p;

	if (need > b->cap && b->heap) {
		size_t cap = MAX(need, b->cap * 2 + 4096);
		char *grown = mem_realloc(b->buf, cap);

		if (grown) {
			b->buf = grown;
			b->cap = cap;
		}
	}
	if (need > b->cap || b->failed) {
		b->failed = true;
		return NULL;
	}
	p = b->buf + b->n;
	memset(p, 0, NLMSG_ALIGN(n));
	b->n = need;
	h = (struct nlmsghdr *)(b->buf + b->msg);
	h->nlmsg_len = (uint32_t)(b->n - b->msg);
	return p;
}

void nl_begin(struct nl *b, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h;

	b->msg = b->n;
	h = room(b, sizeof(*h));
	if (!h)
		return;
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
}

void nl_put(struct nl *b, const void *p, size_t n)
{
	void *to = room(b, n);

	if (to)
		memcpy(to, p, n);
}

void nl_attr(struct nl *b, uint16_t type, const void *p, size_t n)
{
	struct nlattr *a = room(b, sizeof(*a) + n);

	if (!a)
		return;
	a->nla_len = (uint16_t)(sizeof(*a) + n);
	a->nla_type = type;
	if (n)
		memcpy(a + 1, p, n);
}

void nl_u32(struct nl *b, uint16_t type, uint32_t v)
{
	nl_attr(b, type, &v, sizeof(v));
}

void nl_be32(struct nl *b, uint16_t type, uint32_t v)
{
	nl_u32(b, type, htonl(v));
}

void nl_str(struct nl *b, uint16_t type, const char *s)
{
	nl_attr(b, type, s, strlen(s) + 1);
}

size_t nl_nest(struct nl *b, uint16_t type)
{
	size_t at = b->n;

	nl_attr(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_end(struct nl *b, size_t nest)
{
	if (!b->failed)
		((struct nlattr *)(b->buf + nest))->nla_len = (uint16_t)(b->n - nest);
}

void nl_free(struct nl *b)
{
	if (b->heap)
		free(b->buf);
	*b = (struct nl){.heap = b->heap};
}

int nl_open(int protocol)
{
	const int on = 1;
	int fd = (int)sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return fd;
	/* Errors with the kernel's words, and without a copy of the request: better, not needed. */
	sys(SYS_setsockopt, fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	sys(SYS_setsockopt, fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

/* take_words() - the text that an error came with. */
static void take_words(const struct nlmsghdr *h, struct nl_answer *answer)
{
	const char *p = (const char *)h + NLMSG_HDRLEN + sizeof(struct nlmsgerr);
	const char *end = (const char *)h + h->nlmsg_len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || !(h->nlmsg_flags & NLM_F_CAPPED))
		return;
	while (end - p >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < sizeof(*a) || a->nla_len > end - p)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(answer->why, sizeof(answer->why), "%.*s",
				 (int)(a->nla_len - sizeof(*a)), (const char *)(a + 1));
		p += NLA_ALIGN(a->nla_len);
	}
}

/* take_answers() - of one datagram. @acks: counts them. Return: the first error, or 0. */
static int take_answers(const char *buf, size_t n, unsigned *acks, struct nl_answer *answer)
{
	const struct nlmsghdr *h = (const void *)buf;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
			continue;
		(*acks)++;
		if (!e->error)
			continue;
		if (answer) {
			answer->seq = h->nlmsg_seq;
			take_words(h, answer);
		}
		return e->error;
	}
	return 0;
}

int nl_send(int sock, const void *p, size_t n, struct nl_answer *answer)
{
	const int room_for = (int)MIN(n, INT_MAX / 4) * 2;
	unsigned acks = 0;
	int r = 0;
	long k;

	if (answer)
		*answer = (struct nl_answer){0};
	if (n > 65536) /* many rules: the usual limit of a socket is 208 KiB */
		sys(SYS_setsockopt, sock, SOL_SOCKET, SO_SNDBUFFORCE, &room_for, sizeof(room_for));
	do
		k = sys(SYS_sendto, sock, p, n, 0, NULL, 0);
	while (k == -EINTR);
	if (k < 0)
		return (int)k;
	for (;;) {
		char buf[4096] NL_ALIGNED;

		k = sys(SYS_recvfrom, sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL);
		if (k == -EINTR)
			continue;
		if (k <= 0)
			break;
		if (r == 0)
			r = take_answers(buf, (size_t)k, &acks, answer);
	}
	if (r == 0 && k != -EAGAIN)
		r = k ? (int)k : -EPROTO;
	return r == 0 && !acks ? -EPROTO : r;
}

int nl_talk(int sock, const struct nl *b, struct nl_answer *answer)
{
	if (b->failed) {
		if (answer)
			*answer = (struct nl_answer){0};
		return b->heap ? -ENOMEM : -ENOBUFS;
	}
	return nl_send(sock, b->buf, b->n, answer);
}

const void *nl_find(const struct nlmsghdr *h, size_t n, uint16_t type, size_t *ret_n)
{
	const char *p = (const char *)h + NLMSG_HDRLEN + NLMSG_ALIGN(n);
	const char *end = (const char *)h + h->nlmsg_len;

	while (end - p >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < sizeof(*a) || a->nla_len > end - p)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type) {
			*ret_n = a->nla_len - sizeof(*a);
			return a + 1;
		}
		p += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

/* one_datagram() - Return: 1 at the end, 0 when there may be more, or a negative errno. */
static int one_datagram(const char *buf, size_t n, int (*each)(const struct nlmsghdr *h, void *arg),
			void *arg)
{
	const struct nlmsghdr *h = (const void *)buf;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		int r;

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error ?: 1;
		r = each(h, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

int nl_ask(int sock, const struct nl *b, int (*each)(const struct nlmsghdr *h, void *arg),
	   void *arg)
{
	char buf[16384] NL_ALIGNED;
	long k;
	int r = 0;

	if (b->failed)
		return -ENOBUFS;
	do
		k = sys(SYS_sendto, sock, b->buf, b->n, 0, NULL, 0);
	while (k == -EINTR);
	while (k >= 0 && r == 0) {
		k = sys(SYS_recvfrom, sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL);
		if (k > 0)
			r = one_datagram(buf, (size_t)k, each, arg);
		else if (k == -EINTR)
			k = 0;
	}
	/* What is left of a dump that was broken off would be taken for the next answer. */
	while (r < 0 && sys(SYS_recvfrom, sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) > 0)
		;
	return r < 0 ? r : r > 0 || k == -EAGAIN ? 0 : (int)k;
}
