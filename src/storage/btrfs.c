// SPDX-License-Identifier: BSD-3-Clause
/*
 * btrfs by its ioctls. Called for upper layers (upper.c). Needs root, as the kernel has it.
 */
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include "base/sys.h"
#include "storage/btrfs.h"

bool btrfs_is(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

bool btrfs_is_subvolume(int dir, const struct stat *st)
{
	return st->st_ino == BTRFS_FIRST_FREE_OBJECTID && btrfs_is(dir);
}

int btrfs_make_subvolume(int parent, const char *name, struct err *err)
{
	struct btrfs_ioctl_vol_args args = {0};
	int r;

	snprintf(args.name, sizeof(args.name), "%s", name);
	r = (int)sys(SYS_ioctl, parent, BTRFS_IOC_SUBVOL_CREATE, &args);
	if (r == -ENOTTY || r == -EINVAL)
		return err_set(err, ENOTTY, "upper: the directory is not on btrfs");
	return r < 0 ? err_sys(err, r, "make a subvolume") : 0;
}

int btrfs_delete_subvolume(int parent, const char *name)
{
	struct btrfs_ioctl_vol_args args = {0};

	snprintf(args.name, sizeof(args.name), "%s", name);
	return (int)sys(SYS_ioctl, parent, BTRFS_IOC_SNAP_DESTROY, &args);
}

int btrfs_limit(int dir, uint64_t bytes, struct err *err)
{
	/* qgroup 0: that of the subvolume of the descriptor */
	struct btrfs_ioctl_qgroup_limit_args args = {
		.lim = {.flags = BTRFS_QGROUP_LIMIT_MAX_RFER, .max_rfer = bytes}};
	int r = (int)sys(SYS_ioctl, dir, BTRFS_IOC_QGROUP_LIMIT, &args);

	if (r >= 0)
		return 0;
	err_sys(err, r, "limit a subvolume to %llu bytes", (unsigned long long)bytes);
	return err_hint(err, "quotas must be on: btrfs quota enable MOUNTPOINT");
}

static int subvolume_id(int dir, uint64_t *ret)
{
	struct btrfs_ioctl_ino_lookup_args args = {.objectid = BTRFS_FIRST_FREE_OBJECTID};
	int r = (int)sys(SYS_ioctl, dir, BTRFS_IOC_INO_LOOKUP, &args);

	*ret = args.treeid;
	return r;
}

int btrfs_used(int dir, uint64_t *ret)
{
	struct btrfs_ioctl_search_args args = {.key = {.tree_id = BTRFS_QUOTA_TREE_OBJECTID,
						       .min_type = BTRFS_QGROUP_INFO_KEY,
						       .max_type = BTRFS_QGROUP_INFO_KEY,
						       .max_transid = UINT64_MAX,
						       .nr_items = 1}};
	struct btrfs_ioctl_search_header head;
	struct btrfs_qgroup_info_item item;
	uint64_t id;
	int r = subvolume_id(dir, &id);

	/* what is not written yet is not counted yet */
	sys(SYS_ioctl, dir, BTRFS_IOC_SYNC, NULL);
	args.key.min_offset = args.key.max_offset = id;
	if (r >= 0)
		r = (int)sys(SYS_ioctl, dir, BTRFS_IOC_TREE_SEARCH, &args);
	if (r < 0 || !args.key.nr_items)
		return r < 0 ? r : -ENOENT;
	memcpy(&head, args.buf, sizeof(head));
	if (head.type != BTRFS_QGROUP_INFO_KEY || head.len < sizeof(item))
		return -EIO;
	memcpy(&item, args.buf + sizeof(head), sizeof(item));
	*ret = item.rfer; /* little-endian, as all machines that we run on */
	return 0;
}
