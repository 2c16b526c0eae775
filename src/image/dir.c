// SPDX-License-Identifier: BSD-3-Clause
/*
 * Opening, checking, locking and emptying image directories. Called by image/shell and
 * image/bootstrap. Fails with one line that names the directory and what is wrong with it; the
 * order of the checks is the order in which a user would repair things.
 */
#include <dirent.h>
#include <sys/file.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/dir.h"

/* What the machine itself stands on cannot be an image: neither "/" nor another name of it. */
static int check_not_root(const struct image_dir *d, const char *name, struct err *err)
{
	struct stat root, st;

	if (stat("/", &root) < 0 || fstat(d->fd, &st) < 0)
		return err_sys(err, errno, "stat '%s'", name);
	if (st.st_dev != root.st_dev || st.st_ino != root.st_ino)
		return 0;
	err_set(err, EINVAL, "image directory '%s' is the root directory of this machine", name);
	return err_hint(err,
			"give a directory of its own: toastainer image bootstrap DIR makes one");
}

/* mountinfo writes blanks and backslashes of a path as three octal digits. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = 0;
}

/* The fifth field of a mountinfo line, cut out in place. */
static char *mount_point(char *line)
{
	char *save = NULL, *field = NULL;

	for (int i = 0; i < 5; i++)
		field = strtok_r(i ? NULL : line, " ", &save);
	if (field)
		unescape(field);
	return field;
}

static int check_no_mounts(const struct image_dir *d, const char *name, struct err *err)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t cap = 0, n = strlen(d->path);
	char *line = NULL;
	int r = 0;

	if (!f)
		return err_sys(err, errno, "open '/proc/self/mountinfo'");
	while (!r && getline(&line, &cap, f) >= 0) {
		const char *point = mount_point(line);

		if (!point || strncmp(point, d->path, n) != 0 || point[n] != '/')
			continue;
		err_set(err, EBUSY, "image directory '%s' holds a mount: '%s'", name, point);
		r = err_hint(err, "take it away first: umount '%s'", point);
	}
	free(line);
	fclose(f);
	return r;
}

static int check_type(const struct image_dir *d, const char *name, struct err *err)
{
	struct statfs fs;

	if (fstatfs(d->fd, &fs) < 0)
		return err_sys(err, errno, "statfs '%s'", name);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	    fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC) {
		err_set(err, EINVAL, "image directory '%s' is in a file system of the kernel's own",
			name);
		return err_hint(err, "name a directory on a disk: toastainer image bootstrap DIR "
				     "makes one");
	}
	return 0;
}

