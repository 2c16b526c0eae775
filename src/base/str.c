// SPDX-License-Identifier: BSD-3-Clause
/*
 * String helpers. Nothing here looks at the locale.
 */
#include <limits.h>
#include <signal.h>
#include <stdarg.h>

#include "base/mem.h"
#include "base/str.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

int str_u64(const char *s, uint64_t max, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1]) {
		base = 8;
		s++;
	}
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		unsigned d = (unsigned)digit(*s);

		if (d >= base)
			return -EINVAL;
		if (v > (UINT64_MAX - d) / base)
			v = UINT64_MAX; /* keep checking the digits: garbage is EINVAL */
		else
			v = v * base + d;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int str_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool neg = *s == '-';
	uint64_t v;
	int r;

	if (*s == '-' || *s == '+')
		s++;
	r = str_u64(s, neg ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, &v);
	if (r < 0)
		return r;
	if (neg ? (v > (uint64_t)INT64_MAX + 1 || (int64_t)(0 - v) < min) : (int64_t)v < min)
		return -ERANGE;
	if (!neg && (int64_t)v > max)
		return -ERANGE;
	*ret = neg ? (int64_t)(0 - v) : (int64_t)v;
	return *ret > max ? -ERANGE : 0;
}

int str_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = str_u64(s, UINT32_MAX, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

/* A unit after a number, and how much it is. */
struct unit {
	const char *name;
	uint64_t factor;
};

/* with_unit() - digits, perhaps a fraction of at most nine digits, and one of the units. */
static int with_unit(const char *s, const struct unit *units, size_t n, uint64_t *ret)
{
	uint64_t whole = 0, part = 0, scale = 1, v;
	const char *first = s;

	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole))
			return -ERANGE;
	if (s == first)
		return -EINVAL;
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9' && scale < 1000000000; s++, scale *= 10)
			part = part * 10 + (uint64_t)(*s - '0');
		if (scale == 1)
			return -EINVAL;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(s, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(whole, units[i].factor, &v))
			return -ERANGE;
		/* the factor is at most 2^42, so part of it fits 128 bits only */
		part = (uint64_t)((unsigned __int128)part * units[i].factor / scale);
		return __builtin_add_overflow(v, part, ret) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int str_duration(const char *s, uint64_t *ret)
{
	static const struct unit units[] = {
		{"", 1000000000}, {"s", 1000000000},	 {"ms", 1000000},
		{"us", 1000},	  {"m", 60000000000ULL}, {"h", 3600000000000ULL},
	};

	return with_unit(s, units, ARRAY_SIZE(units), ret);
}

