// SPDX-License-Identifier: BSD-3-Clause
/*
 * push_input tiocsti|tiocsti-high-bits|tioclinux: tries to type "id\n" into the terminal on each of
 * the standard descriptors and on /dev/tty. Prints PUSHED when a call succeeded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static int push(int fd, const char *how)
{
	static const char text[] = "id\n";
	char paste = 3; /* TIOCL_PASTESEL */
	int ok = 0;

	if (strcmp(how, "tioclinux") == 0)
		return syscall(SYS_ioctl, fd, (long)TIOCLINUX, &paste) == 0;
	for (const char *p = text; *p; p++) {
		long request = TIOCSTI;

		/* The kernel looks at the low 32 bits only; a filter may look at all. */
		if (strcmp(how, "tiocsti-high-bits") == 0)
			request |= 1L << 32;
		ok |= syscall(SYS_ioctl, fd, request, p) == 0;
	}
	return ok;
}

int main(int argc, char **argv)
{
	int done = 0;

	if (argc < 2)
		return 2;
	for (int fd = 0; fd < 3; fd++)
		done |= push(fd, argv[1]);
	done |= push(open("/dev/tty", O_RDWR), argv[1]);
	puts(done ? "PUSHED" : "refused");
	return 0;
}
