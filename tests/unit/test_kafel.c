// SPDX-License-Identifier: BSD-3-Clause
/*
 * kafel: the language rule by rule, its messages and their places, includes, built-in policies,
 * architectures, the shape of the filters, the kernel's checks, and running out of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/stat.h>

#include "kafel/bpf.h"
#include "kafel/kafel.h"

#define X86	 AUDIT_ARCH_X86_64
#define ALLOW	 SECCOMP_RET_ALLOW
#define KILL	 SECCOMP_RET_KILL_THREAD
#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

static const struct kafel_builtin builtins[] = {
	{"basics", "POLICY basics { ALLOW { read, write } }"},
	{"broken", "POLICY broken {\n ALLOW { raed } }"},
	{NULL},
};

/* The options that these tests use; each test may change its copy. */
static struct kafel_options options(void)
{
	return (struct kafel_options){.arch = X86, .builtins = builtins};
}

/* What @text says of a call, by its filter and by kafel_decide(), which must agree. */
static uint32_t ask_with(const struct kafel_options *opts, const char *text,
			 const struct seccomp_data *call)
{
	struct arena a = {0};
	struct kafel_policy *policy;
	struct kafel_decision decision;
	struct sock_fprog prog;
	struct err err = ERR_INIT;
	uint32_t got;

	if (kafel_parse(opts, text, strlen(text), "p", &a, &policy, &err) < 0 ||
	    kafel_generate(policy, &a, &prog, &err) < 0)
		fail_msg("%s\n%s", text, err.msg);
	kafel_decide(policy, call, &decision);
	got = bpf_run(&prog, call, NULL);
	assert_int_equal(got, decision.action);
	arena_free(&a);
	return got;
}

static uint32_t ask(const char *text, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct kafel_options opts = options();

	return ask_with(&opts, text,
			&(struct seccomp_data){.nr = nr, .arch = X86, .args = {a0, a1, a2}});
}

static void refuse_with(const struct kafel_options *opts, const char *text, const char *message)
{
	struct arena a = {0};
	struct sock_fprog prog;
	struct err err = ERR_INIT;
	int r = kafel_compile(opts, text, strlen(text), "p", &a, &prog, &err);

	if (r == 0)
		fail_msg("compiled: %s", text);
	if (!strstr(err.msg, message))
		fail_msg("%s\nsays:     %s\nexpected: %s", text, err.msg, message);
	arena_free(&a);
}

static void refuse(const char *text, const char *message)
{
	struct kafel_options opts = options();

	refuse_with(&opts, text, message);
}

