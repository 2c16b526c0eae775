// SPDX-License-Identifier: BSD-3-Clause
/*
 * Root and mounts: the config's list, what the face adds to it (/proc, /dev, /tmp), their order and
 * flags, and targets that a read-only root directory lacks.
 */
#include <linux/limits.h>
#include <linux/mount.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "config/plan_parts.h"
#include "jail/mounts.h"
#include "jail/target.h"
#include "net/net.h"

/* Defaults that a user's mount on the same target replaces. */
static const struct mount_plan dev_mounts[] = {
#define DEVICE(name_, major_, minor_)                                                              \
	{                                                                                          \
		.kind = MOUNT_BIND, .src = "/dev/" name_, .dst = "/dev/" name_,                    \
		.target = TARGET_FILE, .make_target = true, .device = (major_) << 8 | (minor_),    \
		.strict_target = true                                                              \
	}
#define LINK(name_, to_)                                                                           \
	{                                                                                          \
		.kind = MOUNT_SYMLINK, .src = to_, .dst = "/dev/" name_, .make_target = true       \
	}
	DEVICE("null", 1, 3),
	DEVICE("zero", 1, 5),
	DEVICE("full", 1, 7),
	DEVICE("random", 1, 8),
	DEVICE("urandom", 1, 9),
	DEVICE("tty", 5, 0),
	{.kind = MOUNT_BIND,
	 .src = "/dev/null",
	 .dst = "/dev/console",
	 .target = TARGET_FILE,
	 .make_target = true,
	 .device = 1 << 8 | 3,
	 .strict_target = true},
	LINK("ptmx", "pts/ptmx"),
	LINK("fd", "/proc/self/fd"),
	LINK("stdin", "/proc/self/fd/0"),
	LINK("stdout", "/proc/self/fd/1"),
	LINK("stderr", "/proc/self/fd/2"),
#undef DEVICE
#undef LINK
};

struct mount_plan *plan_mount_add(struct planner *p, struct mount_list *l,
				  const struct mount_plan *m)
{
	void *v = arena_grow(&p->out->arena, l->v, l->n, &l->cap, sizeof(*l->v));

	if (!v)
		return NULL;
	l->v = v;
	l->v[l->n] = *m;
	return &l->v[l->n++];
}

/* Words of a mount's options that are flags of the mount, not of its file system (mount(8)). */
static const struct {
	const char *word;
	uint64_t set, clear;
} flag_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, 0},
	{"dev", 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC},
	{"noatime", MOUNT_ATTR_NOATIME, 0},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
	{"relatime", 0, 0},
	{"defaults", 0, 0},
	{"bind", 0, 0},
	{"rbind", 0, 0},
};

/* parse_options() - split "ro,size=1m,..." into flags and file system options. */
static int parse_options(struct planner *p, struct mount_plan *m, const char *text, struct err *err)
{
	size_t len = strlen(text), n = 1, at = 0;
	const char **list;
	char *data;

	if (!len)
		return 0;
	for (const char *s = text; *s; s++)
		n += *s == ',';
	list = arena_alloc(&p->out->arena, (n + 1) * sizeof(*list));
	data = arena_alloc(&p->out->arena, len + 1);
	if (!list || !data)
		return err_oom(err);
	m->options = list;
	m->data = data;
	while (*text) {
		size_t w = strcspn(text, ","), i;

		for (i = 0; i < ARRAY_SIZE(flag_words); i++)
			if (strlen(flag_words[i].word) == w &&
			    !strncmp(flag_words[i].word, text, w))
				break;
		if (i < ARRAY_SIZE(flag_words)) {
			m->attrs = (m->attrs | flag_words[i].set) & ~flag_words[i].clear;
		} else if (w) {
			*list = arena_dup(&p->out->arena, text, w);
			if (!*list++)
				return err_oom(err);
			if (at)
				data[at++] = ',';
			memcpy(data + at, text, w);
			at += w;
		}
		text += w + (text[w] == ',');
	}
	return 0;
}

