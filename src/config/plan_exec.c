// SPDX-License-Identifier: BSD-3-Clause
/*
 * The program: its path, arguments and environment.
 */
#include <linux/limits.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct env {
	char **v;
	unsigned n, cap;
};

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

/* env_put() - set or replace; the text is borrowed. */
static int env_put(struct planner *p, struct env *env, const char *text)
{
	char **v;

	for (unsigned i = 0; i < env->n; i++) {
		if (same_name(env->v[i], text)) {
			env->v[i] = (char *)(uintptr_t)text;
			return 0;
		}
	}
	v = arena_grow(&p->out->arena, env->v, env->n, &env->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	env->v = v;
	v[env->n++] = (char *)(uintptr_t)text;
	return 0;
}

static const char *env_get(const struct env *env, const char *name)
{
	for (unsigned i = 0; i < env->n; i++)
		if (same_name(env->v[i], name))
			return strchr(env->v[i], '=') ? strchr(env->v[i], '=') + 1 : "";
	return NULL;
}

static const char *caller_env(const char *name)
{
	for (char **e = environ; e && *e; e++)
		if (same_name(*e, name) && strchr(*e, '='))
			return *e;
	return NULL;
}

/* What `run` and image building set besides what was asked for. */
static int default_env(struct planner *p, struct env *env)
{
	const char *term = caller_env("TERM");
	int r = 0;

	if (p->cfg->face == FACE_NSJAIL || p->cfg->keep_env)
		return 0;
	r = env_put(p, env, "PATH=" DEFAULT_PATH);
	if (r == 0 && term)
		r = env_put(p, env, term);
	if (r == 0 && p->cfg->face == FACE_IMAGE)
		r = env_put(p, env, "HOME=/root");
	return r;
}

static int plan_env(struct planner *p, struct env *env, struct err *err)
{
	const struct config *cfg = p->cfg;
	int r = default_env(p, env);

	if (cfg->keep_env)
		for (char **e = environ; e && *e && r == 0; e++)
			r = env_put(p, env, *e);
	for (unsigned i = 0; i < cfg->envar.n && r == 0; i++) {
		const char *text = cfg->envar.v[i];

		if (!strchr(text, '=')) {
			const char *value = caller_env(text);

			if (!value) {
				plan_warn(p, "environment variable '%s' is not set: not passed",
					  text);
				continue;
			}
			text = value;
		}
		r = env_put(p, env, text);
	}
	if (r < 0)
		return err_oom(err);
	env->v = arena_grow(&p->out->arena, env->v, env->n, &env->cap, sizeof(*env->v));
	if (!env->v)
		return err_oom(err);
	env->v[env->n] = NULL;
	p->plan->envp = env->v;
	return 0;
}

/* search_path() - every place where execvp(3) would look, by the jail's own PATH. */
static int search_path(struct planner *p, const char *name, const char *path, struct err *err)
{
	unsigned n = 2;
	const char **out;

	for (const char *s = path; *s; s++)
		n += *s == ':';
	out = arena_alloc(&p->out->arena, (n + 1) * sizeof(*out));
	if (!out)
		return err_oom(err);
	n = 0;
	for (const char *s = path;; s++) {
		size_t len = strcspn(s, ":");

		out[n] = len ? arena_printf(&p->out->arena, "%.*s/%s", (int)len, s, name) : name;
		if (!out[n++])
			return err_oom(err);
		s += len;
		if (!*s)
			break;
	}
	p->plan->exec_paths = out;
	return 0;
}

static int open_program(struct planner *p, const char *path, struct err *err)
{
	p->out->exec_fd = sys_openat(AT_FDCWD, path, O_PATH, 0);
	if (p->out->exec_fd < 0) {
		err_sys(err, p->out->exec_fd, "open '%s' to execute it", path);
		snprintf(err->step, sizeof(err->step), "exec");
		return p->out->exec_fd;
	}
	p->plan->exec_fd = p->out->exec_fd;
	return 0;
}

int plan_exec(struct planner *p, struct err *err)
{
	const struct cfg_exe *exe = &p->cfg->exec_bin;
	struct env env = {0};
	const char **one;
	char **argv;
	int r;

	if (!exe->path || !exe->path[0]) {
		err_set(err, EINVAL, "no program to run");
		return err_hint(err,
				"put it after \"--\", or use --exec_file or the config's exec_bin");
	}
	argv = arena_alloc(&p->out->arena, (exe->arg.n + 2) * sizeof(*argv));
	one = arena_alloc(&p->out->arena, 2 * sizeof(*one));
	if (!argv || !one)
		return err_oom(err);
	argv[0] = (char *)(uintptr_t)(exe->arg0 ?: exe->path);
	for (unsigned i = 0; i < exe->arg.n; i++)
		argv[i + 1] = (char *)(uintptr_t)exe->arg.v[i];
	p->plan->argv = argv;
	r = plan_env(p, &env, err);
	if (r < 0)
		return r;
	one[0] = exe->path;
	p->plan->exec_paths = one;
	p->plan->exec_fd = FD_NONE;
	if (exe->exec_fd)
		return open_program(p, exe->path, err);
	/* nsjail takes the path as it is; the others search as a shell does */
	if (p->cfg->face != FACE_NSJAIL && !strchr(exe->path, '/'))
		return search_path(p, exe->path, env_get(&env, "PATH") ?: DEFAULT_PATH, err);
	return 0;
}
