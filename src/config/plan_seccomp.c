// SPDX-License-Identifier: BSD-3-Clause
/*
 * The system call policy: compiled here, installed by the child as its last step but one.
 */
#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "config/plan_parts.h"
#include "kafel/kafel.h"

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

int plan_seccomp(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	const char *file = cfg->seccomp_policy_file;
	/* nsjail gives numbers of the x32 interface to the policy's DEFAULT; elsewhere they are killed */
	const struct kafel_options options = {.builtins = kafel_builtins,
					      .refuse_x32 = cfg->face != FACE_NSJAIL};
	struct sock_fprog *prog;
	char *text;
	size_t n;
	int r;

	if (file && !file[0])
		file = NULL;
	if (!file && !cfg->seccomp_string.n)
		return 0;
	if (file && cfg->seccomp_string.n)
		return err_set(err, EINVAL, "seccomp_policy and seccomp_string exclude each other");
	if (file)
		r = io_read_file(&p->out->arena, AT_FDCWD, file, LARGEST_POLICY, &text, &n, err);
	else
		r = join(p, &text, &n, err);
	if (r < 0)
		return r;
	prog = arena_alloc(&p->out->arena, sizeof(*prog));
	if (!prog)
		return err_oom(err);
	r = kafel_compile(&options, text, n, file ?: "seccomp_string", &p->out->arena, prog, err);
	if (r < 0)
		return err_wrap(err, "seccomp policy");
	p->plan->seccomp = prog;
	p->plan->seccomp_log = cfg->seccomp_log;
	return 0;
}
