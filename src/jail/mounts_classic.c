// SPDX-License-Identifier: BSD-3-Clause
/*
 * Mounting by mount(2). Targets are addressed as /proc/self/fd/N of descriptors that were resolved
 * below the new root, so paths are looked up once and safely here too. Flags of mounts below a bind
 * are set one by one: mountinfo says which those are.
 */
#include <sys/mount.h>

#include "base/str.h"
#include "base/sys.h"
#include "jail/mounts_classic.h"
#include "jail/target.h"

static const struct {
	uint64_t attr;
	unsigned long flag;
	const char *name;
} flag_map[] = {
	{MOUNT_ATTR_RDONLY, MS_RDONLY, "ro"},
	{MOUNT_ATTR_NOSUID, MS_NOSUID, "nosuid"},
	{MOUNT_ATTR_NODEV, MS_NODEV, "nodev"},
	{MOUNT_ATTR_NOEXEC, MS_NOEXEC, "noexec"},
	{MOUNT_ATTR_NOATIME, MS_NOATIME, "noatime"},
	{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, "nodiratime"},
	{0, MS_RELATIME, "relatime"},
};

static unsigned long ms_flags(uint64_t attrs)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (attrs & flag_map[i].attr)
			flags |= flag_map[i].flag;
	return flags;
}

static void fd_path(char *buf, size_t n, int fd)
{
	snprintf(buf, n, "/proc/self/fd/%d", fd);
}

/* mount_one() - @source: what to bind, as a descriptor that was opened before anything was mounted. */
static int mount_one(const struct mount_plan *m, int source, const char *at, unsigned long flags)
{
	char from[48];

	if (m->kind == MOUNT_FS)
		return sys_mount(m->src && m->src[0] ? m->src : m->fstype, at, m->fstype, flags,
				 m->data);
	fd_path(from, sizeof(from), source);
	return sys_mount(from, at, NULL, MS_BIND | MS_REC, NULL);
}

int classic_stack(const struct mount_plan *m, int source, struct err *err)
{
	int fd, r = mount_one(m, source, "/",
			      m->kind == MOUNT_FS
				      ? ms_flags(m->attrs & ~(uint64_t)MOUNT_ATTR_RDONLY)
				      : 0);

	if (r < 0)
		return err_sys(err, r, "mount the root");
	/* ".." at the root does not leave it, but does step onto what is mounted there. */
	fd = sys_openat(AT_FDCWD, "/..", O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(err, fd, "open the new root") : fd;
}

/*
 * classic_bindable() - a bind of "/" takes along what lies on it, our own mounts too, unless the lowest
 * of them cannot be bound at that time.
 */
static void classic_bindable(const struct child *c, bool yes)
{
	int fd = c->scratch >= 0 ? c->scratch : c->root;
	char path[48];

	fd_path(path, sizeof(path), fd);
	if (fd >= 0)
		sys_mount(NULL, path, NULL, yes ? MS_PRIVATE : MS_UNBINDABLE, NULL);
}

int classic_root(struct child *c, const struct mount_plan *m, struct err *err)
{
	int fd;

	classic_bindable(c, false);
	fd = classic_stack(m, c->trees[0], err);
	classic_bindable(c, true);
	return fd;
}

/* mount_id() - the kernel's number of the mount that a descriptor is on. */
static int mount_id(int fd)
{
	char path[48], buf[512], *p;
	int f, id = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	if (f < 0)
		return f;
	n = sys_read(f, buf, sizeof(buf) - 1);
	sys_close(f);
	if (n <= 0)
		return -EIO;
	buf[n] = 0;
	p = strstr(buf, "mnt_id:");
	if (p)
		id = (int)strtol(p + 7, NULL, 10);
	return id < 0 ? -EIO : id;
}

/* One line of mountinfo (proc(5)). */
struct mount_line {
	int id, parent;
	char *where, *flags;
};

struct line_reader {
	int fd;
	size_t n, pos;
	bool eof;
	char buf[2 * PATH_MAX + 4096];
};

/* next_line() - false at the end. The strings lie in the reader's buffer until the next call. */
static bool next_line(struct line_reader *r, struct mount_line *line)
{
	char *s, *nl, *save = NULL;

	for (;;) {
		ssize_t got;

		s = r->buf + r->pos;
		nl = memchr(s, '\n', r->n - r->pos);
		if (nl || r->eof)
			break;
		memmove(r->buf, s, r->n - r->pos);
		r->n -= r->pos;
		r->pos = 0;
		got = sys_read(r->fd, r->buf + r->n, sizeof(r->buf) - 1 - r->n);
		if (got <= 0)
			r->eof = true;
		else
			r->n += (size_t)got;
	}
	if (!nl)
		return false;
	*nl = 0;
	r->pos = (size_t)(nl + 1 - r->buf);
	line->id = (int)strtol(s, &s, 10);
	line->parent = (int)strtol(s, &s, 10);
	strtok_r(s, " ", &save);    /* device */
	strtok_r(NULL, " ", &save); /* root within the file system */
	line->where = strtok_r(NULL, " ", &save);
	line->flags = strtok_r(NULL, " ", &save);
	return line->where && line->flags;
}

static unsigned long current_flags(const char *list)
{
	unsigned long flags = 0;

	while (*list) {
		size_t n = strcspn(list, ",");

		for (size_t i = 0; i < ARRAY_SIZE(flag_map); i++)
			if (strlen(flag_map[i].name) == n && !strncmp(flag_map[i].name, list, n))
				flags |= flag_map[i].flag;
		list += n + (list[n] == ',');
	}
	return flags;
}

/*
 * remount() - add flags to the mount @id whose top is @fd, and with @deep to those below it.
 * Mounts below a bind are found by their parent's number: parents come first in mountinfo.
 */
static int remount(int fd, uint64_t attrs, uint64_t skip_top, bool deep, struct err *err)
{
	int ids[512];
	unsigned n_ids = 0;
	struct line_reader r = {.fd = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0)};
	struct mount_line line;
	char at[48], base[PATH_MAX] = "";
	int res = 0, top = mount_id(fd);

	if (r.fd < 0 || top < 0) {
		sys_close(r.fd);
		return err_sys(err, r.fd < 0 ? r.fd : top, "look up mounts in /proc");
	}
	while (res >= 0 && next_line(&r, &line)) {
		bool is_top = line.id == top, below = false;
		unsigned long flags = current_flags(line.flags);
		int m;

		for (unsigned i = 0; i < n_ids && !below; i++)
			below = ids[i] == line.parent;
		if (!is_top && !(below && deep))
			continue;
		str_unescape_mount(line.where);
		if (n_ids == ARRAY_SIZE(ids)) {
			res = err_set(err, E2BIG, "more than %zu mounts below one bind",
				      ARRAY_SIZE(ids));
			break;
		}
		ids[n_ids++] = line.id;
		if (is_top) {
			snprintf(base, sizeof(base), "%s", line.where);
			m = fd;
			flags |= ms_flags(attrs & ~skip_top);
		} else {
			const char *rel = line.where + (str_eq(base, "/") ? 0 : strlen(base));

			m = target_find(fd, rel, O_PATH, true);
			/* covered, by a mount above it or on the same place: cannot be reached */
			if (m < 0)
				continue;
			if (mount_id(m) != line.id) {
				sys_close(m);
				continue;
			}
			flags |= ms_flags(attrs);
		}
		fd_path(at, sizeof(at), m);
		res = sys_mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
		if (m != fd)
			sys_close(m);
		if (res < 0)
			err_sys(err, res, "remount '%s'", line.where);
	}
	sys_close(r.fd);
	return res;
}

