// SPDX-License-Identifier: BSD-3-Clause
/*
 * Export. Called by `image export` and `image apply`. A layer is packed and hashed by one process
 * (image/tarsrc) while this one compresses. Fails as the file systems do, and removes what it began.
 */
#include <archive.h>
#include <archive_entry.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/digest.h"
#include "image/diskfile.h"
#include "image/export.h"
#include "image/ociconf.h"
#include "image/tarsrc.h"

#define CONFIG_MAX ((size_t)16 << 20)

static int one_of(const char *const *names, unsigned n, const char *name, const char *what,
		  unsigned *ret, struct err *err)
{
	for (unsigned i = 0; i < n; i++)
		if (str_eq(names[i], name)) {
			*ret = i;
			return 0;
		}
	return err_set(err, EINVAL, "'%s' is no %s", name, what);
}

int export_format(const char *name, enum export_format *ret, struct err *err)
{
	static const char *const names[] = {"auto", "oci",	"docker", "tar",
					    "dir",  "squashfs", "erofs"};
	unsigned i = 0;
	int r = one_of(names, ARRAY_SIZE(names), name,
		       "format: auto, oci, docker, tar, dir, squashfs or erofs", &i, err);

	if (!r)
		*ret = (enum export_format)i;
	return r;
}

int export_compress(const char *name, enum export_compress *ret, struct err *err)
{
	static const char *const names[] = {"default", "none", "gzip", "zstd"};
	unsigned i = 0;
	int r = one_of(names, ARRAY_SIZE(names), name, "compression: gzip, zstd or none", &i, err);

	if (!r)
		*ret = (enum export_compress)i;
	return r;
}

/* struct sink - a compressed file and its hash */
struct sink {
	int fd;
	struct digest digest;
	uint64_t size;
	struct err *err;
};

static la_ssize_t sink_write(struct archive *ar, void *arg, const void *p, size_t n)
{
	struct sink *k = arg;
	int r = io_write_all(k->fd, p, n);

	if (r) {
		archive_set_error(ar, -r, "%s", strerror(-r));
		return -1;
	}
	digest_add(&k->digest, p, n);
	k->size += n;
	return (la_ssize_t)n;
}

static int archive_error(struct archive *ar, struct err *err)
{
	const char *text = archive_error_string(ar);

	return err_set(err, archive_errno(ar) > 0 ? archive_errno(ar) : EIO, "write: %s",
		       text ? text : "no reason given");
}

static int set_filter(struct archive *ar, enum export_compress compress, struct err *err)
{
	int r = ARCHIVE_OK;

	if (compress == COMPRESS_GZIP)
		r = archive_write_add_filter_gzip(ar);
	else if (compress == COMPRESS_ZSTD)
		r = archive_write_add_filter_zstd(ar);
	/* Else the file says when it was made. */
	if (r == ARCHIVE_OK && compress == COMPRESS_GZIP)
		r = archive_write_set_filter_option(ar, "gzip", "timestamp", NULL);
	if (r >= ARCHIVE_WARN)
		r = archive_write_set_bytes_per_block(ar, 0);
	return r < ARCHIVE_WARN ? archive_error(ar, err) : 0;
}

/* struct export - one image on its way out */
struct export
{
	const struct export_request *rq;
	const struct store *s;
	struct store_work *w;
	struct store_image img;
	struct oci_conf conf;
	struct arena arena;
	enum export_compress compress;
	uint64_t done;
};

