// SPDX-License-Identifier: BSD-3-Clause
/*
 * trace/: how calls are shown, what addresses and strings out of foreign memory become, the tables and
 * their reports, and the filters, which are run in the interpreter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "kafel/bpf.h"
#include "trace/collect.h"
#include "trace/filter.h"
#include "trace/trace.h"

/* Foreign memory: a buffer that is at BASE. */
#define BASE 0x10000u

static ssize_t read_buffer(const struct memory *m, uint64_t addr, void *buf, size_t n)
{
	if (addr < BASE || addr - BASE >= m->len)
		return -EFAULT;
	n = MIN(n, m->len - (size_t)(addr - BASE));
	memcpy(buf, (const char *)m->data + (addr - BASE), n);
	return (ssize_t)n;
}

static struct memory buffer(const void *p, size_t n)
{
	return (struct memory){.read = read_buffer, .data = p, .len = n, .pid = getpid()};
}

static void expect_text(uint32_t arch, const char *name, const uint64_t *args,
			const struct memory *m, const char *expected)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	struct seccomp_data data = {.arch = arch};
	struct syscalls_call sys;
	struct call c;

	assert_true(syscalls_find(syscalls_arch(arch), name, strlen(name), &sys));
	data.nr = (int)sys.nr;
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		data.args[i] = args[i];
	decode_call(&data, m, &c);
	decode_text(&c, m, &text);
	assert_string_equal(text.s, expected);
}

#define EXPECT(arch, name, m, expected, ...)                                                       \
	expect_text(AUDIT_ARCH_##arch, name, (const uint64_t[SYSCALLS_MAX_ARGS]){__VA_ARGS__}, m,  \
		    expected)

static void test_calls_as_text(void **state UNUSED)
{
	static const char text[] = "/etc/shadow\0a\"b\\c\n\x01\xff";
	const struct memory m = buffer(text, sizeof(text));
	const uint32_t cwd = (uint32_t)AT_FDCWD;

	EXPECT(X86_64, "openat", &m, "openat(AT_FDCWD, \"/etc/shadow\", O_RDONLY)", cwd, BASE, 0);
	EXPECT(X86_64, "openat", &m,
	       "openat(AT_FDCWD, \"/etc/shadow\", O_WRONLY|O_CREAT|O_TRUNC, 0644)", (uint64_t)-100,
	       BASE, 01101, 0644);
	EXPECT(X86_64, "open", &m, "open(\"a\\\"b\\\\c\\n\\001\\377\", O_RDWR|O_SYNC)", BASE + 12,
	       04010002);
	EXPECT(X86_64, "open", &m, "open(0x1, O_RDONLY|O_TMPFILE, 0600)", 1, 020200000, 0600);
	EXPECT(X86_64, "open", NULL, "open(0x10000, O_RDONLY)", BASE);
	EXPECT(X86_64, "open", &m, "open(NULL, O_RDONLY)", 0);
	EXPECT(X86_64, "socket", &m, "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0)", 1, 02000001);
	EXPECT(X86_64, "socket", &m, "socket(AF_NETLINK, SOCK_RAW, 15)", 16, 3, 15);
	EXPECT(X86_64, "socket", &m, "socket(77, 0, 0)", 77);
	EXPECT(X86_64, "mmap", &m,
	       "mmap(0, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", 0, 4096,
	       3, 0x22, (uint64_t)-1);
	EXPECT(X86_64, "mprotect", &m, "mprotect(0x10000, 1, PROT_NONE)", BASE, 1);
	EXPECT(X86_64, "kill", &m, "kill(-1, SIGKILL)", (uint64_t)-1, 9);
	EXPECT(X86_64, "access", &m, "access(\"/etc/shadow\", R_OK|X_OK)", BASE, 5);
	EXPECT(X86_64, "access", &m, "access(\"/etc/shadow\", F_OK)", BASE, 0);
	EXPECT(X86_64, "ioctl", &m, "ioctl(0, TIOCSTI, 0x10000)", 0, 0x5412, BASE);
	EXPECT(X86_64, "ioctl", &m, "ioctl(0, 0x12345678, 0)", 0, 0x12345678);
	EXPECT(X86_64, "fcntl", &m, "fcntl(3, F_DUPFD_CLOEXEC, 0xa)", 3, 0x406, 10);
	EXPECT(X86_64, "unshare", &m, "unshare(CLONE_NEWNS|CLONE_NEWUSER)", 0x10020000);
	EXPECT(X86_64, "clone", &m, "clone(CLONE_VM|CLONE_VFORK|SIGCHLD, 0, 0, 0, 0)", 0x4111);
	EXPECT(X86_64, "clone", &m, "clone(SIGCHLD, 0, 0, 0, 0)", 17);
	EXPECT(X86_64, "chmod", &m, "chmod(\"/etc/shadow\", 04755)", BASE, 04755);
	EXPECT(X86_64, "chown", &m, "chown(\"/etc/shadow\", -1, 5)", BASE, 0xffffffff, 5);
	EXPECT(X86_64, "unlinkat", &m, "unlinkat(3, \"/etc/shadow\", AT_REMOVEDIR)", 3, BASE,
	       0x200);
	EXPECT(X86_64, "bpf", &m, "bpf(5, 0x10000, 48)", 5, BASE, 48);
	EXPECT(AARCH64, "openat", &m, "openat(AT_FDCWD, \"/etc/shadow\", O_RDONLY|O_DIRECTORY)",
	       cwd, BASE, 040000);
}

