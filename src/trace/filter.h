/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters that ask the supervisor: made of a policy's own filter, so that what a policy refuses stays
 * refused in the very same way while it is traced.
 */
#ifndef TOASTAINER_TRACE_FILTER_H
#define TOASTAINER_TRACE_FILTER_H

#include <linux/filter.h>

#include "base/err.h"
#include "base/mem.h"

/* struct filter_wish - what is to be asked */
struct filter_wish {
	bool files;	 /* calls that touch files and addresses, where the policy permits them */
	bool audit;	 /* everything that the policy refuses */
	uint64_t cookie; /* sendmsg(2) with this as its sixth argument is never asked about */
};

/**
 * filter_build() - the filter for a traced jail.
 * @policy: the policy's filter, NULL: none
 * @ret: its instructions are in @a
 * Return: 0; -EINVAL when the policy itself asks a supervisor (USER_NOTIF) and is not audited;
 *	-E2BIG; -ENOMEM.
 */
int filter_build(const struct filter_wish *wish, const struct sock_fprog *policy, struct arena *a,
		 struct sock_fprog *ret, struct err *err);

/** filter_permits() - whether an action lets a call happen. */
bool filter_permits(uint32_t action);

#endif
