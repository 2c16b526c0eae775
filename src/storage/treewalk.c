// SPDX-License-Identifier: BSD-3-Clause
/*
 * See treewalk.h. Used by the launcher when a jail is gone: on its upper layer. Errors are those of the
 * calls.
 */
#include <dirent.h>

#include "base/sys.h"
#include "storage/treewalk.h"

enum { DEPTH_MAX = 64 };

int treewalk_open_dir(int dir, const char *name)
{
	const uint64_t flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	const uint64_t how = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	int fd = sys_openat2(dir, name, flags, how);

	if (fd == -ENOSYS || fd == -EPERM)
		fd = sys_openat(dir, name, (int)flags, 0);
	return fd;
}

/* Overlays leave directories without any rights, which their owner must get into nevertheless. */
static int open_anyway(int dir, const char *name)
{
	int fd = treewalk_open_dir(dir, name), at;
	char path[40];

	if (fd != -EACCES)
		return fd;
	at = sys_openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (at < 0)
		return at;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	if (chmod(path, 0700) == 0)
		fd = treewalk_open_dir(dir, name);
	sys_close(at);
	return fd;
}

struct removal {
	int top;
	unsigned long moved; /* names given */
	bool again;
	int first_error;
};

static void note(struct removal *w, long r)
{
	if (r < 0 && !w->first_error)
		w->first_error = (int)r;
}

static void remove_in(struct removal *w, int fd, unsigned depth);

static void remove_one(struct removal *w, int dir, const char *name, unsigned depth)
{
	char moved[40];
	long r = sys(SYS_unlinkat, dir, name, 0);
	int fd;

	if (r != -EISDIR && r != -EPERM) {
		note(w, r == -ENOENT ? 0 : r);
		return;
	}
	if (depth >= DEPTH_MAX) {
		snprintf(moved, sizeof(moved), "toastainer-deep.%lu", w->moved++);
		r = sys(SYS_renameat2, dir, name, w->top, moved, 0);
		w->again |= r >= 0;
		note(w, r);
		return;
	}
	fd = open_anyway(dir, name);
	if (fd >= 0)
		remove_in(w, fd, depth + 1);
	else
		note(w, fd);
	r = sys(SYS_unlinkat, dir, name, AT_REMOVEDIR);
	/* Something in it was moved up, or could not be removed, and that was noted. */
	note(w, r == -ENOTEMPTY ? 0 : r);
}

/* Takes over @fd. */
static void remove_in(struct removal *w, int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		close(fd);
		note(w, -ENOMEM);
		return;
	}
	while ((e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			remove_one(w, fd, e->d_name, depth);
	closedir(d);
}

int treewalk_remove(int dir)
{
	struct removal w = {.top = dir};

	do {
		int fd = treewalk_open_dir(dir, ".");

		if (fd < 0)
			return fd;
		w.again = false;
		remove_in(&w, fd, 0);
	} while (w.again && !w.first_error);
	return w.first_error;
}

static int count_in(int fd, uint64_t *bytes, uint64_t *files, unsigned depth)
{
	DIR *d = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int r = 0;

	if (!d) {
		close(fd);
		return depth < DEPTH_MAX ? -ENOMEM : -E2BIG;
	}
	while (r >= 0 && (e = readdir(d))) {
		struct stat st;
		int sub;

		if (str_eq(e->d_name, ".") || str_eq(e->d_name, "..") ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		/* A file with more names counts once, spread over them. */
		*bytes += (uint64_t)st.st_blocks * 512 / (S_ISDIR(st.st_mode) ? 1 : st.st_nlink);
		++*files;
		if (!S_ISDIR(st.st_mode))
			continue;
		sub = treewalk_open_dir(fd, e->d_name);
		if (sub >= 0)
			r = count_in(sub, bytes, files, depth + 1);
		else if (sub != -EACCES)
			r = sub;
	}
	closedir(d);
	return r;
}

int treewalk_count(int dir, uint64_t *bytes, uint64_t *files)
{
	int fd = treewalk_open_dir(dir, ".");

	*bytes = *files = 0;
	return fd < 0 ? fd : count_in(fd, bytes, files, 0);
}