/* with_prefix() - the value of an environment variable before a path. */
static int with_prefix(struct planner *p, const char *variable, const char *path, const char **ret,
		       struct err *err)
{
	const char *value;

	*ret = path;
	if (!variable || !variable[0])
		return 0;
	value = getenv(variable);
	if (!value)
		return err_set(err, ENOENT,
			       "the environment variable '%s', a mount's prefix, is not set",
			       variable);
	*ret = arena_printf(&p->out->arena, "%s%s", value, path);
	return *ret ? 0 : err_oom(err);
}

static int convert(struct planner *p, const struct cfg_mount *in, struct mount_plan *m,
		   struct err *err)
{
	int r;

	*m = (struct mount_plan){.target = TARGET_LIKE_SOURCE, .optional = !in->mandatory};
	r = with_prefix(p, in->prefix_src_env, in->src ?: "", &m->src, err);
	if (r >= 0)
		r = with_prefix(p, in->prefix_dst_env, in->dst ?: "", &m->dst, err);
	if (r < 0)
		return r;
	if (!m->dst[0])
		return err_set(err, EINVAL, "a mount has no target (dst)");
	if (m->dst[0] != '/') {
		m->dst = arena_printf(&p->out->arena, "/%s", m->dst);
		if (!m->dst)
			return err_oom(err);
	}
	if (strlen(m->dst) >= PATH_MAX || strlen(m->src) >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "mount on '%.60s...'", m->dst);
	m->attrs = (in->rw ? 0 : MOUNT_ATTR_RDONLY) | (in->nosuid ? MOUNT_ATTR_NOSUID : 0) |
		   (in->nodev ? MOUNT_ATTR_NODEV : 0) | (in->noexec ? MOUNT_ATTR_NOEXEC : 0);
	if (in->head.has[0] >> 9 & 1) /* is_dir */
		m->target = in->is_dir ? TARGET_DIR : TARGET_FILE;
	if (in->is_symlink) {
		m->kind = MOUNT_SYMLINK;
		return 0;
	}
	if (in->src_content.n || in->src_content.p) {
		m->kind = MOUNT_FILE;
		m->content = in->src_content.p;
		m->content_len = in->src_content.n;
		m->target = TARGET_FILE;
		p->plan->scratch = true;
		return 0;
	}
	r = parse_options(p, m, in->options ?: "", err);
	if (r < 0)
		return r;
	if (in->is_bind) {
		m->kind = MOUNT_BIND;
		if (!m->src[0])
			return err_set(err, EINVAL, "bind on '%s': no source (src)", m->dst);
		return 0;
	}
	m->kind = MOUNT_FS;
	m->target = TARGET_DIR;
	m->fstype = in->fstype ?: "";
	m->strict_target = str_eq(m->fstype, "proc") || str_eq(m->fstype, "sysfs");
	if (!m->fstype[0]) {
		err_set(err, EINVAL, "mount on '%s': what to mount is not said", m->dst);
		return err_hint(err, "set is_bind with src, or fstype, src_content or is_symlink");
	}
	if (str_eq(m->src, "none"))
		m->src = "";
	return 0;
}

static bool same_target(const char *a, const char *b)
{
	for (;;) {
		bool as = *a == '/', bs = *b == '/';

		while (*a == '/')
			a++;
		while (*b == '/')
			b++;
		if (!*a || !*b)
			return *a == *b;
		if (as != bs || *a != *b)
			return false;
		a++;
		b++;
	}
}

/* below() - whether @path lies under the directory @dir, by name. */
static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + strspn(path + n, "/")];
}

/* has_target() - whether the user mounts something exactly there. */
static bool has_target(const struct mount_list *l, const char *dst)
{
	for (unsigned i = 1; i < l->n; i++)
		if (same_target(l->v[i].dst, dst))
			return true;
	return false;
}

