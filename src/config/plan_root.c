// SPDX-License-Identifier: BSD-3-Clause
/*
 * A root of the jail's own: an overlay of a directory that is not changed and of a layer for what the jail
 * writes; and what is copied in and out. Called by plan_mounts(). Makes nothing yet.
 */
#include <linux/limits.h>
#include <sys/utsname.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "storage/btrfs.h"
#include "storage/diskimage.h"
#include "storage/projquota.h"
#include "storage/upper.h"

bool plan_root_wanted(const struct config *cfg)
{
	return cfg->discard || cfg->keep || cfg->upper || cfg->image;
}

static int size(const char *name, const char *text, uint64_t *ret, struct err *err)
{
	int r = text ? str_size(text, ret) : 0;

	return r < 0 ? err_set(err, -r, "%s: '%s' is not a number of bytes such as 4096, 64k or 1M",
			       name, text)
		     : 0;
}

/* best_kind() - for a directory: a quota where there is something to limit and the file system has one. */
static enum upper_kind best_kind(const struct upper_plan *u)
{
	_cleanup_close_ int dir = sys_openat(AT_FDCWD, u->dir, O_RDONLY | O_DIRECTORY, 0);

	if (dir < 0 || geteuid() != 0)
		return UPPER_DIR;
	if (btrfs_is(dir) && !u->keep)
		return UPPER_BTRFS;
	return (u->bytes || u->inodes) && projquota_enabled(dir) ? UPPER_QUOTA : UPPER_DIR;
}

static int bad_upper(const char *text, struct err *err)
{
	err_set(err, EINVAL, "upper: '%s' is not a place for a layer", text);
	return err_hint(err, "auto, tmpfs, auto:DIR, dir:DIR, btrfs:DIR or quota:DIR; with --keep, "
			     "whose directory it is, auto, dir or quota");
}

/* parse_upper() - "KIND" or "KIND:DIR". */
static int parse_upper(struct planner *p, struct upper_plan *u, struct err *err)
{
	static const char *const words[] = {"tmpfs", "dir", "btrfs", "quota", "auto"};
	const char *text = p->cfg->upper ?: "auto", *colon = strchrnul(text, ':');
	const unsigned is_auto = UPPER_KINDS;
	unsigned kind;

	for (kind = 0; kind < ARRAY_SIZE(words); kind++)
		if (strlen(words[kind]) == (size_t)(colon - text) && str_starts(text, words[kind]))
			break;
	if (kind == ARRAY_SIZE(words) || (*colon && (!colon[1] || u->keep)))
		return bad_upper(text, err);
	if (*colon)
		u->dir = colon + 1;
	if (u->keep && (kind == UPPER_TMPFS || kind == UPPER_BTRFS))
		return bad_upper(text, err);
	if (kind == UPPER_TMPFS ? u->dir != NULL : kind != is_auto && !u->dir)
		return bad_upper(text, err);
	if (kind != is_auto)
		u->kind = (enum upper_kind)kind;
	else
		u->kind = u->dir ? best_kind(u) : UPPER_TMPFS;
	return 0;
}

static int check(struct planner *p, const struct mount_plan *root, struct err *err)
{
	const struct config *cfg = p->cfg;

	if (!plan_root_wanted(cfg)) {
		if (!cfg->diff && !cfg->commit)
			return 0;
		if (!cfg->diff)
			return err_set(err, EINVAL, "commit needs --image");
		err_set(err, EINVAL, "diff is of a root of the jail's own");
		return err_hint(err, "--discard or --keep DIR makes one");
	}
	if (cfg->commit && (!cfg->image || cfg->mode != MODE_ONCE))
		return err_set(err, EINVAL, "commit needs --image, and the mode once");
	if (cfg->commit && cfg->disk_image) {
		err_set(err, EINVAL, "commit needs an image of the store, and '%s' is a file",
			cfg->image);
		return err_hint(err, "`toastainer image import FILE NAME` takes it in");
	}
	if (cfg->diff && cfg->disk_image && cfg->disk_image->mount < 0)
		return err_set(err, EOPNOTSUPP,
			       "diff needs an image that the kernel itself mounts");
	if (cfg->discard && cfg->keep)
		return err_set(err, EINVAL, "discard and keep exclude each other");
	if (cfg->image && cfg->chroot)
		return err_set(err, EINVAL, "image and chroot exclude each other");
	if (cfg->image && !cfg->layers.n)
		return err_set(err, EINVAL, "image '%s' was not looked up", cfg->image);
	if (!str_eq(root->dst, "/") || root->kind != (cfg->image ? MOUNT_FS : MOUNT_BIND) ||
	    !str_eq(root->src, cfg->image ? "" : cfg->chroot ?: "")) {
		err_set(err, EINVAL, "%s needs a root directory", cfg->keep ? "keep" : "discard");
		return err_hint(err, "-c DIR gives one");
	}
	if (cfg->mode == MODE_EXECVE)
		return err_set(err, EINVAL,
			       "a root of its own needs a supervisor, and mode execve "
			       "has none");
	if (cfg->mode == MODE_LISTEN && (cfg->keep || cfg->diff))
		return err_set(err, EINVAL, "%s is for the modes once and rerun",
			       cfg->keep ? "keep" : "diff");
	return 0;
}

