// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer exec`: a further program in a running jail that has a name, with all that confines the
 * jail's own. Called by the command table.
 */
#include "base/log.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "cmd/outcome.h"
#include "config/load.h"
#include "config/schema.h"
#include "jail/enter.h"
#include "jail/hints.h"
#include "mode/once.h"
#include "mode/registry.h"

static const char usage[] =
	"Usage: toastainer exec [OPTION]... NAME [--] PROGRAM [ARGUMENT]...\n"
	"Run a further program in the jail NAME (run --name NAME), confined as the jail's own is:\n"
	"its namespaces, control groups, user, capabilities, limits and system call policy.\n"
	"It ends with the jail, and with this command; processes that it left behind are the "
	"jail's\n"
	"and stay. The exit status is the one that `run` would give.\n"
	"\n";

/* What may differ from the jail's own program: settings of the table. */
static const char *const options[] = {"cwd", "env", "tty", "time_limit", "result_json"};

struct exec {
	struct config cfg;
	const char *name;
	struct entry entry;
	struct enter_plan enter;
};

static void print_help(void)
{
	fputs(usage, stdout);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct setting *row = schema_find_option(options[i]);
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s --%s %s", row->shortopt ? '-' : ' ',
			 row->shortopt ?: ' ', row->shortopt ? "," : " ", row->opt, row->arg ?: "");
		printf("  %-30s %s\n", left, row->help);
	}
	puts("       --help                    this text");
}

/* option() - the row of an option that is ours to take. */
static const struct setting *option(const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct setting *row = schema_find_option(options[i]);

		if (word[1] == '-'
			    ? strlen(row->opt) == n - 2 && !strncmp(row->opt, word + 2, n - 2)
			    : row->shortopt && row->shortopt == word[1])
			return row;
	}
	return NULL;
}

/* take_options() - apply them to @cfg. Return: the words after them, or NULL. */
static char **take_options(struct config *cfg, char **words, struct err *err)
{
	for (; *words && words[0][0] == '-' && words[0][1]; words++) {
		const struct setting *row = option(*words);
		const char *value = NULL;

		if (str_eq(*words, "--"))
			return words + 1;
		if (!row) {
			err_set(err, EINVAL, "exec takes no option %s", *words);
			err_hint(err, "what else confines the program is the jail's own");
			return NULL;
		}
		if (row->arg) {
			value = words[0][1] == '-' ? strchr(*words, '=') : words[0] + 1;
			if (value && *++value == 0 && words[0][1] != '-')
				value = NULL;
			if (!value)
				value = *++words;
			if (!value) {
				err_set(err, EINVAL, "option --%s needs an argument: %s", row->opt,
					row->arg);
				return NULL;
			}
		}
		if (config_set(cfg, row->opt, value, err) < 0)
			return NULL;
	}
	return words;
}

/* prepare() - the jail's own config with another program, and the way in. */
static int prepare(struct exec *x, char **words, struct err *err)
{
	struct config *cfg = &x->cfg;
	struct arena a = {0}; /* options come before the name that says what they change */
	char **rest = take_options(cfg, words, err);
	int r;

	if (!rest)
		return -EINVAL;
	if (!rest[0] || !rest[1])
		return err_set(err, EINVAL, "exec needs the name of a jail and a program");
	x->name = rest[0];
	r = registry_find(&a, x->name, &x->entry, err);
	arena_join(&cfg->arena, &a);
	if (r < 0)
		return r;
	cfg->face = x->entry.face;
	r = load_text(cfg, x->name, x->entry.config, x->entry.config_len, err);
	if (r < 0)
		return r;
	cfg->mode = MODE_ONCE;
	cfg->tty = TTY_AUTO;
	cfg->time_limit = 0;
	cfg->jail_name = cfg->result_json = cfg->seccomp_unotify_report = NULL;
	cfg->explain = cfg->audit = cfg->seccomp_unotify = false; /* the jail's program alone */
	cfg->discard = false;					  /* the root is there */
	cfg->keep = cfg->upper = cfg->diff = cfg->image = cfg->commit = NULL;
	cfg->copy_in.n = cfg->copy_out.n = 0;
	take_options(cfg, words, err); /* once more, over the jail's */
	rest++;
	if (*rest && str_eq(*rest, "--"))
		rest++;
	r = config_command(cfg, (const char *const *)rest, err);
	if (r >= 0) {
		pid_t program = registry_program(&x->entry);

		if (program < 0) {
			r = err_set(err, ESRCH, "nothing runs in the jail '%s' now", x->name);
			err_hint(err, "it is ending, or between two runs of mode rerun: try again");
		} else {
			r = enter_prepare(program, &x->enter, err);
		}
	}
	return r;
}

static int enter(struct exec *x, char **words, struct err *err)
{
	_cleanup_close_ int result_fd = FD_NONE;
	struct result result;
	int r = prepare(x, words, err);

	if (r >= 0) {
		outcome_log(&x->cfg);
		r = outcome_open(&x->cfg, &result_fd, err);
	}
	if (r < 0)
		return r;
	once_enter(&x->cfg, &x->enter, &x->entry.filter, &result, err);
	if (result.reason == RESULT_SETUP_FAILED) {
		hint_add(&result.err);
		log_err(LOG_FATAL, &result.err);
	}
	r = outcome_write(result_fd, &result, err);
	return r < 0 ? r : outcome_status(FACE_RUN, &result);
}

int cmd_exec(int argc, char **argv)
{
	struct exec x = {.enter = ENTER_INIT};
	struct err err = ERR_INIT;
	int r;

	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		print_help();
		return 0;
	}
	config_init(&x.cfg, FACE_RUN);
	x.cfg.own_argv = argv - 1;
	r = enter(&x, argv + 1, &err);
	if (r < 0) {
		log_err(LOG_FATAL, &err);
		r = EXIT_OURS;
	}
	enter_free(&x.enter);
	config_free(&x.cfg);
	return r;
}
