// SPDX-License-Identifier: BSD-3-Clause
/*
 * The table of protections. Used for the result, and by to_plan for --require. Cannot fail.
 */
#include <linux/capability.h>

#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "jail/enter.h"
#include "jail/receipt.h"
#include "net/net.h"
#include "storage/upper.h"
#include "trace/trace.h"

static const struct {
	const char *name;
	uint64_t clone_flag; /* a namespace: asked for when the plan's clone flags have it */
} table[PROTECTIONS] = {
	[PROTECT_USER_NS] = {"user_namespace", CLONE_NEWUSER},
	[PROTECT_MOUNT_NS] = {"mount_namespace", CLONE_NEWNS},
	[PROTECT_PID_NS] = {"pid_namespace", CLONE_NEWPID},
	[PROTECT_IPC_NS] = {"ipc_namespace", CLONE_NEWIPC},
	[PROTECT_UTS_NS] = {"uts_namespace", CLONE_NEWUTS},
	[PROTECT_NET_NS] = {"net_namespace", CLONE_NEWNET},
	[PROTECT_CGROUP_NS] = {"cgroup_namespace", CLONE_NEWCGROUP},
	[PROTECT_TIME_NS] = {"time_namespace", CLONE_NEWTIME},
	[PROTECT_ROOT] = {"root"},
	[PROTECT_READ_ONLY] = {"read_only_root"},
	[PROTECT_MOUNTS] = {"mounts"},
	[PROTECT_CAPABILITIES] = {"capabilities"},
	[PROTECT_NO_NEW_PRIVS] = {"no_new_privs"},
	[PROTECT_SECCOMP] = {"seccomp"},
	[PROTECT_SESSION] = {"session"},
	[PROTECT_RLIMITS] = {"rlimits"},
	[PROTECT_NICE] = {"nice"},
	[PROTECT_CPUS] = {"cpus"},
	[PROTECT_OOM_SCORE] = {"oom_score_adj"},
	[PROTECT_CORE_SCHEDULING] = {"core_scheduling"},
	[PROTECT_TSC] = {"disable_tsc"},
	[PROTECT_TRAFFIC_RULES] = {"traffic_rules"},
	[PROTECT_NET_POLICY] = {"net_policy"},
	[PROTECT_TIME_LIMIT] = {"time_limit"},
	[PROTECT_CPU_LIMIT] = {"cpu_limit"},
	[PROTECT_IDLE_LIMIT] = {"idle_limit"},
	[PROTECT_OUTPUT_LIMIT] = {"output_limit"},
	[PROTECT_DISK_LIMIT] = {"disk_limit"},
	[PROTECT_CGROUPS] = {"cgroup_limits"},
	[PROTECT_NO_SURVIVORS] = {"no_survivors"},
};

const char *receipt_name(enum protection p)
{
	return table[p].name;
}

enum protection receipt_find(const char *name, size_t n)
{
	unsigned p;

	for (p = 0; p < PROTECTIONS; p++)
		if (strlen(table[p].name) == n && memcmp(table[p].name, name, n) == 0)
			break;
	return (enum protection)p;
}

