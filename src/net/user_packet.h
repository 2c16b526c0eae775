/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that a jail sends, taken apart. Pure functions: also for the fuzzer.
 */
#ifndef TOASTAINER_NET_USER_PACKET_H
#define TOASTAINER_NET_USER_PACKET_H

#include "base/defs.h"
#include "net/user_proxy.h"

enum packet_kind { PACKET_OTHER, PACKET_SYN, PACKET_ECHO };

/* struct packet - what begins a connection, or a ping */
struct packet {
	enum packet_kind kind;
	struct user_end src, dst; /* PACKET_ECHO: src.port is the identifier */
	size_t header;		  /* bytes of the IP header */
	size_t len;		  /* of the whole packet, padding left out */
};

/** packet_parse() - @n bytes from the IP header on. PACKET_OTHER: nothing that we take. */
void packet_parse(const uint8_t *p, size_t n, struct packet *ret);

/** packet_cut() - the headers of a PACKET_SYN as a packet of their own. Return: its size */
size_t packet_cut(uint8_t *p, const struct packet *syn);

/** packet_sum() - add bytes to an internet checksum that is not folded yet. */
uint32_t packet_sum(uint32_t sum, const void *p, size_t n);

/** packet_fold() - the checksum, as it stands in a packet. */
uint16_t packet_fold(uint32_t sum);

#endif
