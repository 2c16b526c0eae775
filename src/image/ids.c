// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which ids an image build gets. Called by image/shell. Debian's apt drops to a user of its own and
 * calls setgroups(2), dpkg gives files to many owners: one mapped id is not enough.
 */
#include <pwd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/ids.h"

/* The kernel takes at most this many lines (UID_GID_MAP_MAX_EXTENTS). */
#define MAX_RANGES 340

static int add(struct arena *a, struct id_map *m, uint32_t inside, uint32_t outside, uint32_t count,
	       struct err *err)
{
	void *v;

	if (m->n == MAX_RANGES || !count)
		return 0;
	v = arena_grow(a, m->v, m->n, &m->cap, sizeof(*m->v));
	if (!v)
		return err_oom(err);
	m->v = v;
	m->v[m->n++] = (struct id_range){inside, outside, count};
	return 0;
}

/* Cuts the next line off a text, without its newline. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = 0;
	return line;
}

/* What exists here, seen from here: "inside count" of our own map, unchanged. */
static int identity(struct arena *a, const struct id_source *src, struct id_map *m, struct err *err)
{
	char *text = arena_strdup(a, src->own_map), *line;
	int r = 0;

	if (!text)
		return err_oom(err);
	while (!r && (line = next_line(&text))) {
		uint32_t first, count;
		char *save = NULL, *words[3];

		for (int i = 0; i < 3; i++)
			words[i] = strtok_r(i ? NULL : line, " ", &save);
		if (words[2] && !str_u32(words[0], &first) && !str_u32(words[2], &count))
			r = add(a, m, first, first, count, err);
	}
	for (uint32_t i = 1; !r && i < m->n; i++) { /* the first is the program's: it must hold 0 */
		if (m->v[i].inside == 0) {
			struct id_range zero = m->v[i];

			m->v[i] = m->v[0];
			m->v[0] = zero;
		}
	}
	if (!r && (!m->n || m->v[0].inside != 0))
		r = err_set(err, EPERM, "id 0 is not mapped in this user namespace");
	return r;
}

/* "name-or-uid:first:count"; false: not a line of this user. */
static bool parse_sub(const struct id_source *src, char *line, uint32_t *first, uint32_t *count)
{
	char *second = strchr(line, ':'), *third = second ? strchr(second + 1, ':') : NULL;
	uint32_t uid;

	if (!third)
		return false;
	*second++ = 0;
	*third++ = 0;
	if (!(src->user && str_eq(line, src->user)) &&
	    !(str_u32(line, &uid) == 0 && uid == src->uid))
		return false;
	return str_u32(second, first) == 0 && str_u32(third, count) == 0;
}

static int subordinate(struct arena *a, const struct id_source *src, struct id_map *m,
		       struct err *err)
{
	char *text = arena_strdup(a, src->sub_ranges), *line;
	uint64_t next = 1;
	int r;

	if (!text)
		return err_oom(err);
	r = add(a, m, 0, src->id, 1, err);
	while (!r && (line = next_line(&text))) {
		uint32_t first, count;

		if (!parse_sub(src, line, &first, &count) || next + count > UINT32_MAX)
			continue;
		r = add(a, m, (uint32_t)next, first, count, err);
		next += count;
	}
	m->helper = m->n > 1;
	return r;
}

int ids_map(struct arena *a, const struct id_source *src, struct id_map *ret, struct err *err)
{
	struct id_map m = {0};
	int r = src->privileged ? identity(a, src, &m, err) : subordinate(a, src, &m, err);

	if (!r)
		*ret = m;
	return r;
}

/* A file that need not be there. */
static int read_optional(struct arena *a, const char *path, const char **ret, struct err *err)
{
	char *text;
	int r;

	*ret = "";
	if (access(path, R_OK) < 0)
		return 0;
	r = io_read_file(a, AT_FDCWD, path, (size_t)4 << 20, &text, NULL, err);
	if (!r)
		*ret = text;
	return r;
}

static int one_map(struct arena *a, struct id_source *src, uint32_t id, const char *own_map,
		   const char *sub_ranges, struct id_map *ret, struct err *err)
{
	int r = read_optional(a, own_map, &src->own_map, err);

	src->id = id;
	if (!r)
		r = read_optional(a, sub_ranges, &src->sub_ranges, err);
	return r ? r : ids_map(a, src, ret, err);
}

/* The helper programs are set-user-id, or have the capability as a file capability. */
static bool have_helpers(void)
{
	return access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0;
}

static void only_first(struct id_map *m)
{
	m->n = 1;
	m->helper = false;
}

int ids_here(struct arena *a, struct id_map *uids, struct id_map *gids, struct err *err)
{
	const struct passwd *pw = getpwuid(getuid());
	struct id_source src = {
		.privileged = geteuid() == 0,
		.uid = getuid(),
		.user = pw ? arena_strdup(a, pw->pw_name) : NULL,
	};
	struct id_map u, g;
	int r = one_map(a, &src, geteuid(), "/proc/self/uid_map", "/etc/subuid", &u, err);

	if (!r)
		r = one_map(a, &src, getegid(), "/proc/self/gid_map", "/etc/subgid", &g, err);
	if (r)
		return r;
	/* One kind of subordinate ids without the other, or without the helpers, helps nobody. */
	if (!src.privileged && (u.n < 2 || g.n < 2 || !have_helpers())) {
		only_first(&u);
		only_first(&g);
	}
	*uids = u;
	*gids = g;
	return 0;
}

uint64_t ids_count(const struct id_map *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n; i++)
		n += m->v[i].count;
	return n;
}
