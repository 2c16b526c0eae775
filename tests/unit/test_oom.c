// SPDX-License-Identifier: BSD-3-Clause
/*
 * Memory running out at every single allocation: from the command line and a config file to the plan, in a whole
 * run, in the library, in a build. Each time an error that says so, never a crash, nothing lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/cli.h"
#include "config/dump.h"
#include "config/load.h"
#include "config/to_plan.h"
#include "image/shell.h"
#include "mode/once.h"
#include "toastainer.h"

static const char *const command_line[] = {
	"toastainer",
	"-Mo",
	"--chroot",
	"/",
	"-R",
	"/usr:/a",
	"-B",
	"/tmp:/b",
	"-T",
	"/c",
	"-m",
	"none:/d:tmpfs:size=1m,ro",
	"-s",
	"x:/e",
	"--file",
	"/f:text",
	"-u",
	"5:0:1",
	"-g",
	"nogroup:0:1",
	"-E",
	"A=1",
	"-E",
	"PATH",
	"--cap",
	"CAP_CHOWN",
	"--rlimit_as",
	"max",
	"--cpus",
	"0",
	"--pass_fd",
	"7",
	"--hostname",
	"h",
	"--seccomp_string",
	"ERRNO(1) { mkdir, mkdirat } DEFAULT ALLOW",
	"--",
	"/bin/true",
	"x",
	"y",
	NULL,
};

static const char text[] =
	"name: \"n\" description: \"d\" mount { src: \"/\" dst: \"/\" is_bind: true }\n"
	"mount { dst: \"/t\" fstype: \"tmpfs\" options: \"size=1m,mode=700\" rw: true }\n"
	"mount { src_content: \"abc\" dst: \"/t/f\" } envar: \"A=b\" envar: \"PATH\"\n"
	"uidmap { inside_id: \"1\" } gidmap { inside_id: \"1\" count: 1 } cap: \"CAP_KILL\"\n"
	"seccomp_string: \"POLICY p { ALLOW { read, write } } USE p DEFAULT KILL\"\n"
	"exec_bin { path: \"/bin/sh\" arg: \"-c\" arg: \"true\" }\n";

static const char json[] = "{\"mount\": [{\"src\": \"/\", \"dst\": \"/\", \"isBind\": true}, "
			   "{\"dst\": \"/t\", \"srcContent\":"
			   " \"YWJj\"}], \"envar\": [\"A=b\"], \"execBin\": {\"path\": "
			   "\"/bin/sh\", \"arg\": [\"x\"]}}";

static int run_shell(const char *command)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int plan_of(const struct config *cfg, struct err *err)
{
	struct planned planned = PLANNED_INIT;
	int r = to_plan(cfg, &planned, err);

	planned_free(&planned);
	return r;
}

static int from_command_line(enum config_face face, struct err *err)
{
	struct config cfg;
	struct cli cli;
	int r;

	config_init(&cfg, face);
	r = cli_parse((char **)(uintptr_t)command_line, &cfg, &cli, err);
	if (r == 0)
		r = plan_of(&cfg, err);
	config_free(&cfg);
	return r;
}

static int from_file(const char *s, struct err *err)
{
	_cleanup_sbuf_ struct sbuf out = {0};
	struct config cfg;
	int r;

	config_init(&cfg, FACE_NSJAIL);
	r = load_text(&cfg, "file", s, strlen(s), err);
	if (r == 0)
		r = plan_of(&cfg, err);
	if (r == 0)
		r = dump_text(&cfg, &out, err);
	if (r == 0)
		r = dump_json(&cfg, &out, err);
	config_free(&cfg);
	return r;
}

static int nsjail_words(struct err *err)
{
	return from_command_line(FACE_NSJAIL, err);
}

static int run_words(struct err *err)
{
	return from_command_line(FACE_RUN, err);
}

static int text_file(struct err *err)
{
	return from_file(text, err);
}

static int json_file(struct err *err)
{
	return from_file(json, err);
}

/* A whole run: what the launcher needs while a jail starts, lives and ends. */
static int launch(struct err *err)
{
	static const char *const words[] = {"toastainer",
					    "-c",
					    "/",
					    "--measure",
					    "--output_limit",
					    "1000",
					    "-t",
					    "20",
					    "--explain",
					    "--seccomp_string",
					    "ALLOW { read } DEFAULT ALLOW",
					    "--",
					    "/bin/true",
					    NULL};
	struct result result = {.exit_code = -1};
	struct config cfg;
	struct cli cli;
	int r;

	config_init(&cfg, FACE_RUN);
	r = cli_parse((char **)(uintptr_t)words, &cfg, &cli, err);
	if (r == 0)
		r = once_run(&cfg, &result, err);
	if (r == 0 && result.reason == RESULT_SETUP_FAILED) {
		*err = result.err;
		r = -err->code;
	}
	if (r == 0)
		assert_int_equal(result.exit_code, 0);
	result_free(&result);
	config_free(&cfg);
	return r;
}

