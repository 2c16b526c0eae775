// SPDX-License-Identifier: BSD-3-Clause
/*
 * kafel: recorded policies with the decisions, or the error, that Kafel's own compiler has for them,
 * and how many instructions its filters execute. The file is $TOASTAINER_COMPAT_DIR/kafel_cases.jsonl;
 * without it the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/audit.h>

#include "base/io.h"
#include "kafel/bpf.h"
#include "kafel/kafel.h"

#ifndef COMPAT_DIR
#define COMPAT_DIR "../shared/compat"
#endif
#define MAX_PROBES 512

struct probe {
	struct seccomp_data call;
	uint32_t wanted;
};

struct recorded {
	char *name, *policy;
	bool error, include;
	unsigned max; /* instructions executed by Kafel's filter for any of the probes */
	struct probe probes[MAX_PROBES];
	unsigned n_probes;
};

/* --- as much JSON as the file needs ----------------------------------------------------------- */

struct json {
	const char *s;
	struct arena *a;
};

static void blank(struct json *j)
{
	while (*j->s == ' ' || *j->s == '\n')
		j->s++;
}

static bool take(struct json *j, char c)
{
	blank(j);
	if (*j->s != c)
		return false;
	j->s++;
	return true;
}

static char *put_utf8(char *d, unsigned c)
{
	if (c < 0x80) {
		*d++ = (char)c;
	} else if (c < 0x800) {
		*d++ = (char)(0xc0 | c >> 6);
		*d++ = (char)(0x80 | (c & 63));
	} else {
		*d++ = (char)(0xe0 | c >> 12);
		*d++ = (char)(0x80 | (c >> 6 & 63));
		*d++ = (char)(0x80 | (c & 63));
	}
	return d;
}

static char *string(struct json *j)
{
	char *start, *d;

	assert_true(take(j, '"'));
	d = start = arena_alloc(j->a, strlen(j->s) + 1);
	assert_non_null(start);
	for (; *j->s != '"'; j->s++) {
		const char *escapes = "n\nt\tr\rf\fb\b", *e;

		assert_true(*j->s);
		if (*j->s != '\\') {
			*d++ = *j->s;
		} else if (*++j->s == 'u') {
			char hex[5] = {j->s[1], j->s[2], j->s[3], j->s[4]};

			d = put_utf8(d, (unsigned)strtoul(hex, NULL, 16));
			j->s += 4;
		} else {
			e = strchr(escapes, *j->s);
			*d++ = e ? e[1] : *j->s;
		}
	}
	j->s++;
	*d = 0;
	return start;
}

static uint64_t number(struct json *j)
{
	char *end;
	uint64_t v;

	blank(j);
	v = *j->s == '-' ? (uint64_t)strtoll(j->s, &end, 10) : strtoull(j->s, &end, 10);
	assert_true(end > j->s);
	j->s = end;
	if (*j->s == '.')
		j->s += 1 + strspn(j->s + 1, "0123456789");
	return v;
}

/* [nr, arch, [arguments], wanted] or an object with these names. */
static void probe(struct json *j, struct probe *p)
{
	const char *key = "nr arch args ret";
	bool object = take(j, '{');

	if (!object)
		assert_true(take(j, '['));
	do {
		key = object ? string(j) : key;
		if (object)
			assert_true(take(j, ':'));
		if (str_starts(key, "nr")) {
			p->call.nr = (int)(uint32_t)number(j);
		} else if (str_starts(key, "arch")) {
			p->call.arch = (uint32_t)number(j);
		} else if (str_starts(key, "args")) {
			unsigned n = 0;

			assert_true(take(j, '['));
			do
				p->call.args[n++] = number(j);
			while (n < 6 && take(j, ','));
			assert_true(take(j, ']'));
		} else if (str_starts(key, "ret")) {
			p->wanted = (uint32_t)number(j);
		} else {
			assert_string_equal(key, "ip");
			p->call.instruction_pointer = number(j);
		}
		if (!object)
			key = strchr(key, ' ') ? strchr(key, ' ') + 1 : key;
	} while (take(j, ','));
	assert_true(take(j, object ? '}' : ']'));
}

