// SPDX-License-Identifier: BSD-3-Clause
/*
 * Garbage collection and fsck. Called by the image commands. Both go through the store once: images
 * are read, the layers that they have are put in a sorted list, and layers are looked up in it.
 * Fails as the file system does; damage that fsck finds is no failure of it.
 */
#include <stdarg.h>
#include <sys/file.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/digest.h"
#include "image/flat.h"
#include "image/store_check.h"
#include "image/tarsrc.h"

#define CONFIG_MAX ((size_t)16 << 20)

/* struct hashes - a set, sorted when it is complete */
struct hashes {
	char (*v)[STORE_HASH + 1];
	size_t n, cap;
};

static int hashes_add(struct hashes *h, const char *hash, struct err *err)
{
	if (h->n == h->cap) {
		void *v = mem_realloc(h->v, (h->cap = h->cap * 2 + 64) * sizeof(*h->v));

		if (!v)
			return err_oom(err);
		h->v = v;
	}
	memcpy(h->v[h->n++], hash, STORE_HASH + 1);
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, STORE_HASH);
}

static void hashes_sort(struct hashes *h)
{
	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), by_hash);
}

static bool hashes_have(const struct hashes *h, const char *hash)
{
	return h->n && bsearch(hash, h->v, h->n, sizeof(*h->v), by_hash);
}

