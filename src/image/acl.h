/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * POSIX access control lists: between archives (SCHILY.acl.*) and the attributes of files.
 */
#ifndef TOASTAINER_IMAGE_ACL_H
#define TOASTAINER_IMAGE_ACL_H

#include "base/err.h"

#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

enum {
	ACL_ENTRIES = 512, /* longer lists are not taken */
	ACL_BYTES = 4 + 8 * ACL_ENTRIES
};

struct archive_entry;
struct id_map;

/** acl_of_name() - whether an attribute's name is that of a list. @ret_def: of the one for new files */
bool acl_of_name(const char *name, bool *ret_def);

/**
 * acl_take() - a list of an archive's entry, as the kernel takes it.
 * @def: the one for new files of a directory
 * @uids, @gids: who its users and groups are outside; NULL: as they are
 * @buf: ACL_BYTES
 * Return: bytes, 0: the entry has none, -EINVAL: it has one that is none or names users without numbers.
 */
int acl_take(struct archive_entry *e, bool def, const struct id_map *uids,
	     const struct id_map *gids, void *buf);

/**
 * acl_give() - an attribute's value to an archive's entry.
 * Return: 0; -EINVAL: it is no list; -ERANGE: it has a user whose number an archive cannot say
 */
int acl_give(struct archive_entry *e, bool def, const void *value, size_t n);

#endif
