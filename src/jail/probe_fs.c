// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of what file systems are made of: the new mount calls, /proc, overlayfs and idmapped
 * mounts. All mounts are made in a mount namespace that ends with the child, or stay detached.
 */
#include <linux/capability.h>

#include "base/str.h"
#include "jail/probe_impl.h"

static int try_mount_api(struct trial *t, const void *arg UNUSED)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int r, fs, tree, mnt;

	tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return trial_fail(t, "open_tree", tree);
	fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return trial_fail(t, "fsopen", fs);
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return trial_fail(t, "fsconfig", r);
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	if (mnt < 0)
		return trial_fail(t, "fsmount", mnt);
	r = sys_move_mount(mnt, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (r < 0)
		return trial_fail(t, "move_mount", r);
	r = sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
	return r < 0 ? trial_fail(t, "mount_setattr", r) : 0;
}

void probe_mount_api(const struct probe_env *env, const struct probe *probe UNUSED,
		     struct probe_result *r)
{
	struct trial t;
	char text[160];

	if (probe_blocked(env, r))
		return;
	if (probe_try(env, env->ns | CLONE_NEWNS, try_mount_api, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "with mount_setattr");
		return;
	}
	probe_say(r, PROBE_DEGRADED, "%s: mount(2) is used instead",
		  trial_text(&t, text, sizeof(text)));
	probe_blame(env, &t, "the new mount calls", r);
}

/* --- /proc ----------------------------------------------------------------------------------- */

/*
 * Read-only, as `run` mounts it: where the only whole /proc in sight is read-only, the kernel gives
 * a user namespace a read-only one and no other.
 */
static int try_proc(struct trial *t, const void *arg UNUSED)
{
	int r = sys_mount("proc", "/", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);

	return r < 0 ? trial_fail(t, "mounting proc", r) : 0;
}

/* Mounts that lie on files and directories of /proc; the first one's place in @example. */
static unsigned proc_masks(const struct probe_env *env, bool *ret_proc, char *example, size_t n)
{
	const char *cursor = env->mountinfo;
	unsigned masks = 0;
	struct mount_line m;

	*ret_proc = false;
	while (probe_mount_line(&cursor, &m)) {
		if (str_eq(m.type, "proc") && str_eq(m.root, "/"))
			*ret_proc = true;
		if (!str_starts(m.point, "/proc/") || str_eq(m.type, "autofs") ||
		    str_eq(m.type, "binfmt_misc"))
			continue;
		if (!masks++)
			snprintf(example, n, "%.90s", m.point);
	}
	return masks;
}

void probe_proc(const struct probe_env *env, const struct probe *probe UNUSED,
		struct probe_result *r)
{
	const uint64_t ns = CLONE_NEWNS | CLONE_NEWPID;
	char text[160], example[100] = "";
	bool have_proc, as_root;
	struct trial t, root;
	unsigned masks;

	if (probe_blocked(env, r))
		return;
	masks = proc_masks(env, &have_proc, example, sizeof(example));
	if (probe_try(env, env->ns | ns, try_proc, NULL, &t) == 0) {
		if (masks)
			probe_say(r, PROBE_OK, "mounted; here %u places of it are covered, as %s",
				  masks, example);
		else
			probe_say(r, PROBE_OK, "mounted; not masked here");
		return;
	}
	as_root = env->ns && probe_cap(env, CAP_SYS_ADMIN) &&
		  probe_try(env, ns, try_proc, NULL, &root) == 0;
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == EPERM && !have_proc) {
		probe_cause(r, "no whole /proc is mounted here, and without one the kernel gives "
			       "none to a user namespace");
		probe_cure(r,
			   "mount -t proc proc /proc in the surrounding root, or --disable_proc");
	} else if (t.code == EPERM && masks) {
		probe_cause(r,
			    "the /proc here is masked: %u mounts lie on it (as %s), as containers "
			    "do; the kernel then gives no whole one to a user namespace",
			    masks, example);
		probe_cure(r,
			   "%sdocker, podman: --security-opt systempaths=unconfined or "
			   "unmask=ALL; Kubernetes: procMount: Unmasked; or --disable_proc",
			   as_root ? "--disable_clone_newuser works here for root; " : "");
	} else {
		probe_blame(env, &t, "/proc", r);
	}
}

/* --- overlayfs ------------------------------------------------------------------------------- */

/*
 * A tmpfs is laid over the root. "/.." then leads onto it, as ".." follows mounts even at the root:
 * no directory of the host has to be there for it, nor is one touched.
 */
static int try_overlay(struct trial *t, const void *arg)
{
	static const char *const dirs[] = {"lower", "upper", "work", "merged"};
	int r = sys_mount("probe", "/", "tmpfs", MS_NOSUID | MS_NODEV, "mode=700");

	if (r < 0)
		return trial_fail(t, "mounting tmpfs", r);
	r = (int)sys(SYS_chdir, "/..");
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && r >= 0; i++)
		r = sys_mkdirat(AT_FDCWD, dirs[i], 0700);
	if (r < 0)
		return trial_fail(t, "making directories", r);
	r = sys_mount("probe", "merged", "overlay", 0, arg);
	if (r < 0)
		return trial_fail(t, "mounting overlay", r);
	r = sys_mkdirat(AT_FDCWD, "merged/new", 0700);
	return r < 0 ? trial_fail(t, "writing into the overlay", r) : 0;
}

