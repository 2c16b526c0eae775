// SPDX-License-Identifier: BSD-3-Clause
/*
 * Command line parsing. Long options may be shortened to a unique beginning, short ones grouped.
 */
#include <limits.h>

#include "base/str.h"
#include "config/cli.h"
#include "config/options.h"

#define FOR_EACH_OPTION(row)                                                                       \
	for (const struct setting *row = schema_config.rows;                                       \
	     row < schema_config.rows + schema_config.n; row++)                                    \
		if (row->opt)

struct parse {
	struct config *cfg;
	struct cli *cli;
	char **argv;
};

/* find_long() - exact name, else the one option that begins so. */
static int find_long(const char *word, size_t n, bool only_nsjail, const struct setting **ret)
{
	const struct setting *found = NULL;
	unsigned matches = 0;

	FOR_EACH_OPTION(row)
	{
		if (only_nsjail && row->flags & SF_OUR_OPTION)
			continue;
		/* The first letter first: there are hundreds of rows. */
		if ((n && row->opt[0] != word[0]) || strncmp(row->opt, word, n) != 0)
			continue;
		if (!row->opt[n]) {
			*ret = row;
			return 0;
		}
		found = row;
		matches++;
	}
	if (matches > 1)
		return -ENOTUNIQ;
	*ret = found;
	return found ? 0 : -ENOENT;
}

static int unknown_option(const char *word, size_t n, struct err *err)
{
	char name[64];
	const char *best = NULL;
	unsigned distance = UINT_MAX;

	snprintf(name, sizeof(name), "%.*s", (int)MIN(n, sizeof(name) - 1), word);
	FOR_EACH_OPTION(row)
	str_nearest(name, row->opt, &best, &distance);
	err_set(err, EINVAL, "unknown option --%s", name);
	return best ? err_hint(err, "did you mean --%s?", best) : -EINVAL;
}

static int apply(struct parse *p, const struct setting *row, char *arg, struct err *err)
{
	struct cli *cli = p->cli;

	if (row->type != F_NONE || row->parse)
		return option_apply(p->cfg, row, arg, err);
	if (str_eq(row->opt, "config"))
		return config_load(p->cfg, arg, err);
	if (str_eq(row->opt, "help"))
		cli->help = true;
	else if (str_eq(row->opt, "version"))
		cli->version = true;
	else if (str_eq(row->opt, "dry_run"))
		cli->dry_run = true;
	else if (str_eq(row->opt, "dry_run_json"))
		cli->dry_run = cli->json = true;
	else if (str_eq(row->opt, "create_image"))
		cli->create_image = arg;
	else if (str_eq(row->opt, "use_script"))
		cli->use_script = arg;
	return 0;
}

static int long_option(struct parse *p, char ***next, struct err *err)
{
	char *word = **next + 2, *arg = strchr(word, '=');
	size_t n = arg ? (size_t)(arg - word) : strlen(word);
	const struct setting *row = NULL;
	int r = -ENOENT;

	++*next;
	if (p->cfg->face == FACE_NSJAIL)
		r = find_long(word, n, true, &row);
	if (r == -ENOENT)
		r = find_long(word, n, false, &row);
	if (r == -ENOTUNIQ)
		return err_set(err, EINVAL, "option --%.*s is ambiguous", (int)n, word);
	if (r < 0)
		return unknown_option(word, n, err);
	if (arg)
		arg++;
	if (arg && !row->arg)
		return err_set(err, EINVAL, "option --%s takes no argument", row->opt);
	if (!arg && row->arg) {
		arg = **next;
		if (!arg)
			return err_set(err, EINVAL, "option --%s needs an argument: %s", row->opt,
				       row->arg);
		++*next;
	}
	return apply(p, row, arg, err);
}

static int short_options(struct parse *p, char ***next, struct err *err)
{
	char *s = **next + 1;

	++*next;
	while (*s) {
		const struct setting *row = NULL;
		char *arg = NULL;
		int r;

		FOR_EACH_OPTION(o)
		if (o->shortopt == *s)
			row = o;
		if (!row)
			return err_set(err, EINVAL, "unknown option -%c", *s);
		s++;
		if (row->arg) {
			arg = *s ? s : **next;
			if (!arg)
				return err_set(err, EINVAL, "option -%c needs an argument: %s",
					       row->shortopt, row->arg);
			if (!*s)
				++*next;
			s += strlen(s);
		}
		r = apply(p, row, arg, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The words of the command: argv of the program, and its path where no config gave one. */
static int set_command(struct config *cfg, char **words, unsigned n, struct err *err)
{
	struct cfg_exe *exe = &cfg->exec_bin;

	if (!n)
		return 0;
	exe->arg.v = arena_alloc(&cfg->arena, n * sizeof(*exe->arg.v));
	if (!exe->arg.v)
		return err_oom(err);
	exe->arg.n = exe->arg.cap = n - 1;
	for (unsigned i = 1; i < n; i++) {
		exe->arg.v[i - 1] = arena_strdup(&cfg->arena, words[i]);
		if (!exe->arg.v[i - 1])
			return err_oom(err);
	}
	if (!exe->path || !exe->path[0]) {
		exe->path = arena_strdup(&cfg->arena, words[0]);
	} else if (!exe->arg0) {
		exe->arg0 = arena_strdup(&cfg->arena, words[0]);
	}
	return exe->path ? 0 : err_oom(err);
}

int cli_parse(char **argv, struct config *cfg, struct cli *ret, struct err *err)
{
	struct parse p = {.cfg = cfg, .cli = ret, .argv = argv};
	char **words;
	char **next = argv[0] ? argv + 1 : argv;
	unsigned n = 0;

	*ret = (struct cli){0};
	/* From nsjail's command line /proc is mounted, from a config only when it says so. */
	cfg->mount_proc = true;
	while (argv[n])
		n++;
	words = arena_alloc(&cfg->arena, (n + 1) * sizeof(*words));
	if (!words)
		return err_oom(err);
	n = 0;
	while (*next) {
		char *word = *next;
		int r;

		if (word[0] != '-' || !word[1]) {
			words[n++] = word;
			next++;
			if (cfg->face == FACE_NSJAIL)
				continue;
			break;
		}
		if (str_eq(word, "--")) {
			next++;
			break;
		}
		r = word[1] == '-' ? long_option(&p, &next, err) : short_options(&p, &next, err);
		if (r < 0)
			return r;
	}
	while (*next)
		words[n++] = *next++;
	return set_command(cfg, words, n, err);
}

bool cli_wants_json(char **argv, const struct config *cfg)
{
	bool wanted = cfg->log_format != 0;

	for (; *argv && !str_eq(*argv, "--"); argv++)
		wanted |= str_eq(*argv, "--log_format=json") ||
			  (str_eq(*argv, "--log_format") && argv[1] && str_eq(argv[1], "json"));
	return wanted;
}

void cli_help(FILE *out)
{
	for (unsigned g = 0; g < SETTING_GROUPS; g++) {
		fprintf(out, "\n%s:\n", schema_group_titles[g]);
		FOR_EACH_OPTION(row)
		{
			char left[64];
			int n;

			if (row->group != g)
				continue;
			n = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s",
				     row->shortopt ? '-' : ' ', row->shortopt ? row->shortopt : ' ',
				     row->shortopt ? "," : " ", row->opt, row->arg ? " " : "",
				     row->arg ?: "");
			if (n > 38)
				fprintf(out, "%s\n%40s%s\n", left, "", row->help);
			else
				fprintf(out, "%-40s%s\n", left, row->help);
		}
	}
}
