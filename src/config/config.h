/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was asked for: one struct per message of nsjail's configuration, plus our own settings.
 * Frontends (command line, text format, JSON, the library) fill it through the table in schema.c;
 * to_plan.c resolves it into a jail plan.
 *
 * Strings are owned by config.arena. Enumerations are int32_t so that the table can address them.
 */
#ifndef TOASTAINER_CONFIG_CONFIG_H
#define TOASTAINER_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/mem.h"

struct diskimage;

/* Whose defaults apply: the columns of the settings table. */
enum config_face { FACE_NSJAIL, FACE_RUN, FACE_IMAGE, CONFIG_FACES };

/* A repeated field. All instances have the layout of struct cfg_list. */
#define LIST_OF(type)                                                                              \
	struct {                                                                                   \
		type *v;                                                                           \
		uint32_t n, cap;                                                                   \
	}

struct cfg_list {
	void *v;
	uint32_t n, cap;
};

struct cfg_bytes {
	const char *p; /* NULL: not given */
	size_t n;
};

/* First member of every message: bit i says that row i of its table was given explicitly. */
struct cfg_head {
	uint64_t has[4];
};

enum cfg_mode { MODE_LISTEN, MODE_ONCE, MODE_RERUN, MODE_EXECVE };

/* RLIMIT_INHERIT is ours (default of `run`): soft and hard limit stay the caller's. */
enum cfg_rlimit { RL_VALUE, RL_SOFT, RL_HARD, RL_INF, RL_INHERIT };
enum cfg_tty { TTY_AUTO, TTY_ON, TTY_OFF };
enum cfg_rerun_stop { RERUN_NEVER, RERUN_ON_FAILURE, RERUN_ON_SUCCESS };
enum cfg_overlay { OVERLAY_AUTO, OVERLAY_KERNEL, OVERLAY_FUSE };
enum cfg_mnt_api { MNT_API_AUTO, MNT_API_OLD, MNT_API_NEW };
enum cfg_macvlan {
	CFG_MACVLAN_PRIVATE,
	CFG_MACVLAN_VEPA,
	CFG_MACVLAN_BRIDGE,
	CFG_MACVLAN_PASSTHRU
};
enum cfg_traffic_action { TRAFFIC_UNKNOWN, TRAFFIC_DROP, TRAFFIC_REJECT, TRAFFIC_ALLOW };
enum cfg_traffic_proto { PROTO_UNKNOWN, PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6 };
enum cfg_ip_family { FAMILY_IPV4, FAMILY_IPV6 };
/* auto: as clone_newnet says */
enum cfg_net { CFG_NET_AUTO, CFG_NET_NAT, CFG_NET_USER };
enum cfg_tristate { UNSET = -1, NO = 0, YES = 1 };

/* struct cfg_place - where a file gave a value that is judged only when the plan is made. */
struct cfg_place {
	struct cfg_place *next;
	const char *value; /* this very string */
	const char *text;  /* "FILE:LINE:COL: FIELD" */
};

struct cfg_idmap {
	struct cfg_head head;
	const char *inside_id, *outside_id;
	uint32_t count;
	bool use_newidmap;
};

struct cfg_mount {
	struct cfg_head head;
	const char *src, *prefix_src_env;
	struct cfg_bytes src_content;
	const char *dst, *prefix_dst_env, *fstype, *options;
	bool is_bind, rw, mandatory, is_symlink, nosuid, nodev, noexec;
	bool is_dir; /* counts only when given (head), else found out from the source */
};

struct cfg_exe {
	struct cfg_head head;
	const char *path;
	LIST_OF(const char *) arg;
	const char *arg0;
	bool exec_fd;
};

struct cfg_traffic_rule {
	struct cfg_head head;
	const char *src_ip, *dst_ip, *iif, *oif;
	int32_t proto;
	uint32_t sport, dport, sport_end, dport_end;
	int32_t action, ip_family;
};