static void test_unknown_calls(void **state UNUSED)
{
	const struct seccomp_data data[] = {{.nr = 9999, .arch = AUDIT_ARCH_X86_64, .args = {1, 2}},
					    {.nr = 5, .arch = 0x1234, .args = {1, 2}}};
	static const char *const expected[] = {"call 9999(1, 2, 0, 0, 0, 0)",
					       "call 5(1, 2, 0, 0, 0, 0)"};

	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		_cleanup_sbuf_ struct sbuf text = {0};
		struct call c;

		decode_call(&data[i], NULL, &c);
		decode_text(&c, NULL, &text);
		assert_string_equal(text.s, expected[i]);
	}
}

static void test_vectors(void **state UNUSED)
{
	union {
		uint64_t p[4];
		uint32_t n[8];
		char c[64];
	} mem = {.p = {BASE + 40, BASE + 44, 0}};
	struct memory m = buffer(&mem, sizeof(mem));

	memcpy(mem.c + 40, "ls\0\0-l", 7);
	EXPECT(X86_64, "execve", &m, "execve(\"ls\", [\"ls\", \"-l\"], 0)", BASE + 40, BASE);
	mem.n[0] = BASE + 44;
	mem.n[1] = 0;
	EXPECT(I386, "execve", &m, "execve(\"ls\", [\"-l\"], 0)", BASE + 40, BASE);
	EXPECT(X86_64, "execve", &m, "execve(\"ls\", 0x1, 0)", BASE + 40, 1);
	for (unsigned i = 0; i < 4; i++)
		mem.p[i] = BASE + 40;
	m.len = 32; /* the strings are not there, and the vector has no end */
	EXPECT(X86_64, "execve", &m, "execve(0x10028, [0x10028, 0x10028, 0x10028, 0x10028, ?], 0)",
	       BASE + 40, BASE);
}

