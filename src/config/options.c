// SPDX-License-Identifier: BSD-3-Clause
/*
 * Options that mean more than "this value for that field". Called by the command line and by
 * config_set() through the settings table.
 */
#include <linux/limits.h>

#include "base/str.h"
#include "config/options.h"

static const struct setting *row_of(const char *name)
{
	return schema_find(&schema_config, name, strlen(name));
}

static void mark(struct config *cfg, const char *name)
{
	schema_mark(&schema_config, cfg, row_of(name));
}

int option_mode(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	static const struct {
		const char *name, *word;
		int32_t mode;
	} modes[] = {
		{"l", "listen", MODE_LISTEN},
		{"o", "once", MODE_ONCE},
		{"e", "execve", MODE_EXECVE},
		{"r", "rerun", MODE_RERUN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (str_eq(arg, modes[i].name) || str_eq(arg, modes[i].word)) {
			cfg->mode = modes[i].mode;
			schema_mark(&schema_config, cfg, row);
			return 0;
		}
	}
	return err_set(err, EINVAL,
		       "'%s' is not a mode: l (listen), o (once), e (execve), r (rerun)", arg);
}

int option_port(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	uint64_t port;

	if (str_u64(arg, 65535, &port) < 0)
		return err_set(err, EINVAL, "'%s' is not a port (0 to 65535)", arg);
	cfg->port = (uint32_t)port;
	cfg->mode = MODE_LISTEN;
	schema_mark(&schema_config, cfg, row);
	mark(cfg, "mode");
	return 0;
}

int option_net(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	static const struct {
		const char *name;
		int32_t net;
		bool own;
	} networks[] = {
		{"none", CFG_NET_AUTO, true},
		{"host", CFG_NET_AUTO, false},
		{"nat", CFG_NET_NAT, true},
		{"user", CFG_NET_USER, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		if (!str_eq(arg, networks[i].name))
			continue;
		cfg->net = networks[i].net;
		cfg->clone_newnet = networks[i].own;
		schema_mark(&schema_config, cfg, row);
		mark(cfg, "clone_newnet");
		return 0;
	}
	return err_set(err, EINVAL, "'%s' is not a network: none, host, nat, user", arg);
}

/* nsjail reads what is no number as 0, no limit; only its face keeps that accident. */
int option_time_limit(struct config *cfg, const struct setting *row, const char *arg,
		      struct err *err)
{
	uint32_t v = 0;

	if (str_u32(arg, &v) < 0) {
		if (cfg->face != FACE_NSJAIL)
			return err_set(err, EINVAL, "'%s' is not a number of seconds", arg);
		v = 0;
	}
	cfg->time_limit = v;
	schema_mark(&schema_config, cfg, row);
	return 0;
}

int option_umask(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	uint32_t v = 0;
	const char *s = arg;

	for (; *s >= '0' && *s <= '7' && v <= 0777; s++)
		v = v * 8 + (uint32_t)(*s - '0');
	if (*s || s == arg || v > 0777)
		return err_set(err, EINVAL, "'%s' is not a mask in octal (0 to 777)", arg);
	cfg->umask = (int32_t)v;
	schema_mark(&schema_config, cfg, row);
	return 0;
}

int option_rlimit(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	static const struct {
		const char *word;
		int32_t type;
	} words[] = {
		{"soft", RL_SOFT}, {"def", RL_SOFT}, {"hard", RL_HARD},
		{"max", RL_HARD},  {"inf", RL_INF},  {"inherit", RL_INHERIT},
	};
	const struct setting *type_row = row + 1; /* rlimit_x_type follows rlimit_x in the table */
	int32_t *type = schema_field(cfg, type_row);
	uint64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(arg, words[i].word) == 0) {
			*type = words[i].type;
			schema_mark(&schema_config, cfg, type_row);
			return 0;
		}
	}
	if (str_u64(arg, UINT64_MAX >> 20, &v) < 0)
		return err_set(
			err, EINVAL,
			"'%s' is not a limit: a number, or max, hard, def, soft, inf, inherit",
			arg);
	*(uint64_t *)schema_field(cfg, row) = v;
	*type = RL_VALUE;
	schema_mark(&schema_config, cfg, row);
	schema_mark(&schema_config, cfg, type_row);
	return 0;
}

