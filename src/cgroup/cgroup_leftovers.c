// SPDX-License-Identifier: BSD-3-Clause
/*
 * Groups of launchers that died before they could remove them: by SIGKILL, or with the machine's
 * memory gone. Called when a jail with groups of its own has been started, while it sets itself
 * up; cannot fail, only leave something for the next start.
 *
 * A group is taken for a leftover only when its name is one that we give, the process in the name
 * is gone, and nobody holds its lock: whoever makes a group locks its directory for as long as the
 * jail lives. Under nsjail's name it may be another program's, which locks nothing: such a group
 * must also be empty.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "cgroup/cgroup_impl.h"

/* The number after the prefix, the first where there are two. Return: 0 when it is not such a name. */
static long launcher_of(const char *name, bool *ours)
{
	static const char mine[] = "toastainer.", theirs[] = "NSJAIL.";
	char *end;
	long pid;

	*ours = str_starts(name, mine);
	if (!*ours && !str_starts(name, theirs))
		return 0;
	name += *ours ? sizeof(mine) - 1 : sizeof(theirs) - 1;
	if (*name < '1' || *name > '9')
		return 0;
	pid = strtol(name, &end, 10);
	if (*ours && *end == '.' && end[1])
		end += 1 + strspn(end + 1, "0123456789");
	return *end ? 0 : pid;
}

static bool is_gone(long pid)
{
	return pid > INT_MAX || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

static void look_at(int parent, const char *name)
{
	_cleanup_close_ int dir = FD_NONE;
	bool ours;
	long pid = launcher_of(name, &ours);

	if (!pid || !is_gone(pid))
		return;
	dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
		return;
	if (ours)
		cgroup_remove_at(parent, name, 20);
	else
		unlinkat(parent, name, AT_REMOVEDIR);
}

static void look_in(const char *parent)
{
	DIR *d = opendir(parent);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_type == DT_DIR)
			look_at(dirfd(d), e->d_name);
	if (d)
		closedir(d);
}

/* groups_in() - how many groups are below: a directory has two links of its own, and one for each. */
static long groups_in(const char *dir)
{
	struct stat st;

	return stat(dir, &st) < 0 ? -1 : (long)st.st_nlink - 2;
}

void cgroup_tidy(const struct cgroup_plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const char *parent = plan->place[i].parent;
		char self[PATH_MAX + 32];
		long n = groups_in(parent), in_self;

		if (n <= 1) /* ours */
			continue;
		/* In the launchers' own group are those that only count. */
		snprintf(self, sizeof(self), "%s/" HIERARCHY_SELF, parent);
		in_self = plan->place[i].v2 ? groups_in(self) : -1;
		if (in_self > 0)
			look_in(self);
		if (n > 2 || in_self < 0)
			look_in(parent);
	}
}
