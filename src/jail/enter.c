// SPDX-License-Identifier: BSD-3-Clause
/*
 * Joining a running jail. See setns(2), cgroups(7), proc(5). What the jail's program can influence
 * is only where inside the jail we come out: everything is opened in the host's /proc, and what
 * confines the new process comes from the jail's own plan.
 */
#include <mntent.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "jail/enter.h"
#include "jail/receipt.h"
#include "net/net.h"

static const struct {
	uint64_t flag;
	const char *file;
} namespaces[] = {
	{CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"},	      {CLONE_NEWTIME, "time"},
	{CLONE_NEWNS, "mnt"},	 {CLONE_NEWNET, "net"},	      {CLONE_NEWIPC, "ipc"},
	{CLONE_NEWUTS, "uts"},	 {CLONE_NEWCGROUP, "cgroup"},
};

/* differing() - the namespaces of process @pid that are not ours. */
static int differing(pid_t pid, uint64_t *ret, struct err *err)
{
	*ret = 0;
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		struct stat own, its;
		char path[48];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].file);
		if (stat(path, &own) < 0) /* the kernel does not know this kind */
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, namespaces[i].file);
		if (stat(path, &its) < 0)
			return err_sys(err, errno, "look at the jail's %s namespace",
				       namespaces[i].file);
		if (own.st_ino != its.st_ino || own.st_dev != its.st_dev)
			*ret |= namespaces[i].flag;
	}
	return 0;
}

int enter_prepare(pid_t pid, struct enter_plan *ret, struct err *err)
{
	char path[32];

	*ret = (struct enter_plan)ENTER_INIT;
	ret->pid = pid;
	ret->pidfd = sys_pidfd_open(pid);
	if (ret->pidfd < 0)
		return err_sys(err, take_fd(&ret->pidfd), "open the jail's process %d", pid);
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	ret->root = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	if (ret->root < 0)
		return err_sys(err, take_fd(&ret->root), "open the jail's root");
	return differing(pid, &ret->flags, err);
}

void enter_free(struct enter_plan *e)
{
	if (e->pidfd >= 0)
		close(e->pidfd);
	if (e->root >= 0)
		close(e->root);
	*e = (struct enter_plan)ENTER_INIT;
}

void enter_change_plan(struct jail_plan *plan, struct enter_plan *e)
{
	e->limited = plan->cgroup;
	e->asked = receipt_joined(plan, e->flags);
	plan->enter = e;
	plan->cgroup = NULL; /* into those of the jail: enter_cgroups() */
	plan->cgroup_seal = false;
	plan->watch.cpu_counter = false;
	plan->clone_flags = 0;
	plan->pid_role = PID_SHARED;
	plan->hostname = NULL;
	plan->loopback_up = false;
	plan->net_outside = plan->net && !plan->net->jails_own;
	plan->net = NULL;
	plan->n_mounts = 0;
	plan->scratch = plan->all_readonly = false;
	plan->root_extra = NULL;
	plan->chroot_to = NULL;
	plan->net = NULL;
	plan->share_memory = false;
}

static bool has_option(const char *options, const char *word, size_t n)
{
	for (const char *s = options; *s; s += *s == ',') {
		size_t len = strcspn(s, ",");

		if (len == n && memcmp(s, word, n) == 0)
			return true;
		s += len;
	}
	return false;
}

/* hierarchy() - where the hierarchy of these controllers ("": the second version) is mounted. */
static int hierarchy(const char *controllers, char *ret, size_t n)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	size_t first = strcspn(controllers, ",");
	struct mntent *m;
	int r = -ENOENT;

	while (f && r == -ENOENT && (m = getmntent(f)))
		if (first ? str_eq(m->mnt_type, "cgroup") &&
				    has_option(m->mnt_opts, controllers, first)
			  : str_eq(m->mnt_type, "cgroup2"))
			r = snprintf(ret, n, "%s", m->mnt_dir) < (int)n ? 0 : -ENAMETOOLONG;
	if (f)
		endmntent(f);
	return r;
}

/* join() - the group of one line "N:controllers:/path" of /proc/PID/cgroup. */
static int join(char *line, pid_t pid, struct err *err)
{
	char *controllers = strchr(line, ':'), *path, dir[PATH_MAX], file[PATH_MAX * 2], number[16];
	int r;

	path = controllers ? strchr(++controllers, ':') : NULL;
	if (!path || str_starts(controllers, "name=")) /* holds no limits */
		return 0;
	*path++ = 0;
	r = hierarchy(controllers, dir, sizeof(dir));
	if (r >= 0) {
		snprintf(file, sizeof(file), "%s%s/cgroup.procs", dir, path);
		snprintf(number, sizeof(number), "%d", pid);
		r = io_write_file(AT_FDCWD, file, number);
	}
	return r < 0 ? err_sys(err, r, "join the jail's control group '%s'", path) : 0;
}

int enter_cgroups(const struct enter_plan *e, pid_t pid, struct err *err)
{
	char name[32], own[4096], its[4096], line[1024], *next = its;
	ssize_t n;
	int r = 0;

	own[0] = '\n'; /* whole lines are compared: a line break before and after */
	if (io_read_small(AT_FDCWD, "/proc/self/cgroup", own + 1, sizeof(own) - 1) < 0)
		return 0; /* a kernel without control groups */
	snprintf(name, sizeof(name), "/proc/%d/cgroup", e->pid);
	n = io_read_small(AT_FDCWD, name, its, sizeof(its));
	if (n < 0)
		return err_sys(err, (int)n, "read the jail's control groups");
	while (r >= 0 && *next) {
		size_t len = strcspn(next, "\n");

		snprintf(line, sizeof(line), "\n%.*s\n", (int)len, next);
		next += len + (next[len] != 0);
		if (strstr(own, line)) /* we are there already */
			continue;
		line[strlen(line) - 1] = 0;
		r = join(line + 1, pid, err);
		if (!e->limited) /* then it is in its launcher's groups, which may be out of reach */
			r = 0;
	}
	return r;
}

static int join_namespaces(const struct enter_plan *e, uint64_t which, struct err *err)
{
	int r = e->flags & which ? sys_setns(e->pidfd, (int)(e->flags & which)) : 0;

	return r < 0 ? err_sys(err, r, "join the jail's namespaces") : 0;
}

/* A network namespace that is not of the jail's user namespace is joined before that gives rights. */
static uint64_t joined_early(const struct jail_plan *p)
{
	return p->net_outside ? CLONE_NEWNET : 0;
}

int enter_guard(const struct jail_plan *p, struct err *err)
{
	const struct enter_plan *e = p->enter;
	int r;

	/* What runs in the jail must not attach to us, or write our executable, from there. */
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = join_namespaces(e, joined_early(p), err);
	if (r >= 0)
		r = join_namespaces(e, CLONE_NEWUSER, err); /* gives the rights for the others */
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r < 0 ? r : join_namespaces(e, CLONE_NEWPID | CLONE_NEWTIME, err);
}

int enter_program(const struct jail_plan *p, struct err *err)
{
	const struct enter_plan *e = p->enter;
	const uint64_t first = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWTIME | joined_early(p);
	int r = join_namespaces(e, ~first, err);

	if (r < 0)
		return r;
	r = (int)sys(SYS_fchdir, e->root);
	if (r >= 0)
		r = (int)sys(SYS_chroot, ".");
	return r < 0 ? err_sys(err, r, "enter the jail's root") : 0;
}
