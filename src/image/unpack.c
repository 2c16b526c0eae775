// SPDX-License-Identifier: BSD-3-Clause
/*
 * From archive entries to files. Called by image/tarsrc for layers and for archives of images. Every
 * name is resolved below the root's descriptor by openat2 with no links allowed, and what is made is
 * made by the last component in a directory that we hold, never replacing through a link. Fails on
 * what unpack.h lists, and as the file system does; the caller throws the directory away then.
 */
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <linux/capability.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/sys.h"
#include "image/acl.h"
#include "image/shift.h"
#include "image/unpack.h"
#include "image/walk.h"
#include "storage/idshift.h"

#define WHITEOUT ".wh."
#define OPAQUE	 ".wh..wh..opq"
#define BENEATH	 (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

struct unpack_dir {
	const char *path;
	struct timespec times[2];
	const void *acl; /* for new files, which none of ours shall get; NULL: none */
	size_t acl_n;
};

int unpack_path(const char *name, char *out, struct err *err)
{
	unsigned depth = 0;
	size_t n = 0;

	while (*name) {
		size_t len = strcspn(name, "/");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return err_set(err, EINVAL, "a name with '..'");
		if (len && !(len == 1 && name[0] == '.')) {
			if (n + len + 2 > PATH_MAX || len > NAME_MAX || ++depth > WALK_DEPTH)
				return err_set(err, ENAMETOOLONG,
					       "a name that is too long or deep");
			if (n)
				out[n++] = '/';
			memcpy(out + n, name, len);
			n += len;
		}
		name += len;
		while (*name == '/')
			name++;
	}
	out[n] = 0;
	return 0;
}

static void forget_parent(struct unpack *u)
{
	if (u->parent > 0)
		close(u->parent);
	u->parent = 0;
	u->parent_name[0] = 0;
}

static int count_entry(struct unpack *u, struct err *err)
{
	if (u->entries++ >= u->rules->max_entries)
		return err_set(err, E2BIG, "more than %llu entries",
			       (unsigned long long)u->rules->max_entries);
	return 0;
}

/* Directories that the archive does not mention before their content. */
static int make_parents(struct unpack *u, const char *path, struct err *err)
{
	_cleanup_close_ int at = sys_openat(u->root, ".", O_PATH | O_DIRECTORY, 0);
	char part[NAME_MAX + 1];

	while (at >= 0 && *path) {
		size_t n = strcspn(path, "/");
		int next;

		memcpy(part, path, n);
		part[n] = 0;
		if (mkdirat(at, part, 0755) == 0) {
			int r = count_entry(u, err);

			if (r)
				return r;
		} else if (errno != EEXIST) {
			return err_sys(err, errno, "make directory '%s'", part);
		}
		next = sys_openat2(at, part, O_PATH | O_DIRECTORY, BENEATH);
		if (next < 0)
			return next;
		close(at);
		at = next;
		path += n + (path[n] == '/');
	}
	return at < 0 ? at : 0;
}

static int find_dir(struct unpack *u, const char *path, bool make, int *ret, struct err *err)
{
	int fd, r;

	fd = sys_openat2(u->root, *path ? path : ".", O_PATH | O_DIRECTORY, BENEATH);
	if (fd == -ENOENT && make) {
		r = make_parents(u, path, err);
		if (r == -E2BIG)
			return r;
		fd = r ? r : sys_openat2(u->root, path, O_PATH | O_DIRECTORY, BENEATH);
	}
	if (fd == -ELOOP || fd == -ENOTDIR || fd == -EXDEV)
		return err_set(err, -fd, "it leads through a link or a file of the archive");
	if (fd < 0)
		return err_sys(err, fd, "open directory '%s'", path);
	*ret = fd;
	return 0;
}

