// SPDX-License-Identifier: BSD-3-Clause
/*
 * Listing, counting and removing trees. Called by the store and by all that reads or writes layers.
 * Fails as the file system does, and on trees deeper than WALK_DEPTH, which only removing takes.
 */
#include <dirent.h>
#include <sys/xattr.h>

#include "base/mem.h"
#include "base/sys.h"
#include "image/walk.h"

#define HOLD 100 /* directories open at a time while removing */

int walk_dir(int fd, const char *name)
{
	return sys_openat2(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

bool walk_opaque(int fd)
{
	char c;

	return (fgetxattr(fd, "user.overlay.opaque", &c, 1) == 1 && c == 'y') ||
	       (fgetxattr(fd, "trusted.overlay.opaque", &c, 1) == 1 && c == 'y');
}

static DIR *open_list(int fd)
{
	int copy = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *dir;

	if (copy < 0) {
		errno = -copy;
		return NULL;
	}
	dir = fdopendir(copy);
	if (!dir)
		close(copy);
	return dir;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_self(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

int walk_list_read(int fd, struct walk_list *ret, struct err *err)
{
	struct walk_list l = {0};
	DIR *dir = open_list(fd);
	size_t cap = 0;
	int r = 0;

	if (!dir)
		return err_sys(err, errno, "read a directory");
	for (const struct dirent *e; !r && (e = readdir(dir));) {
		if (is_self(e->d_name))
			continue;
		if (l.n == cap) {
			char **v = mem_realloc(l.v, (cap = cap * 2 + 16) * sizeof(*v));

			if (v)
				l.v = v;
			r = v ? 0 : err_oom(err);
		}
		if (!r)
			r = (l.v[l.n] = strdup(e->d_name)) ? l.n++, 0 : err_oom(err);
	}
	closedir(dir);
	if (r) {
		walk_list_free(&l);
		return r;
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_bytes);
	*ret = l;
	return 0;
}

void walk_list_free(struct walk_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct walk_list){0};
}

static int count(int fd, unsigned depth, struct walk_figures *f, struct err *err)
{
	DIR *dir = open_list(fd);
	int r = 0;

	if (!dir)
		return err_sys(err, errno, "read a directory");
	if (depth > WALK_DEPTH)
		r = err_set(err, ELOOP, "directories are nested deeper than %d", WALK_DEPTH);
	for (const struct dirent *e; !r && (e = readdir(dir));) {
		struct stat st;

		if (is_self(e->d_name))
			continue;
		f->entries++;
		if (e->d_type == DT_DIR) {
			_cleanup_close_ int sub = walk_dir(fd, e->d_name);

			r = sub < 0 ? err_sys(err, sub, "open '%s'", e->d_name)
				    : count(sub, depth + 1, f, err);
		} else if (e->d_type == DT_REG) {
			if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				r = err_sys(err, errno, "stat '%s'", e->d_name);
			else
				f->bytes += (uint64_t)st.st_size;
		}
	}
	closedir(dir);
	return r;
}

int walk_count(int fd, struct walk_figures *ret, struct err *err)
{
	struct walk_figures f = {0};
	int r = count(fd, 0, &f, err);

	if (!r)
		*ret = f;
	return r;
}

/* struct removal - a directory at whose end deeper ones are parked, so that few are open at a time */
struct removal {
	int top;
	unsigned parked;
};

static int remove_all(struct removal *rm, int fd, unsigned depth, struct err *err);

static int remove_one(struct removal *rm, int fd, const char *name, unsigned depth, struct err *err)
{
	_cleanup_close_ int sub = FD_NONE;
	char parked[32];
	int r;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "remove '%s'", name);
	if (unlinkat(fd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= HOLD) {
		do
			snprintf(parked, sizeof(parked), ".deep.%u", rm->parked++);
		while (faccessat(rm->top, parked, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
		return renameat(fd, name, rm->top, parked) == 0
			       ? 0
			       : err_sys(err, errno, "remove '%s'", name);
	}
	sub = walk_dir(fd, name);
	if (sub == -EACCES && fchmodat(fd, name, 0700, 0) == 0)
		sub = walk_dir(fd, name);
	if (sub < 0)
		return err_sys(err, sub, "remove '%s'", name);
	fchmod(sub, 0700); /* of a user who made it read-only for himself */
	r = remove_all(rm, sub, depth + 1, err);
	if (!r && unlinkat(fd, name, AT_REMOVEDIR) < 0)
		r = err_sys(err, errno, "remove '%s'", name);
	return r;
}

static int remove_all(struct removal *rm, int fd, unsigned depth, struct err *err)
{
	DIR *dir = open_list(fd);
	int r = 0;

	if (!dir)
		return err_sys(err, errno, "read a directory");
	for (const struct dirent *e; !r && (e = readdir(dir));)
		if (!is_self(e->d_name))
			r = remove_one(rm, fd, e->d_name, depth, err);
	closedir(dir);
	return r;
}

int walk_empty(int fd, struct err *err)
{
	struct removal rm = {.top = fd};
	unsigned before;
	int r;

	do { /* what was parked came into this directory: once more */
		before = rm.parked;
		r = remove_all(&rm, fd, 0, err);
	} while (!r && rm.parked != before);
	return r;
}

int walk_remove(int fd, const char *name, struct err *err)
{
	_cleanup_close_ int sub = FD_NONE;
	int r;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "remove '%s'", name);
	sub = walk_dir(fd, name);
	if (sub == -EACCES && fchmodat(fd, name, 0700, 0) == 0)
		sub = walk_dir(fd, name);
	if (sub < 0)
		return sub == -ENOENT ? 0 : err_sys(err, sub, "remove '%s'", name);
	fchmod(sub, 0700);
	r = walk_empty(sub, err);
	if (!r && unlinkat(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = err_sys(err, errno, "remove '%s'", name);
	return r;
}
