// SPDX-License-Identifier: BSD-3-Clause
/*
 * The child's mount steps. Every function runs between clone and exec: no allocation, no libc state.
 * What can fail is reported with the mount's source and target; a mount marked optional is skipped.
 */
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/io.h"
#include "base/sys.h"
#include "jail/mounts.h"
#include "jail/mounts_classic.h"
#include "jail/report.h"
#include "jail/target.h"
#include "storage/copy.h"
#include "storage/overlay.h"
#include "storage/upper.h"

#define OPEN_TREE_ALL (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)

bool mounts_new_interface(void)
{
	/* The first two answer before they look for privileges, so EPERM means a filter around us. */
	int tree = sys_open_tree(FD_NONE, "", 0);
	int attr = (int)sys(SYS_mount_setattr, FD_NONE, "", 0, NULL, 0);

	return tree != -ENOSYS && tree != -EPERM && attr != -ENOSYS && attr != -EPERM &&
	       sys_fsopen("", ~0U) != -ENOSYS &&
	       sys_move_mount(FD_NONE, "", FD_NONE, "", 0) != -ENOSYS;
}

/* mount_fail() - the error of one mount: what was to be mounted where. */
static int mount_fail(struct err *err, const struct mount_plan *m, int code, const char *what)
{
	const char *at = m->dst;

	switch (m->kind) {
	case MOUNT_BIND: return err_sys(err, code, "%s '%s' on '%s'", what, m->src, at);
	case MOUNT_FS: return err_sys(err, code, "%s %s on '%s'", what, m->fstype, at);
	case MOUNT_SYMLINK: return err_sys(err, code, "%s '%s' -> '%s'", what, at, m->src);
	case MOUNT_FILE: break;
	case MOUNT_COPY: return err_sys(err, code, "copy '%s' to '%s'", m->src, at);
	case MOUNT_LAYER: return err_sys(err, code, "layer '%s' of the root", m->src);
	case MOUNT_UPPER: return err_sys(err, code, "upper layer of the root in '%s'", m->src);
	}
	return err_sys(err, code, "%s file '%s'", what, at);
}

/* Devices are shown to the jail only when they are what they are called (a host may be hostile). */
static int check_device(int fd, const struct mount_plan *m, struct err *err)
{
	struct stat st;

	if (!m->device)
		return 0;
	if (sys_fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != m->device)
		return err_set(err, ENODEV, "bind '%s' on '%s': the source is not that device",
			       m->src, m->dst);
	return 0;
}

/*
 * The classic way takes a plain descriptor to mount from: a path would be resolved after the new root
 * lies on top of "/", where ".." leads into it.
 */
static int open_source(const struct child *c, const struct mount_plan *m, struct err *err)
{
	const struct jail_plan *p = c->plan;
	const char *path = m->from ?: m->src;
	int fd, r;

	if (m->kind == MOUNT_COPY)
		fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	else if (m->kind == MOUNT_BIND && !p->classic_mounts)
		fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_ALL);
	else /* taking down a detached tree is slow, and there may be many layers */
		fd = sys_openat(AT_FDCWD, path, O_PATH, 0);
	if (fd >= 0 && m->kind == MOUNT_UPPER) { /* while we may look into its directory */
		r = sys_openat(fd, c->upper, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		sys_close(fd);
		fd = r;
	}
	if (fd < 0)
		return mount_fail(err, m, fd, "bind");
	r = check_device(fd, m, err);
	if (r < 0) {
		sys_close(fd);
		return r;
	}
	return fd;
}

/*
 * The program that is executed by descriptor shows itself as /proc/self/exe: on a mount of its own
 * that is read-only, or the host's file could be opened there for writing.
 */
