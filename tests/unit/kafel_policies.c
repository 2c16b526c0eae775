// SPDX-License-Identifier: BSD-3-Clause
/*
 * The generator of kafel_policies.h.
 */
#include "kafel_policies.h"

static uint64_t draw(struct policies *p)
{
	uint64_t x = p->seed += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static unsigned upto(struct policies *p, unsigned n)
{
	return (unsigned)(draw(p) % n);
}

static bool chance(struct policies *p, unsigned percent)
{
	return upto(p, 100) < percent;
}

static void remember(struct policies *p, uint64_t v)
{
	if (p->n_numbers < POLICIES_MAX_NUMBERS)
		p->numbers[p->n_numbers++] = v;
	else
		p->numbers[upto(p, POLICIES_MAX_NUMBERS)] = v;
}

static uint64_t value(struct policies *p)
{
	static const uint64_t usual[] = {
		0,
		1,
		2,
		3,
		4,
		5,
		7,
		8,
		0x80,
		0xff,
		0x1000,
		0x5412,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0x100000001,
		0x1ffffffff,
		1ull << 63,
		UINT64_MAX,
		0xff00000000,
		0xffffffff00000000,
	};

	if (chance(p, 65))
		return usual[upto(p, ARRAY_SIZE(usual))];
	return draw(p) >> upto(p, 64);
}

static void put_number(struct policies *p)
{
	uint64_t v = value(p);

	remember(p, v);
	switch (upto(p, 5)) {
	case 0: sbuf_printf(&p->text, "%llu", (unsigned long long)v); break;
	case 1:
		/* -v has the same 64 bits; there is no -0. */
		if (v)
			sbuf_printf(&p->text, "-%llu", (unsigned long long)(0 - v));
		else
			sbuf_puts(&p->text, "0");
		break;
	case 2: sbuf_printf(&p->text, "0%llo", (unsigned long long)v); break;
	case 3:
		sbuf_puts(&p->text, "0b");
		for (int bit = 63; bit >= 0; bit--)
			if (bit == 0 || v >> bit)
				sbuf_puts(&p->text, v >> bit & 1 ? "1" : "0");
		break;
	default: sbuf_printf(&p->text, "0x%llx", (unsigned long long)v);
	}
}

static void put_value(struct policies *p, const struct syscalls_call *c, unsigned depth);

static void put_operand(struct policies *p, const struct syscalls_call *c, unsigned depth)
{
	unsigned i = c->n_args ? upto(p, c->n_args) : 0;

	if (depth && chance(p, 12)) {
		sbuf_puts(&p->text, "(");
		put_value(p, c, depth - 1);
		sbuf_puts(&p->text, ")");
	} else if (c->n_args && c->args[i].len && chance(p, 62)) {
		const char *slash = memchr(c->args[i].name, '/', c->args[i].len);

		sbuf_put(&p->text, c->args[i].name,
			 slash ? (size_t)(slash - c->args[i].name) : c->args[i].len);
	} else if (chance(p, 5)) {
		sbuf_puts(&p->text, chance(p, 50) ? "CONST_A" : "O_CLOEXEC");
	} else {
		put_number(p);
	}
}

static void put_value(struct policies *p, const struct syscalls_call *c, unsigned depth)
{
	static const char *const ops[] = {" & ", " | ", "&"};

	put_operand(p, c, depth);
	for (unsigned n = chance(p, 35) ? 1 + upto(p, 3) : 0; n; n--) {
		sbuf_puts(&p->text, ops[upto(p, ARRAY_SIZE(ops))]);
		put_operand(p, c, depth);
	}
}

static void put_list(struct policies *p, const struct syscalls_call *c, unsigned depth);

static void put_comparison(struct policies *p, const struct syscalls_call *c, unsigned depth)
{
	static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">=", "==", "=="};

	if (chance(p, 10))
		sbuf_puts(&p->text, "!");
	if (depth && chance(p, 20)) {
		sbuf_puts(&p->text, "(");
		put_list(p, c, depth - 1);
		sbuf_puts(&p->text, ")");
		return;
	}
	put_value(p, c, depth);
	sbuf_printf(&p->text, " %s ", ops[upto(p, ARRAY_SIZE(ops))]);
	put_value(p, c, depth);
}

static void put_list(struct policies *p, const struct syscalls_call *c, unsigned depth)
{
	static const char *const ops[] = {" && ", " || ", ", ", " || "};

	put_comparison(p, c, depth);
	for (unsigned n = chance(p, 50) ? 1 + upto(p, chance(p, 10) ? 12 : 3) : 0; n; n--) {
		sbuf_puts(&p->text, ops[upto(p, ARRAY_SIZE(ops))]);
		put_comparison(p, c, depth);
	}
}

static void put_action(struct policies *p)
{
	static const char *const plain[] = {"ALLOW",	   "ALLOW",	   "ALLOW",
					    "LOG",	   "KILL",	   "DENY",
					    "KILL_THREAD", "KILL_PROCESS", "USER_NOTIF"};
	static const char *const with[] = {"ERRNO", "TRAP", "TRACE"};

	if (chance(p, 65))
		sbuf_puts(&p->text, plain[upto(p, ARRAY_SIZE(plain))]);
	else
		sbuf_printf(&p->text, "%s(%u)", with[upto(p, 3)],
			    upto(p, chance(p, 70) ? 4 : 65536));
}

