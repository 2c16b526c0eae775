// SPDX-License-Identifier: BSD-3-Clause
/*
 * Overlays of builds. Called by image/build and image/layershell. They exist in a mount namespace of
 * this process only, so that a killed build leaves no mount. Fails where overlayfs cannot be mounted.
 */
#include <sys/mount.h>

#include "base/str.h"
#include "base/sys.h"
#include "image/build_root.h"

int build_root_private(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(err, errno, "make a mount namespace");
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_set(err, EPERM, "make the mounts private");
	return 0;
}

static int set(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

/* The nth lower directory from the top; below no layer at all there is an empty one. */
static const char *lower_dir(const struct store_list *layers, uint32_t i, const char *empty,
			     char *path, size_t n)
{
	if (!layers->n)
		return empty;
	snprintf(path, n, "layers/%s/tree", layers->v[layers->n - 1 - i]);
	return path;
}

/* Any number of layers, Linux 6.5 and later. Paths are below the working directory: they are short. */
static int mount_new(const struct store_list *layers, const char *empty, const char *upper,
		     const char *work, const char *at)
{
	_cleanup_close_ int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC), mnt = FD_NONE;
	char path[STORE_HASH + 32];
	int r = fs < 0 ? fs : set(fs, "userxattr", NULL);

	for (uint32_t i = 0; i < MAX(layers->n, 1U) && r >= 0; i++)
		r = set(fs, "lowerdir+", lower_dir(layers, i, empty, path, sizeof(path)));
	if (r >= 0 && upper)
		r = set(fs, "upperdir", upper);
	if (r >= 0 && upper)
		r = set(fs, "workdir", work);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	if (mnt < 0)
		return mnt;
	return sys_move_mount(mnt, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH);
}

static int mount_old(const struct store_list *layers, const char *empty, const char *upper,
		     const char *work, const char *at)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	char path[STORE_HASH + 32];

	sbuf_puts(&b, "userxattr,lowerdir=");
	for (uint32_t i = 0; i < MAX(layers->n, 1U); i++)
		sbuf_printf(&b, "%s%s", i ? ":" : "",
			    lower_dir(layers, i, empty, path, sizeof(path)));
	if (upper)
		sbuf_printf(&b, ",upperdir=%s,workdir=%s", upper, work);
	return b.failed ? -ENOMEM : sys_mount("overlay", at, "overlay", MS_NODEV, b.s);
}

static int new_dir(const struct store_work *w, const char *name, const char *what, char *path,
		   size_t n, struct err *err)
{
	char own[64];

	snprintf(own, sizeof(own), "%s.%s", name, what);
	snprintf(path, n, "tmp/%s/%s", w->name, own);
	if (walk_remove(w->fd, own, err))
		return -err->code;
	if (mkdirat(w->fd, own, 0755) < 0)
		return err_sys(err, errno, "make '%s'", path);
	return 0;
}

/* The upper directory is what "/" looks like: as the one below it. */
static int copy_top(const struct store_work *w, const char *upper, const struct store_list *layers,
		    struct err *err)
{
	char path[STORE_HASH + 32];
	_cleanup_close_ int fd = walk_dir(w->store->fd, upper);
	struct stat st = {.st_mode = 0755};

	snprintf(path, sizeof(path), "layers/%s/tree", layers->n ? layers->v[layers->n - 1] : "");
	if (layers->n && fstatat(w->store->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "layer '%.12s'", layers->v[layers->n - 1]);
	if (fd < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return err_sys(err, fd < 0 ? fd : errno, "set up '%s'", upper);
	return 0;
}

static int mount_at(const struct build_root *root, const struct store_list *layers,
		    const char *empty, const char *upper, const char *work, struct err *err)
{
	_cleanup_close_ int before = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	int r;

	if (before < 0 || chdir(root->w->store->path) < 0)
		return err_sys(err, before < 0 ? before : errno, "enter the store");
	r = mount_new(layers, empty, upper, work, root->path);
	if (r == -EINVAL || r == -ENOSYS)
		r = mount_old(layers, empty, upper, work, root->path);
	if (fchdir(before) < 0 && !r)
		r = -errno;
	if (!r)
		return 0;
	err_sys(err, r, "mount the layers as an overlay");
	return err_hint(err, "the store has to be on a file system that overlayfs can use as upper "
			     "directory: ext4, xfs, btrfs, tmpfs");
}

int build_root_open(struct build_root *r, const struct store_work *w, const char *name,
		    const struct store_list *layers, bool writable, struct err *err)
{
	char root[128], upper[128], work[128], empty[128];
	int e;

	r->w = w;
	e = new_dir(w, name, "root", root, sizeof(root), err);
	if (!e)
		e = new_dir(w, name, "upper", upper, sizeof(upper), err);
	if (!e)
		e = new_dir(w, name, "work", work, sizeof(work), err);
	if (!e)
		e = new_dir(w, name, "empty", empty, sizeof(empty), err);
	if (!e)
		e = copy_top(w, upper, layers, err);
	if (e)
		return e;
	if (snprintf(r->path, sizeof(r->path), "%s/%s", w->store->path, root) >=
	    (int)sizeof(r->path))
		return err_sys(err, ENAMETOOLONG, "'%.60s...'", w->store->path);
	e = mount_at(r, layers, empty, writable || layers->n < 2 ? upper : NULL, work, err);
	if (e) {
		r->path[0] = 0;
		return e;
	}
	r->fd = sys_openat(AT_FDCWD, r->path, O_RDONLY | O_DIRECTORY, 0);
	if (r->fd < 0) {
		e = err_sys(err, r->fd, "open '%s'", r->path);
		build_root_close(r);
	}
	return e;
}

void build_root_close(struct build_root *r)
{
	defs_closep(&r->fd);
	r->fd = FD_NONE;
	if (r->path[0])
		umount2(r->path, MNT_DETACH);
	r->path[0] = 0;
}

int build_root_mkdirs(int root, const char *path, struct err *err)
{
	char part[PATH_MAX] = "", *end = part;
	int fd = FD_NONE;

	do {
		_cleanup_close_ int parent = FD_NONE;
		size_t n = strcspn(path, "/");
		char before[PATH_MAX];

		memcpy(before, part, sizeof(before));
		if (n && (size_t)(end - part) + n + 2 > sizeof(part))
			return err_sys(err, ENAMETOOLONG, "'%.60s...'", path);
		if (n) {
			*end++ = '/';
			memcpy(end, path, n);
			end[n] = 0;
		}
		fd = sys_openat2(root, *part ? part : "/", O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
		if (fd == -ENOENT) {
			parent = sys_openat2(root, *before ? before : "/", O_PATH | O_DIRECTORY,
					     RESOLVE_IN_ROOT);
			if (parent < 0 || mkdirat(parent, end, 0755) < 0)
				return err_sys(err, parent < 0 ? parent : errno, "make '%s'", part);
			fd = sys_openat2(root, part, O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
		}
		if (fd < 0)
			return err_sys(err, fd, "open '%s'", part);
		end += n;
		path += n;
		path += strspn(path, "/");
		if (*path)
			close(fd);
	} while (*path);
	return fd;
}
