// SPDX-License-Identifier: BSD-3-Clause
/*
 * attach EXE MS: as an unprivileged user, for that long, tries to trace every process of ours that
 * still executes EXE, and to read its memory. Prints ATTACHED for each that let us, else nothing.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The link can be read only where tracing is allowed: the same check of the kernel. */
static int is(const char *pid, const char *exe)
{
	char path[64], link[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = 0;
	return strcmp(link, exe) == 0;
}

int main(int argc, char **argv)
{
	long end = now_ms() + (argc > 2 ? atol(argv[2]) : 1000);

	if (argc < 3)
		return 2;
	puts("looking");
	fflush(stdout);
	while (now_ms() < end) {
		DIR *d = opendir("/proc");

		for (struct dirent *e; d && (e = readdir(d));) {
			pid_t p = atoi(e->d_name);

			if (!isdigit((unsigned char)e->d_name[0]) || p == getpid() ||
			    !is(e->d_name, argv[1]))
				continue;
			printf("READ %d\n", p);
			if (ptrace(PTRACE_SEIZE, p, NULL, NULL) == 0) {
				printf("ATTACHED %d\n", p);
				ptrace(PTRACE_INTERRUPT, p, NULL, NULL);
				waitpid(p, NULL, __WALL);
				ptrace(PTRACE_DETACH, p, NULL, NULL);
			}
			fflush(stdout);
		}
		if (d)
			closedir(d);
	}
	return 0;
}
