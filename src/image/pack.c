// SPDX-License-Identifier: BSD-3-Clause
/*
 * Directories to tar. Called by image/tarsrc for what goes into a store, and by image/export for
 * what leaves one. Fails as the file system does, and on trees that are too deep.
 */
#include <archive.h>
#include <archive_entry.h>
#include <sys/xattr.h>

#include "base/mem.h"
#include "base/sys.h"
#include "image/acl.h"
#include "image/pack.h"
#include "image/walk.h"

#define BUFFER ((size_t)256 << 10)

/* struct seen - a file with several names: where the first is */
struct seen {
	dev_t dev;
	ino_t ino;
	const char *path;
	struct seen *next;
};

#define SEEN_SLOTS 4096

struct pack {
	const struct pack_rules *rules;
	struct archive *ar;
	struct archive_entry *entry;
	struct arena arena;
	struct seen *seen[SEEN_SLOTS];
	char *buffer;
	char path[PATH_MAX];
};

static int archive_error(struct archive *ar, struct err *err)
{
	int e = archive_errno(ar);
	const char *text = archive_error_string(ar);

	return err_set(err, e > 0 ? e : EIO, "write the archive: %s", text ? text : "no reason");
}

static struct seen **slot(struct pack *p, const struct stat *st)
{
	struct seen **s = &p->seen[(st->st_ino ^ st->st_dev) % SEEN_SLOTS];

	while (*s && ((*s)->ino != st->st_ino || (*s)->dev != st->st_dev))
		s = &(*s)->next;
	return s;
}

static int remember(struct pack *p, const struct stat *st, struct err *err)
{
	struct seen *s = arena_alloc(&p->arena, sizeof(*s)), **at = slot(p, st);

	if (s)
		*s = (struct seen){st->st_dev, st->st_ino, arena_strdup(&p->arena, p->path), NULL};
	if (!s || !s->path)
		return err_oom(err);
	*at = s;
	return 0;
}

static bool is_mark(const char *name)
{
	return str_starts(name, "trusted.overlay.") || str_starts(name, "user.overlay.");
}

static int put_acl(struct pack *p, const char *name, bool def, const void *value, size_t n,
		   struct err *err)
{
	int r = acl_give(p->entry, def, value, n);

	if (r == -ERANGE)
		return err_set(err, ERANGE, "attribute %s names an id above 2147483647", name);
	return r ? err_set(err, EINVAL, "attribute %s is not understood", name) : 0;
}