struct cfg_net_iface {
	struct cfg_head head;
	const char *name, *macvlan, *own, *mac;
	int32_t mode;
	uint32_t mtu;
	LIST_OF(const char *) ip;
	LIST_OF(const char *) gw;
};

struct cfg_pasta {
	struct cfg_head head;
	bool nat, enable_tcp, enable_udp, enable_icmp;
	bool ip4_enabled, enable_ip4_dhcp, ip6_enabled, enable_ip6_dhcp, enable_ip6_ra, enable_dns;
	bool map_gw;
	const char *mask4, *mask6, *dns_forward;
	const char *tcp_map_in, *udp_map_in, *tcp_map_out, *udp_map_out;
};

struct cfg_nstun_rule {
	struct cfg_head head;
	int32_t direction, action, proto;
	const char *src_ip, *dst_ip, *redirect_ip;
	uint32_t sport, sport_end, dport, dport_end, redirect_port;
};

struct cfg_user_net {
	struct cfg_head head;
	int32_t backend;
	struct cfg_pasta pasta;
	LIST_OF(struct cfg_nstun_rule) rule4;
	LIST_OF(struct cfg_nstun_rule) rule6;
	const char *ip4, *gw4, *ip6, *gw6, *ns_iface;
};

/* One resource limit: value in the unit of its row (MiB, KiB, seconds, bytes or a count). */
struct cfg_limit {
	uint64_t value;
	int32_t type;
};

struct config;
struct err;

/* Makes copies of the image's layers for id maps, "INSIDE:OUTSIDE:COUNT[,...]". */
typedef int config_copier(const struct config *cfg, const char *uids, const char *gids,
			  struct err *err);

struct config {
	struct cfg_head head;
	struct arena arena;
	enum config_face face;
	char **own_argv; /* our own command line, to be hidden from the jail; NULL: not known */
	struct cfg_place *places;
	LIST_OF(const char *) notes; /* what the log should say of how settings were understood */

	bool toastainer; /* nsjail's face: the file has settings of our own */

	/* what to run, and how */
	const char *name, *jail_name;
	LIST_OF(const char *) description;
	int32_t mode;
	struct cfg_exe exec_bin;
	const char *hostname, *cwd;
	bool keep_env;
	LIST_OF(const char *) envar;
	bool silent, stderr_to_null, skip_setsid;
	LIST_OF(int32_t) pass_fd;
	int32_t umask; /* -1: the caller's */
	int32_t tty;
	bool init;

	/* listen */
	uint32_t port, max_conns, max_conns_per_ip;
	const char *bindhost, *pid_file;
	uint32_t listen_prefork;

	/* rerun */
	uint32_t rerun_count, rerun_delay; /* 0: without end; milliseconds */
	int32_t rerun_stop;

	/* supervision and reports */
	uint32_t time_limit; /* seconds, 0: none */
	bool daemon, forward_signals;
	int32_t log_fd, log_level, log_format;
	const char *log_file, *result_json;

	/* limits of our own, as text: durations and sizes; NULL: none */
	const char *timeout, *cpu_limit, *idle_limit, *kill_grace;
	const char *output_limit, *output_truncate, *disk_limit;
	uint64_t inode_limit;
	const char *require;
	bool measure;

	/* limits */
	uint32_t max_cpus;
	const char *cpus;
	int32_t nice_level;
	struct cfg_limit rlimit_as, rlimit_core, rlimit_cpu, rlimit_fsize, rlimit_nofile;
	struct cfg_limit rlimit_nproc, rlimit_stack, rlimit_memlock, rlimit_rtprio, rlimit_msgqueue;
	bool disable_rl;
	int32_t oom_score_adj; /* counts only when given */
	bool use_core_scheduling, disable_tsc;
	bool persona_addr_compat_layout, persona_mmap_page_zero, persona_read_implies_exec;
	bool persona_addr_limit_3gb, persona_addr_no_randomize;

	/* privileges */
	bool keep_caps, disable_no_new_privs;
	LIST_OF(const char *) cap;
	LIST_OF(struct cfg_idmap) uidmap;
	LIST_OF(struct cfg_idmap) gidmap;

