/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory: an arena for everything that lives as long as a config or a plan, and the one allocator
 * below it, which tests can make fail at the Nth call.
 */
#ifndef TOASTAINER_BASE_MEM_H
#define TOASTAINER_BASE_MEM_H

#include "base/defs.h"

/** mem_alloc() - zeroed memory, freed with free(). Return: NULL when there is none. */
void *mem_alloc(size_t size);

/** mem_realloc() - as realloc(3). */
void *mem_realloc(void *p, size_t size);

/**
 * mem_fail_at() - tests only: let the @nth allocation from now on fail (1: the next; 0: none).
 * Return: whether the failure asked for before had not come yet.
 */
bool mem_fail_at(unsigned long nth);

struct arena_block;

/* struct arena - allocations that are freed together. Zero-initialised is empty and valid. */
struct arena {
	struct arena_block *blocks;
	char *cur, *end;
};

/**
 * arena_first() - give an empty arena its first memory, which stays the caller's.
 * @buf: zeroed, 16-byte aligned, outlives the arena
 */
void arena_first(struct arena *a, char *buf, size_t n);

/**
 * arena_alloc() - zeroed, 8-byte aligned memory owned by the arena.
 * Return: NULL when there is none.
 */
void *arena_alloc(struct arena *a, size_t size);

/** arena_dup() - copy of @n bytes with a NUL after them. */
char *arena_dup(struct arena *a, const void *p, size_t n);

/** arena_strdup() - copy of a string. */
char *arena_strdup(struct arena *a, const char *s);

/** arena_printf() - formatted string owned by the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/**
 * arena_grow() - room for one more element of a growing array.
 * @items: the array, or NULL
 * @n: elements in use
 * @cap: elements allocated; updated
 * @size: of one element
 * Return: the array (moved or not; the new element is zeroed), NULL when there is no memory.
 */
void *arena_grow(struct arena *a, void *items, uint32_t n, uint32_t *cap, size_t size);

/** arena_join() - what @from owns belongs to @to from now on; @from is empty and valid again. */
void arena_join(struct arena *to, struct arena *from);

/** arena_free() - free everything; the arena is empty and valid again. */
void arena_free(struct arena *a);

#endif
