// SPDX-License-Identifier: BSD-3-Clause
/*
 * toastainer-image: the helper executable behind `toastainer image ...` and
 * `toastainer --create_image=DIR`. The launcher finds it beside itself or in libexec/toastainer and
 * becomes it with the arguments that it had from the command's name on:
 *
 *	argv = "image" "bootstrap" DIR [OPTIONS]
 *	argv = "image" "shell" DIR [--script FILE] [OPTIONS] [-- COMMAND...]
 *	argv = anything else, then OPTIONS with --create_image=DIR [--use_script=FILE] among them
 *
 * Exit status: the script's, shell's or command's own; 128+n when signal n ended it; 125 when we
 * failed; 126 and 127 when the command is not executable or not there.
 */
#include <getopt.h>
#include <time.h>

#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/image_pull.h"
#include "cmd/image_store.h"
#include "cmd/outcome.h"
#include "config/cli.h"
#include "image/bootstrap.h"
#include "image/shell.h"
#include "jail/hints.h"
#include "mode/once.h"

static const char usage_image[] =
	"usage: toastainer image bootstrap DIR [--from busybox|debian|host]\n"
	"       toastainer image shell DIR [--script FILE] [OPTIONS] [-- COMMAND...]\n"
	"       toastainer image SUBCOMMAND [--store DIR] [--json] ...\n"
	"\n"
	"  bootstrap DIR          make a root file system in an empty or new directory\n"
	"  shell DIR              work in it: a root shell, a script, or one command\n";

static const char usage_bootstrap[] =
	"usage: toastainer image bootstrap DIR|-t NAME [OPTIONS]\n"
	"\n"
	"  --from busybox    a static busybox and all mount points; no network (default)\n"
	"  --from debian     a Debian by mmdebstrap or debootstrap\n"
	"  --from host       mount points, and a configuration that shows this machine's /usr\n"
	"  --suite NAME      debian: release (default: this machine's, or stable)\n"
	"  --mirror URL      debian: where to get it from (default: the tool's)\n"
	"  --variant NAME    debian: which packages (default: minbase)\n"
	"  -t, --tag NAME    instead of DIR: an image of the store\n"
	"  --store DIR       which store\n";

static const char usage_shell[] =
	"usage: toastainer image shell DIR [--script FILE] [OPTIONS] [-- COMMAND...]\n"
	"       toastainer --create_image=DIR [--use_script=FILE] [OPTIONS] [-- COMMAND...]\n"
	"\n"
	"  Inside: root with all ids that you may use, the directory writable as /, the host's\n"
	"  network and name servers, /proc and a /dev of its own. OPTIONS are those of\n"
	"  `toastainer run`; see toastainer run --help.\n"
	"\n"
	"  --commit NAME   leave DIR, which may be an image of the store, as it is, and make an\n"
	"                  image of what was changed, if the shell or script ends with status 0\n"
	"  --store DIR     with --commit: which store\n";

static int fail(const struct err *err)
{
	log_err(LOG_FATAL, err);
	return EXIT_OURS;
}

static int usage_error(const char *usage, const char *what)
{
	log_line(LOG_FATAL, "%s", what);
	fputs(usage, stderr);
	return EXIT_OURS;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void report_bootstrap(const struct bootstrap_request *rq, const struct bootstrap_report *rep,
			     double seconds)
{
	if (rq->from == FROM_BUSYBOX)
		printf("%s: a root file system with %u programs of busybox, in %.2f s\n", rq->dir,
		       rep->applets, seconds);
	else
		printf("%s: a root file system, in %.2f s\n", rq->dir, seconds);
	if (rep->config) {
		printf("  run a program:  toastainer run --config %s/%s -c %s -- /bin/sh\n",
		       rq->dir, rep->config, rq->dir);
		return;
	}
	printf("  build it up:    toastainer image shell %s\n"
	       "  run a program:  toastainer run -c %s -- /bin/sh\n",
	       rq->dir, rq->dir);
}

static int bootstrap_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},	  {"suite", required_argument, NULL, 's'},
		{"mirror", required_argument, NULL, 'm'}, {"variant", required_argument, NULL, 'v'},
		{"tag", required_argument, NULL, 't'},	  {"store", required_argument, NULL, 'S'},
		{"help", no_argument, NULL, 'h'},	  {NULL},
	};
	struct bootstrap_request rq = {.run = once_run};
	const char *tag = NULL, *store = NULL;
	struct bootstrap_report rep;
	struct err err = ERR_INIT;
	struct timespec start;
	int c;

	while ((c = getopt_long(argc, argv, "ht:", options, NULL)) >= 0) {
		switch (c) {
		case 'f':
			if (bootstrap_source(optarg, &rq.from, &err))
				return fail(&err);
			break;
		case 's': rq.suite = optarg; break;
		case 'm': rq.mirror = optarg; break;
		case 'v': rq.variant = optarg; break;
		case 't': tag = optarg; break;
		case 'S': store = optarg; break;
		case 'h': fputs(usage_bootstrap, stdout); return 0;
		default: fputs(usage_bootstrap, stderr); return EXIT_OURS;
		}
	}
	if (argc - optind != (tag ? 0 : 1))
		return usage_error(usage_bootstrap,
				   "image bootstrap: name one directory, or -t NAME");
	if (rq.from != FROM_DEBIAN && (rq.suite || rq.mirror || rq.variant))
		return usage_error(usage_bootstrap,
				   "--suite, --mirror and --variant belong to --from debian");
	if (tag)
		return image_bootstrap_to_store(&rq, store, tag, &rep, &err) ? fail(&err) : 0;
	rq.dir = argv[optind];
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (bootstrap_image(&rq, &rep, &err))
		return fail(&err);
	report_bootstrap(&rq, &rep, seconds_since(&start));
	return 0;
}

