// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer config`: check, convert and describe configuration files, without starting a jail.
 * Called by the command table; 0 when everything is in order, 1 when a file is refused, 125 when the
 * command itself is wrong.
 */
#include "cmd/commands.h"
#include "cmd/config.h"
#include "config/dump.h"
#include "config/plan_parts.h"
#include "config/protoschema.h"

enum { OK = 0, REFUSED = 1, WRONG_USE = EXIT_OURS };

static const char usage[] =
	"Usage: toastainer config check [--face FACE] FILE...\n"
	"       toastainer config convert [--face FACE] --to text|json FILE\n"
	"       toastainer config schema [--proto|--json]\n"
	"\n"
	"check    say whether files are valid, and what is wrong with those that are not; the "
	"users\n"
	"         and groups that a file names must exist\n"
	"convert  print a file in the other form\n"
	"schema   print the format: a .proto (the default), or a JSON Schema of the JSON form\n"
	"\n"
	"FACE is who will read the file: nsjail (default) accepts what nsjail does, run and image\n"
	"also accept toastainer's own settings. FILE - is standard input.\n";

static int wrong_use(const char *message, const char *word)
{
	fprintf(stderr, "toastainer config: %s%s\n\n%s", message, word, usage);
	return WRONG_USE;
}

static void print_error(const struct err *err)
{
	fprintf(stderr, "%s%s%s\n", err->msg, err->hint[0] ? "; hint: " : "", err->hint);
}

/* Whether all output was written. */
static int finish_output(bool failed)
{
	failed |= fflush(stdout) != 0 || ferror(stdout);
	if (failed)
		fputs("toastainer config: cannot write the output\n", stderr);
	return failed ? REFUSED : OK;
}

static int print(const struct sbuf *out)
{
	return finish_output(out->failed || fputs(out->s, stdout) < 0);
}

/* What stands on the command line after the subcommand. */
struct args {
	enum config_face face;
	const char *to;	  /* convert */
	bool proto, json; /* schema */
	char **files;
	int n;
};

static bool parse_face(const char *name, enum config_face *ret)
{
	static const char *const names[CONFIG_FACES] = {"nsjail", "run", "image"};

	for (int i = 0; i < CONFIG_FACES; i++) {
		if (str_eq(names[i], name)) {
			*ret = (enum config_face)i;
			return true;
		}
	}
	return false;
}

/* Options first, then files. */
static int parse_args(char **argv, struct args *a)
{
	*a = (struct args){.face = FACE_NSJAIL};
	for (; *argv && str_starts(*argv, "--"); argv++) {
		if (str_eq(*argv, "--")) {
			argv++;
			break;
		} else if (str_eq(*argv, "--proto")) {
			a->proto = true;
		} else if (str_eq(*argv, "--json")) {
			a->json = true;
		} else if (str_eq(*argv, "--to") && argv[1]) {
			a->to = *++argv;
		} else if (str_eq(*argv, "--face") && argv[1]) {
			if (!parse_face(*++argv, &a->face))
				return wrong_use("unknown face ", *argv);
		} else {
			return wrong_use("unknown or incomplete option ", *argv);
		}
	}
	a->files = argv;
	while (argv[a->n])
		a->n++;
	return OK;
}

/* Users and groups by name must exist here: a file with others starts no jail, and nsjail refuses it. */
static int check_ids(const struct config *cfg, const char *file, struct err *err)
{
	struct planned planned = PLANNED_INIT;
	struct planner p = {.cfg = cfg, .out = &planned, .plan = &planned.plan};
	int ret = plan_ids(&p, err);

	if (ret < 0 && !(str_starts(err->msg, file) && err->msg[strlen(file)] == ':'))
		err_wrap(err, "%s", file);
	planned_free(&planned);
	return ret;
}

static int cmd_check(const struct args *a)
{
	int rc = OK;

	if (a->n == 0 || a->to || a->proto || a->json)
		return wrong_use("check takes one file or more", "");
	for (int i = 0; i < a->n; i++) {
		struct err err = ERR_INIT;
		struct config cfg;

		config_init(&cfg, a->face);
		if (config_load(&cfg, a->files[i], &err) < 0 ||
		    check_ids(&cfg, str_eq(a->files[i], "-") ? "stdin" : a->files[i], &err) < 0) {
			print_error(&err);
			rc = REFUSED;
		} else {
			printf("%s: ok\n", a->files[i]);
		}
		config_free(&cfg);
	}
	return finish_output(false) == OK ? rc : REFUSED;
}

static int cmd_convert(const struct args *a)
{
	bool to_json = a->to && str_eq(a->to, "json");
	_cleanup_sbuf_ struct sbuf out = {0};
	struct err err = ERR_INIT;
	struct config cfg;
	int ret;

	if (a->n != 1 || !a->to || (!to_json && !str_eq(a->to, "text")) || a->proto || a->json)
		return wrong_use("convert takes --to text or --to json and one file", "");
	config_init(&cfg, a->face);
	sbuf_puts(&out, "");
	ret = config_load(&cfg, a->files[0], &err);
	if (ret == 0)
		ret = to_json ? dump_json(&cfg, &out, &err) : dump_text(&cfg, &out, &err);
	config_free(&cfg);
	if (ret < 0) {
		print_error(&err);
		return REFUSED;
	}
	return print(&out);
}

static int cmd_schema(const struct args *a)
{
	_cleanup_sbuf_ struct sbuf out = {0};

	if (a->n > 0 || a->to || (a->proto && a->json))
		return wrong_use("schema takes --proto or --json, no file", "");
	if (a->json)
		protoschema_json(&out);
	else
		protoschema_proto(&out);
	return print(&out);
}

int cmd_config(int argc, char **argv)
{
	struct args a;

	if (argc < 2)
		return wrong_use("what shall be done?", "");
	for (int i = 1; i <= 2 && i < argc; i++) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			fputs(usage, stdout);
			return OK;
		}
	}
	if (parse_args(argv + 2, &a) != OK)
		return WRONG_USE;
	if (str_eq(argv[1], "check"))
		return cmd_check(&a);
	if (str_eq(argv[1], "convert"))
		return cmd_convert(&a);
	if (str_eq(argv[1], "schema"))
		return cmd_schema(&a);
	return wrong_use("unknown word ", argv[1]);
}
