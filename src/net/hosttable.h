/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's table of rules for --net nat, as messages.
 */
#ifndef TOASTAINER_NET_HOSTTABLE_H
#define TOASTAINER_NET_HOSTTABLE_H

#include "net/hostnet.h"

/**
 * hosttable_put() - one batch that makes the table; the kernel refuses it with EEXIST if it is there.
 * @note: kept in the table, @n bytes up to 256
 */
void hosttable_put(struct nl *b, const struct hostnet *h, const void *note, size_t n);

/**
 * hosttable_delete() - one batch that removes just the table of this handle (struct hostnet), as long as it
 * lets no jail in: else the kernel says EEXIST.
 */
void hosttable_delete(struct nl *b, uint64_t handle);

#endif
