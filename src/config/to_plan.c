// SPDX-License-Identifier: BSD-3-Clause
/*
 * Resolving a config. What this version cannot enforce is an error here, never silently dropped.
 */
#include <linux/capability.h>
#include <stdarg.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "jail/capabilities.h"

void plan_warn(struct planner *p, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	if (p->out->n_warnings == ARRAY_SIZE(p->out->warnings))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->out->warnings[p->out->n_warnings] = arena_strdup(&p->out->arena, text);
	if (p->out->warnings[p->out->n_warnings])
		p->out->n_warnings++;
}

static int plan_namespaces(struct planner *p)
{
	const struct config *cfg = p->cfg;
	const struct {
		bool on;
		uint64_t flag;
	} map[] = {
		{cfg->clone_newnet, CLONE_NEWNET},	 {cfg->clone_newuser, CLONE_NEWUSER},
		{cfg->clone_newns, CLONE_NEWNS},	 {cfg->clone_newpid, CLONE_NEWPID},
		{cfg->clone_newipc, CLONE_NEWIPC},	 {cfg->clone_newuts, CLONE_NEWUTS},
		{cfg->clone_newcgroup, CLONE_NEWCGROUP}, {cfg->clone_newtime, CLONE_NEWTIME},
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		p->plan->clone_flags |= map[i].on ? map[i].flag : 0;
	p->plan->pid_role = !cfg->clone_newpid ? PID_SHARED : cfg->init ? PID_INIT : PID_ONE;
	p->plan->loopback_up = cfg->clone_newnet && !cfg->iface_no_lo;
	p->plan->hostname = cfg->clone_newuts ? cfg->hostname : NULL;
	return 0;
}

static int bad_capability(const struct config *cfg, const char *name, struct err *err)
{
	const char *place = config_place(cfg, name);

	err_set(err, EINVAL, "'%s' is not a capability", name);
	return place ? err_wrap(err, "%s", place) : -EINVAL;
}

static int plan_privileges(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;

	p->plan->no_new_privs = !cfg->disable_no_new_privs;
	p->plan->caps = cfg->keep_caps ? UINT64_MAX : 0;
	for (unsigned i = 0; i < cfg->cap.n; i++) {
		int cap = capability_number(cfg->cap.v[i]);

		if (cap < 0)
			return bad_capability(cfg, cfg->cap.v[i], err);
		p->plan->caps |= 1ULL << cap;
	}
	if (cfg->face == FACE_IMAGE && !cfg->keep_caps && !cfg->cap.n)
		p->plan->caps = CAPABILITIES_DOCKER;
	return 0;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static int plan_descriptors(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	unsigned n = 0;
	int *fds;

	if (cfg->silent || cfg->stderr_to_null) {
		int fd = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);

		if (fd < 0)
			return err_sys(err, fd, "open /dev/null");
		p->out->null_fd = fd;
		p->plan->null_fd = fd;
		p->plan->stdio = cfg->silent ? STDIO_NULL : STDIO_STDERR_NULL;
	}
	p->plan->new_session = !cfg->skip_setsid;
	if (!cfg->pass_fd.n)
		return 0;
	fds = arena_alloc(&p->out->arena, cfg->pass_fd.n * sizeof(*fds));
	if (!fds)
		return err_oom(err);
	for (unsigned i = 0; i < cfg->pass_fd.n; i++) {
		int fd = cfg->pass_fd.v[i], flags = fd < 0 ? -1 : fcntl(fd, F_GETFD);

		/*
		 * Whatever we opened ourselves is close-on-exec, and may have the number that was
		 * meant for the caller's: that must never get in.
		 */
		if (flags >= 0 && !(flags & FD_CLOEXEC)) {
			fds[n++] = fd;
			continue;
		}
		if (fd < 0 || cfg->face != FACE_NSJAIL) {
			err_set(err, EBADF, "pass_fd: %d is not an open descriptor of the caller",
				fd);
			return err_hint(err, "it must be open, and not close-on-exec");
		}
		plan_warn(p, "pass_fd: descriptor %d is not open: not passed", fd);
	}
	qsort(fds, n, sizeof(*fds), compare_ints);
	p->plan->pass_fds = fds;
	p->plan->n_pass_fds = n;
	return 0;
}

/* plan_own_args() - what of ours a guard with memory of its own must not show the jail. */
static void plan_own_args(const struct config *cfg, struct jail_plan *plan)
{
	char **last = cfg->own_argv;

	if (!last || !last[0])
		return;
	while (last[1]) /* the words lie one after another (execve(2)) */
		last++;
	plan->args = cfg->own_argv[0];
	plan->args_len = (size_t)(*last + strlen(*last) - plan->args);
}

int to_plan(const struct config *cfg, struct planned *ret, struct err *err)
{
	struct planner p = {.cfg = cfg, .out = ret, .plan = &ret->plan};
	int r;

	for (unsigned i = 0; i < cfg->notes.n; i++)
		plan_warn(&p, "%s", cfg->notes.v[i]);
	plan_own_args(cfg, &ret->plan);
	ret->plan.name = cfg->name;
	ret->plan.forward_signals = cfg->forward_signals;
	r = plan_namespaces(&p);
	if (r >= 0)
		r = plan_ids(&p, err);
	if (r >= 0)
		r = plan_privileges(&p, err);
	if (r >= 0)
		r = plan_net(&p, err);
	if (r >= 0)
		r = plan_cgroup(&p, err);
	if (r >= 0)
		r = plan_mounts(&p, err);
	if (r >= 0)
		r = plan_descriptors(&p, err);
	if (r >= 0)
		r = plan_limits(&p, err);
	if (r >= 0)
		r = plan_watch(&p, err);
	if (r >= 0)
		r = plan_seccomp(&p, err);
	if (r >= 0)
		r = plan_exec(&p, err);
	if (r >= 0)
		r = plan_require(&p, err);
	return r;
}

void planned_free(struct planned *p)
{
	if (p->null_fd >= 0)
		close(p->null_fd);
	if (p->trace_fd >= 0)
		close(p->trace_fd);
	if (p->exec_fd >= 0)
		close(p->exec_fd);
	arena_free(&p->arena);
	*p = (struct planned)PLANNED_INIT;
}
