// SPDX-License-Identifier: BSD-3-Clause
/* swap A B: exchanges two names as fast as it can until it is killed. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	puts("swapping");
	fflush(stdout);
	for (;;)
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE)) {
			perror("renameat2");
			return 1;
		}
}
