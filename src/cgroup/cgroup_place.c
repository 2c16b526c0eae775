// SPDX-License-Identifier: BSD-3-Clause
/*
 * cgroup v2: where groups with controllers can be made. Controllers go from a group to those below
 * it when its cgroup.subtree_control lists them, and the kernel allows that only where the group has
 * no processes of its own. So these go one level down, into HIERARCHY_SELF: the launcher itself,
 * and the others when the group was handed over to whoever runs there (by systemd's Delegate=, as
 * the top of a container, or by its owner). Other people's processes are not moved: an error.
 * Called by cgroup.c.
 */
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/io.h"
#include "base/sys.h"
#include "cgroup/cgroup_impl.h"

/* How often to look for processes that were started while others were moved. */
#define ROUNDS 100

/* "+memory +pids" of bits; empty when there are none. */
static void list_of(unsigned controllers, char sign, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = 0;
	for (unsigned c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *name = hierarchy_controller(c, true);

		if (controllers & 1U << c && name)
			used += (size_t)snprintf(buf + used, n - used, "%s%c%s", used ? " " : "",
						 sign, name);
	}
}

static bool is_yes(const char *dir, const char *attribute)
{
	char value[4];

	return getxattr(dir, attribute, value, sizeof(value)) == 1 && value[0] == '1';
}

/* delegated() - whether the group belongs to those who run in it. */
static bool delegated(const char *dir)
{
	struct hierarchies seen;
	struct arena a = {0};
	const struct hierarchy *v2 = NULL;
	struct stat own;
	bool top;

	if (is_yes(dir, "trusted.delegate") || is_yes(dir, "user.delegate"))
		return true;
	if (hierarchy_read(&a, 0, &seen, NULL) >= 0)
		v2 = hierarchy_v2(&seen);
	top = v2 && v2->top && str_eq(v2->dir, dir);
	arena_free(&a);
	if (top)
		return true;
	/* A user's own group is below one that was handed over: nobody else gives it away. */
	return geteuid() != 0 && stat(dir, &own) == 0 && own.st_uid == geteuid();
}

static int move(int self, pid_t pid)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", pid);
	r = io_write_file(self, "cgroup.procs", text);
	return r == -ESRCH ? 0 : r;
}

/* Whether the launcher is the only process of the group. */
static bool alone_in(int dir)
{
	char text[64];
	char *end;

	if (io_read_small(dir, "cgroup.procs", text, sizeof(text)) <= 0)
		return false;
	return strtol(text, &end, 10) == getpid() && (!*end || str_eq(end, "\n"));
}

/* Everything in the group @dir to @self. Return: 0, or -EBUSY when it does not become empty. */
static int move_all(int dir, int self)
{
	char text[8192];

	for (int round = 0; round < ROUNDS; round++) {
		ssize_t n = io_read_small(dir, "cgroup.procs", text, sizeof(text));
		char *s = text, *last;

		if (n <= 0)
			return (int)n;
		last = strrchr(text, '\n'); /* the rest is of a number that was cut off */
		if (last)
			*last = 0;
		while (*s) {
			char *end;
			long pid = strtol(s, &end, 10);
			int r = end == s || pid <= 0 ? -EBUSY : move(self, (pid_t)pid);

			if (r < 0)
				return r;
			s = end;
		}
	}
	return -EBUSY;
}

static int not_delegated(struct err *err)
{
	return err_hint(
		err,
		"start in a group that is handed over: systemd-run %s--scope -p Delegate=yes "
		"toastainer ...",
		geteuid() ? "--user " : "");
}

/* refused() - the hint fits errors of rights, and what does not become empty; others have their own. */
static int refused(int r, struct err *err)
{
	return r == -EACCES || r == -EPERM || r == -EROFS || r == -EBUSY ? not_delegated(err) : r;
}

static int busy(const struct cgroup_place *p, struct err *err)
{
	err_set(err, EBUSY,
		"control group '%s': it has other processes, so it cannot give controllers to "
		"groups below",
		p->parent);
	return not_delegated(err);
}

/*
 * Whether the rule applies and is broken. The kernel itself says so for some controllers only: with
 * the others it makes the groups below ones for threads, which take no process.
 */
static bool in_the_way(int dir)
{
	char text[64];

	return faccessat(dir, "cgroup.type", F_OK, 0) == 0 && /* the top of all has none */
	       io_read_small(dir, "cgroup.procs", text, sizeof(text)) > 0;
}

/* make_way() - nothing may be left in the parent's group itself. */
static int make_way(const struct cgroup_place *p, int dir, bool *ret_moved, struct err *err)
{
	_cleanup_close_ int self = FD_NONE;
	bool alone = alone_in(dir), made;
	int r;

	if (!alone && !delegated(p->parent))
		return busy(p, err);
	r = sys_mkdirat(dir, HIERARCHY_SELF, 0755);
	made = r == 0;
	if (r < 0 && r != -EEXIST) {
		err_sys(err, r, "make the control group '%s/" HIERARCHY_SELF "'", p->parent);
		return refused(r, err);
	}
	self = sys_openat(dir, HIERARCHY_SELF, O_RDONLY | O_DIRECTORY, 0);
	r = self < 0 ? self : move_all(dir, self);
	if (r < 0) {
		err_sys(err, r, "move the processes of '%s' to '" HIERARCHY_SELF "'", p->parent);
		return refused(r, err);
	}
	*ret_moved = made && alone;
	return 0;
}

int cgroup_place_prepare(const struct cgroup_place *p, bool *ret_moved, struct err *err)
{
	_cleanup_close_ int dir = FD_NONE;
	char file[PATH_MAX + 32], have[200], list[200];
	ssize_t n;
	int r;

	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", p->parent);
	n = io_read_small(AT_FDCWD, file, have, sizeof(have));
	if (n < 0)
		return err_sys(err, (int)n, "read '%s'", file);
	list_of(p->controllers & ~hierarchy_list(have, true), '+', list, sizeof(list));
	if (!list[0])
		return 0;
	dir = sys_openat(AT_FDCWD, p->parent, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return err_sys(err, dir, "control group '%s'", p->parent);
	if (in_the_way(dir)) {
		r = make_way(p, dir, ret_moved, err);
		if (r < 0)
			return r;
	}
	r = io_write_file(dir, "cgroup.subtree_control", list);
	if (r >= 0)
		return 0;
	err_sys(err, r, "write '%s' to '%s/cgroup.subtree_control'", list, p->parent);
	return refused(r, err);
}

void cgroup_place_restore(const struct cgroup_place *p)
{
	_cleanup_close_ int dir = sys_openat(AT_FDCWD, p->parent, O_RDONLY | O_DIRECTORY, 0);
	_cleanup_close_ int self = FD_NONE;
	char have[200], list[200];
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0 || st.st_nlink != 3) /* two of its own, and the one */
		return;
	self = sys_openat(dir, HIERARCHY_SELF, O_RDONLY | O_DIRECTORY, 0);
	if (self < 0 || !alone_in(self) ||
	    io_read_small(dir, "cgroup.subtree_control", have, sizeof(have)) < 0)
		return;
	/* Only those that we know; another one would make the next line fail, and we stay. */
	list_of(hierarchy_list(have, true), '-', list, sizeof(list));
	if ((!list[0] || io_write_file(dir, "cgroup.subtree_control", list) == 0) &&
	    move(dir, getpid()) == 0)
		unlinkat(dir, HIERARCHY_SELF, AT_REMOVEDIR);
}
