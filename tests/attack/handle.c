// SPDX-License-Identifier: BSD-3-Clause
/*
 * handle take FILE: prints the file's handle, TYPE:BYTES in hexadecimal, as an attacker would guess it.
 * handle open HANDLE DIR: opens it by the file system that DIR is on, and prints what the file holds, else
 * "refused" and the errno; "dead" when the handle is not valid there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

union {
	struct file_handle h;
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} u;

static int take(const char *file)
{
	int mount;

	u.h.handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, file, &u.h, &mount, 0)) {
		perror(file);
		return 1;
	}
	printf("%d:", u.h.handle_type);
	for (unsigned i = 0; i < u.h.handle_bytes; i++)
		printf("%02x", u.h.f_handle[i]);
	puts("");
	return 0;
}

static int reach(const char *text, const char *dir)
{
	const char *hex = strchr(text, ':') + 1;
	int fd, at = open(dir, O_RDONLY);

	if (at < 0) {
		perror(dir);
		return 1;
	}
	u.h.handle_type = atoi(text);
	u.h.handle_bytes = (unsigned)strlen(hex) / 2;
	for (unsigned i = 0; i < u.h.handle_bytes; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return 1;
		u.h.f_handle[i] = (unsigned char)byte;
	}
	fd = open_by_handle_at(at, &u.h, O_RDONLY);
	if (fd >= 0)
		return sendfile(1, fd, NULL, 4096) < 0;
	if (errno == ESTALE)
		puts("dead");
	else
		printf("refused %d\n", errno);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "take") == 0)
		return take(argv[2]);
	if (argc == 4 && strcmp(argv[1], "open") == 0)
		return reach(argv[2], argv[3]);
	return 2;
}
