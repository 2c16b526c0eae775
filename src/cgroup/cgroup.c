// SPDX-License-Identifier: BSD-3-Clause
/*
 * The groups of one jail: made before its first process, entered by the program's process before
 * its first step, removed when everything in them is dead. Called by jail.c and child.c. What
 * cannot be made or set is an error with the step "cgroup".
 */
#include <dirent.h>
#include <sys/file.h>
#include <time.h>

#include "base/io.h"
#include "base/sys.h"
#include "cgroup/cgroup_impl.h"

#define NOBODY ((uid_t)-2) /* owns files that the jail must not write: in nobody's id map */

/* How long a group may stay busy after its processes got SIGKILL. */
#define DYING_MS 2000

static void place_path(const struct cgroup *c, unsigned i, const char *file, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s%s%s", c->plan->place[i].parent, c->name[i], *file ? "/" : "", file);
}

static int make_failed(const struct cgroup_place *p, int code, const char *path, struct err *err)
{
	err_sys(err, code, "make the control group '%s'", path);
	if (code == -ENOENT && p->given)
		return err_hint(err, "the parent must be there: mkdir '%.300s'", p->parent);
	if (code == -EROFS)
		return err_hint(err,
				"the cgroup tree is mounted read-only: in a container, have it "
				"mounted writable, with a cgroup namespace of its own");
	if (code != -EACCES && code != -EPERM && code != -ENOENT)
		return -err->code; /* not for want of a place */
	if (geteuid() != 0)
		return err_hint(err, "a user needs a group that was handed over: start it by "
				     "systemd-run --user --scope -p Delegate=yes toastainer ...");
	return err_hint(err, "'toastainer doctor' shows where groups can be made");
}

/*
 * make_group() - with a name that nobody else has: ours from the launcher's number and the time,
 * nsjail's from the number, and the time only for a second jail of the same launcher.
 */
static int make_group(struct cgroup *c, unsigned i, struct err *err)
{
	const struct cgroup_place *p = &c->plan->place[i];
	char path[PATH_MAX + 64];
	struct timespec ts;
	int r = -EEXIST;

	for (int tries = 0; tries < 50 && (r == -EEXIST || r == -ENOENT); tries++) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		if (!p->given)
			snprintf(c->name[i], sizeof(c->name[i]), "toastainer.%d.%ld%06ld", getpid(),
				 (long)ts.tv_sec % 1000000, ts.tv_nsec / 1000);
		else if (tries == 0)
			snprintf(c->name[i], sizeof(c->name[i]), "NSJAIL.%d", getpid());
		else
			snprintf(c->name[i], sizeof(c->name[i]), "NSJAIL.%d%06ld", getpid(),
				 ts.tv_nsec / 1000);
		place_path(c, i, "", path, sizeof(path));
		r = sys_mkdirat(AT_FDCWD, path, 0755);
		if (r == -ENOENT)
			break;
		if (r < 0)
			continue;
		r = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
		if (r == -ENOENT)
			continue; /* taken for a leftover before it was locked */
		if (r >= 0 && flock(r, LOCK_EX | LOCK_NB) == 0) {
			c->dir[i] = r;
			return 0;
		}
		unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
		if (r < 0)
			break;
		sys_close(r);
		r = -EEXIST;
	}
	return make_failed(p, r, path, err);
}

static int set_failed(const struct cgroup *c, unsigned i, const struct cgroup_write *w, int code,
		      struct err *err)
{
	char path[PATH_MAX + 128];

	place_path(c, i, w->file, path, sizeof(path));
	err_sys(err, code, "%s: write '%.200s' to '%s'", w->setting, w->value, path);
	if (code == -ENOENT && strstr(w->file, "swap"))
		return err_hint(err, "swap is not accounted: boot with swapaccount=1");
	if (code == -ENOENT && strstr(w->file, "memsw"))
		return err_hint(err, "swap is not accounted: boot with swapaccount=1");
	if (code == -ENOENT)
		return err_hint(err, "this kernel has no such limit");
	if (code == -EINVAL || code == -ERANGE || code == -ENOSPC || code == -EOPNOTSUPP)
		return err_hint(err,
				"the kernel does not take the value: it may be out of range, or "
				"more than the group above has");
	if (code == -ENODEV)
		return err_hint(err,
				"there is no such block device, or it is a partition: name the "
				"whole disk");
	return -err->code;
}

/*
 * A file that the jail must not write, though it may be of the user that owns it.
 * @fd: the group's directory, or with an empty @name the file
 */
