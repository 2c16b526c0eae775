/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control groups: what is asked of them, the plan that comes of it on this machine, and the groups
 * of one running jail. cgroup_plan.c resolves, cgroup.c makes, kills and removes, cgroup_usage.c
 * reads the figures.
 *
 * A jail has one group in each hierarchy that a limit needs: the v2 one, v1 ones, or both. Only
 * the program and what it starts are in them; the guard is not, so it is not counted, not killed
 * for want of memory, and not stopped.
 */
#ifndef TOASTAINER_CGROUP_CGROUP_H
#define TOASTAINER_CGROUP_CGROUP_H

#include "base/err.h"
#include "base/mem.h"

struct bpf_insn;

/* What can be limited. The order is that of the writes. */
enum cgroup_limit {
	CGROUP_MEMORY_MAX, /* bytes */
	CGROUP_MEMORY_HIGH,
	CGROUP_MEMORY_MEMSW, /* memory and swap */
	CGROUP_MEMORY_SWAP,
	CGROUP_PIDS_MAX,
	CGROUP_CPU_MS,	    /* milliseconds of CPU time a second */
	CGROUP_CPU_WEIGHT,  /* 1 to 10000, 100 is usual */
	CGROUP_CPUSET_CPUS, /* text: 0,2-3 */
	CGROUP_CPUSET_MEMS,
	CGROUP_IO_WEIGHT,
	CGROUP_IO_MAX,	    /* list: "DEVICE KEY=N[,KEY=N...]", DEVICE is MAJOR:MINOR or a path */
	CGROUP_HUGETLB_MAX, /* list: "2MB=BYTES" */
	CGROUP_NET_CLS,
	CGROUP_DEVICES, /* list: "c 1:3 rwm" */
	CGROUP_LIMITS
};

enum cgroup_controller {
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_CPU,
	CGROUP_CPUACCT, /* v1 only: in v2 a part of cpu.stat */
	CGROUP_CPUSET,
	CGROUP_IO,
	CGROUP_HUGETLB,
	CGROUP_NETCLS, /* v1 only */
	CGROUP_DEVICE, /* v2: a BPF program */
	CGROUP_CONTROLLERS
};

enum cgroup_version { CGROUP_AUTO, CGROUP_V1, CGROUP_V2 };

/* struct cgroup_value - one limit that is asked for */
struct cgroup_value {
	const char *setting; /* its name, for messages; NULL: not asked for */
	uint64_t number;
	const char *text;
	const char *const *list;
	unsigned n;
};

/* struct cgroup_ask - what a config asks for */
struct cgroup_ask {
	struct cgroup_value limit[CGROUP_LIMITS];
	int32_t version; /* enum cgroup_version */
	bool always;	 /* groups for their figures, without any limit too */
	bool counter; /* a v2 group that counts CPU time, where one can be had; it limits nothing */
	/*
	 * nsjail's places: the groups are made directly in these directories. NULL: below the
	 * caller's own group.
	 */
	const char *v1_parent[CGROUP_CONTROLLERS];
	const char *v2_parent;
	/*
	 * The program may act as the owner of the groups' files, as when root runs it as uid 0.
	 * disown: files with limits get another owner. sealed: the jail makes no cgroup namespaces
	 * (cgroup_seal()), in which it could mount and write its groups.
	 */
	bool disown, sealed;
};

/* struct cgroup_write - one value for one file of a group */
struct cgroup_write {
	const char *file, *value;
	const char *or_file; /* where there is no such file; NULL: none */
	const char *setting; /* who asked, for messages */
};

/* struct cgroup_place - a group to make in one hierarchy */
struct cgroup_place {
	const char *parent;    /* absolute directory */
	const char *hierarchy; /* v1: all its controllers, separated by commas */
	unsigned controllers;  /* bits of enum cgroup_controller */
	const struct cgroup_write *writes;
	unsigned n_writes;
	bool v2;
	bool given;    /* nsjail's place: nsjail's name */
	bool optional; /* v2 beside v1, for kill and figures: not having it is no error */
	bool enable;   /* v2: controllers must be passed on by the parent */
	bool passed;   /* ... and were when the plan was made */
};

enum { CGROUP_PLACES = CGROUP_CONTROLLERS + 1 };

/* struct cgroup_plan - everything resolved; can be launched any number of times */
struct cgroup_plan {
	struct cgroup_place place[CGROUP_PLACES];
	unsigned n;
	const struct bpf_insn *devices; /* v2: the device program; NULL: none */
	unsigned n_devices;
	bool disown, sealed;
	uint64_t memory_max; /* 0: no limit */
	bool swap_limit;
	bool limits;	 /* and does not only count */
	bool counts_cpu; /* one of the groups does */
	bool kills;	 /* one of them can be killed as a whole */
};

/**
 * cgroup_plan_make() - choose hierarchies by what this machine has, and what to write where.
 * @a: owns the plan
 * @ret: NULL when nothing is asked for, or only a counter that cannot be had
 * Fails when something is asked for that cannot be enforced here.
 */
