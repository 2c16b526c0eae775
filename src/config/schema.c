// SPDX-License-Identifier: BSD-3-Clause
/*
 * THE settings table. One row a setting; see schema.h for what is made from it. Field names, numbers
 * and defaults are those of nsjail's config.proto; rows marked SF_OURS are toastainer's own.
 */
#include "config/options.h"
#include "config/schema.h"
#include "storage/diskimage.h"

/* The default is the same for every face; differs by face (nsjail, run, image); a string. */
#define ALL(v)		.def = {{.i = (v)}, {.i = (v)}, {.i = (v)}}
#define EACH(a, b, c)	.def = {{.i = (a)}, {.i = (b)}, {.i = (c)}}
#define TEXT(v)		.def = {{.s = (v)}, {.s = (v)}, {.s = (v)}}
#define TEXTS(a, b, c)	.def = {{.s = (a)}, {.s = (b)}, {.s = (c)}}
#define MSG(m)		.type = F_MESSAGE, .message = &(m)
#define ENUM(names_, t) .type = F_ENUM, .names = (names_), .enum_type = (t)

static const struct enum_name mode_names[] = {
	{"LISTEN", MODE_LISTEN},
	{"ONCE", MODE_ONCE},
	{"RERUN", MODE_RERUN},
	{"EXECVE", MODE_EXECVE},
	{NULL},
};
static const struct enum_name log_level_names[] = {
	{"DEBUG", 0}, {"INFO", 1}, {"WARNING", 2}, {"ERROR", 3}, {"FATAL", 4}, {NULL},
};
static const struct enum_name log_format_names[] = {{"text", 0}, {"json", 1}, {NULL}};
static const struct enum_name rlimit_names[] = {
	{"VALUE", RL_VALUE},
	{"SOFT", RL_SOFT},
	{"HARD", RL_HARD},
	{"INF", RL_INF},
	{"INHERIT", RL_INHERIT, true},
	{NULL},
};
static const struct enum_name tty_names[] = {
	{"auto", TTY_AUTO}, {"on", TTY_ON}, {"off", TTY_OFF}, {NULL}};
static const struct enum_name rerun_stop_names[] = {
	{"never", RERUN_NEVER},
	{"failure", RERUN_ON_FAILURE},
	{"success", RERUN_ON_SUCCESS},
	{NULL},
};
static const struct enum_name mnt_api_names[] = {
	{"auto", MNT_API_AUTO},
	{"old", MNT_API_OLD},
	{"new", MNT_API_NEW},
	{NULL},
};
static const struct enum_name overlay_names[] = {
	{"auto", OVERLAY_AUTO},
	{"kernel", OVERLAY_KERNEL},
	{"fuse", OVERLAY_FUSE},
	{NULL},
};
const struct enum_name schema_macvlan_modes[] = {
	{"private", CFG_MACVLAN_PRIVATE},
	{"vepa", CFG_MACVLAN_VEPA},
	{"bridge", CFG_MACVLAN_BRIDGE},
	{"passthru", CFG_MACVLAN_PASSTHRU},
	{NULL},
};
static const struct enum_name cgroup_version_names[] = {{"auto", 0}, {"v1", 1}, {"v2", 2}, {NULL}};
static const struct enum_name traffic_action_names[] = {
	{"UNKNOWN_ACTION", 0}, {"DROP", 1}, {"REJECT", 2}, {"ALLOW", 3}, {NULL},
};
static const struct enum_name ip_family_names[] = {{"IPV4", 0}, {"IPV6", 1}, {NULL}};
static const struct enum_name traffic_proto_names[] = {
	{"UNKNOWN_PROTO", 0}, {"TCP", 1}, {"UDP", 2}, {"ICMP", 3}, {"ICMPV6", 4}, {NULL},
};
static const struct enum_name net_names[] = {
	{"auto", CFG_NET_AUTO}, {"nat", CFG_NET_NAT}, {"user", CFG_NET_USER}, {NULL}};
static const struct enum_name backend_names[] = {{"NSTUN", 0}, {"PASTA", 1}, {NULL}};
static const struct enum_name direction_names[] = {
	{"GUEST_TO_HOST", 0}, {"HOST_TO_GUEST", 1}, {NULL}};
static const struct enum_name nstun_action_names[] = {
	{"DROP", 0},	     {"REJECT", 1},	   {"ALLOW", 2}, {"REDIRECT", 3},
	{"ENCAP_SOCKS5", 4}, {"ENCAP_CONNECT", 5}, {NULL},
};
static const struct enum_name nstun_proto_names[] = {
	{"ANY", 0}, {"TCP", 1}, {"UDP", 2}, {"ICMP", 3}, {NULL}};

/* clang-format off */
static const struct setting idmap_rows[] = {
	{.name = "inside_id", .type = F_STRING, .flags = SF_PLACED, .number = 1,
	 .offset = offsetof(struct cfg_idmap, inside_id), TEXT(""),
	 .help = "id or name inside the jail; empty: the caller's"},
	{.name = "outside_id", .type = F_STRING, .flags = SF_PLACED, .number = 2,
	 .offset = offsetof(struct cfg_idmap, outside_id), TEXT(""),
	 .help = "id or name outside the jail; empty: the caller's"},
	{.name = "count", .type = F_U32, .number = 3, .offset = offsetof(struct cfg_idmap, count),
	 ALL(1), .help = "how many ids follow one another"},
	{.name = "use_newidmap", .type = F_BOOL, .number = 4,
	 .offset = offsetof(struct cfg_idmap, use_newidmap),
	 .help = "write the map with newuidmap(1) or newgidmap(1)"},
};
/* clang-format on */
static const struct message idmap = {"IdMap", sizeof(struct cfg_idmap), idmap_rows,
				     ARRAY_SIZE(idmap_rows)};

/* clang-format off */
static const struct setting mount_rows[] = {
	{.name = "src", .type = F_STRING, .number = 1, .offset = offsetof(struct cfg_mount, src),
	 TEXT(""), .help = "source: a path for a bind, the target text of a symbolic link"},
	{.name = "prefix_src_env", .type = F_STRING, .number = 2,
	 .offset = offsetof(struct cfg_mount, prefix_src_env), TEXT(""),
	 .help = "environment variable whose value goes before src"},
	{.name = "src_content", .type = F_BYTES, .number = 3,
	 .offset = offsetof(struct cfg_mount, src_content), TEXT(""),
	 .help = "content of a file to make at dst"},
	{.name = "dst", .type = F_STRING, .flags = SF_REQUIRED, .number = 4,
	 .offset = offsetof(struct cfg_mount, dst), TEXT(""), .help = "where in the jail"},
	{.name = "prefix_dst_env", .type = F_STRING, .number = 5,
	 .offset = offsetof(struct cfg_mount, prefix_dst_env), TEXT(""),
	 .help = "environment variable whose value goes before dst"},
	{.name = "fstype", .type = F_STRING, .number = 6,
	 .offset = offsetof(struct cfg_mount, fstype), TEXT(""),
	 .help = "file system type, for a mount that is not a bind"},
	{.name = "options", .type = F_STRING, .number = 7,
	 .offset = offsetof(struct cfg_mount, options), TEXT(""),
	 .help = "mount options, as for mount(8)"},
	{.name = "is_bind", .type = F_BOOL, .number = 8,
	 .offset = offsetof(struct cfg_mount, is_bind),
	 .help = "a bind mount, with everything mounted below src"},
	{.name = "rw", .type = F_BOOL, .number = 9, .offset = offsetof(struct cfg_mount, rw),
	 .help = "writable"},
	{.name = "is_dir", .type = F_BOOL, .flags = SF_NO_DEFAULT, .number = 10,
	 .offset = offsetof(struct cfg_mount, is_dir),
	 .help = "whether the target to make is a directory; not given: as the source is"},
	{.name = "mandatory", .type = F_BOOL, .number = 11,
	 .offset = offsetof(struct cfg_mount, mandatory), ALL(true),
	 .help = "fail when it cannot be mounted"},
	{.name = "is_symlink", .type = F_BOOL, .number = 12,
	 .offset = offsetof(struct cfg_mount, is_symlink), .help = "make a symbolic link"},
	{.name = "nosuid", .type = F_BOOL, .number = 13,
	 .offset = offsetof(struct cfg_mount, nosuid),
	 .help = "ignore set-user-id bits and file capabilities"},
	{.name = "nodev", .type = F_BOOL, .number = 14, .offset = offsetof(struct cfg_mount, nodev),
	 .help = "device nodes do not work"},
	{.name = "noexec", .type = F_BOOL, .number = 15,
	 .offset = offsetof(struct cfg_mount, noexec), .help = "nothing can be executed"},
};
/* clang-format on */
static const struct message mount = {"MountPt", sizeof(struct cfg_mount), mount_rows,
				     ARRAY_SIZE(mount_rows)};

/* clang-format off */
static const struct setting exe_rows[] = {
	{.name = "path", .type = F_STRING, .flags = SF_REQUIRED | SF_NO_DEFAULT, .number = 1,
	 .offset = offsetof(struct cfg_exe, path), .help = "file to execute"},
	{.name = "arg", .type = F_STRING, .flags = SF_REPEATED, .number = 2,
	 .offset = offsetof(struct cfg_exe, arg), .help = "an argument"},
	{.name = "arg0", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 3,
	 .offset = offsetof(struct cfg_exe, arg0), .help = "argv[0]; not given: the path"},
	{.name = "exec_fd", .type = F_BOOL, .number = 4,
	 .offset = offsetof(struct cfg_exe, exec_fd),
	 .help = "open the file outside the jail and execute the descriptor"},
};
/* clang-format on */
static const struct message exe = {"Exe", sizeof(struct cfg_exe), exe_rows, ARRAY_SIZE(exe_rows)};

