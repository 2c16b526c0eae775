/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a jail: nsjail's options and ours, from the settings table.
 */
#ifndef TOASTAINER_CONFIG_CLI_H
#define TOASTAINER_CONFIG_CLI_H

#include "config/config.h"

struct cli {
	bool help, version;
	bool dry_run, json;	  /* @json: in this form */
	const char *create_image; /* DIR, borrowed from argv */
	const char *use_script;
};

/**
 * cli_parse() - fill @cfg, which config_init() has prepared, from the arguments.
 * In the nsjail face options and the command may mix, as with getopt_long(3); else the first word that
 * is no option begins the command. "--" ends the options.
 * @argv: ends with NULL; argv[0] is skipped
 */
int cli_parse(char **argv, struct config *cfg, struct cli *ret, struct err *err);

/**
 * cli_wants_json() - whether a command line that cli_parse() refused asks for a JSON log.
 * @cfg: what it had understood; the option may stand behind the mistake
 */
bool cli_wants_json(char **argv, const struct config *cfg);

/** cli_help() - the options as text, grouped. */
void cli_help(FILE *out);

#endif