static void test_actions(void **state UNUSED)
{
	static const struct {
		const char *name;
		uint32_t value;
	} rows[] = {
		{"ALLOW", ALLOW},
		{"LOG", SECCOMP_RET_LOG},
		{"KILL", KILL},
		{"KILL_THREAD", KILL},
		{"DENY", KILL},
		{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
		{"USER_NOTIF", SECCOMP_RET_USER_NOTIF},
		{"ERRNO(13)", ERRNO(13)},
		{"ERRNO(0x10)", ERRNO(16)},
		{"TRAP(2)", SECCOMP_RET_TRAP | 2},
		{"TRACE(65535)", SECCOMP_RET_TRACE | 65535},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[100];

		snprintf(text, sizeof(text), "%s { write } DEFAULT ERRNO(99)", rows[i].name);
		assert_int_equal(ask(text, 1, 0, 0, 0), rows[i].value);
		assert_int_equal(ask(text, 0, 0, 0, 0), ERRNO(99));
		snprintf(text, sizeof(text), "ERRNO(99) { write } DEFAULT %s", rows[i].name);
		assert_int_equal(ask(text, 2, 0, 0, 0), rows[i].value);
	}
}

static void test_mistakes(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{"", "p:1:1: the policy is empty"},
		{"// only a comment\n", "p:2:1: the policy is empty"},
		{"DEFAULT ALLOW\nDEFAULT ALLOW", "p:2:1: DEFAULT was already set in line 1"},
		{"ALLOW { raed }", "p:1:9: unknown system call 'raed', did you mean 'read'?"},
		{"ALLOW { write { cuont == 1 } }",
		 "p:1:17: unknown argument or constant 'cuont', did you mean 'count'?"},
		{"ALLOW { open { flags == O_RDONYL } }", "did you mean 'O_RDONLY'?"},
		{"#define MYCONST 1\nALLOW { open { flags == MYCOST } }",
		 "did you mean 'MYCONST'?"},
		{"ALLOW { getpid { fd == 1 } }", "p:1:18: unknown argument or constant 'fd'"},
		{"ALLOW { write(a) { fd == 1 } }", "unknown argument or constant 'fd'"},
		{"POLICY first {} USE frist",
		 "p:1:21: unknown policy 'frist', did you mean 'first'?"},
		{"POLICY a { USE a } USE a", "p:1:16: unknown policy 'a'"},
		{"POLICY a {} POLICY a {}", "p:1:20: the policy 'a' is defined twice"},
		{"USE broken", "broken:2:10: unknown system call 'raed'"},
		{"ALLOW { write ON x86_46 }",
		 "unknown architecture 'x86_46', did you mean 'x86_64'?"},
		{"ALLOW { write ON {} }", "p:1:19: unexpected '}', expected an architecture"},
		{"ALLOW { nothing ON arm }", "unknown system call 'nothing'"},
		{"#define A 1\n#define A 2", "p:2:9: the constant 'A' is defined again"},
		{"#define A B\nALLOW { read }", "p:1:11: unexpected 'B', expected a number"},
		{"#define _A 1", "p:1:9: unexpected character '_'"},
		{"ERRNO(65536) { read }", "p:1:7: 65536 is not within 0 to 65535"},
		{"ERRNO(-1) { read }", "-1 is not within 0 to 65535"},
		{"#define E 1\nERRNO(E) { read }", "p:2:7: unexpected 'E', expected a number"},
		{"ERRNO { read }", "p:1:7: unexpected '{', expected '('"},
		{"#define N 3\nALLOW { SYSCALL[N] }", "unexpected 'N', expected a number"},
		{"ALLOW { SYSCALL[4294967296] }", "does not fit in 32 bits"},
		{"ALLOW { SYSCALL[-2147483649] }", "does not fit in 32 bits"},
		{"ALLOW { SYSCALL[18446744073709551616] }", "does not fit in 64 bits"},
		{"ALLOW { SYSCALL[-18446744073709551616] }", "does not fit in 64 bits"},
		{"ALLOW { write { fd == 0X1 } }", "p:1:24: unexpected 'X1', expected '}'"},
		{"ALLOW { write { fd == -0 } }", "p:1:23: unexpected character '-'"},
		{"ALLOW { write { fd == -0x1 } }", "unexpected character '-'"},
		{"ALLOW { write { fd = 1 } }", "p:1:20: unexpected character '='"},
		{"ALLOW { write { fd } }", "p:1:20: unexpected '}', expected a comparison"},
		{"ALLOW { write { (fd) } }", "expected a comparison"},
		{"ALLOW { write { !fd } }", "expected a comparison"},
		{"ALLOW { write { 0 < fd < 5 } }", "p:1:24: unexpected '<'"},
		{"ALLOW { write { (fd == 1) == 1 } }", "p:1:27: unexpected '=='"},
		{"ALLOW { write { 1 == (fd == 1) } }", "a comparison where a value belongs"},
		{"ALLOW { write { fd & (fd == 1) == 1 } }", "a comparison where a value belongs"},
		{"ALLOW { write { fd == !1 } }", "unexpected '!'"},
		{"ALLOW { write { fd == ~1 } }", "unexpected character '~'"},
		{"ALLOW { write { (fd == 1 } }", "expected ')'"},
		{"ALLOW { write { fd == 1, } }", "unexpected '}'"},
		{"ALLOW { write, }", "unexpected '}', expected a system call"},
		{"ALLOW { ON }", "unexpected 'ON', expected a system call"},
		{"ALLOW { \"write\" }", "unexpected character '\"'"},
		{"ALLOW { w\xc3\xadte }", "unexpected character 0xc3"},
		{"ALLOW\r\n{ write }", "unexpected character 0x0d (lines end"},
		{"ALLOW\f{ write }", "unexpected character 0x0c"},
		{"ALLOW { write };", "p:1:16: unexpected character ';'"},
		{"ALLOW { write } }", "unexpected '}', expected POLICY"},
		{"ALLOW { write }, DEFAULT KILL",
		 "unexpected 'DEFAULT', expected USE or an action"},
		{"POLICY a { ALLOW { write }, } USE a", "unexpected '}'"},
		{"POLICY a { POLICY b {} }", "p:1:12: unexpected 'POLICY'"},
		{"POLICY a { ALLOW { write } USE a", "unexpected 'USE', expected ',' or '}'"},
		{"POLICY a {", "unexpected end of the policy"},
		{"POLICY ALLOW {}", "unexpected 'ALLOW', expected a name for the policy"},
		{"default kill", "p:1:1: unexpected 'default'"},
		{"ALLOW { mmap(a,b,c,d,e,f,g) }", "p:1:26: a system call has at most 6 arguments"},
		{"ALLOW { write(a, a) }", "p:1:18: the argument 'a' is named twice"},
		{"/** a **/ ALLOW { write }", "p:1:1: this comment has no end"},
		{"/* a", "this comment has no end"},
		{"/* a *", "this comment has no end"},
		{"/* /* */ */ ALLOW { write }", "unexpected character '*'"},
		{"# comment\nALLOW { write }", "p:1:3: unexpected 'comment', expected define"},
		{"#include \"x\"\nALLOW { write }",
		 "p:1:10: cannot include 'x': no include directory is set"},
		{"#include \"x\"", "no include directory is set"},
		{"#include x\n", "unexpected character 'x'"},
		{"#include\"x\"\n", "a blank is missing"},
		{"#include \"\"\n", "unexpected character '\"'"},
		{"#include ", "#include must end with a newline"},
		{"#includes\n", "unexpected character 's'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refuse(rows[i][0], rows[i][1]);
}

static void test_numbers(void **state UNUSED)
{
	static const struct {
		const char *text;
		uint64_t value;
	} rows[] = {
		{"0", 0},
		{"10", 10},
		{"010", 8},
		{"08", 0},
		{"0178", 15},
		{"00", 0},
		{"0x1f", 31},
		{"0xFFFFFFFFFFFFFFFF", UINT64_MAX},
		{"0b101", 5},
		{"-1", UINT64_MAX},
		{"-18446744073709551615", 1},
		{"18446744073709551615", UINT64_MAX},
		{"-9223372036854775808", 1ull << 63},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[100];

		snprintf(text, sizeof(text), "ALLOW { write { count == %s } }", rows[i].text);
		assert_int_equal(ask(text, 1, 0, 0, rows[i].value), ALLOW);
		assert_int_equal(ask(text, 1, 0, 0, rows[i].value ^ 1), KILL);
		assert_int_equal(ask(text, 1, 0, 0, rows[i].value ^ 1ull << 40), KILL);
	}
}

static void test_expressions(void **state UNUSED)
{
	static const struct {
		const char *cond;
		uint64_t fd, buf, count;
		bool value;
	} rows[] = {
		/* && before ||, || before the comma. */
		{"fd == 1 || fd == 2 && count == 3", 1, 0, 0, true},
		{"fd == 1 || fd == 2 && count == 3", 2, 0, 0, false},
		{"fd == 1 && count == 2, fd == 3", 3, 0, 0, true},
		{"(fd == 1 || fd == 2) && count == 3", 1, 0, 0, false},
		/* & before |, both before comparisons. */
		{"buf | buf & count == buf", 0, 5, 3, true},
		{"count == 1|2|4", 0, 0, 7, true},
		{"count & 6 | 1 == 3", 0, 0, 2, true},
		{"(count & 0xff000000ff) == 0x100000001", 0, 0, 0x12300000f01, false},
		{"(count & 0xff000000ff) == 0x100000001", 0, 0, 0xf0100000f01, true},
		{"((count)) == ((1))", 0, 0, 1, true},
		{"!fd == 1", 2, 0, 0, true},
		{"!!(fd == 1)", 1, 0, 0, true},
		{"!(fd == 5 && count == 0)", 5, 0, 0, false},
		/* 32-bit arguments: the upper half counts only next to something of 64 bits. */
		{"fd == 1", 0x100000001, 0, 0, true},
		{"fd == 0x100000001", 0x100000001, 0, 0, true},
		{"fd == 0x100000001", 1, 0, 0, false},
		{"fd < 0x100000000", 0x100000000, 0, 0, false},
		{"fd == count", 0x100000001, 0, 1, false},
		{"fd & 0xffffffffffffffff == 1", 0x100000001, 0, 0, true},
		{"fd & 0x1ffffffff == 1", 0x100000001, 0, 0, false},
		{"fd | 0x1ffffffff & 0 == 1", 0x100000001, 0, 0, true},
		{"fd == -1", 0xffffffff, 0, 0, false},
		/* 64 bits, both halves. */
		{"count < 0x200000000", 0, 0, 0x1ffffffff, true},
		{"count < 0x200000000", 0, 0, 0x200000000, false},
		{"count <= 0x200000000", 0, 0, 0x200000000, true},
		{"count <= 0x200000000", 0, 0, 0x200000001, false},
		{"count > 5", 0, 0, 1ull << 32, true},
		{"count > 5", 0, 0, 5, false},
		{"count >= 5", 0, 0, 5, true},
		{"count != 0x200000001", 0, 0, 1, true},
		{"count < buf", 0, 0x300000000, 0x2ffffffff, true},
		{"count < buf", 0, 0x300000000, 0x300000000, false},
		{"count >= buf", 0, 0x300000001, 0x300000000, false},
		{"count > buf", 0, 0x2ffffffff, 0x300000000, true},
		{"0x100001234 == 0x1234", 0, 0, 0, false},
		{"2 > 1", 0, 0, 0, true},
		{"count == count", 0, 0, 77, true},
		{"count < count", 0, 0, 77, false},
		{"5 < count", 0, 0, 6, true},
		{"(count | 2) & (fd | 3) == 2", 0, 0, 0, true},
		{"(count | 2) & (fd | 3) == 2", 0, 0, 1, false},
		/* Named constants of the kernel. */
		{"fd == AF_INET6", 10, 0, 0, true},
		{"count & PROT_EXEC == 0", 0, 0, 3, true},
		{"count & (PROT_WRITE|PROT_EXEC) == PROT_WRITE|PROT_EXEC", 0, 0, 6, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[200];
		uint32_t got;

		snprintf(text, sizeof(text), "ALLOW { write { %s } }", rows[i].cond);
		got = ask(text, 1, rows[i].fd, rows[i].buf, rows[i].count);
		if (got != (rows[i].value ? ALLOW : KILL))
			fail_msg("%s: row %zu", text, i);
	}
}

static void test_rules(void **state UNUSED)
{
	/* The first rule that matches wins, across blocks and policies. */
	assert_int_equal(ask("ALLOW { write } KILL { write } DEFAULT LOG", 1, 0, 0, 0), ALLOW);
	assert_int_equal(ask("ALLOW { write { fd == 1 } } ERRNO(1) { write { fd == 2 } } "
			     "KILL { write } DEFAULT LOG",
			     1, 2, 0, 0),
			 ERRNO(1));
	assert_int_equal(
		ask("POLICY a { ALLOW { write } } POLICY b { KILL { write } } USE b, USE a", 1, 0,
		    0, 0),
		KILL);
	assert_int_equal(ask("POLICY a { ALLOW { write } } POLICY c { USE a, ERRNO(1) { read } } "
			     "USE c USE a",
			     0, 0, 0, 0),
			 ERRNO(1));
	assert_int_equal(ask("USE basics", 0, 0, 0, 0), ALLOW);
	/* The policy's own one counts. */
	assert_int_equal(ask("POLICY basics { } USE basics", 0, 0, 0, 0), KILL);
	assert_int_equal(ask("POLICY write { ALLOW { write } } USE write", 1, 0, 0, 0), ALLOW);
	/* Constants shadow arguments and calls. */
	assert_int_equal(ask("#define fd 1\nALLOW { write { fd == 1 } }", 1, 9, 0, 0), ALLOW);
	assert_int_equal(ask("#define write 0\nALLOW { write }", 0, 0, 0, 0), ALLOW);
	assert_int_equal(
		ask("#define AF_UNIX 5\nALLOW { socket { family == AF_UNIX } }", 41, 5, 0, 0),
		ALLOW);
	assert_int_equal(
		ask("#define A 2\n#define A 0x2\nALLOW { SYSCALL[-1] } DEFAULT LOG", -1, 0, 0, 0),
		ALLOW);
	assert_int_equal(ask("# \n define X 3\nALLOW { write { fd == X } }", 1, 3, 0, 0), ALLOW);
	/* Arguments by other names; those without a name here cannot be used. */
	assert_int_equal(ask("ALLOW { write(a, b) { b == 2 } }", 1, 0, 2, 0), ALLOW);
	assert_int_equal(ask("ALLOW { write(a) { a == 1 } }", 1, 0x100000001, 0, 0), KILL);
	assert_int_equal(ask("ALLOW { write() }", 1, 0, 0, 0), ALLOW);
	assert_int_equal(ask("ALLOW { SYSCALL[1000](x) { x == 4 } }", 1000, 4, 0, 0), ALLOW);
	assert_int_equal(ask("ALLOW { arch_prctl { code == 0x1002 } }", 158, 0x1002, 0, 0), ALLOW);
	assert_int_equal(ask("ALLOW { arch_prctl { option == 0x1002 } }", 158, 0x1002, 0, 0),
			 ALLOW);
	/* The kernel's names, and libc's. */
	assert_int_equal(ask("ALLOW { newstat, newuname, sendfile64 }", 63, 0, 0, 0), ALLOW);
	assert_int_equal(ask("ALLOW { stat, uname, sendfile, umount2 }", 4, 0, 0, 0), ALLOW);
	/* Comments. */
	assert_int_equal(ask("/*** a ***/ ALLOW { write } // b", 1, 0, 0, 0), ALLOW);
	assert_int_equal(ask("/**/ALLOW/* * **x */{ write }", 1, 0, 0, 0), ALLOW);
}

static void test_architectures(void **state UNUSED)
{
	struct kafel_options opts = options();
	struct seccomp_data call = {.nr = 1, .arch = X86};

	assert_int_equal(ask("ALLOW { write ON arm } DEFAULT ERRNO(1)", 1, 0, 0, 0), ERRNO(1));
	assert_int_equal(ask("ALLOW { write ON { arm, AMD64 } { fd == 1 } }", 1, 1, 0, 0), ALLOW);
	/* Names that only others know, next to a guard, are no mistakes. */
	assert_int_equal(
		ask("ALLOW { arm_fadvise64_64 ON arm { nothing == 1 }, write }", 1, 0, 0, 0),
		ALLOW);
	refuse("ALLOW { arm_fadvise64_64 }", "unknown system call");
	/* Foreign calls are killed, whatever DEFAULT says. */
	call.arch = AUDIT_ARCH_I386;
	assert_int_equal(ask_with(&opts, "ALLOW { write } DEFAULT ALLOW", &call), KILL);
	call.arch = 0;
	assert_int_equal(ask_with(&opts, "DEFAULT ERRNO(5)", &call), KILL);
	opts.arch = AUDIT_ARCH_I386;
	call = (struct seccomp_data){.nr = 4, .arch = AUDIT_ARCH_I386};
	assert_int_equal(ask_with(&opts, "ALLOW { write ON x86 }", &call), ALLOW);
	opts.arch = AUDIT_ARCH_AARCH64;
	call = (struct seccomp_data){.nr = 56, .arch = AUDIT_ARCH_AARCH64, .args = {0, 0, 040000}};
	assert_int_equal(ask_with(&opts, "ALLOW { openat { flags == O_DIRECTORY } }", &call),
			 ALLOW);
	opts.arch = AUDIT_ARCH_ARM;
	call = (struct seccomp_data){.nr = 0xf0002, .arch = AUDIT_ARCH_ARM};
	assert_int_equal(ask_with(&opts, "ALLOW { cacheflush }", &call), ALLOW);
	opts.arch = AUDIT_ARCH_RISCV64;
	call = (struct seccomp_data){.nr = 259, .arch = AUDIT_ARCH_RISCV64};
	assert_int_equal(ask_with(&opts, "ALLOW { riscv_flush_icache }", &call), ALLOW);
	opts.arch = 0x12345;
	refuse_with(&opts, "ALLOW { read }", "no system-call table");
}

/* What @text, for @native, says of a call of @arch. */
static uint32_t ask_arch(const char *text, uint32_t native, uint32_t arch, int nr)
{
	struct kafel_options opts = options();

	opts.arch = native;
	return ask_with(&opts, text, &(struct seccomp_data){.nr = nr, .arch = arch});
}

static void test_other_architecture(void **state UNUSED)
{
	static const char both[] = "ARCH i386\n"
				   "ALLOW { write, lseek ON x86_64, stat64 ON i386 }\n"
				   "ERRNO(7) { SYSCALL[300] }\n"
				   "DEFAULT ERRNO(1)";
	static const char only_on[] = "ALLOW { write ON { x86_64, i386 } } DEFAULT ERRNO(1)";

	/* each with its own numbers, and the same rules without ON */
	assert_int_equal(ask_arch(both, X86, X86, 1), ALLOW);
	assert_int_equal(ask_arch(both, X86, X86, 4), ERRNO(1));
	assert_int_equal(ask_arch(both, X86, X86, 8), ALLOW);
	assert_int_equal(ask_arch(both, X86, X86, 195), ERRNO(1));
	assert_int_equal(ask_arch(both, X86, X86, 300), ERRNO(7));
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_I386, 4), ALLOW);
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_I386, 1), ERRNO(1));
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_I386, 195), ALLOW);
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_I386, 8), ERRNO(1));
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_I386, 300), ERRNO(7));
	/* a third one is killed, and so is the second one's without the statement, whatever ON says */
	assert_int_equal(ask_arch(both, X86, AUDIT_ARCH_AARCH64, 64), KILL);
	assert_int_equal(ask_arch(only_on, X86, X86, 1), ALLOW);
	assert_int_equal(ask_arch(only_on, X86, AUDIT_ARCH_I386, 4), KILL);
	/* for a machine that has no such calls the statement says nothing */
	assert_int_equal(ask_arch(both, AUDIT_ARCH_I386, AUDIT_ARCH_I386, 4), ALLOW);
	assert_int_equal(
		ask_arch("ARCH i386 ALLOW { write }", AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, 4),
		KILL);
	assert_int_equal(
		ask_arch("ARCH arm ALLOW { write }", AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 4), ALLOW);
	assert_int_equal(
		ask_arch("ARCH { arm, mips, x32, x86_64 } DEFAULT ALLOW", X86, AUDIT_ARCH_I386, 4),
		KILL);
	assert_int_equal(ask_arch("ARCH { arm, i386 } DEFAULT ALLOW", X86, AUDIT_ARCH_I386, 4),
			 ALLOW);
	/* no word of the language elsewhere */
	assert_int_equal(ask("#define ARCH 1\nPOLICY ARCH { ALLOW { SYSCALL[1](ARCH) { ARCH == 1 } "
			     "} } USE ARCH",
			     1, 1, 0, 0),
			 ALLOW);
	refuse("ARCH", "p:1:5: unexpected end of the policy, expected an architecture");
	refuse("ARCH i387 DEFAULT ALLOW",
	       "p:1:6: unknown architecture 'i387', did you mean 'i386'?");
	refuse("POLICY a { ARCH i386 }", "p:1:12: unexpected 'ARCH'");
	refuse("ARCH i386\nALLOW { lseek,\n epoll_wait_old }",
	       "p:3:2: unknown system call 'epoll_wait_old', did you mean 'epoll_wait'? (for i386, "
	       "which ARCH names)");
}