static int add_fs(struct planner *p, struct mount_list *l, const char *type, const char *dst,
		  const char *options, uint64_t attrs, struct err *err)
{
	struct mount_plan m = {.kind = MOUNT_FS,
			       .fstype = type,
			       .dst = dst,
			       .src = "",
			       .attrs = attrs,
			       .target = TARGET_DIR,
			       .strict_target = true,
			       .make_target = strncmp(dst, "/dev/", 5) == 0};
	int r = parse_options(p, &m, options, err);

	return r < 0 ? r : plan_mount_add(p, l, &m) ? 0 : err_oom(err);
}

/* A minimal /dev of links and of the host's harmless devices. */
static int add_dev(struct planner *p, struct mount_list *l, struct err *err)
{
	const uint64_t safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	/* group tty may own terminals only where group 5 exists inside */
	bool tty_group = p->cfg->gidmap.n && p->cfg->gidmap.v[0].count > 5;
	int r = add_fs(p, l, "tmpfs", "/dev", "mode=0755,size=65536", safe, err);

	for (size_t i = 0; i < ARRAY_SIZE(dev_mounts) && r >= 0; i++)
		r = plan_mount_add(p, l, &dev_mounts[i]) ? 0 : err_oom(err);
	if (r >= 0)
		r = add_fs(p, l, "devpts", "/dev/pts",
			   tty_group ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
				     : "newinstance,ptmxmode=0666,mode=0620",
			   safe, err);
	if (r >= 0)
		r = add_fs(p, l, "tmpfs", "/dev/shm", "mode=1777", safe | MOUNT_ATTR_NODEV, err);
	return r;
}

static int add_proc(struct planner *p, struct mount_list *l, struct err *err)
{
	const struct config *cfg = p->cfg;
	uint64_t attrs = cfg->proc_rw ? 0 : MOUNT_ATTR_RDONLY;

	if (cfg->face != FACE_NSJAIL)
		attrs |= MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	return add_fs(p, l, "proc", cfg->proc_path, "", attrs, err);
}

/* The jail's own groups: the v2 one, or a directory with one for each hierarchy. */
static int add_cgroup(struct planner *p, struct mount_list *l, struct err *err)
{
	static const char top[] = "/sys/fs/cgroup";
	const uint64_t attrs =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const struct cgroup_plan *groups = p->plan->cgroup;
	int r = 0;

	if (groups->n == 1 && groups->place[0].v2)
		return add_fs(p, l, "cgroup2", top, "", attrs, err);
	r = add_fs(p, l, "tmpfs", top, "mode=0755,size=65536", attrs, err);
	for (unsigned i = 0; i < groups->n && r >= 0; i++) {
		const struct cgroup_place *place = &groups->place[i];
		const char *name = place->v2 ? "unified" : place->hierarchy;
		const char *dst = arena_printf(&p->out->arena, "%s/%s", top, name);

		if (!dst)
			return err_oom(err);
		r = add_fs(p, l, place->v2 ? "cgroup2" : "cgroup", dst, place->v2 ? "" : name,
			   attrs, err);
	}
	return r;
}

/*
 * /proc, /dev, /tmp right after the root, unless the user mounts there. nsjail's /proc comes last, and
 * the others only when asked for.
 */
static int add_defaults(struct planner *p, struct mount_list *l, const struct mount_list *users,
			struct err *err)
{
	const struct config *cfg = p->cfg;
	int r = 0;

	if (cfg->face != FACE_NSJAIL && cfg->mount_proc && !has_target(users, cfg->proc_path))
		r = add_proc(p, l, err);
	if (r >= 0 && cfg->dev && !has_target(users, "/dev"))
		r = add_dev(p, l, err);
	if (r >= 0 && cfg->tmp && !has_target(users, "/tmp"))
		r = add_fs(p, l, "tmpfs", "/tmp", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
			   err);
	return r;
}

