// SPDX-License-Identifier: BSD-3-Clause
/*
 * Import. Called by `image import`, `image pull`, and by commit and build for their layers. Fails when
 * the file is none of the formats, is damaged, is not what its hashes say, or is beyond the limits.
 */
#include <archive.h>
#include <archive_entry.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/digest.h"
#include "image/diskfile.h"
#include "image/flat.h"
#include "image/import.h"
#include "image/tarsrc.h"

#define JSON_MAX ((size_t)8 << 20)

int import_format(const char *name, enum import_format *ret, struct err *err)
{
	static const char *const names[] = {"auto", "dir", "tar", "oci", "docker"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i])) {
			*ret = (enum import_format)i;
			return 0;
		}
	return err_set(err, EINVAL, "'%s' is no format: auto, dir, tar, oci or docker", name);
}

static int new_dir(int at, const char *name, mode_t mode, struct err *err)
{
	int fd;

	if (mkdirat(at, name, mode) < 0)
		return err_sys(err, errno, "make directory '%s'", name);
	fd = walk_dir(at, name);
	if (fd >= 0 && fchmod(fd, mode) < 0) {
		close(fd);
		fd = -errno;
	}
	return fd < 0 ? err_sys(err, fd, "open directory '%s'", name) : fd;
}

int import_stream(struct tarsrc *src, int at, const char *name, const struct import_request *rq,
		  const struct unpack_rules *rules, struct import_report *rep, struct err *err)
{
	_cleanup_close_ int root = new_dir(at, name, 0755, err);
	struct unpack *u = root < 0 ? NULL : mem_alloc(sizeof(*u));
	mode_t mask;
	int r;

	if (root < 0)
		return root;
	if (!u)
		return err_oom(err);
	u->root = root;
	u->rules = rules;
	u->progress = rq->progress;
	u->progress_arg = rq->progress_arg;
	mask = umask(0);
	r = tarsrc_unpack(src, u, err);
	umask(mask);
	rep->bytes += u->bytes;
	rep->entries += u->entries;
	rep->devices_skipped += u->devices_skipped;
	rep->xattrs_skipped += u->xattrs_skipped;
	unpack_end(u);
	free(u);
	return r;
}

int import_layer(struct store_work *w, struct tarsrc *src, const struct import_request *rq,
		 const char *want, bool packed, char hash[STORE_HASH + 1],
		 struct import_report *rep, struct err *err)
{
	struct unpack_rules rules = rq->rules;
	_cleanup_close_ int dir = new_dir(w->fd, "layer", 0700, err);
	int r = dir < 0 ? dir : 0;

	rules.user_marks = w->store->user;
	rules.layer = true;
	if (!r)
		r = import_stream(src, dir, "tree", rq, &rules, rep, err);
	if (!r)
		r = tarsrc_end(src, hash, err);
	if (!r && want && !str_eq(want, hash))
		r = err_set(err, EBADMSG, "its hash is %.12s..., and the image says %.12s...", hash,
			    want);
	if (!r && packed && !rules.one_id) /* else its owners are not those of the stream */
		r = store_write_file(dir, "packed", "", 0, err);
	if (!r && !store_has_layer(w->store, hash))
		rep->layers_new++;
	if (!r)
		r = store_add_layer(w, "layer", hash, NULL, err);
	tarsrc_stop(src);
	if (!r)
		rep->layers++;
	walk_remove(w->fd, "layer", NULL); /* where it was there already */
	return r;
}

int import_finish(struct store_work *w, struct oci_conf *conf, const char *name,
		  char id[STORE_HASH + 1], struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	char link[STORE_NAME + 1];
	struct arena a = {0};
	const char *json, *text = NULL;
	int r = oci_conf_text(conf, &a, &json, id, err);

	if (!r && name)
		r = store_name(name, link, err);
	if (!r)
		r = oci_conf_image(conf, &a, &img, err);
	for (uint32_t i = 0; !r && i < img.layers.n; i++) {
		struct walk_figures f;

		r = store_layer_figures(w->store, img.layers.v[i], &f, err);
		img.size += r ? 0 : f.bytes;
	}
	if (!r) {
		text = oci_image_text(&a, &img);
		r = text ? 0 : err_oom(err);
	}
	if (!r)
		r = store_add_image(w, id, json, strlen(json), text, err);
	if (!r && name)
		r = flat_make(w, id, err);
	if (!r && name)
		r = store_link(w, "names", link, id, err);
	arena_free(&a);
	return r;
}

/* struct source - where an image is taken from */
struct source {
	int dir; /* the layout; links in it are followed inside of it only */
	const struct import_request *rq;
	struct import_report *rep;
	struct store_work *w;
	struct arena arena;
};

static int open_in(const struct source *src, const char *path, struct err *err)
{
	int fd = sys_openat2(src->dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
			     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0)
		return err_sys(err, fd, "'%.200s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, EINVAL, "'%.200s' is not a regular file", path);
	}
	return fd;
}

