/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Netlink messages: building them, sending them, and the kernel's answer. Requests are answered
 * before sendto(2) returns, so nothing here waits.
 */
#ifndef TOASTAINER_NET_NETLINK_H
#define TOASTAINER_NET_NETLINK_H

#include <linux/netlink.h>

#include "base/err.h"

/* struct nl - one message or several in a row; in a buffer of the caller's, or on the heap */
struct nl {
	char *buf;
	size_t n, cap;
	size_t msg;  /* where the last message began */
	bool heap;   /* grows; nl_free() */
	bool failed; /* did not fit or no memory: checked once, at the end */
};

/* NL_STACK - messages in the array @a, aligned for struct nlmsghdr. */
#define NL_STACK(a)                                                                                \
	{                                                                                          \
		.buf = (a), .cap = sizeof(a)                                                       \
	}
#define NL_HEAP                                                                                    \
	{                                                                                          \
		.heap = true                                                                       \
	}
#define NL_ALIGNED __attribute__((aligned(NLMSG_ALIGNTO)))

/* struct nl_answer - which message failed, and the kernel's own words about it */
struct nl_answer {
	uint32_t seq;
	char why[120]; /* "": it said nothing */
};

/** nl_begin() - a message. @seq: comes back with its error. */
void nl_begin(struct nl *b, uint16_t type, uint16_t flags, uint32_t seq);

/** nl_put() - the fixed header of a message, zeroed up to the alignment. */
void nl_put(struct nl *b, const void *p, size_t n);

void nl_attr(struct nl *b, uint16_t type, const void *p, size_t n);
void nl_u32(struct nl *b, uint16_t type, uint32_t v);
void nl_be32(struct nl *b, uint16_t type, uint32_t v); /* as nf_tables wants its numbers */
void nl_str(struct nl *b, uint16_t type, const char *s);

/** nl_nest() - attributes inside an attribute, up to nl_end(). Return: what nl_end() takes. */
size_t nl_nest(struct nl *b, uint16_t type);
void nl_end(struct nl *b, size_t nest);

void nl_free(struct nl *b);

/** nl_open() - a socket in the calling thread's network namespace. Return: it or a negative errno. */
int nl_open(int protocol);

/**
 * nl_send() - send @n bytes of messages and take their answers.
 * The last of them must ask for one (NLM_F_ACK).
 * @answer: about the first that failed; may be NULL
 * Return: 0, or the negative errno of the first message that failed.
 */
int nl_send(int sock, const void *p, size_t n, struct nl_answer *answer);

/**
 * nl_ask() - send one request for data and hand each message of the answer to @each.
 * Without NLM_F_DUMP there is one.
 * Return: 0 or a negative errno, the kernel's or the first of @each.
 */
int nl_ask(int sock, const struct nl *b, int (*each)(const struct nlmsghdr *h, void *arg),
	   void *arg);

/** nl_find() - an attribute behind the fixed header of @n bytes; its data. NULL: not there. */
const void *nl_find(const struct nlmsghdr *h, size_t n, uint16_t type, size_t *ret_n);

/** nl_talk() - nl_send() of what was built. */
int nl_talk(int sock, const struct nl *b, struct nl_answer *answer);

#endif