static int copy_stream(struct export *x, struct tarsrc *src, struct archive *ar, struct err *err)
{
	char *buf = arena_alloc(&x->arena, 1 << 18);
	ssize_t n;

	if (!buf)
		return err_oom(err);
	while ((n = read(src->data, buf, 1 << 18)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read");
		if (archive_write_data(ar, buf, (size_t)n) != n)
			return archive_error(ar, err);
		x->done += (uint64_t)n;
		if (x->rq->progress)
			x->rq->progress(x->rq->progress_arg, x->done);
	}
	return 0;
}

/* A stream into a compressed file. @hash: of the file */
static int write_stream(struct export *x, struct tarsrc *src, int fd, char *hash, uint64_t *size,
			struct err *err)
{
	struct archive *ar = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	struct sink k = {.fd = fd, .err = err};
	int r = ar && e ? digest_begin(&k.digest, err) : err_oom(err);

	if (!r)
		r = set_filter(ar, x->compress, err);
	if (!r && (archive_write_set_format_raw(ar) != ARCHIVE_OK ||
		   archive_write_open(ar, &k, NULL, sink_write, NULL) != ARCHIVE_OK))
		r = archive_error(ar, err);
	if (!r) {
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_copy_pathname(e, "layer");
		if (archive_write_header(ar, e) < ARCHIVE_WARN)
			r = archive_error(ar, err);
	}
	if (!r)
		r = copy_stream(x, src, ar, err);
	if (!r && archive_write_close(ar) != ARCHIVE_OK)
		r = archive_error(ar, err);
	archive_entry_free(e);
	archive_write_free(ar);
	digest_end(&k.digest, r ? NULL : hash);
	*size = k.size;
	return r;
}

static int open_tree(const struct store *s, const char *hash, struct err *err)
{
	char path[STORE_HASH + 32];
	int fd;

	snprintf(path, sizeof(path), "layers/%s/tree", hash);
	fd = walk_dir(s->fd, path);
	return fd < 0 ? err_sys(err, fd, "layer '%.12s'", hash) : fd;
}

/* One layer into a new file "layer" of @dir. @diff_id: of the tar, @hash: of the file */
static int write_layer(struct export *x, uint32_t i, int dir, char diff_id[STORE_HASH + 1],
		       char hash[STORE_HASH + 1], uint64_t *size, struct err *err)
{
	const struct pack_rules rules = {.layer = true, .user_marks = x->s->user, .top = true};
	_cleanup_close_ int tree = open_tree(x->s, x->img.layers.v[i], err), fd = FD_NONE;
	struct tarsrc src = TARSRC_INIT;
	int r;

	if (tree < 0)
		return tree;
	fd = sys_openat(dir, "layer", O_CREAT | O_EXCL | O_WRONLY, 0644);
	if (fd < 0)
		return err_sys(err, fd, "make a file");
	r = tarsrc_dir(&src, tree, &rules, err);
	if (!r)
		r = write_stream(x, &src, fd, hash, size, err);
	if (!r)
		r = tarsrc_end(&src, diff_id, err);
	tarsrc_stop(&src);
	return r ? err_wrap(err, "layer '%.12s'", x->img.layers.v[i]) : 0;
}

static const char *media_type(enum export_compress c)
{
	return c == COMPRESS_GZIP   ? "application/vnd.oci.image.layer.v1.tar+gzip"
	       : c == COMPRESS_ZSTD ? "application/vnd.oci.image.layer.v1.tar+zstd"
				    : "application/vnd.oci.image.layer.v1.tar";
}

static int make_dir(int at, const char *name, struct err *err)
{
	if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make directory '%s'", name);
	return 0;
}

static int write_blob(int dir, const char *text, size_t n, char hash[STORE_HASH + 1],
		      struct err *err)
{
	char path[STORE_HASH + 32];
	int r = digest_of(text, n, hash, err);

	snprintf(path, sizeof(path), "blobs/sha256/%s", hash);
	if (!r && faccessat(dir, path, F_OK, 0) == 0)
		return 0;
	return r ? r : store_write_file(dir, path, text, n, err);
}

/* The layers become blobs; their list for the manifest. */
static int oci_layers(struct export *x, int dir, struct sbuf *list, struct err *err)
{
	const char **ids = arena_alloc(&x->arena, (x->img.layers.n + (size_t)1) * sizeof(*ids));
	int r = ids ? 0 : err_oom(err);

	for (uint32_t i = 0; i < x->img.layers.n && !r; i++) {
		char id[STORE_HASH + 1], hash[STORE_HASH + 1], path[STORE_HASH + 32];
		uint64_t size = 0;

		r = write_layer(x, i, dir, id, hash, &size, err);
		if (r)
			break;
		snprintf(path, sizeof(path), "blobs/sha256/%s", hash);
		if (renameat(dir, "layer", dir, path) < 0)
			return err_sys(err, errno, "make '%s'", path);
		ids[i] = arena_strdup(&x->arena, id);
		if (!ids[i])
			return err_oom(err);
		sbuf_printf(list, "%s{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%llu}",
			    i ? "," : "", media_type(x->compress), hash, (unsigned long long)size);
	}
	return r ? r : oci_conf_relayer(&x->conf, ids, x->img.layers.n, err);
}

static int write_index(struct export *x, int dir, const char *hash, size_t n, struct err *err)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	const char *tag = strrchr(x->rq->name, ':');
	_cleanup_sbuf_ struct sbuf b = {0};
	int r;

	sbuf_printf(&b,
		    "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/"
		    "vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:%s\",\"size\":%zu,"
		    "\"annotations\":{\"org.opencontainers.image.ref.name\":",
		    hash, n);
	sbuf_json(&b, tag && !strchr(tag, '/') ? tag + 1 : "latest");
	sbuf_puts(&b, "}}]}");
	if (b.failed)
		return err_oom(err);
	r = store_write_file(dir, "index.json", b.s, b.n, err);
	return r ? r : store_write_file(dir, "oci-layout", layout, strlen(layout), err);
}

