// SPDX-License-Identifier: BSD-3-Clause
/*
 * push_input tiocsti|tioclinux|tiocsetd [high-bits]: tries to type "id\n" into the terminal on each of
 * the standard descriptors and on /dev/tty, to paste the console's selection, or to set the terminal's
 * line discipline. high-bits: with a number of which the kernel looks at the lower half only, while a
 * filter may look at all. Prints PUSHED when a call succeeded, else "refused" and the errno for
 * descriptor 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static int push(int fd, const char *how, long high)
{
	static const char text[] = "id\n";
	char paste = 3; /* TIOCL_PASTESEL */
	int discipline = 0, ok = 0;

	if (strcmp(how, "tioclinux") == 0)
		return syscall(SYS_ioctl, fd, high | TIOCLINUX, &paste) == 0;
	if (strcmp(how, "tiocsetd") == 0)
		return syscall(SYS_ioctl, fd, high | TIOCSETD, &discipline) == 0;
	for (const char *p = text; *p; p++)
		ok |= syscall(SYS_ioctl, fd, high | TIOCSTI, p) == 0;
	return ok;
}

int main(int argc, char **argv)
{
	long high = argc > 2 ? 0x5a5aL << 32 : 0;
	int done, why;

	if (argc < 2)
		return 2;
	done = push(0, argv[1], high);
	why = errno;
	for (int fd = 1; fd < 3; fd++)
		done |= push(fd, argv[1], high);
	done |= push(open("/dev/tty", O_RDWR), argv[1], high);
	if (done)
		puts("PUSHED");
	else
		printf("refused %d\n", why);
	return 0;
}
