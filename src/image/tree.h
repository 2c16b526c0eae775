/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making the entries of a new root file system, with the modes given whatever the umask is.
 */
#ifndef TOASTAINER_IMAGE_TREE_H
#define TOASTAINER_IMAGE_TREE_H

#include "base/err.h"

/** tree_dir() - a directory; fine when it is there already. @path: relative to @root. */
int tree_dir(int root, const char *path, mode_t mode, struct err *err);

/** tree_file() - a new file with the given text. */
int tree_file(int root, const char *path, mode_t mode, const char *text, struct err *err);

/** tree_link() - a new symbolic link. @text: where it leads. */
int tree_link(int root, const char *path, const char *text, struct err *err);

/** tree_copy() - a new file with the content of an open one. */
int tree_copy(int root, const char *path, mode_t mode, int from, struct err *err);

/** tree_skeleton() - the directories that every root file system has: mount points, homes, var. */
int tree_skeleton(int root, struct err *err);

/** tree_etc() - the smallest /etc: users, groups, hosts, name services, an empty resolv.conf. */
int tree_etc(int root, struct err *err);

#endif