static int write_oci(struct export *x, int dir, struct err *err)
{
	char conf_hash[STORE_HASH + 1], hash[STORE_HASH + 1];
	_cleanup_sbuf_ struct sbuf list = {0}, b = {0};
	const char *conf;
	int r = make_dir(dir, "blobs", err);

	if (!r)
		r = make_dir(dir, "blobs/sha256", err);
	if (!r)
		r = oci_layers(x, dir, &list, err);
	if (!r)
		r = oci_conf_text(&x->conf, &x->arena, &conf, conf_hash, err);
	if (!r)
		r = write_blob(dir, conf, strlen(conf), conf_hash, err);
	if (r)
		return r;
	sbuf_printf(&b,
		    "{\"schemaVersion\":2,\"mediaType\":\"application/"
		    "vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/"
		    "vnd.oci.image.config.v1+json\",\"digest\":\"sha256:%s\",\"size\":%zu},"
		    "\"layers\":[%s]}",
		    conf_hash, strlen(conf), list.s ? list.s : "");
	if (b.failed || list.failed)
		return err_oom(err);
	r = write_blob(dir, b.s, b.n, hash, err);
	return r ? r : write_index(x, dir, hash, b.n, err);
}

static int write_docker(struct export *x, int dir, struct err *err)
{
	const char **ids = arena_alloc(&x->arena, (x->img.layers.n + (size_t)1) * sizeof(*ids));
	char link[STORE_NAME + 1], id[STORE_HASH + 8], hash[STORE_HASH + 1];
	_cleanup_sbuf_ struct sbuf list = {0}, b = {0};
	const char *conf;
	int r = ids ? 0 : err_oom(err);

	x->compress = COMPRESS_NONE;
	for (uint32_t i = 0; i < x->img.layers.n && !r; i++) {
		char path[STORE_HASH + 32];
		uint64_t size;

		r = write_layer(x, i, dir, id, hash, &size, err);
		ids[i] = r ? NULL : arena_strdup(&x->arena, id);
		if (!r)
			r = ids[i] ? make_dir(dir, id, err) : err_oom(err);
		snprintf(path, sizeof(path), "%s/layer.tar", id);
		if (!r && renameat(dir, "layer", dir, path) < 0)
			r = err_sys(err, errno, "make '%s'", path);
		sbuf_printf(&list, "%s\"%s\"", i ? "," : "", path);
	}
	if (!r)
		r = oci_conf_relayer(&x->conf, ids, x->img.layers.n, err);
	if (!r)
		r = oci_conf_text(&x->conf, &x->arena, &conf, hash, err);
	if (!r) {
		snprintf(id, sizeof(id), "%.*s.json", STORE_HASH, hash);
		r = store_write_file(dir, id, conf, strlen(conf), err);
	}
	if (r)
		return r;
	if (store_name(x->rq->name, link, NULL)) /* exported by its id */
		link[0] = 0;
	sbuf_printf(&b, "[{\"Config\":\"%s\",\"RepoTags\":[", id);
	for (char *p = link; *p; p++)
		if (*p == '+')
			*p = '/';
	if (*link)
		sbuf_json(&b, link);
	sbuf_printf(&b, "],\"Layers\":[%s]}]", list.s ? list.s : "");
	return b.failed ? err_oom(err) : store_write_file(dir, "manifest.json", b.s, b.n, err);
}

