// SPDX-License-Identifier: BSD-3-Clause
/*
 * Policy text. The first byte chooses the architecture and the options, the rest is the policy.
 * Whatever compiles must pass the kernel's checks, and say of calls what the policy says.
 */
#include <linux/audit.h>

#include "kafel/bpf.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kafel_builtin builtins[] = {
	{"basics",
	 "POLICY basics { ALLOW { read, cacheflush, write { fd == 1 } } } DEFAULT TRAP(3)"},
	{NULL},
};

static void check_calls(const struct kafel_policy *policy, const struct sock_fprog *prog,
			uint32_t arch, const uint8_t *data, size_t size)
{
	struct seccomp_data call = {.arch = arch};

	for (unsigned i = 0; i < 16; i++) {
		struct kafel_decision d;

		/* Numbers and arguments from what the filter and the text mention. */
		call.nr = i < 2 ? (int)i : (int)prog->filter[(i * 7u) % prog->len].k;
		for (unsigned j = 0; j < 6; j++)
			call.args[j] = prog->filter[(i * 5u + j * 3u) % prog->len].k +
				       (uint64_t)data[(i + j) % size] * (i % 3) * 0x100000001u;
		call.arch =
			i % 4 == 3 && syscalls_other_arch(arch) ? syscalls_other_arch(arch) : arch;
		kafel_decide(policy, &call, &d);
		if (bpf_run(prog, &call, NULL) != d.action)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					 AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64};
	struct kafel_options opts = {.builtins = builtins};
	struct kafel_policy *policy;
	struct sock_fprog prog;
	struct arena a = {0};
	struct err err = ERR_INIT;
	int r;

	if (size < 2)
		return 0;
	opts.arch = archs[(data[0] & 7) % 5];
	opts.refuse_x32 = data[0] & 8;
	r = kafel_parse(&opts, (const char *)data + 1, size - 1, "fuzz", &a, &policy, &err);
	if (r == 0)
		r = kafel_generate(policy, &a, &prog, &err);
	if (r == 0) {
		if (bpf_check(&prog, &err) < 0)
			abort();
		check_calls(policy, &prog, opts.arch, data, size);
	} else if (r != -EINVAL && r != -E2BIG && r != -ENOENT) {
		abort();
	} else if (!err.msg[0]) {
		abort();
	}
	arena_free(&a);
	return 0;
}