/* split_colons() - @arg into at most @max pieces; the last one keeps its colons. */
static int split_colons(struct config *cfg, const char *arg, char **pieces, int max)
{
	char *s = arena_strdup(&cfg->arena, arg);
	int n = 0;

	if (!s)
		return -ENOMEM;
	pieces[n++] = s;
	while (n < max && (s = strchr(s, ':'))) {
		*s++ = 0;
		pieces[n++] = s;
	}
	return n;
}

static struct cfg_mount *add_mount(struct config *cfg)
{
	mark(cfg, "mount");
	return schema_append(cfg, cfg, row_of("mount"));
}

static struct cfg_idmap *add_idmap(struct config *cfg, bool group)
{
	const char *name = group ? "gidmap" : "uidmap";

	mark(cfg, name);
	return schema_append(cfg, cfg, row_of(name));
}

static int idmap(struct config *cfg, const char *arg, bool group, bool helper, struct err *err)
{
	char *part[4] = {0};
	int n = split_colons(cfg, arg, part, 4);
	struct cfg_idmap *map;

	if (n < 0)
		return err_oom(err);
	if (n > 3)
		return err_set(err, EINVAL, "'%s': more than inside:outside:count", arg);
	map = add_idmap(cfg, group);
	if (!map)
		return err_oom(err);
	map->inside_id = part[0];
	map->outside_id = n > 1 ? part[1] : "";
	map->use_newidmap = helper;
	/* An id that is not there is the caller's, but an empty string is no id (was: root, once). */
	if (!part[0][0] && n == 1)
		return err_set(err, EINVAL, "'%s' is not a user or group", arg);
	if (n > 2 && (str_u32(part[2], &map->count) < 0 || map->count == 0 ||
		      (part[2][0] == '0' && part[2][1] >= '0' && part[2][1] <= '9')))
		return err_set(err, EINVAL, "'%s' is not a count of ids", part[2]);
	return 0;
}

int option_idmap(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	return idmap(cfg, arg, row->name[0] == 'g', false, err);
}

int option_newidmap(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	return idmap(cfg, arg, row->opt[0] == 'g', true, err);
}

/*
 * too_much() - a colon where the option takes none any more. nsjail ignores what follows it or takes it for
 * part of a name, so its face does too, and the log says so; elsewhere it is an error.
 */
static int too_much(struct config *cfg, const struct setting *row, const char *arg,
		    const char *meant, struct err *err)
{
	const char **note;

	if (cfg->face != FACE_NSJAIL) {
		err_set(err, EINVAL, "'%s': a colon too many", arg);
		return err_hint(err, "%s", meant);
	}
	note = arena_grow(&cfg->arena, cfg->notes.v, cfg->notes.n, &cfg->notes.cap, sizeof(*note));
	if (!note)
		return err_oom(err);
	cfg->notes.v = note;
	note += cfg->notes.n;
	*note = arena_printf(&cfg->arena, "%s '%s': as in nsjail, %s", row->opt, arg, meant);
	if (!*note)
		return err_oom(err);
	cfg->notes.n++;
	return 0;
}

/* source_and_target() - "src:dst"; nothing may follow. */
static int source_and_target(struct config *cfg, const struct setting *row, const char *arg,
			     char *part[3], struct err *err)
{
	int n = split_colons(cfg, arg, part, 3);

	if (n < 0)
		return err_oom(err);
	if (n > 2 &&
	    too_much(
		    cfg, row, arg,
		    cfg->face == FACE_NSJAIL
			    ? "what follows the second colon is ignored"
			    : "it takes SRC:DST; a name with a colon can be given in a config file",
		    err) < 0)
		return -EINVAL;
	return MIN(n, 2);
}