static void test_x32(void **state UNUSED)
{
	struct kafel_options opts = options();
	struct seccomp_data call = {.nr = 0x40000001, .arch = X86};
	const char *text = "ERRNO(1) { write } DEFAULT ALLOW";

	assert_int_equal(ask_with(&opts, text, &call), ALLOW);
	opts.refuse_x32 = true;
	assert_int_equal(ask_with(&opts, text, &call), KILL);
	call.nr = 0x7fffffff;
	assert_int_equal(ask_with(&opts, text, &call), KILL);
	call.nr = 0x3fffffff;
	assert_int_equal(ask_with(&opts, text, &call), ALLOW);
	call.nr = -1;
	assert_int_equal(ask_with(&opts, text, &call), ALLOW);
	/* A policy that names one knows what it does. */
	call.nr = 0x40000001;
	assert_int_equal(ask_with(&opts, "KILL { SYSCALL[0x40000000] } DEFAULT ALLOW", &call),
			 ALLOW);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void repeat(struct sbuf *b, const char *s, unsigned n)
{
	while (n--)
		sbuf_puts(b, s);
}

/* "ALLOW { write { fd == 1 SOMETHING } }" with @before and @after repeated around. */
static char *around(struct sbuf *b, const char *before, const char *after, unsigned n)
{
	b->n = 0;
	sbuf_puts(b, "ALLOW { write { ");
	repeat(b, before, n);
	sbuf_puts(b, "fd == 1");
	repeat(b, after, n);
	sbuf_puts(b, " } }");
	return b->s;
}

static void test_limits(void **state UNUSED)
{
	_cleanup_sbuf_ struct sbuf b = {0};

	assert_int_equal(ask(around(&b, "", "&1", 199), 1, 1, 0, 0), ALLOW);
	refuse(around(&b, "", "&1", 201), "p:1:23: the expression is more than 200 operators deep");
	refuse(around(&b, "", " || count == 5", 201), "more than 200 operators deep");
	assert_int_equal(ask(around(&b, "(", ")", 1500), 1, 1, 0, 0), ALLOW);
	refuse(around(&b, "(", ")", 2001), "more than 2000 nested parentheses");
	refuse(around(&b, "!", "", 201), "more than 200 negations");
	assert_int_equal(ask(around(&b, "!", "", 198), 1, 1, 0, 0), ALLOW);
	/* Kafel has no room for this many pending values. */
	b.n = 0;
	sbuf_puts(&b, "ALLOW { open { ");
	repeat(&b, "flags & mode & 0x1337 & ", 9);
	sbuf_puts(&b, "flags & mode & 0x1337 == 1 } }");
	refuse(b.s, "p:1:9: the condition needs more than 16 intermediate values");
	/* 4096 instructions. */
	b.n = 0;
	sbuf_puts(&b, "ALLOW { SYSCALL[0]");
	for (unsigned i = 1; i < 40000; i++)
		sbuf_printf(&b, ", SYSCALL[%u]", 3 * i);
	sbuf_puts(&b, " }");
	refuse(b.s, "the policy is too large");
}

static void test_oom(void **state UNUSED)
{
	struct kafel_options opts = options();
	_cleanup_sbuf_ struct sbuf b = {0};
	unsigned long n = 1;
	int r;

	sbuf_puts(&b,
		  "#define X 3\nPOLICY a { ALLOW { read { fd == X || count & 7 == 1, fd == 9 } } }"
		  "\nUSE a, USE basics ERRNO(1) { write(a, b, c) { a < b && !(b == c) }");
	for (unsigned i = 0; i < 100; i++)
		sbuf_printf(&b,
			    ", SYSCALL[%u](a, b) { a == 1, a == 2, a == %u, a == 4, a & b == 5 }",
			    i * 2, i);
	sbuf_puts(&b, " } DEFAULT LOG");
	do {
		struct arena a = {0};
		struct sock_fprog prog;
		struct err err = ERR_INIT;

		mem_fail_at(n++);
		r = kafel_compile(&opts, b.s, b.n, "p", &a, &prog, &err);
		mem_fail_at(0);
		assert_true(r == 0 || r == -ENOMEM);
		arena_free(&a);
	} while (r < 0);
	print_message("%lu places to fail\n", n - 2);
	assert_true(n > 20);
}

/* --- includes --------------------------------------------------------------------------------- */

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_includes(void **state UNUSED)
{
	char top[] = "/tmp/toastainer-kafel.XXXXXX", dir[100], path[200];
	const char *dirs[] = {"/nonexistent", dir, NULL};
	static const char *const files[] = {"inc/a",   "inc/b",	   "inc/c",    "inc/loop",
					    "inc/bad", "inc/open", "inc/link", "inc/fifo",
					    "inc",     "outside",  "",	       NULL};
	struct kafel_options opts = options();
	struct seccomp_data call = {.nr = 1, .arch = X86};

	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/inc", top);
	assert_int_equal(mkdir(dir, 0700), 0);
	opts.include_dirs = dirs;
	write_file(top, "outside", "ALLOW { write }\n");
	write_file(dir, "a", "POLICY a { ALLOW { write } }");
	write_file(dir, "c", "POLICY c { USE a }");
	write_file(dir, "b", "#include \"a\"\nPOLICY b { USE a }");
	write_file(dir, "loop", "#include \"loop\"\n");
	write_file(dir, "bad", "\n  ALLOW { raed }");
	write_file(dir, "open", "/* a");
	snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(symlink("../outside", path), 0);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);

	assert_int_equal(ask_with(&opts, "#include \"a\"\nUSE a", &call), ALLOW);
	assert_int_equal(ask_with(&opts, "#include \"b\"; USE b", &call), ALLOW);
	assert_int_equal(ask_with(&opts, "#include;\n#include \"a\" \"c\"\nUSE c", &call), ALLOW);
	refuse_with(&opts, "#include \"bad\"\n", "/inc/bad:2:11: unknown system call 'raed'");
	refuse_with(&opts, "#include \"a\"\nUSE b", "p:2:5: unknown policy 'b'");
	refuse_with(&opts, "#include \"a\" USE a", "unexpected character 'U'");
	refuse_with(&opts, "#include \"a\"", "#include must end with a newline");
	refuse_with(&opts, "#include \"a\"\"c\"\n", "a blank is missing");
	refuse_with(&opts, "#include \"open\"\n", "/inc/open:1:1: this comment has no end");
	refuse_with(&opts, "#include \"loop\"\n", "more than 16 includes inside each other");
	/* Nothing outside, by any way. */
	refuse_with(&opts, "#include \"../outside\"\n", "outside the include directory");
	refuse_with(&opts, "#include \"link\"\n", "outside the include directory");
	refuse_with(&opts, "#include \"/etc/passwd\"\n", "outside the include directory");
	refuse_with(&opts, "#include \"fifo\"\n", "not a regular file");
	refuse_with(&opts, "#include \".\"\n", "not a regular file");
	refuse_with(&opts, "#include \"none\"\n", "p:1:10: cannot include 'none'");
	for (const char *const *f = files; *f; f++) {
		snprintf(path, sizeof(path), "%s/%s", top, *f);
		assert_int_equal(remove(path), 0);
	}
}

