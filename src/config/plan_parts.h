/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of to_plan(), one file a subject. Each fills its part of the plan.
 */
#ifndef TOASTAINER_CONFIG_PLAN_PARTS_H
#define TOASTAINER_CONFIG_PLAN_PARTS_H

#include "config/to_plan.h"

struct net_addr;
struct net_policy;

/* struct planner - what the parts work on */
struct planner {
	const struct config *cfg;
	struct planned *out;
	struct jail_plan *plan; /* &out->plan */
};

struct user_plan;

int plan_ids(struct planner *p, struct err *err);    /* plan_ids.c: id maps, user, group */
int plan_net(struct planner *p, struct err *err);    /* plan_net.c: interfaces, traffic rules */
int plan_cgroup(struct planner *p, struct err *err); /* plan_cgroup.c: control groups */
int plan_mounts(struct planner *p, struct err *err); /* plan_mounts.c: root and mounts */
/* struct mount_list - the mounts while they are being put together */
struct mount_list {
	struct mount_plan *v;
	unsigned n, cap;
};

/** plan_mount_add() - Return: the new one, or NULL: no memory. */
struct mount_plan *plan_mount_add(struct planner *p, struct mount_list *l,
				  const struct mount_plan *m);

/* plan_root.c: a root of the jail's own, and what is copied in and out */
bool plan_root_wanted(const struct config *cfg);

/** plan_overlay() - plan_overlay.c: have that overlay made by fuse-overlayfs, where it must be. */
int plan_overlay(struct planner *p, const struct mount_list *l, struct err *err);

/** plan_root() - make the root, which is the list so far, an overlay where that is asked for. */
int plan_root(struct planner *p, struct mount_list *l, struct err *err);

/**
 * plan_layers() - plan_layers.c: the layers of that overlay: those of the image, or the one directory.
 */
int plan_layers(struct planner *p, struct mount_list *l, const char *dir, struct err *err);

/** plan_copies() - what comes after all mounts, which must be in the list. */
int plan_copies(struct planner *p, struct mount_list *l, struct err *err);

int plan_limits(struct planner *p, struct err *err);  /* plan_limits.c: rlimits, CPUs, ... */
int plan_watch(struct planner *p, struct err *err);   /* plan_watch.c: limits of our own */
int plan_require(struct planner *p, struct err *err); /* plan_watch.c: last, judges the plan */
int plan_seccomp(struct planner *p, struct err *err); /* plan_seccomp.c: the system call policy */
int plan_exec(struct planner *p, struct err *err);    /* plan_exec.c: argv, environment, path */

/**
 * plan_netpolicy() - plan_netpolicy.c: whom a routed network reaches.
 * @ret: NULL when the network is not routed by us
 */
int plan_netpolicy(struct planner *p, const struct net_policy **ret, struct err *err);

/**
 * plan_usernet() - plan_usernet.c: the network that a process of ours makes.
 * @policy: NULL: nsjail's user_net alone
 */
int plan_usernet(struct planner *p, const struct net_policy *policy, const struct user_plan **ret,
		 struct err *err);

/** plan_iface_name() - plan_net.c: the name of an interface. @to: IFNAMSIZ bytes */
int plan_iface_name(const char *s, char *to, struct err *err);

/**
 * plan_pasta() - plan_pasta.c: the arguments of pasta(1) for user_net, without the jail's number, which
 * comes last.
 * @ifname: the jail's interface
 */
int plan_pasta(struct planner *p, const char *ifname, char *const **ret, struct err *err);

/**
 * plan_net_files() - plan_netfiles.c: the files that a routed network brings.
 * Return: how many mounts, or a negative errno
 */
int plan_net_files(struct planner *p, struct mount_plan files[2], struct err *err);

/**
 * plan_address() - plan_net.c: "ADDRESS[/PREFIX]".
 * @bits: the prefix where none is said; NULL: all of the address
 */
int plan_address(const char *s, const char *bits, struct net_addr *a, struct err *err);

/** plan_warn() - note something for the log. */
void plan_warn(struct planner *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
