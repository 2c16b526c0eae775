// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whether mounts can have other ids, and what copies that have them are called. Called by
 * config/plan_layers.c and image/shift.c. Fails only where names become too long; what cannot be found
 * out counts as "no".
 */
#include <sys/mman.h>
#include <sys/utsname.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "storage/idshift.h"

int idshift_name(const char *uids, const char *gids, char ret[static IDSHIFT_NAME])
{
	return snprintf(ret, IDSHIFT_NAME, "ids.%s.%s", uids, gids) >= IDSHIFT_NAME ? -ENAMETOOLONG
										    : 0;
}

/* Overlays take layers with other ids since Linux 5.19. */
static bool overlay_takes_them(void)
{
	struct utsname u;
	char *end;
	unsigned long major;

	if (uname(&u) < 0)
		return false;
	major = strtoul(u.release, &end, 10);
	return major > 5 || (major == 5 && *end == '.' && strtoul(end + 1, NULL, 10) >= 19);
}

struct maker {
	char uids[32], gids[32];
	int fd; /* of the namespace, in the table of descriptors that is the parent's, too */
};

static int make_namespace(void *arg)
{
	struct maker *m = arg;
	int r;

	m->fd = sys_openat(AT_FDCWD, "/proc/self/ns/user", O_RDONLY, 0);
	r = io_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");
	if (r >= 0)
		r = io_write_file(AT_FDCWD, "/proc/self/uid_map", m->uids);
	if (r >= 0)
		r = io_write_file(AT_FDCWD, "/proc/self/gid_map", m->gids);
	return r < 0;
}

/* user_namespace() - one with any map, and without processes. Return: a descriptor, or FD_NONE. */
static int user_namespace(void)
{
	enum { STACK = 16384 };
	struct maker m = {.fd = FD_NONE};
	char *stack = proc_memory(STACK);
	int status = 1;
	pid_t pid;

	if (!stack)
		return FD_NONE;
	snprintf(m.uids, sizeof(m.uids), "0 %u 1", geteuid());
	snprintf(m.gids, sizeof(m.gids), "0 %u 1", getegid());
	pid = proc_clone(CLONE_NEWUSER | CLONE_FILES | CLONE_VM | CLONE_VFORK, 0, make_namespace,
			 &m, stack + STACK, STACK, NULL, FD_NONE);
	while (pid >= 0 && sys_wait4(pid, &status, __WALL, NULL) == -EINTR)
		;
	munmap(stack, STACK);
	if (status && m.fd >= 0)
		close(take_fd(&m.fd));
	return m.fd < 0 ? FD_NONE : m.fd;
}

bool idshift_can_mount(const char *dir)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	_cleanup_close_ int ns = FD_NONE, tree = FD_NONE;

	if (!overlay_takes_them())
		return false;
	tree = sys_open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	ns = tree < 0 ? FD_NONE : user_namespace();
	if (ns < 0)
		return false;
	attr.userns_fd = (uint64_t)ns;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) >= 0;
}