/* The directory of a normalised path, kept for the next entry; @name: its last component. */
static int enter_parent(struct unpack *u, char *path, bool make, const char **name, struct err *err)
{
	char *slash = strrchr(path, '/');
	const char *dir = slash ? path : "";
	int r = 0;

	*name = slash ? slash + 1 : path;
	if (slash)
		*slash = 0;
	if (u->parent <= 0 || !str_eq(dir, u->parent_name)) {
		forget_parent(u);
		r = find_dir(u, dir, make, &u->parent, err);
		if (r)
			u->parent = 0;
		else
			snprintf(u->parent_name, sizeof(u->parent_name), "%s", dir);
	}
	if (slash)
		*slash = '/';
	return r;
}

/* What is there already goes: the last entry of a name counts. */
static int make_room(struct unpack *u, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(u->parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "stat '%s'", name);
	if (!S_ISDIR(st.st_mode))
		return unlinkat(u->parent, name, 0) ? err_sys(err, errno, "replace '%s'", name) : 0;
	{
		char keep[PATH_MAX];
		_cleanup_close_ int parent = u->parent;

		/* The kept directory may be below the one that goes. */
		memcpy(keep, u->parent_name, sizeof(keep));
		u->parent = 0;
		if (walk_remove(parent, name, err))
			return -err->code;
		return find_dir(u, keep, false, &u->parent, err);
	}
}

static int set_opaque(struct unpack *u, const char *name, struct err *err)
{
	const char *mark = u->rules->user_marks ? "user.overlay.opaque" : "trusted.overlay.opaque";
	_cleanup_close_ int fd = sys_openat2(u->parent, name, O_RDONLY | O_DIRECTORY, BENEATH);

	if (fd < 0)
		return err_sys(err, fd, "mark directory '%s'", name);
	if (u->rules->apply)
		return walk_empty(fd, err);
	if (fsetxattr(fd, mark, "y", 1, 0) < 0)
		return err_sys(err, errno, "mark directory '%s' by %s", name, mark);
	/* Jails mount overlays in their user namespaces, where there are no trusted attributes. */
	if (!u->rules->user_marks && fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) < 0)
		return err_sys(err, errno, "mark directory '%s' for user namespaces", name);
	return 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