int str_size(const char *s, uint64_t *ret)
{
	static const struct unit units[] = {
		{"", 1}, {"k", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {"T", 1ULL << 40},
	};

	return with_unit(s, units, ARRAY_SIZE(units), ret);
}

/* Levenshtein distance with one row; names are short. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t n = strlen(b);

	if (n >= ARRAY_SIZE(row) || strlen(a) >= ARRAY_SIZE(row))
		return UINT_MAX;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diag = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned up = row[j];
			unsigned best = diag + (a[i - 1] != b[j - 1]);

			best = MIN(best, MIN(up, row[j - 1]) + 1);
			row[j] = best;
			diag = up;
		}
	}
	return row[n];
}

void str_nearest(const char *word, const char *name, const char **best, unsigned *best_distance)
{
	size_t n = strlen(word), m = strlen(name), limit = (n + 2) / 3;
	unsigned d;

	if (n > m + limit || m > n + limit)
		return;
	d = distance(word, name);
	if (d <= limit && d < *best_distance) {
		*best = name;
		*best_distance = d;
	}
}

void str_unescape_mount(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = 0;
}

const char *str_signal(int sig, char *buf, size_t n)
{
	static const char *const names[] = {
#define NAME(s) [s] = #s
		NAME(SIGHUP),  NAME(SIGINT),   NAME(SIGQUIT), NAME(SIGILL),  NAME(SIGTRAP),
		NAME(SIGABRT), NAME(SIGBUS),   NAME(SIGFPE),  NAME(SIGKILL), NAME(SIGUSR1),
		NAME(SIGSEGV), NAME(SIGUSR2),  NAME(SIGPIPE), NAME(SIGALRM), NAME(SIGTERM),
		NAME(SIGCHLD), NAME(SIGCONT),  NAME(SIGSTOP), NAME(SIGTSTP), NAME(SIGTTIN),
		NAME(SIGTTOU), NAME(SIGURG),   NAME(SIGXCPU), NAME(SIGXFSZ), NAME(SIGVTALRM),
		NAME(SIGPROF), NAME(SIGWINCH), NAME(SIGIO),   NAME(SIGPWR),  NAME(SIGSYS),
#undef NAME
	};

	if (sig > 0 && sig < (int)ARRAY_SIZE(names) && names[sig])
		return names[sig];
	snprintf(buf, n, "signal %d", sig);
	return buf;
}

void sbuf_lend(struct sbuf *b, char *first, size_t n)
{
	*b = (struct sbuf){.s = first, .cap = n, .lent = true};
}

static bool reserve(struct sbuf *b, size_t more)
{
	if (b->failed)
		return false;
	if (b->n + more + 1 > b->cap) {
		size_t cap = MAX((b->n + more + 1) * 2, (size_t)4000);
		char *s = mem_realloc(b->lent ? NULL : b->s, cap);

		if (!s) {
			b->failed = true;
			return false;
		}
		if (b->lent)
			memcpy(s, b->s, b->n);
		b->lent = false;
		b->s = s;
		b->cap = cap;
	}
	return true;
}

void sbuf_put(struct sbuf *b, const char *s, size_t n)
{
	if (!reserve(b, n))
		return;
	memcpy(b->s + b->n, s, n);
	b->n += n;
	b->s[b->n] = 0;
}

void sbuf_puts(struct sbuf *b, const char *s)
{
	sbuf_put(b, s, strlen(s));
}

void sbuf_utf8(struct sbuf *b, uint32_t c)
{
	char s[4];

	if (c < 0x80) {
		s[0] = (char)c;
		sbuf_put(b, s, 1);
	} else if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		sbuf_put(b, s, 2);
	} else if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		sbuf_put(b, s, 3);
	} else {
		s[0] = (char)(0xf0 | c >> 18);
		s[1] = (char)(0x80 | (c >> 12 & 0x3f));
		s[2] = (char)(0x80 | (c >> 6 & 0x3f));
		s[3] = (char)(0x80 | (c & 0x3f));
		sbuf_put(b, s, 4);
	}
}

void sbuf_printf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;
	size_t room;
	int n;

	if (!reserve(b, 0))
		return;
	room = b->cap - b->n;
	va_start(ap, fmt);
	n = vsnprintf(b->s + b->n, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room && reserve(b, (size_t)n)) {
		va_start(ap, fmt);
		n = vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	if (n >= 0 && !b->failed)
		b->n += (size_t)n;
	b->s[b->n] = 0;
}

void sbuf_number(struct sbuf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	sbuf_put(b, digits + at, sizeof(digits) - at);
}

unsigned str_utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned n = s[0] < 0x80		   ? 1
		     : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		     : (s[0] & 0xf0) == 0xe0	   ? 3
		     : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						   : 0;

	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0;
	if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return n;
}

void sbuf_json(struct sbuf *b, const char *s)
{
	sbuf_puts(b, "\"");
	while (*s) {
		unsigned char c = (unsigned char)*s;
		unsigned n;

		if (c == '"' || c == '\\') {
			sbuf_printf(b, "\\%c", c);
			s++;
		} else if (c < ' ') {
			sbuf_printf(b, "\\u%04x", c);
			s++;
		} else if ((n = str_utf8_len(s)) > 0) {
			sbuf_put(b, s, n);
			s += n;
		} else {
			sbuf_puts(b, "\xef\xbf\xbd");
			s++;
		}
	}
	sbuf_puts(b, "\"");
}

void sbuf_free(struct sbuf *b)
{
	if (!b->lent)
		free(b->s);
	*b = (struct sbuf){0};
}
