/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strings: strict number parsing, a growing buffer, the nearest name for a misspelling.
 */
#ifndef TOASTAINER_BASE_STR_H
#define TOASTAINER_BASE_STR_H

#include "base/defs.h"

/**
 * str_u64() - the whole string as an unsigned number: decimal, 0x hex or 0 octal.
 * Return: 0; -EINVAL (empty, sign, blanks, trailing text); -ERANGE (above @max).
 */
int str_u64(const char *s, uint64_t max, uint64_t *ret);

/** str_i64() - as str_u64(), with an optional sign. -ERANGE outside @min..@max. */
int str_i64(const char *s, int64_t min, int64_t max, int64_t *ret);

/** str_u32() - str_u64() for 32 bits. */
int str_u32(const char *s, uint32_t *ret);

/**
 * str_duration() - a length of time: "2", "1.5", "200ms", "90s", "10m", "1h"; without a unit, seconds.
 * @ret: nanoseconds
 * Return: 0; -EINVAL; -ERANGE (hundreds of years).
 */
int str_duration(const char *s, uint64_t *ret);

/** str_size() - a number of bytes: "4096", "64k", "1.5M", "2G"; k is 1024. As str_duration(). */
int str_size(const char *s, uint64_t *ret);

/**
 * str_nearest() - keep the better of two guesses at a misspelt name.
 * @word: what was written
 * @name: a candidate
 * @best: the best so far (start with NULL); replaced when @name is nearer
 * @best_distance: its edit distance; start with UINT_MAX
 * Candidates further away than a third of the word's length are not taken.
 */
void str_nearest(const char *word, const char *name, const char **best, unsigned *best_distance);

/** str_utf8_len() - bytes of the well-formed UTF-8 sequence at @text (NUL-terminated), 0: it is none. */
unsigned str_utf8_len(const char *text);

/** str_unescape_mount() - in place: /proc/PID/mountinfo has blanks and backslashes as \040. */
void str_unescape_mount(char *s);

/** str_signal() - "SIGTERM"; "signal N" where a number has no name, in a buffer of @n bytes. */
const char *str_signal(int sig, char *buf, size_t n);

/* struct sbuf - a growing string on the heap. Zero-initialised is empty and valid. */
struct sbuf {
	char *s; /* NUL-terminated once something was put; owned */
	size_t n, cap;
	bool failed; /* out of memory: what follows is dropped, check once at the end */
	bool lent;   /* s is the caller's memory for now: see sbuf_lend() */
};

/** sbuf_lend() - an empty string that lies in @first as long as it fits, and on the heap after that. */
void sbuf_lend(struct sbuf *b, char *first, size_t n);

void sbuf_put(struct sbuf *b, const char *s, size_t n);
void sbuf_puts(struct sbuf *b, const char *s);
void sbuf_printf(struct sbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** sbuf_number() - in decimal; for texts with many numbers, where printf would take most of the time. */
void sbuf_number(struct sbuf *b, uint64_t v);

/** sbuf_utf8() - a code point as UTF-8. */
void sbuf_utf8(struct sbuf *b, uint32_t c);

/** sbuf_json() - @s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void sbuf_json(struct sbuf *b, const char *s);

/** sbuf_free() - free; empty and valid again. */
void sbuf_free(struct sbuf *b);

#define _cleanup_sbuf_ _cleanup_(sbuf_free)

#endif
