// SPDX-License-Identifier: BSD-3-Clause
/*
 * The user namespace of an unprivileged user of a store. Called by the image commands before they open
 * it. A child that stays outside writes the maps, by newuidmap and newgidmap where there are subordinate
 * ids. Fails where user namespaces are forbidden.
 */
#include <sched.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "image/ids.h"
#include "image/ownns.h"

/* "newuidmap PID inside outside count ..." */
static int run_helper(const char *program, pid_t pid, const struct id_map *m)
{
	struct arena a = {0};
	char **argv = arena_alloc(&a, (3 * (size_t)m->n + 3) * sizeof(*argv));
	int status = 0, n = 0;
	pid_t child;

	if (!argv)
		return -ENOMEM;
	argv[n++] = arena_strdup(&a, program);
	argv[n++] = arena_printf(&a, "%d", pid);
	for (uint32_t i = 0; i < m->n; i++) {
		argv[n++] = arena_printf(&a, "%u", m->v[i].inside);
		argv[n++] = arena_printf(&a, "%u", m->v[i].outside);
		argv[n++] = arena_printf(&a, "%u", m->v[i].count);
	}
	child = fork();
	if (child == 0) {
		execv(program, argv);
		_exit(127);
	}
	arena_free(&a);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return status ? -EPERM : 0;
}

static int write_own(const struct id_map *m, const char *path)
{
	char line[64];

	snprintf(line, sizeof(line), "%u %u 1", m->v[0].inside, m->v[0].outside);
	return io_write_file(AT_FDCWD, path, line);
}

/* The child: waits until its parent is in the namespace, then writes the maps. */
static NORETURN void map_for(pid_t pid, int go, const struct id_map *uids,
			     const struct id_map *gids)
{
	char c;
	int r = read(go, &c, 1) == 1 ? 0 : -EIO;

	if (!r)
		r = run_helper("/usr/bin/newuidmap", pid, uids);
	if (!r)
		r = run_helper("/usr/bin/newgidmap", pid, gids);
	_exit(r ? 1 : 0);
}

static int enter(const struct id_map *uids, const struct id_map *gids, struct err *err)
{
	bool many = uids->helper;
	int go[2], status = 0, r = 0;
	pid_t me = getpid(), child = -1;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	if (many) {
		child = fork();
		if (child == 0) {
			close(go[1]);
			map_for(me, go[0], uids, gids);
		}
		r = child < 0 ? err_sys(err, errno, "fork") : 0;
	}
	if (!r && unshare(CLONE_NEWUSER) < 0)
		r = err_sys(err, errno, "make a user namespace");
	if (!r && !many) {
		r = io_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");
		if (!r)
			r = write_own(uids, "/proc/self/uid_map");
		if (!r)
			r = write_own(gids, "/proc/self/gid_map");
		if (r)
			r = err_sys(err, r, "write the id maps");
	}
	if (!r && write(go[1], "", 1) != 1)
		r = err_sys(err, errno, "write");
	close(go[0]);
	close(go[1]);
	if (child > 0 && (waitpid(child, &status, 0) < 0 || status) && !r)
		r = err_set(err, EPERM, "newuidmap or newgidmap refused our subordinate ids");
	return r;
}

int ownns_enter(bool *ret_one, struct err *err)
{
	struct id_map uids, gids;
	struct arena a = {0};
	int r;

	*ret_one = false;
	r = ids_here(&a, &uids, &gids, err);
	if (!r && geteuid() != 0)
		r = enter(&uids, &gids, err);
	if (!r && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		r = err_sys(err, errno, "become root of the user namespace");
	if (!r)
		*ret_one = ids_count(&uids) == 1;
	arena_free(&a);
	return r;
}
