// SPDX-License-Identifier: BSD-3-Clause
/*
 * The table of probes and the child they try things in. Called by `doctor` and by the hints of
 * errors, never on the way of a launch.
 *
 * Nothing is left behind because everything is made in namespaces or as detached mounts that die
 * with the child. The one trace: asked for overlayfs, nf_tables, veth, macvlan or tun, a kernel
 * that has it as a module loads that, as it would for the jail.
 *
 * Children are cloned without an exit signal and waited for by pid: a process that lives in this
 * one (the library's host) gets no SIGCHLD and cannot reap them by accident.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <linux/capability.h>

#include "base/io.h"
#include "base/str.h"
#include "jail/probe_impl.h"

static const struct probe table[] = {
	{"kernel", "everything; 5.10 is the oldest supported", false, 0, probe_kernel},
	{"userns", "jails without root; every jail's own ids", true, 0, probe_userns},
	{"ns_mount", "a root of its own", true, CLONE_NEWNS, probe_ns},
	{"ns_pid", "own processes; killing them all", true, CLONE_NEWPID, probe_ns},
	{"ns_ipc", "own System V and POSIX IPC", true, CLONE_NEWIPC, probe_ns},
	{"ns_uts", "own host name", true, CLONE_NEWUTS, probe_ns},
	{"ns_net", "no network, or its own", true, CLONE_NEWNET, probe_ns},
	{"ns_cgroup", "hiding the place in the cgroup tree", true, CLONE_NEWCGROUP, probe_ns},
	{"ns_time", "own clocks (--enable_clone_newtime)", false, CLONE_NEWTIME, probe_ns},
	{"proc", "/proc inside the jail", true, 0, probe_proc},
	{"subids", "more than one id in a jail; images", false, 0, probe_subids},
	{"clone3", "starting in a cgroup", false, 0, probe_clone3},
	{"mount_api", "detached, recursive read-only mounts", false, 0, probe_mount_api},
	{"overlayfs", "layers, throw-away writable roots", false, 0, probe_overlay},
	{"idmapped_mounts", "one image for jails of different ids", false, 0, probe_idmapped},
	{"cgroup_v2", "limits of memory, processes, CPU", false, 0, probe_cgroup_v2},
	{"cgroup_v1", "the same limits on older systems", false, 0, probe_cgroup_v1},
	{"seccomp", "system call policies", false, 0, probe_seccomp},
	{"seccomp_unotify", "reporting and emulating system calls", false, 0, probe_unotify},
	{"landlock", "file rules without mounts", false, 0, probe_landlock},
	{"nftables", "traffic rules", false, 0, probe_nftables},
	{"veth", "a link between jail and host", false, PROBE_VETH, probe_link},
	{"nat", "the internet through the host (--net nat)", false, 0, probe_nat},
	{"macvlan", "a jail with its own address on a LAN", false, PROBE_MACVLAN, probe_link},
	{"tun", "the user-mode network", false, 0, probe_tun},
};

static const char *const status_names[] = {
	[PROBE_OK] = "ok",
	[PROBE_DEGRADED] = "degraded",
	[PROBE_MISSING] = "missing",
	[PROBE_UNNEEDED] = "not needed",
};
static_assert(ARRAY_SIZE(status_names) == PROBE_STATUSES, "a name for each status");

const char *probe_status_name(enum probe_status status)
{
	return status_names[status];
}

const struct probe *probe_table(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(table);
	return table;
}

void probe_run(const struct probe_env *env, const struct probe *probe, struct probe_result *r)
{
	*r = (struct probe_result){.status = PROBE_MISSING};
	probe->run(env, probe, r);
}

bool probe_run_named(const struct probe_env *env, const char *name, struct probe_result *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (str_eq(table[i].name, name)) {
			probe_run(env, &table[i], r);
			return true;
		}
	}
	return false;
}

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (sys(SYS_capget, &head, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

void probe_env_init(struct probe_env *env)
{
	char *text;

	*env = (struct probe_env){.uid = geteuid(), .gid = getegid(), .mountinfo = ""};
	env->caps = effective_caps();
	if (io_read_file(&env->arena, AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &text, NULL,
			 NULL) == 0)
		env->mountinfo = text;
	probe_try(env, CLONE_NEWUSER, NULL, NULL, &env->userns);
	if (env->userns.code == 0)
		env->ns = CLONE_NEWUSER;
	env->can = env->ns || probe_cap(env, CAP_SYS_ADMIN);
}

void probe_env_free(struct probe_env *env)
{
	arena_free(&env->arena);
	env->mountinfo = "";
}

bool probe_cap(const struct probe_env *env, unsigned cap)
{
	return env->caps >> cap & 1;
}

int trial_fail(struct trial *t, const char *step, long r)
{
	t->step = step;
	t->code = (int)-r;
	return (int)r;
}

const char *trial_text(const struct trial *t, char *buf, size_t n)
{
	snprintf(buf, n, "%s: %s", t->step ? t->step : "done", strerror(t->code));
	return buf;
}

/* The caller's ids become 0: allowed without any privilege, for one id. */
static int map_own_id(const struct probe_env *env, struct trial *t)
{
	char line[32];
	int r;

	r = io_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");
	if (r < 0)
		return trial_fail(t, "/proc/self/setgroups", r);
	snprintf(line, sizeof(line), "0 %u 1\n", env->gid);
	r = io_write_file(AT_FDCWD, "/proc/self/gid_map", line);
	if (r < 0)
		return trial_fail(t, "writing /proc/self/gid_map", r);
	snprintf(line, sizeof(line), "0 %u 1\n", env->uid);
	r = io_write_file(AT_FDCWD, "/proc/self/uid_map", line);
	return r < 0 ? trial_fail(t, "writing /proc/self/uid_map", r) : 0;
}

