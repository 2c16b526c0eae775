// SPDX-License-Identifier: BSD-3-Clause
/*
 * Who makes the overlay of a jail's own root: the kernel, or fuse-overlayfs where the kernel allows none in
 * a user namespace. Called by plan_root(), with the layers and the upper one in the list. Fails where
 * fuse-overlayfs is asked for and is missing, or cannot do what is asked for.
 */
#include <sys/utsname.h>
#include <unistd.h>

#include "base/sys.h"
#include "config/plan_parts.h"
#include "storage/upper.h"

#define PROGRAM "/usr/bin/fuse-overlayfs"

/* Before Linux 5.11; what a distribution has added to such a kernel does not show. */
static bool kernel_refuses(const struct jail_plan *plan)
{
	struct utsname u;
	char *end;
	unsigned long major;

	if (!(plan->clone_flags & CLONE_NEWUSER) || uname(&u) < 0)
		return false;
	major = strtoul(u.release, &end, 10);
	return major < 5 || (major == 5 && *end == '.' && strtoul(end + 1, NULL, 10) < 11);
}

static int check(const struct planner *p, const struct mount_list *l, struct err *err)
{
	const struct jail_plan *plan = p->plan;
	const struct config *cfg = p->cfg;

	if (access(PROGRAM, X_OK) < 0) {
		err_set(err, ENOENT, "overlay: fuse needs %s, which is not installed", PROGRAM);
		return err_hint(err, "install the package fuse-overlayfs");
	}
	if (plan->classic_mounts || !(plan->clone_flags & CLONE_NEWUSER))
		return err_set(err, EOPNOTSUPP, "overlay: fuse needs %s",
			       plan->classic_mounts ? "fsmount(2)" : "a user namespace");
	if (plan->image || plan->n_given)
		return err_set(err, EOPNOTSUPP, "overlay: fuse does not go with %s",
			       plan->image ? "image files" : "other ids inside");
	for (unsigned i = 0; i <= plan->n_layers; i++) {
		const char *path = i < plan->n_layers ? l->v[1 + i].src : plan->upper->dir;

		if (path && strpbrk(path, ":,\\"))
			return err_set(err, EINVAL, "overlay: fuse takes no ':' in '%s'", path);
	}
	if (cfg->diff || cfg->commit) /* its marks are not all those of the kernel */
		return err_set(err, EOPNOTSUPP, "overlay: fuse does not go with %s",
			       cfg->diff ? "diff" : "commit");
	if (cfg->copy_out.n)
		return err_set(err, EOPNOTSUPP, "overlay: fuse does not go with copy_out");
	if (plan->upper->kind != UPPER_TMPFS && !plan->upper->keep) {
		err_set(err, EOPNOTSUPP, "overlay: fuse needs its layer in memory or kept");
		return err_hint(err, "--upper tmpfs, or --keep DIR");
	}
	return 0;
}

struct words {
	struct arena *arena;
	const char *v[2 * 100 + 100]; /* 100 layers */
	unsigned n;
	bool failed;
};

static void add(struct words *w, const char *word)
{
	if (word && w->n + 1 < ARRAY_SIZE(w->v))
		w->v[w->n++] = word;
	else
		w->failed = true;
}

static void add2(struct words *w, const char *option, const char *value)
{
	add(w, option);
	add(w, value);
}

/* The ids of the jail, so that what it asks for and what is there mean the same. */
static void add_ids(struct words *w, const char *option, const struct idmap_plan *map)
{
	for (const char *s = map->text; *s;) {
		char *end;
		unsigned long in = strtoul(s, &end, 10), out = strtoul(end, &end, 10);
		unsigned long count = strtoul(end, &end, 10);

		add2(w, option, arena_printf(w->arena, "%lu:%lu:%lu", in, out, count));
		s = *end ? end + 1 : end; /* after the line */
	}
}

static void add_layers(struct words *w, const struct mount_list *l, unsigned n, const char **lower)
{
	*lower = "lowerdir=";
	for (unsigned i = 0; i < n; i++) {
		add2(w, "-R", arena_printf(w->arena, "%s:/l/%u", l->v[1 + i].src, i));
		*lower = arena_printf(w->arena, "%s%s/l/%u", *lower ?: "", i ? ":" : "", i);
	}
}

static void add_upper(struct words *w, const struct planner *p)
{
	const struct upper_plan *u = p->plan->upper;
	const struct mount_plan *tmpfs = p->plan->scratch_fs;

	if (u->kind == UPPER_TMPFS)
		add2(w, "-m",
		     arena_printf(w->arena, "none:/u:tmpfs:%s",
				  tmpfs && tmpfs->data ? tmpfs->data : ""));
	else
		add2(w, "-B", arena_printf(w->arena, "%s:/u", u->dir));
}

static int plan_server(struct planner *p, const struct mount_list *l, struct err *err)
{
	static const char *const caps[] = {"CAP_CHOWN",	 "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
					   "CAP_FOWNER", "CAP_FSETID",	     "CAP_MKNOD",
					   "CAP_SETFCAP"};
	static const char *const binds[] = {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"};
	struct words w = {.arena = &p->out->arena};
	const char *lower;

	add2(&w, "toastainer", "run");
	add(&w, "-Q");
	add2(&w, "--tty", "off");
	add2(&w, "--pass_fd", "4");
	add2(&w, "--seccomp_string", "USE toastainer_default");
	add_ids(&w, "-u", &p->plan->uid_map);
	add_ids(&w, "-g", &p->plan->gid_map);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		add2(&w, "--cap", caps[i]);
	for (size_t i = 0; i < ARRAY_SIZE(binds); i++)
		if (access(binds[i], F_OK) == 0)
			add2(&w, "-R", binds[i]);
	add_layers(&w, l, p->plan->n_layers, &lower);
	add_upper(&w, p);
	add2(&w, "--", "/bin/sh");
	add2(&w, "-c",
	     "mkdir -p /u/upper /u/work && chmod --reference=/l/0 /u/upper && exec \"$@\"");
	add2(&w, "sh", PROGRAM);
	add2(&w, "-f",
	     "-o"); /* without write-back, or a full layer would not be the write's error */
	add(&w,
	    arena_printf(w.arena, "%s,upperdir=/u/upper,workdir=/u/work,writeback=0", lower ?: ""));
	add(&w, "/dev/fd/4");
	if (!w.failed)
		p->plan->overlay_server = arena_alloc(w.arena, (w.n + 1) * sizeof(*w.v));
	if (!p->plan->overlay_server)
		return err_oom(err);
	memcpy((void *)(uintptr_t)p->plan->overlay_server, w.v, w.n * sizeof(*w.v));
	return 0;
}

int plan_overlay(struct planner *p, const struct mount_list *l, struct err *err)
{
	bool asked = p->cfg->overlay == OVERLAY_FUSE;
	int r;

	if (p->cfg->overlay == OVERLAY_KERNEL || !(asked || kernel_refuses(p->plan)))
		return 0;
	if (!asked && access(PROGRAM, X_OK) < 0)
		return 0; /* the kernel's refusal says it better */
	r = check(p, l, err);
	if (r >= 0)
		r = plan_server(p, l, err);
	if (r < 0)
		return r;
	p->plan->n_given = 1; /* the root itself */
	p->plan->scratch_fs = NULL;
	return 0;
}