static int open_folder(const struct store *s, const char *name, struct err *err)
{
	int fd = sys_openat(s->fd, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? err_sys(err, fd, "read '%s/%s'", s->path, name) : fd;
}

/* All that "names" and "cache" lead to. */
static int named(const struct store *s, bool cache, struct hashes *ret, struct err *err)
{
	static const char *const dirs[] = {"names", "cache"};
	struct arena a = {0};
	int r = 0;

	for (unsigned i = 0; i < (cache ? 2 : 1) && !r; i++) {
		struct store_link_list l;

		r = store_links(s, dirs[i], &a, &l, err);
		for (uint32_t k = 0; !r && k < l.n; k++)
			if (*l.v[k].id)
				r = hashes_add(ret, l.v[k].id, err);
	}
	arena_free(&a);
	hashes_sort(ret);
	return r;
}

/*
 * Out of the way first, so that a killed gc leaves no half of an image; then the file "image", under
 * an exclusive lock: who had opened the directory before and gets its lock now finds none
 * (store_resolve()).
 */
static int remove_image(int images, const char *id, const struct store_work *w, bool *ret_busy,
			struct err *err)
{
	_cleanup_close_ int fd = walk_dir(images, id);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		*ret_busy = true;
		return 0;
	}
	if (renameat(images, id, w->fd, "gone") < 0)
		return err_sys(err, errno, "remove image '%.12s'", id);
	if (fd >= 0 && unlinkat(fd, "image", 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove image '%.12s'", id);
	return walk_remove(w->fd, "gone", err);
}

static int layers_of(const struct store *s, const char *id, struct hashes *layers, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct arena a = {0};
	char path[STORE_HASH + 32], *text;
	int r;

	snprintf(path, sizeof(path), "images/%s/image", id);
	r = io_read_file(&a, s->fd, path, CONFIG_MAX, &text, NULL, err);
	if (!r)
		r = store_parse(&a, text, &img, err);
	for (uint32_t i = 0; !r && i < img.layers.n; i++)
		r = hashes_add(layers, img.layers.v[i], err);
	arena_free(&a);
	return r;
}

static int sweep_images(const struct store *s, const struct hashes *keep, struct hashes *layers,
			struct gc_report *rep, struct err *err)
{
	_cleanup_close_ int fd = open_folder(s, "images", err);
	struct store_work w = STORE_WORK_INIT;
	struct walk_list l;
	int r = fd < 0 ? fd : walk_list_read(fd, &l, err);

	if (r)
		return r;
	r = store_work_begin(s, &w, err);
	for (size_t i = 0; i < l.n && !r; i++) {
		bool busy = false, live = hashes_have(keep, l.v[i]);

		if (!live) {
			r = remove_image(fd, l.v[i], &w, &busy, err);
			rep->images += !r && !busy;
			rep->busy += busy;
		}
		if (!r && (live || busy))
			r = layers_of(s, l.v[i], layers, err);
	}
	walk_list_free(&l);
	store_work_end(&w);
	hashes_sort(layers);
	return r;
}

/* A layer goes by a rename to tmp first, so that a killed gc leaves no half of one. */
static int sweep_layers(const struct store *s, const struct hashes *keep, struct gc_report *rep,
			struct err *err)
{
	_cleanup_close_ int fd = open_folder(s, "layers", err);
	struct store_work w = STORE_WORK_INIT;
	struct walk_list l;
	int r = fd < 0 ? fd : walk_list_read(fd, &l, err);

	if (r)
		return r;
	r = store_work_begin(s, &w, err);
	for (size_t i = 0; i < l.n && !r; i++) {
		struct walk_figures f = {0};

		if (hashes_have(keep, l.v[i]))
			continue;
		if (store_is_hash(l.v[i]))
			store_layer_figures(s, l.v[i], &f, NULL);
		if (renameat(fd, l.v[i], w.fd, "gone") < 0)
			r = err_sys(err, errno, "remove layer '%.12s'", l.v[i]);
		else
			r = walk_remove(w.fd, "gone", err);
		rep->layers++;
		rep->bytes += f.bytes;
	}
	walk_list_free(&l);
	store_work_end(&w);
	return r;
}

static int sweep_partials(const struct store *s, uint64_t *removed, bool look_only, struct err *err)
{
	_cleanup_close_ int fd = open_folder(s, "tmp", err);
	struct walk_list l;
	int r = fd < 0 ? fd : walk_list_read(fd, &l, err);

	if (r)
		return r;
	for (size_t i = 0; i < l.n && !r; i++) {
		_cleanup_close_ int sub = walk_dir(fd, l.v[i]);

		/* A jail that is running may have its upper directory there. */
		if (sub >= 0 && flock(sub, LOCK_EX | LOCK_NB) < 0)
			continue;
		++*removed;
		if (!look_only)
			r = walk_remove(fd, l.v[i], err);
	}
	walk_list_free(&l);
	return r;
}

static int forget_cache(const struct store *s, struct err *err)
{
	_cleanup_close_ int fd = open_folder(s, "cache", err);

	return fd < 0 ? fd : walk_empty(fd, err);
}

int store_gc(const struct store *s, bool cache, struct gc_report *ret, struct err *err)
{
	_cleanup_close_ int lock = FD_NONE;
	struct hashes images = {0}, layers = {0};
	struct gc_report rep = {0};
	int r = store_lock(s, true, &lock, err);

	if (!r && cache)
		r = forget_cache(s, err);
	if (!r)
		r = named(s, true, &images, err);
	if (!r)
		r = sweep_images(s, &images, &layers, &rep, err);
	if (!r)
		r = sweep_layers(s, &layers, &rep, err);
	if (!r)
		r = sweep_partials(s, &rep.partials, false, err);
	free(images.v);
	free(layers.v);
	if (!r)
		*ret = rep;
	return r;
}

/* Whether a jail has the image, and no other name leads to it. */
static int check_unused(const struct store *s, const char *link, const char *id, struct err *err)
{
	struct store_link_list l;
	struct arena a = {0};
	char path[STORE_HASH + 32];
	_cleanup_close_ int fd = FD_NONE;
	int r = store_links(s, "names", &a, &l, err);

	for (uint32_t i = 0; !r && i < l.n; i++)
		if (str_eq(l.v[i].id, id) && !str_eq(l.v[i].name, link)) {
			arena_free(&a);
			return 0;
		}
	arena_free(&a);
	snprintf(path, sizeof(path), "images/%s", id);
	fd = sys_openat(s->fd, path, O_RDONLY | O_DIRECTORY, 0);
	if (!r && fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = err_set(err, EBUSY, "a jail uses the image");
		err_hint(err, "with --force the name goes now, and the image by `image gc` when "
			      "the jail has ended");
	}
	return r;
}

int store_unname(const struct store *s, const char *name, bool force, struct err *err)
{
	char link[STORE_NAME + 1], path[STORE_NAME + 32], id[STORE_HASH + 1];
	_cleanup_close_ int lock = FD_NONE;
	int r = store_name(name, link, err);

	if (!r)
		r = store_lock(s, true, &lock, err);
	if (r)
		return r;
	snprintf(path, sizeof(path), "names/%s", link);
	/* A link that leads nowhere may go, too. */
	if (!force && !store_find(s, name, id, NULL))
		r = check_unused(s, link, id, err);
	if (!r && unlinkat(s->fd, path, 0) < 0)
		r = errno == ENOENT
			    ? err_set(err, ENOENT, "there is no such image in '%s'", s->path)
			    : err_sys(err, errno, "remove '%s/%s'", s->path, path);
	return r ? err_wrap(err, "image '%s'", name) : 0;
}

/* struct check - a run of fsck */
struct check {
	const struct store *s;
	void (*say)(void *arg, const char *line);
	void *arg;
	struct fsck_report rep;
};

static void bad(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void bad(struct check *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->rep.bad++;
	c->say(c->arg, line);
}

/* Whether packing the tree gives the hash: so for what we packed, not for what others did. */
static int check_content(struct check *c, int tree, const char *hash, struct err *err)
{
	const struct pack_rules rules = {.layer = true, .user_marks = c->s->user, .top = true};
	struct tarsrc src = TARSRC_INIT;
	char now[STORE_HASH + 1];
	int r = tarsrc_dir(&src, tree, &rules, err);

	if (!r)
		r = tarsrc_end(&src, now, err);
	if (!r && !str_eq(now, hash))
		bad(c, "layer %.12s: its files are not those of its hash", hash);
	return r;
}

/* Copies with other owners hold the same; only sockets, which nothing packs, are not in them. */
static int check_copies(struct check *c, int dir, const char *what, const char *hash,
			const struct walk_figures *want, struct err *err)
{
	struct walk_list l;
	int r = walk_list_read(dir, &l, err);

	if (r)
		return r;
	for (size_t i = 0; i < l.n; i++) {
		_cleanup_close_ int copy = FD_NONE;
		struct walk_figures have;
		struct err why = ERR_INIT;

		if (!str_starts(l.v[i], "ids."))
			continue;
		copy = walk_dir(dir, l.v[i]);
		if (copy < 0 || walk_count(copy, &have, &why) || have.bytes != want->bytes ||
		    have.entries > want->entries)
			bad(c, "%s %.12s: its copy '%.200s' is not complete", what, hash, l.v[i]);
	}
	walk_list_free(&l);
	return 0;
}

static int check_image(struct check *c, const char *id, struct err *err)
{
	char path[STORE_HASH + 32], hash[STORE_HASH + 1], *text;
	struct hashes layers = {0};
	struct arena a = {0};
	_cleanup_close_ int flat = FD_NONE;
	struct walk_figures f = {0};
	struct err why = ERR_INIT;
	size_t n;
	int r = 0;

	c->rep.images++;
	snprintf(path, sizeof(path), "images/%s/config.json", id);
	if (io_read_file(&a, c->s->fd, path, CONFIG_MAX, &text, &n, &why))
		bad(c, "image %.12s: %s", id, why.msg);
	else if (!(r = digest_of(text, n, hash, err)) && !str_eq(hash, id))
		bad(c, "image %.12s: its configuration was changed", id);
	arena_free(&a);
	if (!r && layers_of(c->s, id, &layers, &why))
		bad(c, "image %.12s: %s", id, why.msg);
	else if (!r && flat_check(c->s, id, &flat, &f, &why))
		bad(c, "image %.12s: %s", id, why.msg);
	else if (!r && flat >= 0)
		r = check_copies(c, flat, "image", id, &f, err);
	for (size_t i = 0; !r && i < layers.n; i++)
		if (!store_has_layer(c->s, layers.v[i]))
			bad(c, "image %.12s: its layer %.12s is missing", id, layers.v[i]);
	free(layers.v);
	return r;
}

static int check_layer(struct check *c, int layers, const char *hash, bool content, struct err *err)
{
	_cleanup_close_ int dir = walk_dir(layers, hash), tree = FD_NONE;
	struct walk_figures want, have;
	struct err why = ERR_INIT;
	int r = 0;

	c->rep.layers++;
	tree = dir < 0 ? dir : walk_dir(dir, "tree");
	if (!store_is_hash(hash) || tree < 0) {
		bad(c, "layer %.12s: it is not complete", hash);
		return 0;
	}
	if (store_layer_figures(c->s, hash, &want, &why) || walk_count(tree, &have, &why)) {
		bad(c, "layer %.12s: %s", hash, why.msg);
		return 0;
	}
	if (want.entries != have.entries || want.bytes != have.bytes)
		bad(c,
		    "layer %.12s: it has %llu entries of %llu bytes, and should have %llu of %llu",
		    hash, (unsigned long long)have.entries, (unsigned long long)have.bytes,
		    (unsigned long long)want.entries, (unsigned long long)want.bytes);
	else if (content && faccessat(dir, "packed", F_OK, 0) == 0)
		r = check_content(c, tree, hash, err);
	return r ? r : check_copies(c, dir, "layer", hash, &want, err);
}

static int check_folder(struct check *c, const char *name, bool content, struct err *err)
{
	_cleanup_close_ int fd = open_folder(c->s, name, err);
	struct walk_list l;
	int r = fd < 0 ? fd : walk_list_read(fd, &l, err);

	if (r)
		return r;
	for (size_t i = 0; i < l.n && !r; i++)
		r = str_eq(name, "images") ? check_image(c, l.v[i], err)
					   : check_layer(c, fd, l.v[i], content, err);
	walk_list_free(&l);
	return r;
}

static int check_links(struct check *c, const char *dir, struct err *err)
{
	struct store_link_list l;
	struct arena a = {0};
	int r = store_links(c->s, dir, &a, &l, err);

	for (uint32_t i = 0; !r && i < l.n; i++) {
		char path[STORE_HASH + 32];

		c->rep.names += str_eq(dir, "names");
		snprintf(path, sizeof(path), "images/%s/image", l.v[i].id);
		if (!*l.v[i].id || faccessat(c->s->fd, path, F_OK, 0) < 0)
			bad(c, "%s/%s leads to no image", dir, l.v[i].name);
	}
	arena_free(&a);
	return r;
}

int store_fsck(const struct store *s, bool content, void (*say)(void *arg, const char *line),
	       void *arg, struct fsck_report *ret, struct err *err)
{
	struct check c = {.s = s, .say = say, .arg = arg};
	_cleanup_close_ int lock = FD_NONE;
	int r = store_lock(s, true, &lock, err);

	if (!r)
		r = check_folder(&c, "images", content, err);
	if (!r)
		r = check_folder(&c, "layers", content, err);
	if (!r)
		r = check_links(&c, "names", err);
	if (!r)
		r = check_links(&c, "cache", err);
	if (!r)
		r = sweep_partials(s, &c.rep.partials, true, err);
	if (!r)
		*ret = c.rep;
	return r;
}