/* The config's mounts from the last one on "/" on; earlier ones would be covered by it. */
static int users_mounts(struct planner *p, struct mount_list *l, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct mount_plan root = {.kind = MOUNT_FS,
				  .fstype = "tmpfs",
				  .src = "",
				  .dst = "/",
				  .attrs = MOUNT_ATTR_RDONLY,
				  .target = TARGET_DIR};
	struct mount_plan m;
	int r;

	r = parse_options(p, &root, "mode=0755", err);
	if (r < 0)
		return r;
	if (cfg->chroot) {
		root.kind = MOUNT_BIND;
		root.src = cfg->chroot;
		root.attrs = cfg->rw ? 0 : MOUNT_ATTR_RDONLY;
		/* device nodes in a root directory were made by whoever made that */
		if (cfg->face != FACE_NSJAIL)
			root.attrs |= MOUNT_ATTR_NODEV;
	}
	if (!plan_mount_add(p, l, &root))
		return err_oom(err);
	for (unsigned i = 0; i < cfg->mount.n; i++) {
		r = convert(p, &cfg->mount.v[i], &m, err);
		if (r < 0)
			return r;
		if (same_target(m.dst, "/") && m.kind != MOUNT_SYMLINK && m.kind != MOUNT_FILE) {
			if (l->n > 1)
				plan_warn(p, "the mount of '%s' on '/' covers %u mounts before it",
					  m.src[0] ? m.src : m.fstype, l->n - 1);
			l->n = 0;
			m.strict_target = false;
		}
		if (!plan_mount_add(p, l, &m))
			return err_oom(err);
	}
	return 0;
}

/* A target can be made when it lies on a file system that the jail has for itself. */
static void decide_targets(struct planner *p, struct mount_list *l)
{
	bool nsjail = p->cfg->face == FACE_NSJAIL;

	for (unsigned i = 1; i < l->n; i++) {
		struct mount_plan *m = &l->v[i];

		m->make_target |= nsjail || l->v[0].kind == MOUNT_FS;
		for (unsigned k = 1; k < i && !m->make_target; k++)
			m->make_target = l->v[k].kind == MOUNT_FS && below(m->dst, l->v[k].dst);
	}
}

static void decide_readonly(struct planner *p, struct mount_list *l)
{
	/* what is copied in must find a read-only mount read-only */
	bool all = !p->plan->classic_mounts && !p->cfg->copy_in.n;

	for (unsigned i = 0; i < l->n; i++) {
		struct mount_plan *m = &l->v[i];
		bool ro = m->attrs & MOUNT_ATTR_RDONLY;

		if (m->kind != MOUNT_SYMLINK)
			all &= ro;
		for (unsigned k = i + 1; k < l->n && ro && !m->readonly_last; k++)
			m->readonly_last =
				l->v[k].make_target && (i == 0 || below(l->v[k].dst, m->dst));
		if (i == 0 && m->kind == MOUNT_FS && ro)
			m->readonly_last = true;
	}
	p->plan->all_readonly = all;
}

/*
 * In a network namespace that is not its own a jail may not mount sysfs: the launcher makes it, for the
 * jail's namespace all the same.
 */
static int decide_sysfs(struct planner *p, struct mount_list *l, struct err *err)
{
	unsigned n = 0;

	if (!p->plan->net || p->plan->net->jails_own || !p->cfg->clone_newuser)
		return 0;
	for (unsigned i = 0; i < l->n; i++) {
		struct mount_plan *m = &l->v[i];

		m->by_launcher = m->kind == MOUNT_FS && str_eq(m->fstype, "sysfs");
		n += m->by_launcher;
	}
	if (n > 1)
		return err_set(err, EINVAL,
			       "with interfaces or traffic rules there is one sysfs in a jail, "
			       "not %u",
			       n);
	if (n && p->plan->classic_mounts) {
		err_set(err, EOPNOTSUPP, "sysfs with interfaces or traffic rules needs fsopen(2)");
		return err_hint(err, "Linux 5.2 has it; leave out --experimental_mnt=old");
	}
	return 0;
}

/* What the network brings, unless the user mounts there. */
static int add_net_files(struct planner *p, struct mount_list *l, const struct mount_list *users,
			 struct err *err)
{
	struct mount_plan files[2];
	int n = plan_net_files(p, files, err);

