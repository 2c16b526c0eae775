// SPDX-License-Identifier: BSD-3-Clause
/*
 * Users and groups: names to numbers, the two id maps, and who writes them. A map is written
 * directly where the caller may (user_namespaces(7)), else by newuidmap(1) and newgidmap(1).
 */
#include <linux/capability.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"

/* The largest id; the one above means "no change" to setresuid(2) and cannot be anybody. */
#define ID_MAX (UINT32_MAX - 1)

struct map_entry {
	uint32_t inside, outside, count;
};

/* look_up() - a name in /etc/passwd or /etc/group: both have the number in the third field. */
static int look_up(struct planner *p, const char *file, const char *name, uint32_t *ret,
		   struct err *err)
{
	size_t n = strlen(name);
	char *text, *line;
	int r = io_read_file(&p->out->arena, AT_FDCWD, file, 64 << 20, &text, NULL, err);

	if (r < 0)
		return r;
	for (line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *number, *end;

		if (strncmp(line, name, n) != 0 || line[n] != ':')
			continue;
		number = strchr(line + n + 1, ':');
		if (!number)
			continue;
		number++;
		number += strspn(number, "0"); /* these are decimal, not octal */
		number -= number[0] < '1' || number[0] > '9';
		end = number + strspn(number, "0123456789");
		if (*end != ':')
			continue;
		*end = 0;
		r = str_u32(number, ret);
		*end = ':';
		return r < 0 ? err_set(err, EINVAL, "'%s' in %s has no usable number", name, file)
			     : 0;
	}
	return err_set(err, ENOENT, "'%s' is not in %s", name, file);
}

static int parse_id(struct planner *p, const char *text, bool group, uint32_t *ret, struct err *err)
{
	uint64_t v;
	int r;

	if (!text[0]) {
		*ret = group ? getgid() : getuid();
		return 0;
	}
	/* One reads "010" as ten, another as octal eight: an id is not to be guessed. */
	if (text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
		err_set(err, EINVAL, "%s '%s': an id does not begin with 0",
			group ? "group" : "user", text);
		return err_hint(err,
				"write it as decimal without the 0, or as 0x... in hexadecimal");
	}
	r = str_u64(text, ID_MAX, &v);
	if (r == 0) {
		*ret = (uint32_t)v;
		return 0;
	}
	if (r == -ERANGE || strchr("0123456789+-", text[0]))
		return err_set(err, EINVAL, "%s '%s': an id is a number from 0 to %u, or a name",
			       group ? "group" : "user", text, ID_MAX);
	r = look_up(p, group ? "/etc/group" : "/etc/passwd", text, ret, err);
	return r < 0 ? err_wrap(err, "%s", group ? "group" : "user") : 0;
}

static bool overlap(uint32_t a, uint32_t b, uint32_t na, uint32_t nb)
{
	return (uint64_t)a < (uint64_t)b + nb && (uint64_t)b < (uint64_t)a + na;
}

static int check_entry(const struct map_entry *maps, unsigned i, const char *what, struct err *err)
{
	const struct map_entry *m = &maps[i];

	if (!m->count)
		return err_set(err, EINVAL, "%s map %u:%u:%u maps no id: the count is 0", what,
			       m->inside, m->outside, m->count);
	if ((uint64_t)m->inside + m->count > (uint64_t)ID_MAX + 1 ||
	    (uint64_t)m->outside + m->count > (uint64_t)ID_MAX + 1)
		return err_set(err, EINVAL, "%s map %u:%u:%u: the range ends after %u", what,
			       m->inside, m->outside, m->count, ID_MAX);
	for (unsigned k = 0; k < i; k++)
		if (overlap(maps[k].inside, m->inside, maps[k].count, m->count) ||
		    overlap(maps[k].outside, m->outside, maps[k].count, m->count))
			return err_set(err, EINVAL, "%s map %u:%u:%u overlaps %u:%u:%u", what,
				       m->inside, m->outside, m->count, maps[k].inside,
				       maps[k].outside, maps[k].count);
	return 0;
}

static bool have_cap(unsigned cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	return sys(SYS_capget, &head, data) >= 0 && (data[0].effective >> cap & 1);
}

static int map_text(struct planner *p, const struct map_entry *m, unsigned n,
		    struct idmap_plan *ret, struct err *err)
{
	char *s = arena_alloc(&p->out->arena, n * 36 + 1);
	size_t at = 0;

	if (!s)
		return err_oom(err);
	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(s + at, 37, "%u %u %u\n", m[i].inside, m[i].outside,
				       m[i].count);
	ret->text = s;
	return 0;
}

