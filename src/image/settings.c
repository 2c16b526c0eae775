// SPDX-License-Identifier: BSD-3-Clause
/*
 * Adding to the config of a build. Called by image/shell and image/hostjail. Fails when memory or the
 * id files cannot be had.
 */
#include "config/schema.h"
#include "image/ids.h"
#include "image/settings.h"

void *settings_append(struct config *cfg, const char *field)
{
	const struct setting *row = schema_find(&schema_config, field, strlen(field));

	schema_mark(&schema_config, cfg, row);
	return schema_append(cfg, cfg, row);
}

int settings_file(struct config *cfg, const char *dst, const char *text, size_t n, struct err *err)
{
	struct cfg_mount *m = settings_append(cfg, "mount");

	if (!m || !dst)
		return err_oom(err);
	m->dst = dst;
	m->src_content = (struct cfg_bytes){text, n};
	return 0;
}

int settings_program(struct config *cfg, const char *const *words, unsigned n, struct err *err)
{
	const char *const *old = cfg->exec_bin.arg.v, *path = cfg->exec_bin.path;
	uint32_t n_old = cfg->exec_bin.arg.n, at = 0;
	const char **v = arena_alloc(&cfg->arena, (n + n_old) * sizeof(*v));

	if (!v)
		return err_oom(err);
	for (unsigned i = 1; i < n; i++)
		v[at++] = words[i];
	if (path)
		v[at++] = path;
	for (uint32_t i = 0; i < n_old; i++)
		v[at++] = old[i];
	cfg->exec_bin.path = words[0];
	cfg->exec_bin.arg.v = v;
	cfg->exec_bin.arg.n = cfg->exec_bin.arg.cap = at;
	return 0;
}

static int add_ids(struct config *cfg, const char *field, const struct id_map *map, struct err *err)
{
	for (uint32_t i = 0; i < map->n; i++) {
		struct cfg_idmap *m = settings_append(cfg, field);

		if (!m)
			return err_oom(err);
		m->inside_id = arena_printf(&cfg->arena, "%u", map->v[i].inside);
		m->outside_id = arena_printf(&cfg->arena, "%u", map->v[i].outside);
		m->count = map->v[i].count;
		m->use_newidmap = map->helper;
		if (!m->inside_id || !m->outside_id)
			return err_oom(err);
	}
	return 0;
}

int settings_ids(struct config *cfg, bool *ret_one, struct err *err)
{
	struct id_map uids, gids;
	int r;

	if (!cfg->clone_newuser || cfg->uidmap.n || cfg->gidmap.n)
		return 0;
	r = ids_here(&cfg->arena, &uids, &gids, err);
	if (!r)
		r = add_ids(cfg, "uidmap", &uids, err);
	if (!r)
		r = add_ids(cfg, "gidmap", &gids, err);
	if (!r)
		*ret_one = ids_count(&uids) == 1;
	return r;
}
