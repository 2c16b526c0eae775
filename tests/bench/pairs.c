// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs commands, in each round in a new order, and compares how long each takes with the first:
 *
 *	pairs ROUNDS "COMMAND ARG..."...
 *
 * Prints a line for each: the ratio of the medians, that of the minima, the median in milliseconds, the
 * command. The pauses between them are random, so that nothing keeps step with the kernel's ticks, and
 * long enough for what the kernel cleans up later. Run by tests/vm/cost.py; linked statically.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64, WARM = 3, KINDS = 40 };

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double run(const char *command)
{
	char line[2000], *words[WORDS], *save = NULL;
	int n = 0, status;
	double began;
	pid_t pid;

	snprintf(line, sizeof(line), "%s", command);
	for (char *w = strtok_r(line, " ", &save); w && n < WORDS - 1;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	words[n] = NULL;
	usleep(20000 + (unsigned)rand() % 20000);
	began = now_ms();
	pid = vfork();
	if (pid == 0) {
		execv(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status) {
		printf("failed: %s\n", command);
		exit(1);
	}
	return now_ms() - began;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, kinds = argc - 2;
	double *times, first = 0, least = 0;
	int order[KINDS];

	if (rounds < 1 || kinds < 1 || kinds > KINDS)
		return 2;
	times = calloc((size_t)rounds * (size_t)kinds, sizeof(*times));
	if (!times)
		return 2;
	for (int k = 0; k < kinds; k++)
		order[k] = k;
	for (int r = -WARM; r < rounds; r++) {
		/* A launch depends on what ran just before: on what of it the kernel still cleans up. */
		for (int k = kinds - 1; k > 0; k--) {
			int other = rand() % (k + 1), was = order[k];

			order[k] = order[other];
			order[other] = was;
		}
		for (int i = 0; i < kinds; i++) {
			double t = run(argv[2 + order[i]]);

			if (r >= 0)
				times[order[i] * rounds + r] = t;
		}
	}
	for (int k = 0; k < kinds; k++) {
		double *t = times + k * rounds;

		qsort(t, (size_t)rounds, sizeof(*t), by_value);
		if (k == 0)
			first = t[rounds / 2], least = t[0];
		printf("%5.2f %5.2f  %7.2f ms  %s\n", t[rounds / 2] / first, t[0] / least,
		       t[rounds / 2], argv[2 + k]);
	}
	free(times);
	return 0;
}
