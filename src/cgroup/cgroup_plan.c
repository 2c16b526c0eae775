// SPDX-License-Identifier: BSD-3-Clause
/*
 * From limits to files: which hierarchy has the controller, and what is written where. Called by
 * config/to_plan.c. What cannot be enforced here is an error that names the setting.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup_impl.h"
#include "cgroup/hierarchy.h"

#define PERIOD_US 1000000 /* of the CPU quota, as nsjail has it */

/* ---- values: each puts what one limit needs into the place's list of writes */

static int no_v1(struct cgroup_maker *m, const struct cgroup_value *v)
{
	err_set(m->err, EOPNOTSUPP, "%s: cgroup v1 has no such limit", v->setting);
	return err_hint(m->err, "it needs the controller in the cgroup v2 hierarchy; "
				"'toastainer doctor' shows where the controllers are");
}

static int put_number(struct cgroup_maker *m, const struct limit_row *row,
		      const struct cgroup_value *v)
{
	const char *file = m->v2 ? row->v2 : row->v1;

	return file ? cgroup_plan_put(m, file, v, "%llu", (unsigned long long)v->number)
		    : no_v1(m, v);
}

/* v1 limits memory and swap together, v2 swap alone: the difference is the memory limit. */
static int put_swap(struct cgroup_maker *m, const struct limit_row *row,
		    const struct cgroup_value *v)
{
	bool together = v == &m->ask->limit[CGROUP_MEMORY_MEMSW];
	const struct cgroup_value *max = &m->ask->limit[CGROUP_MEMORY_MAX];
	uint64_t n = v->number;

	if (together != m->v2)
		return put_number(m, row, v);
	if (!max->setting)
		return err_set(m->err, EINVAL, "%s: with cgroup %s it needs a limit of memory too",
			       v->setting, m->v2 ? "v2" : "v1");
	if (together && n < max->number)
		return err_set(m->err, EINVAL, "%s: %llu is less than %s, %llu", v->setting,
			       (unsigned long long)n, max->setting,
			       (unsigned long long)max->number);
	if (!together && n > UINT64_MAX - max->number)
		return err_set(m->err, ERANGE, "%s: %llu is too large", v->setting,
			       (unsigned long long)n);
	n = together ? n - max->number : n + max->number;
	return cgroup_plan_put(m, m->v2 ? row->v2 : row->v1, v, "%llu", (unsigned long long)n);
}

static int put_cpu_ms(struct cgroup_maker *m, const struct limit_row *row,
		      const struct cgroup_value *v)
{
	unsigned long long quota = v->number * (PERIOD_US / 1000);
	int r;

	if (m->v2)
		return cgroup_plan_put(m, row->v2, v, "%llu %u", quota, PERIOD_US);
	r = cgroup_plan_put(m, "cpu.cfs_period_us", v, "%u", PERIOD_US);
	return r < 0 ? r : cgroup_plan_put(m, row->v1, v, "%llu", quota);
}

static int check_weight(struct cgroup_maker *m, const struct cgroup_value *v)
{
	if (v->number >= 1 && v->number <= 10000)
		return 0;
	return err_set(m->err, ERANGE, "%s: %llu is not from 1 to 10000 (100 is usual)", v->setting,
		       (unsigned long long)v->number);
}

/* v1 calls it shares, and 1024 is usual. */
static int put_cpu_weight(struct cgroup_maker *m, const struct limit_row *row,
			  const struct cgroup_value *v)
{
	int r = check_weight(m, v);

	if (r < 0 || m->v2)
		return r < 0 ? r : put_number(m, row, v);
	return cgroup_plan_put(m, row->v1, v, "%llu",
			       MAX(v->number * 1024 / 100, (unsigned long long)2));
}

/* Which file there is depends on the I/O scheduler. Those of v1 end at 1000. */
static int put_io_weight(struct cgroup_maker *m, const struct limit_row *row,
			 const struct cgroup_value *v)
{
	unsigned long long n = v->number;
	int r = check_weight(m, v);

	if (r >= 0 && m->v2)
		r = cgroup_plan_put(m, row->v2, v, "default %llu", n);
	else if (r >= 0)
		r = cgroup_plan_put(m, row->v1, v, "%llu", MIN(n, 1000ULL));
	if (r >= 0)
		m->last->or_file = m->v2 ? "io.bfq.weight" : "blkio.weight";
	return r;
}

