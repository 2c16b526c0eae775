// SPDX-License-Identifier: BSD-3-Clause
/*
 * System calls as text. Called by what tells of violations and by what collects a trace, each in a
 * process of its own. A pointer that leads nowhere is shown as a number; nothing fails.
 */
#include <fcntl.h>
#include <linux/audit.h>

#include "trace/decode.h"

/* What is shown of a string, and how many of a vector. */
enum { SHOWN_BYTES = 256, SHOWN_STRINGS = 16 };

/* clang-format off */
/* Ascending by name. F: tracing watches its paths; N: its addresses. */
#define F TOUCHES_FILES
#define N TOUCHES_NET
static const struct call_spec specs[] = {
	{"access", "pa", F},
	{"acct", "p", F},
	{"add_key", "qqxii"},
	{"bind", "fsi", N},
	{"chdir", "p", F},
	{"chmod", "pm", F},
	{"chown", "puu", F},
	{"chown16", "puu", F},
	{"chroot", "p", F},
	{"clone", "Cxxxx"},
	{"close", "f"},
	{"connect", "fsi", N},
	{"creat", "pm", F},
	{"delete_module", "qi"},
	{"dup", "f"},
	{"dup2", "ff"},
	{"dup3", "ffo"},
	{"execve", "pvx", F},
	{"execveat", "dpvxT", F},
	{"exit", "i"},
	{"exit_group", "i"},
	{"faccessat", "dpa", F},
	{"faccessat2", "dpaT", F},
	{"fanotify_mark", "fxxdp", F},
	{"fchdir", "f"},
	{"fchmodat", "dpm", F},
	{"fchmodat2", "dpmT", F},
	{"fchownat", "dpuuT", F},
	{"fcntl", "fFx"},
	{"file_getattr", "dpxxT", F},
	{"file_setattr", "dpxxT", F},
	{"fspick", "dpx", F},
	{"fstatat64", "dpxT", F},
	{"futimesat", "dpx", F},
	{"getxattr", "pqxx", F},
	{"getxattrat", "dpTqxx", F},
	{"inotify_add_watch", "fpx", F},
	{"ioctl", "fIx"},
	{"kill", "ig"},
	{"lchown", "puu", F},
	{"lchown16", "puu", F},
	{"lgetxattr", "pqxx", F},
	{"link", "pp", F},
	{"linkat", "dpdpT", F},
	{"listxattr", "pxx", F},
	{"listxattrat", "dpTxx", F},
	{"llistxattr", "pxx", F},
	{"lremovexattr", "pq", F},
	{"lsetxattr", "pqxxx", F},
	{"lstat", "px", F},
	{"lstat64", "px", F},
	{"memfd_create", "qx"},
	{"mkdir", "pm", F},
	{"mkdirat", "dpm", F},
	{"mknod", "pmx", F},
	{"mknodat", "dpmx", F},
	{"mmap", "xxPMfx"},
	{"mmap_pgoff", "xxPMfx"},
	{"mount", "qpqxx", F},
	{"mount_setattr", "dpTxx", F},
	{"move_mount", "dpdpx", F},
	{"mprotect", "xxP"},
	{"name_to_handle_at", "dpxxT", F},
	{"newfstat", "fx"},
	{"newfstatat", "dpxT", F},
	{"newlstat", "px", F},
	{"newstat", "px", F},
	{"oldumount", "p", F},
	{"open", "pom", F},
	{"open_tree", "dpx", F},
	{"open_tree_attr", "dpxxx", F},
	{"openat", "dpom", F},
	{"openat2", "dphx", F},
	{"pipe2", "xo"},
	{"pivot_root", "pp", F},
	{"pkey_mprotect", "xxPi"},
	{"quotactl", "xqix"},
	{"readlink", "pxx", F},
	{"readlinkat", "dpxx", F},
	{"removexattr", "pq", F},
	{"removexattrat", "dpTq", F},
	{"rename", "pp", F},
	{"renameat", "dpdp", F},
	{"renameat2", "dpdpx", F},
	{"rmdir", "p", F},
	{"sendmmsg", "fVix", N},
	{"sendmsg", "fHx", N},
	{"sendto", "fxxxsi", N},
	{"setdomainname", "qi"},
	{"sethostname", "qi"},
	{"setns", "fC"},
	{"setxattr", "pqxxx", F},
	{"setxattrat", "dpTqxx", F},
	{"socket", "DSi"},
	{"socketcall", "iZ", N},
	{"socketpair", "DSix"},
	{"stat", "px", F},
	{"stat64", "px", F},
	{"statfs", "px", F},
	{"statfs64", "pxx", F},
	{"statx", "dpTxx", F},
	{"swapoff", "p", F},
	{"swapon", "px", F},
	{"symlink", "qp", F},
	{"symlinkat", "qdp", F},
	{"tgkill", "iig"},
	{"tkill", "ig"},
	{"truncate", "px", F},
	{"truncate64", "px", F},
	{"umount", "px", F},
	{"unlink", "p", F},
	{"unlinkat", "dpT", F},
	{"unshare", "C"},
	{"uselib", "p", F},
	{"utime", "px", F},
	{"utimensat", "dpxT", F},
	{"utimensat_time64", "dpxT", F},
	{"utimes", "px", F},
};
/* Its mask takes two registers of 32 bits. */
static const struct call_spec fanotify_mark32 = {"fanotify_mark", "fxxxdp", F};
#undef F
#undef N
/* clang-format on */

