// SPDX-License-Identifier: BSD-3-Clause
/*
 * Building the template and noticing that it is out of date.
 *
 * It is made by the steps that make a jail's tree, from a plan of its own: a small read-only tmpfs
 * with the host's /proc (which a user namespace must have in sight to mount its own) and each bind
 * source below a number, with all that is mounted inside and with the host's flags. The jail's flags
 * are set by the jail, as always. Nothing runs there but our code between a clone and an exec.
 *
 * Out of date: /proc/self/mountinfo polls as changed after any change of the host's mounts, and each
 * source's path is looked up again before a launch. As the template holds the inodes, a number
 * cannot come back on another file. After a change one launch is made without a template, so a host
 * that changes all the time pays for the look only.
 */
#include <linux/magic.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "base/proc.h"
#include "base/sys.h"
#include "jail/jail.h"
#include "jail/mounts.h"
#include "jail/template.h"

/* As the kernel has it; the C libraries' structures differ in age. */
struct statx_result {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid, mode;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mount;
	uint64_t spare[13];
};
static_assert(sizeof(struct statx_result) == 256, "struct statx of the kernel");

#define STATX_INO_    0x100U
#define STATX_MNT_ID_ 0x1000U
#define DONT_SYNC_    0x4000

static struct template_source look_at(const char *path)
{
	struct statx_result x;
	int r = (int)sys(SYS_statx, AT_FDCWD, path, DONT_SYNC_, STATX_INO_ | STATX_MNT_ID_, &x);

	if (r < 0)
		return (struct template_source){.error = r};
	return (struct template_source){.dev = (uint64_t)x.dev_major << 32 | x.dev_minor,
					.ino = x.ino,
					.mount = x.mask & STATX_MNT_ID_ ? x.mount : 0};
}

/* ---- what can be in a template */

/* File systems that are made of nothing that has a path on the host. */
static bool is_pathless(const char *type)
{
	static const char *const types[] = {"tmpfs",  "ramfs",	"proc",	  "sysfs",
					    "devpts", "mqueue", "cgroup2"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i], type))
			return true;
	return false;
}

/* What is found on the host at each launch. */
static bool has_source(const struct mount_plan *m)
{
	return m->kind == MOUNT_BIND || m->kind == MOUNT_COPY || m->kind == MOUNT_LAYER ||
	       m->kind == MOUNT_UPPER;
}

static const char *objection(const struct jail_plan *p)
{
	if (!p->n_mounts || !(p->clone_flags & CLONE_NEWNS))
		return "the jails have no mount namespace";
	if (!p->own_process)
		return "the process is not ours alone";
	if (p->classic_mounts)
		return "mounts are made by mount(2)";
	if (p->move_root)
		return "the old root stays below the new one";
	if (p->net)
		return "the jails' network is made on the host";
	if (p->image)
		return "the root's image is mounted for each jail";
	if (p->exec_fd >= 0)
		return "the program is executed by descriptor";
	for (unsigned i = 0; i < p->n_mounts; i++)
		if (p->mounts[i].kind == MOUNT_FS && !(i == 0 && p->n_layers) &&
		    !is_pathless(p->mounts[i].fstype))
			return "a file system may have parts on the host";
	return NULL;
}

/* ---- plans */

static void add_fixed(struct template *t, struct mount_plan *v)
{
	static const char *const options[] = {"mode=0755", NULL};
	static const char *const shown[] = {"proc", "sysfs"}, *const where[] = {"/proc", "/sys"};
	unsigned n = 0;

	v[n++] = (struct mount_plan){.kind = MOUNT_FS,
				     .fstype = "tmpfs",
				     .dst = "/",
				     .options = options,
				     .attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				     .readonly_last = true};
	for (size_t k = 0; k < ARRAY_SIZE(shown); k++) {
		bool wanted = k == 0; /* the steps need /proc themselves */

		for (unsigned i = 0; i < t->plan->n_mounts && !wanted; i++)
			wanted = t->plan->mounts[i].kind == MOUNT_FS &&
				 str_eq(t->plan->mounts[i].fstype, shown[k]);
		if (wanted)
			v[n++] = (struct mount_plan){.kind = MOUNT_BIND,
						     .src = where[k],
						     .dst = where[k],
						     .target = TARGET_DIR,
						     .make_target = true,
						     .optional = k > 0};
	}
	t->first = n;
}