static int put_text(struct cgroup_maker *m, const struct limit_row *row,
		    const struct cgroup_value *v)
{
	return cgroup_plan_put(m, m->v2 ? row->v2 : row->v1, v, "%s", v->text);
}

/* The block device that a word names: MAJOR:MINOR, or a path. Return: its length; -errno. */
static int block_device(struct cgroup_maker *m, const struct cgroup_value *v, const char *item,
			dev_t *ret)
{
	size_t n = strcspn(item, " ");
	char word[300];
	struct stat st;
	uint64_t major, minor;
	char *colon;

	if (n == 0 || n >= sizeof(word))
		return err_set(m->err, EINVAL, "%s: '%s' has no device", v->setting, item);
	memcpy(word, item, n);
	word[n] = 0;
	if (word[0] == '/') {
		if (stat(word, &st) < 0)
			return err_sys(m->err, errno, "%s: '%s'", v->setting, word);
		if (!S_ISBLK(st.st_mode))
			return err_set(m->err, ENOTBLK, "%s: '%s' is not a block device",
				       v->setting, word);
		*ret = st.st_rdev;
		return (int)n;
	}
	colon = strchr(word, ':');
	if (colon)
		*colon = 0;
	if (!colon || str_u64(word, 0xfff, &major) < 0 || str_u64(colon + 1, 0xfffff, &minor) < 0)
		return err_set(m->err, EINVAL,
			       "%s: '%s' is not MAJOR:MINOR or the path of a device", v->setting,
			       item);
	*ret = makedev((unsigned)major, (unsigned)minor);
	return (int)n;
}

static const struct {
	const char *key, *v1;
} io_keys[] = {
	{"rbps", "blkio.throttle.read_bps_device"},
	{"wbps", "blkio.throttle.write_bps_device"},
	{"riops", "blkio.throttle.read_iops_device"},
	{"wiops", "blkio.throttle.write_iops_device"},
};

/* One "KEY=N" of "DEVICE KEY=N,KEY=N"; N is a number or "max". */
static int put_io_key(struct cgroup_maker *m, const struct limit_row *row,
		      const struct cgroup_value *v, dev_t dev, char *word)
{
	char *value = strchr(word, '=');
	uint64_t n = 0;

	if (value)
		*value++ = 0;
	for (size_t i = 0; value && i < ARRAY_SIZE(io_keys); i++) {
		bool max = str_eq(value, "max");

		if (!str_eq(word, io_keys[i].key) || (!max && str_u64(value, UINT64_MAX, &n) < 0))
			continue;
		if (m->v2)
			return cgroup_plan_put(m, row->v2, v, "%u:%u %s=%s", major(dev), minor(dev),
					       word, value);
		return cgroup_plan_put(m, io_keys[i].v1, v, "%u:%u %llu", major(dev), minor(dev),
				       (unsigned long long)n); /* 0: none */
	}
	return err_set(m->err, EINVAL,
		       "%s: '%s' is not one of rbps, wbps, riops, wiops with =NUMBER or =max",
		       v->setting, word);
}