/*
 * What the tmpfs has besides the program's files: its root, "upper", "work", the kernel's in there, and
 * extended attributes of these, which a tmpfs counts as well.
 */
enum { FILES_OF_UPPER = 5 };

/* Without attributes of users (Linux 6.6) an overlay cannot note that a directory is gone. */
static bool tmpfs_is_old(void)
{
	struct utsname u;
	char *end;
	unsigned long major;

	if (uname(&u) < 0)
		return false;
	major = strtoul(u.release, &end, 10);
	return major < 6 || (major == 6 && *end == '.' && strtoul(end + 1, NULL, 10) < 6);
}

/* The upper layer lies on the tmpfs that the jail has for such things anyway. */
static int on_tmpfs(struct planner *p, const struct upper_plan *u, struct err *err)
{
	struct arena *a = &p->out->arena;
	struct mount_plan *m = arena_alloc(a, sizeof(*m));
	const char **options = arena_alloc(a, 3 * sizeof(*options));
	unsigned n = 0;

	if (!m || !options)
		return err_oom(err);
	if (u->bytes) {
		options[n] = arena_printf(a, "size=%llu", (unsigned long long)u->bytes);
		if (!options[n++])
			return err_oom(err);
	}
	if (u->inodes) {
		options[n] = arena_printf(a, "nr_inodes=%llu",
					  (unsigned long long)u->inodes + FILES_OF_UPPER);
		if (!options[n++])
			return err_oom(err);
	}
	*m = (struct mount_plan){.kind = MOUNT_FS,
				 .fstype = "tmpfs",
				 .src = "",
				 .dst = "/",
				 .options = options,
				 .limited = n || p->cfg->measure || p->cfg->result_json};
	m->data = n == 2 ? arena_printf(a, "%s,%s", options[0], options[1]) : n ? options[0] : NULL;
	if (n == 2 && !m->data)
		return err_oom(err);
	p->plan->scratch_fs = m;
	return 0;
}

static int plan_upper(struct planner *p, struct mount_list *l, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct upper_plan *u = arena_alloc(&p->out->arena, sizeof(*u));
	bool userns = p->plan->clone_flags & CLONE_NEWUSER;
	struct mount_plan m = {.kind = MOUNT_UPPER, .dst = "/", .target = TARGET_DIR};
	int r;

	if (!u)
		return err_oom(err);
	u->keep = cfg->keep;
	u->dir = cfg->keep;
	u->uid = userns ? p->plan->uid_map.outside : p->plan->uid;
	u->gid = userns ? p->plan->gid_map.outside : p->plan->gid;
	u->chown = u->uid != geteuid() || u->gid != getegid();
	u->inodes = cfg->inode_limit;
	r = size("disk_limit", cfg->disk_limit, &u->bytes, err);
	if (r >= 0)
		r = parse_upper(p, u, err);
	if (r < 0)
		return r;
	p->plan->upper = u;
	p->plan->scratch = true;
	if (u->kind == UPPER_TMPFS && cfg->commit && p->plan->shift_ids) {
		err_set(err, EINVAL, "commit with other ids inside needs a layer in a directory");
		return err_hint(err, "--upper dir:DIR");
	}
	if (u->kind == UPPER_TMPFS)
		return on_tmpfs(p, u, err);
	if (p->plan->shift_ids) { /* what is written has the ids inside, as the layers */
		p->plan->n_given++;
		u->uid = p->plan->uid;
		u->gid = p->plan->gid;
		u->chown = u->uid || u->gid;
	}
	m.src = u->dir;
	return plan_mount_add(p, l, &m) ? 0 : err_oom(err);
}