	for (int i = 0; i < n; i++) {
		if (has_target(users, files[i].dst))
			continue;
		/* A directory of the user's that lacks it is left as it is. */
		for (unsigned k = 1; k < users->n; k++)
			files[i].optional |= below(files[i].dst, users->v[k].dst);
		if (!plan_mount_add(p, l, &files[i]))
			return err_oom(err);
	}
	return n < 0 ? n : 0;
}

/* source_is_file() - what kind of target a mount needs; a missing source counts as a directory. */
static bool source_is_file(const struct mount_plan *m)
{
	struct stat st;

	if (m->target != TARGET_LIKE_SOURCE)
		return m->target == TARGET_FILE;
	return m->kind == MOUNT_BIND && stat(m->src, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* The way to a missing target may not lead over links: the layer would hide them. */
static int check_way(int root, const char *dst, struct err *err)
{
	char prefix[PATH_MAX];

	for (size_t n = 1; dst[n]; n++) {
		int fd;

		if (dst[n] != '/')
			continue;
		memcpy(prefix, dst, n);
		prefix[n] = 0;
		fd = target_find(root, prefix, O_PATH, true);
		if (fd == -ENOENT)
			return 0;
		if (fd < 0) {
			err_sys(err, fd, "mount target '%s' is missing, and '%s' is no directory",
				dst, prefix);
			return err_hint(
				err, "make it in the root directory, or name it by its real path");
		}
		close(fd);
	}
	return 0;
}

/* target_is_missing() - whether there is nothing at a mount's target, not even a link for a link. */
static bool target_is_missing(int root, const struct mount_plan *m)
{
	const char *name;
	struct stat st;
	int fd;

	if (m->kind != MOUNT_SYMLINK) {
		fd = target_find(root, m->dst, target_flags(m), m->strict_target);
		if (fd >= 0)
			close(fd);
		return fd == -ENOENT; /* other errors the mount itself reports best */
	}
	fd = target_parent(root, m->dst, false, &name, NULL);
	if (fd < 0)
		return fd == -ENOENT;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		close(fd);
		return true;
	}
	close(fd);
	return false;
}

static int cannot_make(const struct mount_plan *root, const struct mount_plan *m, struct err *err)
{
	if (m->kind == MOUNT_SYMLINK) {
		err_set(err, ENOENT, "link '%s' is missing in '%s'", m->dst, root->src);
		return err_hint(err,
				"a writable root directory is never changed by us: make the link "
				"there (ln -s '%s'), or make the root read-only",
				m->src);
	}
	err_set(err, ENOENT, "mount target '%s' is missing in '%s'", m->dst, root->src);
	return err_hint(err,
			"a writable root directory is never changed by us: make it there (mkdir or "
			"touch), or make the root read-only");
}

/*
 * missing_targets() - `run -c DIR` never makes anything in DIR. What is missing comes from a
 * second layer above a read-only DIR; in a writable one it is an error.
 */
static int missing_targets(struct planner *p, struct mount_list *l, int root, struct err *err)
{
	struct root_extra *extra = arena_alloc(&p->out->arena, (l->n + 1) * sizeof(*extra));
	unsigned n = 0;

	if (!extra)
		return err_oom(err);
	for (unsigned i = 1; i < l->n; i++) {
		struct mount_plan *m = &l->v[i];
		int r;

		if (m->make_target)
			continue;
		m->exists_is_fine = m->kind == MOUNT_SYMLINK;
		if (!target_is_missing(root, m))
			continue;
		/* No reason to hide all that is mounted on the host's root below a layer. */
		if (m->cover_link &&
		    (!(l->v[0].attrs & MOUNT_ATTR_RDONLY) || str_eq(l->v[0].src, "/"))) {
			plan_warn(p,
				  "'%s' has no %s, which the network brings: make an empty file "
				  "there",
				  l->v[0].src, m->dst);
			l->n--;
			memmove(m, m + 1, (l->n - i) * sizeof(*m));
			i--;
			continue;
		}
		if (!(l->v[0].attrs & MOUNT_ATTR_RDONLY))
			return cannot_make(&l->v[0], m, err);
		r = check_way(root, m->dst, err);
		if (r < 0)
			return r;
		extra[n].link = m->kind == MOUNT_SYMLINK ? m->src : NULL;
		extra[n].path = arena_printf(&p->out->arena, "%s%s", m->dst + strspn(m->dst, "/"),
					     extra[n].link || source_is_file(m) ? "" : "/");
		if (!extra[n++].path)
			return err_oom(err);
	}
	if (n) {
		p->plan->root_extra = extra;
		p->plan->scratch = true;
	}
	return 0;
}

static int check_root(struct planner *p, struct mount_list *l, struct err *err)
{
	struct mount_plan *root = &l->v[0];
	_cleanup_close_ int fd = FD_NONE;

	if (root->kind != MOUNT_BIND)
		return 0;
	root->target = TARGET_DIR;
	fd = sys_openat(AT_FDCWD, root->src, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, fd, "root directory '%s'", root->src);
	return p->cfg->face == FACE_NSJAIL ? 0 : missing_targets(p, l, fd, err);
}

static int no_mount_namespace(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;

	if (plan_root_wanted(cfg) || cfg->copy_in.n || cfg->copy_out.n) {
		err_set(err, EINVAL, "a root of its own, and copies, need a mount namespace");
		return err_hint(err, "leave out --disable_clone_newns");
	}
	if (cfg->mount.n && cfg->face == FACE_NSJAIL) {
		plan_warn(p,
			  "without a mount namespace no mount is made: as in nsjail, the jail has "
			  "%s%s",
			  cfg->chroot ? "the root " : "all files of the host",
			  cfg->chroot ? cfg->chroot : "");
	} else if (cfg->mount.n) {
		err_set(err, EINVAL, "mounts need a mount namespace");
		return err_hint(err, "leave out --disable_clone_newns, or the mounts");
	}
	if (!cfg->chroot || str_eq(cfg->chroot, "/"))
		return 0;
	p->plan->chroot_to = cfg->chroot;
	if (cfg->rw)
		return 0;
	if (cfg->face == FACE_NSJAIL) {
		plan_warn(p, "without a mount namespace '%s' is not read-only", cfg->chroot);
		return 0;
	}
	err_set(err, EINVAL, "a read-only root needs a mount namespace");
	return err_hint(err, "leave out --disable_clone_newns, or say --rw");
}

int plan_mounts(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct mount_list users = {0}, all = {0};
	int r;

	p->plan->cwd = cfg->cwd;
	if (!cfg->clone_newns)
		return no_mount_namespace(p, err);
	p->plan->classic_mounts = cfg->mnt_api == MNT_API_OLD ||
				  (cfg->mnt_api == MNT_API_AUTO && !mounts_new_interface());
	p->plan->move_root = cfg->no_pivotroot;
	r = users_mounts(p, &users, err);
	if (r < 0)
		return r;
	if (!plan_mount_add(p, &all, &users.v[0]))
		return err_oom(err);
	r = plan_root(p, &all, err);
	if (r >= 0)
		r = add_defaults(p, &all, &users, err);
	for (unsigned i = 1; i < users.n && r >= 0; i++)
		r = plan_mount_add(p, &all, &users.v[i]) ? 0 : err_oom(err);
	if (r >= 0 && cfg->mount_cgroup && !has_target(&users, "/sys/fs/cgroup"))
		r = add_cgroup(p, &all, err);
	if (r >= 0 && cfg->face == FACE_NSJAIL && cfg->mount_proc)
		r = add_proc(p, &all, err);
	if (r >= 0 && p->plan->net)
		r = add_net_files(p, &all, &users, err);
	if (r < 0)
		return r;
	decide_targets(p, &all);
	r = plan_copies(p, &all, err);
	if (r < 0)
		return r;
	r = check_root(p, &all, err);
	if (r < 0)
		return r;
	decide_readonly(p, &all);
	r = decide_sysfs(p, &all, err);
	if (r < 0)
		return r;
	p->plan->mounts = all.v;
	p->plan->n_mounts = all.n;
	return 0;
}
