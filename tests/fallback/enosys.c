// SPDX-License-Identifier: BSD-3-Clause
/*
 * enosys NAME[,NAME...] PROGRAM ARGS...: makes these system calls fail with ENOSYS, as on a kernel
 * that lacks them, and executes the program. "NAME=EPERM" makes one fail as old container policies
 * do. The filter stays for everything that the program starts.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const struct {
	const char *name;
	int nr;
} calls[] = {
	{"openat2", SYS_openat2},
	{"clone3", SYS_clone3},
	{"fsopen", SYS_fsopen},
	{"fsconfig", SYS_fsconfig},
	{"fsmount", SYS_fsmount},
	{"fspick", SYS_fspick},
	{"open_tree", SYS_open_tree},
	{"move_mount", SYS_move_mount},
	{"mount_setattr", SYS_mount_setattr},
	{"close_range", SYS_close_range},
	{"pidfd_open", SYS_pidfd_open},
	{"pidfd_send_signal", SYS_pidfd_send_signal},
	{"pidfd_getfd", SYS_pidfd_getfd},
	{"execveat", SYS_execveat},
	{"epoll_pwait2", SYS_epoll_pwait2},
	{"faccessat2", SYS_faccessat2},
	{"memfd_create", SYS_memfd_create},
	{"statx", SYS_statx},
};

static int number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].nr;
	fprintf(stderr, "enosys: no system call %s in the list\n", name);
	exit(99);
}

int main(int argc, char **argv)
{
	struct sock_filter code[128];
	struct sock_fprog prog = {.filter = code};
	unsigned short n = 0;

	if (argc < 3)
		return 99;
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (char *name = strtok(argv[1], ","); name && n < 120; name = strtok(NULL, ",")) {
		char *eq = strchr(name, '=');
		unsigned int error = eq && strcmp(eq, "=EPERM") == 0 ? EPERM : ENOSYS;

		if (eq)
			*eq = 0;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned int)number(name), 0, 1);
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = n;
	/* A privileged caller keeps no_new_privs off, so that set-user-id helpers still work. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))) {
		perror("enosys: seccomp");
		return 99;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
