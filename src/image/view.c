// SPDX-License-Identifier: BSD-3-Clause
/*
 * Merging layers and comparing what comes out. Called by `image diff`. A layer is a sorted list of its
 * entries; merging puts one list over another in one pass, as overlayfs does with directories. Fails as
 * the file system does.
 */
#include "base/sys.h"
#include "image/view.h"
#include "image/walk.h"

/* Byte order, in which "/" comes before all others: so a directory is followed by what it holds. */
static int compare_paths(const char *a, const char *b)
{
	int x, y;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	x = *a == '/' ? 1 : *a ? (unsigned char)*a + 1 : 0;
	y = *b == '/' ? 1 : *b ? (unsigned char)*b + 1 : 0;
	return x - y;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !n || (strncmp(path, dir, n) == 0 && path[n] == '/');
}

static struct view_entry *add(struct arena *a, struct view *v)
{
	struct view_entry *p = arena_grow(a, v->v, v->n, &v->cap, sizeof(*p));

	if (!p)
		return NULL;
	v->v = p;
	return &p[v->n++];
}

/* struct listing - one layer being read */
struct listing {
	struct arena *a;
	struct view *v;
	uint32_t layer;
};

static int list_dir(struct listing *l, int fd, const char *path, unsigned depth, struct err *err);

