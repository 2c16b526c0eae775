// SPDX-License-Identifier: BSD-3-Clause
/*
 * Limits of our own: those that the launcher watches, output, tmpfs sizes, and what --require demands.
 * Called by to_plan(). What is no duration or size, or cannot be watched here, is an error.
 */
#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "jail/cputime.h"
#include "jail/receipt.h"

static int duration(const char *name, const char *text, uint64_t *ret, struct err *err)
{
	int r = text ? str_duration(text, ret) : 0;

	return r < 0 ? err_set(err, -r, "%s: '%s' is not a time such as 1.5, 200ms or 10m", name,
			       text)
		     : 0;
}

static int size(const char *name, const char *text, uint64_t *ret, struct err *err)
{
	int r = text ? str_size(text, ret) : 0;

	return r < 0 ? err_set(err, -r, "%s: '%s' is not a number of bytes such as 4096, 64k or 1M",
			       name, text)
		     : 0;
}

static int plan_output(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct jail_plan *plan = p->plan;
	int r;

	plan->output_limit = UINT64_MAX;
	plan->output_truncate = cfg->output_truncate != NULL;
	r = size("output_limit", cfg->output_limit, &plan->output_limit, err);
	if (r >= 0)
		r = size("output_truncate", cfg->output_truncate, &plan->output_limit, err);
	if (r < 0 || plan->output_limit == UINT64_MAX)
		return r;
	if (cfg->output_limit && cfg->output_truncate)
		return err_set(err, EINVAL, "output_limit and output_truncate exclude each other");
	if (cfg->mode == MODE_LISTEN || cfg->mode == MODE_EXECVE)
		return err_set(err, EINVAL, "output_limit needs mode once or rerun");
	return 0;
}

/* A tmpfs of the plan whose option of that name is not given. */
static bool lacks_option(const struct mount_plan *m, const char *name)
{
	for (const char *const *o = m->options; o && *o; o++)
		if (str_starts(*o, name))
			return false;
	return true;
}

