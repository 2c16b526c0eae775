// SPDX-License-Identifier: BSD-3-Clause
/*
 * Putting layers together. Called when an image gets a name, and by fsck. One layer after the other is
 * applied from the bottom, as overlayfs would show them; files get one more link, so they are on the
 * disk and in memory once. Fails as the file system does.
 *
 * It lies in the image's directory and goes with it. It is complete and synced when it gets there by a
 * rename; after that the image's file says that it is there. Killed between the two, it is found by the
 * next who names the image.
 */
#include <sys/xattr.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/flat.h"

#define IMAGE_MAX ((size_t)4 << 20)

static bool attribute_wanted(const char *name)
{
	return (str_starts(name, "user.") && !str_starts(name, "user.overlay.")) ||
	       str_starts(name, "system.posix_acl_");
}

/* take_attributes() - all that @to has, or all that @from has. @set: the second */
static int take_attributes(int from, int to, bool set, struct err *err)
{
	char names[65536], value[65536];
	ssize_t n = flistxattr(set ? from : to, names, sizeof(names)), size;

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : err_sys(err, errno, "list attributes");
	for (const char *s = names; s < names + n; s += strlen(s) + 1) {
		if (!attribute_wanted(s))
			continue;
		size = set ? fgetxattr(from, s, value, sizeof(value)) : 0;
		if (size < 0 ||
		    (set ? fsetxattr(to, s, value, (size_t)size, 0) : fremovexattr(to, s)) < 0)
			return err_sys(err, errno, "copy attribute %s", s);
	}
	return 0;
}

/* Of a directory: when all is in it, since that changes its time. */
static int become_like(int to, int from, struct err *err)
{
	struct stat st;
	int r = take_attributes(from, to, false, err);

	if (!r)
		r = take_attributes(from, to, true, err);
	if (r)
		return r;
	if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 ||
	    fchmod(to, st.st_mode & 07777) < 0 ||
	    futimens(to, (struct timespec[2]){st.st_mtim, st.st_mtim}) < 0)
		return err_sys(err, errno, "copy owner and mode");
	return 0;
}

static int apply(int to, int from, unsigned depth, struct err *err);

static int apply_dir(int to, int from, const char *name, unsigned depth, struct err *err)
{
	_cleanup_close_ int theirs = walk_dir(from, name), ours = walk_dir(to, name);
	int r = 0;

	if (theirs < 0)
		return err_sys(err, theirs, "open '%s'", name);
	if (ours == -ENOENT || ours == -ENOTDIR || ours == -ELOOP) {
		r = walk_remove(to, name, err);
		if (r)
			return r;
		if (mkdirat(to, name, 0700) < 0)
			return err_sys(err, errno, "make '%s'", name);
		ours = walk_dir(to, name);
	}
	return ours < 0 ? err_sys(err, ours, "open '%s'", name)
			: apply(ours, theirs, depth + 1, err);
}

static int apply_entry(int to, int from, const char *name, unsigned depth, struct err *err)
{
	struct stat st;
	int r;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "stat '%s'", name);
	if (S_ISDIR(st.st_mode))
		return apply_dir(to, from, name, depth, err);
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		return walk_remove(to, name, err);
	if (linkat(from, name, to, name, 0) == 0)
		return 0;
	r = errno == EEXIST ? walk_remove(to, name, err) : 0;
	return r || linkat(from, name, to, name, 0) == 0
		       ? r
		       : err_sys(err, errno, "make a link to '%s'", name);
}

static int apply(int to, int from, unsigned depth, struct err *err)
{
	struct walk_list names;
	int r;

	if (depth > WALK_DEPTH)
		return err_set(err, ELOOP, "directories are nested deeper than %d", WALK_DEPTH);
	r = walk_opaque(from) ? walk_empty(to, err) : 0;
	if (!r)
		r = walk_list_read(from, &names, err);
	if (r)
		return r;
	for (size_t i = 0; i < names.n && !r; i++)
		r = apply_entry(to, from, names.v[i], depth, err);
	walk_list_free(&names);
	return r ? r : become_like(to, from, err);
}

