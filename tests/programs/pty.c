// SPDX-License-Identifier: BSD-3-Clause
/* Opens a pseudo terminal pair through /dev/ptmx and /dev/pts, prints the name of its slave. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY);
	char *name;

	if (m < 0 || grantpt(m) || unlockpt(m) || !(name = ptsname(m))) {
		perror("pty");
		return 1;
	}
	if (open(name, O_RDWR | O_NOCTTY) < 0) {
		perror(name);
		return 1;
	}
	puts(name);
	return 0;
}
