// SPDX-License-Identifier: BSD-3-Clause
/* many_mounts N DIR PROGRAM ARGS...: makes N mounts below DIR, then executes the program. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[4096];
	int n = argc > 3 ? atoi(argv[1]) : 0;

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%d", argv[2], i);
		mkdir(path, 0755);
		if (mount("/usr", path, NULL, MS_BIND, NULL)) {
			perror(path);
			return 98;
		}
	}
	if (n)
		execv(argv[3], argv + 3);
	perror("many_mounts");
	return 98;
}
