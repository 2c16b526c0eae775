// SPDX-License-Identifier: BSD-3-Clause
/*
 * The built-in policies: valid on every architecture, no call forgotten, a reason for each refusal, and
 * what they say of the calls that matter; how USE and DEFAULT meet, and that x32 stays out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <signal.h>

#include "kafel/bpf.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

#define X86	 AUDIT_ARCH_X86_64
#define ALLOW	 SECCOMP_RET_ALLOW
#define KILL	 SECCOMP_RET_KILL_THREAD
#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

static const uint32_t archs[] = {X86, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM,
				 AUDIT_ARCH_RISCV64};

/* struct compiled - a policy and its filter, which must agree on every call asked about. */
struct compiled {
	struct arena arena;
	struct kafel_policy *policy;
	struct sock_fprog prog;
};

static void compile(struct compiled *c, uint32_t arch, const char *text)
{
	const struct kafel_options opts = {.arch = arch, .builtins = kafel_builtins};
	struct err err = ERR_INIT;

	memset(c, 0, sizeof(*c));
	if (kafel_parse(&opts, text, strlen(text), "p", &c->arena, &c->policy, &err) < 0 ||
	    kafel_generate(c->policy, &c->arena, &c->prog, &err) < 0)
		fail_msg("0x%x: %s\n%s", arch, text, err.msg);
}

static struct kafel_decision decide(const struct compiled *c, const struct seccomp_data *call)
{
	struct kafel_decision d;

	kafel_decide(c->policy, call, &d);
	assert_int_equal(bpf_run(&c->prog, call, NULL), d.action);
	return d;
}

static uint32_t ask(const char *text, const char *name, uint64_t a0, uint64_t a1)
{
	struct syscalls_call call;
	struct compiled c;
	uint32_t action;

	assert_true(syscalls_find(syscalls_arch(X86), name, strlen(name), &call));
	compile(&c, X86, text);
	action = decide(&c,
			&(struct seccomp_data){.nr = (int)call.nr, .arch = X86, .args = {a0, a1}})
			 .action;
	arena_free(&c.arena);
	return action;
}

static void test_every_architecture(void **state UNUSED)
{
	for (const struct kafel_builtin *b = kafel_builtins; b->name; b++) {
		for (unsigned i = 0; i < ARRAY_SIZE(archs); i++) {
			char text[64];
			struct compiled c;

			snprintf(text, sizeof(text), "USE %s", b->name);
			compile(&c, archs[i], text);
			/* A call of another architecture dies. */
			assert_int_equal(
				decide(&c, &(struct seccomp_data){.arch = archs[i] ^ 1}).action,
				KILL);
			arena_free(&c.arena);
		}
	}
	assert_non_null(kafel_builtin_named("toastainer_default"));
	assert_non_null(kafel_builtin_named("strict_compute"));
	assert_null(kafel_builtin_named("strict"));
}

/* Who adds a call to the tables decides what toastainer_default does with it. */
static void test_no_call_is_forgotten(void **state UNUSED)
{
	for (unsigned i = 0; i < ARRAY_SIZE(archs); i++) {
		unsigned named = 0, allowed = 0;
		struct compiled c;

		compile(&c, archs[i], "USE toastainer_default");
		for (uint32_t nr = 0; nr < 1024; nr++) {
			struct seccomp_data data = {.arch = archs[i], .nr = (int)nr};
			struct syscalls_call call;
			struct kafel_decision d = decide(&c, &data);
			int len;

			if (!syscalls_number(syscalls_arch(archs[i]), nr, &call)) {
				assert_int_equal(d.action, ERRNO(38));
				continue;
			}
			if (strcmp(d.why, "DEFAULT") == 0)
				fail_msg("%s of 0x%x is in no rule", call.name, archs[i]);
			if (d.action != ALLOW && !kafel_builtin_reason(&d.pos, &len))
				fail_msg("no reason for %s in line %u", call.name, d.pos.line);
			named++;
			allowed += d.action == ALLOW;
		}
		assert_in_range(named, 300, 500);
		assert_in_range(allowed, 240, named - 50);
		arena_free(&c.arena);
	}
}

