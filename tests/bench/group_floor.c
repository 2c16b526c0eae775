// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a control group costs in the kernel alone: group_floor [in]. Starts /bin/true in namespaces with five
 * mounts and twelve files of its own; with "in" it is born in a group of cgroup v2 that is made for it and
 * removed afterwards. Run by tests/vm/cost.py; linked statically.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_group(char *path, size_t n)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[200] = "", *self;

	if (!f || !fgets(line, sizeof(line), f) || strncmp(line, "0::", 3) != 0)
		return -1;
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	self = strstr(line, "/toastainer-self");
	if (self)
		*self = 0;
	snprintf(path, n, "/sys/fs/cgroup%s/floor.%d", line + 3, getpid());
	return mkdir(path, 0755) < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int child(void)
{
	char path[40];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("t", "/tmp", "tmpfs", 0, "mode=0755") < 0 ||
	    mount("t", "/mnt", "tmpfs", 0, NULL) < 0 || mount("t", "/opt", "tmpfs", 0, NULL) < 0 ||
	    mount("p", "/proc", "proc", 0, NULL) < 0 ||
	    mount("d", "/dev/pts", "devpts", 0, "newinstance") < 0)
		return 1;
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "/tmp/%d", i);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	}
	execl("/bin/true", "true", NULL);
	return 1;
}

int main(int argc, char **argv)
{
	struct clone_args a = {.exit_signal = SIGCHLD,
			       .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
					CLONE_NEWNET};
	char path[300];
	int in = argc > 1 && strcmp(argv[1], "in") == 0, status;
	int group = in ? make_group(path, sizeof(path)) : -1;
	long pid;

	if (in && group < 0)
		return 1;
	if (in) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)group;
	}
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (pid == 0)
		_exit(child());
	if (pid < 0 || waitpid((pid_t)pid, &status, 0) < 0 || (in && rmdir(path) < 0))
		return 1;
	return status != 0;
}
