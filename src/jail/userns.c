// SPDX-License-Identifier: BSD-3-Clause
/*
 * Id maps: written directly where the plan found that allowed, else by newuidmap(1) and
 * newgidmap(1), whose complaint becomes the error's cause. Called by the launcher between clone and "go".
 */
#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "jail/userns.h"

struct helper_run {
	char *const *argv;
	char *const *envp;
	int says; /* its stderr */
};

static int run_helper(void *arg)
{
	const struct helper_run *h = arg;
	const uint64_t none = 0;

	sys_sigmask(SIG_SETMASK, &none, NULL);
	sys(SYS_dup3, h->says, 2, 0);
	sys(SYS_execve, h->argv[0], h->argv, h->envp);
	return 127;
}

/* listen_to() - the first line that the helper says, until it has ended. */
static void listen_to(int fd, char *line, size_t size)
{
	size_t n = 0;
	ssize_t r;
	char rest[256] = "";

	do {
		bool full = n == size - 1;

		r = read(fd, full ? rest : line + n, full ? sizeof(rest) : size - 1 - n);
		if (r > 0 && !full)
			n += (size_t)r;
	} while (r > 0 || (r < 0 && errno == EINTR));
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
}

/* run_listening() - start @h and wait for it. Return: its wait status, or a negative errno. */
static int run_listening(struct helper_run *h, char *line, size_t size, struct err *err)
{
	_cleanup_free_ char *stack = mem_alloc(16384 + 16);
	int says[2], status = 0;
	pid_t child;

	if (!stack)
		return err_oom(err);
	if (pipe2(says, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	h->says = says[1];
	child = proc_clone(CLONE_VM | CLONE_VFORK, 0, run_helper, h,
			   (char *)(((uintptr_t)stack + 16384) & ~(uintptr_t)15), 16000, NULL,
			   FD_NONE);
	close(says[1]);
	if (child >= 0)
		listen_to(says[0], line, size);
	close(says[0]);
	if (child < 0)
		return err_sys(err, child, "run %s", h->argv[0]);
	while (sys_wait4(child, &status, __WALL, NULL) == -EINTR)
		;
	return status;
}

/* by_helper() - run newuidmap or newgidmap; its argv has a place for the pid. */
static int by_helper(const char *const *planned, pid_t pid, struct err *err)
{
	static char *const no_env[] = {NULL};
	char number[16], *argv[3 + 3 * 340 + 1], says[300];
	struct helper_run h = {argv, no_env, FD_NONE};
	size_t n;
	int status;

	for (n = 0; n < ARRAY_SIZE(argv) - 1 && planned[n]; n++)
		argv[n] = (char *)(uintptr_t)planned[n];
	argv[n] = NULL;
	snprintf(number, sizeof(number), "%d", pid);
	argv[1] = number;
	status = run_listening(&h, says, sizeof(says), err);
	if (status < 0)
		return status;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ENOENT, "cannot execute %s", planned[0]);
	if (status)
		return err_set(err, EPERM, "%s refused the map (status %d)%s%s", planned[0],
			       WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
			       says[0] ? ": " : "", says);
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
