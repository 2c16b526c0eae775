// SPDX-License-Identifier: BSD-3-Clause
/*
 * The library in a process that has a life of its own: working directory, umask, signals, namespaces
 * and children must be what they were, and jails can be followed with poll(2) and killed.
 * Links libtoastainer; run by the unit suite. Prints what is wrong and exits with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toastainer.h"

static int failures;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);             \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

/* What the library must not change. */
struct state {
	char cwd[4096], namespaces[7][64];
	mode_t mask;
	sigset_t blocked;
	struct sigaction child;
	int next_fd;
};

static void look(struct state *s)
{
	static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

	memset(s, 0, sizeof(*s));
	CHECK(getcwd(s->cwd, sizeof(s->cwd)));
	s->mask = umask(0);
	umask(s->mask);
	sigprocmask(SIG_BLOCK, NULL, &s->blocked);
	sigaction(SIGCHLD, NULL, &s->child);
	for (int i = 0; i < 7; i++) {
		char path[40];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		CHECK(readlink(path, s->namespaces[i], sizeof(s->namespaces[i]) - 1) > 0);
	}
	s->next_fd = dup(0);
	close(s->next_fd);
}

static struct toastainer_jail *start(struct toastainer_config *cfg, const char *script)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct toastainer_error err;
	struct toastainer_jail *jail = NULL;

	if (toastainer_config_command(cfg, argv, &err) < 0 ||
	    toastainer_jail_start(cfg, &jail, &err) < 0) {
		printf("%s: %s; %s\n", err.step, err.message, err.hint);
		exit(1);
	}
	return jail;
}

static void follow_by_poll(struct toastainer_config *cfg)
{
	struct toastainer_jail *jail = start(cfg, "sleep 0.1; exit 7");
	struct pollfd fd = {toastainer_jail_fd(jail), POLLIN, 0};
	struct toastainer_result result;

	while (!toastainer_jail_step(jail))
		CHECK(poll(&fd, 1, 10000) == 1);
	CHECK(toastainer_jail_result(jail, &result) == 0);
	CHECK(result.reason == TOASTAINER_EXITED && result.exit_code == 7);
	CHECK(result.wall_us > 90000);
	toastainer_jail_free(jail);
}

static void reaps_its_own_only(struct toastainer_config *cfg)
{
	pid_t own = fork();
	struct toastainer_result result;
	struct toastainer_jail *jail;
	int status = 0;

	if (own == 0)
		_exit(5);
	jail = start(cfg, "exit 0");
	CHECK(toastainer_jail_wait(jail, &result) == 0 && result.exit_code == 0);
	toastainer_jail_free(jail);
	CHECK(waitpid(own, &status, 0) == own && WEXITSTATUS(status) == 5);
	/* and nobody else's wait sees a jail */
	jail = start(cfg, "sleep 100");
	errno = 0;
	CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
	toastainer_jail_kill(jail);
	CHECK(toastainer_jail_wait(jail, &result) == 0);
	CHECK(result.reason == TOASTAINER_KILLED && result.exit_code == -1);
	toastainer_jail_free(jail);
}

static uint64_t figure(const struct toastainer_result *r, const char *name)
{
	for (unsigned i = 0; toastainer_figure_name(i); i++)
		if (strcmp(toastainer_figure_name(i), name) == 0)
			return r->figures[i];
	printf("no figure is called %s\n", name);
	failures++;
	return 0;
}

static bool was_hit(const struct toastainer_result *r, const char *name)
{
	for (unsigned i = 0; toastainer_limit_name(i); i++)
		if (strcmp(toastainer_limit_name(i), name) == 0)
			return r->limits_hit >> i & 1;
	return false;
}

