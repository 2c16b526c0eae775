/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random policies and calls for the tests of the compiler. Everything follows from the seed.
 */
#ifndef TOASTAINER_TESTS_KAFEL_POLICIES_H
#define TOASTAINER_TESTS_KAFEL_POLICIES_H

#include "base/str.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

#define POLICIES_MAX_NUMBERS 512

/* struct policies - the generator's state. */
struct policies {
	uint64_t seed;
	const struct syscalls_arch *arch;
	const struct syscalls_arch *other; /* of an ARCH statement, or NULL */
	struct sbuf text;
	uint64_t numbers[POLICIES_MAX_NUMBERS]; /* that the policy compares with */
	uint32_t nrs[POLICIES_MAX_NUMBERS];	/* calls that it names */
	unsigned n_numbers, n_nrs;
};

/** policies_make() - the next policy, valid for a random architecture; text in @p->text. */
void policies_make(struct policies *p);

/** policies_call() - a call that this policy might find interesting. */
void policies_call(struct policies *p, struct seccomp_data *ret);

/** policies_free() - its memory. */
void policies_free(struct policies *p);

#endif
