// SPDX-License-Identifier: BSD-3-Clause
/*
 * Look-ups in the system-call tables. Called by the parser (names), the code generator (weights)
 * and by what explains decisions (numbers). Nothing here allocates or fails.
 */
#include <ctype.h>
#include <limits.h>
#include <strings.h>

#include "base/str.h"
#include "kafel/syscall_tables.h"

enum arch_index { ARCH_X86_64, ARCH_I386, ARCH_AARCH64, ARCH_ARM, ARCH_RISCV64, N_ARCHES };

static const struct syscalls_arch arches[N_ARCHES] = {
	[ARCH_X86_64] = {AUDIT_ARCH_X86_64, false, "x86_64"},
	[ARCH_I386] = {AUDIT_ARCH_I386, false, "i386"},
	[ARCH_AARCH64] = {AUDIT_ARCH_AARCH64, true, "aarch64"},
	[ARCH_ARM] = {AUDIT_ARCH_ARM, true, "arm"},
	[ARCH_RISCV64] = {AUDIT_ARCH_RISCV64, false, "riscv64"},
};

/* The names that ON accepts. */
static const struct {
	char name[8];
	uint32_t audit;
} arch_names[] = {
	{"x86_64", AUDIT_ARCH_X86_64},
	{"amd64", AUDIT_ARCH_X86_64},
	{"i386", AUDIT_ARCH_I386},
	{"x86", AUDIT_ARCH_I386},
	{"aarch64", AUDIT_ARCH_AARCH64},
	{"arm64", AUDIT_ARCH_AARCH64},
	{"arm", AUDIT_ARCH_ARM},
	{"riscv64", AUDIT_ARCH_RISCV64},
	{"rv64", AUDIT_ARCH_RISCV64},
	{"mips", 0},
	{"mipso32", 0},
	{"mips64", 0},
	{"m68k", 0},
	{"s390x", 0},
	{"x32", 0},
};

const struct syscalls_arch *syscalls_arch(uint32_t audit)
{
	for (unsigned i = 0; i < N_ARCHES; i++)
		if (arches[i].audit == audit)
			return &arches[i];
	return NULL;
}

uint32_t syscalls_other_arch(uint32_t audit)
{
	return audit == AUDIT_ARCH_X86_64    ? AUDIT_ARCH_I386
	       : audit == AUDIT_ARCH_AARCH64 ? AUDIT_ARCH_ARM
					     : 0;
}

bool syscalls_arch_named(const char *name, size_t n, uint32_t *ret_audit)
{
	for (unsigned i = 0; i < ARRAY_SIZE(arch_names); i++) {
		if (strlen(arch_names[i].name) == n &&
		    strncasecmp(arch_names[i].name, name, n) == 0) {
			*ret_audit = arch_names[i].audit;
			return true;
		}
	}
	return false;
}

const char *syscalls_arch_nearest(const char *name)
{
	unsigned distance = UINT_MAX;
	const char *best = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(arch_names); i++)
		str_nearest(name, arch_names[i].name, &best, &distance);
	return best;
}

static const struct sys_entry *table(const struct syscalls_arch *arch, unsigned *ret_n)
{
	switch (arch - arches) {
	case ARCH_X86_64: *ret_n = ARRAY_SIZE(x86_64_calls); return x86_64_calls;
	case ARCH_I386: *ret_n = ARRAY_SIZE(i386_calls); return i386_calls;
	case ARCH_AARCH64: *ret_n = ARRAY_SIZE(aarch64_calls); return aarch64_calls;
	case ARCH_ARM: *ret_n = ARRAY_SIZE(arm_calls); return arm_calls;
	default: *ret_n = ARRAY_SIZE(riscv64_calls); return riscv64_calls;
	}
}

const struct sys_weight *syscalls_weights(const struct syscalls_arch *arch, unsigned *ret_n)
{
	switch (arch - arches) {
	case ARCH_X86_64: *ret_n = ARRAY_SIZE(x86_64_weights); return x86_64_weights;
	case ARCH_I386: *ret_n = ARRAY_SIZE(i386_weights); return i386_weights;
	case ARCH_AARCH64: *ret_n = ARRAY_SIZE(aarch64_weights); return aarch64_weights;
	case ARCH_ARM: *ret_n = ARRAY_SIZE(arm_weights); return arm_weights;
	default: *ret_n = ARRAY_SIZE(riscv64_weights); return riscv64_weights;
	}
}

/* -1, 0, 1 as strcmp(), for a name that is not terminated. */
static int compare(const char *name, size_t n, const char *entry)
{
	int c = strncmp(name, entry, n);

	return c ? c : entry[n] ? -1 : 0;
}

/* "fd4\0buf8\0\0": names with the size in the last byte; "-" is a slot without a name. */
static void decode(const struct sys_entry *e, struct syscalls_call *ret)
{
	const char *s = sys_sigs + e->sig;
	unsigned i = 0;

	ret->nr = e->nr & ~SYS_ALIAS;
	ret->name = sys_names + e->name;
	for (; *s && i < SYSCALLS_MAX_ARGS; i++) {
		size_t n = strlen(s);

		ret->args[i].name = s;
		ret->args[i].len = s[0] == '-' ? 0 : (uint8_t)(n - 1);
		ret->args[i].size = (uint8_t)(s[n - 1] - '0');
		s += n + 1;
	}
	ret->n_args = i;
}

bool syscalls_find(const struct syscalls_arch *arch, const char *name, size_t n,
		   struct syscalls_call *ret)
{
	unsigned lo = 0, hi;
	const struct sys_entry *t = table(arch, &hi);

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = compare(name, n, sys_names + t[mid].name);

		if (c == 0) {
			decode(&t[mid], ret);
			return true;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

bool syscalls_number(const struct syscalls_arch *arch, uint32_t nr, struct syscalls_call *ret)
{
	unsigned n;
	const struct sys_entry *t = table(arch, &n);

	for (unsigned i = 0; i < n; i++) {
		if (t[i].nr == nr) {
			decode(&t[i], ret);
			return true;
		}
	}
	return false;
}

bool syscalls_known_anywhere(const char *name, size_t n)
{
	struct syscalls_call call;

	for (unsigned i = 0; i < N_ARCHES; i++)
		if (syscalls_find(&arches[i], name, n, &call))
			return true;
	return false;
}

const char *syscalls_nearest(const struct syscalls_arch *arch, const char *name)
{
	unsigned distance = UINT_MAX, n;
	const struct sys_entry *t = table(arch, &n);
	const char *best = NULL;

	for (unsigned i = 0; i < n; i++)
		str_nearest(name, sys_names + t[i].name, &best, &distance);
	return best;
}

int syscalls_arg(const struct syscalls_call *call, const char *name, size_t n)
{
	for (unsigned i = 0; i < call->n_args; i++) {
		const char *s = call->args[i].name;
		const char *slash = memchr(s, '/', call->args[i].len);
		size_t len = slash ? (size_t)(slash - s) : call->args[i].len;

		if (len == n && memcmp(s, name, n) == 0)
			return (int)i;
		/* "now/then": older kernels called it otherwise. */
		if (slash && call->args[i].len - len - 1 == n && memcmp(slash + 1, name, n) == 0)
			return (int)i;
	}
	return -1;
}