static int disown(struct cgroup *c, int fd, const char *name, const char *file, const char *setting,
		  struct err *err)
{
	if (fchownat(fd, name, NOBODY, (gid_t)-1, *name ? 0 : AT_EMPTY_PATH) == 0)
		return 0;
	c->disowned = false; /* in a user namespace without that id */
	return c->plan->sealed ? 0
			       : err_sys(err, errno, "%s: keep '%s' from the jail", setting, file);
}

/* set_limit() - one write. @again: not the first into its file */
static int set_limit(struct cgroup *c, unsigned i, const struct cgroup_write *w, bool again,
		     struct err *err)
{
	static const char oom_control[] = "memory.oom_control";
	_cleanup_close_ int fd = sys_openat(c->dir[i], w->file, O_WRONLY, 0);
	size_t n = strlen(w->value);
	ssize_t r;

	if (fd == -ENOENT && w->or_file)
		fd = sys_openat(c->dir[i], w->or_file, O_WRONLY, 0);
	r = fd < 0 ? fd : sys_write(fd, w->value, n);
	if (r < 0 || (size_t)r != n)
		return set_failed(c, i, w, r < 0 ? (int)r : -EIO, err);
	if (!c->disowned || again)
		return 0;
	r = disown(c, fd, "", w->file, w->setting, err);
	/* With it the jail could wait at its limit for ever, where it is to be killed. */
	if (r >= 0 && c->disowned && str_eq(w->file, "memory.limit_in_bytes"))
		r = disown(c, c->dir[i], oom_control, oom_control, w->setting, err);
	return (int)r;
}

static int set_limits(struct cgroup *c, unsigned i, struct err *err)
{
	const struct cgroup_place *p = &c->plan->place[i];
	const struct cgroup_write *w = p->writes;
	int r = 0;

	for (unsigned k = 0; k < p->n_writes && r >= 0; k++, w++)
		r = set_limit(c, i, w, k && str_eq(w->file, w[-1].file), err);
	if (r >= 0 && p->v2 && c->plan->devices)
		return cgroup_devices_attach(c->plan, c->dir[i], err);
	return r;
}

/* unmake_group() - remove it, and what may be in it. */
static void unmake_group(struct cgroup *c, unsigned i)
{
	char path[PATH_MAX + 64];

	place_path(c, i, "", path, sizeof(path));
	cgroup_remove_at(AT_FDCWD, path, DYING_MS);
	sys_close(take_fd(&c->dir[i]));
}

/* make_place() - the group in one hierarchy, with its limits. */
static int make_place(struct cgroup *c, unsigned i, bool passed, struct err *err)
{
	const struct cgroup_place *p = &c->plan->place[i];
	struct err first = ERR_INIT;
	int r = 0;

	if (p->enable && !passed)
		r = cgroup_place_prepare(p, &c->moved, err);
	if (r >= 0)
		r = make_group(c, i, err);
	if (r < 0)
		return p->optional ? 0 : r;
	if (!passed)
		return set_limits(c, i, err);
	r = set_limits(c, i, &first);
	if (r == -ENOENT) { /* it may have been taken back since the plan was made */
		unmake_group(c, i);
		return make_place(c, i, false, err);
	}
	if (r < 0)
		*err = first;
	return r;
}

int cgroup_create(const struct cgroup_plan *plan, struct cgroup *ret, struct err *err)
{
	int r = 0;

	*ret = (struct cgroup){.plan = plan, .disowned = plan->disown};
	for (unsigned i = 0; i < CGROUP_PLACES; i++)
		ret->dir[i] = FD_NONE;
	for (unsigned i = 0; i < plan->n && r >= 0; i++)
		r = make_place(ret, i, plan->place[i].passed, err);
	if (r < 0) {
		snprintf(err->step, sizeof(err->step), "cgroup");
		cgroup_remove(ret);
	}
	return r;
}

int cgroup_v2_dir(const struct cgroup *c)
{
	for (unsigned i = 0; c->plan && i < c->plan->n; i++)
		if (c->plan->place[i].v2)
			return c->dir[i];
	return FD_NONE;
}

/* ---- in the program's process: system calls only */

/* A thread that moves itself needs no lock over all of the machine's: hence "0", and v1's tasks. */
int cgroup_enter(const struct cgroup *c, bool born, struct err *err)
{
	for (unsigned i = 0; i < c->plan->n; i++) {
		bool v2 = c->plan->place[i].v2;
		int fd, r;

		if (c->dir[i] < 0 || (v2 && born))
			continue;
		fd = sys_openat(c->dir[i], v2 ? "cgroup.procs" : "tasks", O_WRONLY, 0);
		r = fd < 0 ? fd : (int)sys_write(fd, "0", 1);
		if (fd >= 0)
			sys_close(fd);
		if (r < 0)
			return err_sys(err, r, "enter the control group '%s/%s'",
				       c->plan->place[i].parent, c->name[i]);
	}
	return 0;
}