int classic_early_attrs(struct child *c UNUSED, int fd, const struct mount_plan *m, struct err *err)
{
	if (!m->attrs)
		return 0;
	return remount(fd, m->attrs, m->readonly_last ? MOUNT_ATTR_RDONLY : 0,
		       m->kind == MOUNT_BIND, err);
}

int classic_attach(struct child *c, unsigned i, struct err *err)
{
	struct mount_plan m = c->plan->mounts[i];
	int source = take_fd(&c->trees[i]), target, top, r;
	bool file = m.target == TARGET_FILE, whole;
	struct stat st;
	char at[48];

	if (m.kind == MOUNT_FILE) {
		char name[24];

		snprintf(name, sizeof(name), "f%u", i);
		source = sys_openat(c->scratch, name, O_PATH, 0);
		if (source < 0)
			return err_sys(err, source, "make file '%s'", m.dst);
		m.kind = MOUNT_BIND;
		file = true;
	} else if (m.target == TARGET_LIKE_SOURCE && source >= 0) {
		file = sys_fstat(source, &st) == 0 && !S_ISDIR(st.st_mode);
	}
	target = target_open(c->root, &m, file, err);
	if (target < 0)
		return target;
	fd_path(at, sizeof(at), target);
	whole = m.kind == MOUNT_BIND && str_eq(m.src, "/");
	if (whole)
		classic_bindable(c, false);
	r = mount_one(&m, source, at,
		      ms_flags(m.readonly_last ? m.attrs & ~(uint64_t)MOUNT_ATTR_RDONLY : m.attrs));
	if (whole)
		classic_bindable(c, true);
	sys_close(target);
	if (source >= 0)
		sys_close(source);
	if (r < 0)
		return err_sys(err, r, "mount '%s' on '%s'", m.src && m.src[0] ? m.src : m.fstype ?: "file",
			       m.dst);
	top = target_find(c->root, m.dst, target_flags(&m), m.strict_target);
	if (top < 0)
		return err_sys(err, top, "open mount '%s'", m.dst);
	c->trees[i] = top;
	return m.kind == MOUNT_BIND ? classic_early_attrs(c, top, &m, err) : 0;
}

int classic_readonly(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = 0;

	for (unsigned i = 0; i < p->n_mounts && r >= 0; i++) {
		const struct mount_plan *m = &p->mounts[i];
		int fd = i ? c->trees[i] : c->root;

		if (m->attrs & MOUNT_ATTR_RDONLY && fd >= 0 &&
		    (m->readonly_last || (i == 0 && m->kind == MOUNT_FS)))
			r = remount(fd, MOUNT_ATTR_RDONLY, 0, false, err);
	}
	return r;
}
