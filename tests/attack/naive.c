// SPDX-License-Identifier: BSD-3-Clause
/*
 * A launcher with the faults that the attacks in this folder exploit, to show that each attack is
 * able to succeed:
 *
 *   -U        a user namespace where we are root, and a mount namespace
 *   -r DIR    the root; every target below is put after it as text, links are followed
 *   -b SRC:DST   bind mount, target made with mkdir -p
 *   -t DST       tmpfs
 *   -f DST:TEXT  write a file
 *   -p        believe whatever lies at /proc when writing oom_score_adj
 *   -w DIR    working directory, changed to after chroot without another look
 *   -u ID     become this id, read with atoi(3)
 *   -d MS     become the id, stay dumpable, wait before the exec
 *
 * Descriptors, session, capabilities and environment stay the caller's.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root = "";

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void below(char *out, size_t size, const char *dst, int make)
{
	snprintf(out, size, "%s%s", root, dst);
	for (char *p = out + strlen(root) + 1; make && (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(out, 0755);
		*p = '/';
	}
	if (make)
		mkdir(out, 0755);
}

static void unshare_user(void)
{
	char map[64];
	unsigned int uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
		perror("unshare");
		exit(98);
	}
	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	put("/proc/self/gid_map", map);
}

static void bind_mount(char *arg)
{
	char target[4096], *dst = strchr(arg, ':');

	*dst++ = 0;
	below(target, sizeof(target), dst, 1);
	if (mount(arg, target, NULL, MS_BIND | MS_REC, NULL))
		perror(target);
}

static void file(char *arg)
{
	char target[4096], *text = strchr(arg, ':');

	*text++ = 0;
	below(target, sizeof(target), arg, 0);
	put(target, text);
}

static void tmpfs(const char *arg)
{
	char target[4096];

	below(target, sizeof(target), arg, 1);
	if (mount("none", target, "tmpfs", 0, NULL))
		perror(target);
}

int main(int argc, char **argv)
{
	const char *cwd = "/";
	int opt, id = -1, wait_ms = 0;

	while ((opt = getopt(argc, argv, "+Ur:b:t:f:pw:u:d:")) != -1) {
		switch (opt) {
		case 'U': unshare_user(); break;
		case 'r': root = optarg; break;
		case 'b': bind_mount(optarg); break;
		case 't': tmpfs(optarg); break;
		case 'f': file(optarg); break;
		case 'p': put("/proc/self/oom_score_adj", "500"); break;
		case 'w': cwd = optarg; break;
		case 'u': id = atoi(optarg); break;
		case 'd': wait_ms = atoi(optarg); break;
		default: return 98;
		}
	}
	if ((*root && chroot(root)) || chdir(cwd)) {
		perror("root");
		return 98;
	}
	if (id >= 0 && (setgid((gid_t)id) || setuid((uid_t)id)))
		return 98;
	if (wait_ms) {
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		usleep((useconds_t)wait_ms * 1000);
	}
	execv(argv[optind], argv + optind);
	perror(argv[optind]);
	return 98;
}
