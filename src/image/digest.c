// SPDX-License-Identifier: BSD-3-Clause
/*
 * sha256 by libcrypto, which uses the processor's instructions for it. Called by all that reads and
 * writes images. Fails for want of memory only.
 */
#include <openssl/evp.h>

#include "image/digest.h"

int digest_begin(struct digest *d, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return err_oom(err);
	}
	d->ctx = ctx;
	return 0;
}

void digest_add(struct digest *d, const void *p, size_t n)
{
	EVP_DigestUpdate(d->ctx, p, n);
}

void digest_end(struct digest *d, char *hex)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!d->ctx)
		return;
	EVP_DigestFinal_ex(d->ctx, sum, &n);
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
	for (unsigned i = 0; hex && i < n; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", sum[i]);
}

int digest_of(const void *p, size_t n, char hex[static STORE_HASH + 1], struct err *err)
{
	struct digest d;
	int r = digest_begin(&d, err);

	if (r)
		return r;
	digest_add(&d, p, n);
	digest_end(&d, hex);
	return 0;
}