/* Says what became of the image, when the build did not go to its end. */
static void report_build(const struct result *res, const char *dir, bool unattended,
			 const char *todo)
{
	const char *sig = sigabbrev_np(res->signal);

	if (res->reason == RESULT_SETUP_FAILED)
		log_err(LOG_FATAL, &res->err);
	else if (result_is_limit(res->reason))
		log_warn("build of '%s' reached its %s: %s", dir, result_reason_name(res->reason),
			 todo);
	else if (res->reason != RESULT_EXITED)
		log_warn("build of '%s' was ended by SIG%s: %s", dir, sig ? sig : "KILL", todo);
	else if (res->exit_code && unattended)
		log_warn("build of '%s' failed with exit status %d: %s", dir, res->exit_code, todo);
}

static void warn_one_id(void)
{
	const char *user = getenv("USER") ?: "USER";

	log_warn("only user and group 0 exist inside, for want of subordinate ids: apt, su and "
		 "chown will fail");
	log_warn("apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids "
		 "100000-165535 %s",
		 user);
}

/*
 * build() - in the directory @root, which is there for this only, or in the one that the user named.
 */
static int build(struct config *cfg, const struct cli *cli, const char *root)
{
	static const char again[] = "it keeps what was done until then, and has no mounts: mend "
				    "the cause and run it again, or start from a fresh directory";
	struct shell_request rq = {.dir = root ? root : cli->create_image,
				   .script = cli->use_script};
	bool shell_asked = !rq.script && !cfg->exec_bin.path;
	_cleanup_close_ int result_fd = FD_NONE;
	struct shell sh = SHELL_INIT;
	struct err err = ERR_INIT;
	struct result res = {.exit_code = -1};
	int r;

	outcome_log(cfg);
	r = outcome_open(cfg, &result_fd, &err);
	if (!r)
		r = shell_prepare(&sh, cfg, &rq, &err);
	if (r) {
		res = (struct result){.reason = RESULT_SETUP_FAILED, .exit_code = -1, .err = err};
		snprintf(res.err.step, sizeof(res.err.step), "image");
		outcome_write(result_fd, &res, NULL);
		return fail(&err);
	}
	if (sh.one_id)
		warn_one_id();
	if (shell_asked && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		fprintf(stderr, "Root shell in %s; `exit` ends it.\n", cli->create_image);
	if (shell_run(&sh, cfg, once_run, &res, &err))
		res = (struct result){.reason = RESULT_SETUP_FAILED, .exit_code = -1, .err = err};
	if (res.reason == RESULT_SETUP_FAILED)
		hint_add(&res.err);
	shell_close(&sh);
	report_build(&res, cli->create_image, !shell_asked, root ? "it stays as it was" : again);
	r = outcome_write(result_fd, &res, &err);
	r = r ? fail(&err) : outcome_status(FACE_IMAGE, &res);
	result_free(&res);
	return r;
}

static int create(char **argv, const char *root);

static int create_in(void *argv, const char *root)
{
	return create(argv, root);
}

/* With --commit the words are read again: by then we may be root of a user namespace. */
static int build_or_commit(struct config *cfg, const struct cli *cli, char **argv, const char *root)
{
	if (!cli->create_image)
		return usage_error(usage_shell, "--use_script: --create_image=DIR is missing");
	if (cfg->store && !cfg->commit)
		return usage_error(usage_shell, "--store belongs to --commit");
	if (cfg->commit && !root)
		return image_shell_to_store(cli->create_image, cfg->store, cfg->commit, create_in,
					    argv);
	cfg->store = cfg->commit = NULL;
	return build(cfg, cli, root);
}

/* create() - the user's options follow @argv[0]. @root: instead of his directory; NULL: that */
static int create(char **argv, const char *root)
{
	struct config cfg;
	struct cli cli;
	struct err err = ERR_INIT;
	int status = 0;

	config_init(&cfg, FACE_IMAGE);
	if (cli_parse(argv, &cfg, &cli, &err))
		status = fail(&err);
	else if (cli.help)
		fputs(usage_shell, stdout);
	else
		status = build_or_commit(&cfg, &cli, argv, root);
	config_free(&cfg);
	return status;
}

/* struct shell_words - the command line of `image shell`, as create() wants it */
struct shell_words {
	char **v;
	int n;
};

/*
 * The same with other names. --script is our own word, so it is looked for only up to "--" or the first
 * word that can only be the command.
 */
static void take_words(struct shell_words *w, int argc, char **argv)
{
	static char use_script[] = "--use_script";
	bool options = true, after_option = false;

	for (int i = 2; i < argc; i++) {
		bool is_option = argv[i][0] == '-' && argv[i][1];

		if (str_eq(argv[i], "--") || (!is_option && !after_option))
			options = false;
		after_option = is_option && !strchr(argv[i], '=');
		if (options && str_eq(argv[i], "--script")) {
			w->v[w->n++] = use_script;
		} else if (options && str_starts(argv[i], "--script=")) {
			w->v[w->n++] = use_script;
			w->v[w->n++] = strchr(argv[i], '=') + 1;
		} else {
			w->v[w->n++] = argv[i];
		}
	}
	w->v[w->n] = NULL;
}

/* dir_first() - DIR may follow options of ours; then it changes places with them. */
static void dir_first(int argc, char **argv)
{
	static const char *const ours[] = {"--script", "--commit", "--store"};
	int at = 1, step = 1;
	char *dir;

	for (; at < argc && step; at += step) {
		step = 0;
		for (unsigned i = 0; i < ARRAY_SIZE(ours); i++) {
			size_t n = strlen(ours[i]);

			if (strncmp(argv[at], ours[i], n) == 0 &&
			    (!argv[at][n] || argv[at][n] == '='))
				step = argv[at][n] ? 1 : 2;
		}
	}
	if (at >= argc || argv[at][0] == '-')
		return;
	dir = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = dir;
}

/* `toastainer image shell DIR ...` */
static int shell_main(int argc, char **argv)
{
	static char name[] = "create", create_image[] = "--create_image";
	struct shell_words w = {.v = mem_alloc((2 * (size_t)argc + 4) * sizeof(*w.v))};
	int status;

	if (!w.v)
		return EXIT_OURS;
	dir_first(argc, argv);
	if (argc < 2 || argv[1][0] == '-') {
		bool help = argc == 2 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"));

		free(w.v);
		if (!help)
			return usage_error(usage_shell, "image shell: name the directory first");
		fputs(usage_shell, stdout);
		return 0;
	}
	w.v[w.n++] = name;
	w.v[w.n++] = create_image;
	w.v[w.n++] = argv[1];
	take_words(&w, argc, argv);
	status = create(w.v, NULL);
	free(w.v);
	return status;
}

/* `toastainer image SUBCOMMAND`: @argv starts at "image". */
static int image_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*main)(int argc, char **argv);
	} commands[] = {
		{"bootstrap", bootstrap_main},
		{"shell", shell_main},
	};
	const struct image_command *cmd;

	if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		fputs(usage_image, argc < 2 ? stderr : stdout);
		image_store_usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_OURS : 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	cmd = image_store_command(argv[1]);
	if (cmd)
		return image_store_main(cmd, argc - 1, argv + 1);
	return usage_error(usage_image, "image: unknown subcommand");
}

int main(int argc, char **argv)
{
	if (argc && str_eq(argv[0], "image"))
		return image_main(argc, argv);
	return create(argv, NULL);
}
