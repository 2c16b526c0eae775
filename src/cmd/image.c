// SPDX-License-Identifier: BSD-3-Clause
/*
 * toastainer-image: the helper executable behind `toastainer image ...` and
 * `toastainer --create_image=DIR`. The launcher finds it beside itself or in libexec and executes
 * it with these arguments, so that it needs no parser of its own:
 *
 *	toastainer-image image bootstrap DIR [OPTIONS]		from `toastainer image ...`
 *	toastainer-image image shell DIR [OPTIONS] [-- COMMAND...]
 *	toastainer-image create --create_image=DIR [--use_script=FILE] [OPTIONS] [-- COMMAND...]
 *		from `toastainer OPTIONS` when --create_image is among them; all of OPTIONS follow as
 *		they were given
 *
 * Exit status: the script's or shell's own, 128+n when signal n killed it, 125 when we failed.
 */
#include <getopt.h>
#include <time.h>

#include "base/log.h"
#include "image/bootstrap.h"

#define EXIT_OURS 125

static const char usage_image[] =
	"usage: toastainer image bootstrap DIR [--from busybox|debian|host]\n"
	"       toastainer image shell DIR [--script FILE] [OPTIONS] [-- COMMAND...]\n"
	"\n"
	"  bootstrap   make a root file system in an empty or new directory\n"
	"  shell       work in it: a root shell, a script, or one command\n";

static const char usage_bootstrap[] =
	"usage: toastainer image bootstrap DIR [OPTIONS]\n"
	"\n"
	"  --from busybox    a static busybox and all mount points; no network (default)\n"
	"  --from debian     a Debian by mmdebstrap or debootstrap\n"
	"  --from host       mount points, and a configuration that shows this machine's /usr\n"
	"  --suite NAME      debian: release (default: this machine's, or stable)\n"
	"  --mirror URL      debian: where to get it from (default: the tool's)\n"
	"  --variant NAME    debian: which packages (default: minbase)\n";

static int fail(const struct err *err)
{
	log_err(LOG_ERROR, err);
	return EXIT_OURS;
}

static int usage_error(const char *usage, const char *what)
{
	log_line(LOG_ERROR, "%s", what);
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
		{"help", no_argument, NULL, 'h'},	  {NULL},
	};
	struct bootstrap_request rq = {0};
	struct bootstrap_report rep;
	struct err err = ERR_INIT;
	struct timespec start;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'f':
			if (bootstrap_source(optarg, &rq.from, &err))
				return fail(&err);
			break;
		case 's': rq.suite = optarg; break;
		case 'm': rq.mirror = optarg; break;
		case 'v': rq.variant = optarg; break;
		case 'h': fputs(usage_bootstrap, stdout); return 0;
		default: fputs(usage_bootstrap, stderr); return EXIT_OURS;
		}
	}
	if (argc - optind != 1)
		return usage_error(usage_bootstrap, "image bootstrap: name one directory");
	if (rq.from != FROM_DEBIAN && (rq.suite || rq.mirror || rq.variant))
		return usage_error(usage_bootstrap,
				   "--suite, --mirror and --variant belong to --from debian");
	rq.dir = argv[optind];
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (bootstrap_image(&rq, &rep, &err))
		return fail(&err);
	report_bootstrap(&rq, &rep, seconds_since(&start));
	return 0;
}

/* `toastainer image SUBCOMMAND`: @argv starts at "image". */
static int image_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*main)(int argc, char **argv);
	} commands[] = {
		{"bootstrap", bootstrap_main},
	};

	if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		fputs(usage_image, argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_OURS : 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	return usage_error(usage_image, "image: unknown subcommand");
}

int main(int argc, char **argv)
{
	if (argc > 1 && str_eq(argv[1], "image"))
		return image_main(argc - 1, argv + 1);
	return usage_error(usage_image, "toastainer-image is started by toastainer");
}