/* add_option() - one more option of a mount: for fsconfig(2), and in the text for mount(2). */
static int add_option(struct planner *p, struct mount_plan *m, const char *name, uint64_t value)
{
	struct arena *a = &p->out->arena;
	const char **list;
	unsigned n = 0;

	while (m->options && m->options[n])
		n++;
	list = arena_alloc(a, (n + 2) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	if (n)
		memcpy(list, m->options, n * sizeof(*list));
	list[n] = arena_printf(a, "%s%llu", name, (unsigned long long)value);
	m->options = list;
	if (!list[n])
		return -ENOMEM;
	m->data = m->data && m->data[0] ? arena_printf(a, "%s,%s", m->data, list[n]) : list[n];
	return m->data ? 0 : -ENOMEM;
}

/* What is in our own /dev, besides the files of the program. */
enum { FILES_OF_DEV = 32 };

static int plan_disk(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	uint64_t bytes = 0;
	int r = size("disk_limit", cfg->disk_limit, &bytes, err);

	if (r < 0 || !(bytes || cfg->inode_limit))
		return r;
	p->plan->disk_limit = p->plan->upper != NULL;
	for (unsigned i = 0; i < p->plan->n_mounts && r >= 0; i++) {
		struct mount_plan *m = &((struct mount_plan *)p->plan->mounts)[i];

		if (m->kind != MOUNT_FS || !str_eq(m->fstype, "tmpfs") ||
		    m->attrs & MOUNT_ATTR_RDONLY)
			continue;
		p->plan->disk_limit = m->limited = true;
		if (bytes && lacks_option(m, "size="))
			r = add_option(p, m, "size=", bytes);
		if (r >= 0 && cfg->inode_limit && lacks_option(m, "nr_inodes="))
			r = add_option(p, m, "nr_inodes=",
				       cfg->inode_limit +
					       (str_eq(m->dst, "/dev") ? FILES_OF_DEV : 1));
	}
	return r < 0 ? err_oom(err) : 0;
}

/*
 * soft_cpu_limit() - where limits ask first, that of CPU time in each process does as well: SIGXCPU, and
 * SIGKILL after as many seconds of CPU time as the grace period has.
 */
static void soft_cpu_limit(struct jail_plan *plan)
{
	rlim_t grace = (plan->watch.grace_ns + 999999999) / 1000000000;
	struct rlimit now;

	for (unsigned i = 0; i < plan->n_limits && grace; i++) {
		struct rlimit *l = &((struct limit_plan *)plan->limits)[i].value;

		if (plan->limits[i].resource != RLIMIT_CPU || l->rlim_cur == RLIM_INFINITY ||
		    l->rlim_cur != l->rlim_max || getrlimit(RLIMIT_CPU, &now) < 0)
			continue;
		l->rlim_max = MAX(l->rlim_cur, MIN(l->rlim_cur + grace, now.rlim_max));
	}
}

/* What has no supervisor cannot be watched. */
static int check_supervised(const struct config *cfg, const struct watch_plan *w, struct err *err)
{
	if (cfg->mode != MODE_EXECVE || !(cfg->timeout || w->cpu_ns || w->idle_ns))
		return 0;
	return err_set(err, EINVAL, "%s needs a supervisor, and mode execve has none",
		       cfg->timeout ? "timeout"
		       : w->cpu_ns  ? "cpu_limit"
				    : "idle_limit");
}

int plan_watch(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct watch_plan *w = &p->plan->watch;
	int r;

	p->plan->measure = p->plan->account = cfg->measure || cfg->result_json;
	w->time_ns = cfg->time_limit * 1000000000ULL;
	r = duration("timeout", cfg->timeout, &w->time_ns, err);
	if (r >= 0)
		r = duration("cpu_limit", cfg->cpu_limit, &w->cpu_ns, err);
	if (r >= 0)
		r = duration("idle_limit", cfg->idle_limit, &w->idle_ns, err);
	if (r >= 0)
		r = duration("kill_grace", cfg->kill_grace, &w->grace_ns, err);
	if (r >= 0)
		r = check_supervised(cfg, w, err);
	soft_cpu_limit(p->plan);
	if (r >= 0)
		r = plan_output(p, err);
	if (r >= 0)
		r = plan_disk(p, err);
	if (r < 0 || !(w->cpu_ns || w->idle_ns) || w->cpu_counter)
		return r;
	r = cputime_check(err);
	if (r < 0)
		err_wrap(err, "%s", w->cpu_ns ? "cpu_limit" : "idle_limit");
	return r;
}

static int require_one(struct planner *p, const char *name, size_t n, struct err *err)
{
	enum protection which = receipt_find(name, n);

	if (which == PROTECTIONS) {
		err_set(err, EINVAL, "require: '%.*s' is not a protection", (int)n, name);
		return err_hint(err, "the receipt in the result (--result_json) has their names");
	}
	if (!(receipt_asked(p->plan) >> which & 1))
		return err_set(err, EINVAL, "require: %s is not asked for", receipt_name(which));
	p->plan->require |= 1ULL << which;
	return 0;
}

int plan_require(struct planner *p, struct err *err)
{
	const char *s = p->cfg->require, *note;
	enum protection weak;
	int r = 0;

	if (!s)
		return 0;
	if (str_eq(s, "all"))
		p->plan->require = UINT64_MAX;
	while (p->plan->require != UINT64_MAX && r >= 0) {
		size_t n = strcspn(s, ",");

		r = require_one(p, s, n, err);
		if (!s[n])
			break;
		s += n + 1;
	}
	if (r < 0)
		return r;
	for (unsigned i = 0; (weak = receipt_known(p->plan, i, &note)) != PROTECTIONS; i++)
		if (p->plan->require >> weak & 1)
			return err_set(err, EOPNOTSUPP, "require: %s is only degraded: %s",
				       receipt_name(weak), note);
	return 0;
}
