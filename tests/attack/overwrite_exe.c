// SPDX-License-Identifier: BSD-3-Clause
/*
 * overwrite_exe DEV:INODE MS: for that long tries to write into the executable of every process it
 * sees that is the given file (and no other: a success must harm nothing else). Directly, and through
 * a descriptor opened for reading and opened again for writing once nobody executes the file any
 * more. Prints how many such processes it saw; WROTE when the file was changed.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ok = fd >= 0 && pwrite(fd, "owned", 5, 0) == 5;

	if (fd >= 0)
		close(fd);
	return ok;
}

int main(int argc, char **argv)
{
	long end = now_ms() + (argc > 2 ? atol(argv[2]) : 300);
	unsigned long dev, inode;
	int held[64], n = 0, seen = 0, wrote = 0;
	struct stat st;
	DIR *dir = opendir("/proc");
	char path[128];

	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (!dir || argc < 2 || sscanf(argv[1], "%lu:%lu", &dev, &inode) != 2)
		return 98;
	for (struct dirent *e; (e = readdir(dir)) && n < 64;) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/exe", e->d_name);
		if (stat(path, &st) || (st.st_dev != dev || st.st_ino != inode))
			continue;
		seen++;
		wrote |= write_to(path);
		held[n] = open(path, O_RDONLY | O_CLOEXEC);
		if (held[n] < 0)
			held[n] = open(path, O_PATH | O_CLOEXEC);
		if (held[n] >= 0)
			n++;
	}
	printf("saw %d, hold %d\n", seen, n);
	fflush(stdout);
	while (!wrote && now_ms() < end) {
		for (int i = 0; i < n; i++) {
			snprintf(path, sizeof(path), "/proc/self/fd/%d", held[i]);
			wrote |= write_to(path);
		}
		usleep(500);
	}
	puts(wrote ? "WROTE" : "refused");
	return 0;
}
