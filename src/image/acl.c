// SPDX-License-Identifier: BSD-3-Clause
/*
 * POSIX access control lists, from archives to attributes and back. Called by unpack.c and pack.c. Users
 * count by their numbers only: a name would be one of this machine. What is no list is told; whether it is
 * a valid one is the kernel's word.
 */
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include "base/str.h"
#include "image/acl.h"
#include "image/shift.h"

static const struct {
	int theirs; /* libarchive's */
	uint16_t tag;
} tags[] = {
	{ARCHIVE_ENTRY_ACL_USER_OBJ, ACL_USER_OBJ},   {ARCHIVE_ENTRY_ACL_USER, ACL_USER},
	{ARCHIVE_ENTRY_ACL_GROUP_OBJ, ACL_GROUP_OBJ}, {ARCHIVE_ENTRY_ACL_GROUP, ACL_GROUP},
	{ARCHIVE_ENTRY_ACL_MASK, ACL_MASK},	      {ARCHIVE_ENTRY_ACL_OTHER, ACL_OTHER},
};

bool acl_of_name(const char *name, bool *ret_def)
{
	*ret_def = str_eq(name, ACL_DEFAULT);
	return *ret_def || str_eq(name, ACL_ACCESS);
}

static bool is_named(uint16_t tag)
{
	return tag == ACL_USER || tag == ACL_GROUP;
}

/* The kernel wants them in the order of their kinds; the same list shall be the same bytes. */
static int by_tag(const void *a, const void *b)
{
	const struct posix_acl_xattr_entry *x = a, *y = b;
	uint32_t p = le16toh(x->e_tag), q = le16toh(y->e_tag);

	if (p == q) {
		p = le32toh(x->e_id);
		q = le32toh(y->e_id);
	}
	return p < q ? -1 : p > q;
}

static int take_one(struct posix_acl_xattr_entry *to, int theirs, int perm, int id,
		    const struct id_map *uids, const struct id_map *gids)
{
	const struct id_map *map = theirs == ARCHIVE_ENTRY_ACL_USER ? uids : gids;
	uint16_t tag = 0;
	uint32_t who = (uint32_t)id;

	for (unsigned i = 0; i < ARRAY_SIZE(tags); i++)
		if (tags[i].theirs == theirs)
			tag = tags[i].tag;
	if (!tag || (is_named(tag) && who == UINT32_MAX))
		return -EINVAL;
	if (is_named(tag) && map)
		who = shift_id(map, who);
	*to = (struct posix_acl_xattr_entry){
		.e_tag = htole16(tag),
		.e_perm = htole16((uint16_t)(perm & 7)), /* the same bits */
		.e_id = htole32(is_named(tag) ? who : UINT32_MAX),
	};
	return 0;
}

int acl_take(struct archive_entry *e, bool def, const struct id_map *uids,
	     const struct id_map *gids, void *buf)
{
	int want = def ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	const struct posix_acl_xattr_header head = {htole32(POSIX_ACL_XATTR_VERSION)};
	struct posix_acl_xattr_entry *v = (void *)((char *)buf + sizeof(head));
	int type, perm, tag, id, n = 0;
	const char *name;

	if (!(archive_entry_acl_types(e) & want) || !archive_entry_acl_reset(e, want))
		return 0;
	while (archive_entry_acl_next(e, want, &type, &perm, &tag, &id, &name) == ARCHIVE_OK) {
		if (n == ACL_ENTRIES || take_one(&v[n], tag, perm, id, uids, gids))
			return -EINVAL;
		n++;
	}
	if (!n)
		return 0;
	memcpy(buf, &head, sizeof(head));
	qsort(v, (size_t)n, sizeof(*v), by_tag);
	return (int)(sizeof(head) + (size_t)n * sizeof(*v));
}

int acl_give(struct archive_entry *e, bool def, const void *value, size_t n)
{
	int type = def ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	struct posix_acl_xattr_header head;
	struct posix_acl_xattr_entry v;

	if (n < sizeof(head) || n > ACL_BYTES || (n - sizeof(head)) % sizeof(v))
		return -EINVAL;
	memcpy(&head, value, sizeof(head));
	if (le32toh(head.a_version) != POSIX_ACL_XATTR_VERSION)
		return -EINVAL;
	for (size_t at = sizeof(head); at < n; at += sizeof(v)) {
		unsigned i = 0;

		memcpy(&v, (const char *)value + at, sizeof(v));
		while (i < ARRAY_SIZE(tags) && tags[i].tag != le16toh(v.e_tag))
			i++;
		if (i == ARRAY_SIZE(tags) || le16toh(v.e_perm) > 7)
			return -EINVAL;
		if (is_named(tags[i].tag) && le32toh(v.e_id) > INT_MAX)
			return -ERANGE;
		if (archive_entry_acl_add_entry(e, type, le16toh(v.e_perm), tags[i].theirs,
						is_named(tags[i].tag) ? (int)le32toh(v.e_id) : -1,
						NULL) != ARCHIVE_OK)
			return -EINVAL;
	}
	return 0;
}
