// SPDX-License-Identifier: BSD-3-Clause
/*
 * See copyfile.h. Called by the launcher and by `toastainer cp`; the host's path is the caller's word, what
 * lies in the tree is not trusted.
 */
#include <sys/random.h>

#include "base/sys.h"
#include "storage/copyfile.h"
#include "storage/treewalk.h"

/* struct place - where a copy goes */
struct place {
	int dir;
	char name[NAME_MAX + 1];
};

static const char *last_name(const char *path)
{
	const char *s = strrchr(path, '/');

	return s ? s + 1 : path;
}

/* find_place() - the directory and the name that "@to" means for a thing called @from. */
static int find_place(const char *from, const char *to, struct place *ret, struct err *err)
{
	char dir[PATH_MAX];
	struct stat st;
	const char *name = last_name(to);
	int fd;

	snprintf(dir, sizeof(dir), "%s", to);
	if (!*name || (stat(to, &st) == 0 && S_ISDIR(st.st_mode)))
		name = last_name(from);
	else if (name == to)
		snprintf(dir, sizeof(dir), ".");
	else
		dir[name - to] = 0;
	if (!*name || str_eq(name, ".") || str_eq(name, "..") || strlen(to) >= sizeof(dir) ||
	    strlen(name) > NAME_MAX)
		return err_set(err, EINVAL, "'%s': no name to copy '%s' to", to, from);
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	fd = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, fd, "directory '%s'", dir);
	ret->dir = fd;
	return 0;
}

static int put_file(struct copy *c, int from, const struct stat *st, const struct place *to,
		    struct err *err)
{
	char temporary[40];
	uint64_t random = 0;
	int r;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(err, EIO, "get a random number");
	snprintf(temporary, sizeof(temporary), ".toastainer.%016llx", (unsigned long long)random);
	r = copy_tree(c, from, st, to->dir, temporary, err);
	if (r >= 0 && renameat(to->dir, temporary, to->dir, to->name) < 0)
		r = err_sys(err, errno, "make '%s'", to->name);
	if (r < 0)
		unlinkat(to->dir, temporary, 0);
	return r;
}

/* A directory whose copy failed half-way goes away again: it was new. */
static int put_dir(struct copy *c, int from, const struct stat *st, const struct place *to,
		   struct err *err)
{
	int r, fd;

	if (mkdirat(to->dir, to->name, 0700) < 0)
		return err_sys(err, errno, "make the directory '%s'", to->name);
	c->replace = true; /* the directory that we have just made */
	r = copy_tree(c, from, st, to->dir, to->name, err);
	c->replace = false;
	fd = r < 0 ? treewalk_open_dir(to->dir, to->name) : FD_NONE;
	if (fd < 0)
		return r;
	treewalk_remove(fd);
	close(fd);
	unlinkat(to->dir, to->name, AT_REMOVEDIR);
	return r;
}

int copyfile_out(struct copy *c, int root, const char *from, const char *to, struct err *err)
{
	struct place place = {.dir = FD_NONE};
	struct stat st;
	int fd, r;

	c->skip = true;
	fd = copy_open(c, root, from, &st, err);
	if (fd < 0)
		return fd;
	r = find_place(from, to, &place, err);
	if (r >= 0)
		r = S_ISDIR(st.st_mode) ? put_dir(c, fd, &st, &place, err)
					: put_file(c, fd, &st, &place, err);
	if (place.dir >= 0)
		close(place.dir);
	close(fd);
	return r;
}
