// SPDX-License-Identifier: BSD-3-Clause
/*
 * Classic BPF as seccomp allows it (kernel: bpf_check_classic(), seccomp_check_filter()): checks,
 * an interpreter, and a disassembler. Called by kafel_generate(), the tests and `policy dump`.
 */
#include "kafel/bpf.h"
#include "kafel/kafel.h"

#define DATA_SIZE ((uint32_t)sizeof(struct seccomp_data))

static const char *check_insn(const struct sock_filter *f, uint32_t left, uint32_t *written)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k >= DATA_SIZE || f->k & 3 ? "load outside of the call's data" : NULL;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	/* BPF_ADD and BPF_K are 0. */
	case BPF_ALU:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG: return NULL;
	case BPF_ALU | BPF_DIV | BPF_K: return f->k ? NULL : "division by zero";
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K: return f->k < 32 ? NULL : "shift by more than 31";
	case BPF_ST:
	case BPF_STX:
		if (f->k >= BPF_MEMWORDS)
			return "store outside of the scratch memory";
		*written |= 1u << f->k;
		return NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		if (f->k >= BPF_MEMWORDS)
			return "load outside of the scratch memory";
		return *written & 1u << f->k ? NULL : "load of scratch memory never written";
	case BPF_JMP | BPF_JA: return f->k < left ? NULL : "jump beyond the end";
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return f->jt < left && f->jf < left ? NULL : "jump beyond the end";
	default: return "an instruction that seccomp does not allow";
	}
}

/* The scratch words surely written when each instruction is reached (kernel: check_load_and_stores). */
int bpf_check(const struct sock_fprog *prog, struct err *err)
{
	uint16_t reached[KAFEL_MAX_INSNS];
	uint32_t written = 0;

	/* The kernel does not clear it after a return either. */
	if (prog->len == 0 || prog->len > KAFEL_MAX_INSNS)
		return err_set(err, EINVAL, "a filter of %u instructions", prog->len);
	memset(reached, 0xff, sizeof(reached));
	for (uint32_t i = 0; i < prog->len; i++) {
		const struct sock_filter *f = &prog->filter[i];
		uint32_t left = prog->len - i - 1u;
		const char *what;

		written &= reached[i];
		what = check_insn(f, left, &written);
		if (what)
			return err_set(err, EINVAL, "filter instruction %u: %s", i, what);
		if (BPF_CLASS(f->code) == BPF_JMP) {
			uint32_t t = i + 1 + (BPF_OP(f->code) == BPF_JA ? f->k : f->jt);
			uint32_t e = i + 1 + (BPF_OP(f->code) == BPF_JA ? f->k : f->jf);

			reached[t] &= (uint16_t)written;
			reached[e] &= (uint16_t)written;
			written = 0xffff;
		}
	}
	if (BPF_CLASS(prog->filter[prog->len - 1].code) != BPF_RET)
		return err_set(err, EINVAL, "the filter does not end with a return");
	return 0;
}

static uint32_t alu(uint16_t op, uint32_t a, uint32_t v)
{
	switch (op) {
	case BPF_ADD: return a + v;
	case BPF_SUB: return a - v;
	case BPF_MUL: return a * v;
	case BPF_DIV: return v ? a / v : 0;
	case BPF_AND: return a & v;
	case BPF_OR: return a | v;
	case BPF_XOR: return a ^ v;
	case BPF_LSH: return a << (v & 31);
	case BPF_RSH: return a >> (v & 31);
	default: return 0 - a;
	}
}

static bool jump(uint16_t op, uint32_t a, uint32_t v)
{
	switch (op) {
	case BPF_JEQ: return a == v;
	case BPF_JGT: return a > v;
	case BPF_JGE: return a >= v;
	default: return a & v;
	}
}

static uint32_t load(const struct sock_filter *f, const uint32_t *words, const uint32_t *mem)
{
	switch (BPF_MODE(f->code)) {
	case BPF_ABS: return words[f->k / 4];
	case BPF_MEM: return mem[f->k];
	case BPF_LEN: return DATA_SIZE;
	default: return f->k;
	}
}

