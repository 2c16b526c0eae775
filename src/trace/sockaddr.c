// SPDX-License-Identifier: BSD-3-Clause
/*
 * Socket addresses out of the memory of a traced program. Every length is the program's, so each is
 * checked against what was copied.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "trace/decode.h"

enum { LARGEST = sizeof(struct sockaddr_storage) };

static void decode_unix(const struct sockaddr_un *un, size_t n, struct endpoint *ret)
{
	size_t len = n - offsetof(struct sockaddr_un, sun_path);
	size_t at = 0;

	len = MIN(len, sizeof(un->sun_path));
	ret->type = ENDPOINT_UNIX;
	if (!len) {
		snprintf(ret->text, sizeof(ret->text), "anonymous");
		return;
	}
	if (un->sun_path[0]) {
		ret->is_path = true;
		len = strnlen(un->sun_path, len);
	}
	/* A name that is no path may hold any byte, NUL too: these are shown as @. */
	for (; at < len && at < sizeof(ret->text) - 1; at++)
		ret->text[at] = un->sun_path[at] ? un->sun_path[at] : '@';
	ret->text[at] = 0;
}

void decode_sockaddr(const void *bytes, size_t n, struct endpoint *ret)
{
	union {
		sa_family_t family;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage any;
	} a = {.any = {0}};

	*ret = (struct endpoint){.type = ENDPOINT_NONE};
	n = MIN(n, (size_t)LARGEST);
	if (n < sizeof(a.family))
		return;
	memcpy(&a, bytes, n);
	if (a.family == AF_INET && n >= offsetof(struct sockaddr_in, sin_zero)) {
		ret->type = ENDPOINT_IPV4;
		inet_ntop(AF_INET, &a.in.sin_addr, ret->text, sizeof(ret->text));
		ret->has_port = true;
		ret->port = ntohs(a.in.sin_port);
	} else if (a.family == AF_INET6 && n >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		ret->type = ENDPOINT_IPV6;
		inet_ntop(AF_INET6, &a.in6.sin6_addr, ret->text, sizeof(ret->text));
		ret->has_port = true;
		ret->port = ntohs(a.in6.sin6_port);
	} else if (a.family == AF_UNIX) {
		decode_unix(&a.un, n, ret);
	} else if (a.family == AF_NETLINK) {
		ret->type = ENDPOINT_NETLINK;
		snprintf(ret->text, sizeof(ret->text), "NETLINK");
	} else {
		ret->type = ENDPOINT_OTHER;
		snprintf(ret->text, sizeof(ret->text), "family %u", a.family);
	}
}

int decode_endpoint(const struct memory *m, uint64_t addr, uint64_t len, struct endpoint *ret)
{
	char bytes[LARGEST];
	size_t n = (uint32_t)len;
	int r;

	if (!addr || !n)
		return -ENOENT;
	if (n > sizeof(bytes))
		return -EINVAL; /* as the kernel */
	r = memory_get(m, addr, bytes, n);
	if (r == 0)
		decode_sockaddr(bytes, n, ret);
	return r;
}

int decode_message(const struct call *c, const struct memory *m, uint64_t addr,
		   struct endpoint *ret)
{
	uint64_t name;
	uint32_t len;
	int r;

	/* msg_name and msg_namelen are the first two members, in both sizes. */
	if (c->wide) {
		struct {
			uint64_t name;
			uint32_t len;
		} head;

		r = memory_get(m, addr, &head, sizeof(head));
		name = r ? 0 : head.name;
		len = r ? 0 : head.len;
	} else {
		uint32_t head[2];

		r = memory_get(m, addr, head, sizeof(head));
		name = r ? 0 : head[0];
		len = r ? 0 : head[1];
	}
	return r ? r : decode_endpoint(m, name, len, ret);
}
