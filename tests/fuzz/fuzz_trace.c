// SPDX-License-Identifier: BSD-3-Clause
/*
 * A system call and the memory that its pointers lead to: one byte for the architecture, two for the
 * number, five for each argument (a kind and a value), the rest is memory from 0x10000 on. What becomes
 * of it must be plain text in one line, and JSON without control characters.
 */
#include "trace/collect.h"
#include "trace/trace.h"

#define BASE 0x10000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t read_input(const struct memory *m, uint64_t addr, void *buf, size_t n)
{
	if (addr < BASE || addr - BASE >= m->len)
		return -EFAULT;
	n = MIN(n, m->len - (size_t)(addr - BASE));
	memcpy(buf, (const char *)m->data + (addr - BASE), n);
	return (ssize_t)n;
}

static void check_line(const struct sbuf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->s[i] < ' ' || b->s[i] > '~')
			abort();
}

static void check_json(const struct sbuf *b)
{
	for (size_t i = 0; i + 1 < b->n; i++)
		if ((unsigned char)b->s[i] < ' ')
			abort();
}

static void check_call(const struct call *c, const struct memory *m)
{
	const struct kafel_decision d = {SECCOMP_RET_KILL_PROCESS, {"p", 1, 1}, "call"};
	struct sbuf text = {0}, json = {0}, report = {0};
	struct collection all = {0};
	static struct touch touch;
	struct violation v;

	violation_fill(&v, c, &d, m);
	violation_text(&v, &text);
	check_line(&text);
	violation_json(&v, &json);
	check_json(&json);
	collect_look(c, m, &touch);
	collect_add(&all, c, &touch);
	collect_add(&all, c, &touch);
	collect_forget(&touch);
	collect_refused(&all, c, &d, m);
	json.n = 0;
	collect_json(&all, &json);
	check_json(&json);
	json.n = 0;
	collect_refused_json(&all, &json);
	check_json(&json);
	collect_text(&all, &report);
	collect_refused_text(&all, &report);
	sbuf_free(&text);
	sbuf_free(&json);
	sbuf_free(&report);
	collect_free(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,	 AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM,    AUDIT_ARCH_RISCV64, 0x1234};
	enum { HEAD = 3 + SYSCALLS_MAX_ARGS * 5 };
	struct seccomp_data d;
	struct memory m;
	struct call c;

	if (size < HEAD)
		return 0;
	d = (struct seccomp_data){.arch = arches[data[0] % ARRAY_SIZE(arches)],
				  .nr = data[1] | data[2] << 8};
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++) {
		const uint8_t *a = data + 3 + (size_t)i * 5;
		uint32_t value;

		memcpy(&value, a + 1, sizeof(value));
		d.args[i] = a[0] & 1 ? BASE + (uint64_t)value : (uint64_t)value << (a[0] & 32);
	}
	m = (struct memory){.read = read_input, .data = data + HEAD, .len = size - HEAD};
	decode_call(&d, &m, &c);
	check_call(&c, &m);
	return 0;
}
