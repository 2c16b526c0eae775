// SPDX-License-Identifier: BSD-3-Clause
/*
 * Adding to a store. Called by all image commands that make images. Fails as the file system does;
 * a failure or a kill at any point leaves at most a directory in tmp, which gc removes.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/xattr.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/store_write.h"

static const struct {
	const char *name;
	mode_t mode;
} folders[] = {
	/* Files with the set-user-id bit are in there: nobody else may come near. */
	{"layers", 0700}, {"tmp", 0700}, {"images", 0755}, {"names", 0755}, {"cache", 0755},
};

int store_write_file(int dir, const char *name, const char *text, size_t n, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
	int r;

	if (fd < 0)
		return err_sys(err, fd, "make '%s'", name);
	r = io_write_all(fd, text, n);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r ? err_sys(err, r, "write '%s'", name) : 0;
}

/* Which marks overlayfs will take from us, tried on the file system itself. */
static bool only_user_marks(int dir)
{
	_cleanup_close_ int fd = sys_openat(dir, "layers", O_RDONLY | O_DIRECTORY, 0);
	bool trusted = fd >= 0 && fsetxattr(fd, "trusted.toastainer", "y", 1, 0) == 0;

	if (trusted)
		fremovexattr(fd, "trusted.toastainer");
	return !trusted;
}

/*
 * The file "format" comes last and by a rename, so two that make a store at once make the same one,
 * and one that was killed half-way is completed by the next.
 */
