// SPDX-License-Identifier: BSD-3-Clause
/*
 * The arena and its allocator. Running out of memory is an error that callers pass on.
 */
#include <stdarg.h>

#include "base/mem.h"

struct arena_block {
	struct arena_block *next;
	char data[] __attribute__((aligned(16)));
};

static unsigned long fail_countdown;

bool mem_fail_at(unsigned long nth)
{
	bool pending = fail_countdown != 0;

	fail_countdown = nth;
	return pending;
}

static bool must_fail(void)
{
	return fail_countdown && --fail_countdown == 0;
}

void *mem_alloc(size_t size)
{
	return must_fail() ? NULL : calloc(1, size ? size : 1);
}

void *mem_realloc(void *p, size_t size)
{
	return must_fail() ? NULL : realloc(p, size ? size : 1);
}

void arena_first(struct arena *a, char *buf, size_t n)
{
	a->cur = buf;
	a->end = buf + n;
}

void *arena_alloc(struct arena *a, size_t size)
{
	char *p;

	if (size > SIZE_MAX / 2 || must_fail())
		return NULL;
	size = (size + 7) & ~(size_t)7;
	if ((size_t)(a->end - a->cur) < size) {
		size_t room = MAX(size, (size_t)4000);
		struct arena_block *b = mem_alloc(sizeof(*b) + room);

		if (!b)
			return NULL;
		b->next = a->blocks;
		a->blocks = b;
		a->cur = b->data;
		a->end = b->data + room;
	}
	p = a->cur;
	a->cur += size;
	return p;
}

char *arena_dup(struct arena *a, const void *p, size_t n)
{
	char *d = arena_alloc(a, n + 1);

	if (d) {
		memcpy(d, p, n);
		d[n] = 0;
	}
	return d;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *d;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	d = arena_alloc(a, (size_t)n + 1);
	if (d) {
		va_start(ap, fmt);
		vsnprintf(d, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	return d;
}

void *arena_grow(struct arena *a, void *items, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t room;
	void *p;

	if (n < *cap)
		return items;
	room = *cap ? *cap * 2 : 8;
	if (room < *cap)
		return NULL;
	p = arena_alloc(a, (size_t)room * size);
	if (!p)
		return NULL;
	if (n)
		memcpy(p, items, (size_t)n * size);
	*cap = room;
	return p;
}

void arena_join(struct arena *to, struct arena *from)
{
	struct arena_block **last = &to->blocks;

	while (*last)
		last = &(*last)->next;
	*last = from->blocks;
	*from = (struct arena){0};
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}