/* One of the few calls that this policy keeps coming back to, or any. */
static void put_rule(struct policies *p)
{
	static const char *const guards[] = {"x86_64", "{ i386, arm }", "{x86_64, aarch64, rv64}"};
	struct syscalls_call c = {.n_args = 0};
	uint32_t nr = p->n_nrs && chance(p, 45) ? p->nrs[upto(p, p->n_nrs)] : upto(p, 470);
	const struct syscalls_arch *arch = p->other && chance(p, 50) ? p->other : p->arch;

	if (p->n_nrs < POLICIES_MAX_NUMBERS)
		p->nrs[p->n_nrs++] = nr;
	if (chance(p, 8) || !syscalls_number(arch, nr, &c)) {
		if (chance(p, 5))
			nr = chance(p, 50) ? UINT32_MAX - upto(p, 3) : 0x40000000 + upto(p, 5);
		p->nrs[p->n_nrs - 1] = nr;
		c.n_args = 0;
		sbuf_printf(&p->text, "SYSCALL[%u]", nr);
	} else {
		sbuf_puts(&p->text, c.name);
	}
	if (chance(p, 15)) {
		static const char names[][2] = {"a", "b", "c", "d", "e", "f"};

		c.n_args = upto(p, 7);
		sbuf_puts(&p->text, "(");
		for (unsigned i = 0; i < c.n_args; i++) {
			sbuf_printf(&p->text, "%s%s", i ? ", " : "", names[i]);
			c.args[i].name = names[i];
			c.args[i].len = 1;
		}
		sbuf_puts(&p->text, ")");
	}
	if (p->other)
		sbuf_printf(&p->text, " ON %s", arch->name);
	else if (chance(p, 5))
		sbuf_printf(&p->text, " ON %s", guards[upto(p, ARRAY_SIZE(guards))]);
	if (chance(p, 50)) {
		sbuf_puts(&p->text, " { ");
		put_list(p, &c, upto(p, 4));
		sbuf_puts(&p->text, " }");
	}
}

static void put_block(struct policies *p)
{
	unsigned n = 1 + upto(p, chance(p, 20) ? 30 : 4);

	put_action(p);
	sbuf_puts(&p->text, " { ");
	for (unsigned i = 0; i < n; i++) {
		sbuf_puts(&p->text, i ? ",\n  " : "");
		put_rule(p);
	}
	sbuf_puts(&p->text, " }");
}

static void put_statement(struct policies *p, unsigned n_policies)
{
	if (n_policies && chance(p, 35))
		sbuf_printf(&p->text, "USE p%u", upto(p, n_policies));
	else
		put_block(p);
}

void policies_make(struct policies *p)
{
	static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64,
					  AUDIT_ARCH_I386,   AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM,    AUDIT_ARCH_RISCV64};
	unsigned n_policies = upto(p, 4), n;

	p->arch = syscalls_arch(audits[upto(p, ARRAY_SIZE(audits))]);
	p->other = chance(p, 30) ? syscalls_arch(syscalls_other_arch(p->arch->audit)) : NULL;
	p->n_numbers = p->n_nrs = 0;
	p->text.n = 0;
	if (p->other)
		sbuf_printf(&p->text, chance(p, 50) ? "ARCH %s\n" : "ARCH { mips, %s, x32 }\n",
			    p->other->name);
	sbuf_printf(&p->text, "#define CONST_A %u\n", 0x31);
	remember(p, 0x31);
	remember(p, 02000000);
	for (unsigned i = 0; i < n_policies; i++) {
		sbuf_printf(&p->text, "POLICY p%u {\n", i);
		n = upto(p, 4);
		for (unsigned j = 0; j < n; j++) {
			sbuf_puts(&p->text, j ? ",\n" : "");
			put_statement(p, i);
		}
		sbuf_puts(&p->text, "\n}\n");
	}
	n = 1 + upto(p, 3);
	for (unsigned j = 0; j < n; j++) {
		put_statement(p, n_policies);
		sbuf_puts(&p->text, chance(p, 50) && j + 1 < n ? ",\n" : "\n");
	}
	if (chance(p, 85)) {
		sbuf_puts(&p->text, "DEFAULT ");
		put_action(p);
		sbuf_puts(&p->text, "\n");
	}
}

static uint64_t interesting(struct policies *p)
{
	uint64_t v = p->n_numbers && chance(p, 80) ? p->numbers[upto(p, p->n_numbers)] : value(p);

	switch (upto(p, 10)) {
	case 0: return v + 1;
	case 1: return v - 1;
	case 2: return v | 1ull << 32;
	case 3: return (uint32_t)v;
	case 4: return v << 32;
	case 5: return ~v;
	case 6: return v | 1;
	default: return v;
	}
}

void policies_call(struct policies *p, struct seccomp_data *ret)
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0, UINT32_MAX};
	uint32_t nr = p->n_nrs && chance(p, 90) ? p->nrs[upto(p, p->n_nrs)] : upto(p, 480);

	if (chance(p, 10))
		nr += chance(p, 50) ? 1 : UINT32_MAX;
	if (chance(p, 3))
		nr |= 0x40000000;
	*ret = (struct seccomp_data){.nr = (int)nr, .instruction_pointer = draw(p)};
	ret->arch = chance(p, 97) ? p->arch->audit : archs[upto(p, ARRAY_SIZE(archs))];
	if (p->other && chance(p, 50))
		ret->arch = p->other->audit;
	for (unsigned i = 0; i < 6; i++)
		ret->args[i] = i && chance(p, 20) ? ret->args[upto(p, i)] : interesting(p);
}

void policies_free(struct policies *p)
{
	sbuf_free(&p->text);
}
