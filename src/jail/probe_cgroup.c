// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of the two cgroup hierarchies: which controllers there are, and whether the caller may make
 * groups below its own. Only looks: a group made to try would be seen by others.
 */
#include "base/io.h"
#include "cgroup/hierarchy.h"
#include "jail/probe_impl.h"

/* What limits of jails need most. */
static const enum cgroup_controller wanted[] = {CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU};
#define ALL_WANTED (1U << CGROUP_MEMORY | 1U << CGROUP_PIDS | 1U << CGROUP_CPU)

struct look {
	bool mounted;
	unsigned have;	 /* wanted controllers that are there */
	unsigned usable; /* of these, where the caller may make groups */
	char dir[1100];	 /* where groups would be made (v1: the last one looked at) */
	char controllers[120];
	char delegated[120]; /* v2: cgroup.subtree_control */
};

static void names_of(unsigned mask, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (mask & 1U << wanted[i])
			used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "",
						 hierarchy_controller(wanted[i], true));
}

static void read_list(const char *dir, const char *file, char *buf, size_t n)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (io_read_small(AT_FDCWD, path, buf, n) < 0)
		buf[0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

static bool may_delegate(const char *dir)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	return access(path, W_OK) == 0;
}

/* What a plan would find: the same code looks. */
static void look(struct look *v1, struct look *v2)
{
	struct hierarchies seen;
	struct arena a = {0};

	*v1 = *v2 = (struct look){.mounted = false};
	if (hierarchy_read(&a, ALL_WANTED, &seen, NULL) < 0)
		seen.n = 0;
	for (unsigned i = 0; i < seen.n; i++) {
		const struct hierarchy *h = &seen.v[i];
		struct look *l = h->v2 ? v2 : v1;
		bool usable = hierarchy_may_make(h->dir) && (!h->v2 || may_delegate(h->dir));

		l->mounted = true;
		l->have |= h->controllers & ALL_WANTED;
		l->usable |= usable ? h->controllers & ALL_WANTED : 0;
		if (h->v2 || h->controllers & ALL_WANTED)
			snprintf(l->dir, sizeof(l->dir), "%s", h->dir);
	}
	arena_free(&a);
	if (!v2->mounted)
		return;
	read_list(v2->dir, "cgroup.controllers", v2->controllers, sizeof(v2->controllers));
	read_list(v2->dir, "cgroup.subtree_control", v2->delegated, sizeof(v2->delegated));
}

static void v2_causes(const struct probe_env *env, const struct look *h, struct probe_result *r)
{
	if (h->have && !h->usable) {
		r->status = PROBE_MISSING;
		probe_cause(r, "uid %u may not make groups in %.300s (not delegated, or read-only)",
			    env->uid, h->dir);
		probe_cure(r, "%s",
			   env->uid ? "systemd-run --user --scope -p Delegate=yes "
				      "toastainer ..., or start as root"
				    : "mount the cgroup tree writable in the container, "
				      "with a cgroup namespace of its own");
	} else {
		char names[60];

		names_of(ALL_WANTED & ~h->usable, names, sizeof(names));
		r->status = h->usable ? PROBE_DEGRADED : PROBE_MISSING;
		probe_cause(r, "no controller %s here: not passed down, or bound to cgroup v1",
			    names);
		probe_cure(r, "as root: 'systemctl edit user@.service' with [Service] "
			      "Delegate=cpu cpuset io memory pids; or boot with "
			      "systemd.unified_cgroup_hierarchy=1");
	}
}

void probe_cgroup_v2(const struct probe_env *env, const struct probe *probe UNUSED,
		     struct probe_result *r)
{
	struct look v1, v2;

	look(&v1, &v2);
	if (!v2.mounted)
		probe_say(r, PROBE_MISSING, "not mounted");
	else
		probe_say(r, PROBE_OK, "%.300s: %s; delegated below: %.60s", v2.dir,
			  v2.controllers[0] ? v2.controllers : "no controllers",
			  v2.delegated[0] ? v2.delegated : "none yet");
	if (!v2.have && v1.usable == ALL_WANTED) {
		r->status = PROBE_UNNEEDED;
	} else if (!v2.mounted) {
		probe_cause(r, "no cgroup2 file system is mounted here");
		probe_cure(r, "as root: mount -t cgroup2 none /sys/fs/cgroup; in a container: "
			      "pass the tree in");
	} else if (v2.usable != ALL_WANTED) {
		v2_causes(env, &v2, r);
	}
}

void probe_cgroup_v1(const struct probe_env *env, const struct probe *probe UNUSED,
		     struct probe_result *r)
{
	char usable[60], others[60];
	struct look v1, v2;

	look(&v1, &v2);
	if (!v1.have) {
		probe_say(r, v2.have ? PROBE_UNNEEDED : PROBE_MISSING, "%s",
			  v1.mounted ? "mounted without a controller of use" : "not mounted");
		if (!v2.have) {
			probe_cause(r, "no controller is mounted here");
			probe_cure(r, "use cgroup v2");
		}
		return;
	}
	names_of(v1.usable, usable, sizeof(usable));
	names_of(ALL_WANTED & ~v1.usable, others, sizeof(others));
	probe_say(r,
		  v1.usable == ALL_WANTED ? PROBE_OK
		  : v1.usable		  ? PROBE_DEGRADED
					  : PROBE_MISSING,
		  "writable: %s; own group of the last: %.300s", v1.usable ? usable : "none",
		  v1.dir);
	if (v1.usable == ALL_WANTED)
		return;
	if (v2.usable == ALL_WANTED) {
		r->status = PROBE_UNNEEDED;
		return;
	}
	probe_cause(r, "uid %u may not make groups for %s (not mounted, or not delegated)",
		    env->uid, others);
	probe_cure(r, "%s",
		   env->uid ? "start as root, or let root chown a group of each controller "
			      "and start in it"
			    : "mount the controllers writable in the container");
}
