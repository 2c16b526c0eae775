/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands. Each is called with argv[0] its own name and returns the exit status.
 */
#ifndef TOASTAINER_CMD_COMMANDS_H
#define TOASTAINER_CMD_COMMANDS_H

#include "base/defs.h"

/* What scripts can rely on. The nsjail face has nsjail's: 255 for every failure of ours. */
enum {
	EXIT_OURS = 125,	   /* toastainer failed, the program never ran */
	EXIT_NOT_EXECUTABLE = 126, /* the program cannot be executed */
	EXIT_NOT_FOUND = 127,	   /* the program does not exist */
	EXIT_NSJAIL = 255,
};

int cmd_nsjail(int argc, char **argv); /* the face without a command word */
int cmd_run(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_kill(int argc, char **argv);
int cmd_cp(int argc, char **argv);
int cmd_net(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_policy(int argc, char **argv);

/**
 * helper_exec() - become a program of libexec/toastainer, or the one beside us.
 * @name: "toastainer-image"
 * Return: only on failure: the exit status, after a message.
 */
int helper_exec(const char *name, char **argv);

/**
 * helper_run() - start such a program and wait for it.
 * @said: the first line of its standard output
 * Return: its exit status, EXIT_NOT_FOUND when there is no such helper; a negative errno.
 */
int helper_run(const char *name, char **argv, char *said, size_t n);

#endif
