// SPDX-License-Identifier: BSD-3-Clause
/* many COUNT WORKERS PROGRAM ARGS...: runs the program COUNT times, WORKERS at once; prints how many runs failed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **argv)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

int main(int argc, char **argv)
{
	long count = argc > 3 ? atol(argv[1]) : 0, workers = argc > 3 ? atol(argv[2]) : 0,
	     failed = 0, part;
	int results[2];

	if (count < 1 || workers < 1 || pipe(results) < 0)
		return 2;
	for (long w = 0; w < workers; w++) {
		if (fork() == 0) {
			long bad = 0;

			for (long i = w; i < count; i += workers)
				bad += run(argv + 3);
			return write(results[1], &bad, sizeof(bad)) != sizeof(bad);
		}
	}
	for (long w = 0; w < workers; w++) {
		if (read(results[0], &part, sizeof(part)) != sizeof(part))
			return 2;
		failed += part;
	}
	while (wait(NULL) > 0)
		;
	printf("%ld\n", failed);
	return 0;
}
