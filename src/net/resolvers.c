// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whom the forwarder asks: the resolvers that were named, or those of the host's /etc/resolv.conf,
 * which is read again when it changed. Called by dns.c and dns_tcp.c. A file that is not there or has
 * no resolver means the one on the host itself, as in resolv.conf(5).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/io.h"
#include "net/dns_impl.h"

enum { LOOK_MS = 2000, STICK_MS = 30000 };

static void add(struct resolvers *r, const struct net_addr *a, uint32_t scope)
{
	struct resolver *to = &r->v[r->n];

	if (r->n == ARRAY_SIZE(r->v))
		return;
	*to = (struct resolver){0};
	if (a->family == AF_INET) {
		to->to.v4.sin_family = AF_INET;
		to->to.v4.sin_port = htons(53);
		memcpy(&to->to.v4.sin_addr, a->ip, 4);
	} else {
		to->to.v6.sin6_family = AF_INET6;
		to->to.v6.sin6_port = htons(53);
		to->to.v6.sin6_scope_id = scope;
		memcpy(&to->to.v6.sin6_addr, a->ip, 16);
	}
	r->n++;
}

/* One word behind "nameserver": an address, with %INTERFACE where that is needed. */
static void add_word(struct resolvers *r, const char *word, size_t n)
{
	char text[INET6_ADDRSTRLEN + IFNAMSIZ + 1], *scope;
	struct net_addr a = {0};
	uint32_t index = 0;

	if (n >= sizeof(text))
		return;
	memcpy(text, word, n);
	text[n] = 0;
	scope = strchr(text, '%');
	if (scope) {
		*scope++ = 0;
		index = if_nametoindex(scope);
	}
	a.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, text, a.ip) == 1 && (!scope || index))
		add(r, &a, index);
}

void resolvers_parse(struct resolvers *r, const char *text)
{
	static const char key[] = "nameserver";
	const struct net_addr own = {AF_INET, 32, {127, 0, 0, 1}};

	r->n = r->first = 0;
	while (*text) {
		size_t line = strcspn(text, "\n"), at = sizeof(key) - 1;

		if (line > at && strncmp(text, key, at) == 0 &&
		    (text[at] == ' ' || text[at] == '\t')) {
			at += strspn(text + at, " \t");
			add_word(r, text + at, strcspn(text + at, " \t\r\n"));
		}
		text += line + (text[line] == '\n');
	}
	if (!r->n)
		add(r, &own, 0);
}

void resolvers_look(struct resolvers *r, const struct net_policy *p, uint64_t now_ms)
{
	static const char path[] = "/etc/resolv.conf";
	struct stat st = {0};
	char text[8192];

	if (r->first && now_ms - r->first_ms > STICK_MS)
		r->first = 0;
	if (r->n && (p->n_dns || now_ms - r->looked_ms < LOOK_MS))
		return;
	for (unsigned i = 0; i < p->n_dns; i++)
		add(r, &p->dns[i], 0);
	if (p->n_dns)
		return;
	r->looked_ms = now_ms;
	stat(path, &st);
	if (r->n && st.st_ino == r->inode && st.st_mtim.tv_sec == r->time.tv_sec &&
	    st.st_mtim.tv_nsec == r->time.tv_nsec)
		return;
	r->inode = st.st_ino;
	r->time = st.st_mtim;
	if (io_read_small(AT_FDCWD, path, text, sizeof(text)) < 0)
		text[0] = 0;
	resolvers_parse(r, text);
}

const struct resolver *resolvers_pick(const struct resolvers *r, unsigned nth)
{
	return nth < r->n ? &r->v[(r->first + nth) % r->n] : NULL;
}

void resolvers_worked(struct resolvers *r, unsigned nth, uint64_t now_ms)
{
	if (!nth || !r->n)
		return;
	r->first = (r->first + nth) % r->n;
	r->first_ms = now_ms;
}

int resolvers_connect(const struct resolver *to, int type)
{
	socklen_t n = to->to.any.sa_family == AF_INET ? sizeof(to->to.v4) : sizeof(to->to.v6);
	int fd = socket(to->to.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	/* The kernel takes a random port, and passes on only what comes from the resolver. */
	if (connect(fd, &to->to.any, n) == 0 || errno == EINPROGRESS)
		return fd;
	r = -errno;
	close(fd);
	return r;
}