static int fill(int fd, struct err *err)
{
	char name[32], text[64];
	int r;

	for (unsigned i = 0; i < ARRAY_SIZE(folders); i++) {
		if (mkdirat(fd, folders[i].name, folders[i].mode) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make '%s'", folders[i].name);
		if (fchmodat(fd, folders[i].name, folders[i].mode, 0) < 0)
			return err_sys(err, errno, "chmod '%s'", folders[i].name);
	}
	snprintf(name, sizeof(name), "format.%d", getpid());
	snprintf(text, sizeof(text), "toastainer store 1\nmarks %s\n",
		 only_user_marks(fd) ? "user" : "trusted");
	unlinkat(fd, name, 0);
	r = store_write_file(fd, name, text, strlen(text), err);
	if (!r && renameat(fd, name, fd, "format") < 0)
		r = err_sys(err, errno, "make 'format'");
	return r;
}

static int make_dirs(char *path, struct err *err)
{
	for (char *p = path + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return err_sys(err, errno, "make directory '%s'", path);
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make image store '%s'", path);
	return 0;
}

/* Ours to fill: empty, or what a killed one began. */
static int check_ours(int fd, const char *path, struct err *err)
{
	struct walk_list l;
	int r = walk_list_read(fd, &l, err);

	for (size_t i = 0; !r && i < l.n; i++) {
		bool known = str_starts(l.v[i], "format.") || str_eq(l.v[i], "lock");

		for (unsigned k = 0; k < ARRAY_SIZE(folders); k++)
			known |= str_eq(l.v[i], folders[k].name);
		if (known)
			continue;
		r = err_set(err, ENOTEMPTY, "'%s' is neither an image store nor empty", path);
	}
	if (!r)
		walk_list_free(&l);
	return r;
}

int store_make(struct store *s, const char *given, struct err *err)
{
	_cleanup_close_ int fd = FD_NONE;
	char path[PATH_MAX];
	int r = store_where(given, path, err);

	if (r)
		return r;
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT) {
		r = make_dirs(path, err);
		if (r)
			return r;
		fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd < 0)
		return err_sys(err, fd, "image store '%s'", path);
	if (faccessat(fd, "format", F_OK, 0) < 0) {
		r = check_ours(fd, path, err);
		if (!r)
			r = fill(fd, err);
		if (r)
			return err_wrap(err, "image store '%s'", path);
	}
	return store_open(s, path, err);
}

int store_lock(const struct store *s, bool exclusive, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(s->fd, "lock", O_CREAT | O_RDWR, 0644);
	int r;

	if (fd < 0)
		return err_sys(err, fd, "open '%s/lock'", s->path);
	do
		r = flock(fd, exclusive ? LOCK_EX : LOCK_SH);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(err, errno, "lock '%s'", s->path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int store_work_begin(const struct store *s, struct store_work *ret, struct err *err)
{
	struct store_work w = {.store = s, .fd = FD_NONE};
	char path[64];

	for (int tries = 0; tries < 100; tries++) {
		uint64_t random;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return err_sys(err, errno, "getrandom");
		snprintf(w.name, sizeof(w.name), "%016llx", (unsigned long long)random);
		snprintf(path, sizeof(path), "tmp/%s", w.name);
		if (mkdirat(s->fd, path, 0700) == 0) {
			w.fd = sys_openat(s->fd, path, O_RDONLY | O_DIRECTORY, 0);
			/* gc may have taken the directory between the two calls. */
			if (w.fd >= 0 && flock(w.fd, LOCK_EX | LOCK_NB) == 0 &&
			    faccessat(s->fd, path, F_OK, 0) == 0) {
				*ret = w;
				return 0;
			}
			defs_closep(&w.fd);
		} else if (errno != EEXIST) {
			return err_sys(err, errno, "make '%s/%s'", s->path, path);
		}
	}
	return err_set(err, EEXIST, "no directory could be made in '%s/tmp'", s->path);
}

void store_work_end(struct store_work *w)
{
	char path[64];

	if (w->fd < 0)
		return;
	walk_empty(w->fd, NULL);
	snprintf(path, sizeof(path), "tmp/%s", w->name);
	unlinkat(w->store->fd, path, AT_REMOVEDIR);
	close(w->fd);
	w->fd = FD_NONE;
}

bool store_has_layer(const struct store *s, const char *hash)
{
	char path[STORE_HASH + 32];

	snprintf(path, sizeof(path), "layers/%s/layer", hash);
	return store_is_hash(hash) && faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int sync_dir(const struct store *s, const char *name, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(s->fd, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, fd < 0 ? fd : errno, "sync '%s/%s'", s->path, name);
	return 0;
}

int store_sync(const struct store *s, struct err *err)
{
	return syncfs(s->fd) < 0 ? err_sys(err, errno, "sync '%s'", s->path) : 0;
}

/* Moves what is complete to its place. One that is there already is as good. */
static int publish(struct store_work *w, const char *from, const char *dir, const char *hash,
		   struct err *err)
{
	char path[STORE_HASH + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, hash);
	if (renameat2(w->fd, from, w->store->fd, path, RENAME_NOREPLACE) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make '%s/%s'", w->store->path, path);
	return sync_dir(w->store, dir, err);
}

int store_add_layer(struct store_work *w, const char *sub, const char *hash,
		    struct walk_figures *ret, struct err *err)
{
	_cleanup_close_ int dir = walk_dir(w->fd, sub), tree = FD_NONE;
	struct walk_figures f;
	char text[128];
	int r;

	if (dir < 0)
		return err_sys(err, dir, "open '%s'", sub);
	tree = walk_dir(dir, "tree");
	if (tree < 0)
		return err_sys(err, tree, "open '%s/tree'", sub);
	r = walk_count(tree, &f, err);
	if (r)
		return r;
	if (ret)
		*ret = f;
	if (store_has_layer(w->store, hash))
		return 0;
	snprintf(text, sizeof(text), "entries %llu\nbytes %llu\n", (unsigned long long)f.entries,
		 (unsigned long long)f.bytes);
	r = store_write_file(dir, "layer", text, strlen(text), err);
	if (!r)
		r = store_sync(w->store, err);
	return r ? r : publish(w, sub, "layers", hash, err);
}

int store_layer_figures(const struct store *s, const char *hash, struct walk_figures *ret,
			struct err *err)
{
	char path[STORE_HASH + 32], text[128], *second;
	struct walk_figures f;
	ssize_t n;

	snprintf(path, sizeof(path), "layers/%s/layer", hash);
	n = io_read_small(s->fd, path, text, sizeof(text));
	if (n < 0)
		return err_sys(err, (int)n, "layer '%.12s' in '%s'", hash, s->path);
	second = strchr(text, '\n');
	if (second)
		*second++ = 0;
	if (second && strchr(second, '\n'))
		*strchr(second, '\n') = 0;
	if (!second || !str_starts(text, "entries ") || !str_starts(second, "bytes ") ||
	    str_u64(text + 8, UINT64_MAX, &f.entries) || str_u64(second + 6, UINT64_MAX, &f.bytes))
		return err_set(err, EINVAL, "'%s/%s' is damaged", s->path, path);
	*ret = f;
	return 0;
}

int store_add_image(struct store_work *w, const char *id, const char *json, size_t n,
		    const char *text, struct err *err)
{
	_cleanup_close_ int dir = FD_NONE;
	int r;

	walk_remove(w->fd, "image", NULL);
	if (mkdirat(w->fd, "image", 0755) < 0)
		return err_sys(err, errno, "make a directory");
	dir = walk_dir(w->fd, "image");
	if (dir < 0)
		return err_sys(err, dir, "open a directory");
	if (fchmod(dir, 0755) < 0)
		return err_sys(err, errno, "chmod");
	r = store_write_file(dir, "config.json", json, n, err);
	if (!r)
		r = store_write_file(dir, "image", text, strlen(text), err);
	if (!r && fsync(dir) < 0)
		r = err_sys(err, errno, "sync");
	if (!r)
		r = publish(w, "image", "images", id, err);
	walk_remove(w->fd, "image", NULL); /* where it was there already */
	return r;
}

int store_link(struct store_work *w, const char *dir, const char *name, const char *id,
	       struct err *err)
{
	char to[STORE_HASH + 32], path[STORE_NAME + 32];

	snprintf(to, sizeof(to), "../images/%s", id);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlinkat(w->fd, "link", 0);
	if (symlinkat(to, w->fd, "link") < 0)
		return err_sys(err, errno, "make a link");
	if (renameat(w->fd, "link", w->store->fd, path) < 0)
		return err_sys(err, errno, "make '%s/%s'", w->store->path, path);
	return sync_dir(w->store, dir, err);
}

int store_links(const struct store *s, const char *dir, struct arena *a,
		struct store_link_list *ret, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(s->fd, dir, O_RDONLY | O_DIRECTORY, 0);
	struct store_link_list l = {0};
	struct walk_list names;
	int r;

	if (fd < 0)
		return err_sys(err, fd, "read '%s/%s'", s->path, dir);
	r = walk_list_read(fd, &names, err);
	if (r)
		return r;
	for (size_t i = 0; i < names.n && !r; i++) {
		char to[STORE_HASH + 32] = "";
		ssize_t n = readlinkat(fd, names.v[i], to, sizeof(to) - 1);
		struct store_link *v = arena_grow(a, l.v, l.n, &l.cap, sizeof(*v));

		if (!v) {
			r = err_oom(err);
			break;
		}
		l.v = v;
		v += l.n++;
		v->name = arena_strdup(a, names.v[i]);
		v->id = n > 0 && str_starts(to, "../images/") && store_is_hash(to + 10)
				? arena_strdup(a, to + 10)
				: "";
		if (!v->name || !v->id)
			r = err_oom(err);
	}
	walk_list_free(&names);
	if (!r)
		*ret = l;
	return r;
}