static void test_long_strings(void **state UNUSED)
{
	char mem[3000], buf[DECODE_PATH];
	struct memory m = buffer(mem, sizeof(mem));
	_cleanup_sbuf_ struct sbuf text = {0};
	struct seccomp_data data = {.nr = 2, .arch = AUDIT_ARCH_X86_64, .args = {BASE}};
	struct call c;

	memset(mem, 'x', sizeof(mem));
	mem[2999] = 0;
	decode_call(&data, &m, &c);
	decode_text(&c, &m, &text);
	assert_int_equal(text.n, strlen("open(\"\"..., O_RDONLY)") + 256);
	assert_int_equal(memory_string(&m, BASE, buf, sizeof(buf)), 2999);
	assert_int_equal(memory_string(&m, BASE, buf, 3000), 2999);
	assert_int_equal(memory_string(&m, BASE, buf, 2999), -ENAMETOOLONG);
	mem[2999] = 'x'; /* ends with the memory, not with a NUL */
	assert_int_equal(memory_string(&m, BASE, buf, sizeof(buf)), -EFAULT);
	assert_int_equal(memory_string(&m, UINT64_MAX - 3, buf, sizeof(buf)), -EFAULT);
	assert_int_equal(memory_get(&m, BASE + 2990, buf, 11), -EFAULT);
	assert_int_equal(memory_get(&m, BASE + 2990, buf, 10), 0);
}

static void expect_address(const void *p, size_t n, int type, const char *text, int port)
{
	struct endpoint e;

	decode_sockaddr(p, n, &e);
	assert_int_equal(e.type, type);
	assert_string_equal(e.text, text);
	assert_int_equal(e.has_port ? e.port : -1, port);
}

static void test_addresses(void **state UNUSED)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(0x7f000001)}};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	sa_family_t vsock = AF_VSOCK;
	char all[sizeof(un.sun_path) + 1] = "";

	expect_address(&in, sizeof(in), ENDPOINT_IPV4, "127.0.0.1", 80);
	expect_address(&in, 8, ENDPOINT_IPV4, "127.0.0.1", 80);
	expect_address(&in, 7, ENDPOINT_OTHER, "family 2", -1);
	expect_address(&in6, 24, ENDPOINT_IPV6, "::", 443);
	expect_address(&in6, 23, ENDPOINT_OTHER, "family 10", -1);
	expect_address(&vsock, 2, ENDPOINT_OTHER, "family 40", -1);
	expect_address(&in, 1, ENDPOINT_NONE, "", -1);
	expect_address(&un, 2, ENDPOINT_UNIX, "anonymous", -1);
	memcpy(un.sun_path, "/run/x", 7);
	expect_address(&un, sizeof(un), ENDPOINT_UNIX, "/run/x", -1);
	expect_address(&un, 5, ENDPOINT_UNIX, "/ru", -1);
	memset(un.sun_path, 'p', sizeof(un.sun_path)); /* no NUL, as the kernel takes it */
	memset(all, 'p', sizeof(un.sun_path));
	expect_address(&un, sizeof(un), ENDPOINT_UNIX, all, -1);
	memcpy(un.sun_path, "\0a\0b", 4);
	expect_address(&un, 6, ENDPOINT_UNIX, "@a@b", -1);
}

static void test_addresses_in_memory(void **state UNUSED)
{
	struct {
		struct sockaddr_in in;
		uint64_t name;
		uint32_t len;
		uint32_t narrow[2];
		uint32_t args[3];
	} mem = {.in = {.sin_family = AF_INET, .sin_port = htons(80)}};
	const struct memory m = buffer(&mem, sizeof(mem));
	const unsigned at = (unsigned)((char *)&mem.name - (char *)&mem);
	struct endpoint e;

	EXPECT(X86_64, "connect", &m, "connect(3, {0.0.0.0:80}, 16)", 3, BASE, 16);
	EXPECT(X86_64, "connect", &m, "connect(3, 0x10000, 4096)", 3, BASE, 4096);
	EXPECT(X86_64, "connect", &m, "connect(3, 0x10000, -1)", 3, BASE, 0xffffffff);
	mem.name = BASE;
	mem.len = 16;
	EXPECT(X86_64, "sendmsg", &m, "sendmsg(3, {0.0.0.0:80}, 0)", 3, BASE + at);
	mem.narrow[0] = BASE;
	mem.narrow[1] = 16;
	EXPECT(I386, "sendmsg", &m, "sendmsg(3, {0.0.0.0:80}, 0)", 3, BASE + at + 12);
	mem.args[0] = 3;
	mem.args[1] = BASE;
	mem.args[2] = 16;
	EXPECT(I386, "socketcall", &m, "connect(3, {0.0.0.0:80}, 16)", 3, BASE + at + 20);
	EXPECT(I386, "socketcall", &m, "socketcall(99, 0x10000)", 99, BASE);
	assert_int_equal(decode_endpoint(&m, BASE, 0, &e), -ENOENT);
	assert_int_equal(decode_endpoint(&m, BASE, 129, &e), -EINVAL);
	assert_int_equal(decode_endpoint(&m, BASE + 40, 128, &e), -EFAULT);
}

