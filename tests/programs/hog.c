// SPDX-License-Identifier: BSD-3-Clause
/*
 * Takes more than its share: hog KIND AMOUNT. Says "got it" when nobody stopped it.
 *	anon, shm, memfd N	touch N MiB of memory of that kind
 *	file PATH:N		write N MiB to a file
 *	forks N			start processes until N wait, or it is refused: says how many there were
 *	bomb S			fork without end, for S seconds
 *	cpu MS			use so much CPU time, in this process
 *	burners N:MS		the same in N children at a time
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(3);
}

static void touch(char *p, unsigned long mib)
{
	for (unsigned long i = 0; i < mib * MIB; i += 4096)
		((volatile char *)p)[i] = 1;
}

static void map_and_touch(int fd, int flags, unsigned long mib)
{
	char *p = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	touch(p, mib);
}

static void fill(const char *spec)
{
	char path[500];
	unsigned long mib;
	static char block[1 << 16];
	int fd;

	if (sscanf(spec, "%499[^:]:%lu", path, &mib) != 2)
		exit(2);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (fd < 0)
		die("open");
	memset(block, 'x', sizeof(block));
	for (unsigned long i = 0; i < mib * MIB; i += sizeof(block))
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			die("write");
}

static void forks(unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			sleep(1000);
			_exit(0);
		}
		if (pid < 0)
			break;
	}
	printf("%lu %s\n", i, i < n ? strerrorname_np(errno) : "all");
	exit(0);
}

static void burn(unsigned long ms)
{
	struct timespec ts;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	while ((unsigned long)ts.tv_sec * 1000 + (unsigned long)ts.tv_nsec / 1000000 < ms);
}

static void burners(const char *spec)
{
	unsigned long n, ms;

	if (sscanf(spec, "%lu:%lu", &n, &ms) != 2)
		exit(2);
	for (unsigned long i = 0; i < n; i++)
		if (fork() == 0) {
			burn(ms);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	const char *kind = argv[1];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3)
		return 2;
	if (!strcmp(kind, "anon")) {
		map_and_touch(-1, MAP_PRIVATE | MAP_ANONYMOUS, n);
	} else if (!strcmp(kind, "shm")) {
		int id = shmget(IPC_PRIVATE, n * MIB, 0600);
		char *p = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

		if (p == (void *)-1)
			die("shm");
		shmctl(id, IPC_RMID, NULL); /* it goes with us */
		touch(p, n);
	} else if (!strcmp(kind, "memfd")) {
		int fd = memfd_create("hog", 0);

		if (fd < 0 || ftruncate(fd, (off_t)(n * MIB)) < 0)
			die("memfd");
		map_and_touch(fd, MAP_SHARED, n);
	} else if (!strcmp(kind, "file")) {
		fill(argv[2]);
	} else if (!strcmp(kind, "forks")) {
		forks(n);
	} else if (!strcmp(kind, "bomb")) {
		alarm((unsigned)n);
		for (;;)
			if (fork() == 0)
				alarm((unsigned)n);
	} else if (!strcmp(kind, "cpu")) {
		burn(n);
	} else if (!strcmp(kind, "burners")) {
		burners(argv[2]);
	} else {
		return 2;
	}
	puts("got it");
	return 0;
}