/* make_plans() - the template's mounts, and the jail's that find their sources at "/N". */
static int make_plans(struct template *t, struct arena *arena)
{
	const struct jail_plan *p = t->plan;
	struct mount_plan *inside = arena_alloc(arena, p->n_mounts * sizeof(*inside));
	struct mount_plan *layout = arena_alloc(arena, (p->n_mounts + 3) * sizeof(*layout));
	unsigned n;

	if (!inside || !layout)
		return -ENOMEM;
	add_fixed(t, layout);
	n = t->first;
	for (unsigned i = 0; i < p->n_mounts; i++) {
		const char *name;

		inside[i] = p->mounts[i];
		if (!has_source(&p->mounts[i]))
			continue;
		name = arena_printf(arena, "/%u", i);
		if (!name)
			return -ENOMEM;
		layout[n++] = (struct mount_plan){.kind = MOUNT_BIND,
						  .src = p->mounts[i].src,
						  .dst = name,
						  .target = TARGET_LIKE_SOURCE,
						  .make_target = true,
						  .optional = p->mounts[i].optional};
		inside[i].from = name;
	}
	t->seen = arena_alloc(arena, n * sizeof(*t->seen));
	if (!t->seen)
		return -ENOMEM;
	t->inside = *p;
	t->inside.mounts = inside;
	t->layout = (struct jail_plan){.mounts = layout, .n_mounts = n, .exec_fd = FD_NONE};
	return 0;
}

void template_init(struct template *t, const struct jail_plan *plan, struct arena *arena)
{
	t->plan = plan;
	t->off = objection(plan);
	if (!plan->n_mounts)
		return;
	if (make_plans(t, arena) < 0) {
		t->off = "out of memory";
		t->layout.n_mounts = 0;
		return;
	}
	t->changes = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0);
	t->host = sys_openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY, 0);
	t->cwd = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	if (!t->off && (t->changes < 0 || t->host < 0 || t->cwd < 0 || fchdir(t->cwd) < 0))
		t->off = "the host's /proc or the current directory cannot be opened";
	template_look(t);
}

/* ---- is it still what the host has? */

static void drop(struct template *t)
{
	if (t->ns >= 0)
		close(take_fd(&t->ns));
}

unsigned template_look(struct template *t)
{
	struct pollfd mounts = {t->changes, POLLPRI, 0};
	bool changed = t->changes >= 0 && poll(&mounts, 1, 0) > 0;

	for (unsigned i = t->first; i < t->layout.n_mounts; i++) {
		struct template_source now = look_at(t->layout.mounts[i].src);
		struct template_source *was = &t->seen[i];

		changed |= now.dev != was->dev || now.ino != was->ino || now.mount != was->mount ||
			   now.error != was->error;
		*was = now;
	}
	if (changed) {
		drop(t);
		t->generation++;
	}
	return t->generation;
}

/* ---- building */

struct builder {
	struct child child;
	struct template *t;
	int ns;
	bool raced; /* a source was replaced meanwhile */
	struct err err;
	int trees[];
};

/* Are these the sources that were looked at, and none of them one that is another for each process? */
static int check_sources(struct builder *b)
{
	const struct template *t = b->t;

	for (unsigned i = t->first; i < t->layout.n_mounts; i++) {
		struct template_source got = look_at(t->layout.mounts[i].dst);
		const struct template_source *was = &t->seen[i];
		struct statfs fs;

		if (was->error && got.error)
			continue;
		b->raced |= got.dev != was->dev || got.ino != was->ino || got.error || was->error;
		if (sys(SYS_statfs, t->layout.mounts[i].dst, &fs) == 0 &&
		    fs.f_type == PROC_SUPER_MAGIC)
			return err_set(&b->err, ENOTSUP, "'%s' is in a proc file system",
				       t->layout.mounts[i].src);
	}
	return b->raced ? -ESTALE : 0;
}

/* Shares our memory and descriptors, and has a copy of the host's mounts to make the template of. */
static int build_there(void *arg)
{
	static int (*const steps[])(struct child *, struct err *) = {
		mounts_sources, mounts_root, mounts_attach, mounts_readonly, mounts_pivot};
	struct builder *b = arg;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && r >= 0; i++)
		r = steps[i](&b->child, &b->err);
	if (r >= 0)
		r = check_sources(b);
	if (r >= 0)
		b->ns = sys_openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY, 0);
	return 0;
}

