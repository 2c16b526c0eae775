// SPDX-License-Identifier: BSD-3-Clause
/*
 * Copies of layers with other owners. Called by `image shift`, which the launcher runs where the kernel
 * cannot mount a layer with other ids. Nothing that exists gets another owner: a layer is packed, and
 * unpacked by the code that takes strangers' archives (unpack.c) into a new directory of ours, where each
 * file gets its owner, mode and attributes through the descriptor that made it. So links lead nowhere, and
 * a file with several names is one file. A copy appears beside its layer by one rename, complete and
 * synced, and goes with the layer. Fails as the file system does.
 */
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/shift.h"
#include "image/tarsrc.h"
#include "storage/idshift.h"

/* number() - up to a character. Return: where the text goes on, or NULL. */
static const char *number(const char *s, char end, uint32_t *ret)
{
	size_t n = strspn(s, "0123456789");
	char digits[12];
	uint64_t v;

	if (!n || n >= sizeof(digits) || s[n] != end)
		return NULL;
	memcpy(digits, s, n);
	digits[n] = 0;
	if (str_u64(digits, UINT32_MAX, &v))
		return NULL;
	*ret = (uint32_t)v;
	return s + n + (end != 0);
}

int shift_map(struct arena *a, const char *text, struct id_map *ret, struct err *err)
{
	struct id_map m = {0};

	for (const char *s = text; s && *s;) {
		struct id_range *v = arena_grow(a, m.v, m.n, &m.cap, sizeof(*v));

		if (!v)
			return err_oom(err);
		m.v = v;
		v += m.n++;
		s = number(s, ':', &v->inside);
		s = s ? number(s, ':', &v->outside) : NULL;
		if (s)
			s = number(s, strchr(s, ',') ? ',' : 0, &v->count);
		if (!s || !v->count || v->count - 1 > UINT32_MAX - v->inside ||
		    v->count - 1 > UINT32_MAX - v->outside)
			return err_set(err, EINVAL,
				       "'%.100s' is no map: INSIDE:OUTSIDE:COUNT[,...]", text);
	}
	if (!m.n)
		return err_set(err, EINVAL, "the map is empty");
	*ret = m;
	return 0;
}

uint32_t shift_id(const struct id_map *m, uint32_t id)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (id >= m->v[i].inside && id - m->v[i].inside < m->v[i].count)
			return m->v[i].outside + (id - m->v[i].inside);
	return IDSHIFT_NOBODY;
}

/* copy_layer() - into the directory @to of our work. */
static int copy_layer(struct store_work *w, int layer, const char *to,
		      const struct import_request *rq, struct import_report *rep, struct err *err)
{
	const struct pack_rules pack = {.layer = true, .user_marks = w->store->user, .top = true};
	_cleanup_close_ int tree = walk_dir(layer, "tree");
	struct tarsrc src = TARSRC_INIT;
	char hash[STORE_HASH + 1];
	int r;

	if (tree < 0)
		return err_sys(err, tree, "open its files");
	r = tarsrc_dir(&src, tree, &pack, err);
	if (!r)
		r = import_stream(&src, w->fd, to, rq, &rq->rules, rep, err);
	if (!r)
		r = tarsrc_end(&src, hash, err);
	tarsrc_stop(&src);
	return r;
}

/* struct copying - the layers of an image on their way: all in one where they are put together */
struct copying {
	struct store_work *w;
	const struct import_request *rq;
	const struct store_image *img;
	struct import_report *rep;
	char name[IDSHIFT_NAME]; /* of every copy, beside its layer */
};

static uint32_t count(const struct copying *c)
{
	return c->img->flat ? 1 : c->img->layers.n;
}

static int open_layer(const struct copying *c, uint32_t i, struct err *err)
{
	char path[STORE_HASH + 16];
	int fd;

	if (c->img->flat)
		snprintf(path, sizeof(path), "images/%s/flat", c->img->id);
	else
		snprintf(path, sizeof(path), "layers/%s", c->img->layers.v[i]);
	fd = walk_dir(c->w->store->fd, path);
	return fd < 0 ? err_sys(err, fd, "'%.20s'", path) : fd;
}

static int make_copies(const struct copying *c, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; i < count(c) && !r; i++) {
		_cleanup_close_ int layer = open_layer(c, i, err);
		char to[16];

		if (layer < 0)
			return layer;
		c->rep->layers++;
		if (faccessat(layer, c->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		snprintf(to, sizeof(to), "%u", i);
		r = copy_layer(c->w, layer, to, c->rq, c->rep, err);
		if (r)
			err_wrap(err, "layer '%.12s'", c->img->layers.v[i]);
		else
			c->rep->layers_new++;
	}
	return r;
}

/* publish() - all that was made, each by a rename. Somebody else's that is there by now is as good. */
static int publish(const struct copying *c, struct err *err)
{
	int r = c->rep->layers_new ? store_sync(c->w->store, err) : 0;

	for (uint32_t i = 0; i < count(c) && !r; i++) {
		_cleanup_close_ int layer = open_layer(c, i, err);
		char from[16];

		if (layer < 0)
			return layer;
		snprintf(from, sizeof(from), "%u", i);
		if (renameat2(c->w->fd, from, layer, c->name, RENAME_NOREPLACE) == 0)
			r = fsync(layer) < 0 ? err_sys(err, errno, "sync a layer") : 0;
		else if (errno != EEXIST && errno != ENOENT)
			r = err_sys(err, errno, "make '%s' of layer '%.12s'", c->name,
				    c->img->layers.v[i]);
	}
	return r;
}

int shift_image(const struct store *s, const char *name, const char *uids, const char *gids,
		struct import_report *ret, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct store_work w = STORE_WORK_INIT;
	struct import_report rep = {0};
	struct id_map users, groups;
	const struct import_request rq = {.rules = {.devices = DEVICES_KEEP,
						    .max_bytes = UINT64_MAX,
						    .max_entries = UINT64_MAX,
						    .layer = true,
						    .user_marks = s->user,
						    .uids = &users,
						    .gids = &groups}};
	struct copying c = {.w = &w, .rq = &rq, .img = &img, .rep = &rep};
	_cleanup_close_ int lock = FD_NONE;
	struct arena a = {0};
	int r = shift_map(&a, uids, &users, err);

	if (!r)
		r = shift_map(&a, gids, &groups, err);
	if (!r && idshift_name(uids, gids, c.name) < 0)
		r = err_set(err, ENAMETOOLONG, "the maps have too many lines");
	if (!r)
		r = store_lock(s, false, &lock, err);
	if (!r)
		r = store_resolve(s, &a, name, &img, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r)
		r = make_copies(&c, err);
	if (!r)
		r = publish(&c, err);
	if (!r)
		memcpy(rep.id, img.id, sizeof(rep.id));
	store_work_end(&w);
	store_release(&img);
	arena_free(&a);
	if (r)
		return err_wrap(err, "image '%s' with other ids", name);
	*ret = rep;
	return 0;
}
