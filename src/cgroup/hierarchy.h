/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which control group hierarchies are mounted here, and where the calling process is in them.
 * Used to plan a jail's groups and by `doctor`, so that both see the same.
 */
#ifndef TOASTAINER_CGROUP_HIERARCHY_H
#define TOASTAINER_CGROUP_HIERARCHY_H

#include "cgroup/cgroup.h"

/* struct hierarchy - one that is mounted, with the caller's own group in it */
struct hierarchy {
	bool v2;
	unsigned controllers; /* bits; v2: those that the group below which we make ours has */
	unsigned passed;      /* v2: of these, known to be passed on to the groups below it */
	/*
	 * The group to make others in: the caller's own. Where the launcher has moved itself out of
	 * the way (HIERARCHY_SELF), the one above.
	 */
	const char *dir;
	const char *
		own; /* the caller's own group, wherever that is; groups in it get no controllers */
	const char *names; /* v1: all its controllers, also unknown ones, separated by commas */
	bool top;	   /* v2: the top of the hierarchy, or of what this namespace shows of it */
};

struct hierarchies {
	struct hierarchy v[CGROUP_CONTROLLERS + 4];
	unsigned n;
};

/*
 * v2: a group with processes of its own cannot pass controllers on. So they are moved one level
 * down, into a group of this name.
 */
#define HIERARCHY_SELF "toastainer-self"

/**
 * hierarchy_read() - find them.
 * @a: owns the names
 * @wanted: bits of the controllers that the caller asks about; of others the answer may be no
 * Fails when /proc is not there.
 */
int hierarchy_read(struct arena *a, unsigned wanted, struct hierarchies *ret, struct err *err);

/** hierarchy_find() - the one with a controller, v1 or v2. NULL: none. */
const struct hierarchy *hierarchy_find(const struct hierarchies *h, enum cgroup_controller c,
				       bool v2);

/** hierarchy_v2() - the v2 one, with or without controllers. NULL: not mounted. */
const struct hierarchy *hierarchy_v2(const struct hierarchies *h);

/** hierarchy_may_make() - whether the caller may make groups in that group. */
bool hierarchy_may_make(const char *dir);

/** hierarchy_controller() - its name, as in v2 or in v1. NULL: v2 has none of that name. */
const char *hierarchy_controller(enum cgroup_controller c, bool v2);

/** hierarchy_list() - bits of the controllers in a list separated by blanks or commas. */
unsigned hierarchy_list(const char *list, bool v2);

#endif