static int put_io_max(struct cgroup_maker *m, const struct limit_row *row,
		      const struct cgroup_value *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		const char *item = v->list[i];
		char *words, *word, *save = NULL;
		dev_t dev;
		int r = block_device(m, v, item, &dev);

		if (r < 0)
			return r;
		words = arena_strdup(m->arena, item + r);
		if (!words)
			return err_oom(m->err);
		word = strtok_r(words, ", ", &save);
		if (!word)
			return err_set(m->err, EINVAL, "%s: '%s' has no limit", v->setting, item);
		for (; word; word = strtok_r(NULL, ", ", &save)) {
			r = put_io_key(m, row, v, dev, word);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* "2MB=BYTES": the size of the pages is a part of the file's name. */
static int put_hugetlb(struct cgroup_maker *m, const struct limit_row *row UNUSED,
		       const struct cgroup_value *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		const char *equal = strchr(v->list[i], '=');
		size_t len = equal ? (size_t)(equal - v->list[i]) : 0;
		const char *file;
		uint64_t n;
		int r;

		if (!equal || len < 3 || len > 8 || memchr(v->list[i], '/', len) ||
		    str_u64(equal + 1, UINT64_MAX, &n) < 0)
			return err_set(m->err, EINVAL,
				       "%s: '%s' is not SIZE=BYTES, such as 2MB=4194304",
				       v->setting, v->list[i]);
		file = arena_printf(m->arena, "hugetlb.%.*s.%s", (int)len, v->list[i],
				    m->v2 ? "max" : "limit_in_bytes");
		if (!file)
			return err_oom(m->err);
		r = cgroup_plan_put(m, file, v, "%llu", (unsigned long long)n);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- THE table: limit -> controller, file in v2, file in v1 */
static const struct limit_row rows[CGROUP_LIMITS] = {
	[CGROUP_MEMORY_MAX] = {CGROUP_MEMORY, "memory.max", "memory.limit_in_bytes", put_number},
	[CGROUP_MEMORY_HIGH] = {CGROUP_MEMORY, "memory.high", NULL, put_number},
	[CGROUP_MEMORY_MEMSW] = {CGROUP_MEMORY, "memory.swap.max", "memory.memsw.limit_in_bytes",
				 put_swap},
	[CGROUP_MEMORY_SWAP] = {CGROUP_MEMORY, "memory.swap.max", "memory.memsw.limit_in_bytes",
				put_swap},
	[CGROUP_PIDS_MAX] = {CGROUP_PIDS, "pids.max", "pids.max", put_number},
	[CGROUP_CPU_MS] = {CGROUP_CPU, "cpu.max", "cpu.cfs_quota_us", put_cpu_ms},
	[CGROUP_CPU_WEIGHT] = {CGROUP_CPU, "cpu.weight", "cpu.shares", put_cpu_weight},
	[CGROUP_CPUSET_CPUS] = {CGROUP_CPUSET, "cpuset.cpus", "cpuset.cpus", put_text},
	[CGROUP_CPUSET_MEMS] = {CGROUP_CPUSET, "cpuset.mems", "cpuset.mems", put_text},
	[CGROUP_IO_WEIGHT] = {CGROUP_IO, "io.weight", "blkio.bfq.weight", put_io_weight},
	[CGROUP_IO_MAX] = {CGROUP_IO, "io.max", NULL, put_io_max},
	[CGROUP_HUGETLB_MAX] = {CGROUP_HUGETLB, NULL, NULL, put_hugetlb},
	[CGROUP_NET_CLS] = {CGROUP_NETCLS, NULL, "net_cls.classid", put_number},
	[CGROUP_DEVICES] = {CGROUP_DEVICE, NULL, "devices.allow", cgroup_devices_put},
};

int cgroup_plan_put(struct cgroup_maker *m, const char *file, const struct cgroup_value *v,
		    const char *fmt, ...)
{
	struct writes *list = &m->writes[m->place - m->plan->place];
	struct cgroup_write *w;
	char value[600];
	va_list ap;
	void *grown = arena_grow(m->arena, list->v, m->place->n_writes, &list->cap, sizeof(*w));

	if (!grown)
		return err_oom(m->err);
	list->v = grown;
	m->place->writes = list->v;
	w = &list->v[m->place->n_writes];
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	w->file = file;
	w->setting = v->setting;
	w->value = arena_strdup(m->arena, value);
	if (!w->value)
		return err_oom(m->err);
	m->place->n_writes++;
	m->last = w;
	return 0;
}

/* ---- places */

static struct cgroup_place *place_at(struct cgroup_maker *m, const char *parent, bool v2,
				     bool given)
{
	struct cgroup_plan *plan = m->plan;
	struct cgroup_place *p;

	for (p = plan->place; p < plan->place + plan->n; p++)
		if (p->v2 == v2 && str_eq(p->parent, parent))
			return p;
	*p = (struct cgroup_place){.parent = parent, .v2 = v2, .given = given};
	plan->n++;
	return p;
}

static int no_controller(struct cgroup_maker *m, enum cgroup_controller c, const char *setting)
{
	static const char *const which[] = {"", "v1 ", "v2 "};
	const struct hierarchy *v2 = hierarchy_v2(&m->seen);
	const char *name = hierarchy_controller(c, true) ?: hierarchy_controller(c, false);

	err_set(m->err, EOPNOTSUPP, "%s: no cgroup %shierarchy here has the controller '%s'",
		setting, which[m->ask->version], name);
	snprintf(m->err->step, sizeof(m->err->step), "cgroup");
	if (v2 && m->ask->version != CGROUP_V1 && hierarchy_controller(c, true) && !v2->top)
		return err_hint(
			m->err,
			"the group '%.200s' does not get it from the one above: for a user, "
			"root adds it with 'systemctl edit user@.service': [Service] "
			"Delegate=cpu cpuset io memory pids",
			v2->dir);
	return err_hint(m->err, "'toastainer doctor' shows what is mounted; remove the setting to "
				"run without that protection");
}

/* The place for a controller: nsjail's when it is given, else below the caller's own group. */
static int choose_place(struct cgroup_maker *m, enum cgroup_controller c, const char *setting)
{
	const struct cgroup_ask *ask = m->ask;
	const struct hierarchy *h = NULL;

	if (ask->v2_parent && ask->version == CGROUP_V2) {
		m->place = place_at(m, ask->v2_parent, true, true);
		return 0;
	}
	if (ask->v1_parent[c] && ask->version != CGROUP_V2) {
		h = hierarchy_find(&m->seen, c, false);
		m->place = place_at(m, ask->v1_parent[c], false, true);
		m->place->hierarchy = h ? h->names : hierarchy_controller(c, false);
		return 0;
	}
	if (ask->version != CGROUP_V2)
		h = hierarchy_find(&m->seen, c, false);
	if (!h && ask->version != CGROUP_V1)
		h = c == CGROUP_DEVICE ? hierarchy_v2(&m->seen) : hierarchy_find(&m->seen, c, true);
	if (!h)
		return no_controller(m, c, setting);
	m->place = place_at(m, h->dir, h->v2, false);
	m->place->hierarchy = h->names;
	return 0;
}

static int add_limit(struct cgroup_maker *m, enum cgroup_limit l)
{
	const struct cgroup_value *v = &m->ask->limit[l];
	int r = choose_place(m, rows[l].controller, v->setting);

	if (r < 0)
		return r;
	m->v2 = m->place->v2;
	if (m->v2 && !hierarchy_controller(rows[l].controller, true) && l != CGROUP_DEVICES)
		return no_controller(m, rows[l].controller, v->setting);
	m->place->controllers |= 1U << rows[l].controller;
	m->place->enable |= m->v2 && l != CGROUP_DEVICES;
	return rows[l].put(m, &rows[l], v);
}

/* A v1 cpuset takes nobody in before both of its lists are filled. */
static int fill_cpuset(struct cgroup_maker *m)
{
	static const struct {
		enum cgroup_limit limit;
		const char *file;
	} lists[] = {{CGROUP_CPUSET_CPUS, "cpuset.cpus"}, {CGROUP_CPUSET_MEMS, "cpuset.mems"}};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct cgroup_value v = {.setting = lists[i].file};
		char path[PATH_MAX + 40], text[500];
		ssize_t n;
		int r;

		if (m->ask->limit[lists[i].limit].setting)
			continue;
		snprintf(path, sizeof(path), "%s/%s", m->place->parent, lists[i].file);
		n = io_read_small(AT_FDCWD, path, text, sizeof(text));
		if (n < 0)
			return err_sys(m->err, (int)n, "read '%s'", path);
		text[strcspn(text, "\n")] = 0;
		r = cgroup_plan_put(m, lists[i].file, &v, "%s", text);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Groups without a limit: for their figures when that is asked for, and a v2 one beside those of v1,
 * for cgroup.kill, cpu.stat and pressure.
 */
static void add_figures(struct cgroup_maker *m)
{
	static const enum cgroup_controller wanted[] = {CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU,
							CGROUP_IO};
	const struct hierarchy *v2 = hierarchy_v2(&m->seen);

	for (size_t i = 0; m->ask->always && i < ARRAY_SIZE(wanted); i++) {
		enum cgroup_controller c = wanted[i];
		const struct hierarchy *h = hierarchy_find(&m->seen, c, true);
		struct cgroup_place *p;

		if (!h || m->ask->version == CGROUP_V1)
			h = hierarchy_find(&m->seen, c == CGROUP_CPU ? CGROUP_CPUACCT : c, false);
		if (!h || (m->ask->version == CGROUP_V2 && !h->v2) || !hierarchy_may_make(h->dir))
			continue;
		p = place_at(m, h->dir, h->v2, false);
		p->hierarchy = h->names;
		p->controllers |= h->controllers & (1U << c | 1U << CGROUP_CPUACCT);
		p->enable |= h->v2;
	}
	for (unsigned i = 0; i < m->plan->n; i++)
		if (m->plan->place[i].v2)
			return;
	if (!v2 || m->ask->version == CGROUP_V1 || !hierarchy_may_make(v2->own))
		return;
	place_at(m, v2->own, true, false)->optional = true;
}

static bool asks(const struct cgroup_ask *ask)
{
	for (unsigned l = 0; l < CGROUP_LIMITS; l++)
		if (ask->limit[l].setting)
			return true;
	return ask->always || ask->counter;
}

/* wanted() - bits of the controllers that matter. */
static unsigned controllers_of(const struct cgroup_ask *ask)
{
	unsigned mask = 0;

	for (unsigned l = 0; l < CGROUP_LIMITS; l++)
		if (ask->limit[l].setting && l != CGROUP_DEVICES)
			mask |= 1U << rows[l].controller;
	return ask->always ? ~0U : mask;
}

/* passes_on() - whether the parent gives a place's controllers to its groups already. */
static bool passes_on(const struct cgroup_maker *m, const struct cgroup_place *p)
{
	const struct hierarchy *v2 = hierarchy_v2(&m->seen);
	unsigned needs = p->controllers & ~(1U << CGROUP_DEVICE);

	return v2 && p->v2 && str_eq(p->parent, v2->dir) && needs && !(needs & ~v2->passed);
}

static int make(struct cgroup_maker *m)
{
	const struct cgroup_ask *ask = m->ask;
	int r = hierarchy_read(m->arena, controllers_of(ask), &m->seen, m->err);

	if (r >= 0 && ask->limit[CGROUP_MEMORY_SWAP].setting &&
	    ask->limit[CGROUP_MEMORY_MEMSW].setting)
		r = err_set(m->err, EINVAL, "%s and %s exclude each other",
			    ask->limit[CGROUP_MEMORY_SWAP].setting,
			    ask->limit[CGROUP_MEMORY_MEMSW].setting);
	for (unsigned l = 0; r >= 0 && l < CGROUP_LIMITS; l++)
		if (ask->limit[l].setting) {
			m->plan->limits = true;
			r = add_limit(m, l);
		}
	if (r < 0)
		return r;
	add_figures(m);
	for (unsigned i = 0; r >= 0 && i < m->plan->n; i++) {
		m->place = &m->plan->place[i];
		m->place->passed = passes_on(m, m->place);
		if (!m->place->v2 && m->place->controllers & 1U << CGROUP_CPUSET)
			r = fill_cpuset(m);
	}
	return r;
}

bool cgroup_lacks_place(const struct cgroup_ask *ask)
{
	struct hierarchies seen;
	struct arena a = {0};
	const struct hierarchy *v2;
	bool lacks = false;

	if (hierarchy_read(&a, 0, &seen, NULL) < 0)
		seen.n = 0;
	v2 = hierarchy_v2(&seen);
	if (v2 && !hierarchy_may_make(v2->dir)) {
		lacks = ask->always;
		for (unsigned l = 0; l < CGROUP_LIMITS; l++)
			lacks |= ask->limit[l].setting &&
				 (ask->version == CGROUP_V2 ||
				  !hierarchy_find(&seen, rows[l].controller, false));
	}
	arena_free(&a);
	return lacks;
}

int cgroup_plan_make(const struct cgroup_ask *ask, struct arena *a, const struct cgroup_plan **ret,
		     struct err *err)
{
	struct cgroup_maker m = {.ask = ask, .arena = a, .err = err};
	int r;

	*ret = NULL;
	if (!asks(ask))
		return 0;
	m.plan = arena_alloc(a, sizeof(*m.plan));
	if (!m.plan)
		return err_oom(err);
	m.plan->disown = ask->disown;
	m.plan->sealed = ask->sealed;
	r = make(&m);
	if (r >= 0 && !m.plan->n && !m.plan->limits && !ask->always)
		return 0;
	if (r >= 0 && !m.plan->n) {
		r = err_set(err, EOPNOTSUPP, "no control group can be made here");
		err_hint(err, "'toastainer doctor' shows what is mounted and may be written");
	}
	if (r < 0) {
		snprintf(err->step, sizeof(err->step), "cgroup");
		return r;
	}
	m.plan->swap_limit =
		ask->limit[CGROUP_MEMORY_SWAP].setting || ask->limit[CGROUP_MEMORY_MEMSW].setting;
	m.plan->memory_max = ask->limit[CGROUP_MEMORY_MAX].number;
	for (unsigned i = 0; i < m.plan->n; i++) {
		m.plan->kills |= m.plan->place[i].v2;
		m.plan->counts_cpu |=
			m.plan->place[i].v2 || m.plan->place[i].controllers & 1U << CGROUP_CPUACCT;
	}
	*ret = m.plan;
	return 0;
}
