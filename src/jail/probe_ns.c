// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of the kernel's version, of the namespaces and of clone3, and the reasons for which the
 * kernel or somebody around us refuses them.
 */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <linux/capability.h>

#include "base/io.h"
#include "base/str.h"
#include "jail/probe_impl.h"

#define SYSCTL_DEBIAN	"/proc/sys/kernel/unprivileged_userns_clone"
#define SYSCTL_APPARMOR "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
#define SYSCTL_MAX	"/proc/sys/user/max_user_namespaces"

void probe_kernel(const struct probe_env *env UNUSED, const struct probe *probe UNUSED,
		  struct probe_result *r)
{
	unsigned long major, minor = 0;
	struct utsname u;
	char *end;

	uname(&u);
	major = strtoul(u.release, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	if (major > 5 || (major == 5 && minor >= 10)) {
		probe_say(r, PROBE_OK, "Linux %.80s, %.40s", u.release, u.machine);
		return;
	}
	probe_say(r, PROBE_DEGRADED, "Linux %.80s, %.40s", u.release, u.machine);
	probe_cause(r, "kernels before 5.10 are not supported");
	probe_cure(r, "a kernel of 5.10 or newer");
}

/* --- causes ---------------------------------------------------------------------------------- */

/* The AppArmor profile of this program without its mode; "" when there is none. */
static void apparmor_profile(char *buf, size_t n)
{
	ssize_t len = io_read_small(AT_FDCWD, "/proc/self/attr/apparmor/current", buf, n);

	if (len <= 0)
		len = io_read_small(AT_FDCWD, "/proc/self/attr/current", buf, n);
	/* The second file belongs to SELinux where that is the first module: u:r:t:level. */
	if (len <= 0 || strchr(buf, ':'))
		buf[0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

static bool blame_limit(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			struct probe_result *r)
{
	int64_t max = probe_number(SYSCTL_MAX);

	if (max == 0)
		probe_cause(r, "the sysctl user.max_user_namespaces is 0");
	else
		probe_cause(r,
			    "the limit user.max_user_namespaces (here %lld) is reached, here or "
			    "in a namespace around, or namespaces are nested 32 deep",
			    (long long)max);
	probe_cure(r, "as root of the machine: sysctl -w user.max_user_namespaces=15000");
	return true;
}

static bool blame_config(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			 struct probe_result *r)
{
	if (access("/proc/self", F_OK) < 0 || access("/proc/self/ns/user", F_OK) == 0)
		return false;
	probe_cause(r, "this kernel was built without user namespaces");
	probe_cure(r, "a kernel with CONFIG_USER_NS, or start as root with "
		      "--disable_clone_newuser");
	return true;
}

static bool blame_no_proc(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			  struct probe_result *r)
{
	if (access("/proc/self", F_OK) == 0)
		return false;
	probe_cause(r, "/proc is not mounted here, and id maps are written there");
	probe_cure(r, "mount -t proc proc /proc");
	return true;
}

static bool blame_processes(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			    struct probe_result *r)
{
	probe_cause(r, "the number of processes is limited (RLIMIT_NPROC or pids.max of a cgroup)");
	probe_cure(r, "raise 'ulimit -u', or pids.max (systemd: TasksMax) of the cgroup");
	return true;
}

static bool blame_debian_sysctl(const struct probe_env *env, const struct trial *t UNUSED,
				struct probe_result *r)
{
	if (probe_number(SYSCTL_DEBIAN) != 0 || probe_cap(env, CAP_SYS_ADMIN))
		return false;
	probe_cause(r, "the sysctl kernel.unprivileged_userns_clone is 0");
	probe_cure(r, "as root: sysctl -w kernel.unprivileged_userns_clone=1");
	return true;
}

static bool blame_apparmor_sysctl(const struct probe_env *env, const struct trial *t UNUSED,
				  struct probe_result *r)
{
	char profile[100], exe[128] = "";

	if (probe_number(SYSCTL_APPARMOR) <= 0 || probe_cap(env, CAP_SYS_ADMIN))
		return false;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		exe[0] = 0;
	apparmor_profile(profile, sizeof(profile));
	probe_cause(r,
		    "AppArmor takes the rights from user namespaces of unprivileged programs "
		    "(kernel.apparmor_restrict_unprivileged_userns is 1; profile here: %s)",
		    profile[0] ? profile : "unconfined");
	probe_cure(r,
		   "as root: load the profile 'abi <abi/4.0>, profile toastainer %s "
		   "flags=(unconfined) { userns, }' with apparmor_parser -r, or for all programs "
		   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
		   exe);
	return true;
}

static bool blame_chroot(const struct probe_env *env, const struct trial *t UNUSED,
			 struct probe_result *r)
{
	const char *cursor = env->mountinfo;
	struct mount_line m;

	if (!*cursor)
		return false;
	while (probe_mount_line(&cursor, &m))
		if (str_eq(m.point, "/"))
			return false;
	probe_cause(r, "this is a chroot, where the kernel refuses user namespaces");
	probe_cure(r, "start outside of the chroot and name it: toastainer run -c DIR; or make it "
		      "the root by pivot_root");
	return true;
}

static bool id_mapped(const char *path, uint64_t id)
{
	char buf[8192];
	char *p = buf;

	if (io_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return true; /* unknown: blame something else */
	p += strspn(p, " \n");
	while (*p >= '0' && *p <= '9') {
		uint64_t inside = strtoull(p, &p, 10), count;

		strtoull(p, &p, 10);
		count = strtoull(p, &p, 10);
		if (id - inside < count)
			return true;
		p += strspn(p, " \n");
	}
	return false;
}

static bool blame_unmapped(const struct probe_env *env, const struct trial *t UNUSED,
			   struct probe_result *r)
{
	if (id_mapped("/proc/self/uid_map", env->uid) && id_mapped("/proc/self/gid_map", env->gid))
		return false;
	probe_cause(r, "uid %u or gid %u has no place in the map of the user namespace around",
		    env->uid, env->gid);
	probe_cure(r, "map the caller's ids in the surrounding container, or start as an id that "
		      "/proc/self/uid_map has");
	return true;
}

static bool blame_setfcap(const struct probe_env *env, const struct trial *t,
			  struct probe_result *r)
{
	if (!t->step || !strstr(t->step, "uid_map") || env->uid || probe_cap(env, CAP_SETFCAP))
		return false;
	probe_cause(r, "root without CAP_SETFCAP may not map itself (Linux 5.12 and newer)");
	probe_cure(r, "leave CAP_SETFCAP to the surrounding container, or start as another user");
	return true;
}

static bool blame_seccomp(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			  struct probe_result *r)
{
	if (probe_status_field("Seccomp") != 2)
		return false;
	probe_cause(r, "a seccomp filter around us forbids it, most likely of a container");
	probe_cure(r, "docker, podman: --security-opt seccomp=unconfined; Kubernetes: "
		      "seccompProfile type Unconfined; a systemd unit: no RestrictNamespaces, "
		      "SystemCallFilter");
	return true;
}

static bool blame_apparmor_profile(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
				   struct probe_result *r)
{
	char profile[100];

	apparmor_profile(profile, sizeof(profile));
	if (!profile[0] || str_starts(profile, "unconfined"))
		return false;
	probe_cause(r, "the AppArmor profile %s forbids it", profile);
	probe_cure(r,
		   "docker, podman: --security-opt apparmor=unconfined; else allow 'userns,' and "
		   "'mount,' in the profile");
	return true;
}

static bool blame_selinux(const struct probe_env *env UNUSED, const struct trial *t UNUSED,
			  struct probe_result *r)
{
	if (probe_number("/sys/fs/selinux/enforce") != 1)
		return false;
	probe_cause(r, "SELinux forbids it");
	probe_cure(r, "see 'ausearch -m avc -ts recent', and allow it in the policy; podman: "
		      "--security-opt label=disable");
	return true;
}

/* In this order; the first that holds is the cause. */
static const struct blame {
	int code;
	bool (*holds)(const struct probe_env *env, const struct trial *t, struct probe_result *r);
} blames[] = {
	{ENOSPC, blame_limit},		 {EUSERS, blame_limit},
	{EINVAL, blame_config},		 {ENOENT, blame_no_proc},
	{EAGAIN, blame_processes},	 {EPERM, blame_debian_sysctl},
	{EPERM, blame_apparmor_sysctl},	 {EACCES, blame_apparmor_sysctl},
	{EPERM, blame_setfcap},		 {EPERM, blame_unmapped},
	{EPERM, blame_chroot},		 {EPERM, blame_seccomp},
	{ENOSYS, blame_seccomp},	 {EACCES, blame_apparmor_profile},
	{EPERM, blame_apparmor_profile}, {EACCES, blame_selinux},
	{EACCES, blame_seccomp},
};

void probe_blame(const struct probe_env *env, const struct trial *t, const char *what,
		 struct probe_result *r)
{
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(blames); i++)
		if (blames[i].code == t->code && blames[i].holds(env, t, r))
			return;
	probe_cause(r, "the kernel refuses %s (%s)", what, trial_text(t, text, sizeof(text)));
	if (t->code == ENOSYS || t->code == EINVAL)
		probe_cure(r, "a kernel that is newer or built with it");
	else if (t->code == ENOMEM)
		probe_cure(r, "free memory, or raise the memory limit of the cgroup");
	else if (!probe_cap(env, CAP_SYS_ADMIN))
		probe_cure(r, "start as root, or ask who set up this machine or container");
	else
		probe_cure(r, "see the kernel log and the audit log: a security module may have "
			      "denied it");
}

/* --- namespaces ------------------------------------------------------------------------------ */

void probe_userns(const struct probe_env *env, const struct probe *probe UNUSED,
		  struct probe_result *r)
{
	char text[160];

	if (env->userns.code == 0) {
		probe_say(r, PROBE_OK, "made, and its map of ids written%s",
			  env->uid ? "" : " (as root)");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&env->userns, text, sizeof(text)));
	probe_blame(env, &env->userns, "user namespaces", r);
}

static int prove_mount(struct trial *t, const void *arg UNUSED)
{
	int r = sys_mount("probe", "/", "tmpfs", MS_NOSUID | MS_NODEV, NULL);

	return r < 0 ? trial_fail(t, "mounting tmpfs", r) : 0;
}

static int prove_pid(struct trial *t, const void *arg UNUSED)
{
	return sys(SYS_getpid) == 1 ? 0 : trial_fail(t, "being process 1", -EINVAL);
}

static int prove_uts(struct trial *t, const void *arg UNUSED)
{
	int r = (int)sys(SYS_sethostname, "probe", 5);

	return r < 0 ? trial_fail(t, "setting the host name", r) : 0;
}

static int prove_net(struct trial *t, const void *arg UNUSED)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	long fd = sys(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r;

	if (fd == -EAFNOSUPPORT) /* a kernel without IPv4 */
		return 0;
	if (fd < 0)
		return trial_fail(t, "socket", fd);
	r = sys(SYS_ioctl, fd, SIOCSIFFLAGS, &req);
	return r < 0 ? trial_fail(t, "bringing lo up", r) : 0;
}

static const struct ns_kind {
	uint64_t flag;
	const char *what, *file, *sysctl, *config;
	trial_fn prove;
} ns_kinds[] = {
	{CLONE_NEWNS, "mount namespaces", "mnt", "mnt", NULL, prove_mount},
	{CLONE_NEWPID, "pid namespaces", "pid", "pid", "CONFIG_PID_NS", prove_pid},
	{CLONE_NEWIPC, "IPC namespaces", "ipc", "ipc", "CONFIG_IPC_NS", NULL},
	{CLONE_NEWUTS, "UTS namespaces", "uts", "uts", "CONFIG_UTS_NS", prove_uts},
	{CLONE_NEWNET, "network namespaces", "net", "net", "CONFIG_NET_NS", prove_net},
	{CLONE_NEWCGROUP, "cgroup namespaces", "cgroup", "cgroup", "CONFIG_CGROUPS", NULL},
	{CLONE_NEWTIME, "time namespaces", "time", "time", "CONFIG_TIME_NS", NULL},
};

static void blame_ns(const struct probe_env *env, const struct ns_kind *k, const struct trial *t,
		     struct probe_result *r)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", k->file);
	if (t->code == EINVAL && k->config && access(path, F_OK) < 0) {
		probe_cause(r, "this kernel was built without %s", k->what);
		probe_cure(r, "a kernel with %s", k->config);
	} else if (t->code == ENOSPC) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", k->sysctl);
		probe_cause(r,
			    "the limit user.max_%s_namespaces (here %lld) is reached, here or in "
			    "a namespace around",
			    k->sysctl, (long long)probe_number(path));
		probe_cure(r, "as root of the machine: sysctl -w user.max_%s_namespaces=15000",
			   k->sysctl);
	} else {
		probe_blame(env, t, k->what, r);
	}
}

void probe_ns(const struct probe_env *env, const struct probe *probe, struct probe_result *r)
{
	const struct ns_kind *k = ns_kinds;
	struct trial t;
	char text[160];

	if (probe_blocked(env, r))
		return;
	while (k->flag != probe->arg)
		k++;
	if (probe_try(env, env->ns | k->flag, k->prove, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "made%s", env->ns ? " in a user namespace" : " as root");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	blame_ns(env, k, &t, r);
}

static int try_clone3(struct trial *t, const void *arg UNUSED)
{
	int pidfd = FD_NONE;
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd};
	long pid = sys(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return trial_fail(t, "clone3", pid);
	sys_wait4((pid_t)pid, NULL, __WALL, NULL);
	return 0;
}

void probe_clone3(const struct probe_env *env, const struct probe *probe UNUSED,
		  struct probe_result *r)
{
	struct trial t;

	if (probe_try(env, 0, try_clone3, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "with pidfd");
		return;
	}
	probe_say(r, PROBE_DEGRADED, "refused (%s): clone(2) is used", strerror(t.code));
	probe_blame(env, &t, "clone3", r);
}