static void test_default_policy(void **state UNUSED)
{
	static const uint64_t high = 0xdead00000000;
	static const struct {
		const char *call;
		uint64_t a0, a1;
		uint32_t action;
	} rows[] = {
		{"read", 0, 0, ALLOW},
		{"execve", 0, 0, ALLOW},
		{"fork", 0, 0, ALLOW},
		{"mount", 0, 0, ERRNO(1)},
		{"umount2", 0, 0, ERRNO(1)},
		{"move_mount", 0, 0, ERRNO(1)},
		{"keyctl", 0, 0, ERRNO(1)},
		{"add_key", 0, 0, ERRNO(1)},
		{"io_uring_setup", 0, 0, ERRNO(1)},
		{"userfaultfd", 0, 0, ERRNO(1)},
		{"bpf", 0, 0, ERRNO(1)},
		{"perf_event_open", 0, 0, ERRNO(1)},
		{"open_by_handle_at", 0, 0, ERRNO(1)},
		{"kexec_load", 0, 0, ERRNO(1)},
		{"clock_settime", 0, 0, ERRNO(1)},
		{"adjtimex", 0, 0, ALLOW},
		{"clone3", 0, 0, ERRNO(38)},
		{"clone", SIGCHLD, 0, ALLOW},
		{"clone", CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0, ALLOW},
		{"clone", CLONE_NEWUSER | SIGCHLD, 0, ERRNO(1)},
		{"clone", CLONE_NEWUSER | high, 0, ERRNO(1)},
		{"clone", CLONE_NEWNS | CLONE_VM, 0, ERRNO(1)},
		{"unshare", CLONE_FILES, 0, ALLOW},
		{"unshare", CLONE_NEWTIME, 0, ERRNO(1)},
		{"unshare", CLONE_NEWNET | high, 0, ERRNO(1)},
		{"setns", 3, 0, ERRNO(1)},
		{"ioctl", 0, 0x5412, ERRNO(1)},
		{"ioctl", 0, 0x5412 | high, ERRNO(1)},
		{"ioctl", high, 0x541c | high, ERRNO(1)},
		{"ioctl", 0, 0x5423 | high, ERRNO(1)},
		{"ioctl", 0, 0x5401, ALLOW},
		{"ptrace", 0, 0, ALLOW},
		{"ptrace", 16, 1, ERRNO(1)},
		{"ptrace", 0x4206, 1, ERRNO(1)},
		{"personality", 0xffffffff, 0, ALLOW},
		{"personality", 0xffffffff | high, 0, ALLOW},
		{"personality", 0x400000, 0, ERRNO(1)},
		{"socket", 1, 1, ALLOW},
		{"socket", 40, 1, ERRNO(97)},
		{"socket", 40 | high, 1, ERRNO(97)},
		{"socket", 38, 5, ERRNO(97)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t got = ask("USE toastainer_default", rows[i].call, rows[i].a0, rows[i].a1);

		if (got != rows[i].action)
			fail_msg("row %zu: %s: 0x%x", i, rows[i].call, got);
	}
}

static void test_strict_policy(void **state UNUSED)
{
	static const uint64_t high = 0xdead00000000;
	static const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				       CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS;
	static const uint32_t dead = SECCOMP_RET_KILL_PROCESS;
	static const struct {
		const char *call;
		uint64_t a0, a1;
		uint32_t action;
	} rows[] = {
		{"read", 0, 0, ALLOW},
		{"execve", 0, 0, ALLOW},
		{"futex", 0, 0, ALLOW},
		{"open", 0, 0x80000, ALLOW},
		{"open", 0, 1, ERRNO(13)},
		{"open", 0, 2 | high, ERRNO(13)},
		{"open", 0, 0x40, ERRNO(13)},
		{"open", 0, 0x410000 | 2, ERRNO(13)},
		{"unlink", 0, 0, ERRNO(13)},
		{"fcntl", 0, 3, ALLOW},
		{"fcntl", 0, 6, ERRNO(22)},
		{"fcntl", 0, 38, ERRNO(22)},
		{"ioctl", 0, 0x5401, ALLOW},
		{"ioctl", 0, 0x5412 | high, ERRNO(25)},
		{"clone", thread, 0, ALLOW},
		{"clone", thread | CLONE_NEWNS, 0, ERRNO(1)},
		{"clone", SIGCHLD, 0, ERRNO(1)},
		{"clone", CLONE_VM | CLONE_VFORK | SIGCHLD, 0, ERRNO(1)},
		{"clone3", 0, 0, ERRNO(38)},
		{"openat2", 0, 0, ERRNO(38)},
		{"prlimit64", 0, 3, ALLOW},
		{"prlimit64", 1, 3, ERRNO(1)},
		{"socket", 1, 1, ERRNO(1)},
		{"mount", 0, 0, dead},
		{"bind", 0, 0, dead},
		{"sendto", 0, 0, dead},
		{"io_uring_enter", 0, 0, dead},
		{"symlink", 0, 0, dead},
		{"bpf", 0, 0, dead},
		{"keyctl", 0, 0, dead},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t got = ask("USE strict_compute", rows[i].call, rows[i].a0, rows[i].a1);

		if (got != rows[i].action)
			fail_msg("row %zu: %s: 0x%x", i, rows[i].call, got);
	}
}

static uint32_t ask_number(const char *text, int nr)
{
	struct compiled c;
	uint32_t action;

	compile(&c, X86, text);
	action = decide(&c, &(struct seccomp_data){.nr = nr, .arch = X86}).action;
	arena_free(&c.arena);
	return action;
}

static void test_default_of_the_user(void **state UNUSED)
{
	/* The policy's own DEFAULT counts, wherever it stands. */
	assert_int_equal(ask_number("USE toastainer_default", 999), ERRNO(38));
	assert_int_equal(ask_number("USE toastainer_default DEFAULT ERRNO(1)", 999), ERRNO(1));
	assert_int_equal(ask_number("DEFAULT KILL USE toastainer_default", 999), KILL);
	assert_int_equal(ask_number("USE strict_compute", 999), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask_number("USE strict_compute DEFAULT ERRNO(1)", 165), ERRNO(1));
	/* Through a policy in between; the first one that is used. */
	assert_int_equal(ask_number("POLICY mine { ALLOW { mount }, USE toastainer_default } "
				    "USE mine",
				    999),
			 ERRNO(38));
	assert_int_equal(ask_number("USE strict_compute USE toastainer_default", 999),
			 SECCOMP_RET_KILL_PROCESS);
	/* Not by a policy that nobody uses. */
	assert_int_equal(ask_number("POLICY mine { USE strict_compute } ALLOW { read }", 999),
			 KILL);
	assert_int_equal(
		ask_number(
			"POLICY mine { USE strict_compute } ALLOW { read } USE toastainer_default",
			999),
		ERRNO(38));
	/* What stands before decides before. */
	assert_int_equal(ask("ALLOW { mount } USE toastainer_default", "mount", 0, 0), ALLOW);
	assert_int_equal(ask("USE toastainer_default ALLOW { mount }", "mount", 0, 0), ERRNO(1));
	assert_int_equal(ask("KILL { getpid } USE toastainer_default", "getpid", 0, 0), KILL);
	assert_int_equal(ask("USE toastainer_default DEFAULT ALLOW", "bpf", 0, 0), ERRNO(1));
	/* A policy of that name in the text is another. */
	assert_int_equal(
		ask("POLICY strict_compute { ERRNO(7) { read } } USE strict_compute", "read", 0, 0),
		ERRNO(7));
}

static void test_defines_do_not_reach_in(void **state UNUSED)
{
	static const char text[] = "#define TIOCSTI 1\n#define mount 0\n#define CLONE_NEWUSER 0\n"
				   "USE toastainer_default ERRNO(2) { write(a) { a == TIOCSTI } }";

	assert_int_equal(ask(text, "ioctl", 0, 0x5412), ERRNO(1));
	assert_int_equal(ask(text, "ioctl", 0, 1), ALLOW);
	assert_int_equal(ask(text, "read", 0, 0), ALLOW);
	assert_int_equal(ask(text, "mount", 0, 0), ERRNO(1));
	assert_int_equal(ask(text, "clone", CLONE_NEWUSER, 0), ERRNO(1));
}

static void test_x32_is_refused(void **state UNUSED)
{
	int x32_read = (int)SYSCALLS_X32_BIT;

	/* In nsjail's face too, where such numbers are the DEFAULT's. */
	assert_int_equal(ask_number("DEFAULT ALLOW", x32_read), ALLOW);
	assert_int_equal(ask_number("USE toastainer_default DEFAULT ALLOW", x32_read), KILL);
	assert_int_equal(ask_number("USE strict_compute DEFAULT LOG", x32_read + 520), KILL);
	assert_int_equal(ask_number("POLICY p { USE strict_compute } USE p DEFAULT LOG", x32_read),
			 KILL);
}

/*
 * What the kernel does once per number when a filter is installed, to find out whether it need not be
 * run: follow it as long as it looks at number and architecture only.
 */
static bool always_allowed(const struct sock_fprog *prog, uint32_t nr)
{
	uint32_t acc = 0;

	for (unsigned pc = 0; pc < prog->len; pc++) {
		const struct sock_filter *f = &prog->filter[pc];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k != 0 && f->k != 4)
				return false;
			acc = f->k == 0 ? nr : X86;
			continue;
		case BPF_RET | BPF_K: return f->k == ALLOW;
		case BPF_JMP | BPF_JA: pc += f->k; continue;
		case BPF_JMP | BPF_JEQ | BPF_K: yes = acc == f->k; break;
		case BPF_JMP | BPF_JGE | BPF_K: yes = acc >= f->k; break;
		case BPF_JMP | BPF_JGT | BPF_K: yes = acc > f->k; break;
		case BPF_JMP | BPF_JSET | BPF_K: yes = acc & f->k; break;
		default: return false;
		}
		pc += yes ? f->jt : f->jf;
	}
	return false;
}

