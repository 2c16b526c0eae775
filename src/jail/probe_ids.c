// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probe of the way to more than one id: newuidmap and newgidmap with the ranges of /etc/subuid and
 * /etc/subgid for users, the own id map for root.
 */
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <linux/capability.h>

#include "base/io.h"
#include "base/str.h"
#include "jail/probe_impl.h"

/* A Debian system has the ids 0..65534 (nobody). */
#define ENOUGH_IDS 65536

/* The sum of the counts of an id map: how many ids there are to hand out here. */
static uint64_t map_size(const char *path)
{
	char buf[8192];
	uint64_t sum = 0;
	char *p = buf;

	if (io_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return 0;
	p += strspn(p, " \n");
	while (*p >= '0' && *p <= '9') { /* /proc may be somebody's own file */
		strtoull(p, &p, 10);
		strtoull(p, &p, 10);
		sum += strtoull(p, &p, 10);
		p += strspn(p, " \n");
	}
	return sum;
}

/* For those with CAP_SETUID and CAP_SETGID, who write maps themselves. */
static void probe_own_ids(struct probe_result *r)
{
	uint64_t uids = map_size("/proc/self/uid_map"), gids = map_size("/proc/self/gid_map");
	uint64_t least = MIN(uids, gids);

	if (least >= ENOUGH_IDS) {
		probe_say(r, PROBE_OK, "maps are written directly; %llu ids here",
			  (unsigned long long)least);
		return;
	}
	probe_say(r, PROBE_DEGRADED, "maps are written directly; %llu ids here",
		  (unsigned long long)least);
	probe_cause(r, "the user namespace around has fewer than %d ids", ENOUGH_IDS);
	probe_cure(r, "start it with a full range (subordinate ids), or toastainer outside of it");
}

/* The name of a uid in /etc/passwd; "" when it is not there. */
static void user_name(struct arena *a, uid_t uid, char *name, size_t n)
{
	char *text, *line, *save = NULL;

	name[0] = 0;
	if (io_read_file(a, AT_FDCWD, "/etc/passwd", 16 << 20, &text, NULL, NULL) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *pw = strchr(line, ':'), *id = pw ? strchr(pw + 1, ':') : NULL, *end;
		unsigned long v;

		if (!id)
			continue;
		v = strtoul(id + 1, &end, 10);
		if (*end == ':' && end != id + 1 && v == uid) {
			snprintf(name, n, "%.*s", (int)(pw - line), line);
			return;
		}
	}
}

/* How many ids a file gives a user: lines "name-or-uid:first:count". Return: -errno, or 0. */
static int sub_ids(struct arena *a, const char *path, const char *name, uid_t uid, uint64_t *ret)
{
	char *text, *line, *save = NULL;
	char number[16];
	int r;

	*ret = 0;
	snprintf(number, sizeof(number), "%u", uid);
	r = io_read_file(a, AT_FDCWD, path, 16 << 20, &text, NULL, NULL);
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;
		uint64_t v;

		if (!count || str_u64(count + 1, UINT32_MAX, &v) < 0)
			continue;
		*first = 0;
		if (str_eq(line, number) || (name[0] && str_eq(line, name)))
			*ret += v;
	}
	return 0;
}

static bool find_program(const char *name, char *path, size_t n)
{
	const char *dirs = getenv("PATH");

	if (!dirs || !*dirs)
		dirs = "/usr/sbin:/usr/bin:/sbin:/bin";
	while (*dirs) {
		size_t len = strcspn(dirs, ":");

		snprintf(path, n, "%.*s/%s", (int)len, dirs, name);
		if (len && access(path, X_OK) == 0)
			return true;
		dirs += len;
		dirs += *dirs == ':';
	}
	return false;
}

/* Whether starting the program would give it the right to set ids; else cause and cure are set. */
static bool program_privileged(const char *path, unsigned cap, struct probe_result *r)
{
	struct vfs_cap_data data = {0};
	struct statvfs fs;
	struct stat st;
	bool file_caps;

	if (stat(path, &st) < 0)
		return false;
	file_caps = getxattr(path, "security.capability", &data, sizeof(data)) >=
			    (ssize_t)offsetof(struct vfs_cap_data, data[1]) &&
		    (data.data[0].permitted >> cap & 1);
	if (!file_caps && !((st.st_mode & S_ISUID) && st.st_uid == 0)) {
		probe_cause(r, "%s is neither set-uid root nor has it file capabilities%s", path,
			    (st.st_mode & S_ISUID) ? " (its owner is not mapped here)" : "");
		probe_cure(r, "as root: apt-get install --reinstall uidmap (or chmod u+s %s)",
			   path);
		return false;
	}
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID)) {
		probe_cause(r, "%s lies on a file system mounted nosuid", path);
		probe_cure(r, "mount it without nosuid, or start as root");
		return false;
	}
	return true;
}

/* Both programs. Otherwise cause and cure are set. */
static bool programs_usable(struct probe_result *r)
{
	static const struct {
		const char *name;
		unsigned cap;
	} programs[] = {{"newuidmap", CAP_SETUID}, {"newgidmap", CAP_SETGID}};
	char path[4096];

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!find_program(programs[i].name, path, sizeof(path))) {
			probe_cause(r, "%s is not installed", programs[i].name);
			probe_cure(r, "as root: apt-get install uidmap");
			return false;
		}
		if (!program_privileged(path, programs[i].cap, r))
			return false;
	}
	if (sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		probe_cause(r, "no_new_privs is set on us, which disarms newuidmap and newgidmap");
		probe_cure(r, "start toastainer outside of the sandbox or unit that sets it "
			      "(systemd: NoNewPrivileges=no)");
		return false;
	}
	return true;
}

void probe_subids(const struct probe_env *env, const struct probe *probe UNUSED,
		  struct probe_result *r)
{
	_cleanup_(arena_free) struct arena a = {0};
	uint64_t uids, gids;
	char name[64];

	if (probe_cap(env, CAP_SETUID) && probe_cap(env, CAP_SETGID)) {
		probe_own_ids(r);
		return;
	}
	user_name(&a, env->uid, name, sizeof(name));
	sub_ids(&a, "/etc/subuid", name, env->uid, &uids);
	sub_ids(&a, "/etc/subgid", name, env->uid, &gids);
	probe_say(r, PROBE_OK, "%llu uids and %llu gids for %s%s%u", (unsigned long long)uids,
		  (unsigned long long)gids, name, name[0] ? ", uid " : "uid ", env->uid);
	if (!programs_usable(r)) {
		r->status = PROBE_MISSING;
		return;
	}
	if (uids >= ENOUGH_IDS && gids >= ENOUGH_IDS)
		return;
	if (uids && gids) {
		r->status = PROBE_DEGRADED;
		probe_cause(r, "fewer than %d ids: users with high ids are missing in images",
			    ENOUGH_IDS);
	} else {
		r->status = PROBE_MISSING;
		probe_cause(r, "/etc/%s has no line for %s%s%u", uids ? "subgid" : "subuid", name,
			    name[0] ? " or " : "uid ", env->uid);
	}
	if (name[0])
		probe_cure(r,
			   "as root: usermod --add-subuids 100000-165535 --add-subgids "
			   "100000-165535 %s (a range that nobody has in these files)",
			   name);
	else
		probe_cure(r,
			   "newuidmap wants a user with a name: as root, useradd -u %u NAME gives "
			   "it one, and its ranges",
			   env->uid);
}
