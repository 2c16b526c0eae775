// SPDX-License-Identifier: BSD-3-Clause
/*
 * Control groups: the settings, nsjail's and ours, as one request (cgroup/cgroup.h), which is then
 * resolved by what this machine has.
 */
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "config/plan_parts.h"
#include "config/schema.h"
#include "config/to_plan.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

static bool given(const struct config *cfg, const char *name)
{
	return schema_has(&schema_config, cfg, schema_find(&schema_config, name, strlen(name)));
}

/* nsjail's v1 places mean what they mean there as soon as one half of them is said. */
static int v1_parent(struct planner *p, struct cgroup_ask *ask, enum cgroup_controller c,
		     const char *word, const char *mount, const char *parent)
{
	char mount_name[40], parent_name[40];

	snprintf(mount_name, sizeof(mount_name), "cgroup_%s_mount", word);
	snprintf(parent_name, sizeof(parent_name), "cgroup_%s_parent", word);
	if (!given(p->cfg, mount_name) && !given(p->cfg, parent_name))
		return 0;
	ask->v1_parent[c] = arena_printf(&p->out->arena, "%s/%s", mount, parent);
	return ask->v1_parent[c] ? 0 : -ENOMEM;
}

/* places_given() - whether any place is: mostly none, and looking for each by its name takes long. */
static bool places_given(const struct config *cfg)
{
	for (unsigned i = 0; i < schema_config.n; i++) {
		const struct setting *row = &schema_config.rows[i];

		if (schema_has(&schema_config, cfg, row) && str_starts(row->name, "cgroup") &&
		    (strstr(row->name, "_mount") || strstr(row->name, "_parent")))
			return true;
	}
	return false;
}

static int places(struct planner *p, struct cgroup_ask *ask, struct err *err)
{
	const struct config *cfg = p->cfg;
	struct statfs fs;
	int r;

	ask->version = cfg->cgroup_version;
	if (cfg->use_cgroupv2 || (cfg->detect_cgroupv2 && statfs(cfg->cgroupv2_mount, &fs) == 0 &&
				  (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC))
		ask->version = CGROUP_V2;
	if (!places_given(cfg))
		return 0;
	if (given(cfg, "cgroupv2_mount"))
		ask->v2_parent = cfg->cgroupv2_mount;
	r = v1_parent(p, ask, CGROUP_MEMORY, "mem", cfg->cgroup_mem_mount, cfg->cgroup_mem_parent);
	if (r >= 0)
		r = v1_parent(p, ask, CGROUP_PIDS, "pids", cfg->cgroup_pids_mount,
			      cfg->cgroup_pids_parent);
	if (r >= 0)
		r = v1_parent(p, ask, CGROUP_CPU, "cpu", cfg->cgroup_cpu_mount,
			      cfg->cgroup_cpu_parent);
	if (r >= 0)
		r = v1_parent(p, ask, CGROUP_NETCLS, "net_cls", cfg->cgroup_net_cls_mount,
			      cfg->cgroup_net_cls_parent);
	return r < 0 ? err_oom(err) : 0;
}

static void limits(const struct config *cfg, struct cgroup_ask *ask)
{
	const struct {
		enum cgroup_limit limit;
		const char *setting;
		uint64_t number; /* 0: not asked for */
	} numbers[] = {
		{CGROUP_MEMORY_MAX, "cgroup_mem_max", cfg->cgroup_mem_max},
		{CGROUP_MEMORY_HIGH, "cgroup_mem_high", cfg->cgroup_mem_high},
		{CGROUP_MEMORY_MEMSW, "cgroup_mem_memsw_max", cfg->cgroup_mem_memsw_max},
		{CGROUP_PIDS_MAX, "cgroup_pids_max", cfg->cgroup_pids_max},
		{CGROUP_CPU_MS, "cgroup_cpu_ms_per_sec", cfg->cgroup_cpu_ms_per_sec},
		{CGROUP_CPU_WEIGHT, "cgroup_cpu_weight", cfg->cgroup_cpu_weight},
		{CGROUP_IO_WEIGHT, "cgroup_io_weight", cfg->cgroup_io_weight},
		{CGROUP_NET_CLS, "cgroup_net_cls_classid", cfg->cgroup_net_cls_classid},
	};
	const struct {
		enum cgroup_limit limit;
		const char *setting, *text;
		const char *const *list;
		unsigned n;
	} texts[] = {
		{CGROUP_CPUSET_CPUS, "cgroup_cpuset_cpus", cfg->cgroup_cpuset_cpus, NULL, 0},
		{CGROUP_CPUSET_MEMS, "cgroup_cpuset_mems", cfg->cgroup_cpuset_mems, NULL, 0},
		{CGROUP_IO_MAX, "cgroup_io_max", NULL, cfg->cgroup_io_max.v, cfg->cgroup_io_max.n},
		{CGROUP_HUGETLB_MAX, "cgroup_hugetlb_max", NULL, cfg->cgroup_hugetlb_max.v,
		 cfg->cgroup_hugetlb_max.n},
		{CGROUP_DEVICES, "cgroup_device", NULL, cfg->cgroup_device.v, cfg->cgroup_device.n},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].number)
			ask->limit[numbers[i].limit] = (struct cgroup_value){
				.setting = numbers[i].setting, .number = numbers[i].number};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if ((texts[i].text && texts[i].text[0]) || texts[i].n)
			ask->limit[texts[i].limit] =
				(struct cgroup_value){.setting = texts[i].setting,
						      .text = texts[i].text,
						      .list = texts[i].list,
						      .n = texts[i].n};
	if (cfg->cgroup_mem_swap_max >= 0)
		ask->limit[CGROUP_MEMORY_SWAP] =
			(struct cgroup_value){.setting = "cgroup_mem_swap_max",
					      .number = (uint64_t)cfg->cgroup_mem_swap_max};
	ask->always = cfg->cgroup_always;
}