	/* namespaces */
	bool clone_newnet, clone_newuser, clone_newns, clone_newpid, clone_newipc, clone_newuts;
	bool clone_newcgroup, clone_newtime;

	/* file system */
	const char *chroot; /* NULL: an empty root, unless a mount covers / */
	bool rw, no_pivotroot, mount_proc, proc_rw, dev, tmp;
	const char *proc_path;
	LIST_OF(struct cfg_mount) mount;
	int32_t mnt_api, overlay;

	/* a root of the jail's own, and what comes in and out (plan_root.c) */
	bool discard;
	const char *keep, *upper, *diff, *copy_limit, *image, *store, *commit;
	LIST_OF(const char *) copy_in;
	LIST_OF(const char *) copy_out;
	LIST_OF(const char *) layers; /* of the image, topmost first (image_use.h) */
	int image_lock;		      /* holds it in its store, or FD_NONE */
	struct diskimage *disk_image; /* it is a file; NULL: of a store */
	config_copier *copy_layers;   /* NULL: nobody does */

	/* seccomp */
	const char *seccomp_policy_file, *seccomp_unotify_report;
	LIST_OF(const char *) seccomp_string;
	bool seccomp_log, seccomp_unotify, explain, audit;

	/* cgroups */
	uint64_t cgroup_mem_max, cgroup_mem_memsw_max, cgroup_pids_max;
	int64_t cgroup_mem_swap_max; /* -1: not set */
	uint32_t cgroup_net_cls_classid, cgroup_cpu_ms_per_sec;
	const char *cgroup_mem_mount, *cgroup_mem_parent, *cgroup_pids_mount, *cgroup_pids_parent;
	const char *cgroup_net_cls_mount, *cgroup_net_cls_parent;
	const char *cgroup_cpu_mount, *cgroup_cpu_parent, *cgroupv2_mount;
	bool use_cgroupv2, detect_cgroupv2;
	int32_t cgroup_version; /* enum cgroup_version */
	bool cgroup_always, mount_cgroup, cgroup_nested;
	uint64_t cgroup_mem_high;
	uint32_t cgroup_cpu_weight, cgroup_io_weight;
	const char *cgroup_cpuset_cpus, *cgroup_cpuset_mems;
	LIST_OF(const char *) cgroup_io_max;
	LIST_OF(const char *) cgroup_hugetlb_max;
	LIST_OF(const char *) cgroup_device;

	/* network */
	bool iface_no_lo;
	LIST_OF(const char *) iface_own;
	const char *macvlan_iface, *macvlan_vs_ip, *macvlan_vs_nm, *macvlan_vs_gw;
	const char *macvlan_vs_ma, *macvlan_vs_mo;
	LIST_OF(struct cfg_net_iface) net_iface;
	LIST_OF(struct cfg_traffic_rule) traffic_rule;
	struct cfg_user_net user_net;

	/* whom a routed network reaches (net/policy.h); as text */
	int32_t net; /* enum cfg_net */
	LIST_OF(const char *) net_allow;
	LIST_OF(const char *) net_deny;
	LIST_OF(const char *) publish;
	LIST_OF(const char *) dns;
	const char *net_rate_out, *net_rate_in;
	bool net_private;
};

/**
 * config_init() - an empty config with the defaults of a face.
 * The config owns memory afterwards: config_free().
 */
void config_init(struct config *cfg, enum config_face face);

/** config_place() - "FILE:LINE:COL: FIELD" of a value that a file gave. Return: NULL: not known. */
const char *config_place(const struct config *cfg, const char *value);

/**
 * config_free() - free what the config owns; harmless twice.
 */
void config_free(struct config *cfg);

/**
 * config_load() - replace @cfg by a configuration file: nsjail's text format or its JSON form.
 * Everything set before is lost, as with nsjail; the face stays.
 * @path: the file; "-" is standard input
 */
int config_load(struct config *cfg, const char *path, struct err *err);

#endif
