// SPDX-License-Identifier: BSD-3-Clause
/*
 * Project quotas by quotactl_fd(2) (Linux 5.14), the same calls for ext4 and xfs. Called for upper layers
 * (upper.c). Needs CAP_SYS_ADMIN.
 */
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "base/sys.h"
#include "storage/projquota.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* Numbers of ours: high, so that they do not meet those that people write by hand. */
#define FIRST_PROJECT 0x70000000U

static int call(int dir, unsigned cmd, uint32_t id, struct if_dqblk *q)
{
	return (int)sys(SYS_quotactl_fd, dir, QCMD(cmd, PRJQUOTA), id, q);
}

bool projquota_enabled(int dir)
{
	uint32_t format = 0;

	/* xfs has no format to tell, but answers for the project 0 */
	return call(dir, Q_GETFMT, 0, (struct if_dqblk *)&format) >= 0 ||
	       call(dir, Q_GETQUOTA, 0, &(struct if_dqblk){0}) >= 0;
}

/* unused_project() - a number that nothing is counted for. */
static int unused_project(int dir, uint32_t *ret)
{
	for (int tries = 0; tries < 100; tries++) {
		struct if_dqblk q = {0};
		uint32_t random;
		int r;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return -EIO;
		*ret = FIRST_PROJECT + (random & 0x0fffffffU);
		r = call(dir, Q_GETQUOTA, *ret, &q);
		if (r == -ENOENT ||
		    (r >= 0 && !q.dqb_curspace && !q.dqb_curinodes && !q.dqb_bhardlimit))
			return 0;
		if (r < 0)
			return r;
	}
	return -EBUSY;
}

int projquota_set(int dir, uint64_t bytes, uint64_t inodes, uint32_t *ret_project, struct err *err)
{
	struct fsxattr attr;
	struct if_dqblk q = {
		.dqb_bhardlimit = bytes >> 10, .dqb_ihardlimit = inodes, .dqb_valid = QIF_LIMITS};
	int r = (int)sys(SYS_ioctl, dir, FS_IOC_FSGETXATTR, &attr);

	if (r >= 0 && attr.fsx_projid < FIRST_PROJECT)
		r = unused_project(dir, &attr.fsx_projid);
	if (r >= 0)
		r = call(dir, Q_SETQUOTA, attr.fsx_projid, &q);
	attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (r >= 0)
		r = (int)sys(SYS_ioctl, dir, FS_IOC_FSSETXATTR, &attr);
	if (r >= 0) {
		*ret_project = attr.fsx_projid;
		return 0;
	}
	err_sys(err, r, "set a project quota");
	return err_hint(err,
			"the file system must be ext4 or xfs mounted with prjquota, and we root");
}

int projquota_get(int dir, uint32_t project, uint64_t *bytes, uint64_t *inodes)
{
	struct if_dqblk q = {0};
	int r = call(dir, Q_GETQUOTA, project, &q);

	if (r < 0)
		return r;
	*bytes = q.dqb_curspace;
	*inodes = q.dqb_curinodes;
	return 0;
}
