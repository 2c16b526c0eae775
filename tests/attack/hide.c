// SPDX-License-Identifier: BSD-3-Clause
/*
 * hide TOKEN N: does what it can to survive its launcher: clears the parent-death signal, ignores
 * signals, makes sessions of its own, leaves N descendants that did the same. The token is only for
 * finding them. Prints "up" when all are there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void dig_in(void)
{
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (int s = 1; s < 65; s++)
		signal(s, SIG_IGN);
	setsid();
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 3, ready[2];
	char c;

	dig_in();
	if (pipe(ready))
		return 98;
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			dig_in();
			if (fork() == 0) { /* an orphan's orphan */
				dig_in();
				if (write(ready[1], "x", 1) != 1)
					_exit(1);
				for (;;)
					pause();
			}
			_exit(0);
		}
	}
	for (int i = 0; i < n; i++)
		if (read(ready[0], &c, 1) != 1)
			return 98;
	puts("up");
	fflush(stdout);
	for (;;)
		pause();
}