/* A JSON file of the layout, which must have the hash that leads to it. */
static int read_json(struct source *src, const struct oci_blob *blob, char **ret, size_t *ret_n,
		     struct err *err)
{
	_cleanup_close_ int fd = open_in(src, blob->path, err);
	char path[64], hash[STORE_HASH + 1];
	int r;

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = io_read_file(&src->arena, AT_FDCWD, path, JSON_MAX, ret, ret_n, err);
	if (!r && blob->hash)
		r = digest_of(*ret, *ret_n, hash, err);
	if (!r && blob->hash && !str_eq(hash, blob->hash))
		r = err_set(err, EBADMSG, "its hash is %.12s..., and the image says %.12s...", hash,
			    blob->hash);
	return r ? err_wrap(err, "'%.200s'", blob->path) : 0;
}

static int take_layer(struct source *src, const struct oci_blob *blob, const char *diff_id,
		      struct err *err)
{
	_cleanup_close_ int fd = FD_NONE;
	struct tarsrc stream = TARSRC_INIT;
	char hash[STORE_HASH + 1];
	int r;

	if (store_has_layer(src->w->store, diff_id)) {
		src->rep->layers++;
		return 0;
	}
	fd = open_in(src, blob->path, err);
	if (fd < 0)
		return fd;
	r = tarsrc_file(&stream, fd, src->rq->rules.max_bytes, err);
	if (!r)
		r = import_layer(src->w, &stream, src->rq, diff_id, false, hash, src->rep, err);
	return r ? err_wrap(err, "layer '%.200s'", blob->path) : 0;
}

static int take_manifest(struct source *src, const struct oci_manifest *m, struct err *err)
{
	_cleanup_conf_ struct oci_conf conf = {0};
	struct store_image img = STORE_IMAGE_INIT;
	char *text;
	size_t n;
	int r = read_json(src, &m->config, &text, &n, err);

	if (!r)
		r = oci_conf_parse(text, n, &conf, err);
	if (!r)
		r = oci_conf_image(&conf, &src->arena, &img, err);
	if (!r && img.layers.n != m->n_layers)
		r = err_set(err, EINVAL, "the manifest has %u layers, and the configuration %u",
			    m->n_layers, img.layers.n);
	for (uint32_t i = 0; !r && i < m->n_layers; i++)
		r = take_layer(src, &m->layers[i], img.layers.v[i], err);
	return r ? r : import_finish(src->w, &conf, src->rq->name, src->rep->id, err);
}

static int take_oci(struct source *src, struct err *err)
{
	struct oci_blob blob = {.path = "index.json"};
	const char *ref = src->rq->ref;
	struct oci_manifest m;
	bool index = true;
	char *text;
	size_t n;
	int r = 0;

	for (int depth = 0; index && !r; depth++) {
		r = depth == 4 ? err_set(err, ELOOP, "indexes of indexes") : 0;
		if (!r)
			r = read_json(src, &blob, &text, &n, err);
		if (!r)
			r = oci_parse_index(&src->arena, text, n, ref, &blob, &index, err);
		ref = NULL; /* the name is in the outer one */
	}
	if (!r)
		r = read_json(src, &blob, &text, &n, err);
	if (!r)
		r = oci_parse_manifest(&src->arena, text, n, &m, err);
	return r ? r : take_manifest(src, &m, err);
}

static int take_docker(struct source *src, struct err *err)
{
	const struct oci_blob blob = {.path = "manifest.json"};
	struct oci_manifest m;
	char *text;
	size_t n;
	int r = read_json(src, &blob, &text, &n, err);

	if (!r)
		r = oci_parse_docker(&src->arena, text, n, src->rq->ref, &m, err);
	return r ? r : take_manifest(src, &m, err);
}

/* A root file system: one layer, and a configuration that says nothing. */
static int take_root(struct source *src, struct tarsrc *stream, bool packed, struct err *err)
{
	_cleanup_conf_ struct oci_conf conf = {0};
	char hash[STORE_HASH + 1];
	int r = import_layer(src->w, stream, src->rq, NULL, packed, hash, src->rep, err);

	if (!r)
		r = oci_conf_new(&conf, err);
	if (!r)
		r = oci_conf_layer(&conf, hash, "import", err);
	return r ? r : import_finish(src->w, &conf, src->rq->name, src->rep->id, err);
}

static int take_layout(struct source *src, enum import_format format, struct err *err)
{
	return format == IMPORT_OCI ? take_oci(src, err) : take_docker(src, err);
}

static int take_dir(struct source *src, int fd, enum import_format format, struct err *err)
{
	const struct pack_rules rules = {
		.top = true,
		.no_devices = src->rq->rules.devices != DEVICES_KEEP,
	};
	struct tarsrc stream = TARSRC_INIT;
	int r;

	if (format == IMPORT_AUTO && faccessat(fd, "oci-layout", F_OK, 0) == 0)
		format = IMPORT_OCI;
	if (format == IMPORT_TAR)
		return err_set(err, EISDIR, "it is a directory");
	src->dir = fd;
	if (format == IMPORT_OCI || format == IMPORT_DOCKER)
		return take_layout(src, format, err);
	r = tarsrc_dir(&stream, fd, &rules, err);
	return r ? r : take_root(src, &stream, true, err);
}

