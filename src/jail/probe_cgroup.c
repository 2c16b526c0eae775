// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of the two cgroup hierarchies: which controllers there are, and whether the caller may make
 * groups below its own. Only looks: a group made to try would be seen by others.
 */
#include "base/io.h"
#include "jail/probe_impl.h"

/* What limits of jails need; a bit each. */
static const char *const wanted[] = {"memory", "pids", "cpu"};
#define ALL_WANTED ((1U << ARRAY_SIZE(wanted)) - 1)

struct hierarchy {
	bool mounted;
	unsigned have;	 /* wanted controllers that are there */
	unsigned usable; /* of these, where the caller may make groups */
	char dir[1100];	 /* the caller's group (v1: the last one looked at) */
	char controllers[120];
	char delegated[120]; /* v2: cgroup.subtree_control */
};

/* Whether a list separated by commas or blanks has the word. */
static bool list_has(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (*list) {
		size_t len = strcspn(list, ", \n");

		if (len == n && strncmp(list, name, n) == 0)
			return true;
		list += len;
		list += strspn(list, ", \n");
	}
	return false;
}

static unsigned wanted_in(const char *list)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (list_has(list, wanted[i]))
			mask |= 1U << i;
	return mask;
}

static void names_of(unsigned mask, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (mask & 1U << i)
			used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "",
						 wanted[i]);
}

/*
 * The caller's group: the line "ID:CONTROLLERS:PATH" of /proc/self/cgroup, where the list is empty
 * for v2, below the mount. A mount of a part of the tree has that part as its root.
 */
static bool own_group(const char *controller, const struct mount_line *m, char *dir, size_t n)
{
	char text[4096];
	char *line, *save = NULL;

	if (io_read_small(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) <= 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
		size_t root = strlen(m->root);

		if (!path)
			continue;
		*path++ = 0;
		if (*controller ? !list_has(list + 1, controller) : list[1] != 0)
			continue;
		if (root > 1 && strncmp(path, m->root, root) == 0)
			path += root;
		snprintf(dir, n, "%s%s", m->point, str_eq(path, "/") ? "" : path);
		return true;
	}
	return false;
}

static bool may_write(const char *dir, const char *file)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return access(path, W_OK) == 0;
}

static void read_list(const char *dir, const char *file, char *buf, size_t n)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (io_read_small(AT_FDCWD, path, buf, n) < 0)
		buf[0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

static void look_v2(const struct probe_env *env, struct hierarchy *h)
{
	const char *cursor = env->mountinfo;
	struct mount_line m;

	*h = (struct hierarchy){.mounted = false};
	while (!h->mounted && probe_mount_line(&cursor, &m))
		if (str_eq(m.type, "cgroup2") && own_group("", &m, h->dir, sizeof(h->dir)))
			h->mounted = true;
	if (!h->mounted)
		return;
	read_list(h->dir, "cgroup.controllers", h->controllers, sizeof(h->controllers));
	read_list(h->dir, "cgroup.subtree_control", h->delegated, sizeof(h->delegated));
	h->have = wanted_in(h->controllers);
	if (may_write(h->dir, ".") && may_write(h->dir, "cgroup.procs") &&
	    may_write(h->dir, "cgroup.subtree_control"))
		h->usable = h->have;
}

static void look_v1(const struct probe_env *env, struct hierarchy *h)
{
	const char *cursor = env->mountinfo;
	struct mount_line m;

	*h = (struct hierarchy){.mounted = false};
	while (probe_mount_line(&cursor, &m)) {
		unsigned here;

		if (!str_eq(m.type, "cgroup"))
			continue;
		h->mounted = true;
		here = wanted_in(m.super);
		for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
			if (!(here & 1U << i))
				continue;
			h->have |= 1U << i;
			if (own_group(wanted[i], &m, h->dir, sizeof(h->dir)) &&
			    may_write(h->dir, ".") && may_write(h->dir, "cgroup.procs"))
				h->usable |= 1U << i;
		}
	}
}

static void v2_causes(const struct probe_env *env, const struct hierarchy *h,
		      struct probe_result *r)
{
	if (h->have && !h->usable) {
		r->status = PROBE_MISSING;
		probe_cause(r, "uid %u may not make groups in %.150s (not delegated, or read-only)",
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
	struct hierarchy v1, v2;

	look_v2(env, &v2);
	look_v1(env, &v1);
	if (!v2.mounted)
		probe_say(r, PROBE_MISSING, "not mounted");
	else
		probe_say(r, PROBE_OK, "%.80s: %s; delegated below: %.40s", v2.dir,
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
	struct hierarchy v1, v2;

	look_v2(env, &v2);
	look_v1(env, &v1);
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
		  "writable: %s; own group of the last: %.80s", v1.usable ? usable : "none",
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