static int add_xattr(struct pack *p, int fd, const char *name, struct err *err)
{
	char value[65536];
	bool acl, def;
	ssize_t n;

	acl = acl_of_name(name, &def);
	if (!acl && !str_starts(name, "user.") && !str_eq(name, "security.capability"))
		return 0;
	n = fgetxattr(fd, name, value, sizeof(value));
	if (n < 0)
		return err_sys(err, errno, "read attribute %s", name);
	if (acl)
		return put_acl(p, name, def, value, (size_t)n, err);
	archive_entry_xattr_add_entry(p->entry, name, value, (size_t)n);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Attributes of what is open, sorted; @ret_opaque: the directory hides what is below it. */
static int read_xattrs(struct pack *p, int fd, bool *ret_opaque, struct err *err)
{
	char names[65536], value[8];
	const char *v[1024];
	ssize_t n = flistxattr(fd, names, sizeof(names));
	unsigned count = 0;
	int r = 0;

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : err_sys(err, errno, "list attributes");
	for (const char *s = names; s < names + n && count < ARRAY_SIZE(v); s += strlen(s) + 1)
		v[count++] = s;
	qsort(v, count, sizeof(*v), compare);
	for (unsigned i = 0; i < count && !r; i++) {
		const char *last = strrchr(v[i], '.') + 1;

		if (!is_mark(v[i])) {
			r = add_xattr(p, fd, v[i], err);
		} else if (p->rules->layer && str_eq(last, "opaque")) {
			if (fgetxattr(fd, v[i], value, sizeof(value)) == 1 && value[0] == 'y')
				*ret_opaque = true;
		} else if (p->rules->layer &&
			   (str_eq(last, "redirect") || str_eq(last, "metacopy"))) {
			return err_set(err, EINVAL,
				       "it is a part of a file only (%s): mount the overlay "
				       "with redirect_dir=off,metacopy=off",
				       v[i]);
		}
	}
	return r;
}

static void describe(struct pack *p, const struct stat *st, const char *path)
{
	archive_entry_clear(p->entry);
	archive_entry_copy_pathname(p->entry, path);
	archive_entry_set_filetype(p->entry, st->st_mode & S_IFMT);
	archive_entry_set_perm(p->entry, st->st_mode & 07777);
	archive_entry_set_uid(p->entry, st->st_uid);
	archive_entry_set_gid(p->entry, st->st_gid);
	if (p->rules->no_times)
		archive_entry_set_mtime(p->entry, 0, 0);
	else
		archive_entry_set_mtime(p->entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(p->entry, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		archive_entry_set_rdev(p->entry, st->st_rdev);
}

static int put_header(struct pack *p, struct err *err)
{
	return archive_write_header(p->ar, p->entry) < ARCHIVE_WARN ? archive_error(p->ar, err) : 0;
}

/* A mark has no time of its own, or the same deletion would never give the same layer. */
static int put_mark(struct pack *p, const char *name, struct err *err)
{
	const struct stat st = {.st_mode = S_IFREG};
	char path[PATH_MAX];
	const char *slash = strrchr(p->path, '/');
	int len = slash ? (int)(slash - p->path) + 1 : 0;
	int n = name ? snprintf(path, sizeof(path), "%.*s.wh.%s", len, p->path, name)
		     : snprintf(path, sizeof(path), "%s%s.wh..wh..opq", p->path,
				*p->path ? "/" : "");

	if (n >= (int)sizeof(path))
		return err_sys(err, ENAMETOOLONG, "mark of a deletion");
	describe(p, &st, path);
	return put_header(p, err);
}

static int put_content(struct pack *p, int fd, uint64_t size, struct err *err)
{
	while (size) {
		ssize_t n = read(fd, p->buffer, MIN(size, (uint64_t)BUFFER));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read");
		if (n == 0)
			return err_set(err, EIO, "it became shorter while it was read");
		if (archive_write_data(p->ar, p->buffer, (size_t)n) != n)
			return archive_error(p->ar, err);
		size -= (uint64_t)n;
	}
	return 0;
}

static int put_file(struct pack *p, int dir, const char *name, const struct stat *st,
		    struct err *err)
{
	const struct seen *first = st->st_nlink > 1 ? *slot(p, st) : NULL;
	_cleanup_close_ int fd = FD_NONE;
	struct stat now;
	bool opaque;
	int r;

	describe(p, st, p->path);
	if (first) {
		archive_entry_set_size(p->entry, 0);
		archive_entry_copy_hardlink(p->entry, first->path);
		return put_header(p, err);
	}
	fd = sys_openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, fd, "open");
	if (fstat(fd, &now) < 0 || now.st_ino != st->st_ino || now.st_size != st->st_size)
		return err_set(err, EIO, "it changed while it was read");
	r = st->st_nlink > 1 ? remember(p, st, err) : 0;
	if (!r)
		r = read_xattrs(p, fd, &opaque, err);
	if (!r)
		r = put_header(p, err);
	return r ? r : put_content(p, fd, (uint64_t)st->st_size, err);
}

static int put_other(struct pack *p, int dir, const char *name, const struct stat *st,
		     struct err *err)
{
	const struct seen *first = st->st_nlink > 1 ? *slot(p, st) : NULL;
	char to[PATH_MAX];
	ssize_t n;
	int r;

	if (S_ISSOCK(st->st_mode))
		return 0;
	if (p->rules->layer && S_ISCHR(st->st_mode) && st->st_rdev == 0)
		return put_mark(p, name, err);
	if (p->rules->no_devices && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)))
		return 0;
	describe(p, st, p->path);
	if (first) {
		archive_entry_copy_hardlink(p->entry, first->path);
		return put_header(p, err);
	}
	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dir, name, to, sizeof(to) - 1);
		if (n < 0)
			return err_sys(err, errno, "read link");
		to[n] = 0;
		archive_entry_copy_symlink(p->entry, to);
	}
	r = st->st_nlink > 1 ? remember(p, st, err) : 0;
	return r ? r : put_header(p, err);
}

