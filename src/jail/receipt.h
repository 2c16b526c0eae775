/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receipt: every protection that a plan asks for, and whether it holds. A protection that a launch
 * could not put in place as asked is reported by the step that noticed, or known from the plan; all
 * others hold, because a step that fails ends the launch.
 */
#ifndef TOASTAINER_JAIL_RECEIPT_H
#define TOASTAINER_JAIL_RECEIPT_H

#include "jail/plan.h"

/* In the order in which they are told; the names are in receipt.c. */
enum protection {
	PROTECT_USER_NS,
	PROTECT_MOUNT_NS,
	PROTECT_PID_NS,
	PROTECT_IPC_NS,
	PROTECT_UTS_NS,
	PROTECT_NET_NS,
	PROTECT_CGROUP_NS,
	PROTECT_TIME_NS,
	PROTECT_ROOT,	   /* the old root is out of reach */
	PROTECT_READ_ONLY, /* the root is read-only */
	PROTECT_MOUNTS,	   /* everything asked for is mounted */
	PROTECT_CAPABILITIES,
	PROTECT_NO_NEW_PRIVS,
	PROTECT_SECCOMP,
	PROTECT_SESSION, /* no way to push input into the caller's terminal */
	PROTECT_RLIMITS,
	PROTECT_NICE,
	PROTECT_CPUS,
	PROTECT_OOM_SCORE,
	PROTECT_CORE_SCHEDULING,
	PROTECT_TSC,
	PROTECT_TRAFFIC_RULES,
	PROTECT_NET_POLICY, /* whom a network that we route reaches */
	PROTECT_TIME_LIMIT,
	PROTECT_CPU_LIMIT,
	PROTECT_IDLE_LIMIT,
	PROTECT_OUTPUT_LIMIT,
	PROTECT_DISK_LIMIT,
	PROTECT_CGROUPS,      /* limits by control groups, which the jail cannot raise */
	PROTECT_NO_SURVIVORS, /* the end of the jail is the end of all its processes */
	PROTECTIONS
};
static_assert(PROTECTIONS <= 64, "they are bits of one word");

/* What became of a protection; the order is from best to worst. */
enum protection_state { PROTECTION_ENFORCED, PROTECTION_DEGRADED, PROTECTION_ABSENT };

/** receipt_name() - as it stands in the result and in --require. */
const char *receipt_name(enum protection p);

/** receipt_find() - the protection of a name of @n bytes; PROTECTIONS: there is none. */
enum protection receipt_find(const char *name, size_t n);

#define RECEIPT_UNCOUNTED                                                                          \
	"without a cgroup's counter: processes that nobody waits for are not counted"

/** receipt_asked() - the protections that a plan asks for, one bit each. */
uint64_t receipt_asked(const struct jail_plan *plan);

/**
 * receipt_joined() - which of a jail's protections whoever enters it gets with it.
 * @flags: CLONE_NEW* of the namespaces that are joined
 */
uint64_t receipt_joined(const struct jail_plan *plan, uint64_t flags);

/**
 * receipt_known() - a protection of the plan that is weaker than its name, before any launch.
 * @i: counts from 0
 * @note: set to why
 * Return: the protection, or PROTECTIONS when there are no more.
 */
enum protection receipt_known(const struct jail_plan *plan, unsigned i, const char **note);

#endif