/* clang-format off */
static const struct setting traffic_rule_rows[] = {
	{.name = "src_ip", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 1,
	 .offset = offsetof(struct cfg_traffic_rule, src_ip), .help = "source address or network"},
	{.name = "dst_ip", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 2,
	 .offset = offsetof(struct cfg_traffic_rule, dst_ip),
	 .help = "destination address or network"},
	{.name = "iif", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 3,
	 .offset = offsetof(struct cfg_traffic_rule, iif), .help = "incoming interface"},
	{.name = "oif", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 4,
	 .offset = offsetof(struct cfg_traffic_rule, oif), .help = "outgoing interface"},
	{.name = "proto", ENUM(traffic_proto_names, ".Protocol"), .number = 5,
	 .offset = offsetof(struct cfg_traffic_rule, proto), .help = "protocol"},
	{.name = "sport", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 6,
	 .offset = offsetof(struct cfg_traffic_rule, sport), .help = "source port"},
	{.name = "dport", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 7,
	 .offset = offsetof(struct cfg_traffic_rule, dport), .help = "destination port"},
	{.name = "sport_end", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 8,
	 .offset = offsetof(struct cfg_traffic_rule, sport_end),
	 .help = "last source port of a range"},
	{.name = "dport_end", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 9,
	 .offset = offsetof(struct cfg_traffic_rule, dport_end),
	 .help = "last destination port of a range"},
	{.name = "action", ENUM(traffic_action_names, ".TrafficAction"), .number = 10,
	 .offset = offsetof(struct cfg_traffic_rule, action), ALL(1),
	 .help = "what happens to a packet that matches"},
	{.name = "ip_family", ENUM(ip_family_names, ".IpFamily"), .number = 15,
	 .offset = offsetof(struct cfg_traffic_rule, ip_family), .help = "IPv4 or IPv6"},
};
/* clang-format on */
static const struct message traffic_rule = {"NsJailConfig.TrafficRule",
					    sizeof(struct cfg_traffic_rule), traffic_rule_rows,
					    ARRAY_SIZE(traffic_rule_rows)};

/* clang-format off */
static const struct setting net_iface_rows[] = {
	{.name = "name", .type = F_STRING, .flags = SF_OURS | SF_NO_DEFAULT, .number = 1,
	 .offset = offsetof(struct cfg_net_iface, name),
	 .help = "name in the jail (default: vs, vs1, ... or the moved one's own)"},
	{.name = "macvlan", .type = F_STRING, .flags = SF_OURS | SF_NO_DEFAULT, .number = 2,
	 .offset = offsetof(struct cfg_net_iface, macvlan),
	 .help = "make a new interface on top of this one of the host"},
	{.name = "own", .type = F_STRING, .flags = SF_OURS | SF_NO_DEFAULT, .number = 3,
	 .offset = offsetof(struct cfg_net_iface, own),
	 .help = "move this interface of the host into the jail"},
	{.name = "mode", ENUM(schema_macvlan_modes, ".MacvlanMode"), .flags = SF_OURS, .number = 4,
	 .offset = offsetof(struct cfg_net_iface, mode),
	 .help = "macvlan: who on the same interface can be reached"},
	{.name = "ip", .type = F_STRING, .flags = SF_OURS | SF_REPEATED, .number = 5,
	 .offset = offsetof(struct cfg_net_iface, ip),
	 .help = "an address with the length of its network's prefix"},
	{.name = "gw", .type = F_STRING, .flags = SF_OURS | SF_REPEATED, .number = 6,
	 .offset = offsetof(struct cfg_net_iface, gw), .help = "a default gateway, one a family"},
	{.name = "mac", .type = F_STRING, .flags = SF_OURS | SF_NO_DEFAULT, .number = 7,
	 .offset = offsetof(struct cfg_net_iface, mac), .help = "macvlan: hardware address"},
	{.name = "mtu", .type = F_U32, .flags = SF_OURS, .number = 8,
	 .offset = offsetof(struct cfg_net_iface, mtu), .help = "largest packet in bytes, 0: as it is"},
};
/* clang-format on */
static const struct message net_iface = {"NsJailConfig.NetIface", sizeof(struct cfg_net_iface),
					 net_iface_rows, ARRAY_SIZE(net_iface_rows)};

/* clang-format off */
static const struct setting pasta_rows[] = {
	{.name = "nat", .type = F_BOOL, .number = 1, .offset = offsetof(struct cfg_pasta, nat),
	 ALL(true), .help = "translate addresses"},
	{.name = "enable_tcp", .type = F_BOOL, .number = 2,
	 .offset = offsetof(struct cfg_pasta, enable_tcp), ALL(true), .help = "TCP"},
	{.name = "enable_udp", .type = F_BOOL, .number = 3,
	 .offset = offsetof(struct cfg_pasta, enable_udp), ALL(true), .help = "UDP"},
	{.name = "enable_icmp", .type = F_BOOL, .number = 4,
	 .offset = offsetof(struct cfg_pasta, enable_icmp), ALL(true), .help = "ICMP"},
	{.name = "ip4_enabled", .type = F_BOOL, .number = 5,
	 .offset = offsetof(struct cfg_pasta, ip4_enabled), ALL(true), .help = "IPv4"},
	{.name = "mask4", .type = F_STRING, .number = 6,
	 .offset = offsetof(struct cfg_pasta, mask4), TEXT("255.255.255.0"),
	 .help = "IPv4 netmask"},
	{.name = "enable_ip4_dhcp", .type = F_BOOL, .number = 7,
	 .offset = offsetof(struct cfg_pasta, enable_ip4_dhcp), .help = "DHCP"},
	{.name = "ip6_enabled", .type = F_BOOL, .number = 8,
	 .offset = offsetof(struct cfg_pasta, ip6_enabled), ALL(true), .help = "IPv6"},
	{.name = "mask6", .type = F_STRING, .number = 9,
	 .offset = offsetof(struct cfg_pasta, mask6), TEXT("64"), .help = "IPv6 prefix length"},
	{.name = "enable_ip6_dhcp", .type = F_BOOL, .number = 10,
	 .offset = offsetof(struct cfg_pasta, enable_ip6_dhcp), .help = "DHCPv6"},
	{.name = "enable_ip6_ra", .type = F_BOOL, .number = 11,
	 .offset = offsetof(struct cfg_pasta, enable_ip6_ra), .help = "router advertisements"},
	{.name = "enable_dns", .type = F_BOOL, .number = 12,
	 .offset = offsetof(struct cfg_pasta, enable_dns), .help = "pass name servers on"},
	{.name = "dns_forward", .type = F_STRING, .number = 13,
	 .offset = offsetof(struct cfg_pasta, dns_forward), TEXT(""),
	 .help = "address whose queries are forwarded"},
	{.name = "map_gw", .type = F_BOOL, .number = 14,
	 .offset = offsetof(struct cfg_pasta, map_gw), ALL(true),
	 .help = "the gateway address reaches the host"},
	{.name = "tcp_map_in", .type = F_STRING, .number = 15,
	 .offset = offsetof(struct cfg_pasta, tcp_map_in), TEXT("none"),
	 .help = "TCP ports forwarded into the jail"},
	{.name = "udp_map_in", .type = F_STRING, .number = 16,
	 .offset = offsetof(struct cfg_pasta, udp_map_in), TEXT("none"),
	 .help = "UDP ports forwarded into the jail"},
	{.name = "tcp_map_out", .type = F_STRING, .number = 17,
	 .offset = offsetof(struct cfg_pasta, tcp_map_out), TEXT("none"),
	 .help = "TCP ports forwarded out of the jail"},
	{.name = "udp_map_out", .type = F_STRING, .number = 18,
	 .offset = offsetof(struct cfg_pasta, udp_map_out), TEXT("none"),
	 .help = "UDP ports forwarded out of the jail"},
};
/* clang-format on */
static const struct message pasta = {"NsJailConfig.UserNet.Pasta", sizeof(struct cfg_pasta),
				     pasta_rows, ARRAY_SIZE(pasta_rows)};

/* clang-format off */
static const struct setting nstun_rule_rows[] = {
	{.name = "direction", ENUM(direction_names, ".Direction"), .number = 11,
	 .offset = offsetof(struct cfg_nstun_rule, direction),
	 .help = "which side opens the connection"},
	{.name = "action", ENUM(nstun_action_names, ".Action"), .number = 1,
	 .offset = offsetof(struct cfg_nstun_rule, action), ALL(2), .help = "what happens to it"},
	{.name = "proto", ENUM(nstun_proto_names, ".Protocol"), .number = 2,
	 .offset = offsetof(struct cfg_nstun_rule, proto), .help = "protocol"},
	{.name = "src_ip", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 3,
	 .offset = offsetof(struct cfg_nstun_rule, src_ip), .help = "source address or network"},
	{.name = "sport", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 4,
	 .offset = offsetof(struct cfg_nstun_rule, sport), .help = "source port"},
	{.name = "sport_end", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 5,
	 .offset = offsetof(struct cfg_nstun_rule, sport_end),
	 .help = "last source port of a range"},
	{.name = "dst_ip", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 6,
	 .offset = offsetof(struct cfg_nstun_rule, dst_ip),
	 .help = "destination address or network"},
	{.name = "dport", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 7,
	 .offset = offsetof(struct cfg_nstun_rule, dport), .help = "destination port"},
	{.name = "dport_end", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 8,
	 .offset = offsetof(struct cfg_nstun_rule, dport_end),
	 .help = "last destination port of a range"},
	{.name = "redirect_ip", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 9,
	 .offset = offsetof(struct cfg_nstun_rule, redirect_ip),
	 .help = "where a redirected connection goes, or the proxy"},
	{.name = "redirect_port", .type = F_U32, .flags = SF_NO_DEFAULT, .number = 10,
	 .offset = offsetof(struct cfg_nstun_rule, redirect_port), .help = "its port"},
};
/* clang-format on */
static const struct message nstun_rule = {"NsJailConfig.UserNet.NstunRule",
					  sizeof(struct cfg_nstun_rule), nstun_rule_rows,
					  ARRAY_SIZE(nstun_rule_rows)};