static int run_builder(struct template *t, char *mem, struct builder *b)
{
	const uint64_t all = ~0ULL;
	uint64_t mask;
	pid_t pid;

	b->child = (struct child){.plan = &t->layout,
				  .trees = b->trees,
				  .root = FD_NONE,
				  .scratch = FD_NONE,
				  .pts = FD_NONE,
				  .sysfs = FD_NONE,
				  .exec_fd = FD_NONE};
	b->t = t;
	b->ns = FD_NONE;
	for (unsigned i = 0; i < t->layout.n_mounts; i++)
		b->trees[i] = FD_NONE;
	sys_sigmask(SIG_SETMASK, &all, &mask);
	pid = proc_clone(CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWNS, 0, build_there, b,
			 mem + CHILD_STACK, CHILD_STACK, NULL, FD_NONE);
	while (pid > 0 && sys_wait4(pid, NULL, __WALL, NULL) == -EINTR)
		;
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	for (unsigned i = 0; i < t->layout.n_mounts; i++)
		if (b->trees[i] >= 0)
			close(b->trees[i]);
	if (b->child.root >= 0)
		close(b->child.root);
	return pid;
}

/* One way there and back: a launcher with a root of its own would come back to another one. */
static bool can_return(struct template *t)
{
	struct template_source before = look_at("/"), after;
	int root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	bool ok = root >= 0 && template_enter(t, NULL) == 0;

	if (ok && template_leave(t, NULL) < 0)
		ok = false;
	after = look_at("/");
	if (after.mount != before.mount || after.ino != before.ino || after.dev != before.dev) {
		ok = false;
		(void)(fchdir(root) == 0 && chroot(".") == 0 && fchdir(t->cwd) == 0);
	}
	if (root >= 0)
		close(root);
	return ok;
}

static void build(struct template *t)
{
	size_t size = CHILD_STACK + sizeof(struct builder) + t->layout.n_mounts * sizeof(int);
	unsigned generation = t->generation;
	struct builder *b;
	char *mem;

	for (unsigned i = t->first; i < t->layout.n_mounts; i++)
		if (t->seen[i].error &&
		    (!t->layout.mounts[i].optional || t->seen[i].error != -ENOENT))
			return; /* the launch says it best */
	mem = proc_memory(size);
	if (!mem)
		return;
	b = (struct builder *)(mem + CHILD_STACK);
	if (run_builder(t, mem, b) < 0)
		t->off = "the caller may not make mount namespaces";
	else if (b->ns < 0 && !b->raced)
		t->off = "it cannot be built";
	t->ns = b->ns;
	munmap(mem, size);
	if (t->ns >= 0 && !can_return(t))
		t->off = "the launcher's root is not that of its mount namespace";
	if (t->off || template_look(t) != generation)
		drop(t);
}

/* ---- launching */

int template_enter(const struct template *t, struct err *err)
{
	int r = sys_setns(t->ns, CLONE_NEWNS);

	return r < 0 ? err_sys(err, r, "enter the template of mounts") : 0;
}

int template_leave(const struct template *t, struct err *err)
{
	int r = sys_setns(t->host, CLONE_NEWNS);

	if (r >= 0)
		r = (int)sys(SYS_fchdir, t->cwd);
	return r < 0 ? err_sys(err, r, "leave the template of mounts") : 0;
}

void template_prepare(struct template *t)
{
	unsigned generation = t->generation;

	if (!t->off && template_look(t) == generation && t->ns < 0)
		build(t);
}

int template_start(struct template *t, const struct jail_io *io, struct jail *j, struct err *err)
{
	struct jail_io inside = *io;

	template_prepare(t);
	if (t->ns < 0)
		return jail_start(t->plan, io, j, err);
	inside.template = t;
	return jail_start(&t->inside, &inside, j, err);
}

bool template_to_blame(struct template *t, const struct jail *j)
{
	/* The other steps do the same with a template as without. */
	static const char *const steps[] = {"oom_score", "sources",  "root",
					    "mounts",	 "readonly", "pivot"};

	if (j->plan != &t->inside || j->result.reason != RESULT_SETUP_FAILED)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (!str_eq(j->result.err.step, steps[i]))
			continue;
		/* Unless it has just become outdated: then the next one will do. */
		template_look(t);
		if (t->ns >= 0)
			t->off = "a jail could not be set up from it";
		drop(t);
		return true;
	}
	return false;
}

void template_free(struct template *t)
{
	int *const fds[] = {&t->ns, &t->host, &t->cwd, &t->changes};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(take_fd(fds[i]));
}
