// SPDX-License-Identifier: BSD-3-Clause
/*
 * Hints: from the step that failed and the errno to one line that says what to do. Called by the
 * launching side when a launch has failed. Cannot fail: without a known cause there is no hint.
 */
#include "jail/hints.h"
#include "jail/plan.h"
#include "jail/probe.h"

struct hint {
	const char *step; /* NULL: any */
	int code;
	const char *word; /* only when the message has it; NULL: always */
	/* Looks for the cause on this machine; false: the text below is the hint. */
	bool (*find)(struct err *err, const struct probe_env *env);
	const char *text; /* NULL: go on with the next row */
};

/* The cause and cure of a probe that found something missing. */
static bool from_probe(struct err *err, const struct probe_env *env, const char *name)
{
	struct probe_result r;

	if (!probe_run_named(env, name, &r) || r.status != PROBE_MISSING || !r.cause[0])
		return false;
	err_hint(err, "%s%s%s", r.cause, r.cure[0] ? "; " : "", r.cure);
	return true;
}

static bool find_namespaces(struct err *err, const struct probe_env *env)
{
	static const char *const names[] = {
		"userns", "ns_mount", "ns_pid",	   "ns_ipc",
		"ns_uts", "ns_net",   "ns_cgroup", "ns_time",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (from_probe(err, env, names[i]))
			return true;
	return false;
}

static bool find_idmap(struct err *err, const struct probe_env *env)
{
	return from_probe(err, env, "userns") || from_probe(err, env, "subids");
}

static bool find_mounting(struct err *err, const struct probe_env *env)
{
	return from_probe(err, env, "ns_mount");
}

static bool find_proc(struct err *err, const struct probe_env *env)
{
	return from_probe(err, env, "proc");
}

static bool find_overlay(struct err *err, const struct probe_env *env)
{
	return from_probe(err, env, "overlayfs");
}

static bool find_seccomp(struct err *err, const struct probe_env *env)
{
	return from_probe(err, env, "seccomp");
}

/* In a container "root" may lack the right too: say what the machine says. */
static bool find_links(struct err *err, const struct probe_env *env)
{
	return strstr(err->msg, "traffic rule") && from_probe(err, env, "nftables");
}

#define NETWORK_RIGHTS                                                                             \
	"interfaces and traffic rules are set up outside of the jail: this needs CAP_SYS_ADMIN "   \
	"and "                                                                                     \
	"CAP_NET_ADMIN over the caller's network, so start as root; without, a jail can have no "  \
	"network, or --net host"
#define SEE_DOCTOR "'toastainer doctor' shows what this machine allows"
#define NO_TARGET                                                                                  \
	"missing mount targets are not made in the root: create it there, or mark the mount as "   \
	"not mandatory"
#define MAP_RIGHTS                                                                                 \
	"without root a map may have the caller's own id, or ranges of /etc/subuid and "           \
	"/etc/subgid through newuidmap and newgidmap"
#define LOCKED                                                                                     \
	"in a user namespace the flags of the source's mount (read-only, nosuid, nodev, noexec) "  \
	"are locked and must be kept, and only some file systems may be mounted"

/* The first row that fits and has something to say. */
static const struct hint hints[] = {
	{"namespaces", EPERM, NULL, find_namespaces, SEE_DOCTOR},
	{"namespaces", EACCES, NULL, find_namespaces, SEE_DOCTOR},
	{"namespaces", EINVAL, NULL, find_namespaces, SEE_DOCTOR},
	{"namespaces", ENOSYS, NULL, find_namespaces, SEE_DOCTOR},
	{"namespaces", EUSERS, NULL, find_namespaces, SEE_DOCTOR},
	{"namespaces", ENOSPC, NULL, find_namespaces,
	 "a limit user.max_*_namespaces is reached, here or in a namespace around"},
	{"namespaces", EAGAIN, NULL, NULL,
	 "the number of processes is limited: raise 'ulimit -u' (RLIMIT_NPROC counts all of the "
	 "user's), or pids.max of the cgroup (systemd: TasksMax)"},

	{"idmap", EPERM, NULL, find_idmap, MAP_RIGHTS},
	{"idmap", EACCES, NULL, find_idmap, MAP_RIGHTS},
	{"idmap", ENOENT, NULL, find_idmap, "newuidmap and newgidmap: apt-get install uidmap"},
	{"idmap", EINVAL, NULL, NULL,
	 "ranges of a map must not overlap, and each outside id must be mapped here (see "
	 "/proc/self/uid_map)"},

	{"network", EPERM, NULL, find_links, NETWORK_RIGHTS},
	{"network", EACCES, NULL, find_links, NETWORK_RIGHTS},

	{"hostname", EINVAL, NULL, NULL, "host names have at most 64 bytes"},
	{"sources", ENOENT, NULL, NULL, "a bind mount's source must exist, unless not mandatory"},
	{"sources", EPERM, NULL, find_mounting, LOCKED},
	{"sources", EACCES, NULL, find_mounting,
	 "the caller must be able to reach it: each directory above needs the x bit for that user"},

	{NULL, EPERM, "proc", find_proc, NULL},
	{NULL, EACCES, "proc", find_proc, NULL},
	{NULL, EPERM, "overlay", find_overlay, NULL},
	{NULL, ENODEV, "overlay", find_overlay, NULL},
	{"root", ENOENT, NULL, NULL, NO_TARGET},
	{"root", EACCES, NULL, NULL,
	 "the jail's user must be able to reach the root: each directory above it needs the x bit "
	 "for that user"},
	{"root", EPERM, NULL, NULL, LOCKED},
	{"mounts", ENOENT, "'/proc/", NULL,
	 "nothing can be made in a proc file system: choose a target outside of /proc, or one that "
	 "is there"},
	{"mounts", ENOENT, NULL, NULL, NO_TARGET},
	{"mounts", EROFS, NULL, NULL,
	 "the target cannot be made on a read-only root: create it there before, or use --rw"},
	{"mounts", EACCES, NULL, NULL,
	 "the jail's user may not make or reach the target: create it in the root before"},
	{"mounts", EPERM, NULL, NULL, LOCKED},
	{"mounts", ENOTDIR, NULL, NULL, "a directory is mounted on a directory, a file on a file"},
	{"mounts", ELOOP, NULL, NULL, "a symbolic link stands in the way of the target"},
	{"mounts", ENODEV, "No such device", NULL,
	 "the kernel does not know the file system type: see /proc/filesystems, or load its "
	 "module"},
	{"mounts", EINVAL, "bind", NULL, "a directory is bound on a directory, a file on a file"},
	{"mounts", EINVAL, NULL, NULL, "are the options ones of this file system type?"},
	{"readonly", EPERM, NULL, NULL, LOCKED},
	{"cwd", ENOENT, NULL, NULL, "the working directory (--cwd) must exist inside the jail"},
	{"cwd", EACCES, NULL, NULL, "the jail's user may not enter the working directory (--cwd)"},

	{"identity", EINVAL, NULL, NULL, "the id has no place in the jail's id map"},
	{"identity", EPERM, NULL, NULL,
	 "setting groups needs a map written with privilege: start as root, or have ranges in "
	 "/etc/subgid"},
	{"limits", EPERM, NULL, NULL,
	 "only root may raise a hard limit: ask for at most the caller's (see 'ulimit -H -a'), or "
	 "for 'soft', 'hard' or 'inherit'"},
	{"capabilities", EPERM, NULL, NULL,
	 "a capability that the jail does not have cannot be kept: with --disable_clone_newuser "
	 "it must be one of the caller's"},
	{"seccomp", EINVAL, NULL, find_seccomp, SEE_DOCTOR},
	{"seccomp", ENOSYS, NULL, find_seccomp, SEE_DOCTOR},
	{"seccomp", EACCES, NULL, NULL,
	 "a filter needs no_new_privs or CAP_SYS_ADMIN: leave out --disable_no_new_privs"},
	{"tty", ENOENT, NULL, NULL, "no /dev/ptmx here: mount devpts, or run without a terminal"},

	{"exec", ENOENT, NULL, NULL,
	 "paths are those inside the jail; if the program is there, its interpreter is not: the "
	 "one "
	 "after #!, or the loader of a dynamic program (bind /lib and /lib64 too, or use a static "
	 "one)"},
	{"exec", ENOEXEC, NULL, NULL,
	 "a program for another architecture, or a script without a #! line"},
	{"exec", EACCES, NULL, NULL,
	 "is the file executable for the jail's user (x bits, also of the directories above), and "
	 "is it on a mount without noexec?"},
	{"exec", EISDIR, NULL, NULL, "this is a directory"},
	{"exec", ENOTDIR, NULL, NULL, "a part of the path is not a directory"},
	{"exec", ELOOP, NULL, NULL, "symbolic links that lead in a circle"},
	{"exec", E2BIG, NULL, NULL,
	 "arguments and environment are too large: a quarter of the stack limit (--rlimit_stack), "
	 "and 128 KiB each"},
	{"exec", ENOMEM, NULL, NULL,
	 "the address space limit (--rlimit_as) or the memory limit is too small for this program"},
	{"exec", ETXTBSY, NULL, NULL, "somebody has the program open for writing"},
	{"exec", EAGAIN, NULL, NULL, "the user has more processes than RLIMIT_NPROC allows"},

	{"cgroup", EAGAIN, "make the control", NULL,
	 "a group above allows no more or no deeper ones: its cgroup.max.descendants and "
	 "cgroup.max.depth"},
	{"cgroup", ENOSPC, "make the control", NULL,
	 "the kernel has no number left for a group: those that were removed keep theirs while "
	 "memory is charged to them"},

	{NULL, ENOMEM, NULL, NULL, "no memory: see the memory limits of this user and its cgroup"},
	{NULL, EMFILE, NULL, NULL, "too many open files: raise 'ulimit -n'"},
	{NULL, ENFILE, NULL, NULL, "too many open files on the machine: sysctl fs.file-max"},
	{NULL, ENOSPC, NULL, NULL,
	 "a disk is full, or a limit of the kernel is reached (sysctl fs.mount-max, "
	 "user.max_*_namespaces)"},
	{NULL, EDQUOT, NULL, NULL, "the user's disk quota is used up"},
	{NULL, EAGAIN, NULL, NULL, "too many processes: raise 'ulimit -u' or pids.max"},
	{NULL, ENOSYS, NULL, NULL,
	 "the kernel is too old (5.10 is needed), or a seccomp filter around hides the call"},
};

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

void hint_plan(const struct jail_plan *plan, struct err *err)
{
	const char *program = plan->exec_paths ? plan->exec_paths[0] : NULL;

	if (err->code != ENOENT || !str_eq(err->step, "exec") || !program || plan->exec_fd >= 0)
		return;
	if (!plan->n_mounts || plan->mounts[0].kind != MOUNT_FS)
		return; /* a root of its own: what is in it, nobody knows */
	for (unsigned i = 1; i < plan->n_mounts; i++)
		if (lies_in(program, plan->mounts[i].dst))
			return;
	err_hint(err, "the root is empty but for what is mounted: take a directory as the root "
		      "(--chroot DIR), or bind what the program needs, such as -R /bin -R /lib "
		      "-R /lib64 -R /usr");
}

void hint_add(struct err *err)
{
	struct probe_env env;
	bool probed = false;

	if (!err || !err->code)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(hints) && !err->hint[0]; i++) {
		const struct hint *h = &hints[i];

		if (h->code != err->code || (h->step && !str_eq(h->step, err->step)) ||
		    (h->word && !strstr(err->msg, h->word)))
			continue;
		if (h->find && !probed) {
			probe_env_init(&env);
			probed = true;
		}
		if (!(h->find && h->find(err, &env)) && h->text)
			err_hint(err, "%s", h->text);
	}
	if (probed)
		probe_env_free(&env);
}