/* The struct says what the JSON says, and of a figure that nobody knows that it is not known. */
static void counts(void)
{
	struct toastainer_config *cfg = toastainer_config_new(TOASTAINER_RUN);
	struct toastainer_jail *jail;
	struct toastainer_result result;
	struct toastainer_error err;
	char *json = NULL, expected[64];
	unsigned n = 0;

	while (toastainer_figure_name(n))
		n++;
	CHECK(n > 15 && n <= TOASTAINER_FIGURES && !toastainer_figure_name(UINT32_MAX));
	CHECK(!toastainer_limit_name(32));
	CHECK(toastainer_config_set(cfg, "chroot", "/", &err) == 0);
	CHECK(toastainer_config_set(cfg, "measure", NULL, &err) == 0);
	CHECK(toastainer_config_set(cfg, "cpu_limit", "0.1", &err) == 0);
	CHECK(toastainer_config_set(cfg, "rlimit_fsize", "1", &err) == 0);
	jail = start(cfg, "while :; do :; done");
	CHECK(toastainer_jail_wait(jail, &result) == 0);
	CHECK(result.reason == TOASTAINER_CPU_LIMIT && result.limit == 100000);
	CHECK(result.used >= result.limit && result.limits_hit == 0);
	CHECK(figure(&result, "cpu_us") >= 100000 && figure(&result, "cpu_us") < 100000000);
	CHECK(figure(&result, "minor_faults") > 0 && figure(&result, "minor_faults") < 1000000);
	CHECK(figure(&result, "memory_peak_bytes") >= result.peak_kib << 10);
	CHECK(figure(&result, "output_bytes") == UINT64_MAX);
	for (unsigned i = n; i < TOASTAINER_FIGURES; i++)
		CHECK(result.figures[i] == UINT64_MAX);
	CHECK(toastainer_jail_result_json(jail, &json) == 0);
	for (unsigned i = 0; i < n && json; i++) {
		if (result.figures[i] == UINT64_MAX)
			snprintf(expected, sizeof(expected), "\"%s\":null",
				 toastainer_figure_name(i));
		else
			snprintf(expected, sizeof(expected), "\"%s\":%llu",
				 toastainer_figure_name(i), (unsigned long long)result.figures[i]);
		CHECK(strstr(json, expected));
	}
	free(json);
	toastainer_jail_free(jail);
	jail = start(cfg, "exec dd if=/dev/zero of=/tmp/x bs=64k count=100 2>/dev/null");
	CHECK(toastainer_jail_wait(jail, &result) == 0);
	CHECK(result.signal == SIGXFSZ && was_hit(&result, "file_size"));
	CHECK(!was_hit(&result, "pids"));
	toastainer_jail_free(jail);
	toastainer_config_free(cfg);
}

static void says_what_fails(struct toastainer_config *cfg)
{
	struct toastainer_error err;
	struct toastainer_result result;
	struct toastainer_jail *jail;
	const char *argv[] = {"/does/not/exist", NULL};

	CHECK(toastainer_config_set(cfg, "no_such_thing", "1", &err) < 0 && err.message[0]);
	CHECK(toastainer_config_set(cfg, "time_limit", "soon", &err) < 0 && err.message[0]);
	CHECK(toastainer_config_command(cfg, argv, &err) == 0);
	CHECK(toastainer_jail_start(cfg, &jail, &err) == 0);
	CHECK(toastainer_jail_wait(jail, &result) == 0);
	CHECK(result.reason == TOASTAINER_SETUP_FAILED && result.error.code == ENOENT);
	CHECK(strcmp(result.error.step, "exec") == 0);
	toastainer_jail_free(jail);
}

/* A store by hand (src/storage/store.h): the library has no part that could write one. */
#define STORE "store"
#define ID    "1111111111111111111111111111111111111111111111111111111111111111"
#define LAYER "2222222222222222222222222222222222222222222222222222222222222222"
#define TREE  STORE "/layers/" LAYER "/tree"
#define HOLD  STORE "/images/" ID

static const char make_store[] =
	"umask 022 && mkdir " STORE " && chmod 700 " STORE " && cd " STORE
	" && mkdir -p names tmp out images/" ID " layers/" LAYER "/tree && cd layers/" LAYER "/tree"
	" && mkdir bin etc proc dev tmp && cp /bin/busybox bin/ && ln -s busybox bin/sh"
	" && ln -s busybox bin/rm && ln -s busybox bin/cat && echo old >etc/name && cd ../../.."
	" && printf 'toastainer store 1\nmarks user\n' >format"
	" && printf 'layer %s\nenv FROM=image\ncmd /bin/sh\ncmd -c\ncmd exit 9\n' " LAYER
	" >images/" ID "/image && ln -s ../images/" ID " names/x:latest";

static struct toastainer_config *image_config(void)
{
	struct toastainer_config *cfg = toastainer_config_new(TOASTAINER_RUN);
	struct toastainer_error err;

	if (toastainer_config_set(cfg, "store", STORE, &err) < 0 ||
	    toastainer_config_set(cfg, "image", "x", &err) < 0)
		exit(1);
	return cfg;
}

static bool holds(const char *file, const char *text)
{
	char have[500] = "";
	FILE *f = fopen(file, "r");

	if (!f)
		return false;
	have[fread(have, 1, sizeof(have) - 1, f)] = 0;
	fclose(f);
	return strstr(have, text);
}

