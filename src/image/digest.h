/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sha256, as image formats name what they hold.
 */
#ifndef TOASTAINER_IMAGE_DIGEST_H
#define TOASTAINER_IMAGE_DIGEST_H

#include "storage/store.h"

/* struct digest - a sum that is being made */
struct digest {
	void *ctx;
};

int digest_begin(struct digest *d, struct err *err);
void digest_add(struct digest *d, const void *p, size_t n);

/** digest_end() - the sum in hexadecimal; the struct is empty then. @hex may be NULL: throw away */
void digest_end(struct digest *d, char *hex);

/** digest_of() - of a block of memory. */
int digest_of(const void *p, size_t n, char hex[static STORE_HASH + 1], struct err *err);

#endif