static int protect_program(struct child *c, struct err *err)
{
	struct mount_attr attr = {.attr_set =
					  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	int tree, r;

	if (c->exec_fd < 0 || c->plan->classic_mounts)
		return 0;
	tree = sys_open_tree(AT_FDCWD, c->plan->exec_paths[0], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_sys(err, tree, "open '%s' to execute it", c->plan->exec_paths[0]);
	r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
	if (r < 0) {
		sys_close(tree);
		return err_sys(err, r, "protect '%s'", c->plan->exec_paths[0]);
	}
	c->exec_fd = tree;
	return 0;
}

int mounts_sources(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r;

	if (!p->n_mounts) /* no mount namespace of our own: the mounts are the host's */
		return 0;
	r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (r < 0)
		return err_sys(err, r, "cut mount propagation of '/'");
	for (unsigned i = 0; i < p->n_mounts; i++) {
		const struct mount_plan *m = &p->mounts[i];

		if ((m->kind != MOUNT_BIND && m->kind < MOUNT_COPY) || c->trees[i] >= 0)
			continue;
		r = open_source(c, m, err);
		c->trees[i] = r < 0 ? FD_NONE : r;
		if (r < 0 && m->optional)
			r = child_weaker(c, PROTECT_MOUNTS, PROTECTION_DEGRADED, err);
		if (r < 0)
			return r;
	}
	return protect_program(c, err);
}

/* fs_message() - the kernel's own words about a failed fsopen context, or NULL. */
static const char *fs_message(int fd, char *buf, size_t n)
{
	ssize_t r = sys_read(fd, buf, n - 1);

	if (r <= 2)
		return NULL;
	buf[r] = 0;
	return buf + 2; /* "e ", "w " or "i " */
}

static int fs_options(int fd, const struct mount_plan *m)
{
	int r = 0;

	if (m->src && m->src[0])
		r = sys_fsconfig(fd, FSCONFIG_SET_STRING, "source", m->src, 0);
	for (const char *const *o = m->options; r >= 0 && o && *o; o++) {
		char key[64];
		const char *eq = strchr(*o, '=');
		size_t n = eq ? (size_t)(eq - *o) : strlen(*o);

		if (n >= sizeof(key))
			return -EINVAL;
		memcpy(key, *o, n);
		key[n] = 0;
		r = eq ? sys_fsconfig(fd, FSCONFIG_SET_STRING, key, eq + 1, 0)
		       : sys_fsconfig(fd, FSCONFIG_SET_FLAG, key, NULL, 0);
	}
	return r;
}

/* make_fs() - a detached file system of the mount's type. Return: its descriptor. */
static int make_fs(const struct mount_plan *m, unsigned attrs, struct err *err)
{
	char buf[256];
	const char *why;
	int fd = sys_fsopen(m->fstype, FSOPEN_CLOEXEC);
	int r;

	if (fd < 0)
		return mount_fail(err, m, fd, "mount");
	r = fs_options(fd, m);
	if (r >= 0)
		r = sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r >= 0)
		r = sys_fsmount(fd, FSMOUNT_CLOEXEC, attrs);
	if (r < 0) {
		why = fs_message(fd, buf, sizeof(buf));
		mount_fail(err, m, r, "mount");
		if (why)
			err_set(err, -r, "%s (%s)", strdupa(err->msg), why);
	}
	sys_close(fd);
	return r;
}

int mounts_make_fs(const struct mount_plan *m, struct err *err)
{
	/* all_readonly spares nothing here: a new mount gets its flags for free */
	uint64_t now = m->readonly_last ? m->attrs & ~(uint64_t)MOUNT_ATTR_RDONLY : m->attrs;

	return make_fs(m, (unsigned)now, err);
}

/*
 * scratch - a tmpfs between the old root and the new one. Files with content and the layer of an
 * overlay root come from it: older kernels bind only from mounts that are attached.
 */
static int make_scratch(struct child *c, struct err *err)
{
	static const struct mount_plan tmpfs = {.kind = MOUNT_FS, .fstype = "tmpfs", .dst = "/"};
	const struct mount_plan *m = c->plan->scratch_fs ?: &tmpfs;
	int fd, r;

	if (c->plan->classic_mounts) {
		fd = classic_stack(m, FD_NONE, err);
	} else {
		fd = make_fs(m, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
		r = fd < 0 ? 0 : sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
		if (fd >= 0 && r < 0) {
			sys_close(fd);
			return mount_fail(err, m, r, "attach");
		}
	}
	if (fd < 0)
		return fd;
	c->scratch = fd;
	return 0;
}

/*
 * In an overlay the upper directory of two has its own mode and owner: what the layer has in common
 * with the root must look as it does there.
 */
static void copy_looks(int layer, int base, const char *path)
{
	char prefix[PATH_MAX];

	for (size_t n = 0; n < sizeof(prefix) && path[n]; n++) {
		struct stat st;
		int from, to;

		if (path[n] != '/' && n)
			continue;
		memcpy(prefix, path, n);
		memcpy(prefix + n, n ? "" : ".", n ? 1 : 2);
		from = target_find(base, prefix, O_PATH | O_DIRECTORY, true);
		to = from < 0 ? from : target_find(layer, prefix, O_RDONLY | O_DIRECTORY, true);
		if (to >= 0 && sys_fstat(from, &st) == 0) {
			sys(SYS_fchown, to, st.st_uid, st.st_gid); /* as far as the id map goes */
			sys(SYS_fchmod, to, st.st_mode & 07777);
		}
		if (from >= 0)
			sys_close(from);
		if (to >= 0)
			sys_close(to);
	}
}

/* link_extra() - Return: a descriptor of the link's directory. */
static int link_extra(int layer, const struct root_extra *e, struct err *err)
{
	const char *name;
	int dir = target_parent(layer, e->path, true, &name, err);
	int r;

	if (dir < 0)
		return dir;
	r = (int)sys(SYS_symlinkat, e->link, dir, name);
	if (r < 0) {
		sys_close(dir);
		return err_sys(err, r, "link '/%s' -> '%s'", e->path, e->link);
	}
	return dir;
}

/* What a read-only root directory lacks, as an overlay layer. */
static int make_extra_layer(struct child *c, int base, struct err *err)
{
	int r = sys_mkdirat(c->scratch, "layer", 0755);
	int dir;

	if (r < 0)
		return err_sys(err, r, "make a layer for missing mount targets");
	dir = sys_openat(c->scratch, "layer", O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return err_sys(err, dir, "open the layer for missing mount targets");
	for (const struct root_extra *e = c->plan->root_extra; e->path && r >= 0; e++) {
		r = e->link ? link_extra(dir, e, err)
			    : target_make(dir, e->path, e->path[strlen(e->path) - 1] != '/', err);
		if (r >= 0) {
			sys_close(r);
			copy_looks(dir, base, e->path);
		}
	}
	sys_close(dir);
	return r < 0 ? r : 0;
}

/* A layer above a directory must not lift what its file system forbids. */
static uint64_t inherited_attrs(int base)
{
	const uint64_t kept = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	struct statfs fs; /* its f_flags have the same bits as MOUNT_ATTR_* (statfs(2)) */

	return sys(SYS_fstatfs, base, &fs) < 0 ? kept : (uint64_t)fs.f_flags & kept;
}

/* Older kernels (6.1) take the layers of an overlay from attached mounts only: attach the root. */
static int attach_base(struct child *c, int base)
{
	int r = sys_mkdirat(c->scratch, "base", 0700);

	return r < 0 ? r : sys_move_mount(base, "", c->scratch, "base", MOVE_MOUNT_F_EMPTY_PATH);
}

/*
 * The plan's root is a directory that lacks mount targets and must not be changed: put a layer
 * above it that has them. Two lower layers and no upper one: nothing can be written.
 */
static int make_overlay_root(struct child *c, struct mount_plan *m, struct err *err)
{
	char lower[96];
	const char *options[] = {lower, NULL};
	struct mount_plan overlay = {.kind = MOUNT_FS,
				     .fstype = "overlay",
				     .dst = "/",
				     .options = options,
				     .data = lower};
	int base, r;

	base = c->trees[0];
	m->attrs |= inherited_attrs(base);
	r = make_extra_layer(c, base, err);
	if (r < 0)
		return r;
	/* Descriptors keep path names out of the option string, where ':' and ',' have a meaning. */
	snprintf(lower, sizeof(lower), "lowerdir=/proc/self/fd/%d/layer:/proc/self/fd/%d",
		 c->scratch, base);
	r = c->plan->classic_mounts ? classic_stack(&overlay, FD_NONE, err)
				    : make_fs(&overlay, 0, err);
	if (r == -EINVAL && !c->plan->classic_mounts && attach_base(c, base) == 0)
		r = make_fs(&overlay, 0, err);
	if (r < 0)
		err_hint(err,
			 "'%s' lacks '/%s', and a layer above it that has that cannot be made: "
			 "make it in the directory, or take one that holds no other mounts",
			 m->src, c->plan->root_extra->path);
	return r;
}

/* make_upper() - the two directories of a writable layer. @path: where they are, for the kernel. */
static int make_upper(struct child *c, char *path, size_t size, struct err *err)
{
	const struct jail_plan *p = c->plan;
	bool own = p->upper->kind == UPPER_TMPFS;
	int fd = own ? c->scratch : c->trees[1 + p->n_layers], dir, upper = FD_NONE, r = 0;
	struct stat st;

	if (p->n_given > p->n_layers) { /* of the launcher's namespace: must be attached */
		r = sys_mkdirat(c->scratch, "host", 0700);
		if (r >= 0)
			r = sys_move_mount(fd, "", c->scratch, "host", MOVE_MOUNT_F_EMPTY_PATH);
	}
	dir = r < 0 ? r : sys_openat(fd, ".", O_PATH | O_DIRECTORY, 0);
	r = dir < 0 ? dir : sys_mkdirat(dir, "work", 0700);
	if (r >= 0 || r == -EEXIST)
		r = sys_mkdirat(dir, "upper", 0755);
	if (r >= 0)
		r = upper = sys_openat(dir, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (upper >= 0 && sys_fstat(c->trees[1], &st) == 0) {
		sys(SYS_fchown, upper, st.st_uid, st.st_gid); /* as far as the id map goes */
		sys(SYS_fchmod, upper, st.st_mode & 07777);
	}
	if (upper >= 0)
		sys_close(upper);
	if (dir >= 0)
		sys_close(dir);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	if (r >= 0 || r == -EEXIST) /* of the run before */
		return 0;
	err_sys(err, r, "make the upper layer of the root in '%s'",
		own ? "a tmpfs" : p->mounts[1 + p->n_layers].src);
	return r == -EACCES || r == -EOVERFLOW
		       ? err_hint(err, "the directory must belong to the jail's user")
		       : r;
}

static int overlay_failed(const struct jail_plan *p, int r, struct err *err)
{
	if (r == -EINVAL && !p->n_given)
		err_hint(err, "a directory that has other mounts in it cannot be a layer");
	return r;
}

/* The root is an overlay of layers that are not changed, and of what the jail writes. */
static int make_layered_root(struct child *c, struct mount_plan *m, struct err *err)
{
	const struct jail_plan *p = c->plan;
	char upper[80], data[4096];
	struct overlay o = {.layers = &c->trees[1],
			    .n = p->n_layers,
			    .place = c->scratch,
			    .upper = p->upper ? upper : NULL,
			    .foreign = p->n_given};
	struct mount_plan classic = {
		.kind = MOUNT_FS, .fstype = "overlay", .dst = "/", .data = data};
	int r;

	if (p->overlay_server)
		return take_fd(&c->trees[1]);
	r = p->upper ? make_upper(c, upper, sizeof(upper), err) : 0;
	m->attrs |= inherited_attrs(c->trees[1]); /* those of an image lie in one store */
	if (r < 0)
		return r;
	if (!p->classic_mounts)
		return overlay_failed(p, overlay_mount(&o, err), err);
	r = overlay_options(&o, data, sizeof(data));
	return r < 0 ? err_sys(err, r, "%u layers", p->n_layers)
		     : classic_stack(&classic, FD_NONE, err);
}

static int set_attrs(int fd, const struct mount_plan *m, uint64_t set, uint64_t clear, bool deep,
		     struct err *err)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};
	int r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | (deep ? AT_RECURSIVE : 0), &attr);

	return r < 0 ? mount_fail(err, m, r, "set flags of") : 0;
}

/* attributes of a tree that is not attached yet; what is made inside later waits for readonly */
static int early_attrs(const struct jail_plan *p, int fd, const struct mount_plan *m,
		       struct err *err)
{
	uint64_t attrs = p->all_readonly ? m->attrs & ~(uint64_t)MOUNT_ATTR_RDONLY : m->attrs;
	int r = attrs ? set_attrs(fd, m, attrs, 0, true, err) : 0;

	/* A source that is read-only itself stays so: then making the target says EROFS. */
	if (r >= 0 && m->readonly_last && attrs & MOUNT_ATTR_RDONLY)
		set_attrs(fd, m, 0, MOUNT_ATTR_RDONLY, false, NULL);
	return r;
}

int mounts_root(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	struct mount_plan root, *m = &root;
	int fd, r;

	if (!p->n_mounts)
		return 0;
	root = p->mounts[0];
	if (p->scratch) {
		r = make_scratch(c, err);
		if (r < 0)
			return r;
	}
	if (p->n_layers)
		fd = make_layered_root(c, m, err);
	else if (p->root_extra)
		fd = make_overlay_root(c, m, err);
	else if (p->classic_mounts)
		fd = classic_root(c, m, err);
	else if (m->kind == MOUNT_FS)
		fd = make_fs(m, 0, err);
	else
		fd = take_fd(&c->trees[0]);
	if (fd < 0)
		return fd;
	c->root = fd;
	if (p->classic_mounts)
		return classic_early_attrs(c, fd, m, err);
	r = early_attrs(p, fd, m, err);
	if (r < 0)
		return r;
	r = sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	return r < 0 ? mount_fail(err, m, r, "attach") : 0;
}

/* What is there already may be just the link that is asked for. */
static bool same_link(int dir, const char *name, const struct mount_plan *m)
{
	char text[PATH_MAX];
	long n;

	if (!m->exists_is_fine)
		return false;
	n = sys(SYS_readlinkat, dir, name, text, sizeof(text));
	return n > 0 && (size_t)n == strlen(m->src) && !memcmp(text, m->src, (size_t)n);
}

static int make_symlink(struct child *c, const struct mount_plan *m, struct err *err)
{
	const char *name;
	int dir = target_parent(c->root, m->dst, m->make_target, &name, err);
	int r;

	if (dir < 0)
		return dir;
	r = (int)sys(SYS_symlinkat, m->src, dir, name);
	if (r == -EEXIST && same_link(dir, name, m))
		r = 0;
	sys_close(dir);
	return r < 0 ? mount_fail(err, m, r, "link") : 0;
}

/* A file with content: written to the scratch file system, then bound from there. */
static int make_file(struct child *c, unsigned i, struct err *err)
{
	const struct mount_plan *m = &c->plan->mounts[i];
	const char *p = m->content;
	size_t left = m->content_len;
	char name[24];
	int fd, r = 0;

	snprintf(name, sizeof(name), "f%u", i);
	fd = sys_openat(c->scratch, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
	if (fd < 0)
		return mount_fail(err, m, fd, "make");
	while (left && r >= 0) {
		r = (int)sys_write(fd, p, left);
		if (r > 0) {
			p += r;
			left -= (size_t)r;
		}
	}
	/* Exactly this mode, whatever the caller's umask. */
	sys(SYS_fchmod, fd, 0644);
	sys_close(fd);
	if (r < 0)
		return mount_fail(err, m, r, "write");
	if (c->plan->classic_mounts)
		return 0;
	r = sys_open_tree(c->scratch, name, OPEN_TREE_ALL);
	return r < 0 ? mount_fail(err, m, r, "bind") : r;
}

static bool is_file(int tree, const struct mount_plan *m)
{
	struct stat st;

	if (m->target != TARGET_LIKE_SOURCE)
		return m->target == TARGET_FILE;
	return tree >= 0 && sys_fstat(tree, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* attach_new() - the detached tree of mount @i, and where it belongs. */
static int attach_new(struct child *c, unsigned i, struct err *err)
{
	const struct jail_plan *p = c->plan;
	const struct mount_plan *m = &p->mounts[i];
	int target, r;

	if (m->kind == MOUNT_FS) {
		r = m->by_launcher ? take_fd(&c->sysfs) : mounts_make_fs(m, err);
	} else if (m->kind == MOUNT_FILE) {
		r = make_file(c, i, err);
	} else {
		r = c->trees[i];
	}
	if (r < 0)
		return r;
	c->trees[i] = r;
	if (m->kind != MOUNT_FS) {
		r = early_attrs(p, c->trees[i], m, err);
		if (r < 0)
			return r;
	}
	target = target_open(c->root, m, is_file(c->trees[i], m), err);
	if (target < 0)
		return target;
	r = sys_move_mount(c->trees[i], "", target, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	sys_close(target);
	return r < 0 ? mount_fail(err, m, r, m->kind == MOUNT_FS ? "mount" : "bind") : 0;
}

static int attach_classic(struct child *c, unsigned i, struct err *err)
{
	const struct mount_plan *m = &c->plan->mounts[i];
	int r = m->kind == MOUNT_FILE ? make_file(c, i, err) : 0;

	return r < 0 ? r : classic_attach(c, i, err);
}

/* A file system whose use is to be known at the end: its descriptor keeps it until then. */
static void send_file_system(struct child *c, int fd)
{
	struct report rep = {.kind = REPORT_FS};

	io_send_fd(c->ctl, &rep, report_size(&rep), fd);
}

/* copy_in() - a copy of a source, made as the jail's user in a file system of the jail's own. */
static int copy_in(struct child *c, unsigned i, struct err *err)
{
	const struct mount_plan *m = &c->plan->mounts[i];
	struct copy how = {.limit = UINT64_MAX - 1,
			   .left = UINT64_MAX - 1,
			   .files_left = COPY_FILES_MAX,
			   .replace = true,
			   .proc = FD_NONE};
	char name[NAME_MAX + 1];
	struct stat st;
	int dir, r = sys_fstat(c->trees[i], &st);

	if (r >= 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(err, EINVAL, "copy '%s': neither a file nor a directory", m->src);
	dir = copy_parent(c->root, m->dst, true, name, sizeof(name), err);
	if (dir < 0)
		return dir;
	r = copy_tree(&how, c->trees[i], &st, dir, name, err);
	sys_close(dir);
	return r < 0 ? err_wrap(err, "copy_in to '%s'", m->dst) : 0;
}

int mounts_attach(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;

	if (p->n_mounts && p->mounts[0].limited)
		send_file_system(c, c->root);
	if (p->scratch_fs && p->scratch_fs->limited)
		send_file_system(c, c->scratch);
	for (unsigned i = 1; i < p->n_mounts; i++) {
		const struct mount_plan *m = &p->mounts[i];
		int r;

		if (m->kind == MOUNT_SYMLINK)
			r = make_symlink(c, m, err);
		else if (m->kind == MOUNT_COPY)
			r = copy_in(c, i, err);
		else if (m->kind == MOUNT_LAYER || m->kind == MOUNT_UPPER)
			continue; /* in the root already */
		else if (m->kind == MOUNT_BIND && c->trees[i] < 0)
			continue; /* optional, and its source is missing */
		else if (p->classic_mounts)
			r = attach_classic(c, i, err);
		else
			r = attach_new(c, i, err);
		if (r < 0 &&
		    (!m->optional || child_weaker(c, PROTECT_MOUNTS, PROTECTION_DEGRADED, err) < 0))
			return r;
		if (r >= 0 && m->limited)
			send_file_system(c, c->trees[i]);
		if (r >= 0 && m->kind == MOUNT_FS && str_eq(m->fstype, "devpts"))
			c->pts = c->trees[i];
		else if (!m->readonly_last && c->trees[i] >= 0)
			sys_close(take_fd(&c->trees[i]));
	}
	return 0;
}

static int hold(struct child *c, enum held what, int fd, struct err *err)
{
	struct report rep = {.kind = REPORT_HELD, .status = (int)what};
	ssize_t r = fd < 0 ? fd : io_send_fd(c->ctl, &rep, report_size(&rep), fd);

	return r < 0 ? err_sys(err, (int)r, "give the launcher the root") : 0;
}

int mounts_hold(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int ns, r;

	if (!p->hold_root)
		return 0;
	ns = sys_openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY, 0);
	r = hold(c, HELD_NAMESPACE, ns, err);
	if (ns >= 0)
		sys_close(ns);
	if (r >= 0)
		r = hold(c, HELD_ROOT, c->root, err);
	if (r >= 0 && p->upper && p->upper->kind == UPPER_TMPFS)
		r = hold(c, HELD_UPPER, c->scratch, err);
	return r;
}

int mounts_readonly(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = 0;

	if (!p->n_mounts)
		return 0;
	if (p->classic_mounts)
		return classic_readonly(c, err);
	if (p->all_readonly)
		return set_attrs(c->root, &p->mounts[0], MOUNT_ATTR_RDONLY, 0, true, err);
	for (unsigned i = 0; i < p->n_mounts && r >= 0; i++) {
		const struct mount_plan *m = &p->mounts[i];
		int fd = i ? c->trees[i] : c->root;

		if (m->readonly_last && m->attrs & MOUNT_ATTR_RDONLY && fd >= 0)
			r = set_attrs(fd, m, MOUNT_ATTR_RDONLY, 0, false, err);
	}
	return r;
}

/*
 * With --no_pivotroot the old root stays below the new one, and a writable proc or sysfs there would
 * entitle a nested user namespace to mount another one (user_namespaces(7)).
 */
static int lock_old_proc(struct err *err)
{
	static const char *const places[] = {"/proc", "/sys"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct statfs fs;
		unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
		int r;

		if (sys(SYS_statfs, places[i], &fs) < 0)
			continue;
		if (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC)
			continue;
		flags |= (unsigned long)fs.f_flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC);
		r = sys_mount(NULL, places[i], NULL, flags, NULL);
		if (r < 0)
			return err_sys(err, r, "make the old root's %s read-only", places[i]);
	}
	return 0;
}

int mounts_pivot(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r;

	if (!p->n_mounts) {
		if (!p->chroot_to)
			return 0;
		r = (int)sys(SYS_chroot, p->chroot_to);
		if (r >= 0)
			r = (int)sys(SYS_chdir, "/");
		return r < 0 ? err_sys(err, r, "chroot to '%s'", p->chroot_to) : 0;
	}
	r = (int)sys(SYS_fchdir, c->root);
	if (r < 0)
		return err_sys(err, r, "enter the new root");
	if (p->move_root) {
		r = lock_old_proc(err);
		if (r < 0)
			return r;
	}
	/* The new root already lies on top of "/": nothing has to be moved there. */
	if (p->move_root)
		r = (int)sys(SYS_chroot, ".");
	else
		r = sys_pivot_root(".", ".");
	if (r < 0)
		return err_sys(err, r, p->move_root ? "chroot to the new root" : "pivot_root");
	/* "." names the topmost mount on it: the scratch tmpfs, which lies on the old root, then that. */
	for (int left = p->move_root ? 0 : 1 + p->scratch; left; left--) {
		r = sys_umount2(".", MNT_DETACH);
		if (r < 0)
			return err_sys(err, r, "unmount the old root");
	}
	r = (int)sys(SYS_chdir, "/");
	return r < 0 ? err_sys(err, r, "enter '/'") : 0;
}