static void probes(struct json *j, struct recorded *r)
{
	assert_true(take(j, '['));
	while (!take(j, ']')) {
		assert_true(r->n_probes < MAX_PROBES);
		probe(j, &r->probes[r->n_probes++]);
		take(j, ',');
	}
}

static void figures(struct json *j, struct recorded *r)
{
	assert_true(take(j, '{'));
	do {
		char *key = string(j);

		assert_true(take(j, ':'));
		if (str_eq(key, "executed_max"))
			r->max = (unsigned)number(j);
		else
			number(j);
	} while (take(j, ','));
	assert_true(take(j, '}'));
}

static void read_case(struct json *j, struct recorded *r)
{
	assert_true(take(j, '{'));
	do {
		char *key = string(j);

		assert_true(take(j, ':'));
		blank(j);
		if (str_eq(key, "probes"))
			probes(j, r);
		else if (str_eq(key, "kafel"))
			figures(j, r);
		else if (str_eq(key, "name"))
			r->name = string(j);
		else if (str_eq(key, "policy"))
			r->policy = string(j);
		else if (str_eq(key, "expect"))
			r->error = str_eq(string(j), "error");
		else if (*j->s == '"')
			string(j);
		else if (str_starts(j->s, "true"))
			r->include = true, j->s += 4;
		else if (str_starts(j->s, "false"))
			j->s += 5;
		else
			number(j);
	} while (take(j, ','));
	assert_true(take(j, '}'));
}

/* --- the test --------------------------------------------------------------------------------- */

static bool run_case(const struct recorded *c)
{
	struct kafel_options opts = {.arch = AUDIT_ARCH_X86_64};
	struct err err = ERR_INIT;
	struct arena a = {0};
	struct sock_fprog prog;
	unsigned longest = 0;
	bool ok = true;
	int r = kafel_compile(&opts, c->policy, strlen(c->policy), "policy", &a, &prog, &err);

	if ((r < 0) != c->error) {
		print_error("%s: %s\n", c->name, r < 0 ? err.msg : "compiled, but is an error");
		ok = false;
	}
	for (unsigned i = 0; r == 0 && i < c->n_probes; i++) {
		const struct probe *p = &c->probes[i];
		unsigned steps;
		uint32_t got = bpf_run(&prog, &p->call, &steps);

		longest = MAX(longest, steps);
		if (got != p->wanted) {
			print_error("%s: call %d of 0x%x: 0x%x instead of 0x%x\n", c->name,
				    p->call.nr, p->call.arch, got, p->wanted);
			ok = false;
		}
	}
	if (r == 0 && longest > c->max) {
		print_error("%s: %u instructions executed, Kafel's filter needs at most %u\n",
			    c->name, longest, c->max);
		ok = false;
	}
	arena_free(&a);
	return ok;
}

static char path[4096];

static void test_cases(void **state UNUSED)
{
	unsigned n = 0, failed = 0;
	struct arena a = {0};
	struct err err;
	char *text;

	assert_int_equal(io_read_file(&a, AT_FDCWD, path, 64 << 20, &text, NULL, &err), 0);
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct recorded *c = arena_alloc(&a, sizeof(*c));

		assert_non_null(c);
		read_case(&(struct json){line, &a}, c);
		/* These need files that are not there; what a policy may include is tested elsewhere. */
		if (c->include && strstr(c->policy, "#include"))
			continue;
		n++;
		failed += !run_case(c);
	}
	print_message("%u policies, %u failed\n", n, failed);
	assert_true(n > 0);
	assert_int_equal(failed, 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
	const char *dir = getenv("TOASTAINER_COMPAT_DIR");

	snprintf(path, sizeof(path), "%s/kafel_cases.jsonl", dir && *dir ? dir : COMPAT_DIR);
	if (access(path, R_OK) < 0) {
		printf("SKIP: no %s\n", path);
		return 77;
	}
	return cmocka_run_group_tests_name("kafel_cases", tests, NULL, NULL);
}