/* clang-format off */
static const struct setting user_net_rows[] = {
	{.name = "backend", ENUM(backend_names, ".Backend"), .number = 1,
	 .offset = offsetof(struct cfg_user_net, backend), .help = "own stack or pasta(1)"},
	{.name = "pasta", MSG(pasta), .number = 2, .offset = offsetof(struct cfg_user_net, pasta),
	 .help = "options of pasta"},
	{.name = "rule4", MSG(nstun_rule), .flags = SF_REPEATED, .number = 3,
	 .offset = offsetof(struct cfg_user_net, rule4),
	 .help = "an IPv4 rule; the first that matches decides"},
	{.name = "rule6", MSG(nstun_rule), .flags = SF_REPEATED, .number = 12,
	 .offset = offsetof(struct cfg_user_net, rule6),
	 .help = "an IPv6 rule; the first that matches decides"},
	{.name = "ip4", .type = F_STRING, .number = 4, .offset = offsetof(struct cfg_user_net, ip4),
	 TEXT("10.255.255.2"), .help = "IPv4 address of the jail"},
	{.name = "gw4", .type = F_STRING, .number = 5, .offset = offsetof(struct cfg_user_net, gw4),
	 TEXT("10.255.255.1"), .help = "IPv4 gateway"},
	{.name = "ip6", .type = F_STRING, .number = 6, .offset = offsetof(struct cfg_user_net, ip6),
	 TEXT("fc00::2"), .help = "IPv6 address of the jail"},
	{.name = "gw6", .type = F_STRING, .number = 7, .offset = offsetof(struct cfg_user_net, gw6),
	 TEXT("fc00::1"), .help = "IPv6 gateway"},
	{.name = "ns_iface", .type = F_STRING, .number = 8,
	 .offset = offsetof(struct cfg_user_net, ns_iface), TEXT("eth0"),
	 .help = "name of the interface in the jail"},
};
/* clang-format on */
static const struct message user_net = {"NsJailConfig.UserNet", sizeof(struct cfg_user_net),
					user_net_rows, ARRAY_SIZE(user_net_rows)};

