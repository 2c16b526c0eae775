// SPDX-License-Identifier: BSD-3-Clause
/*
 * Making the entries of a new root file system. Called by image/bootstrap, in a directory that was
 * empty and is locked. Fails as the file system does; the caller removes what was made.
 */
#include <sys/sendfile.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/tree.h"

int tree_dir(int root, const char *path, mode_t mode, struct err *err)
{
	if (mkdirat(root, path, mode) < 0) {
		if (errno == EEXIST)
			return 0;
		return err_sys(err, errno, "make directory '/%s' in the image", path);
	}
	if (fchmodat(root, path, mode, 0) < 0)
		return err_sys(err, errno, "chmod '/%s' in the image", path);
	return 0;
}

static int new_file(int root, const char *path, mode_t mode, struct err *err)
{
	int fd = sys_openat(root, path, O_CREAT | O_EXCL | O_WRONLY, mode);

	if (fd < 0)
		return err_sys(err, fd, "make file '/%s' in the image", path);
	if (fchmod(fd, mode) < 0) {
		int r = err_sys(err, errno, "chmod '/%s' in the image", path);

		close(fd);
		return r;
	}
	return fd;
}

int tree_file(int root, const char *path, mode_t mode, const char *text, struct err *err)
{
	_cleanup_close_ int fd = new_file(root, path, mode, err);
	int r;

	if (fd < 0)
		return fd;
	r = io_write_all(fd, text, strlen(text));
	return r ? err_sys(err, r, "write '/%s' in the image", path) : 0;
}

int tree_link(int root, const char *path, const char *text, struct err *err)
{
	if (symlinkat(text, root, path) < 0)
		return err_sys(err, errno, "make link '/%s' in the image", path);
	return 0;
}

int tree_copy(int root, const char *path, mode_t mode, int from, struct err *err)
{
	_cleanup_close_ int fd = new_file(root, path, mode, err);
	off_t at = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = sendfile(fd, from, &at, (size_t)1 << 30);
	while (n > 0);
	return n < 0 ? err_sys(err, errno, "write '/%s' in the image", path) : 0;
}

int tree_skeleton(int root, struct err *err)
{
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = {
		{"dev", 0755},	   {"etc", 0755},	{"home", 0755},	     {"media", 0755},
		{"mnt", 0755},	   {"opt", 0755},	{"proc", 0555},	     {"root", 0700},
		{"run", 0755},	   {"srv", 0755},	{"sys", 0555},	     {"tmp", 01777},
		{"usr", 0755},	   {"var", 0755},	{"var/cache", 0755}, {"var/lib", 0755},
		{"var/log", 0755}, {"var/spool", 0755}, {"var/tmp", 01777},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(dirs); i++) {
		int r = tree_dir(root, dirs[i].path, dirs[i].mode, err);

		if (r)
			return r;
	}
	return tree_link(root, "var/run", "../run", err);
}

int tree_etc(int root, struct err *err)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{"etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			       "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"},
		{"etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"},
		{"etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n"},
		{"etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
		/* A target for the host's, which image builds see there. */
		{"etc/resolv.conf", ""},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
		int r = tree_file(root, files[i].path, 0644, files[i].text, err);

		if (r)
			return r;
	}
	return tree_link(root, "etc/mtab", "../proc/self/mounts", err);
}