int cgroup_plan_make(const struct cgroup_ask *ask, struct arena *a, const struct cgroup_plan **ret,
		     struct err *err);

/**
 * cgroup_lacks_place() - whether a limit belongs into the v2 hierarchy, and the caller may make no groups
 * where he is in it.
 */
bool cgroup_lacks_place(const struct cgroup_ask *ask);

/* struct cgroup - the groups of one jail */
struct cgroup {
	const struct cgroup_plan *plan; /* NULL: none */
	char name[CGROUP_PLACES][40];
	int dir[CGROUP_PLACES]; /* held with flock(2), which says that the jail lives; or FD_NONE */
	bool disowned;		/* the files of the limits are not the jail's to write */
	bool moved;		/* we made the group that the launcher is in now */
};

/** cgroup_create() - make the groups and set their limits. Nothing is left when it fails. */
int cgroup_create(const struct cgroup_plan *plan, struct cgroup *ret, struct err *err);

/** cgroup_v2_dir() - the descriptor for CLONE_INTO_CGROUP, or FD_NONE without a v2 group. */
int cgroup_v2_dir(const struct cgroup *c);

/**
 * cgroup_enter() - put the calling process into the groups. System calls only.
 * @born: it is in the v2 group already
 */
int cgroup_enter(const struct cgroup *c, bool born, struct err *err);

/**
 * cgroup_seal() - let the calling process' user namespace have no further cgroup namespaces: in one
 * of these it could mount the hierarchies, and write to the groups of the launcher.
 * System calls only; the host's /proc must be there.
 * @one: it has one of its own
 */
int cgroup_seal(bool one, struct err *err);

/** cgroup_kill() - SIGKILL for everything in the groups. Does not wait for the end of it. */
void cgroup_kill(const struct cgroup *c);

/** cgroup_remove() - kill what is left, remove the groups, close; harmless twice. */
void cgroup_remove(struct cgroup *c);

/** cgroup_tidy() - remove the groups of launchers that died, beside those of this plan. */
void cgroup_tidy(const struct cgroup_plan *plan);

/*
 * One figure each; a bit (1 << CGROUP_FIGURE) in `have` says that it is known. Times in
 * microseconds, sizes in bytes.
 */
enum cgroup_figure {
	CGROUP_MEMORY_PEAK,
	CGROUP_SWAP_PEAK,
	CGROUP_OOM_KILLS,	 /* processes killed for want of memory, whosever */
	CGROUP_MEMORY_MAX_HITS,	 /* how often usage was about to go over the limit */
	CGROUP_MEMORY_HIGH_HITS, /* how often it was slowed down over memory high */
	CGROUP_SWAP_MAX_HITS,
	CGROUP_PAGE_FAULTS,
	CGROUP_MAJOR_FAULTS,
	CGROUP_PIDS_PEAK,
	CGROUP_PIDS_MAX_HITS, /* how many forks failed at the limit */
	CGROUP_CPU_US,
	CGROUP_USER_US,
	CGROUP_SYS_US,
	CGROUP_THROTTLED, /* periods in which the CPU quota was used up */
	CGROUP_THROTTLED_US,
	CGROUP_IO_READ,
	CGROUP_IO_WRITTEN,
	CGROUP_CPU_SOME_US, /* pressure: time in which some (all) processes waited */
	CGROUP_CPU_FULL_US,
	CGROUP_MEMORY_SOME_US,
	CGROUP_MEMORY_FULL_US,
	CGROUP_IO_SOME_US,
	CGROUP_IO_FULL_US,
	CGROUP_FIGURES
};

struct cgroup_usage {
	uint32_t have; /* 0: no group */
	uint64_t figure[CGROUP_FIGURES];
	bool own_oom;  /* the group's own memory limit had processes killed */
	bool host_oom; /* processes were killed, but not for the group's own limit */
};

static_assert(CGROUP_FIGURES <= 32, "a bit for each figure");

/** cgroup_has() - whether a figure is known. */
static inline bool cgroup_has(const struct cgroup_usage *u, enum cgroup_figure f)
{
	return u->have & 1U << f;
}

/** cgroup_counts_cpu() - whether a group that counts CPU time was made: it may be optional. */
bool cgroup_counts_cpu(const struct cgroup *c);

/** cgroup_cpu_ns() - CPU time so far, nanoseconds. Return: false when no group counts it. */
bool cgroup_cpu_ns(const struct cgroup *c, uint64_t *ret);

/* What to read: what tells of limits; also what is counted; also what is slow to read, and pressure. */
enum cgroup_detail { CGROUP_OF_LIMITS, CGROUP_COUNTED, CGROUP_ALL };

/** cgroup_usage() - what the groups have counted. While the jail runs too. */
void cgroup_usage(const struct cgroup *c, enum cgroup_detail detail, struct cgroup_usage *ret);

#define CGROUP_INIT                                                                                \
	{                                                                                          \
		.plan = NULL                                                                       \
	}

#endif