int option_bind(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	char *part[3];
	int n = source_and_target(cfg, row, arg, part, err);
	struct cfg_mount *m;

	if (n < 0)
		return n;
	m = add_mount(cfg);
	if (!m)
		return err_oom(err);
	if (!part[0][0])
		return err_set(err, EINVAL, "'%s': no source", arg);
	m->src = part[0];
	m->dst = n > 1 && part[1][0] ? part[1] : part[0];
	m->is_bind = true;
	m->rw = !str_starts(row->opt, "bindmount_ro");
	m->mandatory = !strstr(row->opt, "_try");
	return 0;
}

int option_tmpfs(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	struct cfg_mount *m;

	if (strchr(arg, ':') &&
	    too_much(cfg, row, arg,
		     cfg->face == FACE_NSJAIL ? "all of it is the directory's name; options "
						"belong into --mount none:DIR:tmpfs:OPTIONS"
					      : "it takes a directory; a tmpfs with options is "
						"--mount none:DIR:tmpfs:OPTIONS",
		     err) < 0)
		return -EINVAL;
	m = add_mount(cfg);
	if (!m)
		return err_oom(err);
	m->dst = arena_strdup(&cfg->arena, arg);
	if (!m->dst)
		return err_oom(err);
	m->fstype = "tmpfs";
	/* nsjail's size; elsewhere the kernel's default, half of the memory */
	m->options = cfg->face == FACE_NSJAIL ? "size=4194304" : "";
	m->rw = true;
	return 0;
}

int option_mount(struct config *cfg, const struct setting *row UNUSED, const char *arg,
		 struct err *err)
{
	char *part[4] = {0};
	int n = split_colons(cfg, arg, part, 4);
	struct cfg_mount *m;

	if (n < 0)
		return err_oom(err);
	if (n < 2)
		return err_set(err, EINVAL, "'%s' is not src:dst:type:options", arg);
	m = add_mount(cfg);
	if (!m)
		return err_oom(err);
	m->src = part[0];
	m->dst = part[1];
	m->fstype = n > 2 ? part[2] : "";
	m->options = n > 3 ? part[3] : "";
	m->rw = true; /* unless the options say "ro" */
	return 0;
}

int option_symlink(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	char *part[3];
	int n = source_and_target(cfg, row, arg, part, err);
	struct cfg_mount *m;

	if (n < 0)
		return n;
	if (n != 2 || !part[0][0] || !part[1][0])
		return err_set(err, EINVAL, "'%s' is not src:dst", arg);
	m = add_mount(cfg);
	if (!m)
		return err_oom(err);
	m->src = part[0];
	m->dst = part[1];
	m->is_symlink = true;
	return 0;
}

int option_file(struct config *cfg, const struct setting *row UNUSED, const char *arg,
		struct err *err)
{
	char *part[2];
	int n = split_colons(cfg, arg, part, 2);
	struct cfg_mount *m;

	if (n < 0)
		return err_oom(err);
	if (n != 2 || !part[0][0])
		return err_set(err, EINVAL, "'%s' is not dst:text", arg);
	m = add_mount(cfg);
	if (!m)
		return err_oom(err);
	m->dst = part[0];
	m->src_content = (struct cfg_bytes){part[1], strlen(part[1])};
	return 0;
}

int option_log_more(struct config *cfg, const struct setting *row, const char *arg UNUSED,
		    struct err *err UNUSED)
{
	cfg->log_level = row->shortopt == 'v' ? 0 : row->shortopt == 'q' ? 2 : 4;
	mark(cfg, "log_level");
	return 0;
}

