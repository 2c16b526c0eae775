// SPDX-License-Identifier: BSD-3-Clause
/*
 * toastainer: the first word picks a command; an option, or the name nsjail, picks nsjail's face.
 */
#include <fcntl.h>
#include <signal.h>

#include "base/log.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "cmd/config.h"

static int cmd_help(int argc, char **argv);

static int cmd_version(int argc UNUSED, char **argv UNUSED)
{
	puts("toastainer " TOASTAINER_VERSION);
	return 0;
}

static int cmd_image(int argc UNUSED, char **argv)
{
	return helper_exec("toastainer-image", argv);
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", cmd_run, "run a program in a jail"},
	{"ps", cmd_ps, "list the jails that have a name"},
	{"stats", cmd_stats, "show what jails with a name use"},
	{"exec", cmd_exec, "run a further program in a jail"},
	{"kill", cmd_kill, "end a jail, or send its program a signal"},
	{"cp", cmd_cp, "copy files into and out of a jail that has a name, or out of an image"},
	{"image", cmd_image, "make and build up root file systems"},
	{"net", cmd_net, "the host's part of --net nat: up, down, status"},
	{"config", cmd_config, "check and convert configuration files"},
	{"doctor", cmd_doctor, "show what this machine can do, and what blocks the rest"},
	{"policy", cmd_policy, "check, explain and show seccomp policies"},
	{"help", cmd_help, "this text"},
	{"version", cmd_version, "print the version"},
};

static int unknown(const char *word);

/* "help COMMAND" is "COMMAND --help". */
static int help_of(const char *word)
{
	static char program[] = "toastainer", help[] = "--help";
	char *argv[] = {program, (char *)word, help, NULL};

	for (const struct command *c = commands; c < commands + ARRAY_SIZE(commands); c++)
		if (str_eq(c->name, word) && c->run != cmd_help && c->run != cmd_version)
			return c->run(2, argv + 1);
	return unknown(word);
}

static int cmd_help(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-' && !str_eq(argv[1], "help") &&
	    !str_eq(argv[1], "version"))
		return help_of(argv[1]);
	puts("Usage: toastainer COMMAND [ARGUMENT]...\n"
	     "       toastainer OPTION... -- PROGRAM [ARGUMENT]...   (nsjail's command line)\n\n"
	     "Commands:");
	for (const struct command *c = commands; c < commands + ARRAY_SIZE(commands); c++)
		printf("  %-10s%s\n", c->name, c->summary);
	puts("\n\"toastainer COMMAND --help\" says more about a command, \"toastainer --help\" "
	     "lists "
	     "nsjail's options.");
	return 0;
}

static int unknown(const char *word)
{
	const char *best = NULL;
	unsigned distance = ~0U;
	struct err err = ERR_INIT;

	for (const struct command *c = commands; c < commands + ARRAY_SIZE(commands); c++)
		str_nearest(word, c->name, &best, &distance);
	err_set(&err, EINVAL, "there is no command '%s'", word);
	if (best)
		err_hint(&err, "did you mean 'toastainer %s'?", best);
	else
		err_hint(&err, "'toastainer help' lists the commands");
	log_err(LOG_FATAL, &err);
	return EXIT_OURS;
}

static int dispatch(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;

	name = name ? name + 1 : argc ? argv[0] : "";
	if (str_eq(name, "nsjail") || (argc > 1 && argv[1][0] == '-'))
		return cmd_nsjail(argc, argv);
	if (argc < 2) {
		cmd_help(0, NULL);
		return EXIT_OURS;
	}
	for (const struct command *c = commands; c < commands + ARRAY_SIZE(commands); c++)
		if (str_eq(argv[1], c->name))
			return c->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int status;

	/* A descriptor of ours must not get the number of a standard one that is closed. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR);
	/* Ignored by whoever started us, it would have our children reaped behind our back. */
	signal(SIGCHLD, SIG_DFL);
	status = dispatch(argc, argv);
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		struct err err = ERR_INIT;

		err_sys(&err, errno, "write to standard output");
		log_err(LOG_FATAL, &err);
		return EXIT_OURS;
	}
	return status;
}