static int put_dir(struct pack *p, int fd, bool top, unsigned depth, struct err *err);

/* A directory that is left out may hold what is not: only what is no directory goes at once. */
static bool is_skipped(const struct pack *p, bool dir)
{
	char path[PATH_MAX + 256];

	if (!p->rules->skip)
		return false;
	snprintf(path, sizeof(path), "%s%s", p->rules->prefix, p->path);
	return p->rules->skip(p->rules->skip_arg, path, dir);
}

static int put_entry(struct pack *p, int dir, const char *name, unsigned depth, struct err *err)
{
	size_t old = strlen(p->path);
	struct stat st;
	int r, n;

	n = snprintf(p->path + old, sizeof(p->path) - old, "%s%s", old ? "/" : "", name);
	if ((size_t)n >= sizeof(p->path) - old)
		r = err_sys(err, ENAMETOOLONG, "'%.200s...'", p->path);
	else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = err_sys(err, errno, "stat");
	else if (is_skipped(p, S_ISDIR(st.st_mode)))
		r = 0;
	else if (p->rules->layer && str_starts(name, ".wh."))
		r = err_set(err, EINVAL, "the name means a deletion in a layer");
	else if (S_ISDIR(st.st_mode)) {
		_cleanup_close_ int fd = walk_dir(dir, name);

		r = fd < 0 ? err_sys(err, fd, "open") : put_dir(p, fd, false, depth + 1, err);
		if (r == -EXDEV)
			err_hint(err, "something is mounted there");
	} else if (S_ISREG(st.st_mode))
		r = put_file(p, dir, name, &st, err);
	else
		r = put_other(p, dir, name, &st, err);
	p->path[old] = 0;
	return r;
}

static int put_dir(struct pack *p, int fd, bool top, unsigned depth, struct err *err)
{
	struct walk_list names;
	bool opaque = false;
	struct stat st;
	int r = 0;

	if (depth > WALK_DEPTH)
		return err_set(err, ELOOP, "directories are nested deeper than %d", WALK_DEPTH);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat '%s'", p->path);
	describe(p, &st, top ? "./" : p->path);
	r = read_xattrs(p, fd, &opaque, err);
	if (!r && (!top || p->rules->top))
		r = put_header(p, err);
	if (!r && opaque)
		r = put_mark(p, NULL, err);
	if (!r)
		r = walk_list_read(fd, &names, err);
	if (r)
		return err_wrap(err, "'/%.300s'", p->path);
	for (size_t i = 0; i < names.n && !r; i++) {
		r = put_entry(p, fd, names.v[i], depth, err);
		if (r && !strstr(err->msg, "'/")) /* once, for the innermost */
			err_wrap(err, "'/%.300s/%s'", p->path, names.v[i]);
	}
	walk_list_free(&names);
	return r;
}

/* One regular file, under another name. */
static int put_only(struct pack *p, int dir, struct err *err)
{
	struct stat st;

	if (fstatat(dir, p->rules->only, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "'%s'", p->rules->only);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is not a regular file", p->rules->only);
	snprintf(p->path, sizeof(p->path), "%s", p->rules->as);
	return put_file(p, dir, p->rules->only, &st, err);
}

int pack_format(struct archive *ar, struct err *err)
{
	if (archive_write_set_format_pax_restricted(ar) != ARCHIVE_OK ||
	    /* No padding to tapes' records. */
	    archive_write_set_bytes_per_block(ar, 0) != ARCHIVE_OK)
		return archive_error(ar, err);
	return 0;
}

int pack_tree(int fd, const struct pack_rules *rules, struct archive *ar, struct err *err)
{
	struct pack *p = mem_alloc(sizeof(*p));
	int r;

	if (!p)
		return err_oom(err);
	p->rules = rules;
	p->ar = ar;
	p->entry = archive_entry_new();
	p->buffer = mem_alloc(BUFFER);
	if (!p->entry || !p->buffer)
		r = err_oom(err);
	else
		r = rules->only ? put_only(p, fd, err) : put_dir(p, fd, true, 0, err);
	archive_entry_free(p->entry);
	free(p->buffer);
	arena_free(&p->arena);
	free(p);
	return r;
}
