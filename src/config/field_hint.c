// SPDX-License-Identifier: BSD-3-Clause
/*
 * Hints for fields that do not exist, asked for by reader.c when it refuses one. Most come out of the
 * settings table itself: an option's name used as a field, a field written one level too high or too
 * low. The rest are fields that nsjail once had, or that people (and their assistants) make up.
 */
#include "config/field_hint.h"

#define ROOT_MOUNT "mount { src: \"DIR\" dst: \"/\" is_bind: true }"
#define BIND_MOUNT "mount { src: \"SRC\" dst: \"DST\" is_bind: true }"
#define EXEC_BIN   "exec_bin { path: \"/bin/program\" arg: \"argument\" }"

static const struct {
	const char *name, *hint;
} former[] = {
	/* the root and what is mounted */
	{"chroot", "the root directory is a mount: " ROOT_MOUNT},
	{"chroot_dir", "the root directory is a mount now: " ROOT_MOUNT},
	{"root", "the root directory is a mount: " ROOT_MOUNT},
	{"is_root_rw", "add rw: true to the mount whose dst is \"/\""},
	{"rw", "add rw: true to the mount whose dst is \"/\""},
	{"bindmount", BIND_MOUNT " with rw: true"},
	{"bindmount_ro", BIND_MOUNT},
	{"bind", BIND_MOUNT},
	{"tmpfsmount", "mount { dst: \"DST\" fstype: \"tmpfs\" rw: true }"},
	{"tmpfs", "mount { dst: \"DST\" fstype: \"tmpfs\" rw: true }"},
	{"tmpfs_size", "options: \"size=BYTES\" in the mount with fstype: \"tmpfs\""},
	{"symlink", "mount { src: \"TEXT\" dst: \"DST\" is_symlink: true }"},
	{"proc_path", "mount { dst: \"DIR\" fstype: \"proc\" }"},
	{"proc_rw", "mount { dst: \"/proc\" fstype: \"proc\" rw: true }"},
	{"pivot_root_only", "pivot_root is the default; no_pivotroot: true is the opposite"},
	{"type", "a mount's type is fstype"},
	{"readonly", "mounts are read-only unless rw: true"},
	{"read_only", "mounts are read-only unless rw: true"},
	/* the program */
	{"exec_file", EXEC_BIN},
	{"cmd", EXEC_BIN},
	{"command", EXEC_BIN},
	{"exec", EXEC_BIN},
	{"execute_fd", "exec_bin { exec_fd: true }"},
	{"argv", EXEC_BIN},
	{"args", "exec_bin: one arg: \"...\" for each argument"},
	/* limits */
	{"timeout", "time_limit: SECONDS"},
	{"memory_limit", "cgroup_mem_max: BYTES, or rlimit_as: MIB for the address space"},
	{"mem_limit", "cgroup_mem_max: BYTES, or rlimit_as: MIB for the address space"},
	{"cpu_limit", "cgroup_cpu_ms_per_sec: MS, or rlimit_cpu: SECONDS"},
	{"max_pids", "cgroup_pids_max: N"},
	{"rlimit_data", "rlimit_as: MIB is the nearest limit"},
	{"rlimit_rss", "cgroup_mem_max: BYTES is the nearest limit"},
	/* the user-mode network */
	{"enable", "a block user_net {} is enough to turn it on; take enable out"},
	{"use_nstun", "backend: NSTUN, which is the default"},
	{"port_map", "rule4 { direction: HOST_TO_GUEST action: REDIRECT proto: TCP dport: PORT "
		     "redirect_port: PORT }, or pasta { tcp_map_in: \"PORTS\" }"},
	{"tcp_ports", "pasta { tcp_map_in: \"PORTS\" }"},
	{"udp_ports", "pasta { udp_map_in: \"PORTS\" }"},
	{"ip", "ip4: \"ADDRESS\""},
	{"gw", "gw4: \"ADDRESS\""},
	{"mask", "pasta { mask4: \"MASK\" }"},
	{"enable_nat", "pasta { nat: true }"},
	/* reports */
	{"verbose", "log_level: DEBUG"},
	{"quiet", "log_level: WARNING"},
	{"really_quiet", "log_level: FATAL"},
};

/* A field @name somewhere below @m: the path to it goes into @path. */
static bool find_below(const struct message *m, const char *name, char *path, size_t size)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		char rest[128] = "";

		if (row->type != F_MESSAGE)
			continue;
		if (!schema_find(row->message, name, strlen(name)) &&
		    !find_below(row->message, name, rest, sizeof(rest)))
			continue;
		snprintf(path, size, rest[0] ? "%s { %s }" : "%s { %s: ... }", row->name,
			 rest[0] ? rest : name);
		return true;
	}
	return false;
}

/* The field that an option sets, be the row its own or an alias. */
static const struct setting *field_of_option(const struct setting *option)
{
	const struct message *m = &schema_config;

	if (option->name)
		return option;
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
		if (option->flags & SF_ALIAS && row->name && row->offset == option->offset)
			return row;
	return NULL;
}

bool field_hint(const struct message *m, const char *name, char *buf, size_t size)
{
	const struct setting *option = schema_find_option(name);
	const struct setting *row = option ? field_of_option(option) : NULL;
	char path[200];

	for (size_t i = 0; i < ARRAY_SIZE(former); i++) {
		if (str_eq(former[i].name, name)) {
			snprintf(buf, size, "%s", former[i].hint);
			return true;
		}
	}
	if (row && !(row->flags & SF_OURS) && !str_eq(row->name, name))
		snprintf(buf, size, "--%s is the option's name; in a file write %s: %s", name,
			 row->name, option->flags & SF_NEGATE ? "false" : "...");
	else if (find_below(m, name, path, sizeof(path)))
		snprintf(buf, size, "it belongs into a block: %s", path);
	else if (m != &schema_config && schema_find(&schema_config, name, strlen(name)))
		snprintf(buf, size, "it belongs outside of this block, to the top level");
	else
		return false;
	return true;
}