int option_user_net(struct config *cfg, const struct setting *row, const char *arg UNUSED,
		    struct err *err UNUSED)
{
	schema_mark(&schema_config, cfg, row);
	return 0;
}

/* set_number() - @arg into a numeric field of its width. */
static int set_number(void *field, const struct setting *row, const char *arg, struct err *err)
{
	int64_t min = row->type == F_I32 ? INT32_MIN : row->type == F_I64 ? INT64_MIN : 0;
	uint64_t max = row->type == F_I32   ? INT32_MAX
		       : row->type == F_U32 ? UINT32_MAX
		       : row->type == F_I64 ? INT64_MAX
					    : UINT64_MAX;
	uint64_t u = 0;
	int64_t i = 0;
	int r = min < 0 ? str_i64(arg, min, (int64_t)max, &i) : str_u64(arg, max, &u);

	if (r < 0)
		return err_set(err, -r, "'%s' is not a number from %lld to %llu", arg,
			       (long long)min, (unsigned long long)max);
	if (min < 0)
		u = (uint64_t)i;
	if (row->type == F_I32 || row->type == F_U32)
		*(uint32_t *)field = (uint32_t)u;
	else
		*(uint64_t *)field = u;
	return 0;
}

static int set_enum(void *field, const struct setting *row, const char *arg, struct err *err)
{
	char list[200] = "";
	size_t n = 0;

	for (const struct enum_name *e = row->names; e->name; e++) {
		if (arg && strcasecmp(e->name, arg) == 0) {
			*(int32_t *)field = e->value;
			return 0;
		}
		if (n < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
					      e->name);
	}
	return err_set(err, EINVAL, "'%s' is none of: %s", arg ?: "", list);
}

static int set_bool(void *field, const struct setting *row, const char *arg, struct err *err)
{
	bool v = true;

	if (arg && *arg) {
		if (str_eq(arg, "false") || str_eq(arg, "0") || str_eq(arg, "no"))
			v = false;
		else if (!str_eq(arg, "true") && !str_eq(arg, "1") && !str_eq(arg, "yes"))
			return err_set(err, EINVAL, "'%s' is neither true nor false", arg);
	}
	*(bool *)field = row->flags & SF_NEGATE ? !v : v;
	return 0;
}

static int set_value(struct config *cfg, void *field, const struct setting *row, const char *arg,
		     struct err *err)
{
	char *copy;

	switch (row->type) {
	case F_BOOL: return set_bool(field, row, arg, err);
	case F_ENUM: return set_enum(field, row, arg, err);
	case F_I32:
	case F_U32:
	case F_I64:
	case F_U64: return set_number(field, row, arg, err);
	case F_STRING:
		copy = arena_strdup(&cfg->arena, arg);
		if (!copy)
			return err_oom(err);
		*(const char **)field = copy;
		return 0;
	default: return err_set(err, EINVAL, "cannot be set from text; use a configuration file");
	}
}

static int no_such_key(const struct message *m, const char *key, struct err *err)
{
	const char *best = NULL;
	unsigned distance = UINT_MAX;

	for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
		str_nearest(key, row->name, &best, &distance);
	err_set(err, EINVAL, "there is no '%s='", key);
	return best ? err_hint(err, "did you mean '%s='?", best) : -EINVAL;
}

/* A message in one argument: KEY=VALUE,...; a repeated field's key may come several times. */
int option_message(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	char *rest = arena_strdup(&cfg->arena, arg), *key;
	void *message = rest ? schema_append(cfg, cfg, row) : NULL;
	int r;

	if (!message)
		return err_oom(err);
	while ((key = strsep(&rest, ","))) {
		char *text = strchr(key, '=');
		const struct setting *field;
		void *to;

		if (!text)
			return err_set(err, EINVAL, "'%s' is not KEY=VALUE", key);
		*text++ = 0;
		field = schema_find(row->message, key, strlen(key));
		if (!field)
			return no_such_key(row->message, key, err);
		to = field->flags & SF_REPEATED ? schema_append(cfg, message, field)
						: schema_field(message, field);
		if (!to)
			return err_oom(err);
		r = set_value(cfg, to, field, text, err);
		if (r < 0)
			return err_wrap(err, "%s", key);
		schema_mark(row->message, message, field);
	}
	schema_mark(&schema_config, cfg, row);
	return 0;
}

