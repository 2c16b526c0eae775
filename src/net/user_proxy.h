/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said to a proxy, and what it answers: SOCKS5 (RFC 1928) and HTTP CONNECT. Pure functions on
 * bytes; who calls them reads and writes.
 */
#ifndef TOASTAINER_NET_USER_PROXY_H
#define TOASTAINER_NET_USER_PROXY_H

#include "base/defs.h"

/* struct user_end - one end of a connection; no padding: compared as bytes */
struct user_end {
	uint8_t ip[16]; /* network byte order; IPv4: the first four, then zeros */
	uint16_t port;	/* host byte order */
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t zero;
};

enum proxy_kind { PROXY_SOCKS5, PROXY_SOCKS5_UDP, PROXY_CONNECT };
enum proxy_stage { PROXY_HELLO, PROXY_REQUEST, PROXY_DONE };

enum { PROXY_SAYS = 160, PROXY_HEARS = 1024, PROXY_UDP_HEADER = 22 };

struct user_proxy {
	uint8_t kind;  /* enum proxy_kind */
	uint8_t stage; /* enum proxy_stage */
	uint16_t line; /* CONNECT: bytes of the answer so far */
	uint8_t tail;  /* CONNECT: how much of the empty line is there */
	uint16_t heard;
	uint8_t in[300]; /* an answer that is not complete; HTTP: its first line */
};

/**
 * proxy_say() - what is to be sent at this stage.
 * @to: whom we want to reach
 * Return: bytes in @buf (PROXY_SAYS are enough)
 */
size_t proxy_say(const struct user_proxy *p, const struct user_end *to, char *buf);

/**
 * proxy_wants() - how many bytes may be read now: never more than belongs to the answer.
 */
size_t proxy_wants(const struct user_proxy *p);

/**
 * proxy_hear() - take in what was read.
 * @bound: PROXY_SOCKS5_UDP: where datagrams are to go, once it is known
 * Return: 1: the stage is complete, say the next or go on if it is PROXY_DONE; 0: more is needed; or the
 *	negative errno that a direct connection would have ended with.
 */
int proxy_hear(struct user_proxy *p, const uint8_t *data, size_t n, struct user_end *bound);

/** proxy_udp_header() - in front of a datagram to @to. Return: its bytes. */
size_t proxy_udp_header(const struct user_end *to, uint8_t buf[PROXY_UDP_HEADER]);

/** proxy_udp_parse() - Return: bytes of the header of a relayed datagram, 0: it is not one of ours. */
size_t proxy_udp_parse(const uint8_t *p, size_t n, struct user_end *from);

#endif