/* --- filters ---------------------------------------------------------------------------------- */

/* As the kernel's bitmap of always allowed calls finds out: no argument is loaded on the way. */
static bool without_arguments(const struct sock_fprog *prog, int nr)
{
	uint32_t a = 0, pc = 0;

	for (;;) {
		const struct sock_filter *f = &prog->filter[pc++];

		if (f->code == (BPF_RET | BPF_K))
			return true;
		if (f->code == (BPF_LD | BPF_W | BPF_ABS)) {
			if (f->k > 4)
				return false;
			a = f->k ? X86 : (uint32_t)nr;
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			pc += f->k;
		} else {
			bool yes = f->code == (BPF_JMP | BPF_JEQ)   ? a == f->k
				   : f->code == (BPF_JMP | BPF_JGE) ? a >= f->k
								    : a & f->k;

			pc += yes ? f->jt : f->jf;
		}
	}
}

static void test_shape(void **state UNUSED)
{
	static const char text[] =
		"ALLOW { read, write, close, mmap { prot & PROT_EXEC == 0 }, brk, openat, futex,\n"
		"socket { family == AF_UNIX || family == AF_INET || family == AF_INET6 },\n"
		"ioctl { cmd == 1, cmd == 2, cmd == 3, cmd == 4, cmd == 9, cmd == 11, cmd == 12 "
		"},\n"
		"newfstat, getpid, exit_group, rt_sigreturn, clock_gettime } DEFAULT ERRNO(1)";
	struct kafel_options opts = options();
	struct arena a = {0};
	struct sock_fprog prog;
	struct err err;

	assert_int_equal(kafel_compile(&opts, text, strlen(text), "p", &a, &prog, &err), 0);
	assert_int_equal(prog.filter[0].code, BPF_LD | BPF_W | BPF_ABS);
	assert_int_equal(prog.filter[0].k, offsetof(struct seccomp_data, arch));
	for (int nr = 0; nr < 500; nr++)
		assert_int_equal(without_arguments(&prog, nr), nr != 9 && nr != 41 && nr != 16);
	/* Seven values of one argument: a search among them, not seven comparisons. */
	assert_true(bpf_longest(&prog) <= 2 + 1 + 5 + 1 + 4 + 1);
	arena_free(&a);
}

