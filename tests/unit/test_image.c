// SPDX-License-Identifier: BSD-3-Clause
/*
 * The parts of image building that need no jail: scripts, id maps, mount targets, emptying.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "image/dir.h"
#include "image/ids.h"
#include "image/script.h"
#include "image/targets.h"

/* ---- scripts ---- */

static const struct {
	const char *text, *interpreter, *argument;
	int code;
} scripts[] = {
	{"echo\n", "/bin/sh", NULL, 0},
	{"", "/bin/sh", NULL, 0},
	{"#!/bin/bash", "/bin/bash", NULL, 0},
	{"#! \t /bin/bash \t \n", "/bin/bash", NULL, 0},
	{"#!/usr/bin/env -S a b \nx", "/usr/bin/env", "-S a b", 0},
	{"#/bin/bash\n", "/bin/sh", NULL, 0},
	{" #!/bin/bash\n", "/bin/sh", NULL, 0},
	{"#!bash\n", NULL, NULL, ENOEXEC},
	{"#!\n", NULL, NULL, ENOEXEC},
	{"#!", NULL, NULL, ENOEXEC},
	{"#!/bin/sh\r\n", NULL, NULL, ENOEXEC},
	{"\r\n", NULL, NULL, ENOEXEC},
	{"true\r", NULL, NULL, ENOEXEC},
	{"true\ncr=\r\n", "/bin/sh", NULL, 0},
	{"\177ELF", NULL, NULL, ENOEXEC},
};

static void test_scripts(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct arena a = {0};
		struct script s = {0};
		struct err err = ERR_INIT;
		int r = script_parse(&a, "x.sh", scripts[i].text, strlen(scripts[i].text), &s,
				     &err);

		assert_int_equal(r, -scripts[i].code);
		if (r) {
			assert_non_null(strstr(err.msg, "x.sh"));
			assert_null(s.interpreter);
		} else {
			assert_string_equal(s.interpreter, scripts[i].interpreter);
			if (scripts[i].argument)
				assert_string_equal(s.argument, scripts[i].argument);
			else
				assert_null(s.argument);
		}
		arena_free(&a);
	}
}

/* ---- ids ---- */

static void check_map(const struct id_source *src, const char *expected, bool helper)
{
	struct arena a = {0};
	struct id_map m = {0};
	struct err err = ERR_INIT;
	char text[300] = "";
	size_t n = 0;

	assert_int_equal(ids_map(&a, src, &m, &err), 0);
	for (uint32_t i = 0; i < m.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u:%u:%u ", m.v[i].inside,
				      m.v[i].outside, m.v[i].count);
	assert_string_equal(text, expected);
	assert_int_equal(m.helper, helper);
	arena_free(&a);
}

static void test_ids_of_root(void **state UNUSED)
{
	struct id_source src = {
		.privileged = true, .own_map = "0 0 4294967295\n", .sub_ranges = ""};

	check_map(&src, "0:0:4294967295 ", false);
	src.own_map = "         0     100000      65536\n";
	check_map(&src, "0:0:65536 ", false);
	src.own_map = "1000 1 5\n0 77 1\n1 100000 65536\n";
	check_map(&src, "0:0:1 1000:1000:5 1:1:65536 ", false);
}

static void test_ids_of_root_without_zero(void **state UNUSED)
{
	const struct id_source src = {.privileged = true, .own_map = "1 0 5\n", .sub_ranges = ""};
	struct arena a = {0};
	struct id_map m;
	struct err err = ERR_INIT;

	assert_int_equal(ids_map(&a, &src, &m, &err), -EPERM);
	arena_free(&a);
}

static void test_ids_of_a_user(void **state UNUSED)
{
	struct id_source src = {.id = 1000, .uid = 1000, .user = "eve", .own_map = ""};

	src.sub_ranges = "";
	check_map(&src, "0:1000:1 ", false);
	src.sub_ranges = "adam:100000:65536\neve:165536:65536\n1000:300000:10\n";
	check_map(&src, "0:1000:1 1:165536:65536 65537:300000:10 ", true);
	/* what is no range, or somebody else's, is left out */
	src.sub_ranges = "eve\neve:\neve:1\neve:1:\neve:x:5\neve:5:-1\n1000x:1:1\nev:1:1\n:::\n"
			 "eve:9:99999999999\neve:7:0\n10000:1:1\n# eve:1:1\neve:600000:2";
	check_map(&src, "0:1000:1 1:600000:2 ", true);
	/* more than there are ids */
	src.sub_ranges = "eve:1:4294967295\neve:5:3\n";
	check_map(&src, "0:1000:1 1:5:3 ", true);
}

/* ---- targets ---- */

struct tree {
	char path[64];
	int fd;
};

