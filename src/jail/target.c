// SPDX-License-Identifier: BSD-3-Clause
/*
 * Mount targets. Used by the child's mount steps (no allocation) and by the planner, which looks
 * whether a root directory has what is needed. openat2(2) does the work; without it each component
 * is opened by itself and no symbolic link is followed at all.
 */
#include "base/sys.h"
#include "jail/target.h"

/* find_by_hand() - component by component; ".." and links are refused. */
static int find_by_hand(int root, const char *path, int flags)
{
	int dir = sys_openat(root, ".", O_PATH | O_DIRECTORY, 0);
	char name[NAME_MAX + 1];

	while (dir >= 0) {
		struct stat st;
		size_t n;
		int next;

		path += strspn(path, "/");
		if (!*path)
			break;
		n = strcspn(path, "/");
		if (n > NAME_MAX) {
			sys_close(dir);
			return -ENAMETOOLONG;
		}
		memcpy(name, path, n);
		name[n] = 0;
		path += n;
		if (str_eq(name, "..")) {
			sys_close(dir);
			return -ELOOP;
		}
		next = sys_openat(dir, name, O_PATH | O_NOFOLLOW, 0);
		sys_close(dir);
		dir = next;
		if (dir >= 0 && sys_fstat(dir, &st) == 0 && S_ISLNK(st.st_mode) &&
		    !(flags & O_NOFOLLOW && !path[strspn(path, "/")])) {
			sys_close(dir);
			return -ELOOP;
		}
	}
	if (dir >= 0 && flags & O_DIRECTORY) {
		struct stat st;

		if (sys_fstat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
			sys_close(dir);
			return -ENOTDIR;
		}
	}
	return dir;
}

int target_find(int root, const char *path, int flags, bool strict)
{
	int fd = sys_openat2(root, path, (uint64_t)flags,
			     RESOLVE_IN_ROOT | (strict ? RESOLVE_NO_SYMLINKS : 0));

	return fd == -ENOSYS || fd == -EPERM ? find_by_hand(root, path, flags) : fd;
}

/* split() - copy of @path up to its last name; both may be "". Return: false when too long. */
static bool split(const char *path, char *dir, size_t n, const char **ret_name)
{
	size_t len = strlen(path), end;

	while (len > 1 && path[len - 1] == '/')
		len--;
	end = len;
	while (end > 0 && path[end - 1] != '/')
		end--;
	if (end >= n)
		return false;
	memcpy(dir, path, end);
	dir[end] = 0;
	*ret_name = path + end;
	return true;
}

/* make_dirs() - open a directory below @root, making what is missing, from the top down. */
static int make_dirs(int root, const char *path)
{
	int dir = target_find(root, path[0] ? path : "/", O_PATH | O_DIRECTORY, false);
	char prefix[PATH_MAX];
	size_t n = strspn(path, "/");

	if (dir != -ENOENT)
		return dir;
	if (strlen(path) >= sizeof(prefix))
		return -ENAMETOOLONG;
	dir = target_find(root, "/", O_PATH | O_DIRECTORY, false);
	while (dir >= 0 && path[n]) {
		size_t start = n, end = n + strcspn(path + n, "/");
		int next, r;

		memcpy(prefix, path, end);
		prefix[end] = 0;
		/* The whole prefix each time: links on the way stay relative to the root. */
		next = target_find(root, prefix, O_PATH | O_DIRECTORY, false);
		if (next == -ENOENT) {
			r = sys_mkdirat(dir, prefix + start, 0755);
			next = r < 0 && r != -EEXIST ? r
						     : target_find(dir, prefix + start,
								   O_PATH | O_DIRECTORY, true);
		}
		sys_close(dir);
		dir = next;
		n = end + strspn(path + end, "/");
	}
	return dir;
}

int target_parent(int root, const char *path, bool make, const char **ret_name, struct err *err)
{
	char dir[PATH_MAX];
	int r;

	if (!split(path, dir, sizeof(dir), ret_name))
		return err_sys(err, ENAMETOOLONG, "'%s'", path);
	if (make)
		r = make_dirs(root, dir);
	else
		r = target_find(root, dir[0] ? dir : "/", O_PATH | O_DIRECTORY, false);
	return r < 0 ? err_sys(err, r, "directory of '%s'", path) : r;
}

int target_make(int root, const char *path, bool file, struct err *err)
{
	char last[NAME_MAX + 1];
	const char *name;
	int parent, r;
	size_t n;

	if (!file) {
		r = make_dirs(root, path);
		return r < 0 ? err_sys(err, r, "make directory '%s'", path) : r;
	}
	parent = target_parent(root, path, true, &name, err);
	if (parent < 0)
		return parent;
	n = strcspn(name, "/");
	if (n > NAME_MAX) {
		sys_close(parent);
		return err_sys(err, ENAMETOOLONG, "make file '%s'", path);
	}
	memcpy(last, name, n);
	last[n] = 0;
	r = sys_openat(parent, last, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0644);
	if (r >= 0)
		sys_close(r);
	if (r >= 0 || r == -EEXIST)
		r = target_find(parent, last, O_PATH, true);
	sys_close(parent);
	return r < 0 ? err_sys(err, r, "make file '%s'", path) : r;
}

/* In an empty root most targets are missing directories right below it: two calls instead of six. */
static int make_top_directory(int root, const char *name)
{
	if (!*name || strchr(name, '/') || sys_mkdirat(root, name, 0755) < 0)
		return -EEXIST;
	return sys_openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
}

int target_open(int root, const struct mount_plan *m, bool file, struct err *err)
{
	int fd = m->make_target && !file ? make_top_directory(root, m->dst + 1) : -EEXIST;

	if (fd >= 0)
		return fd;
	fd = target_find(root, m->dst, target_flags(m), m->strict_target);
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT && m->make_target)
		return target_make(root, m->dst, file, err);
	if (fd == -ELOOP && m->strict_target) {
		err_set(err, ELOOP, "mount target '%s': a symbolic link is in its place", m->dst);
		return err_hint(err, "the root directory must have a real directory or file there: "
				     "a link can point anywhere");
	}
	return err_sys(err, fd, "mount target '%s'", m->dst);
}