static void test_specs_are_sorted(void **state UNUSED)
{
	unsigned n;
	const struct call_spec *specs = decode_specs(&n);

	for (unsigned i = 0; i < n; i++) {
		if (i)
			assert_true(strcmp(specs[i - 1].name, specs[i].name) < 0);
		assert_true(syscalls_known_anywhere(specs[i].name, strlen(specs[i].name)));
	}
}

/* ---- tables */

static void look_at(struct collection *all, const char *name, const uint64_t *args,
		    const struct memory *m)
{
	struct seccomp_data data = {.arch = SYSCALLS_NATIVE_ARCH};
	static struct touch touch;
	struct syscalls_call sys;
	struct call c;

	assert_true(syscalls_find(syscalls_arch(data.arch), name, strlen(name), &sys));
	data.nr = (int)sys.nr;
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		data.args[i] = args[i];
	decode_call(&data, m, &c);
	collect_look(&c, m, &touch);
	collect_add(all, &c, &touch);
	collect_forget(&touch);
}

#define LOOK(all, name, m, ...)                                                                    \
	look_at(all, name, (const uint64_t[SYSCALLS_MAX_ARGS]){__VA_ARGS__}, m)

static void test_collection(void **state UNUSED)
{
	static const char path[] = "/nonexistent/\"\n";
	const struct memory m = buffer(path, sizeof(path));
	_cleanup_sbuf_ struct sbuf text = {0}, json = {0};
	struct collection all = {0};

	for (unsigned i = 0; i < 3; i++)
		LOOK(&all, "openat", &m, (uint64_t)AT_FDCWD, BASE, O_RDONLY);
	LOOK(&all, "openat", &m, (uint64_t)AT_FDCWD, BASE, O_RDWR | O_CLOEXEC);
	LOOK(&all, "openat", &m, (uint64_t)AT_FDCWD, 1, O_RDONLY);
	LOOK(&all, "openat", &m, (uint64_t)AT_FDCWD, BASE + 15, O_RDONLY); /* empty */
	LOOK(&all, "getpid", &m, 0);
	collect_text(&all, &text);
	assert_string_equal(
		text.s,
		"fs_access {\n  path: \"/nonexistent/\\\"\\n\"\n"
		"  jail_type: NONEXISTENT\n  main_type: NONEXISTENT\n  mode: RDONLY\n  count: 3\n"
		"  syscall {\n    name: \"openat\"\n    args: \"dirfd=AT_FDCWD\"\n    count: 3\n  "
		"}\n"
		"  exists_in_jail: false\n  exists_in_main: false\n}\n"
		"fs_access {\n  path: \"/nonexistent/\\\"\\n\"\n"
		"  jail_type: NONEXISTENT\n  main_type: NONEXISTENT\n  mode: RDWR\n  count: 1\n"
		"  syscall {\n    name: \"openat\"\n    args: \"dirfd=AT_FDCWD "
		"mode_extra=O_CLOEXEC\"\n"
		"    count: 1\n  }\n  exists_in_jail: false\n  exists_in_main: false\n}\n"
		"# 1 arguments could not be read\n");
	collect_json(&all, &json);
	assert_non_null(strstr(json.s, "\"path\":\"/nonexistent/\\\"\\u000a\""));
	assert_non_null(strstr(json.s, "\"unreadable\":1,\"dropped\":0}\n"));
	collect_free(&all);
}

