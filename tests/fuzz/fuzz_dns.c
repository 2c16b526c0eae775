// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the name forwarder reads: a message of a jail or a resolver, and a resolv.conf. What is taken for a
 * question must be one, refused it must be an answer to itself; a list of resolvers is never empty.
 */
#include "net/dns_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size ?: 1); /* of exactly this size, for the sanitizer */

	if (!p)
		return;
	memcpy(p, data, size);
	dns_message_answers(p, size, 0x1234);
	if (dns_message_kind(p, size) == DNS_IS_QUESTION &&
	    (size <= DNS_HEADER || p[2] & 0xf8 || p[4] || p[5] != 1))
		abort();
	if (dns_message_kind(p, size) != DNS_IS_JUNK) {
		dns_message_set_id(p, 0xabcd);
		if (dns_message_answers(p, size, 0xabcd))
			abort();
		dns_message_refuse(p, DNS_SERVFAIL);
		if (!dns_message_answers(p, size, 0xabcd) ||
		    dns_message_kind(p, size) != DNS_IS_JUNK)
			abort();
	}
	free(p);
}

static void file(const uint8_t *data, size_t size)
{
	struct resolvers r = {0};
	char *text = malloc(size + 1);

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = 0;
	resolvers_parse(&r, text);
	if (!r.n || r.n > ARRAY_SIZE(r.v) || !resolvers_pick(&r, r.n - 1) ||
	    resolvers_pick(&r, r.n))
		abort();
	for (unsigned i = 0; i < r.n; i++)
		if (r.v[i].to.any.sa_family != AF_INET && r.v[i].to.any.sa_family != AF_INET6)
			abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	message(data, size);
	file(data, size);
	return 0;
}