/* Whether the numbers "inside outside count" map the id. */
static bool has_id(const uint64_t *m, uid_t id)
{
	return id >= m[1] && id < m[1] + m[2];
}

/* maps_id() - whether somebody in the jail can be that user of ours. */
static bool maps_id(const struct jail_plan *plan, uid_t id)
{
	const struct idmap_plan *map = &plan->uid_map;
	uint64_t m[3];

	if (!(plan->clone_flags & CLONE_NEWUSER))
		return !plan->set_ids || plan->uid == id;
	for (const char *const *w = map->helper ? map->helper + 2 : NULL; w && *w; w += 3) {
		for (int i = 0; i < 3; i++)
			m[i] = strtoull(w[i], NULL, 10);
		if (has_id(m, id))
			return true;
	}
	for (char *s = (char *)(uintptr_t)map->text; !map->helper && s && *s;) {
		for (int i = 0; i < 3; i++)
			m[i] = strtoull(s, &s, 10);
		if (has_id(m, id))
			return true;
		s += *s == '\n';
	}
	return false;
}

/*
 * guard_launchers_groups() - a program that is of the user that owns the groups of the launcher could
 * make a cgroup namespace, mount a v1 hierarchy in it, and so write to them; v2 alone refuses that
 * (nsdelegate, which every init system sets). Users own no groups but what was delegated to them.
 */
static void guard_launchers_groups(struct planner *p)
{
	struct jail_plan *plan = p->plan;
	struct statfs fs;

	if (geteuid() != 0 || !maps_id(plan, 0))
		return;
	if (statfs("/sys/fs/cgroup", &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC)
		return;
	/* Who keeps CAP_SYS_ADMIN needs no further namespace, or could take the seal off. */
	plan->cgroup_seal = plan->clone_flags & CLONE_NEWUSER && !p->cfg->cgroup_nested &&
			    !(plan->caps >> CAP_SYS_ADMIN & 1);
	plan->cgroup_open = !plan->cgroup_seal;
}

int plan_cgroup(struct planner *p, struct err *err)
{
	struct cgroup_ask ask = {.version = CGROUP_AUTO};
	bool limited;
	uid_t me;

	guard_launchers_groups(p);
	limits(p->cfg, &ask);
	ask.always |= p->cfg->mount_cgroup; /* something to be shown */
	limited = ask.always;
	for (unsigned l = 0; l < CGROUP_LIMITS && !limited; l++)
		limited = ask.limit[l].setting;
	ask.counter = p->cfg->cpu_limit && p->cfg->mode != MODE_EXECVE;
	if (!limited && !ask.counter)
		return 0; /* nothing: no need to look at the machine */
	if (places(p, &ask, err) < 0)
		return -err->code;
	if (p->cfg->mode == MODE_EXECVE) {
		err_set(err, EOPNOTSUPP, "control groups cannot be had in mode execve");
		return err_hint(err,
				"nobody would remove them: leave out the cgroup settings, or use "
				"mode once");
	}
	me = geteuid();
	if (maps_id(p->plan, me)) {
		ask.disown = me == 0;
		if (limited)
			p->plan->cgroup_seal = p->plan->clone_flags & CLONE_NEWUSER &&
					       !(ask.disown && p->cfg->cgroup_nested);
	}
	ask.sealed = p->plan->cgroup_seal;
	if (cgroup_plan_make(&ask, &p->out->arena, &p->plan->cgroup, err) < 0)
		return -err->code;
	p->plan->watch.cpu_counter = p->plan->cgroup && p->plan->cgroup->counts_cpu;
	return 0;
}

bool to_plan_wants_scope(const struct config *cfg)
{
	struct cgroup_ask ask = {.version = cfg->use_cgroupv2 ? CGROUP_V2 : cfg->cgroup_version};
	bool asked;

	limits(cfg, &ask);
	asked = ask.always |= cfg->mount_cgroup;
	for (unsigned l = 0; l < CGROUP_LIMITS && !asked; l++)
		asked = ask.limit[l].setting;
	return asked && cfg->mode != MODE_EXECVE && ask.version != CGROUP_V1 &&
	       !given(cfg, "cgroupv2_mount") && geteuid() != 0 && cgroup_lacks_place(&ask);
}