static int list_entry(struct listing *l, int dir, const char *path, const char *name,
		      unsigned depth, struct err *err)
{
	struct view_entry *e = add(l->a, l->v);
	char target[PATH_MAX];
	ssize_t n;
	int r = 0;

	if (!e)
		return err_oom(err);
	e->layer = l->layer;
	e->path = *path ? arena_printf(l->a, "%s/%s", path, name) : arena_strdup(l->a, name);
	if (!e->path)
		return err_oom(err);
	if (fstatat(dir, name, &e->st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "stat '%s'", e->path);
	if (S_ISLNK(e->st.st_mode)) {
		n = readlinkat(dir, name, target, sizeof(target));
		e->target = n < 0 ? NULL : arena_dup(l->a, target, (size_t)n);
		return e->target ? 0 : err_sys(err, n < 0 ? errno : ENOMEM, "read '%s'", e->path);
	}
	if (S_ISDIR(e->st.st_mode)) {
		_cleanup_close_ int sub = walk_dir(dir, name);
		const char *full = e->path;

		if (sub < 0)
			return err_sys(err, sub, "open '%s'", full);
		e->opaque = walk_opaque(sub);
		r = list_dir(l, sub, full, depth + 1, err); /* may move the list */
	}
	return r;
}

static int list_dir(struct listing *l, int fd, const char *path, unsigned depth, struct err *err)
{
	struct walk_list names;
	int r;

	if (depth > WALK_DEPTH)
		return err_set(err, ELOOP, "directories are nested deeper than %d", WALK_DEPTH);
	r = walk_list_read(fd, &names, err);
	if (r)
		return r;
	for (size_t i = 0; i < names.n && !r; i++)
		r = list_entry(l, fd, path, names.v[i], depth, err);
	walk_list_free(&names);
	return r;
}

static bool is_whiteout(const struct view_entry *e)
{
	return S_ISCHR(e->st.st_mode) && e->st.st_rdev == 0;
}

static int take(struct arena *a, struct view *out, const struct view_entry *e, struct err *err)
{
	struct view_entry *p = add(a, out);

	if (!p)
		return err_oom(err);
	*p = *e;
	p->opaque = false;
	return 0;
}

/* Puts one layer over what is below it. */
static int merge(struct arena *a, const struct view *low, const struct view *top, bool hides_all,
		 struct view *ret, struct err *err)
{
	struct view out = {0};
	uint32_t i = hides_all ? low->n : 0;
	int r = 0;

	for (uint32_t k = 0; k < top->n && !r; k++) {
		const struct view_entry *t = &top->v[k];

		while (!r && i < low->n && compare_paths(low->v[i].path, t->path) < 0)
			r = take(a, &out, &low->v[i++], err);
		if (i < low->n && str_eq(low->v[i].path, t->path)) {
			bool both = S_ISDIR(low->v[i].st.st_mode) && S_ISDIR(t->st.st_mode) &&
				    !t->opaque;

			i++;
			while (!both && i < low->n && is_below(low->v[i].path, t->path))
				i++;
		}
		if (!r && !is_whiteout(t))
			r = take(a, &out, t, err);
	}
	while (!r && i < low->n)
		r = take(a, &out, &low->v[i++], err);
	if (!r) {
		ret->v = out.v;
		ret->n = out.n;
		ret->cap = out.cap;
	}
	return r;
}

static int add_layer(struct arena *a, struct view *v, int fd, struct err *err)
{
	struct view mine = {0};
	struct listing l = {.a = a, .v = &mine, .layer = v->n_dirs - 1};
	int r = list_dir(&l, fd, "", 0, err);

	return r ? r : merge(a, v, &mine, walk_opaque(fd), v, err);
}

int view_open(const struct store *s, struct arena *a, const struct store_image *img,
	      uint32_t layers, int upper, struct view *ret, struct err *err)
{
	struct view v = {.dirs = arena_alloc(a, (layers + (size_t)2) * sizeof(int))};
	int r = v.dirs ? 0 : err_oom(err);

	for (uint32_t i = 0; i < layers && !r; i++) {
		char path[STORE_HASH + 32];

		snprintf(path, sizeof(path), "layers/%s/tree", img->layers.v[i]);
		v.dirs[v.n_dirs] = walk_dir(s->fd, path);
		if (v.dirs[v.n_dirs] < 0)
			r = err_sys(err, v.dirs[v.n_dirs], "layer '%.12s'", img->layers.v[i]);
		else
			r = add_layer(a, &v, v.dirs[v.n_dirs++], err);
	}
	if (upper >= 0 && !r) {
		v.dirs[v.n_dirs++] = upper;
		r = add_layer(a, &v, upper, err);
	}
	if (r)
		view_close(&v);
	else
		*ret = v;
	return r;
}

void view_close(struct view *v)
{
	for (uint32_t i = 0; i < v->n_dirs; i++)
		close(v->dirs[i]);
	v->n_dirs = v->n = 0;
}

static int open_entry(const struct view *v, const struct view_entry *e)
{
	return sys_openat2(v->dirs[e->layer], e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

static int same_content(const struct view *old, const struct view_entry *a, const struct view *now,
			const struct view_entry *b, bool *ret, struct err *err)
{
	_cleanup_close_ int x = open_entry(old, a), y = open_entry(now, b);
	char p[65536], q[65536];
	off_t at = 0;

	if (x < 0 || y < 0)
		return err_sys(err, x < 0 ? x : y, "open '%s'", a->path);
	for (;;) {
		ssize_t n = pread(x, p, sizeof(p), at), m = pread(y, q, sizeof(q), at);

		if (n < 0 || m < 0)
			return err_sys(err, errno, "read '%s'", a->path);
		*ret = n == m && memcmp(p, q, (size_t)n) == 0;
		if (!*ret || !n)
			return 0;
		at += n;
	}
}

static int same(const struct view *old, const struct view_entry *a, const struct view *now,
		const struct view_entry *b, bool *ret, struct err *err)
{
	*ret = a->st.st_mode == b->st.st_mode && a->st.st_uid == b->st.st_uid &&
	       a->st.st_gid == b->st.st_gid && a->st.st_rdev == b->st.st_rdev &&
	       (S_ISDIR(a->st.st_mode) || a->st.st_size == b->st.st_size);
	if (*ret && S_ISLNK(a->st.st_mode))
		*ret = str_eq(a->target, b->target);
	if (!*ret || !S_ISREG(a->st.st_mode))
		return 0;
	if (a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino)
		return 0;
	return same_content(old, a, now, b, ret, err);
}

int view_compare(const struct view *old, const struct view *now,
		 int (*tell)(void *arg, enum view_change what, const struct view_entry *old,
			     const struct view_entry *now),
		 void *arg, struct err *err)
{
	uint32_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < old->n || k < now->n)) {
		const struct view_entry *a = i < old->n ? &old->v[i] : NULL;
		const struct view_entry *b = k < now->n ? &now->v[k] : NULL;
		int c = !a ? 1 : !b ? -1 : compare_paths(a->path, b->path);
		bool equal = false;

		i += c <= 0;
		k += c >= 0;
		if (c < 0)
			r = tell(arg, VIEW_DELETED, a, NULL);
		else if (c > 0)
			r = tell(arg, VIEW_ADDED, NULL, b);
		else if (!(r = same(old, a, now, b, &equal, err)) && !equal)
			r = tell(arg, VIEW_CHANGED, a, b);
	}
	return r;
}
