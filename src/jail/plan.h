/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jail plan: everything resolved, nothing left to parse, allocate or look up after the clone.
 * Data only. Made by config/to_plan, executed by jail/spawn and jail/child. A plan is immutable and
 * can be launched any number of times. Strings and arrays are owned by whoever made the plan and
 * must outlive its launches.
 */
#ifndef TOASTAINER_JAIL_PLAN_H
#define TOASTAINER_JAIL_PLAN_H

#include <sched.h>
#include <sys/resource.h>

#include "base/defs.h"

struct cgroup_plan;
struct net_plan;
struct sock_fprog;
struct trace_settings;
struct enter_plan;
struct upper_plan;
struct diskimage;

/* struct idmap_plan - one of the two id maps of the user namespace */
struct idmap_plan {
	const char *text; /* lines "inside outside count\n" for /proc/PID/?id_map */
	const char *const
		*helper;  /* argv of newuidmap/newgidmap with [1] left for the pid, or NULL */
	bool shifted;	  /* some id is another outside */
	uint32_t outside; /* the id of the program's user or group, outside */
};

enum mount_kind {
	MOUNT_BIND,    /* src and everything mounted below it */
	MOUNT_FS,      /* a new file system of a type */
	MOUNT_SYMLINK, /* a symbolic link with the text src */
	MOUNT_FILE,    /* a file with content */
	MOUNT_COPY,    /* a copy of the file or directory src */
	MOUNT_LAYER,   /* nothing by itself: src is a layer of the root, which is an overlay */
	MOUNT_UPPER,   /* as well: src is, or has in it, the upper layer (storage/upper.h) */
};

enum target_type { TARGET_DIR, TARGET_FILE, TARGET_LIKE_SOURCE };

/* struct mount_plan - one entry below the new root; the first of a plan is the root itself */
struct mount_plan {
	enum mount_kind kind;
	const char *src;    /* absolute or relative to the launcher's directory; text of a link */
	const char *from;   /* where src is in a template (template.h); NULL: at src */
	const char *dst;    /* absolute, in the jail */
	const char *fstype; /* MOUNT_FS */
	/* MOUNT_FS: "key" or "key=value" strings for fsconfig(2), ended by NULL; may be NULL */
	const char *const *options;
	const char *data;    /* the same, joined with commas, for mount(2) */
	const void *content; /* MOUNT_FILE */
	size_t content_len;
	uint64_t attrs; /* MOUNT_ATTR_* (mount_setattr(2)) */
	enum target_type target;
	dev_t device;	    /* MOUNT_BIND: src must be this character device; 0: anything */
	bool optional;	    /* a failure is skipped */
	bool strict_target; /* dst must not lead over a symbolic link */
	bool cover_link;    /* a symbolic link at dst is mounted over, not followed */
	bool make_target;   /* make dst when it is missing */
	bool readonly_last; /* later targets are made inside: becomes read-only at the end */
	bool limited; /* a tmpfs whose size or number of files --disk_limit or --inode_limit set */
	bool exists_is_fine; /* a link that is already there with the same text is kept */
	bool by_launcher;    /* sysfs: the jail may not make it (network.h) */
};

/* struct limit_plan - one resource limit to set */
struct limit_plan {
	int resource;
	struct rlimit value;
	const char *name;
};

/* struct root_extra - something that a read-only root directory lacks and a layer above it supplies */
struct root_extra {
	const char *path; /* relative; a directory ends with a slash; NULL ends the list */
	const char *link; /* text of a symbolic link, NULL: a directory or an empty file */
};

enum pid_role {
	PID_SHARED, /* no pid namespace: the program is one process among the host's */
	PID_ONE,    /* the program is pid 1 of a namespace nested in our guard's */
	PID_INIT,   /* our init is pid 1, the program pid 2 */
};

enum stdio_plan { STDIO_KEEP, STDIO_NULL, STDIO_STDERR_NULL };

/* struct watch_plan - limits that the launcher watches; nanoseconds, 0: none */
struct watch_plan {
	uint64_t time_ns;  /* wall clock */
	uint64_t cpu_ns;   /* CPU time of all processes together */
	uint64_t idle_ns;  /* no CPU time used for so long */
	uint64_t grace_ns; /* from asking the program to end to killing it; 0: killed at once */
	bool cpu_counter;  /* a cgroup counts the CPU time */
};

struct jail_plan {
	const char *name; /* for messages; may be NULL */