uint64_t receipt_asked(const struct jail_plan *plan)
{
	const struct {
		bool asked;
		enum protection p;
	} rest[] = {
		{plan->n_mounts || plan->chroot_to, PROTECT_ROOT},
		{plan->n_mounts && plan->mounts[0].attrs & MOUNT_ATTR_RDONLY, PROTECT_READ_ONLY},
		{plan->n_mounts > 1, PROTECT_MOUNTS},
		{plan->caps != UINT64_MAX, PROTECT_CAPABILITIES},
		{plan->no_new_privs, PROTECT_NO_NEW_PRIVS},
		{plan->seccomp, PROTECT_SECCOMP},
		{plan->new_session, PROTECT_SESSION},
		{plan->n_limits, PROTECT_RLIMITS},
		{plan->set_nice, PROTECT_NICE},
		{plan->cpus, PROTECT_CPUS},
		{plan->set_oom_score_adj, PROTECT_OOM_SCORE},
		{plan->core_scheduling, PROTECT_CORE_SCHEDULING},
		{plan->disable_tsc, PROTECT_TSC},
		{plan->net, PROTECT_NET_NS}, /* the launcher makes it */
		{plan->net && plan->net->rules, PROTECT_TRAFFIC_RULES},
		{plan->net && plan->net->policy, PROTECT_NET_POLICY},
		{plan->watch.time_ns, PROTECT_TIME_LIMIT},
		{plan->watch.cpu_ns, PROTECT_CPU_LIMIT},
		{plan->watch.idle_ns, PROTECT_IDLE_LIMIT},
		{plan->output_limit != UINT64_MAX, PROTECT_OUTPUT_LIMIT},
		{plan->disk_limit, PROTECT_DISK_LIMIT},
		{plan->cgroup && plan->cgroup->limits, PROTECT_CGROUPS},
		{true, PROTECT_NO_SURVIVORS},
	};
	uint64_t asked = plan->enter ? plan->enter->asked : 0;

	for (unsigned p = 0; p < PROTECTIONS; p++)
		if (plan->clone_flags & table[p].clone_flag)
			asked |= 1ULL << p;
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
		if (rest[i].asked)
			asked |= 1ULL << rest[i].p;
	return asked;
}

uint64_t receipt_joined(const struct jail_plan *plan, uint64_t flags)
{
	static const uint64_t with_it = 1ULL << PROTECT_ROOT | 1ULL << PROTECT_READ_ONLY |
					1ULL << PROTECT_MOUNTS | 1ULL << PROTECT_TRAFFIC_RULES |
					1ULL << PROTECT_DISK_LIMIT | 1ULL << PROTECT_CGROUPS;
	uint64_t joined = receipt_asked(plan) & with_it;

	for (unsigned p = 0; p < PROTECTIONS; p++)
		if (flags & table[p].clone_flag)
			joined |= 1ULL << p;
	return joined;
}

enum protection receipt_known(const struct jail_plan *plan, unsigned i, const char **note)
{
	const struct {
		bool weaker;
		enum protection p;
		const char *note;
	} known[] = {
		{plan->move_root || plan->chroot_to, PROTECT_ROOT,
		 "chroot instead of pivot_root: the old root stays underneath"},
		{plan->watch.cpu_ns && !plan->watch.cpu_counter, PROTECT_CPU_LIMIT,
		 RECEIPT_UNCOUNTED},
		{plan->net && plan->net->can_get_around && plan->net->rules, PROTECT_TRAFFIC_RULES,
		 "without a user namespace the capabilities that are kept reach the rules"},
		{plan->net && plan->net->can_get_around && plan->net->policy, PROTECT_NET_POLICY,
		 "without a user namespace the capabilities that are kept reach its network"},
		{plan->upper && plan->upper->kind == UPPER_DIR &&
			 (plan->upper->bytes || plan->upper->inodes),
		 PROTECT_DISK_LIMIT,
		 "the root's layer is a directory without a quota: what is written there is not "
		 "limited"},
		{plan->upper && plan->upper->kind == UPPER_BTRFS && plan->upper->inodes,
		 PROTECT_DISK_LIMIT, "btrfs limits the bytes, but not the number of files"},
		{plan->trace && plan->trace->audit, PROTECT_SECCOMP,
		 "audited: the policy refuses nothing, it is told what it would refuse"},
		{plan->cgroup_open, PROTECT_CGROUP_NS,
		 "as user 0 of the host it can mount cgroup v1 and raise its launcher's limits"},
		{plan->cgroup && !(plan->clone_flags & CLONE_NEWUSER) &&
			 plan->caps >> CAP_SYS_ADMIN & 1,
		 PROTECT_CGROUPS,
		 "with CAP_SYS_ADMIN and no user namespace the jail can mount and write its "
		 "groups"},
		{plan->pid_role == PID_SHARED && !(plan->cgroup && plan->cgroup->kills) &&
			 !(plan->enter && plan->enter->flags & CLONE_NEWPID),
		 PROTECT_NO_SURVIVORS,
		 "no pid namespace: a process that forks fast enough can survive"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
		if (!known[k].weaker || i--)
			continue;
		*note = known[k].note;
		return known[k].p;
	}
	return PROTECTIONS;
}
