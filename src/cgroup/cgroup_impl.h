/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of this folder share. Nobody else includes this.
 */
#ifndef TOASTAINER_CGROUP_CGROUP_IMPL_H
#define TOASTAINER_CGROUP_CGROUP_IMPL_H

#include "base/defs.h"
#include "cgroup/cgroup.h"
#include "cgroup/hierarchy.h"

struct cgroup_maker;

/* struct limit_row - how a limit is written */
struct limit_row {
	enum cgroup_controller controller;
	const char *v2, *v1; /* file; NULL: there is none, or its name is made */
	int (*put)(struct cgroup_maker *m, const struct limit_row *row,
		   const struct cgroup_value *v);
};

/* struct cgroup_maker - a plan in the making */
struct cgroup_maker {
	const struct cgroup_ask *ask;
	struct arena *arena;
	struct err *err;
	struct hierarchies seen;
	struct cgroup_plan *plan;
	struct cgroup_place *place; /* the one that is written for now */
	struct writes {
		struct cgroup_write *v;
		uint32_t cap;
	} writes[CGROUP_PLACES];
	struct cgroup_write *last;
	bool v2; /* place is in the v2 hierarchy */
};

/** cgroup_plan_put() - one more write for m->place, of a value that is made like printf's. */
int cgroup_plan_put(struct cgroup_maker *m, const char *file, const struct cgroup_value *v,
		    const char *fmt, ...) PRINTF_LIKE(4, 5);

/** cgroup_devices_put() - the list of devices: writes for v1, a program for v2. */
int cgroup_devices_put(struct cgroup_maker *m, const struct limit_row *row,
		       const struct cgroup_value *v);

/** cgroup_devices_attach() - let the plan's program decide about devices of the v2 group @dir. */
int cgroup_devices_attach(const struct cgroup_plan *plan, int dir, struct err *err);

/**
 * cgroup_place_prepare() - v2: have the parent pass the controllers on; moves the launcher, and in
 * a delegated group what else is there, one level down when the kernel demands it.
 * @ret_moved: whether a group was made for the launcher alone: cgroup_place_restore()
 */
int cgroup_place_prepare(const struct cgroup_place *p, bool *ret_moved, struct err *err);

/** cgroup_place_restore() - put the launcher back where it was, if it is alone and has no jail. */
void cgroup_place_restore(const struct cgroup_place *p);

/**
 * cgroup_kill_at() - SIGKILL for all in the group with the descriptor @dir; with cgroup.kill (v2) also in
 * those below.
 */
void cgroup_kill_at(int dir);

/**
 * cgroup_remove_at() - remove a group and those below it; what still runs there is killed.
 * @wait_ms: how long to wait for processes to be gone
 * Return: 0, or a negative errno: it is still there.
 */
int cgroup_remove_at(int parent, const char *name, unsigned wait_ms);

#endif
