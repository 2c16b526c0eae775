// SPDX-License-Identifier: BSD-3-Clause
/*
 * Finding the helper executables: what needs large libraries is a program of its own, so that the
 * launcher stays small (ARCHITECTURE.md).
 */
#include <fcntl.h>
#include <limits.h>

#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"

/* become() - as helper_exec(). Return: a negative errno. */
static int become(const char *name, char **argv)
{
	static const char *const places[] = {"%.*s/%s", "%.*s/../libexec/toastainer/%s"};
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t dir;
	int r = 0;

	self[n > 0 ? n : 0] = 0;
	dir = strrchr(self, '/') ? (size_t)(strrchr(self, '/') - self) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i], (int)dir, self, name);
#pragma GCC diagnostic pop
		execv(path, argv);
		r = -errno;
		if (r != -ENOENT)
			break;
	}
	return r;
}

int helper_exec(const char *name, char **argv)
{
	struct err err = ERR_INIT;

	err_sys(&err, become(name, argv), "execute the helper %s", name);
	err_hint(&err,
		 "it belongs beside the program or in ../libexec/toastainer; reinstall toastainer");
	log_err(LOG_FATAL, &err);
	return EXIT_OURS;
}

int helper_run(const char *name, char **argv, char *said, size_t n)
{
	int ends[2], status = 0;
	ssize_t len;
	pid_t pid;

	said[0] = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		_exit(become(name, argv) == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
	}
	close(ends[1]);
	/* One line, written at once. */
	do
		len = pid < 0 ? 0 : read(ends[0], said, n - 1);
	while (len < 0 && errno == EINTR);
	close(ends[0]);
	said[len > 0 ? len : 0] = 0;
	said[strcspn(said, "\n")] = 0;
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}
