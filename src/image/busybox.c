// SPDX-License-Identifier: BSD-3-Clause
/*
 * The smallest root file system that one can work in: a static busybox. Called by image/bootstrap.
 * Needs no network and no privilege. Fails when busybox is missing or needs shared libraries.
 */
#include <elf.h>

#include "base/sys.h"
#include "image/sources.h"
#include "image/tree.h"

/* Its list of programs is a few KiB. */
#define LIST_MAX ((size_t)1 << 16)

static int no_busybox(struct err *err, const char *what)
{
	err_set(err, ENOENT, "%s", what);
	return err_hint(err, "apt-get install busybox-static");
}

/* A program without interpreter segment needs no shared library. Other word sizes pass. */
static bool is_static(int fd)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	if (eh.e_ident[EI_CLASS] != ELFCLASS64)
		return true;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		off_t at = (off_t)(eh.e_phoff + (uint64_t)i * eh.e_phentsize);

		if (pread(fd, &ph, sizeof(ph), at) != sizeof(ph) || ph.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static int find_busybox(const char **ret_path, struct err *err)
{
	static const char *const paths[] = {"/bin/busybox", "/usr/bin/busybox"};

	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_close_ int fd = sys_openat(AT_FDCWD, paths[i], O_RDONLY, 0);

		if (fd < 0)
			continue;
		if (!is_static(fd))
			return no_busybox(err, "busybox of this machine needs shared libraries");
		*ret_path = paths[i];
		return take_fd(&fd);
	}
	return no_busybox(err, "there is no busybox on this machine");
}

/* One line of the list, as "usr/bin/awk": a link to bin/busybox, however deep it is. */
static int link_applet(int root, const char *path, struct err *err)
{
	char text[128] = "", dir[PATH_MAX];
	size_t n = 0;
	int r;

	if (path[0] == '/' || !strchr(path, '/') || strstr(path, "..") ||
	    str_eq(path, "bin/busybox"))
		return 0;
	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = strchr(dir, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		r = tree_dir(root, dir, 0755, err);
		if (r)
			return r;
		*p = '/';
		if (n + 4 > sizeof(text))
			return err_set(err, ENAMETOOLONG, "busybox lists '%s'", path);
		memcpy(text + n, "../", 4);
		n += 3;
	}
	if (str_starts(path, "bin/") && !strchr(path + 4, '/'))
		return tree_link(root, path, "busybox", err);
	snprintf(text + n, sizeof(text) - n, "bin/busybox");
	return tree_link(root, path, text, err);
}

int busybox_make(struct bootstrap *b, struct err *err)
{
	static const char *const empty[] = {"bin",	     "sbin",	  "usr/bin",
					    "usr/sbin",	     "usr/local", "usr/local/bin",
					    "usr/local/sbin"};
	const char *path = NULL, *argv[] = {NULL, "--list-full", NULL};
	_cleanup_close_ int from = find_busybox(&path, err);
	int root = b->dir->fd, r;
	char *list, *save = NULL;

	if (from < 0)
		return from;
	argv[0] = path;
	r = tool_output(b->signals, &b->arena, argv, LIST_MAX, &list, err);
	if (!r)
		r = tree_skeleton(root, err);
	for (unsigned i = 0; !r && i < ARRAY_SIZE(empty); i++)
		r = tree_dir(root, empty[i], 0755, err);
	if (!r)
		r = tree_copy(root, "bin/busybox", 0755, from, err);
	if (r)
		return r;
	for (char *line = strtok_r(list, "\n", &save); !r && line;
	     line = strtok_r(NULL, "\n", &save)) {
		r = link_applet(root, line, err);
		b->report->applets++;
	}
	return r ? r : tree_etc(root, err);
}