/* The library from its first call to its last. */
static int library(struct err *err)
{
	static const char *const argv[] = {"/bin/sh", "-c", "exit 3", NULL};
	struct toastainer_config *cfg = toastainer_config_new(TOASTAINER_RUN);
	struct toastainer_jail *jail = NULL;
	struct toastainer_result result;
	struct toastainer_error e = {0};
	char *told = NULL;
	int r = cfg ? 0 : -ENOMEM;

	if (!cfg)
		snprintf(e.message, sizeof(e.message), "no memory for a config");
	if (r == 0)
		r = toastainer_config_parse(cfg, "envar: 'A=1' mount_proc: true", &e);
	if (r == 0)
		r = toastainer_config_set(cfg, "chroot", "/", &e);
	if (r == 0)
		r = toastainer_config_command(cfg, argv, &e);
	if (r == 0)
		r = toastainer_jail_start(cfg, &jail, &e);
	if (r == 0) {
		toastainer_jail_wait(jail, &result);
		if (result.reason == TOASTAINER_SETUP_FAILED) {
			e = result.error;
			r = -e.code;
		}
	}
	if (r == 0) {
		assert_int_equal(result.exit_code, 3);
		r = toastainer_jail_result_json(jail, &told);
		if (r < 0)
			snprintf(e.message, sizeof(e.message), "no memory for the JSON");
		else
			assert_non_null(strstr(told, "\"exit_code\":3"));
	}
	free(told);
	toastainer_jail_free(jail);
	toastainer_config_free(cfg);
	return r < 0 ? err_set(err, -r, "%s", e.message) : 0;
}

static char image_root[] = "/tmp/toastainer-oom.XXXXXX";

/* A build: the directory, what it lacks, the jail in it. */
static int build(struct err *err)
{
	static const char *const words[] = {"toastainer", "--", "/bin/busybox", "true", NULL};
	const struct shell_request rq = {.dir = image_root};
	struct result result = {.exit_code = -1};
	struct shell shell = SHELL_INIT;
	struct config cfg;
	struct cli cli;
	int r;

	config_init(&cfg, FACE_IMAGE);
	r = cli_parse((char **)(uintptr_t)words, &cfg, &cli, err);
	if (r == 0)
		r = shell_prepare(&shell, &cfg, &rq, err);
	if (r == 0)
		r = shell_run(&shell, &cfg, once_run, &result, err);
	if (r == 0 && result.reason == RESULT_SETUP_FAILED) {
		*err = result.err;
		r = -err->code;
	}
	if (r == 0)
		assert_int_equal(result.exit_code, 0);
	result_free(&result);
	shell_close(&shell);
	config_free(&cfg);
	return r;
}

static void fail_everywhere(int (*work)(struct err *))
{
	unsigned long nth, without = 0;

	for (nth = 1; nth < 100000; nth++) {
		struct err err = ERR_INIT;
		int r;

		mem_fail_at(nth);
		r = work(&err);
		if (mem_fail_at(0)) { /* not reached: every allocation has failed once */
			if (r != 0)
				print_error("without a failure: %s\n", err.msg);
			assert_int_equal(r, 0);
			break;
		}
		if (r == 0) { /* it could do without: the better of two filters, say */
			without++;
			continue;
		}
		if (r != -ENOMEM)
			print_error("allocation %lu: %d %s\n", nth, r, err.msg);
		assert_int_equal(r, -ENOMEM);
		assert_non_null(strstr(err.msg, "memory"));
	}
	assert_true(nth > 10 && without < nth / 3);
}

static void test_nsjail(void **state UNUSED)
{
	fail_everywhere(nsjail_words);
}

static void test_run(void **state UNUSED)
{
	fail_everywhere(run_words);
}

static void test_text(void **state UNUSED)
{
	fail_everywhere(text_file);
}

static void test_json(void **state UNUSED)
{
	fail_everywhere(json_file);
}

static void test_launch(void **state UNUSED)
{
	fail_everywhere(launch);
}

static void test_library(void **state UNUSED)
{
	fail_everywhere(library);
}

static void test_build(void **state UNUSED)
{
	char command[300];

	if (access("/bin/busybox", X_OK) < 0)
		skip();
	assert_non_null(mkdtemp(image_root));
	snprintf(command, sizeof(command),
		 "cd %s && mkdir bin && cp /bin/busybox bin/ && ln -s busybox bin/sh", image_root);
	assert_int_equal(run_shell(command), 0);
	fail_everywhere(build);
	/* nothing of ours is left */
	snprintf(command, sizeof(command),
		 "test \"$(cd %s && echo * bin/*)\" = 'bin bin/busybox bin/sh'", image_root);
	assert_int_equal(run_shell(command), 0);
	snprintf(command, sizeof(command), "rm -r %s", image_root);
	assert_int_equal(run_shell(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nsjail), cmocka_unit_test(test_run),
		cmocka_unit_test(test_text),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_launch), cmocka_unit_test(test_library),
		cmocka_unit_test(test_build),
	};

	if (dup2(STDERR_FILENO, 7) < 0) /* what --pass_fd passes must be open */
		return 1;
	return cmocka_run_group_tests_name("oom", tests, NULL, NULL);
}