static void test_checks(void **state UNUSED)
{
	static const struct {
		unsigned short len;
		struct sock_filter f[4];
		const char *message;
	} rows[] = {
		{1, {{BPF_RET | BPF_K, 0, 0, 0}}, NULL},
		{1, {{BPF_RET | BPF_A, 0, 0, 0}}, NULL},
		{0, {{0}}, "0 instructions"},
		{1, {{BPF_LD | BPF_IMM, 0, 0, 0}}, "does not end with a return"},
		{2, {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64}, {BPF_RET, 0, 0, 0}}, "outside of"},
		{2, {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 2}, {BPF_RET, 0, 0, 0}}, "outside of"},
		{2, {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, "not allow"},
		{2, {{BPF_ALU | BPF_MOD | BPF_K, 0, 0, 1}, {BPF_RET, 0, 0, 0}}, "not allow"},
		{2, {{BPF_JMP | BPF_JEQ, 0, 1, 0}, {BPF_RET, 0, 0, 0}}, "beyond the end"},
		{2, {{BPF_JMP | BPF_JEQ, 1, 0, 0}, {BPF_RET, 0, 0, 0}}, "beyond the end"},
		{2, {{BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET, 0, 0, 0}}, "beyond the end"},
		{2, {{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}, {BPF_RET, 0, 0, 0}}, "beyond the end"},
		{2, {{BPF_ST, 0, 0, 16}, {BPF_RET, 0, 0, 0}}, "outside of the scratch"},
		{2, {{BPF_LD | BPF_MEM, 0, 0, 1}, {BPF_RET, 0, 0, 0}}, "never written"},
		{3, {{BPF_ST, 0, 0, 1}, {BPF_LD | BPF_MEM, 0, 0, 1}, {BPF_RET, 0, 0, 0}}, NULL},
		{4,
		 {{BPF_JMP | BPF_JEQ, 1, 0, 0},
		  {BPF_ST, 0, 0, 1},
		  {BPF_LDX | BPF_MEM, 0, 0, 1},
		  {BPF_RET, 0, 0, 0}},
		 "never written"},
		{2, {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, "by zero"},
		{2, {{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32}, {BPF_RET, 0, 0, 0}}, "shift"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock_fprog prog = {rows[i].len, (struct sock_filter *)rows[i].f};
		struct err err = ERR_INIT;
		int r = bpf_check(&prog, &err);

		if (!rows[i].message ? r != 0 : r == 0 || !strstr(err.msg, rows[i].message))
			fail_msg("row %zu: %s", i, err.msg);
	}
}

static void test_where(void **state UNUSED)
{
	static const char text[] = "ALLOW {\n  write { fd == 1 },\n  read\n}\nDEFAULT ERRNO(1)";
	struct kafel_options opts = options();
	struct seccomp_data call = {.nr = 1, .arch = X86, .args = {1}};
	struct kafel_decision d;
	struct kafel_policy *policy;
	struct arena a = {0};
	struct err err;

	assert_int_equal(kafel_parse(&opts, text, strlen(text), "p", &a, &policy, &err), 0);
	kafel_decide(policy, &call, &d);
	assert_int_equal(d.pos.line, 2);
	assert_int_equal(d.pos.column, 3);
	assert_string_equal(d.why, "write");
	call.args[0] = 2;
	kafel_decide(policy, &call, &d);
	assert_int_equal(d.pos.line, 5);
	assert_string_equal(d.why, "DEFAULT");
	call.arch = 0;
	kafel_decide(policy, &call, &d);
	assert_int_equal(d.pos.line, 0);
	assert_string_equal(d.why, "another architecture");
	arena_free(&a);
}

static void test_text(void **state UNUSED)
{
	static const char text[] = "ERRNO(5) { write { fd & 7 == 1 } } DEFAULT ALLOW";
	static const char wanted[] = "   0: ld   [4] ; arch\n"
				     "   1: jeq  #0xc000003e, 3, 2\n"
				     "   2: ret  KILL\n"
				     "   3: ld   [0] ; nr\n"
				     "   4: jeq  #0x1, 5, 8\n"
				     "   5: ld   [16] ; arg0.low\n"
				     "   6: and  #0x7\n"
				     "   7: jeq  #0x1, 9, 8\n"
				     "   8: ret  ALLOW\n"
				     "   9: ret  ERRNO(5)\n";
	_cleanup_sbuf_ struct sbuf out = {0};
	struct kafel_options opts = options();
	struct arena a = {0};
	struct sock_fprog prog;
	struct err err;

	assert_int_equal(kafel_compile(&opts, text, strlen(text), "p", &a, &prog, &err), 0);
	bpf_print(&out, &prog);
	assert_string_equal(out.s, wanted);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_other_architecture),
		cmocka_unit_test(test_x32),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_oom),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("kafel", tests, NULL, NULL);
}
