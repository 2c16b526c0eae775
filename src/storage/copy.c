// SPDX-License-Identifier: BSD-3-Clause
/*
 * See copy.h. Used by the child for --copy_in, by the launcher for --copy_out, and by `toastainer cp`.
 * A thing is opened as O_PATH first, looked at, and only then opened to be read: through /proc/self/fd
 * where it must be the same thing for sure.
 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/sys.h"
#include "storage/copy.h"

enum { DEPTH_MAX = 40, CHUNK = 1 << 24 };

/* linux_dirent64 of getdents64(2) */
struct entry {
	uint64_t ino, off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static int too_big(const struct copy *c, struct err *err, const char *name)
{
	return err_set(err, EFBIG, "copy '%s': more than %llu bytes or %u files", name,
		       (unsigned long long)c->limit, COPY_FILES_MAX);
}

/* reopen() - what an O_PATH descriptor stands for, to be read. */
static int reopen(const struct copy *c, int dir, const char *name, int path_fd, int flags)
{
	char number[16];

	flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY;
	if (c->proc < 0)
		return sys_openat(dir, name, flags | O_NOFOLLOW, 0);
	snprintf(number, sizeof(number), "%d", path_fd);
	return sys_openat(c->proc, number, flags, 0);
}

/*
 * Only files with content of their own: those of /proc and its kind do things when they are read, or never
 * end, and look like files. Whoever may mount can have them anywhere.
 */
static bool can_copy(const struct copy *c, int fd, const struct stat *st)
{
	static const long refused[] = {PROC_SUPER_MAGIC,    SYSFS_MAGIC,    CGROUP_SUPER_MAGIC,
				       CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,
				       SECURITYFS_MAGIC,    PSTOREFS_MAGIC, BPF_FS_MAGIC};
	struct statfs fs;

	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return false;
	if (!c->skip)
		return true;
	if (sys(SYS_fstatfs, fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if ((long)fs.f_type == refused[i])
			return false;
	return true;
}

int copy_open(const struct copy *c, int root, const char *path, struct stat *ret, struct err *err)
{
	char name[NAME_MAX + 1];
	int dir = copy_parent(root, path, false, name, sizeof(name), err), at, fd;

	if (dir < 0)
		return dir;
	fd = at = sys_openat(dir, name, O_PATH | O_NOFOLLOW, 0);
	if (at >= 0 && sys_fstat(at, ret) == 0) {
		if (can_copy(c, at, ret))
			fd = reopen(c, dir, name, at, S_ISDIR(ret->st_mode) ? O_DIRECTORY : 0);
		else
			fd = S_ISLNK(ret->st_mode) ? -ELOOP : -EINVAL;
	}
	if (at >= 0)
		sys_close(at);
	sys_close(dir);
	if (fd == -ELOOP)
		return err_set(err, ELOOP, "'%s' is a symbolic link", path);
	if (fd == -EINVAL)
		return err_set(err, EINVAL, "'%s' is neither a file nor a directory", path);
	return fd < 0 ? err_sys(err, fd, "open '%s'", path) : fd;
}

/* one_down() - the directory @name in @dir, which is not a link. */
static int one_down(int dir, const char *name, bool make)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
	int fd, r;

	if (str_eq(name, ".."))
		return -EXDEV;
	fd = sys_openat(dir, name, flags, 0);
	if (fd != -ENOENT || !make)
		return fd;
	r = sys_mkdirat(dir, name, 0755);
	return r < 0 && r != -EEXIST ? r : sys_openat(dir, name, flags, 0);
}

int copy_parent(int root, const char *path, bool make, char *ret_name, size_t size, struct err *err)
{
	int dir = sys_openat(root, ".", O_PATH | O_DIRECTORY, 0);
	const char *s = path + strspn(path, "/");

	snprintf(ret_name, size, ".");
	while (dir >= 0 && *s) {
		size_t n = strcspn(s, "/"), after = n + strspn(s + n, "/");
		int next;

		if (n >= size) {
			sys_close(dir);
			return err_sys(err, ENAMETOOLONG, "'%s'", path);
		}
		memcpy(ret_name, s, n);
		ret_name[n] = 0;
		s += after;
		if (!*s)
			break;
		next = one_down(dir, ret_name, make);
		sys_close(dir);
		dir = next;
	}
	if (dir >= 0 && str_eq(ret_name, "..")) {
		sys_close(dir);
		dir = -EXDEV;
	}
	if (dir >= 0)
		return dir;
	err_sys(err, dir, "directory of '%s'", path);
	if (dir == -ELOOP || dir == -ENOTDIR)
		err_hint(err, "links in a jail are not followed: use the real path");
	return dir;
}

static int read_write(int in, int out, size_t n)
{
	char buf[4096];
	ssize_t got = sys_read(in, buf, MIN(n, sizeof(buf)));

	for (ssize_t done = 0; done < got;) {
		ssize_t w = sys_write(out, buf + done, (size_t)(got - done));

		if (w < 0)
			return (int)w;
		done += w;
	}
	return (int)got;
}

static int copy_bytes(struct copy *c, int from, int to, const char *name, struct err *err)
{
	bool send = true;

	for (;;) {
		/* One byte more than allowed shows that there is more. */
		size_t want = c->left < CHUNK ? (size_t)c->left + 1 : CHUNK;
		long n =
			send ? sys(SYS_sendfile, to, from, NULL, want) : read_write(from, to, want);

		if (n == -EINTR)
			continue;
		if (n == -EINVAL && send) {
			send = false;
			continue;
		}
		if (n <= 0)
			return n < 0 ? err_sys(err, (int)n, "copy '%s'", name) : 0;
		if ((uint64_t)n > c->left)
			return too_big(c, err, name);
		c->left -= (uint64_t)n;
	}
}

static int copy_file(struct copy *c, int from, const struct stat *st, int dir, const char *name,
		     struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
	int fd, r;

	if ((uint64_t)st->st_size > c->left)
		return too_big(c, err, name);
	fd = sys_openat(dir, name, flags, 0600);
	if (fd == -EEXIST && c->replace) {
		r = (int)sys(SYS_unlinkat, dir, name, 0);
		fd = r < 0 ? r : sys_openat(dir, name, flags, 0600);
	}
	if (fd < 0)
		return err_sys(err, fd, "make '%s'", name);
	r = copy_bytes(c, from, fd, name, err);
	sys(SYS_fchmod, fd, st->st_mode & 0777);
	sys_close(fd);
	return r;
}

static int copy_link(int at, int dir, const char *name, struct err *err)
{
	char text[PATH_MAX];
	long n = sys(SYS_readlinkat, at, "", text, sizeof(text) - 1), r;

	if (n < 0)
		return err_sys(err, (int)n, "read the link '%s'", name);
	text[n] = 0;
	r = sys(SYS_symlinkat, text, dir, name);
	return r < 0 ? err_sys(err, (int)r, "make the link '%s'", name) : 0;
}

static int copy_any(struct copy *c, int from, const struct stat *st, int dir, const char *name,
		    unsigned depth, struct err *err);

/* copy_entry() - one entry of the directory @from into the directory @to. */
static int copy_entry(struct copy *c, int from, int to, const char *name, unsigned depth,
		      struct err *err)
{
	int at = sys_openat(from, name, O_PATH | O_NOFOLLOW, 0), fd, r;
	struct stat st;

	if (at < 0)
		return at == -ENOENT ? 0 : err_sys(err, at, "open '%s'", name);
	r = sys_fstat(at, &st);
	if (r >= 0 && can_copy(c, at, &st)) {
		fd = reopen(c, from, name, at, S_ISDIR(st.st_mode) ? O_DIRECTORY : 0);
		r = fd < 0 ? err_sys(err, fd, "open '%s'", name)
			   : copy_any(c, fd, &st, to, name, depth + 1, err);
		if (fd >= 0)
			sys_close(fd);
	} else if (r >= 0 && c->skip) {
		c->skipped++;
	} else if (r >= 0 && S_ISLNK(st.st_mode)) {
		r = copy_link(at, to, name, err);
	} else {
		r = err_set(err, EINVAL, "copy '%s': neither a file, a directory nor a link", name);
	}
	sys_close(at);
	return r;
}

static int copy_dir(struct copy *c, int from, int to, unsigned depth, struct err *err)
{
	char buf[1024] __attribute__((aligned(8)));
	long n;
	int r = 0;

	while ((n = sys(SYS_getdents64, from, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n && r >= 0;) {
			const struct entry *e = (const struct entry *)(buf + at);

			at += e->len;
			if (!str_eq(e->name, ".") && !str_eq(e->name, ".."))
				r = copy_entry(c, from, to, e->name, depth, err);
		}
		if (r < 0)
			return r;
	}
	return n < 0 ? err_sys(err, (int)n, "read a directory") : 0;
}

static int copy_any(struct copy *c, int from, const struct stat *st, int dir, const char *name,
		    unsigned depth, struct err *err)
{
	int to, r;

	if (!c->files_left)
		return too_big(c, err, name);
	c->files_left--;
	if (!S_ISDIR(st->st_mode))
		return copy_file(c, from, st, dir, name, err);
	if (depth > DEPTH_MAX)
		return err_set(err, ELOOP, "copy '%s': more than %d directories deep", name,
			       DEPTH_MAX);
	r = sys_mkdirat(dir, name, 0700);
	if (r < 0 && !(r == -EEXIST && c->replace))
		return err_sys(err, r, "make '%s'", name);
	to = sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (to < 0)
		return err_sys(err, to, "open '%s'", name);
	r = copy_dir(c, from, to, depth, err);
	if (!c->replace || r >= 0)
		sys(SYS_fchmod, to, st->st_mode & 0777);
	sys_close(to);
	return r;
}

int copy_tree(struct copy *c, int from, const struct stat *st, int dir, const char *name,
	      struct err *err)
{
	return copy_any(c, from, st, dir, name, 0, err);
}