/* clang-format off */
static const struct setting config_rows[] = {
	{.type = F_NONE, .opt = "config", .shortopt = 'C', .arg = "FILE", .group = G_GENERAL,
	 .help = "read a configuration file; replaces what was set before it"},
	{.type = F_NONE, .flags = SF_OUR_OPTION, .opt = "dry_run", .group = G_GENERAL,
	 .help = "print the effective configuration and start nothing"},
	{.type = F_NONE, .flags = SF_OUR_OPTION, .opt = "dry_run_json", .group = G_GENERAL,
	 .help = "the same in the JSON form"},
	{.type = F_NONE, .opt = "help", .shortopt = 'h', .group = G_GENERAL, .help = "this text"},
	{.type = F_NONE, .flags = SF_OUR_OPTION, .opt = "version", .group = G_GENERAL,
	 .help = "print the version"},
	{.type = F_NONE, .flags = SF_OUR_OPTION, .opt = "create_image", .arg = "DIR", .group = G_GENERAL,
	 .help = "build up the root file system in DIR with a root shell inside it"},
	{.type = F_NONE, .flags = SF_OUR_OPTION, .opt = "use_script", .arg = "FILE", .group = G_GENERAL,
	 .help = "with --create_image: run this script inside instead of a shell"},
	{.name = "toastainer", .type = F_BOOL, .flags = SF_MARKER | SF_OURS, .number = 1019,
	 .offset = offsetof(struct config, toastainer), .group = G_GENERAL,
	 .help = "what follows may have toastainer's own settings, also where nsjail's are expected"},
	{.name = "name", .type = F_STRING, .number = 1, .offset = offsetof(struct config, name),
	 TEXT(""), .group = G_PROGRAM, .help = "name of this configuration"},
	{.name = "description", .type = F_STRING, .flags = SF_REPEATED, .number = 2,
	 .offset = offsetof(struct config, description), .group = G_PROGRAM,
	 .help = "what it is for"},
	{.name = "mode", ENUM(mode_names, "Mode"), .number = 3,
	 .offset = offsetof(struct config, mode), ALL(MODE_ONCE), .opt = "mode",
	 .shortopt = 'M', .arg = "MODE", .parse = option_mode, .group = G_PROGRAM,
	 .help = "l: listen, o: once, e: execve without a supervisor, r: rerun"},
	{.name = "exec_bin", MSG(exe), .number = 98, .offset = offsetof(struct config, exec_bin),
	 .group = G_PROGRAM, .help = "what to execute"},
	{.type = F_STRING, .flags = SF_ALIAS, .offset = offsetof(struct config, exec_bin.path),
	 .opt = "exec_file", .shortopt = 'x', .arg = "FILE", .group = G_PROGRAM,
	 .help = "file to execute (default: the first word of the command)"},
	{.type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_ALIAS,
	 .offset = offsetof(struct config, exec_bin.arg0), .opt = "argv0", .arg = "NAME",
	 .group = G_PROGRAM, .help = "argv[0] of the program"},
	{.type = F_BOOL, .flags = SF_ALIAS, .offset = offsetof(struct config, exec_bin.exec_fd),
	 .opt = "execute_fd", .group = G_PROGRAM,
	 .help = "open the file outside the jail and execute the descriptor"},
	{.name = "hostname", .type = F_STRING, .number = 4,
	 .offset = offsetof(struct config, hostname), TEXTS("NSJAIL", "toastainer", "toastainer"),
	 .opt = "hostname", .shortopt = 'H', .arg = "NAME", .group = G_PROGRAM,
	 .help = "host name"},
	{.name = "cwd", .type = F_STRING, .number = 5, .offset = offsetof(struct config, cwd),
	 TEXT("/"), .opt = "cwd", .shortopt = 'D', .arg = "DIR", .group = G_PROGRAM,
	 .help = "working directory, in the jail"},
	{.name = "keep_env", .type = F_BOOL, .number = 18,
	 .offset = offsetof(struct config, keep_env), .opt = "keep_env", .shortopt = 'e',
	 .group = G_PROGRAM, .help = "pass the whole environment"},
	{.name = "envar", .type = F_STRING, .flags = SF_REPEATED, .number = 19,
	 .offset = offsetof(struct config, envar), .opt = "env", .shortopt = 'E',
	 .arg = "NAME[=VALUE]", .group = G_PROGRAM, .help = "set a variable, or pass one by name"},
	{.name = "silent", .type = F_BOOL, .number = 22, .offset = offsetof(struct config, silent),
	 .opt = "silent", .group = G_PROGRAM,
	 .help = "connect stdin, stdout and stderr to /dev/null"},
	{.name = "stderr_to_null", .type = F_BOOL, .number = 24,
	 .offset = offsetof(struct config, stderr_to_null), .opt = "stderr_to_null",
	 .group = G_PROGRAM, .help = "connect stderr to /dev/null"},
	{.name = "skip_setsid", .type = F_BOOL, .number = 23,
	 .offset = offsetof(struct config, skip_setsid), .opt = "skip_setsid", .group = G_PROGRAM,
	 .help = "stay in the caller's session: the program can use the terminal, and push input into it"},
	{.name = "pass_fd", .type = F_I32, .flags = SF_REPEATED, .number = 25,
	 .offset = offsetof(struct config, pass_fd), .opt = "pass_fd", .arg = "FD",
	 .group = G_PROGRAM, .help = "keep a descriptor open besides 0, 1 and 2"},
	{.name = "tty", ENUM(tty_names, "Tty.When"), .flags = SF_OURS | SF_OUR_OPTION,
	 .number = 1001, .offset = offsetof(struct config, tty),
	 EACH(TTY_OFF, TTY_AUTO, TTY_AUTO), .opt = "tty",
	 .arg = "WHEN", .group = G_PROGRAM,
	 .help = "give the jail a terminal of its own: auto (when there is one), on, off"},
	{.name = "umask", .type = F_I32, .flags = SF_OURS | SF_OUR_OPTION, .number = 1002,
	 .offset = offsetof(struct config, umask), ALL(-1), .opt = "umask", .arg = "OCTAL",
	 .parse = option_umask, .group = G_PROGRAM,
	 .help = "file mode creation mask (default: the caller's)"},
	{.name = "init", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1003,
	 .offset = offsetof(struct config, init), EACH(false, true, true), .opt = "init",
	 .group = G_PROGRAM,
	 .help = "put a minimal init in front of the program, which is then not pid 1"},
	{.type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION | SF_NEGATE | SF_ALIAS,
	 .offset = offsetof(struct config, init), .opt = "no_init", .group = G_PROGRAM,
	 .help = "the program is pid 1 itself"},
	{.name = "chroot", .type = F_STRING, .flags = SF_OURS | SF_NO_DEFAULT, .number = 1004,
	 .offset = offsetof(struct config, chroot), .opt = "chroot", .shortopt = 'c', .arg = "DIR",
	 .group = G_ROOT, .help = "root directory; without it the jail starts with an empty one"},
	{.name = "rw", .type = F_BOOL, .flags = SF_OURS, .number = 1005,
	 .offset = offsetof(struct config, rw), EACH(false, false, true), .opt = "rw",
	 .group = G_ROOT, .help = "the root directory is writable"},
	{.name = "no_pivotroot", .type = F_BOOL, .number = 6,
	 .offset = offsetof(struct config, no_pivotroot), .opt = "no_pivotroot", .group = G_ROOT,
	 .help = "mount move and chroot instead of pivot_root: weaker, for root on an initramfs"},
	{.name = "mount_proc", .type = F_BOOL, .number = 66,
	 .offset = offsetof(struct config, mount_proc), EACH(false, true, true), .group = G_ROOT, .help = "mount /proc"},
	{.type = F_BOOL, .flags = SF_NEGATE | SF_ALIAS,
	 .offset = offsetof(struct config, mount_proc), .opt = "disable_proc", .group = G_ROOT,
	 .help = "do not mount /proc"},
	{.name = "proc_path", .type = F_STRING, .flags = SF_OURS, .number = 1006,
	 .offset = offsetof(struct config, proc_path), TEXT("/proc"), .opt = "proc_path",
	 .arg = "DIR", .group = G_ROOT, .help = "where to mount proc"},
	{.name = "proc_rw", .type = F_BOOL, .flags = SF_OURS, .number = 1007,
	 .offset = offsetof(struct config, proc_rw), .opt = "proc_rw", .group = G_ROOT,
	 .help = "proc is writable"},
	{.name = "dev", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1008,
	 .offset = offsetof(struct config, dev), EACH(false, true, true), .opt = "dev",
	 .group = G_ROOT,
	 .help = "a minimal /dev: null zero full random urandom tty ptmx pts shm fd stdin stdout stderr console"},
	{.type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION | SF_NEGATE | SF_ALIAS,
	 .offset = offsetof(struct config, dev), .opt = "no_dev", .group = G_ROOT,
	 .help = "leave /dev as the root has it"},
	{.name = "tmp", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1009,
	 .offset = offsetof(struct config, tmp), EACH(false, true, false), .opt = "private_tmp",
	 .group = G_ROOT, .help = "a private /tmp"},
	{.type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION | SF_NEGATE | SF_ALIAS,
	 .offset = offsetof(struct config, tmp), .opt = "no_private_tmp", .group = G_ROOT,
	 .help = "leave /tmp as the root has it"},
	/* a root of the jail's own: plan_root.c */
	{.name = "image", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1187,
	 .offset = offsetof(struct config, image), .opt = "image", .arg = "NAME|./FILE", .group = G_ROOT,
	 .help = "the root is an image of the store, with what it says of program, environment, user, or a squashfs or erofs file; as with --discard"},
	{.name = "commit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1189,
	 .offset = offsetof(struct config, commit), .opt = "commit", .arg = "NAME", .group = G_ROOT,
	 .help = "when the program of an --image has succeeded, make what it changed a layer and the whole an image NAME"},
	{.name = "store", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1188,
	 .offset = offsetof(struct config, store), .opt = "store", .arg = "DIR", .group = G_ROOT,
	 .help = "where images are (default: /var/lib/toastainer, for others ~/.local/share/toastainer)"},
	{.name = "discard", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1180,
	 .offset = offsetof(struct config, discard), .opt = "discard", .group = G_ROOT,
	 .help = "the root is writable, what is written lies in a layer of the jail's own and is gone with it"},
	{.name = "keep", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1181,
	 .offset = offsetof(struct config, keep), .opt = "keep", .arg = "DIR", .group = G_ROOT,
	 .help = "as --discard, but the layer is kept in DIR, and used again by the next run with it"},
	{.name = "upper", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1182,
	 .offset = offsetof(struct config, upper), .opt = "upper", .arg = "KIND[:DIR]", .group = G_ROOT,
	 .help = "where that layer lies: auto, tmpfs, dir:DIR, btrfs:DIR, quota:DIR"},
	{.name = "overlay", ENUM(overlay_names, "Overlay.Name"), .flags = SF_OURS | SF_OUR_OPTION, .number = 1230,
	 .offset = offsetof(struct config, overlay), ALL(OVERLAY_AUTO), .opt = "overlay", .arg = "WHO", .group = G_ROOT,
	 .help = "who puts the layers together: kernel, fuse (fuse-overlayfs), auto (that before Linux 5.11)"},
	{.name = "diff", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1183,
	 .offset = offsetof(struct config, diff), .opt = "diff", .arg = "FILE", .group = G_REPORT,
	 .help = "write what the run changed in its root, one JSON object a line"},
	{.name = "copy_in", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_REPEATED, .number = 1184,
	 .offset = offsetof(struct config, copy_in), .opt = "copy_in", .arg = "SRC:DST", .group = G_ROOT,
	 .help = "copy a file or directory of the host into the jail before the program starts"},
	{.name = "copy_out", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_REPEATED, .number = 1185,
	 .offset = offsetof(struct config, copy_out), .opt = "copy_out", .arg = "DST[:PATH]", .group = G_ROOT,
	 .help = "when the jail has ended, copy its DST to PATH of the host (default: its name, here)"},
	{.name = "copy_limit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION, .number = 1186,
	 .offset = offsetof(struct config, copy_limit), TEXT("256M"), .opt = "copy_limit", .arg = "BYTES",
	 .group = G_ROOT, .help = "how much --copy_out copies at most, all together"},
	{.name = "mount", MSG(mount), .flags = SF_REPEATED, .number = 67,
	 .offset = offsetof(struct config, mount), .group = G_ROOT,
	 .help = "a mount; in the order given"},
	{.opt = "bindmount_ro", .shortopt = 'R', .arg = "SRC[:DST]", .parse = option_bind,
	 .group = G_ROOT, .help = "show a file or directory of the host, read-only"},
	{.opt = "bindmount", .shortopt = 'B', .arg = "SRC[:DST]", .parse = option_bind,
	 .group = G_ROOT, .help = "show a file or directory of the host, writable"},
	{.flags = SF_OURS | SF_OUR_OPTION, .opt = "bindmount_ro_try", .arg = "SRC[:DST]", .parse = option_bind,
	 .group = G_ROOT, .help = "as --bindmount_ro, when SRC exists"},
	{.flags = SF_OURS | SF_OUR_OPTION, .opt = "bindmount_try", .arg = "SRC[:DST]", .parse = option_bind,
	 .group = G_ROOT, .help = "as --bindmount, when SRC exists"},
	{.opt = "tmpfsmount", .shortopt = 'T', .arg = "DST", .parse = option_tmpfs, .group = G_ROOT,
	 .help = "an empty writable file system in memory"},
	{.opt = "mount", .shortopt = 'm', .arg = "SRC:DST:TYPE:OPTIONS", .parse = option_mount,
	 .group = G_ROOT, .help = "any mount"},
	{.opt = "symlink", .shortopt = 's', .arg = "SRC:DST", .parse = option_symlink,
	 .group = G_ROOT, .help = "a symbolic link at DST with the text SRC"},
	{.flags = SF_OURS | SF_OUR_OPTION, .opt = "file", .arg = "DST:TEXT", .parse = option_file, .group = G_ROOT,
	 .help = "a read-only file at DST with the given content"},
	{.name = "mnt_api", ENUM(mnt_api_names, "MountApi.Name"), .flags = SF_OURS, .number = 1010,
	 .offset = offsetof(struct config, mnt_api), ALL(MNT_API_AUTO), .opt = "experimental_mnt",
	 .arg = "API", .group = G_ROOT,
	 .help = "system calls to mount with: auto, old (mount(2)), new (fsopen(2) and the like)"},
	{.name = "uidmap", MSG(idmap), .flags = SF_REPEATED, .number = 64,
	 .offset = offsetof(struct config, uidmap), .opt = "user", .shortopt = 'u',
	 .arg = "IN[:OUT[:COUNT]]", .parse = option_idmap, .group = G_IDS,
	 .help = "user inside, and whom it is outside; repeatable, the first is the program's"},
	{.name = "gidmap", MSG(idmap), .flags = SF_REPEATED, .number = 65,
	 .offset = offsetof(struct config, gidmap), .opt = "group", .shortopt = 'g',
	 .arg = "IN[:OUT[:COUNT]]", .parse = option_idmap, .group = G_IDS,
	 .help = "group inside, and which it is outside"},
	{.opt = "uid_mapping", .shortopt = 'U', .arg = "IN:OUT:COUNT", .parse = option_newidmap,
	 .group = G_IDS, .help = "user ids by newuidmap(1)"},
	{.opt = "gid_mapping", .shortopt = 'G', .arg = "IN:OUT:COUNT", .parse = option_newidmap,
	 .group = G_IDS, .help = "group ids by newgidmap(1)"},
	{.name = "keep_caps", .type = F_BOOL, .number = 20,
	 .offset = offsetof(struct config, keep_caps), .opt = "keep_caps", .group = G_PRIVILEGES,
	 .help = "keep all capabilities"},
	{.name = "cap", .type = F_STRING, .flags = SF_REPEATED | SF_PLACED, .number = 21,
	 .offset = offsetof(struct config, cap), .opt = "cap", .arg = "CAP", .group = G_PRIVILEGES,
	 .help = "keep this capability"},
	{.name = "disable_no_new_privs", .type = F_BOOL, .number = 26,
	 .offset = offsetof(struct config, disable_no_new_privs), .opt = "disable_no_new_privs",
	 .group = G_PRIVILEGES, .help = "let set-user-id programs work: dangerous"},
	{.name = "clone_newnet", .type = F_BOOL, .flags = SF_NEGATE, .number = 56,
	 .offset = offsetof(struct config, clone_newnet), EACH(true, true, false),
	 .opt = "disable_clone_newnet", .shortopt = 'N', .group = G_NAMESPACES,
	 .help = "share the network namespace"},
	{.name = "clone_newuser", .type = F_BOOL, .flags = SF_NEGATE, .number = 57,
	 .offset = offsetof(struct config, clone_newuser), ALL(true),
	 .opt = "disable_clone_newuser", .group = G_NAMESPACES, .help = "share the user namespace"},
	{.name = "clone_newns", .type = F_BOOL, .flags = SF_NEGATE, .number = 58,
	 .offset = offsetof(struct config, clone_newns), ALL(true), .opt = "disable_clone_newns",
	 .group = G_NAMESPACES, .help = "share the mount namespace"},
	{.name = "clone_newpid", .type = F_BOOL, .flags = SF_NEGATE, .number = 59,
	 .offset = offsetof(struct config, clone_newpid), ALL(true), .opt = "disable_clone_newpid",
	 .group = G_NAMESPACES, .help = "share the pid namespace"},
	{.name = "clone_newipc", .type = F_BOOL, .flags = SF_NEGATE, .number = 60,
	 .offset = offsetof(struct config, clone_newipc), ALL(true), .opt = "disable_clone_newipc",
	 .group = G_NAMESPACES, .help = "share the ipc namespace"},
	{.name = "clone_newuts", .type = F_BOOL, .flags = SF_NEGATE, .number = 61,
	 .offset = offsetof(struct config, clone_newuts), ALL(true), .opt = "disable_clone_newuts",
	 .group = G_NAMESPACES, .help = "share the uts namespace"},
	{.name = "clone_newcgroup", .type = F_BOOL, .flags = SF_NEGATE, .number = 62,
	 .offset = offsetof(struct config, clone_newcgroup), ALL(true),
	 .opt = "disable_clone_newcgroup", .group = G_NAMESPACES,
	 .help = "share the cgroup namespace"},
	{.name = "clone_newtime", .type = F_BOOL, .number = 63,
	 .offset = offsetof(struct config, clone_newtime), .opt = "enable_clone_newtime",
	 .group = G_NAMESPACES, .help = "a time namespace of its own"},
	{.name = "time_limit", .type = F_U32, .number = 11,
	 .offset = offsetof(struct config, time_limit), EACH(600, 0, 0), .opt = "time_limit",
	 .shortopt = 't', .arg = "SECONDS", .parse = option_time_limit, .group = G_LIMITS,
	 .help = "wall clock limit, 0: none"},
	{.name = "timeout", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1041,
	 .offset = offsetof(struct config, timeout), .opt = "timeout", .arg = "TIME", .group = G_LIMITS,
	 .help = "wall clock limit as 1.5, 200ms or 10m, in place of --time_limit"},
	{.name = "cpu_limit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1042,
	 .offset = offsetof(struct config, cpu_limit), .opt = "cpu_limit", .arg = "TIME", .group = G_LIMITS,
	 .help = "CPU time of all processes of the jail together, as 1.5, 200ms or 10m"},
	{.name = "idle_limit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1043,
	 .offset = offsetof(struct config, idle_limit), .opt = "idle_limit", .arg = "TIME", .group = G_LIMITS,
	 .help = "end a jail that uses no CPU for so long"},
	{.name = "output_limit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1044,
	 .offset = offsetof(struct config, output_limit), .opt = "output_limit", .arg = "BYTES", .group = G_LIMITS,
	 .help = "end a jail that writes more than this, as 64k or 1M, to stdout and stderr"},
	{.name = "output_truncate", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1045,
	 .offset = offsetof(struct config, output_truncate), .opt = "output_truncate", .arg = "BYTES",
	 .group = G_LIMITS, .help = "drop what the jail writes beyond this to stdout and stderr"},
	{.name = "disk_limit", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1046,
	 .offset = offsetof(struct config, disk_limit), .opt = "disk_limit", .arg = "BYTES", .group = G_LIMITS,
	 .help = "size of each writable tmpfs that does not have one of its own"},
	{.name = "inode_limit", .type = F_U64, .flags = SF_OURS | SF_OUR_OPTION, .number = 1047,
	 .offset = offsetof(struct config, inode_limit), .opt = "inode_limit", .arg = "N", .group = G_LIMITS,
	 .help = "files in each writable tmpfs that does not have a number of its own, 0: no limit"},
	{.name = "kill_grace", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION, .number = 1048,
	 .offset = offsetof(struct config, kill_grace), TEXTS("0", "1", "1"), .opt = "kill_grace", .arg = "TIME",
	 .group = G_LIMITS,
	 .help = "from asking the program to end at a limit (SIGTERM, SIGXCPU) to killing the jail"},
	{.name = "require", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1049,
	 .offset = offsetof(struct config, require), .opt = "require", .arg = "all|LIST", .group = G_REPORT,
	 .help = "protections that must hold as asked, or nothing is run; names as in the result's receipt"},
	{.name = "measure", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1050,
	 .offset = offsetof(struct config, measure), .opt = "measure", .group = G_REPORT,
	 .help = "measure what may disturb a timing; --result_json does it anyway"},
	{.name = "max_cpus", .type = F_U32, .number = 13,
	 .offset = offsetof(struct config, max_cpus), .opt = "max_cpus", .arg = "N",
	 .group = G_LIMITS, .help = "how many CPUs the jail may use, 0: all"},
	{.name = "cpus", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1011,
	 .offset = offsetof(struct config, cpus), .opt = "cpus", .arg = "LIST", .group = G_LIMITS,
	 .help = "which CPUs the jail may use, as 0,2-3"},
	{.name = "nice_level", .type = F_I32, .number = 14,
	 .offset = offsetof(struct config, nice_level), EACH(19, 0, 0), .opt = "nice_level",
	 .arg = "N", .group = G_LIMITS, .help = "nice value"},
	{.name = "rlimit_as", .type = F_U64, .number = 30,
	 .offset = offsetof(struct config, rlimit_as.value), ALL(4096), .opt = "rlimit_as",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "address space, MiB; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_as_type", ENUM(rlimit_names, "RLimit"), .number = 31,
	 .offset = offsetof(struct config, rlimit_as.type), EACH(RL_VALUE, RL_INHERIT, RL_INHERIT),
	 .group = G_LIMITS, .help = "where the limit comes from"},
	{.name = "rlimit_core", .type = F_U64, .number = 32,
	 .offset = offsetof(struct config, rlimit_core.value), .opt = "rlimit_core", .arg = "N",
	 .parse = option_rlimit, .group = G_LIMITS,
	 .help = "core file, MiB; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_core_type", ENUM(rlimit_names, "RLimit"), .number = 33,
	 .offset = offsetof(struct config, rlimit_core.type),
	 EACH(RL_VALUE, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_cpu", .type = F_U64, .number = 34,
	 .offset = offsetof(struct config, rlimit_cpu.value), ALL(600), .opt = "rlimit_cpu",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "CPU time of each process, seconds; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_cpu_type", ENUM(rlimit_names, "RLimit"), .number = 35,
	 .offset = offsetof(struct config, rlimit_cpu.type), EACH(RL_VALUE, RL_INHERIT, RL_INHERIT),
	 .group = G_LIMITS, .help = "where the limit comes from"},
	{.name = "rlimit_fsize", .type = F_U64, .number = 36,
	 .offset = offsetof(struct config, rlimit_fsize.value), ALL(1), .opt = "rlimit_fsize",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "file size, MiB; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_fsize_type", ENUM(rlimit_names, "RLimit"), .number = 37,
	 .offset = offsetof(struct config, rlimit_fsize.type),
	 EACH(RL_VALUE, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_nofile", .type = F_U64, .number = 38,
	 .offset = offsetof(struct config, rlimit_nofile.value), ALL(32), .opt = "rlimit_nofile",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "open descriptors; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_nofile_type", ENUM(rlimit_names, "RLimit"), .number = 39,
	 .offset = offsetof(struct config, rlimit_nofile.type),
	 EACH(RL_VALUE, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_nproc", .type = F_U64, .number = 40,
	 .offset = offsetof(struct config, rlimit_nproc.value), ALL(1024), .opt = "rlimit_nproc",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "processes of the user; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_nproc_type", ENUM(rlimit_names, "RLimit"), .number = 41,
	 .offset = offsetof(struct config, rlimit_nproc.type),
	 EACH(RL_SOFT, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_stack", .type = F_U64, .number = 42,
	 .offset = offsetof(struct config, rlimit_stack.value), ALL(8), .opt = "rlimit_stack",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "stack, MiB; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_stack_type", ENUM(rlimit_names, "RLimit"), .number = 43,
	 .offset = offsetof(struct config, rlimit_stack.type),
	 EACH(RL_SOFT, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_memlock", .type = F_U64, .number = 44,
	 .offset = offsetof(struct config, rlimit_memlock.value), ALL(64), .opt = "rlimit_memlock",
	 .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "locked memory, KiB; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_memlock_type", ENUM(rlimit_names, "RLimit"), .number = 45,
	 .offset = offsetof(struct config, rlimit_memlock.type),
	 EACH(RL_SOFT, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_rtprio", .type = F_U64, .number = 46,
	 .offset = offsetof(struct config, rlimit_rtprio.value), .opt = "rlimit_rtprio", .arg = "N",
	 .parse = option_rlimit, .group = G_LIMITS,
	 .help = "real-time priority; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_rtprio_type", ENUM(rlimit_names, "RLimit"), .number = 47,
	 .offset = offsetof(struct config, rlimit_rtprio.type),
	 EACH(RL_SOFT, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "rlimit_msgqueue", .type = F_U64, .number = 48,
	 .offset = offsetof(struct config, rlimit_msgqueue.value), ALL(1024),
	 .opt = "rlimit_msgqueue", .arg = "N", .parse = option_rlimit, .group = G_LIMITS,
	 .help = "POSIX message queues, bytes; or max, hard, def, soft, inf, inherit"},
	{.name = "rlimit_msgqueue_type", ENUM(rlimit_names, "RLimit"), .number = 49,
	 .offset = offsetof(struct config, rlimit_msgqueue.type),
	 EACH(RL_SOFT, RL_INHERIT, RL_INHERIT), .group = G_LIMITS,
	 .help = "where the limit comes from"},
	{.name = "disable_rl", .type = F_BOOL, .number = 50,
	 .offset = offsetof(struct config, disable_rl), .opt = "disable_rlimits", .group = G_LIMITS,
	 .help = "leave all resource limits as they are"},
	{.name = "oom_score_adj", .type = F_I32, .flags = SF_NO_DEFAULT, .number = 29,
	 .offset = offsetof(struct config, oom_score_adj), .opt = "oom_score_adj", .arg = "N",
	 .group = G_LIMITS,
	 .help = "how readily the kernel kills it when memory is short, -1000 to 1000"},
	{.name = "use_core_scheduling", .type = F_BOOL, .number = 101,
	 .offset = offsetof(struct config, use_core_scheduling), .opt = "use_core_scheduling",
	 .group = G_LIMITS, .help = "share no CPU core with other processes at a time"},
	{.name = "disable_tsc", .type = F_BOOL, .number = 28,
	 .offset = offsetof(struct config, disable_tsc), .opt = "disable_tsc", .group = G_LIMITS,
	 .help = "reading the time stamp counter is an error (x86)"},
	{.name = "persona_addr_compat_layout", .type = F_BOOL, .number = 51,
	 .offset = offsetof(struct config, persona_addr_compat_layout),
	 .opt = "persona_addr_compat_layout", .group = G_LIMITS,
	 .help = "personality: legacy memory layout"},
	{.name = "persona_mmap_page_zero", .type = F_BOOL, .number = 52,
	 .offset = offsetof(struct config, persona_mmap_page_zero), .opt = "persona_mmap_page_zero",
	 .group = G_LIMITS, .help = "personality: map page 0"},
	{.name = "persona_read_implies_exec", .type = F_BOOL, .number = 53,
	 .offset = offsetof(struct config, persona_read_implies_exec),
	 .opt = "persona_read_implies_exec", .group = G_LIMITS,
	 .help = "personality: readable memory is executable"},
	{.name = "persona_addr_limit_3gb", .type = F_BOOL, .number = 54,
	 .offset = offsetof(struct config, persona_addr_limit_3gb), .opt = "persona_addr_limit_3gb",
	 .group = G_LIMITS, .help = "personality: 3 GiB of address space"},
	{.name = "persona_addr_no_randomize", .type = F_BOOL, .number = 55,
	 .offset = offsetof(struct config, persona_addr_no_randomize),
	 .opt = "persona_addr_no_randomize", .group = G_LIMITS,
	 .help = "personality: no address randomisation"},
	{.name = "cgroup_mem_max", .type = F_U64, .number = 71,
	 .offset = offsetof(struct config, cgroup_mem_max), .opt = "cgroup_mem_max", .arg = "BYTES",
	 .group = G_CGROUP, .help = "memory of the jail, 0: no limit"},
	{.name = "cgroup_mem_memsw_max", .type = F_U64, .number = 72,
	 .offset = offsetof(struct config, cgroup_mem_memsw_max), .opt = "cgroup_mem_memsw_max",
	 .arg = "BYTES", .group = G_CGROUP, .help = "memory and swap, 0: no limit"},
	{.name = "cgroup_mem_swap_max", .type = F_I64, .number = 73,
	 .offset = offsetof(struct config, cgroup_mem_swap_max), ALL(-1),
	 .opt = "cgroup_mem_swap_max", .arg = "BYTES", .group = G_CGROUP,
	 .help = "swap, -1: no limit"},
	{.name = "cgroup_mem_mount", .type = F_STRING, .number = 74,
	 .offset = offsetof(struct config, cgroup_mem_mount), TEXT("/sys/fs/cgroup/memory"),
	 .opt = "cgroup_mem_mount", .arg = "DIR", .group = G_CGROUP,
	 .help = "where the v1 memory controller is mounted"},
	{.name = "cgroup_mem_parent", .type = F_STRING, .number = 75,
	 .offset = offsetof(struct config, cgroup_mem_parent), TEXT("NSJAIL"),
	 .opt = "cgroup_mem_parent", .arg = "NAME", .group = G_CGROUP,
	 .help = "v1 memory group to be below"},
	{.name = "cgroup_pids_max", .type = F_U64, .number = 76,
	 .offset = offsetof(struct config, cgroup_pids_max), .opt = "cgroup_pids_max", .arg = "N",
	 .group = G_CGROUP, .help = "processes of the jail, 0: no limit"},
	{.name = "cgroup_pids_mount", .type = F_STRING, .number = 77,
	 .offset = offsetof(struct config, cgroup_pids_mount), TEXT("/sys/fs/cgroup/pids"),
	 .opt = "cgroup_pids_mount", .arg = "DIR", .group = G_CGROUP,
	 .help = "where the v1 pids controller is mounted"},
	{.name = "cgroup_pids_parent", .type = F_STRING, .number = 78,
	 .offset = offsetof(struct config, cgroup_pids_parent), TEXT("NSJAIL"),
	 .opt = "cgroup_pids_parent", .arg = "NAME", .group = G_CGROUP,
	 .help = "v1 pids group to be below"},
	{.name = "cgroup_net_cls_classid", .type = F_U32, .number = 79,
	 .offset = offsetof(struct config, cgroup_net_cls_classid), .opt = "cgroup_net_cls_classid",
	 .arg = "ID", .group = G_CGROUP, .help = "class of network packets, 0: none"},
	{.name = "cgroup_net_cls_mount", .type = F_STRING, .number = 80,
	 .offset = offsetof(struct config, cgroup_net_cls_mount), TEXT("/sys/fs/cgroup/net_cls"),
	 .opt = "cgroup_net_cls_mount", .arg = "DIR", .group = G_CGROUP,
	 .help = "where the v1 net_cls controller is mounted"},
	{.name = "cgroup_net_cls_parent", .type = F_STRING, .number = 81,
	 .offset = offsetof(struct config, cgroup_net_cls_parent), TEXT("NSJAIL"),
	 .opt = "cgroup_net_cls_parent", .arg = "NAME", .group = G_CGROUP,
	 .help = "v1 net_cls group to be below"},
	{.name = "cgroup_cpu_ms_per_sec", .type = F_U32, .number = 82,
	 .offset = offsetof(struct config, cgroup_cpu_ms_per_sec), .opt = "cgroup_cpu_ms_per_sec",
	 .arg = "MS", .group = G_CGROUP,
	 .help = "CPU time of the jail a second, milliseconds, 0: no limit"},
	{.name = "cgroup_cpu_mount", .type = F_STRING, .number = 83,
	 .offset = offsetof(struct config, cgroup_cpu_mount), TEXT("/sys/fs/cgroup/cpu"),
	 .opt = "cgroup_cpu_mount", .arg = "DIR", .group = G_CGROUP,
	 .help = "where the v1 cpu controller is mounted"},
	{.name = "cgroup_cpu_parent", .type = F_STRING, .number = 84,
	 .offset = offsetof(struct config, cgroup_cpu_parent), TEXT("NSJAIL"),
	 .opt = "cgroup_cpu_parent", .arg = "NAME", .group = G_CGROUP,
	 .help = "v1 cpu group to be below"},
	{.name = "cgroupv2_mount", .type = F_STRING, .number = 85,
	 .offset = offsetof(struct config, cgroupv2_mount), TEXT("/sys/fs/cgroup"),
	 .opt = "cgroupv2_mount", .arg = "DIR", .group = G_CGROUP,
	 .help = "where the v2 hierarchy is mounted"},
	{.name = "use_cgroupv2", .type = F_BOOL, .number = 86,
	 .offset = offsetof(struct config, use_cgroupv2), .opt = "use_cgroupv2", .group = G_CGROUP,
	 .help = "use the v2 hierarchy"},
	{.name = "detect_cgroupv2", .type = F_BOOL, .number = 87,
	 .offset = offsetof(struct config, detect_cgroupv2), .opt = "detect_cgroupv2",
	 .group = G_CGROUP, .help = "use the v2 hierarchy when that is what the mount is"},
	{.name = "cgroup_version", ENUM(cgroup_version_names, "CgroupVersion.Name"),
	 .flags = SF_OURS | SF_OUR_OPTION, .number = 1200,
	 .offset = offsetof(struct config, cgroup_version), .opt = "cgroup_version",
	 .arg = "VERSION", .group = G_CGROUP,
	 .help = "auto (what the machine has, for each controller), v1 or v2"},
	{.name = "cgroup_always", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1201,
	 .offset = offsetof(struct config, cgroup_always), .opt = "cgroup_always", .group = G_CGROUP,
	 .help = "a control group without any limit too, for the figures of the result"},
	{.name = "mount_cgroup", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1202,
	 .offset = offsetof(struct config, mount_cgroup), .opt = "mount_cgroup", .group = G_CGROUP,
	 .help = "show the jail its own control group in /sys/fs/cgroup, read-only"},
	{.name = "cgroup_mem_high", .type = F_U64, .flags = SF_OURS | SF_OUR_OPTION, .number = 1203,
	 .offset = offsetof(struct config, cgroup_mem_high), .opt = "cgroup_mem_high",
	 .arg = "BYTES", .group = G_CGROUP,
	 .help = "memory above which it is slowed down and reclaimed (v2), 0: no limit"},
	{.name = "cgroup_cpu_weight", .type = F_U32, .flags = SF_OURS | SF_OUR_OPTION,
	 .number = 1204, .offset = offsetof(struct config, cgroup_cpu_weight),
	 .opt = "cgroup_cpu_weight", .arg = "N", .group = G_CGROUP,
	 .help = "share of a busy CPU, 1 to 10000, 100 is usual, 0: leave"},
	{.name = "cgroup_cpuset_cpus", .type = F_STRING,
	 .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1205,
	 .offset = offsetof(struct config, cgroup_cpuset_cpus), .opt = "cgroup_cpuset_cpus",
	 .arg = "LIST", .group = G_CGROUP, .help = "CPUs of the group, such as 0,2-3"},
	{.name = "cgroup_cpuset_mems", .type = F_STRING,
	 .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1206,
	 .offset = offsetof(struct config, cgroup_cpuset_mems), .opt = "cgroup_cpuset_mems",
	 .arg = "LIST", .group = G_CGROUP, .help = "memory nodes of the group, such as 0-1"},
	{.name = "cgroup_io_weight", .type = F_U32, .flags = SF_OURS | SF_OUR_OPTION,
	 .number = 1207, .offset = offsetof(struct config, cgroup_io_weight),
	 .opt = "cgroup_io_weight", .arg = "N", .group = G_CGROUP,
	 .help = "share of a busy disk, 1 to 10000, 100 is usual, 0: leave"},
	{.name = "cgroup_io_max", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_REPEATED,
	 .number = 1208, .offset = offsetof(struct config, cgroup_io_max), .opt = "cgroup_io_max",
	 .arg = "'DEVICE KEY=N,...'", .group = G_CGROUP,
	 .help = "limits of a disk (MAJOR:MINOR or path): rbps, wbps, riops, wiops"},
	{.name = "cgroup_hugetlb_max", .type = F_STRING,
	 .flags = SF_OURS | SF_OUR_OPTION | SF_REPEATED, .number = 1209,
	 .offset = offsetof(struct config, cgroup_hugetlb_max), .opt = "cgroup_hugetlb_max",
	 .arg = "SIZE=BYTES", .group = G_CGROUP, .help = "huge pages of a size, such as 2MB=0"},
	{.name = "cgroup_device", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_REPEATED,
	 .number = 1210, .offset = offsetof(struct config, cgroup_device), .opt = "cgroup_device",
	 .arg = "'TYPE MAJOR:MINOR ACCESS'", .group = G_CGROUP,
	 .help = "only these devices and the usual harmless ones, such as 'c 10:200 rwm'"},
	{.name = "cgroup_nested", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1220,
	 .offset = offsetof(struct config, cgroup_nested), .opt = "cgroup_nested", .group = G_CGROUP,
	 .help = "let a jail of root make cgroup namespaces, for jails in it: see docs/limits.md"},
	{.name = "iface_no_lo", .type = F_BOOL, .number = 88,
	 .offset = offsetof(struct config, iface_no_lo), .opt = "iface_no_lo", .group = G_NETWORK,
	 .help = "leave the loopback interface down"},
	{.name = "net", ENUM(net_names, "Net"), .flags = SF_OURS | SF_OUR_OPTION, .number = 1120,
	 .offset = offsetof(struct config, net), .opt = "net", .arg = "none|host|nat|user",
	 .parse = option_net, .group = G_NETWORK,
	 .help = "none: only loopback, host: the caller's, nat: routed by the host, user: without root"},
	{.name = "net_allow", .type = F_STRING, .flags = SF_REPEATED | SF_OURS | SF_OUR_OPTION,
	 .number = 1121, .offset = offsetof(struct config, net_allow), .opt = "net_allow",
	 .arg = "CIDR[:PORT[-PORT]][/PROTO]", .group = G_NETWORK,
	 .help = "nat, user: may be reached, such as 10.0.0.5:5432/tcp, [fd00::/8]:443"},
	{.name = "net_deny", .type = F_STRING, .flags = SF_REPEATED | SF_OURS | SF_OUR_OPTION,
	 .number = 1122, .offset = offsetof(struct config, net_deny), .opt = "net_deny",
	 .arg = "CIDR[:PORT[-PORT]][/PROTO]", .group = G_NETWORK,
	 .help = "nat, user: may not be reached; all: only what net_allow names may"},
	{.name = "net_private", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1123,
	 .offset = offsetof(struct config, net_private), .opt = "net_private", .group = G_NETWORK,
	 .help = "nat, user: private and link-local networks and the host may be reached"},
	{.name = "publish", .type = F_STRING, .flags = SF_REPEATED | SF_OURS | SF_OUR_OPTION,
	 .number = 1124, .offset = offsetof(struct config, publish), .opt = "publish",
	 .arg = "[IP:]HOST:JAIL[/udp]", .group = G_NETWORK,
	 .help = "nat, user: a port of the host leads to one of the jail"},
	{.name = "dns", .type = F_STRING, .flags = SF_REPEATED | SF_OURS | SF_OUR_OPTION,
	 .number = 1125, .offset = offsetof(struct config, dns), .opt = "dns", .arg = "IP|none",
	 .group = G_NETWORK,
	 .help = "nat, user: resolver to ask instead of the host's; none: no names"},
	{.name = "net_rate_out", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT,
	 .number = 1126, .offset = offsetof(struct config, net_rate_out), .opt = "net_rate_out",
	 .arg = "BYTES", .group = G_NETWORK, .help = "nat, user: bytes a second out of the jail, such as 10M"},
	{.name = "net_rate_in", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT,
	 .number = 1127, .offset = offsetof(struct config, net_rate_in), .opt = "net_rate_in",
	 .arg = "BYTES", .group = G_NETWORK, .help = "nat, user: bytes a second into the jail"},
	{.name = "iface_own", .type = F_STRING, .flags = SF_REPEATED, .number = 89,
	 .offset = offsetof(struct config, iface_own), .opt = "iface_own", .arg = "NAME",
	 .group = G_NETWORK, .help = "move a network interface into the jail"},
	{.name = "macvlan_iface", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 90,
	 .offset = offsetof(struct config, macvlan_iface), .opt = "macvlan_iface", .shortopt = 'I',
	 .arg = "NAME", .group = G_NETWORK, .help = "clone this interface into the jail as \"vs\""},
	{.name = "macvlan_vs_ip", .type = F_STRING, .number = 91,
	 .offset = offsetof(struct config, macvlan_vs_ip), TEXT("192.168.0.2"),
	 .opt = "macvlan_vs_ip", .arg = "ADDRESS", .group = G_NETWORK,
	 .help = "macvlan: its address"},
	{.name = "macvlan_vs_nm", .type = F_STRING, .number = 92,
	 .offset = offsetof(struct config, macvlan_vs_nm), TEXT("255.255.255.0"),
	 .opt = "macvlan_vs_nm", .arg = "MASK", .group = G_NETWORK, .help = "macvlan: its netmask"},
	{.name = "macvlan_vs_gw", .type = F_STRING, .number = 93,
	 .offset = offsetof(struct config, macvlan_vs_gw), TEXT("192.168.0.1"),
	 .opt = "macvlan_vs_gw", .arg = "ADDRESS", .group = G_NETWORK,
	 .help = "macvlan: default gateway"},
	{.name = "macvlan_vs_ma", .type = F_STRING, .number = 94,
	 .offset = offsetof(struct config, macvlan_vs_ma), TEXT(""), .opt = "macvlan_vs_ma",
	 .arg = "MAC", .group = G_NETWORK, .help = "macvlan: its hardware address"},
	{.name = "macvlan_vs_mo", .type = F_STRING, .number = 95,
	 .offset = offsetof(struct config, macvlan_vs_mo), TEXT("private"), .opt = "macvlan_vs_mo",
	 .arg = "MODE", .group = G_NETWORK, .help = "macvlan: private, vepa, bridge or passthru"},
	{.name = "net_iface", MSG(net_iface), .flags = SF_REPEATED | SF_OURS | SF_OUR_OPTION,
	 .number = 1040, .offset = offsetof(struct config, net_iface), .opt = "net_iface",
	 .arg = "KEY=VALUE,...", .parse = option_message, .group = G_NETWORK,
	 .help = "an interface of the jail: macvlan= or own=, name=, ip=, gw=, mac=, mode=, mtu="},
	{.name = "traffic_rule", MSG(traffic_rule), .flags = SF_REPEATED | SF_OUR_OPTION, .number = 96,
	 .offset = offsetof(struct config, traffic_rule), .opt = "traffic_rule",
	 .arg = "KEY=VALUE,...", .parse = option_message, .group = G_NETWORK,
	 .help = "a packet filter rule; the last that matches decides"},
	{.name = "user_net", MSG(user_net), .number = 97,
	 .offset = offsetof(struct config, user_net), .opt = "user_net", .parse = option_user_net,
	 .group = G_NETWORK, .help = "a network without privileges"},
	{.name = "seccomp_policy_file", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 68,
	 .offset = offsetof(struct config, seccomp_policy_file), .opt = "seccomp_policy",
	 .shortopt = 'P', .arg = "FILE", .group = G_SECCOMP,
	 .help = "file with a seccomp policy in the Kafel language"},
	{.name = "seccomp_string", .type = F_STRING, .flags = SF_REPEATED, .number = 69,
	 .offset = offsetof(struct config, seccomp_string), .opt = "seccomp_string", .arg = "TEXT",
	 .group = G_SECCOMP, .help = "policy text; repeatable, the pieces are joined"},
	{.name = "seccomp_log", .type = F_BOOL, .number = 70,
	 .offset = offsetof(struct config, seccomp_log), .opt = "seccomp_log", .group = G_SECCOMP,
	 .help = "let the kernel log what the policy refuses"},
	{.name = "seccomp_unotify", .type = F_BOOL, .number = 99,
	 .offset = offsetof(struct config, seccomp_unotify), .opt = "seccomp_unotify",
	 .group = G_SECCOMP, .help = "trace the files and addresses that the program uses"},
	{.name = "seccomp_unotify_report", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 100,
	 .offset = offsetof(struct config, seccomp_unotify_report), .opt = "seccomp_unotify_report",
	 .arg = "FILE", .group = G_SECCOMP,
	 .help = "where to write that trace; as JSON when the name ends in .json"},
	{.name = "explain", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1030,
	 .offset = offsetof(struct config, explain), .opt = "explain", .group = G_SECCOMP,
	 .help = "name the call, its arguments and the policy's line when the policy kills"},
	{.name = "audit", .type = F_BOOL, .flags = SF_OURS | SF_OUR_OPTION, .number = 1031,
	 .offset = offsetof(struct config, audit), .opt = "audit", .group = G_SECCOMP,
	 .help = "permit everything, and list what the policy would have refused"},
	{.name = "port", .type = F_U32, .number = 7, .offset = offsetof(struct config, port),
	 .opt = "port", .shortopt = 'p', .arg = "PORT", .parse = option_port, .group = G_SERVE,
	 .help = "TCP port to listen on; implies --mode l"},
	{.name = "bindhost", .type = F_STRING, .number = 8,
	 .offset = offsetof(struct config, bindhost), TEXT("::"), .opt = "bindhost",
	 .arg = "ADDRESS", .group = G_SERVE, .help = "address to listen on"},
	{.name = "max_conns", .type = F_U32, .number = 9,
	 .offset = offsetof(struct config, max_conns), .opt = "max_conns", .arg = "N",
	 .group = G_SERVE, .help = "connections at a time, 0: no limit"},
	{.name = "max_conns_per_ip", .type = F_U32, .number = 10,
	 .offset = offsetof(struct config, max_conns_per_ip), .opt = "max_conns_per_ip",
	 .shortopt = 'i', .arg = "N", .group = G_SERVE,
	 .help = "connections at a time from one address, 0: no limit"},
	{.name = "listen_prefork", .type = F_U32, .flags = SF_OURS | SF_OUR_OPTION, .number = 1014,
	 .offset = offsetof(struct config, listen_prefork), .opt = "listen_prefork", .arg = "N",
	 .group = G_SERVE, .help = "keep N jails ready ahead of connections"},
	{.name = "pid_file", .type = F_STRING, .flags = SF_NO_DEFAULT | SF_OURS | SF_OUR_OPTION,
	 .number = 1015, .offset = offsetof(struct config, pid_file), .opt = "pid_file", .arg = "FILE",
	 .group = G_SERVE, .help = "write the supervisor's process number here"},
	{.name = "rerun_count", .type = F_U32, .flags = SF_OURS | SF_OUR_OPTION, .number = 1016,
	 .offset = offsetof(struct config, rerun_count), .opt = "rerun_count", .arg = "N",
	 .group = G_SERVE, .help = "mode rerun: how many times, 0: without end"},
	{.name = "rerun_delay", .type = F_U32, .flags = SF_OURS | SF_OUR_OPTION, .number = 1017,
	 .offset = offsetof(struct config, rerun_delay), .opt = "rerun_delay", .arg = "MS",
	 .group = G_SERVE, .help = "mode rerun: least time from start to start, milliseconds"},
	{.name = "rerun_stop", ENUM(rerun_stop_names, "RerunStop.Name"), .flags = SF_OURS | SF_OUR_OPTION, .number = 1018,
	 .offset = offsetof(struct config, rerun_stop), .opt = "rerun_stop", .arg = "WHEN",
	 .group = G_SERVE, .help = "mode rerun: stop never, on failure, or on success"},
	{.name = "daemon", .type = F_BOOL, .number = 12, .offset = offsetof(struct config, daemon),
	 .opt = "daemon", .shortopt = 'd', .group = G_SERVE, .help = "go to the background"},
	{.name = "forward_signals", .type = F_BOOL, .number = 27,
	 .offset = offsetof(struct config, forward_signals), .opt = "forward_signals",
	 .group = G_SERVE, .help = "pass signals on to the program instead of ending the jail"},
	{.name = "log_fd", .type = F_I32, .flags = SF_NO_DEFAULT, .number = 15,
	 .offset = offsetof(struct config, log_fd), ALL(STDERR_FILENO), .opt = "log_fd",
	 .shortopt = 'L', .arg = "FD", .group = G_REPORT,
	 .help = "write the log to this descriptor"},
	{.name = "log_file", .type = F_STRING, .flags = SF_NO_DEFAULT, .number = 16,
	 .offset = offsetof(struct config, log_file), .opt = "log", .shortopt = 'l', .arg = "FILE",
	 .group = G_REPORT, .help = "append the log to this file"},
	{.name = "log_level", ENUM(log_level_names, "LogLevel"), .flags = SF_NO_DEFAULT,
	 .number = 17, .offset = offsetof(struct config, log_level), EACH(1, 2, 2),
	 .group = G_REPORT, .help = "least important level that is logged"},
	{.opt = "verbose", .shortopt = 'v', .parse = option_log_more, .group = G_REPORT,
	 .help = "log everything"},
	{.opt = "quiet", .shortopt = 'q', .parse = option_log_more, .group = G_REPORT,
	 .help = "log warnings and errors only"},
	{.opt = "really_quiet", .shortopt = 'Q', .parse = option_log_more, .group = G_REPORT,
	 .help = "log fatal errors only"},
	{.name = "log_format", ENUM(log_format_names, "LogFormat.Name"),
	 .flags = SF_OURS | SF_OUR_OPTION, .number = 1012,
	 .offset = offsetof(struct config, log_format), .opt = "log_format", .arg = "FORMAT",
	 .group = G_REPORT, .help = "text or json"},
	{.name = "jail_name", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1090,
	 .offset = offsetof(struct config, jail_name), .opt = "name", .arg = "NAME",
	 .group = G_REPORT, .help = "a name for toastainer ps, stats, kill and exec"},
	{.name = "result_json", .type = F_STRING, .flags = SF_OURS | SF_OUR_OPTION | SF_NO_DEFAULT, .number = 1013,
	 .offset = offsetof(struct config, result_json), .opt = "result_json", .arg = "FILE|FD",
	 .group = G_REPORT,
	 .help = "write the result as JSON to a file, or to an open descriptor given by number"},
};
/* clang-format on */
const struct message schema_config = {"NsJailConfig", sizeof(struct config), config_rows,
				      ARRAY_SIZE(config_rows)};

const char *const schema_group_titles[SETTING_GROUPS] = {
	[G_GENERAL] = "General",       [G_PROGRAM] = "Program",
	[G_ROOT] = "Root and mounts",  [G_IDS] = "Users and groups",
	[G_PRIVILEGES] = "Privileges", [G_NAMESPACES] = "Namespaces",
	[G_LIMITS] = "Limits",	       [G_CGROUP] = "Control groups",
	[G_NETWORK] = "Network",       [G_SECCOMP] = "System call policy",
	[G_SERVE] = "Serving",	       [G_REPORT] = "Logs and results",
};

size_t schema_element_size(const struct setting *row)
{
	switch (row->type) {
	case F_BOOL: return sizeof(bool);
	case F_I32:
	case F_U32:
	case F_ENUM: return 4;
	case F_I64:
	case F_U64: return 8;
	case F_STRING: return sizeof(const char *);
	case F_BYTES: return sizeof(struct cfg_bytes);
	case F_MESSAGE: return row->message->size;
	case F_NONE: break;
	}
	return 0;
}

void schema_defaults(const struct message *m, void *message, enum config_face face)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		const struct value *def = &row->def[face];
		void *field = schema_field(message, row);

		if (!row->name || row->flags & SF_REPEATED)
			continue;
		switch (row->type) {
		case F_BOOL: *(bool *)field = def->i != 0; break;
		case F_I32:
		case F_U32:
		case F_ENUM: *(int32_t *)field = (int32_t)def->i; break;
		case F_I64:
		case F_U64: *(int64_t *)field = def->i; break;
		case F_STRING: *(const char **)field = def->s; break;
		case F_MESSAGE: schema_defaults(row->message, field, face); break;
		case F_BYTES: /* none has a default but the empty one */
		case F_NONE: break;
		}
	}
}

void schema_mark(const struct message *m, void *message, const struct setting *row)
{
	unsigned i = (unsigned)(row - m->rows);

	((struct cfg_head *)message)->has[i / 64] |= 1ULL << i % 64;
}

bool schema_has(const struct message *m, const void *message, const struct setting *row)
{
	unsigned i = (unsigned)(row - m->rows);

	return ((const struct cfg_head *)message)->has[i / 64] >> i % 64 & 1;
}

void *schema_append(struct config *cfg, void *message, const struct setting *row)
{
	struct cfg_list *list = schema_field(message, row);
	size_t size = schema_element_size(row);
	void *v = arena_grow(&cfg->arena, list->v, list->n, &list->cap, size);
	char *item;

	if (!v)
		return NULL;
	list->v = v;
	item = (char *)v + size * list->n++;
	memset(item, 0, size);
	if (row->type == F_MESSAGE)
		schema_defaults(row->message, item, cfg->face);
	return item;
}

const struct setting *schema_find(const struct message *m, const char *name, size_t n)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
		/* The first letter first: there are hundreds of rows, and each option looks here. */
		if (row->name && n && row->name[0] == name[0] && strlen(row->name) == n &&
		    memcmp(row->name, name, n) == 0)
			return row;
	return NULL;
}

void schema_json_name(const char *name, char *buf, size_t size)
{
	bool raise = false;
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		char c = *name;

		if (raise && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		raise = c == '_';
		if (!raise)
			buf[n++] = c;
	}
	buf[n] = 0;
}

const struct setting *schema_find_option(const char *name)
{
	for (const struct setting *row = schema_config.rows;
	     row < schema_config.rows + schema_config.n; row++)
		if (row->opt && str_eq(row->opt, name))
			return row;
	return NULL;
}

const char *schema_enum_name(const struct enum_name *names, int32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

int schema_enum_value(const struct enum_name *names, const char *name, size_t n, int32_t *ret)
{
	for (; names->name; names++) {
		if (strlen(names->name) == n && memcmp(names->name, name, n) == 0) {
			*ret = names->value;
			return 0;
		}
	}
	return -EINVAL;
}

void config_init(struct config *cfg, enum config_face face)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->face = face;
	cfg->image_lock = FD_NONE;
	schema_defaults(&schema_config, cfg, face);
}

const char *config_place(const struct config *cfg, const char *value)
{
	for (const struct cfg_place *p = cfg->places; p; p = p->next)
		if (p->value == value)
			return p->text;
	return NULL;
}

void config_free(struct config *cfg)
{
	if (cfg->disk_image)
		diskimage_close(cfg->disk_image);
	arena_free(&cfg->arena);
	if (cfg->image_lock >= 0)
		close(cfg->image_lock);
	config_init(cfg, cfg->face);
}
