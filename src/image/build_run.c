// SPDX-License-Identifier: BSD-3-Clause
/*
 * RUN: a command in the jail of `image shell`, with the image's variables, directory and user. Called
 * by image/build. Fails when the jail cannot be set up and when the command fails.
 */
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/build.h"
#include "image/ids.h"
#include "image/settings.h"
#include "image/shell.h"

#define PASSWD_MAX ((size_t)4 << 20)

/* A field of the line that begins with @name (or has @id in field 2); NULL: there is none. */
static char *find_line(char *text, const char *name)
{
	size_t n = strlen(name);

	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			return line;
	return NULL;
}

static bool field(const char *line, unsigned i, char *out, size_t size)
{
	size_t n;

	for (; i; i--) {
		line += strcspn(line, ":\n");
		if (*line++ != ':')
			return false;
	}
	n = strcspn(line, ":\n");
	if (n >= size)
		return false;
	memcpy(out, line, n);
	out[n] = 0;
	return true;
}

static char *find_id(char *text, uint32_t id)
{
	char number[16];
	uint32_t got;

	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (field(line, 2, number, sizeof(number)) && !str_u32(number, &got) && got == id)
			return line;
	return NULL;
}

static char *read_in_image(struct build *b, int root, const char *path)
{
	_cleanup_close_ int fd = sys_openat2(root, path, O_RDONLY | O_NONBLOCK, RESOLVE_IN_ROOT);
	char link[64], *text;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_read_file(b->a, AT_FDCWD, link, PASSWD_MAX, &text, NULL, NULL))
		return arena_strdup(b->a, "");
	return text;
}

static int named_id(char *file, const char *what, const char *name, uint32_t *ret, char **ret_line,
		    struct err *err)
{
	char number[16];

	if (str_u32(name, ret) == 0) {
		*ret_line = find_id(file, *ret);
		return 0;
	}
	*ret_line = find_line(file, name);
	if (!*ret_line || !field(*ret_line, 2, number, sizeof(number)) || str_u32(number, ret))
		return err_set(err, ENOENT, "the image has no %s '%.40s'", what, name);
	return 0;
}

int build_user(struct build *b, int root, const char *text, uint32_t *uid, uint32_t *gid,
	       const char **home, struct err *err)
{
	char *users = read_in_image(b, root, "etc/passwd"), *line, number[16], path[PATH_MAX];
	char *name = arena_strdup(b->a, text), *group = name ? strchr(name, ':') : NULL, *groups;
	int r;

	if (!users || !name)
		return err_oom(err);
	if (group)
		*group++ = 0;
	r = named_id(users, "user", name, uid, &line, err);
	if (r)
		return r;
	*home = NULL;
	if (line && field(line, 5, path, sizeof(path)))
		*home = arena_strdup(b->a, path);
	*gid = 0;
	if (!group && line && field(line, 3, number, sizeof(number)))
		str_u32(number, gid);
	if (!group)
		return 0;
	groups = read_in_image(b, root, "etc/group");
	return groups ? named_id(groups, "group", group, gid, &line, err) : err_oom(err);
}

static int add_range(struct config *cfg, const char *list, const struct id_map *map,
		     uint32_t inside, uint32_t outside, uint32_t count, struct err *err)
{
	struct cfg_idmap *m = count ? settings_append(cfg, list) : NULL;

	if (!count)
		return 0;
	if (!m)
		return err_oom(err);
	m->inside_id = arena_printf(&cfg->arena, "%u", inside);
	m->outside_id = arena_printf(&cfg->arena, "%u", outside);
	m->count = count;
	m->use_newidmap = map->helper;
	return m->inside_id && m->outside_id ? 0 : err_oom(err);
}

/* All ids that we have, and the one that the command is to have first: it becomes that. */
static int add_map(struct config *cfg, const char *list, const struct id_map *map, uint32_t id,
		   struct err *err)
{
	const struct id_range *has = NULL;
	int r = 0;