/* Two jails of one config at once: each has the image for itself, and the config stays as it is. */
static void runs_images(void)
{
	struct toastainer_config *cfg = image_config();
	struct toastainer_jail *a = NULL, *b = NULL;
	struct toastainer_result result;
	struct toastainer_error err;
	int held = open(HOLD, O_RDONLY | O_CLOEXEC);

	CHECK(toastainer_jail_start(cfg, &a, &err) == 0);
	CHECK(toastainer_jail_start(cfg, &b, &err) == 0);
	if (!a || !b) {
		printf("%s; %s\n", err.message, err.hint);
		exit(1);
	}
	CHECK(toastainer_jail_wait(a, &result) == 0 && result.exit_code == 9);
	CHECK(toastainer_jail_wait(b, &result) == 0 && result.exit_code == 9);
	toastainer_jail_free(a);
	CHECK(flock(held, LOCK_EX | LOCK_NB) < 0); /* b is still there */
	toastainer_jail_free(b);
	CHECK(flock(held, LOCK_EX | LOCK_NB) == 0);
	close(held);
	a = start(cfg, "test $FROM = image && cat /etc/name >/seen && rm /etc/name && cat /seen "
		       ">/etc/new");
	CHECK(toastainer_jail_wait(a, &result) == 0 && result.exit_code == 0);
	toastainer_jail_free(a);
	CHECK(holds(TREE "/etc/name", "old") && access(TREE "/etc/new", F_OK) < 0);
	CHECK(toastainer_config_set(cfg, "commit", "y", &err) == 0);
	CHECK(toastainer_jail_start(cfg, &a, &err) == -EINVAL && strstr(err.message, "commit"));
	toastainer_config_free(cfg);
	cfg = image_config();
	CHECK(toastainer_config_set(cfg, "image", "none", &err) == 0);
	CHECK(toastainer_jail_start(cfg, &a, &err) == -ENOENT && strstr(err.message, "'none'"));
	toastainer_config_free(cfg);
}

static void collects_files(void)
{
	struct toastainer_config *cfg = image_config();
	struct toastainer_result result;
	struct toastainer_error err;
	struct toastainer_jail *jail;
	char *json = NULL;

	CHECK(toastainer_config_set(cfg, "copy_out", "/missing:" STORE "/out/missing", &err) == 0);
	CHECK(toastainer_config_set(cfg, "copy_out", "/etc/new:" STORE "/out/new", &err) == 0);
	CHECK(toastainer_config_set(cfg, "diff", STORE "/out/diff", &err) == 0);
	jail = start(cfg, "cat /etc/name >/etc/new; rm /etc/name; exit 3");
	CHECK(toastainer_jail_collect(jail, &err) == -EBUSY);
	CHECK(toastainer_jail_wait(jail, &result) == 0 && result.exit_code == 3);
	CHECK(access(STORE "/out/new", F_OK) < 0);
	CHECK(toastainer_jail_collect(jail, &err) == -ENOENT && strstr(err.message, "'/missing'"));
	CHECK(holds(STORE "/out/new", "old"));
	CHECK(holds(STORE "/out/diff", "{\"path\":\"/etc/name\",\"change\":\"deleted\"}"));
	CHECK(toastainer_jail_result_json(jail, &json) == 0);
	CHECK(json && strstr(json, "\"aftermath_errno\":2"));
	free(json);
	toastainer_jail_free(jail);
	toastainer_config_free(cfg);
}

int main(void)
{
	struct toastainer_config *cfg = toastainer_config_new(TOASTAINER_RUN);
	struct toastainer_error err;
	char dir[] = "/tmp/toastainer-test.XXXXXX";
	struct state before, after;

	umask(037);
	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	look(&before);
	if (!cfg || toastainer_config_set(cfg, "chroot", "/", &err) < 0)
		return 1;
	follow_by_poll(cfg);
	reaps_its_own_only(cfg);
	counts();
	says_what_fails(cfg);
	CHECK(system(make_store) == 0);
	runs_images();
	collects_files();
	CHECK(system("rm -r " STORE) == 0);
	toastainer_config_free(cfg);
	look(&after);
	CHECK(rmdir(dir) == 0);
	CHECK(strcmp(before.cwd, after.cwd) == 0);
	CHECK(memcmp(before.namespaces, after.namespaces, sizeof(before.namespaces)) == 0);
	CHECK(before.mask == after.mask && after.mask == 037);
	CHECK(before.child.sa_handler == after.child.sa_handler);
	CHECK(before.next_fd == after.next_fd);
	for (int sig = 1; sig < 32; sig++)
		CHECK(sigismember(&before.blocked, sig) == sigismember(&after.blocked, sig));
	return failures > 0;
}
