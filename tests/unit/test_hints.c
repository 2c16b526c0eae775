// SPDX-License-Identifier: BSD-3-Clause
/*
 * jail/hints.c and jail/probe.c: errors get the hint of their cause; what the machine says goes
 * before the general text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "jail/hints.h"
#include "jail/probe.h"

static void make(struct err *err, const char *step, int code, const char *msg)
{
	err_set(err, code, "%s", msg);
	snprintf(err->step, sizeof(err->step), "%s", step);
}

static void test_known_causes(void **state UNUSED)
{
	static const struct {
		const char *step;
		int code;
		const char *part;
	} rows[] = {
		{"namespaces", EAGAIN, "ulimit -u"},
		{"idmap", ENOENT, "uidmap"},
		{"idmap", EINVAL, "overlap"},
		{"root", EACCES, "x bit"},
		{"mounts", ENOENT, "not made in the root"},
		{"mounts", EROFS, "read-only root"},
		{"mounts", EPERM, "locked"},
		{"sources", EACCES, "x bit"},
		{"limits", EPERM, "hard limit"},
		{"cwd", ENOENT, "--cwd"},
		{"exec", ENOENT, "interpreter"},
		{"exec", ENOEXEC, "architecture"},
		{"exec", EACCES, "noexec"},
		{"exec", E2BIG, "too large"},
		{"exec", ENOMEM, "rlimit_as"},
		{"session", ENOMEM, "memory"},
		{"", EMFILE, "ulimit -n"},
		{"descriptors", ENOSPC, "disk is full"},
		{"", EAGAIN, "processes"},
		{"loopback", ENOSYS, "5.10"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err;

		make(&err, rows[i].step, rows[i].code, "an object: a cause");
		hint_add(&err);
		if (!strstr(err.hint, rows[i].part))
			fail_msg("row %zu, step '%s': the hint '%s' has no '%s'", i, rows[i].step,
				 err.hint, rows[i].part);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.msg, "an object: a cause");
		assert_string_equal(err.step, rows[i].step);
	}
}

/* A kernel that lacks a file system, and a device that is not what its name says. */
static void test_the_message_tells_causes_apart(void **state UNUSED)
{
	struct err err;

	make(&err, "mounts", ENODEV, "mount nosuchfs on '/mnt': No such device");
	hint_add(&err);
	assert_non_null(strstr(err.hint, "/proc/filesystems"));
	make(&err, "mounts", ENODEV,
	     "bind '/dev/null' on '/dev/null': the source is not that device");
	hint_add(&err);
	assert_string_equal(err.hint, "");
}

static void test_unknown_cause_has_no_hint(void **state UNUSED)
{
	struct err err, none = ERR_INIT;

	make(&err, "hostname", EIO, "an object");
	hint_add(&err);
	assert_string_equal(err.hint, "");
	err_set(&none, 0, "nothing failed");
	hint_add(&none);
	assert_string_equal(none.hint, "");
	hint_add(NULL);
}

static void test_a_given_hint_stays(void **state UNUSED)
{
	struct err err;

	make(&err, "exec", ENOENT, "/bin/sh");
	err_hint(&err, "mine");
	hint_add(&err);
	assert_string_equal(err.hint, "mine");
}

/* EPERM for clone(2) with CLONE_NEWUSER, as docker's filter does, or for mount(2) with a source. */
static void install_filter(uint32_t nr, uint32_t bits)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	if (sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		_exit(90);
}

struct filter {
	uint32_t nr, bits;
};

/* The hint that a process below the filter finds. */
static void hint_below(struct filter f, const char *step, const char *msg, char *buf, size_t n)
{
	int fds[2], status;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;

		install_filter(f.nr, f.bits);
		make(&err, step, EPERM, msg);
		hint_add(&err);
		_exit(sys_write(fds[1], err.hint, strlen(err.hint)) < 0);
	}
	close(fds[1]);
	len = read(fds[0], buf, n - 1);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(len >= 0);
	buf[len] = 0;
}

static bool userns_works(void)
{
	struct probe_result r;
	struct probe_env env;

	probe_env_init(&env);
	assert_true(probe_run_named(&env, "userns", &r));
	probe_env_free(&env);
	return r.status == PROBE_OK;
}

static void test_a_seccomp_filter_is_named(void **state UNUSED)
{
	const struct filter no_userns = {SYS_clone, CLONE_NEWUSER};
	char hint[600];

	if (!userns_works())
		skip();
	hint_below(no_userns, "namespaces", "clone: Operation not permitted", hint, sizeof(hint));
	if (!strstr(hint, "seccomp filter around us"))
		fail_msg("no word of the filter: '%s'", hint);
}

/* The probe of /proc is asked where the message speaks of it, and only there. */
static void test_proc_is_probed(void **state UNUSED)
{
	const struct filter no_mount = {SYS_mount, UINT32_MAX};
	char hint[600];

	if (!userns_works())
		skip();
	hint_below(no_mount, "mounts", "mount proc on '/proc'", hint, sizeof(hint));
	if (!strstr(hint, "seccomp filter around us") && !strstr(hint, "is masked"))
		fail_msg("no cause of the failing proc: '%s'", hint);
	hint_below(no_mount, "mounts", "bind '/usr'", hint, sizeof(hint));
	if (!strstr(hint, "locked"))
		fail_msg("not the text of the step: '%s'", hint);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_probes_answer_and_leave_nothing(void **state UNUSED)
{
	unsigned before = open_descriptors();
	const struct probe *table;
	struct probe_result r;
	struct probe_env env;
	size_t n;

	table = probe_table(&n);
	probe_env_init(&env);
	for (size_t i = 0; i < n; i++) {
		probe_run(&env, &table[i], &r);
		assert_true(r.found[0]);
		assert_true(r.status < PROBE_STATUSES);
		/* What is not as it should be has a cause; what is, has none. */
		if ((r.status == PROBE_DEGRADED || r.status == PROBE_MISSING) != !!r.cause[0])
			fail_msg("%s is %s with the cause '%s'", table[i].name,
				 probe_status_name(r.status), r.cause);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(table[i].name, table[k].name);
	}
	assert_false(probe_run_named(&env, "no such probe", &r));
	probe_env_free(&env);
	assert_int_equal(open_descriptors(), before);
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_causes),
		cmocka_unit_test(test_the_message_tells_causes_apart),
		cmocka_unit_test(test_unknown_cause_has_no_hint),
		cmocka_unit_test(test_a_given_hint_stays),
		cmocka_unit_test(test_a_seccomp_filter_is_named),
		cmocka_unit_test(test_proc_is_probed),
		cmocka_unit_test(test_probes_answer_and_leave_nothing),
	};

	return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
