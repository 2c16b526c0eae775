// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whom the helper asks for names. Called by user.c before the helper gives up its files: so the host's
 * resolvers are those of the moment at which the jail started.
 */
#include "net/dns_impl.h"
#include "net/user_impl.h"

static void from_sockaddr(const struct resolver *r, struct net_addr *a)
{
	bool v4 = r->to.any.sa_family == AF_INET;

	*a = (struct net_addr){.family = (uint8_t)r->to.any.sa_family, .prefix = v4 ? 32 : 128};
	if (v4)
		memcpy(a->ip, &r->to.v4.sin_addr, 4);
	else
		memcpy(a->ip, &r->to.v6.sin6_addr, 16);
}

void user_names(struct user *u)
{
	struct resolvers r = {0};

	u->names = *u->plan->policy;
	if (u->names.n_dns)
		return;
	resolvers_look(&r, u->plan->policy, 1);
	for (unsigned i = 0; i < r.n && i < ARRAY_SIZE(u->resolvers); i++)
		from_sockaddr(&r.v[i], &u->resolvers[u->names.n_dns++]);
	u->names.dns = u->resolvers;
}
