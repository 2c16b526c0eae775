// SPDX-License-Identifier: BSD-3-Clause
/*
 * The program that trace_bench.py runs in jails:  traced WHAT N  prints the nanoseconds that one call of
 * a kind took in the median of eleven rounds of N.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 11 };

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_openat(void)
{
	close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static void call_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void ignore(int sig)
{
	(void)sig;
}

static void call_signal(void)
{
	raise(SIGUSR1);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} kinds[] = {{"getppid", call_getppid},
		     {"openat", call_openat},
		     {"fork", call_fork},
		     {"signal", call_signal}};
	double ns[ROUNDS];
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	signal(SIGUSR1, ignore);
	for (size_t k = 0; n > 0 && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		if (strcmp(argv[1], kinds[k].name) != 0)
			continue;
		for (int r = 0; r < ROUNDS; r++) {
			double start = now_ns();

			for (long i = 0; i < n; i++)
				kinds[k].call();
			ns[r] = (now_ns() - start) / (double)n;
		}
		qsort(ns, ROUNDS, sizeof(ns[0]), ascending);
		printf("%.0f\n", ns[ROUNDS / 2]);
		return 0;
	}
	return 2;
}