static void test_kernel_skips_the_filter(void **state UNUSED)
{
	static const char *const calls[] = {"read",  "write",	   "close", "futex",
					    "mmap",  "brk",	   "poll",  "getppid",
					    "wait4", "newfstatat", "lseek", "madvise"};
	static const struct {
		const char *text;
		unsigned least;
	} rows[] = {{"USE toastainer_default", 290}, {"USE strict_compute", 150}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct syscalls_call call;
		struct compiled c;
		unsigned n = 0;

		compile(&c, X86, rows[i].text);
		for (uint32_t nr = 0; nr < 1024; nr++)
			n += always_allowed(&c.prog, nr);
		assert_in_range(n, rows[i].least, 400);
		for (size_t j = 0; j < ARRAY_SIZE(calls); j++) {
			assert_true(syscalls_find(syscalls_arch(X86), calls[j], strlen(calls[j]),
						  &call));
			assert_true(always_allowed(&c.prog, call.nr));
		}
		assert_true(syscalls_find(syscalls_arch(X86), "ioctl", 5, &call));
		assert_false(always_allowed(&c.prog, call.nr));
		arena_free(&c.arena);
	}
}

/* What is installed without compiling is what the compiler makes. */
static void test_ready_made(void **state UNUSED)
{
	static const char *const others[] = {
		"",
		"USE",
		"USE ",
		"USEstrict_compute",
		"USE strict_compute DEFAULT ALLOW",
		"USE x",
		"DEFAULT ALLOW",
		"USE strict_computer",
		"#USE strict_compute",
		"USE strict_compute\r",
	};
	struct sock_fprog ready;

	for (const struct kafel_builtin *b = kafel_builtins; b->name; b++) {
		struct compiled c;
		char text[64];

		snprintf(text, sizeof(text), " USE\t\n%s\n", b->name);
		assert_true(kafel_ready(text, strlen(text), &ready));
		compile(&c, SYSCALLS_NATIVE_ARCH, text);
		assert_int_equal(ready.len, c.prog.len);
		assert_memory_equal(ready.filter, c.prog.filter, ready.len * sizeof(*ready.filter));
		arena_free(&c.arena);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(kafel_ready(others[i], strlen(others[i]), &ready));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready_made),
		cmocka_unit_test(test_every_architecture),
		cmocka_unit_test(test_no_call_is_forgotten),
		cmocka_unit_test(test_default_policy),
		cmocka_unit_test(test_strict_policy),
		cmocka_unit_test(test_default_of_the_user),
		cmocka_unit_test(test_defines_do_not_reach_in),
		cmocka_unit_test(test_x32_is_refused),
		cmocka_unit_test(test_kernel_skips_the_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
