// SPDX-License-Identifier: BSD-3-Clause
/*
 * Works on request, and says how much it got done: for each line MS on standard input it works for so
 * many milliseconds of the wall clock (with "cpu" as its argument: of its own CPU time), and prints
 * "UNITS CPU_NS WALL_NS". A unit is a bit of everything that processes share: the CPU, its cache, pages,
 * names of files, pipes, processes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char cache[1 << 18];
static int ends[2];

static unsigned long long clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000ULL + (unsigned long long)ts.tv_nsec;
}

static void unit(unsigned long n)
{
	char block[4096];
	char *p;
	int fd;

	for (size_t i = 0; i < sizeof(cache); i += 8)
		cache[i] = (char)(cache[i] * 5 + (char)n);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		exit(3);
	for (int i = 0; i < 65536; i += 4096)
		p[i] = 1;
	munmap(p, 65536);
	memset(block, (int)n, sizeof(block));
	fd = open("/tmp/file", O_CREAT | O_RDWR, 0600);
	if (fd < 0 || write(fd, block, sizeof(block)) < 0 ||
	    write(ends[1], block, sizeof(block)) < 0 || read(ends[0], block, sizeof(block)) < 0 ||
	    close(fd) < 0 || unlink("/tmp/file") < 0)
		exit(4);
	if (n % 8 == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			exit(5);
	}
}

int main(int argc, char **argv)
{
	clockid_t until =
		argc > 1 && !strcmp(argv[1], "cpu") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
	char line[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(ends) < 0)
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long long cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
				   wall = clock_ns(CLOCK_MONOTONIC);
		unsigned long long end = clock_ns(until) + strtoull(line, NULL, 10) * 1000000ULL;
		unsigned long n = 0;

		do
			unit(n++);
		while (clock_ns(until) < end);
		printf("%lu %llu %llu\n", n, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu,
		       clock_ns(CLOCK_MONOTONIC) - wall);
	}
	return 0;
}
