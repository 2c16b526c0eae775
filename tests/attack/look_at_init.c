// SPDX-License-Identifier: BSD-3-Clause
/*
 * look_at_init PID: what the program can learn from and do to a process of the launcher (its parent,
 * its init). Prints one word for each thing that worked.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *pid;

static const char *at(const char *what)
{
	static char path[128];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	return path;
}

static void try_read(const char *what)
{
	char buf[4096];
	int fd = open(at(what), O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (n > 0)
		printf("%s ", what);
	if (fd >= 0)
		close(fd);
}

static void try_link(const char *what)
{
	struct stat st;

	if (stat(at(what), &st) == 0)
		printf("%s ", what);
}

int main(int argc, char **argv)
{
	char link[512];
	DIR *d;

	if (argc < 2)
		return 2;
	pid = argv[1];
	try_read("environ");
	try_read("auxv");
	try_read("maps");
	try_link("exe");
	try_link("cwd");
	try_link("root");
	if (open(at("mem"), O_RDWR) >= 0)
		printf("mem ");
	d = opendir(at("fd"));
	for (struct dirent *e; d && (e = readdir(d));) {
		char name[64];

		snprintf(name, sizeof(name), "fd/%.32s", e->d_name);
		if (e->d_name[0] != '.' && readlink(at(name), link, sizeof(link)) > 0)
			printf("fd:%s ", e->d_name);
	}
	if (ptrace(PTRACE_SEIZE, atoi(pid), NULL, NULL) == 0)
		printf("ptrace ");
	puts(".");
	return 0;
}
