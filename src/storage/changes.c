// SPDX-License-Identifier: BSD-3-Clause
/*
 * Comparing an upper layer with what lies below. Called by the launcher when the jail is gone; the upper
 * layer is that of a hostile program, and so are the names in it. What is too deep, or may not be read,
 * is said and not looked at.
 */
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "storage/changes.h"
#include "storage/copy.h"
#include "storage/treewalk.h"

enum { DEPTH_MAX = 100, FLUSH = 1 << 16 };

struct walk {
	const struct changes *c;
	struct sbuf path; /* of what is looked at, absolute */
	struct sbuf out;
	int fd;
	struct err *err;
};

bool changes_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static bool is_opaque(int dir)
{
	static const char *const names[] = {"user.overlay.opaque", "trusted.overlay.opaque"};
	char v = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fgetxattr(dir, names[i], &v, 1) == 1 && v == 'y')
			return true;
	return false;
}

static int flush(struct walk *w)
{
	int r;

	if (w->out.failed || w->path.failed)
		return err_oom(w->err);
	r = w->out.n ? io_write_all(w->fd, w->out.s, w->out.n) : 0;
	w->out.n = 0;
	return r < 0 ? err_sys(w->err, r, "write the changes") : 0;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "dir";
	case S_IFLNK: return "link";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR: return "char";
	default: return "block";
	}
}

static int tell(struct walk *w, const char *change, const struct stat *st, const char *note)
{
	struct sbuf *b = &w->out;

	sbuf_puts(b, "{\"path\":");
	sbuf_json(b, w->path.s);
	sbuf_printf(b, ",\"change\":\"%s\"", change);
	if (st)
		sbuf_printf(
			b, ",\"type\":\"%s\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u,\"size\":%llu",
			type_name(st->st_mode), st->st_mode & 07777, st->st_uid, st->st_gid,
			S_ISDIR(st->st_mode) ? 0ULL : (unsigned long long)st->st_size);
	if (note)
		sbuf_printf(b, ",\"%s\":true", note);
	sbuf_puts(b, "}\n");
	return b->n > FLUSH || b->failed ? flush(w) : 0;
}

/* below() - what layer @i has at our path. Return: an O_PATH descriptor or a negative errno. */
static int below(const struct walk *w, unsigned i, struct stat *ret)
{
	char name[NAME_MAX + 1];
	int dir = copy_parent(w->c->layers[i], w->path.s, false, name, sizeof(name), NULL);
	int fd = dir < 0 ? dir : sys_openat(dir, name, O_PATH | O_NOFOLLOW, 0);

	if (dir >= 0)
		close(dir);
	if (fd >= 0 && sys_fstat(fd, ret) < 0) {
		close(fd);
		fd = -EIO;
	}
	return fd;
}

/* find_below() - the topmost of @visible layers that has it. Return: whether one has. */
static bool find_below(const struct walk *w, unsigned visible, struct stat *ret)
{
	for (unsigned i = 0; i < visible; i++) {
		int fd = below(w, i, ret);

		if (fd < 0)
			continue;
		close(fd);
		return !changes_whiteout(ret);
	}
	return false;
}

/* still_visible() - of how many layers the entries of our directory show through. */
static unsigned still_visible(const struct walk *w, unsigned visible)
{
	for (unsigned i = 0; i < visible; i++) {
		struct stat st;
		int fd = below(w, i, &st), dir;
		bool opaque;

		if (fd < 0)
			continue;
		dir = S_ISDIR(st.st_mode) ? treewalk_open_dir(fd, ".") : FD_NONE;
		opaque = dir >= 0 && is_opaque(dir);
		if (dir >= 0)
			close(dir);
		close(fd);
		if (!S_ISDIR(st.st_mode))
			return i;
		if (opaque)
			return i + 1;
	}
	return visible;
}

/* is_target() - a mount was there, and what it was on is not the program's doing. */
static bool is_target(const struct walk *w, const struct stat *st)
{
	size_t n = strlen(w->path.s);

	if (!S_ISDIR(st->st_mode) && !(S_ISREG(st->st_mode) && !st->st_size))
		return false;
	for (const char *const *t = w->c->targets; t && *t; t++)
		if (strncmp(*t, w->path.s, n) == 0 &&
		    ((*t)[n] == 0 || ((*t)[n] == '/' && S_ISDIR(st->st_mode))))
			return true;
	return false;
}

static int look_in(struct walk *w, int fd, unsigned visible, unsigned depth);

static int look_at_dir(struct walk *w, int parent, const char *name, const struct stat *st,
		       unsigned visible, bool known, unsigned depth)
{
	int fd = depth < DEPTH_MAX ? treewalk_open_dir(parent, name) : -E2BIG, r = 0;
	const char *note = fd < 0 ? "not_read" : NULL;
	bool opaque = fd >= 0 && is_opaque(fd);
	struct stat was;

	if (known && find_below(w, visible, &was) && S_ISDIR(was.st_mode)) {
		/* An overlay copies a directory up for what changes in it: that is not told. */
		bool owner = was.st_uid != st->st_uid || was.st_gid != st->st_gid;

		if (opaque || note || was.st_mode != st->st_mode || (owner && !w->c->other_ids))
			r = tell(w, "changed", st, opaque ? "replaced" : note);
	} else if (!is_target(w, st)) {
		r = tell(w, known ? "changed" : "added", st, note);
	}
	if (fd < 0)
		return r;
	if (r < 0) {
		close(fd);
		return r;
	}
	return look_in(w, fd, opaque ? 0 : still_visible(w, visible), depth + 1);
}

static int look_at(struct walk *w, int parent, const char *name, unsigned visible, unsigned depth)
{
	struct stat st, was;
	bool known;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	known = find_below(w, visible, &was);
	if (changes_whiteout(&st))
		return known ? tell(w, "deleted", NULL, NULL) : 0;
	if (S_ISDIR(st.st_mode))
		return look_at_dir(w, parent, name, &st, visible, known, depth);
	return !known && is_target(w, &st) ? 0 : tell(w, known ? "changed" : "added", &st, NULL);
}

/* Takes over @fd. */
static int look_in(struct walk *w, int fd, unsigned visible, unsigned depth)
{
	DIR *d = fdopendir(fd);
	size_t length = w->path.n;
	const struct dirent *e;
	int r = 0;

	if (!d) {
		close(fd);
		return err_oom(w->err);
	}
	while (r >= 0 && (e = readdir(d))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		sbuf_printf(&w->path, "/%s", e->d_name);
		r = w->path.failed ? err_oom(w->err) : look_at(w, fd, e->d_name, visible, depth);
		w->path.n = length;
		if (w->path.s)
			w->path.s[length] = 0;
	}
	closedir(d);
	return r;
}

int changes_write(const struct changes *c, int fd, struct err *err)
{
	struct walk w = {.c = c, .fd = fd, .err = err};
	int dir = treewalk_open_dir(c->upper, "."), r;

	if (dir < 0)
		return err_sys(err, dir, "read the upper layer");
	r = look_in(&w, dir, c->n, 0);
	if (r >= 0)
		r = flush(&w);
	sbuf_free(&w.path);
	sbuf_free(&w.out);
	return r;
}