const struct call_spec *decode_specs(unsigned *ret_n)
{
	*ret_n = ARRAY_SIZE(specs);
	return specs;
}

static const struct call_spec *find_spec(const char *name)
{
	unsigned lo = 0, hi = ARRAY_SIZE(specs);

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = strcmp(name, specs[mid].name);

		if (c == 0)
			return &specs[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* i386's socketcall(2): one number for many calls, whose arguments are in memory. */
static void decode_socketcall(struct call *c, const struct memory *m)
{
	static const struct {
		char name[12];
		uint8_t n;
	} calls[] = {{"", 0},		{"socket", 3},	 {"bind", 3},	     {"connect", 3},
		     {"listen", 2},	{"accept", 3},	 {"getsockname", 3}, {"getpeername", 3},
		     {"socketpair", 4}, {"send", 4},	 {"recv", 4},	     {"sendto", 6},
		     {"recvfrom", 6},	{"shutdown", 2}, {"setsockopt", 5},  {"getsockopt", 5},
		     {"sendmsg", 3},	{"recvmsg", 3},	 {"accept4", 4},     {"recvmmsg", 5},
		     {"sendmmsg", 4}};
	uint64_t which = c->data.args[0];
	uint32_t args[SYSCALLS_MAX_ARGS];
	struct syscalls_call sys;

	if (!which || which >= ARRAY_SIZE(calls) || !m ||
	    !syscalls_find(c->arch, calls[which].name, strlen(calls[which].name), &sys) ||
	    memory_get(m, c->data.args[1], args, calls[which].n * sizeof(args[0])) < 0)
		return;
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		c->data.args[i] = i < calls[which].n ? args[i] : 0;
	c->sys = sys;
	c->spec = find_spec(sys.name);
}

void decode_call(const struct seccomp_data *data, const struct memory *m, struct call *ret)
{
	uint32_t nr = (uint32_t)data->nr;

	*ret = (struct call){.data = *data, .arch = syscalls_arch(data->arch), .wide = true};
	ret->sys.nr = nr;
	if (data->arch == AUDIT_ARCH_I386 || data->arch == AUDIT_ARCH_ARM) {
		ret->wide = false;
		for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
			ret->data.args[i] = (uint32_t)data->args[i];
	}
	if (data->arch == AUDIT_ARCH_X86_64 && (nr & SYSCALLS_X32_BIT) && nr < 0x80000000u)
		nr &= ~SYSCALLS_X32_BIT;
	if (!ret->arch || !syscalls_number(ret->arch, nr, &ret->sys))
		return;
	ret->sys.nr = (uint32_t)data->nr;
	ret->spec = find_spec(ret->sys.name);
	if (!ret->wide && ret->spec && str_eq(ret->spec->name, "fanotify_mark"))
		ret->spec = &fanotify_mark32;
	if (str_eq(ret->sys.name, "socketcall"))
		decode_socketcall(ret, m);
}

const char *decode_name(const struct call *c, char *buf, size_t n)
{
	if (c->sys.name)
		return c->sys.name;
	snprintf(buf, n, "call %d", c->data.nr);
	return buf;
}

unsigned decode_n_args(const struct call *c)
{
	return c->sys.name ? c->sys.n_args : SYSCALLS_MAX_ARGS;
}

void decode_quoted(struct sbuf *out, const char *s, size_t n)
{
	sbuf_puts(out, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)s[i];

		if (ch == '"' || ch == '\\')
			sbuf_printf(out, "\\%c", ch);
		else if (ch == '\n')
			sbuf_puts(out, "\\n");
		else if (ch < ' ' || ch > '~')
			sbuf_printf(out, "\\%03o", ch);
		else
			sbuf_put(out, (const char *)&s[i], 1);
	}
	sbuf_puts(out, "\"");
}

static void separate(struct sbuf *out, bool *first)
{
	if (!*first)
		sbuf_puts(out, "|");
	*first = false;
}

static void put_flags(const struct call *c, const char *prefix, uint32_t value, bool first,
		      struct sbuf *out)
{
	while (value && c->arch) {
		uint32_t v;
		const char *name = syscalls_constant_name(c->arch, prefix, value, &v);

		if (!name || !v)
			break;
		separate(out, &first);
		sbuf_puts(out, name);
		value &= ~v;
	}
	if (value || first) {
		separate(out, &first);
		sbuf_printf(out, value ? "0x%x" : "%u", value);
	}
}

void decode_flags(const struct call *c, const char *prefix, uint32_t value, struct sbuf *out)
{
	put_flags(c, prefix, value, true, out);
}

/* A value that is one constant or none, and not a sum of bits. */
static void put_constant(const struct call *c, const char *prefix, uint32_t value, struct sbuf *out)
{
	uint32_t v;
	const char *name = c->arch ? syscalls_constant_name(c->arch, prefix, value, &v) : NULL;

	if (name && v == value)
		sbuf_puts(out, name);
	else
		sbuf_printf(out, value > 99 ? "0x%x" : "%u", value);
}

void decode_open_flags(const struct call *c, uint64_t flags, struct sbuf *out)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	sbuf_puts(out, modes[flags & OPEN_ACCESS]);
	if ((uint32_t)flags & ~OPEN_ACCESS)
		put_flags(c, "O_", (uint32_t)flags & ~OPEN_ACCESS, false, out);
}