static int set_up(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	snprintf(t->path, sizeof(t->path), "/tmp/toastainer-unit.XXXXXX");
	assert_non_null(mkdtemp(t->path));
	t->fd = sys_openat(AT_FDCWD, t->path, O_RDONLY | O_DIRECTORY, 0);
	assert_true(t->fd >= 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *t = *state;
	struct err err = ERR_INIT;

	assert_int_equal(dir_empty(t->fd, &err), 0);
	close(t->fd);
	assert_int_equal(rmdir(t->path), 0);
	free(t);
	return 0;
}

static void make_dir(const struct tree *t, const char *path)
{
	assert_int_equal(mkdirat(t->fd, path, 0755), 0);
}

static void make_link(const struct tree *t, const char *path, const char *text)
{
	assert_int_equal(symlinkat(text, t->fd, path), 0);
}

static bool exists(const struct tree *t, const char *path)
{
	struct stat st;

	return fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_targets(void **state)
{
	static const struct target want[] = {{"/proc", true},
					     {"/etc/resolv.conf", false},
					     {"/a/b/c", true},
					     {"/a/b/file", false}};
	const struct tree *t = *state;
	struct targets made = TARGETS_INIT;
	struct err err = ERR_INIT;

	make_dir(t, "etc");
	assert_int_equal(targets_make(&made, t->fd, want, ARRAY_SIZE(want), &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_true(exists(t, want[i].path + 1));
	targets_remove(&made);
	assert_false(exists(t, "proc"));
	assert_false(exists(t, "etc/resolv.conf"));
	assert_false(exists(t, "a"));
	assert_true(exists(t, "etc"));
	targets_remove(&made);
}

/* Each link is resolved as a process inside the tree would resolve it. */
static void test_targets_over_links(void **state)
{
	static const char *const links[] = {"/run/x/conf", "../run/x/conf",
					    "../../../../run/x/conf", "hop", "/tmp"};
	const struct target want = {"/etc/resolv.conf", false};
	const struct tree *t = *state;

	make_dir(t, "etc");
	make_link(t, "etc/hop", "/run/x/conf");
	for (size_t i = 0; i < 4; i++) {
		struct targets made = TARGETS_INIT;
		struct err err = ERR_INIT;

		make_link(t, "etc/resolv.conf", links[i]);
		assert_int_equal(targets_make(&made, t->fd, &want, 1, &err), 0);
		assert_true(exists(t, "run/x/conf"));
		targets_remove(&made);
		assert_false(exists(t, "run"));
		assert_true(exists(t, "etc/resolv.conf"));
		unlinkat(t->fd, "etc/resolv.conf", 0);
	}
}

static void test_targets_that_cannot_be(void **state)
{
	static const struct target wants[][2] = {
		{{"/made", true}, {"/loop", false}},
		{{"/made", true}, {"/file/below", false}},
		{{"/made", true}, {"/file", true}},
		{{"/made", true}, {"/dir", false}},
	};
	static const char *const names[] = {"'/loop'", "'/file'", "'/file'", "'/dir'"};
	const struct tree *t = *state;

	make_link(t, "loop", "loop");
	make_dir(t, "dir");
	close(sys_openat(t->fd, "file", O_CREAT | O_WRONLY, 0644));
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		struct targets made = TARGETS_INIT;
		struct err err = ERR_INIT;

		assert_true(targets_make(&made, t->fd, wants[i], 2, &err) < 0);
		assert_non_null(strstr(err.msg, names[i]));
		assert_false(exists(t, "made"));
		assert_int_equal(made.pipe, FD_NONE);
	}
}

/* Only what is ours and still empty goes. */
static void test_targets_that_were_used(void **state)
{
	static const struct target want[] = {{"/dir", true}, {"/file", false}, {"/other", true}};
	const struct tree *t = *state;
	struct targets made = TARGETS_INIT;
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(targets_make(&made, t->fd, want, ARRAY_SIZE(want), &err), 0);
	close(sys_openat(t->fd, "dir/mine", O_CREAT | O_WRONLY, 0644));
	fd = sys_openat(t->fd, "file", O_WRONLY, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	unlinkat(t->fd, "other", AT_REMOVEDIR);
	close(sys_openat(t->fd, "keep", O_CREAT | O_WRONLY, 0644)); /* takes an inode number */
	make_dir(t, "other");
	targets_remove(&made);
	assert_true(exists(t, "dir/mine"));
	assert_true(exists(t, "file"));
}

/* The keeper also works when the process that asked for it dies without a word. */
static void test_targets_after_sigkill(void **state)
{
	static const struct target want[] = {{"/proc", true}, {"/etc/resolv.conf", false}};
	const struct tree *t = *state;
	pid_t pid = fork();

	if (pid == 0) {
		struct targets made = TARGETS_INIT;
		struct err err = ERR_INIT;

		if (targets_make(&made, t->fd, want, 2, &err) == 0 && exists(t, "etc/resolv.conf"))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	int status;

	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	for (int i = 0; i < 500 && exists(t, "etc"); i++)
		usleep(10000);
	assert_false(exists(t, "proc"));
	assert_false(exists(t, "etc"));
}

/* ---- emptying ---- */

static void test_empty_follows_no_link(void **state)
{
	const struct tree *t = *state;
	struct tree *other;
	void *other_state;
	struct err err = ERR_INIT;

	set_up(&other_state);
	other = other_state;
	close(sys_openat(other->fd, "canary", O_CREAT | O_WRONLY, 0644));
	make_dir(t, "a");
	make_dir(t, "a/b");
	make_link(t, "a/b/link", other->path);
	make_link(t, "link", other->path);
	assert_int_equal(dir_empty(t->fd, &err), 0);
	assert_false(exists(t, "a"));
	assert_true(exists(other, "canary"));
	tear_down(&other_state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_ids_of_root),
		cmocka_unit_test(test_ids_of_root_without_zero),
		cmocka_unit_test(test_ids_of_a_user),
		cmocka_unit_test_setup_teardown(test_targets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_targets_over_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_targets_that_cannot_be, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_targets_that_were_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_targets_after_sigkill, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty_follows_no_link, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
