// SPDX-License-Identifier: BSD-3-Clause
/*
 * Resource limits, CPUs, personality: the numbers of the settings in the kernel's units.
 */
#include <sys/personality.h>
#include <time.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "config/schema.h"

/* One row a limit: its setting, the kernel's number, the setting's unit. */
static const struct {
	const char *name;
	size_t offset;
	int resource;
	uint64_t unit;
} limits[] = {
#define LIMIT(name_, resource_, unit_)                                                             \
	{                                                                                          \
#name_, offsetof(struct config, rlimit_##name_), resource_, unit_                  \
	}
	LIMIT(as, RLIMIT_AS, 1 << 20),	     LIMIT(core, RLIMIT_CORE, 1 << 20),
	LIMIT(cpu, RLIMIT_CPU, 1),	     LIMIT(fsize, RLIMIT_FSIZE, 1 << 20),
	LIMIT(nofile, RLIMIT_NOFILE, 1),     LIMIT(nproc, RLIMIT_NPROC, 1),
	LIMIT(stack, RLIMIT_STACK, 1 << 20), LIMIT(memlock, RLIMIT_MEMLOCK, 1 << 10),
	LIMIT(rtprio, RLIMIT_RTPRIO, 1),     LIMIT(msgqueue, RLIMIT_MSGQUEUE, 1),
#undef LIMIT
};

/* A value from a config file counts even when the face's default is to inherit. */
static int32_t limit_type(const struct config *cfg, const char *name, const struct cfg_limit *l)
{
	char field[32];
	const struct setting *row;

	snprintf(field, sizeof(field), "rlimit_%s", name);
	row = schema_find(&schema_config, field, strlen(field));
	if (l->type == RL_INHERIT && schema_has(&schema_config, cfg, row) &&
	    !schema_has(&schema_config, cfg, row + 1))
		return RL_VALUE;
	return l->type;
}

static int plan_rlimits(struct planner *p, struct err *err)
{
	struct limit_plan *out = arena_alloc(&p->out->arena, sizeof(*out) * ARRAY_SIZE(limits));
	unsigned n = 0;

	if (!out)
		return err_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const struct cfg_limit *l = (const void *)((const char *)p->cfg + limits[i].offset);
		int32_t type = limit_type(p->cfg, limits[i].name, l);
		struct limit_plan *o = &out[n];

		if (type == RL_INHERIT)
			continue;
		o->resource = limits[i].resource;
		o->name = limits[i].name;
		if (type == RL_VALUE && l->value > RLIM_INFINITY / limits[i].unit)
			return err_set(err, ERANGE, "rlimit_%s: %llu is too large", o->name,
				       (unsigned long long)l->value);
		if (type == RL_VALUE) {
			o->value.rlim_cur = o->value.rlim_max = l->value * limits[i].unit;
		} else if (type == RL_INF) {
			o->value.rlim_cur = o->value.rlim_max = RLIM_INFINITY;
		} else {
			if (getrlimit(o->resource, &o->value) < 0)
				return err_sys(err, errno, "read rlimit_%s", o->name);
			if (type == RL_SOFT)
				o->value.rlim_max = o->value.rlim_cur;
			else
				o->value.rlim_cur = o->value.rlim_max;
		}
		n++;
	}
	p->plan->limits = out;
	p->plan->n_limits = n;
	return 0;
}

/* parse_cpus() - "0,2-3" into a set. */
static int parse_cpus(const char *list, cpu_set_t *set, struct err *err)
{
	const char *s = list;

	CPU_ZERO(set);
	while (*s) {
		unsigned long a, b;
		char *end;

		if (*s < '0' || *s > '9')
			break;
		a = b = strtoul(s, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			b = strtoul(end + 1, &end, 10);
		if (a > b || b >= CPU_SETSIZE)
			break;
		for (unsigned long cpu = a; cpu <= b; cpu++)
			CPU_SET(cpu, set);
		s = end;
		if (!*s)
			return 0;
		if (*s++ != ',')
			break;
	}
	return err_set(err, EINVAL, "cpus: '%s' is not a list of CPUs such as 0,2-3", list);
}

static int plan_cpus(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	cpu_set_t have, *set;
	unsigned total, skip, taken = 0;
	int r;

	if (!cfg->cpus && !cfg->max_cpus)
		return 0;
	set = arena_alloc(&p->out->arena, sizeof(*set));
	if (!set)
		return err_oom(err);
	p->plan->cpus = set;
	if (cfg->cpus) {
		r = parse_cpus(cfg->cpus, set, err);
		if (r < 0 || !cfg->max_cpus)
			return r;
		have = *set;
	} else if (sched_getaffinity(0, sizeof(have), &have) < 0) {
		return err_sys(err, errno, "read the CPUs to run on");
	}
	total = (unsigned)CPU_COUNT(&have);
	if (cfg->max_cpus >= total) {
		*set = have;
		return 0;
	}
	/* Not always the same ones, so that jails started together spread over the machine. */
	skip = ((unsigned)getpid() + (unsigned)time(NULL)) % total;
	CPU_ZERO(set);
	for (unsigned cpu = 0, seen = 0; taken < cfg->max_cpus; cpu = (cpu + 1) % CPU_SETSIZE) {
		if (!CPU_ISSET(cpu, &have) || CPU_ISSET(cpu, set) || seen++ < skip)
			continue;
		CPU_SET(cpu, set);
		taken++;
	}
	return 0;
}

int plan_limits(struct planner *p, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct jail_plan *plan = p->plan;
	int r = cfg->disable_rl ? 0 : plan_rlimits(p, err);

	if (r >= 0)
		r = plan_cpus(p, err);
	if (r < 0)
		return r;
	/* nsjail sets its value whatever it is; elsewhere 0 means as it was */
	plan->set_nice = cfg->face == FACE_NSJAIL || cfg->nice_level != 0;
	plan->nice = cfg->nice_level;
	plan->nice_must_work = cfg->face != FACE_NSJAIL;
	if (cfg->nice_level < -20 || cfg->nice_level > 19)
		return err_set(err, ERANGE, "nice_level: %d is not from -20 to 19",
			       cfg->nice_level);
	plan->set_oom_score_adj =
		schema_has(&schema_config, cfg, schema_find(&schema_config, "oom_score_adj", 13));
	plan->oom_score_adj = cfg->oom_score_adj;
	if (plan->set_oom_score_adj && (cfg->oom_score_adj < -1000 || cfg->oom_score_adj > 1000))
		return err_set(err, ERANGE, "oom_score_adj: %d is not from -1000 to 1000",
			       cfg->oom_score_adj);
	plan->core_scheduling = cfg->use_core_scheduling;
	plan->disable_tsc = cfg->disable_tsc;
#ifndef __x86_64__
	if (cfg->disable_tsc)
		return err_set(err, EOPNOTSUPP, "disable_tsc: only on x86");
#endif
	plan->personality = (cfg->persona_addr_compat_layout ? ADDR_COMPAT_LAYOUT : 0) |
			    (cfg->persona_mmap_page_zero ? MMAP_PAGE_ZERO : 0) |
			    (cfg->persona_read_implies_exec ? READ_IMPLIES_EXEC : 0) |
			    (cfg->persona_addr_limit_3gb ? ADDR_LIMIT_3GB : 0) |
			    (cfg->persona_addr_no_randomize ? ADDR_NO_RANDOMIZE : 0);
	plan->umask = cfg->umask;
	return 0;
}