	for (uint32_t i = 0; i < map->n; i++)
		if (id >= map->v[i].inside && id - map->v[i].inside < map->v[i].count)
			has = &map->v[i];
	if (!has)
		return err_set(err, EINVAL, "USER: id %u is none that you can give", id);
	r = add_range(cfg, list, map, id, has->outside + (id - has->inside), 1, err);
	for (uint32_t i = 0; i < map->n && !r; i++) {
		const struct id_range *m = &map->v[i];
		uint32_t before = m == has ? id - m->inside : m->count;

		r = add_range(cfg, list, map, m->inside, m->outside, before, err);
		if (!r && m == has)
			r = add_range(cfg, list, map, id + 1, m->outside + before + 1,
				      m->count - before - 1, err);
	}
	return r;
}

static int put_env(struct config *cfg, const char *line, struct err *err)
{
	const char **v = line ? settings_append(cfg, "envar") : NULL;

	if (!v)
		return err_oom(err);
	*v = line;
	return 0;
}

static int set_user(struct build *b, struct config *cfg, const char *user, int root,
		    struct err *err)
{
	struct id_map uids, gids;
	const char *home, **cap;
	uint32_t uid, gid;
	int r = build_user(b, root, user, &uid, &gid, &home, err);

	if (r || (!uid && !gid))
		return r;
	r = ids_here(&cfg->arena, &uids, &gids, err);
	if (!r)
		r = add_map(cfg, "uidmap", &uids, uid, err);
	if (!r)
		r = add_map(cfg, "gidmap", &gids, gid, err);
	if (!r && home)
		r = put_env(cfg, arena_printf(&cfg->arena, "HOME=%s", home), err);
	if (r || !uid)
		return r;
	/* The default are root's of a build. One that is good for nothing in a user namespace. */
	cap = settings_append(cfg, "cap");
	if (!cap)
		return err_oom(err);
	*cap = "CAP_WAKE_ALARM";
	return 0;
}

static int configure(struct build *b, struct config *cfg, const struct df_step *step,
		     const struct build_root *root, struct err *err)
{
	const struct store_list *words = step->list ? &step->words : &b->shell;
	struct store_image img;
	const char **argv;
	unsigned n = 0;
	int r = oci_conf_image(&b->conf, b->a, &img, err);

	if (r)
		return r;
	if (img.user)
		r = set_user(b, cfg, img.user, root->fd, err);
	for (uint32_t i = 0; !r && i < b->args.n; i++)
		r = put_env(cfg, b->args.v[i], err);
	for (uint32_t i = 0; !r && i < img.env.n; i++)
		r = put_env(cfg, img.env.v[i], err);
	argv = arena_alloc(&cfg->arena, (words->n + (size_t)2) * sizeof(*argv));
	if (!argv)
		return err_oom(err);
	for (uint32_t i = 0; i < words->n; i++)
		argv[n++] = words->v[i];
	if (!step->list)
		argv[n++] = step->text;
	if (!r && !n)
		r = err_set(err, EINVAL, "RUN with an empty list");
	if (r)
		return r;
	if (argv[0][0] != '/')
		return err_set(err, EINVAL, "RUN: '%s': give the program's whole path", argv[0]);
	if (img.cwd)
		cfg->cwd = img.cwd;
	cfg->tty = TTY_OFF;
	return settings_program(cfg, argv, n, err);
}

static int outcome(const struct result *res, struct err *err)
{
	if (res->reason == RESULT_SETUP_FAILED) {
		*err = res->err;
		return -err->code;
	}
	if (res->reason == RESULT_SUPERVISOR_SIGNAL)
		return err_set(err, EINTR, "interrupted by SIG%s", sigabbrev_np(res->signal));
	if (res->reason != RESULT_EXITED)
		return err_set(err, ECHILD, "the command ended by %s",
			       result_reason_name(res->reason));
	if (res->exit_code)
		return err_set(err, ECHILD, "the command failed with exit status %d",
			       res->exit_code);
	return 0;
}

int build_run(struct build *b, const struct df_step *step, const struct build_root *root,
	      struct err *err)
{
	const struct shell_request rq = {.dir = root->path};
	struct shell sh = SHELL_INIT;
	struct result res = {0};
	struct config cfg;
	int r;

	config_init(&cfg, FACE_IMAGE);
	r = configure(b, &cfg, step, root, err);
	if (!r)
		r = shell_prepare(&sh, &cfg, &rq, err);
	if (!r) {
		r = shell_run(&sh, &cfg, b->rq->run, &res, err);
		if (!r)
			r = outcome(&res, err);
		result_free(&res);
	}
	shell_close(&sh);
	config_free(&cfg);
	return r;
}