int decode_how(const struct memory *m, uint64_t addr, uint64_t *ret_flags)
{
	uint64_t flags;
	int r = memory_get(m, addr, &flags, sizeof(flags));

	if (r == 0)
		*ret_flags = flags;
	return r;
}

static void put_string(const struct memory *m, uint64_t addr, struct sbuf *out)
{
	char s[SHOWN_BYTES + 1];
	ssize_t n = addr && m ? memory_string(m, addr, s, sizeof(s)) : -EFAULT;

	if (!addr) {
		sbuf_puts(out, "NULL");
	} else if (n == -ENAMETOOLONG) {
		decode_quoted(out, s, SHOWN_BYTES);
		sbuf_puts(out, "...");
	} else if (n < 0) {
		sbuf_printf(out, "0x%llx", (unsigned long long)addr);
	} else {
		decode_quoted(out, s, (size_t)n);
	}
}

static void put_argv(const struct call *c, const struct memory *m, uint64_t addr, struct sbuf *out)
{
	size_t size = c->wide ? 8 : 4;

	for (unsigned i = 0; i <= SHOWN_STRINGS; i++) {
		uint64_t p = 0;

		if (!addr || !m || memory_get(m, addr + i * size, &p, size) < 0) {
			if (i == 0)
				sbuf_printf(out, "0x%llx", (unsigned long long)addr);
			else
				sbuf_puts(out, ", ?]");
			return;
		}
		sbuf_puts(out, i == 0 ? "[" : p ? ", " : "");
		if (!p || i == SHOWN_STRINGS) {
			sbuf_puts(out, p ? "...]" : "]");
			return;
		}
		put_string(m, p, out);
	}
}

