// SPDX-License-Identifier: BSD-3-Clause
/*
 * Id maps: written directly where the plan found that allowed, else by newuidmap(1) and
 * newgidmap(1), whose messages go to our stderr. Called by the launcher between clone and "go".
 */
#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "jail/userns.h"

struct helper_run {
	char *const *argv;
	char *const *envp;
};

static int run_helper(void *arg)
{
	const struct helper_run *h = arg;
	const uint64_t none = 0;

	sys_sigmask(SIG_SETMASK, &none, NULL);
	sys(SYS_execve, h->argv[0], h->argv, h->envp);
	return 127;
}

/* by_helper() - run newuidmap or newgidmap; its argv has a place for the pid. */
static int by_helper(const char *const *planned, pid_t pid, struct err *err)
{
	static char *const no_env[] = {NULL};
	char number[16], *argv[3 + 3 * 340 + 1];
	_cleanup_free_ char *stack = NULL;
	struct helper_run h = {argv, no_env};
	size_t n;
	int status = 0;
	pid_t child;

	for (n = 0; n < ARRAY_SIZE(argv) - 1 && planned[n]; n++)
		argv[n] = (char *)(uintptr_t)planned[n];
	argv[n] = NULL;
	snprintf(number, sizeof(number), "%d", pid);
	argv[1] = number;
	stack = mem_alloc(16384 + 16);
	if (!stack)
		return err_oom(err);
	child = proc_clone(CLONE_VM | CLONE_VFORK, 0, run_helper, &h,
			   (char *)(((uintptr_t)stack + 16384) & ~(uintptr_t)15), 16000, NULL,
			   FD_NONE);
	if (child < 0)
		return err_sys(err, child, "run %s", planned[0]);
	while (sys_wait4(child, &status, __WALL, NULL) == -EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ENOENT, "cannot execute %s", planned[0]);
	if (status)
		return err_set(err, EPERM, "%s refused the map (status %d)", planned[0],
			       WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	return 0;
}

static int write_one(pid_t pid, const char *file, const char *text, struct err *err)
{
	char path[40];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	r = io_write_file(AT_FDCWD, path, text);
	if (r < 0) {
		char line[128];

		/* the message shows the map on one line */
		snprintf(line, sizeof(line), "%.100s", text);
		for (char *p = line; *p; p++)
			if (*p == '\n')
				*p = p[1] ? ',' : 0;
		return err_sys(err, r, "write '%s' to %s", line, file);
	}
	return 0;
}

int userns_write_maps(const struct jail_plan *plan, pid_t pid, struct err *err)
{
	int r;

	if (plan->uid_map.helper)
		r = by_helper(plan->uid_map.helper, pid, err);
	else
		r = write_one(pid, "uid_map", plan->uid_map.text, err);
	if (r < 0)
		return r;
	if (plan->gid_map.helper)
		return by_helper(plan->gid_map.helper, pid, err);
	if (plan->deny_setgroups) {
		r = write_one(pid, "setgroups", "deny", err);
		if (r < 0)
			return r;
	}
	return write_one(pid, "gid_map", plan->gid_map.text, err);
}