/* helper_argv() - newuidmap PID inside outside count ...; the pid comes at the launch. */
static int helper_argv(struct planner *p, const struct map_entry *m, unsigned n, bool group,
		       struct idmap_plan *ret, struct err *err)
{
	static const char *const dirs[] = {"/usr/bin", "/bin", "/usr/local/bin"};
	const char *program = group ? "newgidmap" : "newuidmap";
	const char **argv = arena_alloc(&p->out->arena, (n * 3 + 3) * sizeof(*argv));
	unsigned k = 2;

	if (!argv)
		return err_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !argv[0]; i++) {
		char *path = arena_printf(&p->out->arena, "%s/%s", dirs[i], program);

		if (!path)
			return err_oom(err);
		if (access(path, X_OK) == 0)
			argv[0] = path;
	}
	if (!argv[0]) {
		err_set(err, ENOENT, "these ids need %s, which is not installed", program);
		return err_hint(
			err, "install the package uidmap, or map only your own id (the default)");
	}
	argv[1] = "";
	for (unsigned i = 0; i < n; i++) {
		argv[k++] = arena_printf(&p->out->arena, "%u", m[i].inside);
		argv[k++] = arena_printf(&p->out->arena, "%u", m[i].outside);
		argv[k++] = arena_printf(&p->out->arena, "%u", m[i].count);
		if (!argv[k - 1] || !argv[k - 2] || !argv[k - 3])
			return err_oom(err);
	}
	ret->helper = argv;
	return 0;
}

/* plan_map() - one of the two maps; @ret_id becomes the program's id. */
static int plan_map(struct planner *p, bool group, struct idmap_plan *ret, uint32_t *ret_id,
		    struct err *err)
{
	const struct cfg_idmap own = {.inside_id = "", .outside_id = "", .count = 1};
	const struct cfg_idmap *in = group ? p->cfg->gidmap.v : p->cfg->uidmap.v;
	unsigned n = group ? p->cfg->gidmap.n : p->cfg->uidmap.n;
	const char *what = group ? "group" : "user", *place;
	bool privileged = have_cap(group ? CAP_SETGID : CAP_SETUID), helper = false;
	struct map_entry *maps;
	int r;

	if (!n) {
		in = &own;
		n = 1;
	}
	if (n > 340)
		return err_set(err, E2BIG, "%u %s maps: the kernel takes 340", n, what);
	maps = arena_alloc(&p->out->arena, n * sizeof(*maps));
	if (!maps)
		return err_oom(err);
	for (unsigned i = 0; i < n; i++) {
		place = config_place(p->cfg, in[i].inside_id);
		r = parse_id(p, in[i].inside_id, group, &maps[i].inside, err);
		if (r >= 0) {
			if (config_place(p->cfg, in[i].outside_id))
				place = config_place(p->cfg, in[i].outside_id);
			r = parse_id(p, in[i].outside_id, group, &maps[i].outside, err);
		}
		maps[i].count = in[i].count;
		helper |= in[i].use_newidmap;
		ret->shifted |= maps[i].inside != maps[i].outside;
		if (r >= 0) {
			ret->shifted |= maps[i].inside != maps[i].outside;
			r = check_entry(maps, i, what, err);
		}
		if (r < 0)
			return place ? err_wrap(err, "%s", place) : r;
	}
	*ret_id = maps[0].inside;
	ret->outside = maps[0].outside;
	if (!privileged &&
	    (n > 1 || maps[0].count > 1 || maps[0].outside != (group ? getegid() : geteuid())))
		helper = true;
	return helper ? helper_argv(p, maps, n, group, ret, err) : map_text(p, maps, n, ret, err);
}

int plan_ids(struct planner *p, struct err *err)
{
	struct jail_plan *plan = p->plan;
	bool asked = p->cfg->uidmap.n || p->cfg->gidmap.n, privileged = have_cap(CAP_SETGID);
	int r;

	/* Without a user namespace the first map's inside id is who the program really becomes. */
	r = plan_map(p, false, &plan->uid_map, &plan->uid, err);
	if (r >= 0)
		r = plan_map(p, true, &plan->gid_map, &plan->gid, err);
	if (r < 0)
		return r;
	if (plan->clone_flags & CLONE_NEWUSER) {
		plan->set_ids = true;
		plan->deny_setgroups = !privileged && !plan->gid_map.helper;
	} else {
		plan->set_ids = asked || privileged;
	}
	return 0;
}