static void put_endpoint(const struct endpoint *e, struct sbuf *out)
{
	switch (e->type) {
	case ENDPOINT_IPV6:
	case ENDPOINT_IPV4:
		sbuf_printf(out, e->type == ENDPOINT_IPV4 ? "{%s:%u}" : "{[%s]:%u}", e->text,
			    e->port);
		break;
	case ENDPOINT_UNIX:
		sbuf_puts(out, "{unix ");
		decode_quoted(out, e->text, strlen(e->text));
		sbuf_puts(out, "}");
		break;
	default: sbuf_printf(out, "{%s}", e->text); break;
	}
}

static void put_access(uint64_t mode, struct sbuf *out)
{
	bool first = true;

	if (mode & ~7ULL || !mode) {
		sbuf_printf(out, mode ? "0x%llx" : "F_OK", (unsigned long long)mode);
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (!(mode & (4U >> i)))
			continue;
		separate(out, &first);
		sbuf_put(out, &"RWX"[i], 1);
		sbuf_puts(out, "_OK");
	}
}

static void put_socket_type(const struct call *c, uint32_t v, struct sbuf *out)
{
	put_constant(c, "SOCK_", v & 0xf, out);
	if (v & ~0xfu)
		put_flags(c, "SOCK_", v & ~0xfu, false, out);
}

static void put_map(const struct call *c, uint32_t v, struct sbuf *out)
{
	put_constant(c, "MAP_", v & 0xf, out);
	if (v & ~0xfu)
		put_flags(c, "MAP_", v & ~0xfu, false, out);
}

static void put_clone(const struct call *c, uint64_t v, struct sbuf *out)
{
	char name[24];

	if (v & ~0xffULL || !v)
		put_flags(c, "CLONE_", (uint32_t)(v & ~0xffULL), true, out);
	if (v & 0xff) {
		sbuf_puts(out, v & ~0xffULL ? "|" : "");
		sbuf_puts(out, str_signal((int)(v & 0xff), name, sizeof(name)));
	}
}

static void put_open_how(const struct call *c, const struct memory *m, uint64_t addr,
			 struct sbuf *out)
{
	uint64_t flags = 0;

	if (!m || decode_how(m, addr, &flags) < 0) {
		sbuf_printf(out, "0x%llx", (unsigned long long)addr);
		return;
	}
	sbuf_puts(out, "{");
	decode_open_flags(c, flags, out);
	sbuf_puts(out, "}");
}

/* Socket addresses in their three forms. Return: whether it could be shown. */
static bool put_address(const struct call *c, enum role role, unsigned i, const struct memory *m,
			struct sbuf *out)
{
	struct endpoint e;
	uint64_t len;
	int r;

	if (!m || !c->data.args[i])
		return false;
	len = i + 1 < SYSCALLS_MAX_ARGS ? c->data.args[i + 1] : 0;
	r = role == ROLE_ADDRESS ? decode_endpoint(m, c->data.args[i], len, &e)
				 : decode_message(c, m, c->data.args[i], &e);
	if (r == 0)
		put_endpoint(&e, out);
	return r == 0;
}

