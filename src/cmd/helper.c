// SPDX-License-Identifier: BSD-3-Clause
/*
 * Finding the helper executables: what needs large libraries is a program of its own, so that the
 * launcher stays small (ARCHITECTURE.md).
 */
#include <limits.h>

#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"

int helper_exec(const char *name, char **argv)
{
	static const char *const places[] = {"%.*s/%s", "%.*s/../libexec/toastainer/%s"};
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct err err = ERR_INIT;
	size_t dir;

	self[n > 0 ? n : 0] = 0;
	dir = strrchr(self, '/') ? (size_t)(strrchr(self, '/') - self) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i], (int)dir, self, name);
#pragma GCC diagnostic pop
		execv(path, argv);
		if (errno != ENOENT)
			break;
	}
	err_sys(&err, errno, "execute the helper %s", name);
	err_hint(&err,
		 "it belongs beside the program or in ../libexec/toastainer; reinstall toastainer");
	log_err(LOG_FATAL, &err);
	return EXIT_OURS;
}