#define OVERLAY_DIRS "lowerdir=lower,upperdir=upper,workdir=work"

void probe_overlay(const struct probe_env *env, const struct probe *probe UNUSED,
		   struct probe_result *r)
{
	struct trial t, first;
	char text[160];

	if (probe_blocked(env, r))
		return;
	if (probe_try(env, env->ns | CLONE_NEWNS, try_overlay, OVERLAY_DIRS ",userxattr", &first) ==
	    0) {
		probe_say(r, PROBE_OK, "mounted%s, with userxattr",
			  env->ns ? " in a user namespace" : " as root");
		return;
	}
	if (probe_try(env, env->ns | CLONE_NEWNS, try_overlay, OVERLAY_DIRS, &t) == 0) {
		probe_say(r, PROBE_OK, "mounted%s, without userxattr",
			  env->ns ? " in a user namespace" : " as root");
		return;
	}
	if (env->ns && probe_cap(env, CAP_SYS_ADMIN) &&
	    probe_try(env, CLONE_NEWNS, try_overlay, OVERLAY_DIRS, &t) == 0) {
		probe_say(r, PROBE_DEGRADED, "by root only, without a user namespace");
		probe_cause(r, "kernels before 5.11 mount no overlay in a user namespace");
		probe_cure(r, "a newer kernel, or start as root with --disable_clone_newuser");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&first, text, sizeof(text)));
	if (first.code == ENODEV) {
		probe_cause(r, "this kernel has no overlayfs, or not its module loaded");
		probe_cure(r, "as root: modprobe overlay");
	} else {
		probe_blame(env, &first, "overlayfs", r);
	}
}

/* --- idmapped mounts ------------------------------------------------------------------------- */

static int open_own_userns(struct trial *t, const void *arg UNUSED)
{
	int fd = sys_openat(AT_FDCWD, "/proc/self/ns/user", O_RDONLY, 0);

	if (fd < 0)
		return trial_fail(t, "/proc/self/ns/user", fd);
	t->value = fd;
	return 0;
}

/* A user namespace without processes: the child that made it shared our table of descriptors. */
static int make_userns(const struct probe_env *env, struct trial *t)
{
	int r = probe_try(env, CLONE_NEWUSER | CLONE_FILES, open_own_userns, NULL, t);

	return r < 0 ? r : t->value;
}

static int map_tree(struct trial *t, int tree, const struct probe_env *env)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	struct trial made;
	int r, userns;

	userns = make_userns(env, &made);
	if (userns < 0)
		return trial_fail(t, made.step, userns);
	attr.userns_fd = (uint64_t)userns;
	r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
	return r < 0 ? trial_fail(t, "mount_setattr with MOUNT_ATTR_IDMAP", r) : 0;
}

static int try_idmapped_root(struct trial *t, const void *arg)
{
	/* With what is mounted below: without it, locked mounts there would be uncovered (EINVAL). */
	int tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return tree < 0 ? trial_fail(t, "open_tree", tree) : map_tree(t, tree, arg);
}

static int try_idmapped_tmpfs(struct trial *t, const void *arg)
{
	struct probe_env inside = *(const struct probe_env *)arg;
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), tree, r;

	if (fs < 0)
		return trial_fail(t, "fsopen", fs);
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	tree = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (tree < 0)
		return trial_fail(t, "fsmount", tree);
	if (inside.ns)
		inside.uid = inside.gid = 0; /* who we are in the user namespace */
	return map_tree(t, tree, &inside);
}

void probe_idmapped(const struct probe_env *env, const struct probe *probe UNUSED,
		    struct probe_result *r)
{
	const char *cursor = env->mountinfo;
	struct mount_line m, root = {.type = "unknown"};
	struct trial t, host;
	char text[160];

	if (probe_blocked(env, r))
		return;
	while (probe_mount_line(&cursor, &m))
		if (str_eq(m.point, "/"))
			root = m;
	probe_try(env, 0, try_idmapped_root, env, &host);
	if (host.code == 0) {
		probe_say(r, PROBE_OK, "made from / (%s)", root.type);
		return;
	}
	if (probe_try(env, env->ns | CLONE_NEWNS, try_idmapped_tmpfs, env, &t) == 0) {
		probe_say(r, PROBE_DEGRADED, "of tmpfs%s", env->ns ? " in a user namespace" : "");
		if (host.code == EPERM) {
			probe_cause(r, "only root may map what the host has mounted (%s on /)",
				    root.type);
			probe_cure(r, "start as root, where images are shared between jails");
		} else {
			probe_cause(r, "the file system of / (%s) cannot be mapped: %s", root.type,
				    strerror(host.code));
			probe_cure(r, "keep images on ext4, xfs, btrfs or tmpfs");
		}
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == ENOSYS || t.code == EINVAL || t.code == EPERM) {
		probe_cause(r, "kernels before 5.12 have none, before 6.3 none of tmpfs");
		probe_cure(r, "a newer kernel");
	} else {
		probe_blame(env, &t, "idmapped mounts", r);
	}
}
