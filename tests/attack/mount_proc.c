// SPDX-License-Identifier: BSD-3-Clause
/*
 * mount_proc - in a user namespace nested in the one it is started in, tries to mount a writable proc.
 * Opens nothing in it for writing but its own comm. Prints writable or refused.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int child(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		puts("refused: mounts");
	else
		puts(mount("proc", "/mnt", "proc", 0, NULL) == 0 ? "writable" : "refused");
	fflush(stdout);
	return 0;
}

int main(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID)) {
		puts("refused: no namespaces");
		return 0;
	}
	pid = fork();
	if (pid == 0)
		_exit(child());
	waitpid(pid, NULL, 0);
	return 0;
}