/* fill() - in the work's "flat/tree". @ret: the number of entries */
static int fill(struct store_work *w, const struct store_image *img, uint64_t *ret, struct err *err)
{
	_cleanup_close_ int tree = FD_NONE;
	struct walk_figures f = {0};
	int r = walk_remove(w->fd, "flat", err);

	if (r)
		return r;
	/* Files with the set-user-id bit are in there: nobody else may come near. */
	if (mkdirat(w->fd, "flat", 0700) < 0 || mkdirat(w->fd, "flat/tree", 0755) < 0)
		return err_sys(err, errno, "make a directory");
	tree = walk_dir(w->fd, "flat/tree");
	if (tree < 0)
		return err_sys(err, tree, "open a directory");
	for (uint32_t i = 0; i < img->layers.n && !r; i++) {
		_cleanup_close_ int layer = FD_NONE;
		char path[STORE_HASH + 32];

		snprintf(path, sizeof(path), "layers/%s/tree", img->layers.v[i]);
		layer = walk_dir(w->store->fd, path);
		r = layer < 0 ? err_sys(err, layer, "open it") : apply(tree, layer, 0, err);
		if (r)
			err_wrap(err, "layer '%.12s'", img->layers.v[i]);
	}
	if (!r)
		r = walk_count(tree, &f, err);
	*ret = f.entries;
	return r ? r : store_sync(w->store, err);
}

/* publish() - the tree first, then the word of it. One that is there already is as good. */
static int publish(struct store_work *w, int dir, const char *text, uint64_t entries,
		   struct err *err)
{
	char *all = NULL;
	int n, r;

	if (renameat2(w->fd, "flat", dir, "flat", RENAME_NOREPLACE) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make 'flat'");
	if (fsync(dir) < 0)
		return err_sys(err, errno, "sync");
	n = asprintf(&all, "%sflat %llu\n", text, (unsigned long long)entries);
	if (n < 0)
		return err_oom(err);
	unlinkat(w->fd, "image.flat", 0);
	r = store_write_file(w->fd, "image.flat", all, (size_t)n, err);
	free(all);
	if (!r && renameat(w->fd, "image.flat", dir, "image") < 0)
		r = err_sys(err, errno, "make 'image'");
	return r || fsync(dir) == 0 ? r : err_sys(err, errno, "sync");
}

/* Files that have all the links they can have, or none of our ids; names that are too long. */
static bool is_no_harm(int r)
{
	return r == -EMLINK || r == -EPERM || r == -EOPNOTSUPP || r == -ENAMETOOLONG;
}

/* read_image() - the image's directory, what its file says, and its text. */
static int read_image(const struct store *s, const char *id, struct arena *a,
		      struct store_image *ret, char **ret_text, struct err *err)
{
	char path[STORE_HASH + 32], *copy;
	_cleanup_close_ int dir = FD_NONE;
	size_t n;
	int r;

	snprintf(path, sizeof(path), "images/%s", id);
	dir = walk_dir(s->fd, path);
	if (dir < 0)
		return err_sys(err, dir, "open '%s/%s'", s->path, path);
	r = io_read_file(a, dir, "image", IMAGE_MAX, ret_text, &n, err);
	copy = r ? NULL : arena_dup(a, *ret_text, n);
	if (!r)
		r = copy ? store_parse(a, copy, ret, err) : err_oom(err);
	return r ? r : take_fd(&dir);
}

int flat_make(struct store_work *w, const char *id, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	_cleanup_close_ int dir = FD_NONE;
	struct arena a = {0};
	uint64_t entries = 0;
	char *text;
	int r;

	dir = r = read_image(w->store, id, &a, &img, &text, err);
	if (r >= 0 && !img.flat && img.layers.n > FLAT_ABOVE) {
		r = fill(w, &img, &entries, err);
		if (r == 0)
			r = publish(w, dir, text, entries, err);
		else if (is_no_harm(r))
			r = 0;
		walk_remove(w->fd, "flat", NULL);
	}
	arena_free(&a);
	return r < 0 ? err_wrap(err, "put the layers of image '%.12s' together", id) : 0;
}

int flat_check(const struct store *s, const char *id, int *ret, struct walk_figures *ret_figures,
	       struct err *err)
{
	_cleanup_close_ int dir = FD_NONE, flat = FD_NONE, tree = FD_NONE;
	struct store_image img = STORE_IMAGE_INIT;
	struct arena a = {0};
	char *text;
	int r;

	dir = r = read_image(s, id, &a, &img, &text, err);
	arena_free(&a);
	if (r < 0)
		return r;
	*ret = FD_NONE;
	if (!img.flat)
		return 0;
	flat = walk_dir(dir, "flat");
	tree = flat < 0 ? flat : walk_dir(flat, "tree");
	if (tree < 0)
		return err_sys(err, tree, "its layers put together");
	r = walk_count(tree, ret_figures, err);
	if (!r && ret_figures->entries != img.flat_entries)
		r = err_set(err, EINVAL,
			    "its layers put together have %llu entries, and should have %llu",
			    (unsigned long long)ret_figures->entries,
			    (unsigned long long)img.flat_entries);
	if (!r)
		*ret = take_fd(&flat);
	return r;
}
