// SPDX-License-Identifier: BSD-3-Clause
/*
 * Commit. Called by `image commit`, by build for every step, and by who ran a jail with --commit. Fails
 * as the file system does, and on an upper directory that holds halves of files (metacopy, redirect).
 */
#include "base/io.h"
#include "base/sys.h"
#include "image/commit.h"
#include "image/dockerfile.h"
#include "image/tarsrc.h"

int commit_conf(const struct store_image *img, struct oci_conf *ret, struct err *err)
{
	struct arena a = {0};
	char *text;
	size_t n;
	int r = io_read_file(&a, img->lock, "config.json", (size_t)16 << 20, &text, &n, err);

	if (!r)
		r = oci_conf_parse(text, n, ret, err);
	arena_free(&a);
	return r;
}

/* The directory itself: packed for its hash only. */
static int take_moved(struct store_work *w, char hash[STORE_HASH + 1], struct import_report *rep,
		      struct err *err)
{
	const struct pack_rules rules = {.layer = true, .user_marks = w->store->user, .top = true};
	_cleanup_close_ int dir = walk_dir(w->fd, "layer"), tree = FD_NONE;
	struct tarsrc src = TARSRC_INIT;
	struct walk_figures f;
	int r;

	tree = dir < 0 ? dir : walk_dir(dir, "tree");
	if (tree < 0)
		return err_sys(err, tree, "open the upper directory");
	r = tarsrc_dir(&src, tree, &rules, err);
	if (!r)
		r = tarsrc_end(&src, hash, err);
	tarsrc_stop(&src);
	if (!r)
		r = store_write_file(dir, "packed", "", 0, err);
	if (r)
		return r;
	rep->layers_new += !store_has_layer(w->store, hash);
	r = store_add_layer(w, "layer", hash, &f, err);
	if (!r) {
		rep->layers++;
		rep->bytes += f.bytes;
		rep->entries += f.entries;
	}
	return r;
}

int commit_upper(struct store_work *w, int at, const char *path, bool move,
		 const struct import_request *rq, char hash[STORE_HASH + 1],
		 struct import_report *rep, struct err *err)
{
	const struct pack_rules rules = {.layer = true, .user_marks = w->store->user, .top = true};
	_cleanup_close_ int fd = FD_NONE;
	struct tarsrc src = TARSRC_INIT;
	int r;

	if (move && mkdirat(w->fd, "layer", 0700) == 0) {
		if (renameat(at, path, w->fd, "layer/tree") == 0) {
			r = take_moved(w, hash, rep, err);
			if (r)
				renameat(w->fd, "layer/tree", at, path);
			walk_remove(w->fd, "layer", NULL);
			return r;
		}
		unlinkat(w->fd, "layer", AT_REMOVEDIR);
	}
	fd = sys_openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(err, fd, "upper directory '%s'", path);
	r = tarsrc_dir(&src, fd, &rules, err);
	return r ? r : import_layer(w, &src, rq, NULL, true, hash, rep, err);
}

static int make(struct store_work *w, const struct commit_request *rq, struct oci_conf *conf,
		struct import_report *rep, struct err *err)
{
	char hash[STORE_HASH + 1];
	int r = 0;

	if (rq->upper) {
		r = commit_upper(w, AT_FDCWD, rq->upper, rq->move, &rq->import, hash, rep, err);
		if (!r)
			r = oci_conf_layer(conf, hash, rq->message ? rq->message : "commit", err);
	}
	for (uint32_t i = 0; !r && i < rq->changes.n; i++)
		r = dockerfile_change(conf, rq->changes.v[i], err);
	return r ? r : import_finish(w, conf, rq->name, rep->id, err);
}

int commit_image(const struct store *s, const struct commit_request *rq, struct import_report *ret,
		 struct err *err)
{
	_cleanup_conf_ struct oci_conf conf = {0};
	struct store_image base = STORE_IMAGE_INIT;
	struct store_work w = STORE_WORK_INIT;
	struct import_report rep = {0};
	_cleanup_close_ int lock = FD_NONE;
	struct arena a = {0};
	char link[STORE_NAME + 1];
	int r = store_name(rq->name, link, err);

	if (!r)
		r = store_lock(s, false, &lock, err);
	if (!r && rq->base)
		r = store_resolve(s, &a, rq->base, &base, err);
	if (!r)
		r = rq->base ? commit_conf(&base, &conf, err) : oci_conf_new(&conf, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r)
		r = make(&w, rq, &conf, &rep, err);
	store_work_end(&w);
	store_release(&base);
	arena_free(&a);
	if (r)
		return err_wrap(err, "commit '%s'", rq->name);
	*ret = rep;
	return 0;
}
