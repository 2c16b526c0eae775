// SPDX-License-Identifier: BSD-3-Clause
/*
 * The system call policy: compiled here, installed by the child as its last step but one; and what
 * watches it: explain, audit, seccomp_unotify.
 */
#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "kafel/kafel.h"
#include "trace/filter.h"
#include "trace/trace.h"

enum { LARGEST_POLICY = 16 << 20 };

/* join() - the pieces of --seccomp_string, a line each. */
static int join(struct planner *p, char **ret, size_t *ret_n, struct err *err)
{
	const struct config *cfg = p->cfg;
	size_t n = 0;
	char *s, *at;

	for (unsigned i = 0; i < cfg->seccomp_string.n; i++)
		n += strlen(cfg->seccomp_string.v[i]) + 1;
	s = at = arena_alloc(&p->out->arena, n + 1);
	if (!s)
		return err_oom(err);
	for (unsigned i = 0; i < cfg->seccomp_string.n; i++) {
		at = stpcpy(at, cfg->seccomp_string.v[i]);
		*at++ = '\n';
	}
	*ret = s;
	*ret_n = n;
	return 0;
}

static bool given(const struct config *cfg)
{
	static const char name[] = "seccomp_policy_file";

	return schema_has(&schema_config, cfg, schema_find(&schema_config, name, strlen(name)));
}

/* read_policy() - the policy's text. @ret: NULL when there is none */
static int read_policy(struct planner *p, const char **ret_name, char **ret, size_t *ret_n,
		       struct err *err)
{
	const struct config *cfg = p->cfg;
	const char *file = cfg->seccomp_policy_file;

	if (file && !file[0]) {
		/* A variable of a script that is not set must not be a jail without its policy. */
		if (cfg->face != FACE_NSJAIL)
			return err_set(err, EINVAL, "seccomp_policy: the file's name is empty");
		if (given(cfg))
			plan_warn(p, "seccomp_policy: the file's name is empty: no policy");
		file = NULL;
	}
	*ret_name = file ?: "seccomp_string";
	*ret = NULL;
	if (file && cfg->seccomp_string.n)
		return err_set(err, EINVAL, "seccomp_policy and seccomp_string exclude each other");
	if (file)
		return io_read_file(&p->out->arena, AT_FDCWD, file, LARGEST_POLICY, ret, ret_n,
				    err);
	return cfg->seccomp_string.n ? join(p, ret, ret_n, err) : 0;
}

/* compile() - the policy and its filter; @ret_policy stays NULL where nobody will ask it anything. */
static int compile(struct planner *p, struct kafel_policy **ret_policy, struct err *err)
{
	/* nsjail gives numbers of the x32 interface to the policy's DEFAULT; elsewhere they are killed */
	const struct kafel_options options = {.builtins = kafel_builtins,
					      .refuse_x32 = p->cfg->face != FACE_NSJAIL};
	struct sock_fprog *prog;
	const char *name = NULL;
	char *text = NULL;
	size_t n = 0;
	int r = read_policy(p, &name, &text, &n, err);

	if (r < 0 || !text)
		return r;
	prog = arena_alloc(&p->out->arena, sizeof(*prog));
	if (!prog)
		return err_oom(err);
	p->plan->seccomp = p->plan->policy = prog;
	p->plan->seccomp_kills = !p->cfg->audit;
	if (!p->cfg->explain && !p->cfg->audit && kafel_ready(text, n, prog))
		return 0;
	r = kafel_parse(&options, text, n, name, &p->out->arena, ret_policy, err);
	if (r >= 0)
		r = kafel_generate(*ret_policy, &p->out->arena, prog, err);
	if (r < 0)
		return err_wrap(err, "seccomp policy");
	return 0;
}

/* What watches needs a launcher beside the jail. */
static int check_watching(const struct config *cfg, bool policy, struct err *err)
{
	const char *name = cfg->audit ? "audit" : cfg->seccomp_unotify ? "seccomp_unotify" : NULL;

	if (cfg->mode == MODE_EXECVE && (name || cfg->explain))
		return err_set(err, EINVAL, "%s: mode execve has no supervisor that could watch",
			       name ?: "explain");
	if (cfg->audit && !policy)
		return err_set(err, EINVAL, "audit: there is no seccomp policy to audit");
	return 0;
}

static int open_report(struct planner *p, struct trace_settings *t, struct err *err)
{
	const char *file = p->cfg->seccomp_unotify_report;
	size_t n = file ? strlen(file) : 0;
	int fd;

	if (!n)
		return 0;
	t->json = n > 5 && str_eq(file + n - 5, ".json");
	/* A pipe that nobody reads must not hold us here, before any time limit. */
	fd = sys_openat(AT_FDCWD, file, O_CREAT | O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0644);
	if (fd == -ENXIO)
		return err_set(err, ENXIO, "seccomp_unotify_report: nobody reads '%s'", file);
	if (fd < 0)
		return err_sys(err, fd, "seccomp_unotify_report: open '%s'", file);
	p->out->trace_fd = fd;
	if (fcntl(fd, F_SETFL, O_WRONLY) < 0) /* it may be longer than what a pipe holds */
		return err_sys(err, errno, "seccomp_unotify_report: '%s'", file);
	return 0;
}

/* plan_watching() - the filter of an audited or traced jail asks us; see trace/filter.c. */
static int plan_watching(struct planner *p, const struct kafel_policy *policy, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct trace_settings *t = arena_alloc(&p->out->arena, sizeof(*t));
	struct sock_fprog *prog = arena_alloc(&p->out->arena, sizeof(*prog));
	struct filter_wish wish = {.files = cfg->seccomp_unotify, .audit = cfg->audit};
	int r;

	if (!t || !prog)
		return err_oom(err);
	*t = (struct trace_settings){.policy = policy,
				     .explain = cfg->explain && policy,
				     .files = cfg->seccomp_unotify,
				     .audit = cfg->audit};
	p->plan->trace = t;
	p->plan->follow = t->explain;
	if (cfg->explain && !policy)
		plan_warn(p, "explain: there is no seccomp policy");
	if (!wish.files && !wish.audit)
		return 0;
	if (sys(SYS_getrandom, &t->cookie, sizeof(t->cookie), 0) != sizeof(t->cookie))
		return err_set(err, EIO, "tracing: no random number");
	wish.cookie = t->cookie;
	r = filter_build(&wish, p->plan->seccomp, &p->out->arena, prog, err);
	if (r < 0)
		return r;
	p->plan->seccomp = prog;
	p->plan->seccomp_asks = true;
	if (cfg->audit)
		plan_warn(p, "audit: the policy refuses nothing in this run");
	return open_report(p, t, err);
}

int plan_seccomp(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct kafel_policy *policy = NULL;
	int r = compile(p, &policy, err);

	if (r >= 0)
		r = check_watching(cfg, policy, err);
	if (r < 0)
		return r;
	p->plan->seccomp_log = cfg->seccomp_log;
	if (cfg->seccomp_unotify_report && !cfg->seccomp_unotify)
		plan_warn(p, "seccomp_unotify_report: nothing is traced without seccomp_unotify");
	if (cfg->explain || cfg->audit || cfg->seccomp_unotify)
		r = plan_watching(p, policy, err);
	return r;
}