static int check_usable(const struct image_dir *d, const char *name, struct err *err)
{
	struct statvfs vfs;

	if (fstatvfs(d->fd, &vfs) < 0)
		return err_sys(err, errno, "statvfs '%s'", name);
	if (vfs.f_flag & ST_RDONLY) {
		err_set(err, EROFS, "image directory '%s' is on a read-only file system", name);
		return err_hint(err, "mount it writable, or copy the image to another file system");
	}
	if (vfs.f_flag & ST_NOEXEC) {
		err_set(err, EACCES,
			"image directory '%s' is on a file system mounted noexec: nothing in it "
			"can "
			"be executed",
			name);
		return err_hint(err, "remount it with -o remount,exec, or use another file system");
	}
	if (faccessat(d->fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		err_sys(err, errno, "image directory '%s' cannot be written by you", name);
		return err_hint(err, "build as its owner or as root");
	}
	return 0;
}

static int lock(const struct image_dir *d, const char *name, struct err *err)
{
	if (flock(d->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(err, errno, "lock image directory '%s'", name);
	err_set(err, EBUSY, "image directory '%s' is being built by another process", name);
	return err_hint(
		err, "wait for that build to end, or end it; one directory, one build at a time");
}

static int open_named(struct image_dir *d, const char *name, struct err *err)
{
	char link[64];
	ssize_t n;

	if (!*name) {
		err_set(err, EINVAL, "image directory: the name is empty");
		return err_hint(err, "is a variable of a script not set?");
	}
	if (strlen(name) >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "image directory '%.60s...'", name);
	d->fd = sys_openat(AT_FDCWD, name, O_RDONLY | O_DIRECTORY, 0);
	if (d->fd < 0) {
		err_sys(err, d->fd, "image directory '%s'", name);
		if (d->fd == -ENOENT)
			err_hint(err, "make it: toastainer image bootstrap %s", name);
		return d->fd;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", d->fd);
	n = readlink(link, d->path, sizeof(d->path) - 1);
	if (n < 0)
		return err_sys(err, errno, "read link '%s': is /proc mounted?", link);
	d->path[n] = 0;
	return 0;
}

static int open_checked(struct image_dir *d, const char *name, struct err *err)
{
	int r = open_named(d, name, err);

	if (!r)
		r = check_not_root(d, name, err);
	if (!r)
		r = check_type(d, name, err);
	if (!r)
		r = check_no_mounts(d, name, err);
	if (!r)
		r = check_usable(d, name, err);
	if (!r)
		r = lock(d, name, err);
	if (r)
		dir_close(d);
	return r;
}

int dir_open(struct image_dir *d, const char *name, struct err *err)
{
	return open_checked(d, name, err);
}

static int check_empty(const struct image_dir *d, const char *name, struct err *err)
{
	int fd = sys_openat(d->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int r = 0;

	if (!dir) {
		r = err_sys(err, fd < 0 ? fd : errno, "read directory '%s'", name);
		if (fd >= 0)
			close(fd);
		return r;
	}
	for (const struct dirent *e; !r && (e = readdir(dir));) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		err_set(err, ENOTEMPTY, "image directory '%s' is not empty: it holds '%s'", name,
			e->d_name);
		r = err_hint(err, "name a new or an empty directory");
	}
	closedir(dir);
	return r;
}

int dir_create(struct image_dir *d, const char *name, bool *ret_made, struct err *err)
{
	bool made;
	int r;

	if (!*name)
		return err_set(err, EINVAL, "image directory: the name is empty");
	if (strlen(name) >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "image directory '%.60s...'", name);
	made = mkdir(name, 0755) == 0;
	if (!made && errno != EEXIST) {
		r = -errno;
		err_sys(err, r, "make image directory '%s'", name);
		if (r == -ENOENT && *name)
			err_hint(err, "make the directory that it shall be in first");
		return r;
	}
	r = open_checked(d, name, err);
	if (!r)
		r = check_empty(d, name, err);
	if (!r && made && fchmod(d->fd, 0755) < 0) /* whatever the umask is */
		r = err_sys(err, errno, "chmod '%s'", name);
	if (r) {
		dir_close(d);
		if (made)
			rmdir(name);
		return r;
	}
	*ret_made = made;
	return 0;
}

void dir_close(struct image_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = FD_NONE;
}

static int remove_entry(int fd, const char *name, struct err *err)
{
	_cleanup_close_ int sub = FD_NONE;
	int r;

	if (unlinkat(fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "remove '%s'", name);
	sub = sys_openat2(fd, name, O_RDONLY | O_DIRECTORY,
			  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (sub < 0)
		return err_sys(err, sub, "remove '%s'", name);
	r = dir_empty(sub, err);
	if (!r && unlinkat(fd, name, AT_REMOVEDIR) < 0)
		r = err_sys(err, errno, "remove '%s'", name);
	return r;
}

int dir_empty(int fd, struct err *err)
{
	int copy = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	int r = 0;

	if (!dir) {
		r = err_sys(err, copy < 0 ? copy : errno, "read directory");
		if (copy >= 0)
			close(copy);
		return r;
	}
	for (const struct dirent *e; !r && (e = readdir(dir));)
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			r = remove_entry(fd, e->d_name, err);
	closedir(dir);
	return r;
}

int dir_has_program(const struct image_dir *d, const char *path)
{
	_cleanup_close_ int fd = sys_openat2(d->fd, path, O_PATH, RESOLVE_IN_ROOT);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_mode & 0111 ? 0 : -EACCES;
}