static int apply_layer(const struct store *s, const char *hash, int dir, bool one_id,
		       struct err *err)
{
	const struct pack_rules pack = {.layer = true, .user_marks = s->user, .top = true};
	const struct unpack_rules rules = {
		.devices = DEVICES_KEEP,
		.max_bytes = UINT64_MAX,
		.max_entries = UINT64_MAX,
		.user_marks = s->user,
		.one_id = one_id,
		.layer = true,
		.apply = true,
	};
	_cleanup_close_ int tree = open_tree(s, hash, err);
	struct unpack *u = tree < 0 ? NULL : mem_alloc(sizeof(*u));
	struct tarsrc src = TARSRC_INIT;
	char got[STORE_HASH + 1];
	mode_t mask;
	int r;

	if (tree < 0)
		return tree;
	if (!u)
		return err_oom(err);
	u->root = dir;
	u->rules = &rules;
	r = tarsrc_dir(&src, tree, &pack, err);
	mask = umask(0);
	if (!r)
		r = tarsrc_unpack(&src, u, err);
	umask(mask);
	if (!r)
		r = tarsrc_end(&src, got, err);
	tarsrc_stop(&src);
	unpack_end(u);
	free(u);
	return r ? err_wrap(err, "layer '%.12s'", hash) : 0;
}

int export_apply(const struct store *s, const struct store_image *img,
		 const struct store_image *base, int dir, bool one_id, struct err *err)
{
	uint32_t from = 0;
	int r = 0;

	for (; base && from < base->layers.n; from++)
		if (from >= img->layers.n || !str_eq(base->layers.v[from], img->layers.v[from]))
			return err_set(err, EINVAL, "image '%.12s' is not made on '%.12s'", img->id,
				       base->id);
	for (uint32_t i = from; i < img->layers.n && !r; i++)
		r = apply_layer(s, img->layers.v[i], dir, one_id, err);
	return r;
}

static int tar_close(struct archive *ar, int r, struct err *err)
{
	if (!r && archive_write_close(ar) != ARCHIVE_OK)
		r = archive_error(ar, err);
	archive_write_free(ar);
	return r;
}

/* A directory of the work as a tar file beside the target, which then gets its name. */
static int write_tar(struct export *x, int dir, bool top, enum export_compress compress,
		     struct err *err)
{
	/* The files of a layout are made now, and say nothing by that. */
	const struct pack_rules rules = {.top = top, .no_times = !top};
	char *part = arena_printf(&x->arena, "%s.part.%d", x->rq->file, getpid());
	struct archive *ar = archive_write_new();
	_cleanup_close_ int fd = FD_NONE;
	int r;

	if (!part || !ar)
		return err_oom(err);
	fd = sys_openat(AT_FDCWD, part, O_CREAT | O_EXCL | O_WRONLY, 0644);
	if (fd < 0) {
		archive_write_free(ar);
		return err_sys(err, fd, "make '%s'", part);
	}
	r = pack_format(ar, err);
	if (!r)
		r = set_filter(ar, compress, err);
	if (!r && archive_write_open_fd(ar, fd) != ARCHIVE_OK)
		r = archive_error(ar, err);
	if (!r)
		r = pack_tree(dir, &rules, ar, err);
	r = tar_close(ar, r, err);
	if (!r && renameat2(AT_FDCWD, part, AT_FDCWD, x->rq->file, RENAME_NOREPLACE) < 0)
		r = err_sys(err, errno, "make '%s'", x->rq->file);
	if (r)
		unlink(part);
	return r;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && str_eq(s + n - m, end);
}

static int new_target(const char *path, bool *ret_made, struct err *err)
{
	struct walk_list l;
	int fd, r;

	*ret_made = mkdir(path, 0755) == 0;
	if (!*ret_made && errno != EEXIST)
		return err_sys(err, errno, "make directory '%s'", path);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(err, fd, "open '%s'", path);
	r = walk_list_read(fd, &l, err);
	if (!r && l.n)
		r = err_set(err, ENOTEMPTY, "'%s' is not empty", path);
	if (!r || r == -ENOTEMPTY)
		walk_list_free(&l);
	if (r)
		close(fd);
	return r ? r : fd;
}

