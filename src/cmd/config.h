/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `toastainer config`.
 */
#ifndef TOASTAINER_CMD_CONFIG_H
#define TOASTAINER_CMD_CONFIG_H

/**
 * cmd_config() - run the command.
 * @argv: argv[0] is "config"; ends with NULL
 * Return: the exit code.
 */
int cmd_config(int argc, char **argv);

#endif
