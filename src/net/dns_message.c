// SPDX-License-Identifier: BSD-3-Clause
/*
 * The little that the forwarder reads of a DNS message: the twelve bytes of its header (RFC 1035,
 * 4.1.1). Called by dns.c and dns_tcp.c with what a hostile jail and resolvers sent. Nothing can fail.
 */
#include "net/dns_impl.h"

enum { IS_ANSWER = 0x80, OPCODE = 0x78, CAN_RECURSE = 0x80 };

enum dns_kind dns_message_kind(const uint8_t *p, size_t n)
{
	if (n < DNS_HEADER || p[2] & IS_ANSWER)
		return DNS_IS_JUNK;
	if (p[2] & OPCODE || p[4] != 0 || p[5] != 1) /* one question, of opcode QUERY */
		return DNS_IS_OTHER;
	return n > DNS_HEADER ? DNS_IS_QUESTION : DNS_IS_JUNK;
}

void dns_message_refuse(uint8_t *p, enum dns_rcode code)
{
	p[2] = (uint8_t)((p[2] & ~2) | IS_ANSWER); /* whole, not truncated */
	p[3] = (uint8_t)(CAN_RECURSE | code);
}

bool dns_message_answers(const uint8_t *p, size_t n, uint16_t id)
{
	return n >= DNS_HEADER && p[2] & IS_ANSWER && dns_message_id(p) == id;
}

uint16_t dns_message_id(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void dns_message_set_id(uint8_t *p, uint16_t id)
{
	p[0] = (uint8_t)(id >> 8);
	p[1] = (uint8_t)id;
}
