// SPDX-License-Identifier: BSD-3-Clause
/*
 * Policy text. The first byte chooses the architecture and the options, the rest is the policy.
 * Whatever compiles must pass the kernel's checks, and say of calls what the policy says.
 *
 * With -fsanitize=fuzzer it is a fuzzer; without, it runs over the files it is given (the corpus).
 * With KAFEL_LOAD=N in the environment, the first N filters for this machine are also loaded into
 * the kernel, each by a child that then exits.
 */
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kafel/bpf.h"
#include "kafel/kafel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kafel_builtin builtins[] = {
	{"basics", "POLICY basics { ALLOW { read, write { fd == 1 } } }"},
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
		kafel_decide(policy, &call, &d);
		if (bpf_run(prog, &call, NULL) != d.action)
			abort();
	}
}

/* A filter that bpf_check() passes must be one that the kernel takes. */
static void load(const struct sock_fprog *prog)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* Loading is what counts: the exit is made known through a pipe of the parent's. */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(2);
		struct sock_filter last[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
		struct sock_fprog both = *prog;

		(void)last;
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &both, 0, 0) < 0)
			_exit(1);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					 AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64};
	struct kafel_options opts = {.builtins = builtins, .n_builtins = 1};
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
