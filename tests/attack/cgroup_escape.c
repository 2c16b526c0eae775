// SPDX-License-Identifier: BSD-3-Clause
/*
 * Tries to get out of its control groups: cgroup_escape VALUE [DIR]. In a new user and cgroup
 * namespace, or without one where that is refused, it mounts every hierarchy (or takes the one that is
 * at DIR) and
 *	writes VALUE to each file of a limit: "wrote FILE"
 *	writes to release_agent: "wrote release_agent"
 *	opens core_pattern for writing: "opened core_pattern" (and writes nothing)
 * At the end: "tried".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const limits[] = {
	"memory.max",
	"memory.high",
	"memory.swap.max",
	"pids.max",
	"cpu.max",
	"memory.limit_in_bytes",
	"cpu.cfs_quota_us",
	"cpuset.cpus",
	"memory.memsw.limit_in_bytes",
	"devices.allow",
	"release_agent",
	"cpu.shares",
	"memory.soft_limit_in_bytes",
};

static const char *const kinds[][2] = {
	{"cgroup2", NULL},     {"cgroup", "memory"},  {"cgroup", "pids"},   {"cgroup", "cpu"},
	{"cgroup", "devices"}, {"cgroup", "freezer"}, {"cgroup", "cpuset"}, {"cgroup", "blkio"},
};

static int put(const char *dir, const char *file, const char *value)
{
	char path[600];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	r = (int)write(fd, value, strlen(value));
	close(fd);
	return r;
}

static void attack(const char *dir, const char *where, const char *value)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (put(dir, limits[i], value) > 0)
			printf("wrote %s %s\n", where, limits[i]);
}

/* A user namespace knows no limits of its maker, and is the owner of what it mounts. */
static void new_namespaces(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWNS) == 0) {
		puts("in namespaces of its own");
		return;
	}
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
		puts("without a cgroup namespace of its own");
	else
		printf("no namespaces: %s\n", strerror(errno));
}

static void core_pattern(const char *proc)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/sys/kernel/core_pattern", proc);
	fd = open(path, O_WRONLY);
	if (fd >= 0)
		printf("opened core_pattern in %s\n", proc);
}

int main(int argc, char **argv)
{
	const char *at = "/tmp/escape";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	core_pattern("/proc");
	if (argc > 2)
		attack(argv[2], argv[2], argv[1]);
	new_namespaces();
	mkdir(at, 0700);
	core_pattern("/proc");
	if (mount("proc", at, "proc", 0, NULL) == 0) {
		core_pattern(at);
		umount2(at, MNT_DETACH);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (mount("none", at, kinds[i][0], 0, kinds[i][1]) != 0)
			continue;
		printf("mounted %s %s\n", kinds[i][0], kinds[i][1] ? kinds[i][1] : "");
		attack(at, kinds[i][1] ? kinds[i][1] : "v2", argv[1]);
		umount2(at, MNT_DETACH);
	}
	rmdir(at);
	puts("tried");
	return 0;
}