	/* namespaces and ids */
	const struct enter_plan *enter; /* join this jail; NULL: make one */
	uint64_t clone_flags;		/* CLONE_NEW* */
	enum pid_role pid_role;
	struct idmap_plan uid_map, gid_map; /* used when clone_flags has CLONE_NEWUSER */
	bool deny_setgroups;		    /* an unprivileged gid map demands it */
	bool set_ids;			    /* become uid and gid, drop supplementary groups */
	uid_t uid;			    /* inside */
	gid_t gid;
	const char *hostname; /* NULL: leave */
	bool loopback_up;
	/* what else its network has, and then who makes the namespace; NULL: nothing */
	const struct net_plan *net;
	bool net_outside; /* with enter: the namespace is not the jail's own (net_plan.jails_own) */

	/* root and mounts */
	const struct mount_plan *mounts; /* [0] is the root; 0 entries: keep the caller's root */
	unsigned n_mounts;
	bool scratch;	       /* the mounts need a private file system to take files from */
	bool all_readonly;     /* one recursive read-only at the end instead of one a mount */
	bool classic_mounts;   /* mount(2) instead of the new interface */
	bool move_root;	       /* MS_MOVE and chroot instead of pivot_root */
	const char *chroot_to; /* without a mount namespace: chroot(2) there; NULL: no */
	/* what an overlay layer adds to a read-only root directory; NULL: nothing */
	const struct root_extra *root_extra;
	/* the root is an overlay of the n_layers mounts after it, topmost first; 0: it is none */
	unsigned n_layers;
	/* so many mounts after the root are made by the launcher and given to the jail; 0: none */
	unsigned n_given;
	bool shift_ids;		       /* ... with the jail's id maps */
	const struct diskimage *image; /* the one layer is this file; NULL: a directory */
	/* a process that makes the root of its layers, executed as that of an image; NULL: the kernel does */
	char *const *overlay_server;
	const struct upper_plan *upper;	     /* with a writable layer: where that is */
	const struct mount_plan *scratch_fs; /* options of the scratch file system; NULL: none */
	bool hold_root; /* the launcher looks at the root when the jail has ended */
	const char *cwd;

	/* descriptors and terminal */
	enum stdio_plan stdio;
	int null_fd;	     /* open on /dev/null when stdio needs it */
	const int *pass_fds; /* sorted */
	unsigned n_pass_fds;
	bool new_session;
	bool tty;      /* a terminal of the jail's own on those of 0, 1, 2 that are terminals */
	int32_t umask; /* -1: leave */

	/* limits */
	const struct limit_plan *limits;
	unsigned n_limits;
	bool set_nice;
	bool nice_must_work; /* else a refusal is passed over, as nsjail does */
	int nice;
	const cpu_set_t *cpus; /* NULL: leave */
	bool set_oom_score_adj;
	int oom_score_adj;
	unsigned long personality; /* 0: leave */
	bool core_scheduling, disable_tsc;
	const struct cgroup_plan *cgroup; /* cgroup/cgroup.h; NULL: no control group is touched */
	bool cgroup_seal; /* its user namespace gets no cgroup namespaces: plan_cgroup.c says why */
	bool cgroup_open; /* ... it would need that, and cannot have it */

	/* privileges */
	uint64_t caps; /* capabilities kept, one bit each */
	bool no_new_privs;
	const struct sock_fprog *seccomp; /* what is installed; NULL: none */
	const struct sock_fprog *policy;  /* the policy alone: the same, unless it is watched */
	bool seccomp_log;
	bool seccomp_asks;		    /* the filter is one with a listener */
	bool seccomp_kills;		    /* the policy can kill */
	bool follow;			    /* the launcher explains what the policy kills */
	const struct trace_settings *trace; /* what is watched from outside; NULL: nothing */

	/* program */
	char *const *argv;
	char *const *envp;
	const char *const *exec_paths; /* tried in order while ENOENT or EACCES; NULL ends */
	int exec_fd;		       /* >= 0: execute this descriptor instead */

	/* supervision */
	struct watch_plan watch;
	uint64_t output_limit; /* bytes on 1 and 2 together; UINT64_MAX: none */
	bool output_truncate;  /* what is beyond the limit is dropped, instead of ending the jail */
	bool disk_limit;       /* some mounts are limited */
	uint64_t require;      /* 1 << enum protection: what must not be weaker than asked */
	bool measure;	       /* somebody wants to know pressure and the like */
	bool account;	       /* ... and what exactly was used: reap all before the end */
	bool forward_signals;
	bool report_start; /* somebody wants to know when the program runs */
	/*
	 * The launching process is all ours, not the library's caller: waiting may block, and
	 * children may raise SIGCHLD.
	 */
	bool own_process;
	/*
	 * The child runs in the launcher's memory until exec. For own_process only; and only
	 * with a guard that the program cannot see (PID_ONE).
	 */
	bool share_memory;
	char *args; /* the launcher's command line, blanked in a guard with memory of its own */
	size_t args_len;
};

#endif
