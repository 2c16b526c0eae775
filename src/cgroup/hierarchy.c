// SPDX-License-Identifier: BSD-3-Clause
/*
 * Finding the control group hierarchies and the caller's own groups: /proc/self/mountinfo says what
 * is mounted where, /proc/self/cgroup where the caller is. Called when a plan needs groups, and by
 * `doctor`. Only looks.
 */
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroup/hierarchy.h"

/* Names of the controllers in v1 and v2. */
static const struct {
	const char *v1, *v2;
} names[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = {"memory", "memory"},
	[CGROUP_PIDS] = {"pids", "pids"},
	[CGROUP_CPU] = {"cpu", "cpu"},
	[CGROUP_CPUACCT] = {"cpuacct", NULL},
	[CGROUP_CPUSET] = {"cpuset", "cpuset"},
	[CGROUP_IO] = {"blkio", "io"},
	[CGROUP_HUGETLB] = {"hugetlb", "hugetlb"},
	[CGROUP_NETCLS] = {"net_cls", NULL},
	[CGROUP_DEVICE] = {"devices", NULL},
};

const char *hierarchy_controller(enum cgroup_controller c, bool v2)
{
	return v2 ? names[c].v2 : names[c].v1;
}

unsigned hierarchy_list(const char *list, bool v2)
{
	unsigned mask = 0;

	while (*list) {
		size_t len = strcspn(list, ", \n");

		for (unsigned c = 0; c < CGROUP_CONTROLLERS; c++) {
			const char *name = hierarchy_controller(c, v2);

			if (name && strlen(name) == len && strncmp(name, list, len) == 0)
				mask |= 1U << c;
		}
		list += len;
		list += strspn(list, ", \n");
	}
	return mask;
}

/* struct mount_words - what a line of mountinfo says; pointers into the line */
struct mount_words {
	char *root, *point, *type, *super;
};

/* "36 35 0:30 /root /point rw,noatime master:1 - cgroup cgroup rw,cpu": cut the line up. */
static bool split_line(char *line, struct mount_words *w)
{
	char *rest = strstr(line, " - "), *save = NULL;

	if (!rest)
		return false;
	*rest = 0;
	strtok_r(line, " ", &save);
	strtok_r(NULL, " ", &save);
	strtok_r(NULL, " ", &save);
	w->root = strtok_r(NULL, " ", &save);
	w->point = strtok_r(NULL, " ", &save);
	w->type = strtok_r(rest + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	w->super = strtok_r(NULL, " ", &save);
	if (!w->root || !w->point || !w->super)
		return false;
	str_unescape_mount(w->root);
	str_unescape_mount(w->point);
	return true;
}

/*
 * own_path() - the caller's group: the line "ID:CONTROLLERS:PATH" of /proc/self/cgroup with one of
 * the controllers, or with none at all for v2. Return: bytes of the path, 0: no such line.
 */
static size_t own_path(const char *text, unsigned controllers, bool v2, const char **ret)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *list = memchr(text, ':', (size_t)(end - text));
		const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
		char word[200];

		if (path && path - list - 1 < (ptrdiff_t)sizeof(word)) {
			memcpy(word, list + 1, (size_t)(path - list - 1));
			word[path - list - 1] = 0;
			if (v2 ? !word[0] : (hierarchy_list(word, false) & controllers) != 0) {
				*ret = path + 1;
				return (size_t)(end - path - 1);
			}
		}
		text = *end ? end + 1 : end;
	}
	return 0;
}

/* dir_of() - where in the mount the path is; a mount of a part of the tree has that part as root. */
static const char *dir_of(struct arena *a, const struct mount_words *w, const char *path, size_t n)
{
	size_t root = str_eq(w->root, "/") ? 0 : strlen(w->root);

	if (n < root || strncmp(path, w->root, root) != 0 ||
	    (root && n > root && path[root] != '/') || (n >= 3 && strncmp(path, "/..", 3) == 0))
		return NULL; /* the mount does not show it */
	path += root;
	n -= root;
	if (n == 1)
		n = 0; /* "/" */
	return arena_printf(a, "%s%.*s", w->point, (int)n, path);
}

/* list_at() - the controllers that a file of the group in a v2 hierarchy lists. */
static unsigned list_at(const struct hierarchy *h, const char *file)
{
	char path[PATH_MAX + 32], list[200] = "";

	snprintf(path, sizeof(path), "%s/%s", h->dir, file);
	io_read_small(AT_FDCWD, path, list, sizeof(list));
	return hierarchy_list(list, true);
}

/* What the directory of a v2 hierarchy needs besides: see the header. */
static int look_at_v2(struct arena *a, struct hierarchy *h, size_t path_len)
{
	size_t n = strlen(h->dir), self = strlen("/" HIERARCHY_SELF);

	h->own = h->dir;
	if (n > self && str_eq(h->dir + n - self, "/" HIERARCHY_SELF)) {
		h->dir = arena_dup(a, h->dir, n - self);
		if (!h->dir)
			return -ENOMEM;
		path_len -= self;
	}
	h->top = path_len <= 1;
	return 0;
}