uint32_t bpf_run(const struct sock_fprog *prog, const struct seccomp_data *data,
		 unsigned *ret_steps)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = {0}, words[sizeof(*data) / 4];
	unsigned steps = 0;
	uint32_t pc = 0;

	memcpy(words, data, sizeof(words));
	for (;;) {
		const struct sock_filter *f = &prog->filter[pc++];
		uint32_t v = BPF_SRC(f->code) == BPF_X ? x : f->k;

		steps++;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD: a = load(f, words, mem); break;
		case BPF_LDX: x = load(f, words, mem); break;
		case BPF_ST: mem[f->k] = a; break;
		case BPF_STX: mem[f->k] = x; break;
		case BPF_ALU: a = alu(BPF_OP(f->code), a, v); break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				pc += f->k;
			else
				pc += jump(BPF_OP(f->code), a, v) ? f->jt : f->jf;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		default:
			if (ret_steps)
				*ret_steps = steps;
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		}
	}
}

unsigned bpf_longest(const struct sock_fprog *prog)
{
	uint16_t longest[KAFEL_MAX_INSNS] = {0};

	for (unsigned i = prog->len; i-- > 0;) {
		const struct sock_filter *f = &prog->filter[i];

		if (BPF_CLASS(f->code) == BPF_RET)
			longest[i] = 1;
		else if (BPF_CLASS(f->code) != BPF_JMP)
			longest[i] = (uint16_t)(longest[i + 1] + 1);
		else if (BPF_OP(f->code) == BPF_JA)
			longest[i] = (uint16_t)(longest[i + 1 + f->k] + 1);
		else
			longest[i] =
				(uint16_t)(MAX(longest[i + 1 + f->jt], longest[i + 1 + f->jf]) + 1);
	}
	return longest[0];
}

static const char *field(uint32_t offset, char *buf, size_t n)
{
	if (offset == offsetof(struct seccomp_data, nr))
		return "nr";
	if (offset == offsetof(struct seccomp_data, arch))
		return "arch";
	if (offset < offsetof(struct seccomp_data, args))
		snprintf(buf, n, "ip.%s", offset & 4 ? "high" : "low");
	else
		snprintf(buf, n, "arg%u.%s", (offset - 16) / 8, offset & 4 ? "high" : "low");
	return buf;
}

static const char alu_names[][5] = {"add", "sub", "mul", "div", "or", "and",
				    "lsh", "rsh", "neg", "mod", "xor"};
static const char jump_names[][5] = {"ja", "jeq", "jgt", "jge", "jset"};

static void print_insn(struct sbuf *out, const struct sock_filter *f, unsigned i)
{
	unsigned op = BPF_OP(f->code) >> 4;
	char buf[32], value[16];

	snprintf(value, sizeof(value), "#0x%x", f->k);
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
		sbuf_printf(out, "%s", BPF_CLASS(f->code) == BPF_LD ? "ld   " : "ldx  ");
		if (BPF_MODE(f->code) == BPF_ABS)
			sbuf_printf(out, "[%u] ; %s", f->k, field(f->k, buf, sizeof(buf)));
		else if (BPF_MODE(f->code) == BPF_MEM)
			sbuf_printf(out, "M[%u]", f->k);
		else
			sbuf_puts(out, value);
		break;
	case BPF_ST: sbuf_printf(out, "st   M[%u]", f->k); break;
	case BPF_STX: sbuf_printf(out, "stx  M[%u]", f->k); break;
	case BPF_ALU:
		sbuf_printf(out, "%-4s %s", op < ARRAY_SIZE(alu_names) ? alu_names[op] : "alu?",
			    BPF_SRC(f->code) == BPF_X ? "x" : value);
		break;
	case BPF_JMP:
		if (op == 0)
			sbuf_printf(out, "ja   %u", i + 1 + f->k);
		else
			sbuf_printf(out, "%-4s %s, %u, %u",
				    op < ARRAY_SIZE(jump_names) ? jump_names[op] : "jmp?",
				    BPF_SRC(f->code) == BPF_X ? "x" : value, i + 1 + f->jt,
				    i + 1 + f->jf);
		break;
	case BPF_RET:
		sbuf_printf(out, "ret  %s",
			    BPF_RVAL(f->code) == BPF_A ? "a"
						       : kafel_action_name(f->k, buf, sizeof(buf)));
		break;
	default: sbuf_puts(out, BPF_MISCOP(f->code) == BPF_TAX ? "tax" : "txa");
	}
}

void bpf_print(struct sbuf *out, const struct sock_fprog *prog)
{
	for (unsigned i = 0; i < prog->len; i++) {
		sbuf_printf(out, "%4u: ", i);
		print_insn(out, &prog->filter[i], i);
		sbuf_puts(out, "\n");
	}
}
