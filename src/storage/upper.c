// SPDX-License-Identifier: BSD-3-Clause
/*
 * Upper layers on the host. Called by jail_start() and jail_release(), and only where the plan has one
 * that is no tmpfs. A layer for one jail is a directory "toastainer.RANDOM" that its launcher has a
 * lock (flock(2)) on: one without the lock is what a killed launcher left. Nobody but the jail's user may
 * look into a layer: its programs with set-user-ID would be programs of the host.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/random.h>

#include "base/sys.h"
#include "storage/btrfs.h"
#include "storage/projquota.h"
#include "storage/upper.h"
#include "storage/treewalk.h"

#define PREFIX "toastainer."

const char *upper_kind_name(enum upper_kind kind)
{
	static const char *const names[UPPER_KINDS] = {"tmpfs", "dir", "btrfs", "quota"};

	return names[kind];
}

/* lock() - ours alone, and still the one with that name. */
static int lock(int parent, const char *name, int fd)
{
	struct stat open, there;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (fstat(fd, &open) < 0 || fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    open.st_ino != there.st_ino || open.st_dev != there.st_dev)
		return -ESTALE;
	return 0;
}

/* remove_layer() - what is in it, and itself. */
static int remove_layer(int parent, const char *name, int dir)
{
	struct stat st;
	int r;

	if (fstat(dir, &st) == 0 && btrfs_is_subvolume(dir, &st) &&
	    btrfs_delete_subvolume(parent, name) == 0)
		return 0;
	r = treewalk_remove(dir);
	if (r >= 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

/* sweep() - remove what nobody has a lock on. */
static void sweep(int parent)
{
	int fd = treewalk_open_dir(parent, ".");
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d))) {
		int dir = str_starts(e->d_name, PREFIX)
				  ? sys_openat(parent, e->d_name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
				  : FD_NONE;

		if (dir < 0)
			continue;
		if (lock(parent, e->d_name, dir) == 0)
			remove_layer(parent, e->d_name, dir);
		close(dir);
	}
	closedir(d);
}

/* make_own() - a directory or subvolume of a new name, locked. */
static int make_own(struct upper *u, struct err *err)
{
	int r = -ESTALE;

	for (int tries = 0; tries < 10 && r < 0; tries++) {
		uint64_t random;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return err_sys(err, EIO, "get a random number");
		snprintf(u->name, sizeof(u->name), PREFIX "%016llx", (unsigned long long)random);
		r = u->plan->kind == UPPER_BTRFS ? btrfs_make_subvolume(u->parent, u->name, err)
						 : sys_mkdirat(u->parent, u->name, 0700);
		if (r < 0 && r != -EEXIST) {
			if (u->plan->kind != UPPER_BTRFS)
				err_sys(err, r, "make a directory in '%s'", u->plan->dir);
			return r;
		}
		u->dir = sys_openat(u->parent, u->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		r = u->dir < 0 ? u->dir : lock(u->parent, u->name, u->dir);
		if (r >= 0 && fchmod(u->dir, 0700) < 0) /* a subvolume has other rights */
			r = -errno;
		if (r < 0 && u->dir >= 0)
			close(take_fd(&u->dir));
	}
	return r < 0 ? err_sys(err, r, "lock a directory in '%s'", u->plan->dir) : 0;
}

static int take_kept(struct upper *u, struct err *err)
{
	struct stat st;
	int r;

	snprintf(u->name, sizeof(u->name), ".");
	u->dir = sys_openat(u->parent, ".", O_RDONLY | O_DIRECTORY, 0);
	r = u->dir < 0 ? u->dir : 0;
	if (r >= 0 && flock(u->dir, LOCK_EX | LOCK_NB) < 0)
		r = -errno;
	if (r >= 0 && fstat(u->dir, &st) == 0 && st.st_mode & 077) {
		err_set(err, EPERM,
			"others may look into '%s', where a jail can leave programs with "
			"set-user-ID",
			u->plan->dir);
		return err_hint(err, "chmod 700 '%s'", u->plan->dir);
	}
	if (r == -EWOULDBLOCK)
		return err_set(err, EBUSY, "'%s' is the layer of a jail that runs", u->plan->dir);
	return r < 0 ? err_sys(err, r, "lock '%s'", u->plan->dir) : 0;
}

static int open_parent(const struct upper_plan *p, bool *made, struct err *err)
{
	int fd;

	*made = p->keep && mkdir(p->dir, 0700) == 0;
	fd = sys_openat(AT_FDCWD, p->dir, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(err, fd, "directory for the root's layer '%s'", p->dir) : fd;
}

static int set_limits(struct upper *u, struct err *err)
{
	const struct upper_plan *p = u->plan;

	if (p->kind == UPPER_BTRFS && p->bytes)
		return btrfs_limit(u->dir, p->bytes, err);
	if (p->kind == UPPER_QUOTA)
		return projquota_set(u->dir, p->bytes, p->inodes, &u->project, err);
	return 0;
}

int upper_prepare(const struct upper_plan *plan, struct upper *ret, struct err *err)
{
	bool made = false;
	int r;

	*ret = (struct upper)UPPER_INIT;
	ret->plan = plan;
	ret->parent = open_parent(plan, &made, err);
	if (ret->parent < 0)
		return take_fd(&ret->parent);
	if (plan->keep) {
		r = take_kept(ret, err);
	} else {
		sweep(ret->parent);
		made = true;
		r = make_own(ret, err);
	}
	/* The jail's user makes the two directories in it, and what lies in them. */
	if (r >= 0 && made && plan->chown && fchown(ret->dir, plan->uid, plan->gid) < 0)
		r = err_sys(err, errno, "give '%s' to the jail's user", plan->dir);
	if (r >= 0)
		r = set_limits(ret, err);
	if (r < 0)
		upper_release(ret);
	return r;
}

int upper_use(const struct upper *u, struct upper_use *ret)
{
	const struct upper_plan *p = u->plan;
	int upper = treewalk_open_dir(u->dir, "upper"), r = -ENOENT;

	*ret = (struct upper_use){0};
	if (p->kind == UPPER_QUOTA)
		r = projquota_get(u->dir, u->project, &ret->bytes, &ret->inodes);
	else if (upper >= 0)
		r = treewalk_count(upper, &ret->bytes, &ret->inodes);
	if (upper >= 0)
		close(upper);
	if (r >= 0 && p->kind == UPPER_BTRFS && p->bytes)
		btrfs_used(u->dir, &ret->bytes);
	/* Nobody could write the last block of all: metadata takes some, btrfs rounds. */
	ret->full = p->bytes && p->kind != UPPER_DIR && ret->bytes + (p->bytes >> 5) >= p->bytes;
	ret->no_inodes = p->inodes && p->kind == UPPER_QUOTA && ret->inodes >= p->inodes;
	return r;
}

void upper_release(struct upper *u)
{
	if (u->dir >= 0 && !u->plan->keep)
		remove_layer(u->parent, u->name, u->dir);
	if (u->dir >= 0)
		close(u->dir);
	if (u->parent >= 0)
		close(u->parent);
	*u = (struct upper)UPPER_INIT;
}