int cgroup_seal(bool one, struct err *err)
{
	static const char path[] = "/proc/sys/user/max_cgroup_namespaces";
	int fd = sys_openat(AT_FDCWD, path, O_WRONLY, 0);
	int r = fd < 0 ? fd : (int)sys_write(fd, one ? "1" : "0", 1);
	if (fd >= 0)
		sys_close(fd);
	if (r >= 0)
		return 0;
	err_sys(err, r, "write '%s'", path);
	return err_hint(err, "without it the program, being of the same user as the control "
			     "groups, could raise the limits of its launcher");
}

/* ---- the end */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void pause_ms(void)
{
	const struct timespec ts = {.tv_nsec = 1000000};

	nanosleep(&ts, NULL);
}

/* struct linux_dirent64 of getdents64(2) */
struct entry {
	uint64_t ino, off;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* first_below() - the name of one group in the directory @dir. Return: false when there is none. */
static bool first_below(int dir, char *ret, size_t n)
{
	char buf[2048] __attribute__((aligned(8)));
	long len;

	lseek(dir, 0, SEEK_SET);
	while ((len = sys(SYS_getdents64, dir, buf, sizeof(buf))) > 0)
		for (long at = 0; at < len;) {
			const struct entry *e = (const struct entry *)(buf + at);

			at += e->length;
			if (e->type != DT_DIR || e->name[0] == '.')
				continue;
			snprintf(ret, n, "%s", e->name);
			return true;
		}
	return false;
}

void cgroup_kill_at(int dir)
{
	char text[8192];
	char *s = text;
	ssize_t n;

	if (io_write_file(dir, "cgroup.kill", "1") == 0) /* in those below too */
		return;
	/* v1, and v2 before Linux 5.14. What forks meanwhile is met in the next round. */
	n = io_read_small(dir, "cgroup.procs", text, sizeof(text));
	for (long pid; n > 0 && (pid = strtol(s, &s, 10)) > 0;)
		kill((pid_t)pid, SIGKILL);
}

/* Put the descriptor of @name in @dir, "..": of the group above, in the place of @dir. */
static bool step_to(int *dir, const char *name)
{
	int fd = sys_openat(*dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return false;
	sys_close(*dir);
	*dir = fd;
	return true;
}

/*
 * remove_below() - all groups below @top, which may be many and deep: a jail that can write its tree
 * has made them. So no recursion, and one descriptor. Ends when nothing is left, when something is
 * busy, or late.
 */
static void remove_below(int top, uint64_t until)
{
	int dir = sys_openat(top, ".", O_RDONLY | O_DIRECTORY, 0);
	char name[NAME_MAX + 1];
	unsigned depth = 0;

	while (dir >= 0 && now_ms() < until) {
		if (!first_below(dir, name, sizeof(name))) {
			if (!depth || !step_to(&dir, ".."))
				break;
			depth--;
			/* What we come from has no groups any more: if it stays, it is busy. */
			if (!first_below(dir, name, sizeof(name)) ||
			    unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
				continue;
			if (!step_to(&dir, name))
				break;
			depth++;
			if (first_below(dir, name, sizeof(name)))
				continue; /* another one */
			cgroup_kill_at(dir);
			break;
		}
		if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (!step_to(&dir, name))
			break;
		depth++;
	}
	if (dir >= 0)
		sys_close(dir);
}

int cgroup_remove_at(int parent, const char *name, unsigned wait_ms)
{
	uint64_t until = 0;

	for (;;) {
		_cleanup_close_ int dir = FD_NONE;

		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		if (until && now_ms() >= until)
			return -EBUSY;
		dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY, 0);
		if (dir >= 0)
			cgroup_kill_at(dir);
		if (until)
			pause_ms();
		else
			until = now_ms() + wait_ms;
		if (dir >= 0)
			remove_below(dir, until);
	}
}

void cgroup_kill(const struct cgroup *c)
{
	int dir = cgroup_v2_dir(c);

	if (dir >= 0) {
		cgroup_kill_at(dir);
		return;
	}
	for (unsigned i = 0; c->plan && i < c->plan->n; i++)
		if (c->dir[i] >= 0)
			cgroup_kill_at(c->dir[i]);
}

void cgroup_remove(struct cgroup *c)
{
	for (unsigned i = 0; c->plan && i < c->plan->n; i++) {
		if (c->dir[i] < 0)
			continue;
		unmake_group(c, i);
		if (c->moved && c->plan->place[i].enable)
			cgroup_place_restore(&c->plan->place[i]);
	}
	c->plan = NULL;
}