/* schema_set_text() - the argument of an option or config_set() for one row. */
static int set_row(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	void *field = schema_field(cfg, row);
	int r;

	if (!arg && row->type != F_BOOL && (!row->parse || row->arg))
		return err_set(err, EINVAL, "needs a value");
	if (row->parse)
		return row->parse(cfg, row, arg ?: "", err);
	if (row->flags & SF_REPEATED) {
		field = schema_append(cfg, cfg, row);
		if (!field)
			return err_oom(err);
	}
	r = set_value(cfg, field, row, arg, err);
	if (r == 0 && row->name)
		schema_mark(&schema_config, cfg, row);
	/* The parts of the program to execute live in a message of their own. */
	if (r == 0 && row->offset >= offsetof(struct config, exec_bin) &&
	    row->offset < offsetof(struct config, exec_bin) + sizeof(cfg->exec_bin))
		mark(cfg, "exec_bin");
	return r;
}

int option_apply(struct config *cfg, const struct setting *row, const char *arg, struct err *err)
{
	int r = set_row(cfg, row, arg, err);

	return r < 0 ? err_wrap(err, "%s%s", row->opt ? "--" : "", row->opt ?: row->name) : 0;
}

int config_set(struct config *cfg, const char *name, const char *value, struct err *err)
{
	const struct setting *row = schema_find_option(name);
	const char *best = NULL;
	unsigned distance = UINT_MAX;

	/* A field's own name first: --disable_x options say the opposite of theirs. */
	if (schema_find(&schema_config, name, strlen(name)) && (!row || row->name))
		row = schema_find(&schema_config, name, strlen(name));
	if (row) {
		struct setting plain = *row;

		/* by its field name a negated bool is set straight */
		if (row->name && str_eq(row->name, name) &&
		    (!row->opt || !str_eq(row->opt, name)) && !row->parse) {
			plain.flags &= ~(unsigned)SF_NEGATE;
			if (row->type == F_BOOL) {
				int r = set_bool(schema_field(cfg, row), &plain, value, err);

				if (r == 0)
					schema_mark(&schema_config, cfg, row);
				return r < 0 ? err_wrap(err, "%s", name) : 0;
			}
		}
		return option_apply(cfg, row, value, err);
	}
	for (const struct setting *s = schema_config.rows; s < schema_config.rows + schema_config.n;
	     s++) {
		if (s->opt)
			str_nearest(name, s->opt, &best, &distance);
		if (s->name)
			str_nearest(name, s->name, &best, &distance);
	}
	err_set(err, EINVAL, "there is no setting '%s'", name);
	return best ? err_hint(err, "did you mean '%s'?", best) : -EINVAL;
}

int config_command(struct config *cfg, const char *const *argv, struct err *err)
{
	struct cfg_exe *exe = &cfg->exec_bin;
	const struct setting *args;
	const struct message *m = schema_find(&schema_config, "exec_bin", 8)->message;

	if (!argv[0])
		return err_set(err, EINVAL, "no program to run");
	args = schema_find(m, "arg", 3);
	exe->path = arena_strdup(&cfg->arena, argv[0]);
	exe->arg0 = NULL;
	exe->exec_fd = false;
	exe->arg.n = 0;
	if (!exe->path)
		return err_oom(err);
	for (unsigned i = 1; argv[i]; i++) {
		const char **arg = schema_append(cfg, exe, args);

		if (!arg || !(*arg = arena_strdup(&cfg->arena, argv[i])))
			return err_oom(err);
	}
	return 0;
}