/* A program that opens ever new paths does not make the table grow without end. */
static void test_collection_has_a_limit(void **state UNUSED)
{
	char path[1600];
	const struct memory m = buffer(path, sizeof(path));
	struct collection all = {0};

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[1599] = 0;
	for (unsigned i = 0; i < 25000; i++) {
		memcpy(path + 1, &(uint32_t){i | 0x80808080u}, 4);
		memcpy(path + 5, &(uint32_t){i >> 7 | 0x80808080u}, 4);
		LOOK(&all, "access", &m, BASE);
	}
	assert_true(all.dropped > 1000);
	assert_true(all.memory <= 33u << 20);
	collect_free(&all);
	for (unsigned i = 0; i < 500; i++)
		LOOK(&all, "chmod", &m, BASE, i);
	assert_int_equal(all.dropped, 500 - 64);
	collect_free(&all);
}

/* ---- filters */

static uint32_t ask(const struct sock_fprog *prog, uint32_t arch, const char *name, uint64_t cookie)
{
	struct seccomp_data data = {.arch = arch, .args = {0, 0, 0, 0, 0, cookie}};
	struct syscalls_call sys;

	assert_true(syscalls_find(syscalls_arch(arch), name, strlen(name), &sys));
	data.nr = (int)sys.nr;
	return bpf_run(prog, &data, NULL);
}

static void build(struct arena *a, const char *policy, const struct filter_wish *wish,
		  struct sock_fprog *ret)
{
	const struct kafel_options opts = {.arch = SYSCALLS_NATIVE_ARCH};
	struct sock_fprog own;
	struct err err = ERR_INIT;

	if (policy)
		assert_int_equal(kafel_compile(&opts, policy, strlen(policy), "p", a, &own, &err),
				 0);
	assert_int_equal(filter_build(wish, policy ? &own : NULL, a, ret, &err), 0);
}

static void test_filter_of_a_trace(void **state UNUSED)
{
	const struct filter_wish wish = {.files = true, .cookie = 0x1122334455667788};
	const uint32_t native = SYSCALLS_NATIVE_ARCH;
	struct arena a = {0};
	struct sock_fprog prog;

	build(&a, NULL, &wish, &prog);
	assert_int_equal(ask(&prog, native, "openat", 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, native, "read", 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&prog, native, "sendmsg", 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, native, "sendmsg", wish.cookie), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&prog, native, "sendmsg", wish.cookie ^ 1), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, native, "sendmsg", wish.cookie ^ 1ULL << 32),
			 SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, native, "openat", wish.cookie), SECCOMP_RET_USER_NOTIF);
#ifdef __x86_64__
	assert_int_equal(ask(&prog, AUDIT_ARCH_I386, "open", 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, AUDIT_ARCH_I386, "socketcall", 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, AUDIT_ARCH_I386, "read", 0), SECCOMP_RET_ALLOW);
