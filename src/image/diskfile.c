// SPDX-License-Identifier: BSD-3-Clause
/*
 * Squashfs and erofs files. Called by import.c and export.c. Fails where the host has no program to make
 * one, and where the kernel does not mount one for this user.
 */
#include <fcntl.h>

#include "base/sys.h"
#include "image/diskfile.h"
#include "image/tool.h"

int diskfile_make(enum diskimage_format format, int dir, const char *file, struct err *err)
{
	static const char *const tools[] = {"mksquashfs", "mkfs.erofs"};
	static const char *const packages[] = {"squashfs-tools", "erofs-utils"};
	_cleanup_close_ int null = sys_openat(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	struct tool_signals signals;
	struct arena a = {0};
	const char *tool = tool_find(&a, tools[format]);
	char from[40];
	const char *squashfs[] = {tool, from, file, "-noappend", "-quiet", "-no-progress", NULL};
	const char *erofs[] = {tool, file, from, NULL};
	int r;

	snprintf(from, sizeof(from), "/proc/self/fd/%d/.", dir);
	if (!tool) {
		err_set(err, ENOENT, "it takes %s, which is not installed", tools[format]);
		err_hint(err, "install the package %s", packages[format]);
		arena_free(&a);
		return -ENOENT;
	}
	r = null < 0 ? err_sys(err, null, "/dev/null") : 0;
	if (!r && fcntl(dir, F_SETFD, 0) < 0)
		r = err_sys(err, errno, "pass a directory on");
	if (!r) {
		tool_hold_signals(&signals);
		r = tool_run(&signals, format == DISKIMAGE_SQUASHFS ? squashfs : erofs, null, false,
			     err);
		tool_release_signals(&signals);
	}
	arena_free(&a);
	return r;
}

bool diskfile_is(int fd)
{
	enum diskimage_format format;

	return diskimage_look(fd, &format);
}

int diskfile_open(const char *file, struct err *err)
{
	struct diskimage d = DISKIMAGE_INIT;
	int r = diskimage_open(file, &d, err);

	if (r)
		return r;
	if (d.way == DISKIMAGE_FUSE) {
		diskimage_close(&d);
		err_hint(err,
			 "only root of the machine may; others unpack it (unsquashfs -d DIR FILE, "
			 "fsck.erofs --extract=DIR FILE) and import DIR");
		return -err->code;
	}
	r = sys_openat(d.mount, ".", O_RDONLY | O_DIRECTORY, 0);
	diskimage_close(&d);
	return r < 0 ? err_sys(err, r, "open what is in it") : r;
}