/* ".wh.NAME" hides what lower layers have; what this layer has under that name stays. */
static int whiteout(struct unpack *u, const char *name, struct err *err)
{
	struct stat st;

	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return err_set(err, EINVAL, "a deletion of nothing");
	if (u->rules->apply)
		return make_room(u, name, err);
	if (mknodat(u->parent, name, S_IFCHR, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "mark '%s' as deleted", name);
	if (fstatat(u->parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return set_opaque(u, name, err);
	return 0;
}

/* What an image may say about a file, and it is not for us or for the machine's policies. */
static bool xattr_wanted(const char *name)
{
	return (str_starts(name, "user.") && !str_starts(name, "user.overlay.")) ||
	       str_eq(name, "security.capability");
}

static int set_xattr(struct unpack *u, int fd, const char *name, const void *value, size_t n,
		     struct err *err)
{
	if (fsetxattr(fd, name, value, n, 0) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EPERM && errno != EINVAL)
		return err_sys(err, errno, "set attribute %s", name);
	u->xattrs_skipped++;
	return 0;
}

/*
 * Capabilities hold for the root of a user namespace: of the one that the map is for, not of ours.
 * Return: the value's size; 0: its root is not in the map.
 */
static size_t shift_caps(const struct unpack *u, const void *value, size_t n,
			 struct vfs_ns_cap_data *ret)
{
	uint32_t magic, root;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret, value, MIN(n, sizeof(*ret)));
	magic = le32toh(ret->magic_etc);
	if (n != XATTR_CAPS_SZ_3 || (magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		ret->rootid = 0;
	if (n != XATTR_CAPS_SZ_3 && n != XATTR_CAPS_SZ_2)
		return 0;
	root = shift_id(u->rules->uids, le32toh(ret->rootid));
	ret->magic_etc = htole32((magic & VFS_CAP_FLAGS_MASK) | VFS_CAP_REVISION_3);
	ret->rootid = htole32(root);
	return root == IDSHIFT_NOBODY ? 0 : sizeof(*ret);
}

/* @plain: the owner is nobody's, so the file gives nobody more rights */
static int set_xattrs(struct unpack *u, int fd, struct archive_entry *e, bool plain,
		      struct err *err)
{
	struct vfs_ns_cap_data caps;
	const char *name;
	const void *value;
	bool def;
	size_t n;
	int r = 0;

	archive_entry_xattr_reset(e);
	while (!r && archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK) {
		bool of_caps = name && str_eq(name, "security.capability");

		if (name && acl_of_name(name, &def) && acl_give(e, def, value, n) == 0)
			continue;
		if (of_caps && u->rules->uids) {
			n = plain ? 0 : shift_caps(u, value, n, &caps);
			value = &caps;
		}
		if (!name || !xattr_wanted(name) || (of_caps && !n))
			u->xattrs_skipped++;
		else
			r = set_xattr(u, fd, name, value, n, err);
	}
	return r;
}

/* The list of the file itself; after its mode, which is a part of it. */
static int set_acl(struct unpack *u, int fd, struct archive_entry *e, struct err *err)
{
	char buf[ACL_BYTES] __attribute__((aligned(8)));
	int n = acl_take(e, false, u->rules->uids, u->rules->gids, buf);

	if (n < 0)
		u->xattrs_skipped++;
	return n > 0 ? set_xattr(u, fd, ACL_ACCESS, buf, (size_t)n, err) : 0;
}

static void times_of(struct archive_entry *e, struct timespec times[2])
{
	times[0] = times[1] =
		(struct timespec){archive_entry_mtime(e), archive_entry_mtime_nsec(e)};
}

static int ids_of(const struct unpack *u, struct archive_entry *e, uid_t *uid, gid_t *gid,
		  struct err *err)
{
	int64_t user = archive_entry_uid(e), group = archive_entry_gid(e);

	if (u->rules->give) {
		user = u->rules->uid;
		group = u->rules->gid;
	}
	if (user < 0 || group < 0 || user >= UINT32_MAX || group >= UINT32_MAX)
		return err_set(err, ERANGE, "owner %lld:%lld", (long long)user, (long long)group);
	*uid = u->rules->uids ? shift_id(u->rules->uids, (uid_t)user) : (uid_t)user;
	*gid = u->rules->gids ? shift_id(u->rules->gids, (gid_t)group) : (gid_t)group;
	return 0;
}

/* Of nobody that the map knows: then its set-id bits mean nothing inside, and nothing outside. */
static bool is_nobodys(const struct unpack *u, uid_t uid, gid_t gid)
{
	return u->rules->uids && (uid == IDSHIFT_NOBODY || gid == IDSHIFT_NOBODY);
}

static int chown_failed(uid_t uid, gid_t gid, struct err *err)
{
	int e = errno;

	err_sys(err, e, "give it to %u:%u", uid, gid);
	if (e == EINVAL || e == EPERM)
		err_hint(err, "you have no subordinate ids for these: usermod --add-subuids "
			      "100000-165535 --add-subgids 100000-165535 USER");
	return -e;
}

/* Owner, mode, attributes, in the order in which none takes another away. */
static int set_attributes(struct unpack *u, int fd, struct archive_entry *e, bool chmod_always,
			  struct err *err)
{
	mode_t mode = u->rules->mode ? u->rules->mode : archive_entry_perm(e) & 07777;
	uid_t uid;
	gid_t gid;
	int r = ids_of(u, e, &uid, &gid, err);

	if (r)
		return r;
	if (is_nobodys(u, uid, gid))
		mode &= 01777;
	if (!u->rules->one_id && fchown(fd, uid, gid) < 0)
		return chown_failed(uid, gid, err);
	if (u->rules->apply) { /* what a directory that was there gave it */
		fremovexattr(fd, ACL_ACCESS);
		fremovexattr(fd, ACL_DEFAULT);
	}
	if ((chmod_always || u->rules->mode || mode & 07000) && fchmod(fd, mode) < 0)
		return err_sys(err, errno, "chmod");
	r = set_xattrs(u, fd, e, is_nobodys(u, uid, gid), err);
	return r ? r : set_acl(u, fd, e, err);
}

static int all_zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* Writes a block; whole pages of zeros in large files stay holes. */
static int write_block(int fd, const char *p, size_t n, off_t at, bool sparse)
{
	while (n) {
		size_t some = sparse ? MIN(n, (size_t)4096 - (size_t)(at % 4096)) : n;
		size_t whole = some;

		if (sparse && some == 4096 && all_zero(p, some)) {
			p += some;
			n -= some;
			at += (off_t)some;
			continue;
		}
		while (sparse && whole < n) { /* up to the next page of zeros */
			size_t next = MIN(n - whole, (size_t)4096);

			if (next == 4096 && all_zero(p + whole, next))
				break;
			whole += next;
		}
		while (whole) {
			ssize_t w = pwrite(fd, p, whole, at);

			if (w < 0 && errno == EINTR)
				continue;
			if (w <= 0)
				return w < 0 ? -errno : -EIO;
			p += w;
			n -= (size_t)w;
			whole -= (size_t)w;
			at += w;
		}
	}
	return 0;
}

static int archive_failed(struct archive *ar, struct err *err)
{
	const char *text = archive_error_string(ar);

	return err_set(err, EINVAL, "the archive is damaged: %s",
		       text ? text : "it ends too early");
}

static int write_data(struct unpack *u, struct archive *ar, int fd, uint64_t size, struct err *err)
{
	const void *p;
	la_int64_t at;
	size_t n;
	int r;

	while ((r = archive_read_data_block(ar, &p, &n, &at)) == ARCHIVE_OK) {
		if (at < 0 || (uint64_t)at + n > size)
			return err_set(err, EINVAL, "its content is larger than its size");
		r = n ? write_block(fd, p, n, at, size >= 65536) : 0;
		if (r)
			return err_sys(err, r, "write");
		u->bytes += n;
		if (u->progress)
			u->progress(u->progress_arg, u->bytes);
	}
	if (r != ARCHIVE_EOF)
		return archive_failed(ar, err);
	return size && ftruncate(fd, (off_t)size) < 0 ? err_sys(err, errno, "truncate") : 0;
}

static int make_file(struct unpack *u, struct archive *ar, struct archive_entry *e,
		     const char *name, struct err *err)
{
	const int flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
	int64_t size = archive_entry_size(e);
	mode_t mode = archive_entry_perm(e) & 0777;
	_cleanup_close_ int fd = FD_NONE;
	struct timespec times[2];
	int r;

	if (size < 0 || (uint64_t)size > u->rules->max_bytes - MIN(u->bytes, u->rules->max_bytes))
		return err_set(err, EFBIG, "more than %llu bytes",
			       (unsigned long long)u->rules->max_bytes);
	fd = sys_openat(u->parent, name, flags, mode);
	if (fd == -EEXIST) {
		r = make_room(u, name, err);
		if (r)
			return r;
		fd = sys_openat(u->parent, name, flags, mode);
	}
	if (fd < 0)
		return err_sys(err, fd, "make it");
	r = write_data(u, ar, fd, (uint64_t)size, err);
	if (!r)
		r = set_attributes(u, fd, e, false, err);
	times_of(e, times);
	if (!r && futimens(fd, times) < 0)
		r = err_sys(err, errno, "set its time");
	return r;
}

static int defer(struct unpack *u, struct archive_entry *e, const char *path, struct err *err)
{
	struct unpack_dir *v = arena_grow(&u->arena, u->dirs, u->n_dirs, &u->cap_dirs, sizeof(*v));
	char buf[ACL_BYTES] __attribute__((aligned(8)));
	int n;

	if (!v)
		return err_oom(err);
	u->dirs = v;
	v += u->n_dirs;
	*v = (struct unpack_dir){.path = arena_strdup(&u->arena, path)};
	times_of(e, v->times);
	n = acl_take(e, true, u->rules->uids, u->rules->gids, buf);
	if (n > 0) {
		v->acl = arena_dup(&u->arena, buf, (size_t)n);
		v->acl_n = (size_t)n;
	}
	u->xattrs_skipped += n < 0;
	u->n_dirs++;
	return v->path && (n <= 0 || v->acl) ? 0 : err_oom(err);
}

static int make_dir(struct unpack *u, struct archive_entry *e, const char *path, const char *name,
		    struct err *err)
{
	_cleanup_close_ int fd = FD_NONE;
	struct stat st;
	int r = 0;

	if (*name && mkdirat(u->parent, name, 0700) < 0) {
		if (errno != EEXIST || fstatat(u->parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, errno, "make it");
		if (!S_ISDIR(st.st_mode)) {
			r = make_room(u, name, err);
			if (!r && mkdirat(u->parent, name, 0700) < 0)
				r = err_sys(err, errno, "make it");
			/* Deleted first, then made again: nothing of the one below shows. */
			if (!r && is_whiteout(&st))
				r = set_opaque(u, name, err);
		}
	}
	if (r)
		return r;
	fd = sys_openat2(*name ? u->parent : u->root, *name ? name : ".", O_RDONLY | O_DIRECTORY,
			 BENEATH);
	if (fd < 0)
		return err_sys(err, fd, "open it");
	r = set_attributes(u, fd, e, true, err);
	return r ? r : defer(u, e, path, err);
}

static int make_link(struct unpack *u, const char *target, const char *name, struct err *err)
{
	_cleanup_close_ int dir = FD_NONE;
	char path[PATH_MAX], *slash;
	struct stat st;
	int r = unpack_path(target, path, err);

	if (r)
		return err_wrap(err, "hard link to '%.200s'", target);
	slash = strrchr(path, '/');
	if (slash)
		*slash = 0;
	r = find_dir(u, slash ? path : "", false, &dir, err);
	if (r)
		return err_wrap(err, "hard link to '%.200s'", target);
	if (fstatat(dir, slash ? slash + 1 : path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "hard link to '%.200s', which the archive does not hold",
			       target);
	if (S_ISDIR(st.st_mode))
		return err_set(err, EINVAL, "hard link to the directory '%.200s'", target);
	if (linkat(dir, slash ? slash + 1 : path, u->parent, name, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		struct stat old;

		/* A link to itself, or to what it is already. */
		if (fstatat(u->parent, name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
		    old.st_ino == st.st_ino && old.st_dev == st.st_dev)
			return 0;
		r = make_room(u, name, err);
		if (r)
			return r;
		if (linkat(dir, slash ? slash + 1 : path, u->parent, name, 0) == 0)
			return 0;
	}
	return err_sys(err, errno, "hard link to '%.200s'", target);
}

static int make_special(struct unpack *u, struct archive_entry *e, const char *name,
			struct err *err)
{
	mode_t type = archive_entry_filetype(e), mode = archive_entry_perm(e) & 07777;
	dev_t dev = type == AE_IFIFO || type == AE_IFSOCK ? 0 : archive_entry_rdev(e);
	int r = make_room(u, name, err);

	if (r)
		return r;
	if (type == AE_IFLNK)
		return symlinkat(archive_entry_symlink(e) ?: "", u->parent, name) < 0
			       ? err_sys(err, errno, "make it")
			       : 0;
	if (mknodat(u->parent, name, type | (mode & 0777), dev) < 0)
		return err_sys(err, errno, "make it");
	return 0;
}

/* Links, pipes and devices: what cannot be opened to set its attributes. */
static int make_other(struct unpack *u, struct archive_entry *e, const char *name, struct err *err)
{
	mode_t type = archive_entry_filetype(e), mode = archive_entry_perm(e) & 07777;
	struct timespec times[2];
	uid_t uid;
	gid_t gid;
	int r = ids_of(u, e, &uid, &gid, err);

	if (r)
		return r;
	if (type == AE_IFCHR || type == AE_IFBLK) {
		if (u->rules->devices == DEVICES_REFUSE)
			return err_set(err, EPERM, "it is a device");
		/* 0:0 would be a deletion. */
		if (u->rules->devices == DEVICES_SKIP || archive_entry_rdev(e) == 0) {
			u->devices_skipped++;
			return 0;
		}
	}
	r = make_special(u, e, name, err);
	if (r)
		return r;
	if (is_nobodys(u, uid, gid))
		mode &= 01777;
	if (!u->rules->one_id && fchownat(u->parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return chown_failed(uid, gid, err);
	/* Just made by us in a directory that nobody else can enter: it is no link. */
	if (type != AE_IFLNK && fchmodat(u->parent, name, mode, 0) < 0)
		return err_sys(err, errno, "chmod");
	times_of(e, times);
	if (utimensat(u->parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "set its time");
	return 0;
}

static int make_entry(struct unpack *u, struct archive *ar, struct archive_entry *e, char *path,
		      struct err *err)
{
	const char *name, *link = archive_entry_hardlink(e);
	mode_t type = archive_entry_filetype(e);
	int r = count_entry(u, err);

	if (!r)
		r = enter_parent(u, path, true, &name, err);
	if (r)
		return r;
	if (u->rules->layer && str_starts(name, WHITEOUT)) {
		if (str_eq(name, OPAQUE))
			return set_opaque(u, ".", err);
		/* Others of this kind are notes of a file system of old. */
		if (str_starts(name, WHITEOUT WHITEOUT))
			return 0;
		return whiteout(u, name + strlen(WHITEOUT), err);
	}
	if (!*name && type != AE_IFDIR)
		return err_set(err, EINVAL, "its name is empty");
	if (link)
		return make_link(u, link, name, err);
	switch (type) {
	case AE_IFREG: return make_file(u, ar, e, name, err);
	case AE_IFDIR: return make_dir(u, e, path, name, err);
	case AE_IFLNK:
	case AE_IFIFO:
	case AE_IFSOCK:
	case AE_IFCHR:
	case AE_IFBLK: return make_other(u, e, name, err);
	default: return err_set(err, EINVAL, "its type is not known");
	}
}

static int set_default_acl(struct unpack *u, const char *name, const struct unpack_dir *d,
			   struct err *err)
{
	_cleanup_close_ int fd = sys_openat2(*name ? u->parent : u->root, *name ? name : ".",
					     O_RDONLY | O_DIRECTORY, BENEATH);

	return fd < 0 ? 0 /* no directory any more */
		      : set_xattr(u, fd, ACL_DEFAULT, d->acl, d->acl_n, err);
}

/* Last, because making what is in a directory changes its time, and takes its list for new files. */
static int finish_dirs(struct unpack *u, struct err *err)
{
	for (uint32_t i = u->n_dirs; i-- > 0;) {
		char path[PATH_MAX];
		const char *name;
		int r;

		snprintf(path, sizeof(path), "%s", u->dirs[i].path);
		r = enter_parent(u, path, false, &name, NULL);
		if (r)
			continue; /* replaced later by something else */
		if (utimensat(*name ? u->parent : u->root, *name ? name : ".", u->dirs[i].times,
			      AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return err_sys(err, errno, "set the time of '%s'", u->dirs[i].path);
		r = u->dirs[i].acl ? set_default_acl(u, name, &u->dirs[i], err) : 0;
		if (r)
			return r;
	}
	return 0;
}

int unpack_archive(struct unpack *u, struct archive *ar, struct err *err)
{
	struct archive_entry *e;
	char path[PATH_MAX] = "";
	int got, r = 0;

	while ((got = archive_read_next_header(ar, &e)) == ARCHIVE_OK || got == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(e);

		if (!name)
			return err_set(err, EINVAL, "the archive has an entry without a name");
		r = unpack_path(name, path, err);
		if (!r)
			r = make_entry(u, ar, e, path, err);
		if (r)
			return err_wrap(err, "entry '%.300s'", name);
	}
	if (got != ARCHIVE_EOF)
		return archive_failed(ar, err);
	return finish_dirs(u, err);
}

void unpack_end(struct unpack *u)
{
	forget_parent(u);
	arena_free(&u->arena);
	u->dirs = NULL;
	u->n_dirs = u->cap_dirs = 0;
}