/* In the child. Time namespaces have no clone(2) flag of their own, hence unshare(2). */
static int attempt(const struct probe_env *env, uint64_t flags, trial_fn fn, const void *arg,
		   struct trial *t)
{
	int r = 0;

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (flags & CLONE_NEWUSER)
		r = map_own_id(env, t);
	if (r == 0 && (flags & CLONE_NEWNS)) {
		r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (r < 0)
			trial_fail(t, "making mounts private", r);
	}
	if (r == 0 && (flags & CLONE_NEWTIME)) {
		r = (int)sys(SYS_unshare, CLONE_NEWTIME);
		if (r < 0)
			trial_fail(t, "unshare", r);
	}
	return r == 0 && fn ? fn(t, arg) : r;
}

int probe_try(const struct probe_env *env, uint64_t flags, trial_fn fn, const void *arg,
	      struct trial *ret)
{
	struct trial *t;
	int status = 0;
	long pid;

	*ret = (struct trial){.code = 0};
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return trial_fail(ret, "mmap", -errno);
	pid = sys(SYS_clone, flags & ~(uint64_t)CLONE_NEWTIME);
	if (pid == 0) {
		attempt(env, flags, fn, arg, t);
		t->done = true;
		_exit(0);
	}
	if (pid < 0) {
		munmap(t, sizeof(*t));
		return trial_fail(ret, "clone", pid);
	}
	while (sys_wait4((pid_t)pid, &status, __WALL, NULL) == -EINTR)
		;
	*ret = *t;
	munmap(t, sizeof(*t));
	if (!ret->done)
		/* By a seccomp filter, if it was SIGSYS. */
		return trial_fail(ret,
				  WTERMSIG(status) == SIGSYS ? "a system call (killed by SIGSYS)"
							     : "a system call (killed)",
				  -EPERM);
	return -ret->code;
}

void probe_say(struct probe_result *r, enum probe_status status, const char *fmt, ...)
{
	va_list ap;

	r->status = status;
	va_start(ap, fmt);
	vsnprintf(r->found, sizeof(r->found), fmt, ap);
	va_end(ap);
}

void probe_cause(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->cause, sizeof(r->cause), fmt, ap);
	va_end(ap);
}

void probe_cure(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->cure, sizeof(r->cure), fmt, ap);
	va_end(ap);
}

bool probe_blocked(const struct probe_env *env, struct probe_result *r)
{
	if (env->can)
		return false;
	probe_say(r, PROBE_MISSING, "could not be tried");
	probe_cause(r,
		    "it needs a user namespace or CAP_SYS_ADMIN, and there is neither: see userns");
	return true;
}

int64_t probe_number(const char *path)
{
	char buf[64];
	char *end;
	long long v;

	if (io_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return -1;
	v = strtoll(buf, &end, 10);
	return end == buf ? -1 : v;
}

int64_t probe_status_field(const char *name)
{
	char buf[4096], key[40];
	const char *p;

	if (io_read_small(AT_FDCWD, "/proc/self/status", buf, sizeof(buf)) <= 0)
		return -1;
	snprintf(key, sizeof(key), "\n%s:", name);
	p = strstr(buf, key);
	return p ? strtoll(p + strlen(key), NULL, 10) : -1;
}

/* The next blank-separated word, cut to what fits. */
static const char *word(const char *p, const char *end, char *buf, size_t n)
{
	size_t len;

	while (p < end && *p == ' ')
		p++;
	for (len = 0; p < end && *p != ' '; p++)
		if (len + 1 < n)
			buf[len++] = *p;
	buf[len] = 0;
	str_unescape_mount(buf);
	return p;
}

/* "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue" */
bool probe_mount_line(const char **cursor, struct mount_line *ret)
{
	const char *p = *cursor, *end = strchr(p, '\n'), *sep;
	char skip[64];

	if (!end)
		return false;
	*cursor = end + 1;
	for (int i = 0; i < 3; i++)
		p = word(p, end, skip, sizeof(skip));
	p = word(p, end, ret->root, sizeof(ret->root));
	p = word(p, end, ret->point, sizeof(ret->point));
	p = word(p, end, ret->options, sizeof(ret->options));
	sep = memmem(p, (size_t)(end - p), " - ", 3);
	p = word(sep ? sep + 3 : end, end, ret->type, sizeof(ret->type));
	p = word(p, end, skip, sizeof(skip));
	word(p, end, ret->super, sizeof(ret->super));
	return true;
}