/* names_of() - the controllers among a mount's options, which are those to mount it by. */
static const char *names_of(struct arena *a, const char *options)
{
	static const char *const others[] = {
		"rw",  "ro",   "xattr",	      "noprefix", "clone_children", "cpuset_v2_mode",
		"all", "none", "favordynmods"};
	char *out = arena_alloc(a, strlen(options) + 2);
	size_t used = 0;

	for (size_t len; out && *options; options += len + (options[len] == ',')) {
		bool other = false;

		len = strcspn(options, ",");
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			other |= strlen(others[i]) == len && strncmp(options, others[i], len) == 0;
		if (other || memchr(options, '=', len))
			continue;
		if (used)
			out[used++] = ',';
		memcpy(out + used, options, len);
		used += len;
	}
	return out;
}

static int add(struct arena *a, unsigned wanted, struct hierarchies *ret,
	       const struct mount_words *w, const char *groups, struct err *err)
{
	struct hierarchy h = {.v2 = str_eq(w->type, "cgroup2")};
	const char *path;
	size_t n;

	if (!h.v2)
		h.controllers = hierarchy_list(w->super, false);
	if (!h.v2 && !h.controllers)
		return 0; /* a named one */
	for (unsigned i = 0; i < ret->n; i++)
		if (ret->v[i].v2 == h.v2 && (h.v2 || ret->v[i].controllers & h.controllers))
			return 0; /* a second mount of it */
	n = own_path(groups, h.controllers, h.v2, &path);
	if (!n || ret->n == ARRAY_SIZE(ret->v))
		return 0;
	h.dir = dir_of(a, w, path, n);
	if (!h.dir)
		return 0;
	h.names = names_of(a, w->super);
	if (!h.names || (h.v2 && look_at_v2(a, &h, n) < 0))
		return err_oom(err);
	if (h.v2 && wanted)
		h.controllers = list_at(&h, "cgroup.controllers");
	ret->v[ret->n++] = h;
	return 0;
}

/* Whether a line of cgroup.procs is our number. */
static bool has_us(const char *procs)
{
	char line[16];
	size_t n = (size_t)snprintf(line, sizeof(line), "%d\n", getpid());

	for (const char *s = procs; (s = strstr(s, line)); s += n)
		if (s == procs || s[-1] == '\n')
			return true;
	return false;
}

/*
 * read_usual() - v2 alone, at its usual place, without reading all of the machine's mounts. That this is
 * the whole tree, and not a part of it, is seen by our being where we should be.
 * Return: 1; 0: it is not so, or not to be seen; a negative errno.
 */
static int read_usual(struct arena *a, unsigned wanted, struct hierarchies *ret, const char *groups)
{
	struct hierarchy *h = &ret->v[0];
	size_t n = strcspn(groups, "\n");
	char file[PATH_MAX + 32], procs[2048];

	if (!str_starts(groups, "0::/") || (groups[n] && groups[n + 1]))
		return 0; /* other hierarchies are in use */
	n = n == 4 ? 0 : n - 3;
	snprintf(file, sizeof(file), "/sys/fs/cgroup%.*s/cgroup.procs", (int)n, groups + 3);
	if (io_read_small(AT_FDCWD, file, procs, sizeof(procs)) <= 0 || !has_us(procs))
		return 0;
	*h = (struct hierarchy){.v2 = true, .names = ""};
	h->dir = arena_printf(a, "/sys/fs/cgroup%.*s", (int)n, groups + 3);
	if (!h->dir || look_at_v2(a, h, n) < 0)
		return -ENOMEM;
	/* What it passes on it has: mostly that is all, and then nobody has to look again at a launch. */
	if (wanted)
		h->controllers = h->passed = list_at(h, "cgroup.subtree_control");
	if (wanted & ~h->passed)
		h->controllers = list_at(h, "cgroup.controllers");
	ret->n = 1;
	return 1;
}

int hierarchy_read(struct arena *a, unsigned wanted, struct hierarchies *ret, struct err *err)
{
	char groups[8192];
	char *mounts, *line, *save = NULL;
	ssize_t n = io_read_small(AT_FDCWD, "/proc/self/cgroup", groups, sizeof(groups));
	int r;

	ret->n = 0;
	if (n < 0)
		return err_sys(err, (int)n, "read /proc/self/cgroup");
	r = read_usual(a, wanted, ret, groups);
	if (r)
		return r < 0 ? err_oom(err) : 0;
	r = io_read_file(a, AT_FDCWD, "/proc/self/mountinfo", 8 << 20, &mounts, NULL, err);
	for (line = r < 0 ? NULL : strtok_r(mounts, "\n", &save); line && r >= 0;
	     line = strtok_r(NULL, "\n", &save)) {
		struct mount_words w;

		/* Cheap, and right for nearly all lines of a machine with many mounts. */
		if (strstr(line, " - cgroup") && split_line(line, &w) &&
		    (str_eq(w.type, "cgroup") || str_eq(w.type, "cgroup2")))
			r = add(a, wanted, ret, &w, groups, err);
	}
	return r;
}

const struct hierarchy *hierarchy_find(const struct hierarchies *h, enum cgroup_controller c,
				       bool v2)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->v[i].v2 == v2 && h->v[i].controllers & 1U << c)
			return &h->v[i];
	return NULL;
}

const struct hierarchy *hierarchy_v2(const struct hierarchies *h)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->v[i].v2)
			return &h->v[i];
	return NULL;
}

bool hierarchy_may_make(const char *dir)
{
	char path[PATH_MAX + 32];

	if (access(dir, W_OK) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	return access(path, W_OK) == 0;
}