int plan_root(struct planner *p, struct mount_list *l, struct err *err)
{
	struct mount_plan root = l->v[0];
	int r = check(p, &root, err);

	if (r < 0 || !plan_root_wanted(p->cfg))
		return r;
	l->v[0] = (struct mount_plan){.kind = MOUNT_FS,
				      .fstype = "overlay",
				      .src = "",
				      .dst = "/",
				      .attrs = root.attrs & ~(uint64_t)MOUNT_ATTR_RDONLY,
				      .target = TARGET_DIR};
	if (p->cfg->image && p->cfg->face != FACE_NSJAIL)
		l->v[0].attrs |= MOUNT_ATTR_NODEV; /* as for a directory */
	r = plan_layers(p, l, root.src, err);
	if (r >= 0)
		r = plan_upper(p, l, err);
	if (r >= 0)
		r = plan_overlay(p, l, err);
	if (r >= 0 && !p->plan->overlay_server && p->plan->upper->kind == UPPER_TMPFS &&
	    tmpfs_is_old())
		plan_warn(p, "before Linux 6.6 no directory of the root can be removed where its "
			     "layer is on tmpfs: --upper dir:DIR");
	return r;
}

/* ---- copies */

/* split() - "A:B" at the first colon; without one, B is NULL. */
static int split(struct planner *p, const char *text, const char **a, const char **b,
		 struct err *err)
{
	const char *colon = strchrnul(text, ':');

	*a = arena_dup(&p->out->arena, text, (size_t)(colon - text));
	*b = *colon && colon[1] ? colon + 1 : NULL;
	if (!*a)
		return err_oom(err);
	return **a ? 0 : err_set(err, EINVAL, "'%s': what is to be copied is not said", text);
}

static const char *last_name(const char *path)
{
	const char *s = strrchr(path, '/');

	return s ? s + 1 : path;
}

static bool at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/');
}

/* is_own() - whether a path lies, by its name, on a file system that the jail has for itself. */
static bool is_own(const struct mount_list *l, const char *path)
{
	for (unsigned i = l->n; i-- > 0;) {
		const struct mount_plan *m = &l->v[i];

		if (m->kind == MOUNT_LAYER || m->kind == MOUNT_UPPER || m->kind == MOUNT_COPY ||
		    m->kind == MOUNT_SYMLINK || !at_or_below(path, m->dst))
			continue;
		return m->kind == MOUNT_FS && (str_eq(m->fstype, "tmpfs") ||
					       (i == 0 && l->n > 1 && l->v[1].kind == MOUNT_LAYER));
	}
	return false;
}

static int add_copy(struct planner *p, struct mount_list *l, const char *text, struct err *err)
{
	struct mount_plan m = {.kind = MOUNT_COPY, .target = TARGET_LIKE_SOURCE};
	const char *dst;
	int r = split(p, text, &m.src, &dst, err);

	if (r < 0)
		return r;
	dst = dst ?: m.src;
	m.dst = arena_printf(&p->out->arena, "%s%s%s", dst[0] == '/' ? "" : "/", dst,
			     dst[strlen(dst) - 1] == '/' ? last_name(m.src) : "");
	if (!m.dst)
		return err_oom(err);
	if (!is_own(l, m.dst)) {
		err_set(err, EINVAL, "copy_in: '%s' is not on a file system of the jail's own",
			m.dst);
		return err_hint(err, "we write into no directory of the host: --discard gives the "
				     "jail a root of its own, -T DIR a tmpfs");
	}
	return plan_mount_add(p, l, &m) ? 0 : err_oom(err);
}

static int plan_copy_out(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct planned_copy *v = arena_alloc(&p->out->arena, cfg->copy_out.n * sizeof(*v));
	int r = size("copy_limit", cfg->copy_limit, &p->out->copy_limit, err);

	if (!v)
		return err_oom(err);
	if (cfg->mode == MODE_LISTEN || cfg->mode == MODE_EXECVE)
		return err_set(err, EINVAL, "copy_out is for the modes once and rerun");
	for (unsigned i = 0; i < cfg->copy_out.n && r >= 0; i++) {
		r = split(p, cfg->copy_out.v[i], &v[i].from, &v[i].to, err);
		if (r >= 0 && !v[i].to)
			v[i].to = last_name(v[i].from);
		if (r >= 0 && !v[i].to[0])
			r = err_set(err, EINVAL, "copy_out: '%s' has no name", cfg->copy_out.v[i]);
	}
	p->out->copies = v;
	p->out->n_copies = cfg->copy_out.n;
	p->plan->hold_root = true;
	return r;
}

int plan_copies(struct planner *p, struct mount_list *l, struct err *err)
{
	const struct config *cfg = p->cfg;
	int r = 0;

	for (unsigned i = 0; i < cfg->copy_in.n && r >= 0; i++)
		r = add_copy(p, l, cfg->copy_in.v[i], err);
	if (r >= 0 && cfg->copy_out.n)
		r = plan_copy_out(p, err);
	p->out->diff = cfg->diff;
	p->plan->hold_root |= cfg->diff || cfg->commit;
	return r;
}
