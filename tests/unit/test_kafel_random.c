// SPDX-License-Identifier: BSD-3-Clause
/*
 * kafel: the filter of a policy says of every call what the policy itself says (kafel_decide(), which
 * evaluates expressions by their definition and knows nothing of graphs and jumps). Generated
 * policies of all architectures; $TOASTAINER_TEST_SLOW makes it a million pairs of policy and call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Policies of a normal run; sanitizers make each some forty times as slow. */
#if defined(__SANITIZE_ADDRESS__)
#define NORMAL_RUN 25
#else
#define NORMAL_RUN 1000
#endif
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kafel/bpf.h"
#include "kafel_policies.h"

#define CALLS 100

static void show(struct policies *p, const struct seccomp_data *c, uint32_t wanted, uint32_t got)
{
	char a[32], b[32];

	print_error("%s\narch 0x%x nr %d args %llx %llx %llx %llx %llx %llx: %s, not %s\n",
		    p->text.s, c->arch, c->nr, (unsigned long long)c->args[0],
		    (unsigned long long)c->args[1], (unsigned long long)c->args[2],
		    (unsigned long long)c->args[3], (unsigned long long)c->args[4],
		    (unsigned long long)c->args[5], kafel_action_name(got, a, sizeof(a)),
		    kafel_action_name(wanted, b, sizeof(b)));
}

/* Return: whether the policy could be compiled. */
static bool check_policy(struct policies *p, bool refuse_x32)
{
	struct kafel_options opts = {.arch = p->arch->audit, .refuse_x32 = refuse_x32};
	struct kafel_policy *policy;
	struct arena a = {0};
	struct sock_fprog prog;
	struct err err = ERR_INIT;
	int r = kafel_parse(&opts, p->text.s, p->text.n, "policy", &a, &policy, &err);

	if (r < 0)
		fail_msg("%s\n%s", p->text.s, err.msg);
	r = kafel_generate(policy, &a, &prog, &err);
	for (unsigned i = 0; r == 0 && i < CALLS; i++) {
		struct kafel_decision wanted;
		struct seccomp_data call;
		uint32_t got;

		policies_call(p, &call);
		kafel_decide(policy, &call, &wanted);
		got = bpf_run(&prog, &call, NULL);
		if (got != wanted.action) {
			show(p, &call, wanted.action, got);
			fail();
		}
	}
	/* Only the two limits may get in the way. */
	if (r < 0 && r != -E2BIG && !strstr(err.msg, "intermediate values"))
		fail_msg("%s\n%s", p->text.s, err.msg);
	arena_free(&a);
	return r == 0;
}

static void test_equivalence(void **state UNUSED)
{
	unsigned n = getenv("TOASTAINER_TEST_SLOW") ? 10000 : NORMAL_RUN, compiled = 0;
	struct policies p = {.seed = 1};

	for (unsigned i = 0; compiled < n; i++) {
		assert_true(i < n + n / 10);
		policies_make(&p);
		compiled += check_policy(&p, i % 4 == 0);
	}
	print_message("%u policies, %u calls each\n", n, CALLS);
	policies_free(&p);
}

/* Return: 0, or the errno with which the kernel refused the filter; -1 without no_new_privs. */
static int install(const struct sock_fprog *prog)
{
	int pipefd[2], result = 0, status;
	struct sock_fprog filter = *prog;
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Where the filter refuses even to exit, a fault ends the child. */
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		signal(SIGSEGV, SIG_DFL);
		signal(SIGILL, SIG_DFL);
		signal(SIGSYS, SIG_DFL);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			result = -1;
		else if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
			result = errno;
		if (result && write(pipefd[1], &result, sizeof(result)) < 0)
			result = -1;
		_exit(0);
	}
	close(pipefd[1]);
	if (read(pipefd[0], &result, sizeof(result)) < 0)
		result = -1;
	close(pipefd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return result;
}

static UNUSED void test_kernel(void **state UNUSED)
{
	unsigned n = getenv("TOASTAINER_TEST_SLOW") ? 10000 : 200, loaded = 0;
	struct policies p = {.seed = 2};

	while (loaded < n) {
		struct kafel_options opts = {0};
		struct arena a = {0};
		struct sock_fprog prog;
		struct err err = ERR_INIT;

		policies_make(&p);
		if (p.arch->audit == SYSCALLS_NATIVE_ARCH &&
		    kafel_compile(&opts, p.text.s, p.text.n, "policy", &a, &prog, &err) == 0) {
			int r = install(&prog);

			if (r)
				fail_msg("%s\nthe kernel refuses it: %s", p.text.s, strerror(r));
			loaded++;
		}
		arena_free(&a);
	}
	print_message("the kernel accepted %u filters\n", loaded);
	policies_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equivalence),
#ifndef __SANITIZE_ADDRESS__ /* its runtime cannot live under a random filter */
		cmocka_unit_test(test_kernel),
#endif
	};

	return cmocka_run_group_tests_name("kafel_random", tests, NULL, NULL);
}