/* By the first name in an archive; a root file system begins with other ones. */
static enum import_format guess(const char *name)
{
	size_t n;

	while (str_starts(name, "./"))
		name += 2;
	n = strspn(name, "0123456789abcdef");
	if (str_starts(name, "blobs/") || str_starts(name, "oci-layout") ||
	    str_starts(name, "index.json"))
		return IMPORT_OCI;
	if (n == STORE_HASH || str_starts(name, "manifest.json") ||
	    str_starts(name, "repositories"))
		return IMPORT_DOCKER;
	return IMPORT_TAR;
}

static int look_at_archive(int fd, enum import_format *ret, struct err *err)
{
	struct archive *ar = archive_read_new();
	struct archive_entry *e = NULL;
	int r = 0, got;

	if (!ar)
		return err_oom(err);
	archive_read_support_filter_gzip(ar);
	archive_read_support_filter_bzip2(ar);
	archive_read_support_filter_xz(ar);
	archive_read_support_filter_zstd(ar);
	archive_read_support_format_tar(ar);
	*ret = IMPORT_TAR;
	got = archive_read_open_fd(ar, fd, 65536);
	if (got == ARCHIVE_OK)
		got = archive_read_next_header(ar, &e);
	if ((got == ARCHIVE_OK || got == ARCHIVE_WARN) && archive_entry_pathname(e))
		*ret = guess(archive_entry_pathname(e));
	else if (got != ARCHIVE_EOF)
		r = err_set(err, EINVAL, "it is neither a directory nor a tar archive: %s",
			    archive_error_string(ar) ?: "it ends too early");
	archive_read_free(ar);
	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(err, errno, "seek");
	return r;
}

bool import_is_archive(int fd)
{
	enum import_format format;

	return look_at_archive(fd, &format, NULL) == 0;
}

static int take_file(struct source *src, int fd, enum import_format format, struct err *err)
{
	/* Links are followed inside only (open_in()); nothing else has a place in a layout. */
	struct unpack_rules rules = src->rq->rules;
	struct import_report unused = {0};
	struct tarsrc stream = TARSRC_INIT;
	_cleanup_close_ int dir = FD_NONE;
	char hash[STORE_HASH + 1];
	int r = 0;

	if (diskfile_is(fd)) {
		dir = diskfile_open(src->rq->file, err);
		return dir < 0 ? dir : take_dir(src, dir, IMPORT_DIR, err);
	}
	if (format == IMPORT_AUTO)
		r = look_at_archive(fd, &format, err);
	if (!r && format == IMPORT_DIR)
		r = err_set(err, ENOTDIR, "it is not a directory");
	if (!r)
		r = tarsrc_file(&stream, fd, rules.max_bytes, err);
	if (r)
		return r;
	if (format == IMPORT_TAR)
		return take_root(src, &stream, false, err);
	rules.devices = DEVICES_REFUSE;
	r = import_stream(&stream, src->w->fd, "layout", src->rq, &rules, &unused, err);
	if (!r)
		r = tarsrc_end(&stream, hash, err);
	tarsrc_stop(&stream);
	dir = r ? FD_NONE : walk_dir(src->w->fd, "layout");
	if (!r && format == IMPORT_DOCKER && faccessat(dir, "index.json", F_OK, 0) == 0 &&
	    faccessat(dir, "manifest.json", F_OK, 0) < 0)
		format = IMPORT_OCI;
	src->dir = dir;
	return r ? r : take_layout(src, format, err);
}

int import_image(const struct store *s, const struct import_request *rq, struct import_report *ret,
		 struct err *err)
{
	struct store_work w = STORE_WORK_INIT;
	struct import_report rep = {0};
	struct source src = {.dir = FD_NONE, .rq = rq, .rep = &rep, .w = &w};
	_cleanup_close_ int fd = sys_openat(AT_FDCWD, rq->file, O_RDONLY | O_NONBLOCK, 0);
	_cleanup_close_ int lock = FD_NONE;
	char link[STORE_NAME + 1];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, fd < 0 ? fd : errno, "'%s'", rq->file);
	r = rq->name ? store_name(rq->name, link, err) : 0;
	if (!r)
		r = store_lock(s, false, &lock, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r && S_ISDIR(st.st_mode))
		r = take_dir(&src, fd, rq->format, err);
	else if (!r && S_ISREG(st.st_mode))
		r = take_file(&src, fd, rq->format, err);
	else if (!r)
		r = err_set(err, EINVAL, "it is neither a directory nor a regular file");
	store_work_end(&w);
	arena_free(&src.arena);
	if (r)
		return err_wrap(err, "import '%s'", rq->file);
	*ret = rep;
	return 0;
}