static int to_dir(struct export *x, bool files, struct err *err)
{
	bool made = false;
	_cleanup_close_ int fd = new_target(x->rq->file, &made, err);
	int r;

	if (fd < 0)
		return fd;
	r = files ? export_apply(x->s, &x->img, NULL, fd, x->rq->one_id, err)
		  : write_oci(x, fd, err);
	if (r) {
		walk_empty(fd, NULL);
		if (made)
			rmdir(x->rq->file);
	}
	return r;
}

/* write_disk() - a file appears complete or not at all. */
static int write_disk(struct export *x, int dir, enum diskimage_format format, struct err *err)
{
	char *part = arena_printf(&x->arena, "%s.part", x->rq->file);
	int r = part ? 0 : err_oom(err);

	if (!r && access(part, F_OK) == 0)
		return err_set(err, EEXIST, "'%s' is there already", part);
	if (!r)
		r = diskfile_make(format, dir, part, err);
	if (!r && renameat2(AT_FDCWD, part, AT_FDCWD, x->rq->file, RENAME_NOREPLACE) < 0)
		r = err_sys(err, errno, "make '%s'", x->rq->file);
	if (r && part)
		unlink(part);
	return r;
}

static int to_file(struct export *x, enum export_format format, struct err *err)
{
	_cleanup_close_ int dir = FD_NONE;
	enum export_compress outer = COMPRESS_NONE;
	int r = make_dir(x->w->fd, "out", err);

	if (!r && access(x->rq->file, F_OK) == 0)
		r = err_set(err, EEXIST, "'%s' is there already", x->rq->file);
	if (r)
		return r;
	dir = walk_dir(x->w->fd, "out");
	if (dir < 0)
		return err_sys(err, dir, "open a directory");
	if (format >= EXPORT_SQUASHFS) {
		r = export_apply(x->s, &x->img, NULL, dir, x->rq->one_id, err);
		return r ? r
			 : write_disk(x, dir,
				      format == EXPORT_EROFS ? DISKIMAGE_EROFS : DISKIMAGE_SQUASHFS,
				      err);
	}
	if (format == EXPORT_TAR) {
		outer = x->rq->compress;
		r = export_apply(x->s, &x->img, NULL, dir, x->rq->one_id, err);
	} else {
		r = format == EXPORT_OCI ? write_oci(x, dir, err) : write_docker(x, dir, err);
	}
	return r ? r : write_tar(x, dir, format == EXPORT_TAR, outer, err);
}

static enum export_format by_name(const char *file)
{
	return ends_with(file, ".squashfs") ? EXPORT_SQUASHFS
	       : ends_with(file, ".erofs")  ? EXPORT_EROFS
					    : EXPORT_OCI;
}

static int begin(struct export *x, struct err *err)
{
	size_t n;
	char *text;
	int r = store_resolve(x->s, &x->arena, x->rq->name, &x->img, err);

	if (!r)
		r = io_read_file(&x->arena, x->img.lock, "config.json", CONFIG_MAX, &text, &n, err);
	if (!r)
		r = oci_conf_parse(text, n, &x->conf, err);
	return r ? r : store_work_begin(x->s, x->w, err);
}

int export_image(const struct store *s, const struct export_request *rq, struct err *err)
{
	struct store_work w = STORE_WORK_INIT;
	struct export x = {
		.rq = rq,
		.s = s,
		.w = &w,
		.img = STORE_IMAGE_INIT,
		.compress = rq->compress == COMPRESS_DEFAULT ? COMPRESS_GZIP : rq->compress,
	};
	enum export_format format = rq->format == EXPORT_AUTO ? by_name(rq->file) : rq->format;
	int r = begin(&x, err);

	if (!r && format == EXPORT_DIR)
		r = to_dir(&x, true, err);
	else if (!r && format == EXPORT_OCI && !ends_with(rq->file, ".tar"))
		r = to_dir(&x, false, err);
	else if (!r)
		r = to_file(&x, format, err);
	store_work_end(&w);
	store_release(&x.img);
	oci_conf_free(&x.conf);
	arena_free(&x.arena);
	return r ? err_wrap(err, "export '%s'", rq->name) : 0;
}
