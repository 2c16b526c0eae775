/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parsers for options whose argument is not just the value of their field. See setting_parser.
 */
#ifndef TOASTAINER_CONFIG_OPTIONS_H
#define TOASTAINER_CONFIG_OPTIONS_H

#include "config/schema.h"

int option_mode(struct config *, const struct setting *, const char *, struct err *);
int option_net(struct config *, const struct setting *, const char *, struct err *);
int option_port(struct config *, const struct setting *, const char *, struct err *);
int option_time_limit(struct config *, const struct setting *, const char *, struct err *);
int option_rlimit(struct config *, const struct setting *, const char *, struct err *);
int option_idmap(struct config *, const struct setting *, const char *, struct err *);
int option_newidmap(struct config *, const struct setting *, const char *, struct err *);
int option_bind(struct config *, const struct setting *, const char *, struct err *);
int option_tmpfs(struct config *, const struct setting *, const char *, struct err *);
int option_mount(struct config *, const struct setting *, const char *, struct err *);
int option_symlink(struct config *, const struct setting *, const char *, struct err *);
int option_file(struct config *, const struct setting *, const char *, struct err *);
int option_umask(struct config *, const struct setting *, const char *, struct err *);
int option_log_more(struct config *, const struct setting *, const char *, struct err *);
int option_message(struct config *, const struct setting *, const char *, struct err *);
int option_user_net(struct config *, const struct setting *, const char *, struct err *);

/**
 * option_apply() - give a row its option's argument; errors begin with the option's name.
 * @arg: the argument; NULL for an option without one
 */
int option_apply(struct config *cfg, const struct setting *row, const char *arg, struct err *err);

#endif