static enum role role_of(const struct call *c, unsigned i)
{
	const char *name = i < c->sys.n_args ? c->sys.args[i].name : "";
	size_t len = i < c->sys.n_args ? c->sys.args[i].len : 0;

	if (c->spec)
		return i < strlen(c->spec->roles) ? (enum role)c->spec->roles[i] : ROLE_HEX;
	if (i < c->sys.n_args && c->sys.args[i].size < 8 && !memmem(name, len, "flags", 5) &&
	    (c->wide || memmem(name, len, "fd", 2)))
		return ROLE_INT;
	return ROLE_HEX;
}

static void put_number(enum role role, uint64_t v, struct sbuf *out)
{
	char name[24];

	if (role == ROLE_MODE)
		sbuf_printf(out, v ? "0%o" : "%o", (unsigned)v);
	else if (role == ROLE_SIGNAL)
		sbuf_puts(out, str_signal((int)v, name, sizeof(name)));
	else if (role == ROLE_DIRFD && (int)v == AT_FDCWD)
		sbuf_puts(out, "AT_FDCWD");
	else if (role == ROLE_FD || role == ROLE_DIRFD || role == ROLE_INT || role == ROLE_ID)
		sbuf_printf(out, "%d", (int)v);
	else
		sbuf_printf(out, v > 9 ? "0x%llx" : "%llu", (unsigned long long)v);
}

void decode_arg(const struct call *c, unsigned i, const struct memory *m, struct sbuf *out)
{
	enum role role = role_of(c, i);
	uint64_t v = c->data.args[i];

	switch (role) {
	case ROLE_PATH:
	case ROLE_STRING: put_string(m, v, out); break;
	case ROLE_OPEN: decode_open_flags(c, v, out); break;
	case ROLE_HOW: put_open_how(c, m, v, out); break;
	case ROLE_ACCESS: put_access(v, out); break;
	case ROLE_ARGV: put_argv(c, m, v, out); break;
	case ROLE_FAMILY: put_constant(c, "AF_", (uint32_t)v, out); break;
	case ROLE_SOCKTYPE: put_socket_type(c, (uint32_t)v, out); break;
	case ROLE_PROT:
		if (v)
			put_flags(c, "PROT_", (uint32_t)v, true, out);
		else
			sbuf_puts(out, "PROT_NONE");
		break;
	case ROLE_MAP: put_map(c, (uint32_t)v, out); break;
	case ROLE_CLONE: put_clone(c, v, out); break;
	case ROLE_AT: put_flags(c, "AT_", (uint32_t)v, true, out); break;
	case ROLE_FCNTL: put_constant(c, "F_", (uint32_t)v, out); break;
	case ROLE_IOCTL: put_constant(c, "TIOC", (uint32_t)v, out); break;
	case ROLE_ADDRESS:
	case ROLE_MESSAGE:
	case ROLE_MESSAGES:
		if (!put_address(c, role, i, m, out))
			put_number(ROLE_HEX, v, out);
		break;
	default: put_number(role, v, out); break;
	}
}

/* open(2) without O_CREAT has no mode, whatever the register holds. */
bool decode_is_shown(const struct call *c, unsigned i)
{
	const uint32_t makes = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

	if (!c->spec || i == 0 || c->spec->roles[i] != ROLE_MODE ||
	    c->spec->roles[i - 1] != ROLE_OPEN)
		return true;
	return c->data.args[i - 1] & makes;
}

void decode_text(const struct call *c, const struct memory *m, struct sbuf *out)
{
	char name[24];
	unsigned n = decode_n_args(c);

	sbuf_printf(out, "%s(", decode_name(c, name, sizeof(name)));
	for (unsigned i = 0; i < n && decode_is_shown(c, i); i++) {
		sbuf_puts(out, i ? ", " : "");
		decode_arg(c, i, m, out);
	}
	sbuf_puts(out, ")");
}
