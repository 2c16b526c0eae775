// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which devices a jail may open or make. v1 has a controller with a list; in v2 a small BPF program
 * on the group decides, which is written here. Called with the plan and when the group is made.
 * Besides the list, what every program may expect is allowed: null, zero, full, random, urandom, tty,
 * ptmx and pseudo-terminals.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include "base/sys.h"
#include "cgroup/cgroup_impl.h"

#define ANY (-1)

/* struct device - one line of the list */
struct device {
	int type;   /* BPF_DEVCG_DEV_*, or ANY */
	int access; /* BPF_DEVCG_ACC_* */
	int major, minor;
};

static const char *const always[] = {"c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm",
				     "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"};

/* A number below 2^20, or "*". Return: what follows, NULL: neither. */
static const char *take_number(const char *s, int *ret)
{
	char *end;
	unsigned long n;

	*ret = ANY;
	if (*s == '*')
		return s + 1;
	if (*s < '0' || *s > '9')
		return NULL;
	n = strtoul(s, &end, 10);
	*ret = (int)n;
	return n < 1UL << 20 ? end : NULL;
}

/* "c 1:3 rwm", "b 8:* r", "a *:* m" */
static bool parse(const char *s, struct device *ret)
{
	*ret = (struct device){.type = *s == 'c'   ? BPF_DEVCG_DEV_CHAR
				       : *s == 'b' ? BPF_DEVCG_DEV_BLOCK
						   : ANY};
	if ((*s != 'a' && ret->type == ANY) || s[1] != ' ')
		return false;
	s = take_number(s + 2, &ret->major);
	if (!s || *s != ':')
		return false;
	s = take_number(s + 1, &ret->minor);
	if (!s || *s != ' ')
		return false;
	for (s++; *s; s++) {
		int bit = *s == 'r'   ? BPF_DEVCG_ACC_READ
			  : *s == 'w' ? BPF_DEVCG_ACC_WRITE
			  : *s == 'm' ? BPF_DEVCG_ACC_MKNOD
				      : 0;

		if (!bit)
			return false;
		ret->access |= bit;
	}
	return ret->access != 0;
}

static struct bpf_insn insn(int code, int dst, int src, int off, int imm)
{
	return (struct bpf_insn){.code = (__u8)code,
				 .dst_reg = (unsigned)dst & 15,
				 .src_reg = (unsigned)src & 15,
				 .off = (__s16)off,
				 .imm = imm};
}

/* What the program keeps: the request, cut up. r0 is the verdict, r6 is scratch. */
enum { R_TYPE = 2, R_ACCESS, R_MAJOR, R_MINOR, R_LEFT };

enum { DEVICE_INSNS = 8, EDGE_INSNS = 8 }; /* at most for one line; before and after them */

static unsigned put_begin(struct bpf_insn *p)
{
	const int load = BPF_LDX | BPF_MEM | BPF_W;
	unsigned n = 0;

	p[n++] = insn(load, R_TYPE, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	p[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
	p[n++] = insn(BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	p[n++] = insn(BPF_ALU64 | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	p[n++] = insn(load, R_MAJOR, 1, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	p[n++] = insn(load, R_MINOR, 1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	return n;
}

/* "if it is this device and nothing else is wanted of it: yes" */
static unsigned put_device(struct bpf_insn *p, const struct device *d)
{
	const int differs = BPF_JMP | BPF_JNE | BPF_K;
	unsigned n = 0;

	if (d->type != ANY)
		p[n++] = insn(differs, R_TYPE, 0, 0, d->type);
	if (d->major != ANY)
		p[n++] = insn(differs, R_MAJOR, 0, 0, d->major);
	if (d->minor != ANY)
		p[n++] = insn(differs, R_MINOR, 0, 0, d->minor);
	p[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, R_LEFT, R_ACCESS, 0, 0);
	p[n++] = insn(BPF_ALU64 | BPF_AND | BPF_K, R_LEFT, 0, 0, 7 & ~d->access);
	p[n++] = insn(differs, R_LEFT, 0, 0, 0);
	p[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	p[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (unsigned i = 0; i < n; i++)
		if (p[i].code == differs)
			p[i].off = (__s16)(n - i - 1); /* to the next line */
	return n;
}

int cgroup_devices_put(struct cgroup_maker *m, const struct limit_row *row,
		       const struct cgroup_value *v)
{
	size_t total = v->n + ARRAY_SIZE(always);
	struct bpf_insn *prog;
	unsigned n = 0;
	int r = 0;

	prog = arena_alloc(m->arena, (EDGE_INSNS + DEVICE_INSNS * total) * sizeof(*prog));
	if (!prog)
		return err_oom(m->err);
	n = put_begin(prog);
	if (!m->v2)
		r = cgroup_plan_put(m, "devices.deny", v, "a");
	for (size_t i = 0; i < total && r >= 0; i++) {
		const char *item = i < v->n ? v->list[i] : always[i - v->n];
		struct device d;

		if (!parse(item, &d))
			return err_set(
				m->err, EINVAL,
				"%s: '%s' is not TYPE MAJOR:MINOR ACCESS, such as c 10:200 rwm",
				v->setting, item);
		if (m->v2)
			n += put_device(prog + n, &d);
		else if (d.type != ANY)
			r = cgroup_plan_put(m, row->v1, v, "%s", item);
		else /* there "a" means all devices, whatever follows */
			for (const char *type = "bc"; *type && r >= 0; type++)
				r = cgroup_plan_put(m, row->v1, v, "%c%s", *type, item + 1);
	}
	if (r < 0 || !m->v2)
		return r;
	prog[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	prog[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	m->plan->devices = prog;
	m->plan->n_devices = n;
	return 0;
}

static int attach_failed(int r, const char *what, struct err *err)
{
	err_sys(err, r, "%s the program that decides about devices", what);
	return r == -EPERM ? err_hint(err, "only root may (CAP_BPF and CAP_SYS_ADMIN)") : r;
}

int cgroup_devices_attach(const struct cgroup_plan *plan, int dir, struct err *err)
{
	static const char license[] = "BSD";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)plan->devices,
		.insn_cnt = plan->n_devices,
		.license = (uintptr_t)license,
	};
	int fd = (int)sys(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), r;

	if (fd < 0)
		return attach_failed(fd, "load", err);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (unsigned)dir;
	attr.attach_bpf_fd = (unsigned)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	r = (int)sys(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr));
	sys_close(fd);
	return r < 0 ? attach_failed(r, "attach", err) : 0;
}