#endif
	build(&a,
	      "ERRNO(3) { openat } TRACE(1) { unlinkat } LOG { mkdirat } KILL { getppid } DEFAULT "
	      "ALLOW",
	      &wish, &prog);
	assert_int_equal(ask(&prog, native, "openat", 0), SECCOMP_RET_ERRNO | 3);
	assert_int_equal(ask(&prog, native, "unlinkat", 0), SECCOMP_RET_TRACE | 1);
	assert_int_equal(ask(&prog, native, "mkdirat", 0), SECCOMP_RET_LOG);
	assert_int_equal(ask(&prog, native, "getppid", 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(ask(&prog, native, "linkat", 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask(&prog, native, "close", 0), SECCOMP_RET_ALLOW);
	arena_free(&a);
}

static void test_filter_of_an_audit(void **state UNUSED)
{
	struct filter_wish wish = {.audit = true, .cookie = 7};
	const uint32_t native = SYSCALLS_NATIVE_ARCH;
	const char *policy =
		"ERRNO(3) { openat } TRACE(1) { unlinkat } LOG { mkdirat } TRAP(0) { getppid } "
		"ALLOW { close, linkat } DEFAULT KILL";
	struct arena a = {0};
	struct sock_fprog prog;

	for (unsigned files = 0; files <= 1; files++) {
		wish.files = files;
		build(&a, policy, &wish, &prog);
		assert_int_equal(ask(&prog, native, "openat", 0), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(ask(&prog, native, "unlinkat", 0), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(ask(&prog, native, "getppid", 0), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(ask(&prog, native, "getpid", 0), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(ask(&prog, native, "mkdirat", 0), SECCOMP_RET_LOG);
		assert_int_equal(ask(&prog, native, "close", 0), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(&prog, native, "linkat", 0),
				 files ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
		assert_int_equal(ask(&prog, native, "sendmsg", 7), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(&prog, native, "sendmsg", 0), SECCOMP_RET_USER_NOTIF);
	}
	arena_free(&a);
}

static void test_one_listener_only(void **state UNUSED)
{
	static const char policy[] = "USER_NOTIF { openat } DEFAULT ALLOW";
	const struct kafel_options opts = {.arch = SYSCALLS_NATIVE_ARCH};
	struct filter_wish wish = {.files = true};
	struct err err = ERR_INIT;
	struct arena a = {0};
	struct sock_fprog own, prog;

	assert_int_equal(kafel_compile(&opts, policy, sizeof(policy) - 1, "p", &a, &own, &err), 0);
	assert_int_equal(filter_build(&wish, &own, &a, &prog, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "USER_NOTIF"));
	wish.audit = true;
	assert_int_equal(filter_build(&wish, &own, &a, &prog, &err), 0);
	arena_free(&a);
}

static void test_violation(void **state UNUSED)
{
	static const char path[] = "/etc/shadow";
	const struct memory m = buffer(path, sizeof(path));
	const struct seccomp_data data = {.nr = 257,
					  .arch = AUDIT_ARCH_X86_64,
					  .instruction_pointer = 0x401000,
					  .args = {(uint32_t)AT_FDCWD, BASE}};
	const struct kafel_decision d = {SECCOMP_RET_KILL_PROCESS, {"policy", 3, 12}, "openat"};
	_cleanup_sbuf_ struct sbuf text = {0}, json = {0};
	struct violation v;
	struct call c;

	decode_call(&data, &m, &c);
	violation_fill(&v, &c, &d, &m);
	v.pid = 42;
	violation_text(&v, &text);
	assert_non_null(
		strstr(text.s, "openat(AT_FDCWD, \"/etc/shadow\", O_RDONLY); pid 42, ip 0x401000"));
	assert_non_null(strstr(text.s, "; policy:3:12 KILL_PROCESS"));
	violation_json(&v, &json);
	assert_non_null(
		strstr(json.s, "\"policy_line\":\"policy:3:12\",\"action\":\"KILL_PROCESS\""));
	assert_non_null(strstr(
		json.s, "\"args\":[\"AT_FDCWD\",\"\\\"/etc/shadow\\\"\",\"O_RDONLY\",\"0\"]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_as_text),
		cmocka_unit_test(test_unknown_calls),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_addresses_in_memory),
		cmocka_unit_test(test_specs_are_sorted),
		cmocka_unit_test(test_collection),
		cmocka_unit_test(test_collection_has_a_limit),
		cmocka_unit_test(test_filter_of_a_trace),
		cmocka_unit_test(test_filter_of_an_audit),
		cmocka_unit_test(test_one_listener_only),
		cmocka_unit_test(test_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
