// SPDX-License-Identifier: BSD-3-Clause
/*
 * The built-in policies: look-ups in the table that the build makes of src/kafel/builtin, and their filters.
 * Called by who installs filters, by `toastainer policy` and by who explains a violation. Nothing here fails.
 */
#include "base/str.h"
#include "kafel/builtin_filters.h"
#include "kafel/kafel.h"

static const char blanks[] = " \t\n";

const struct kafel_builtin *kafel_builtin_named(const char *name)
{
	const struct kafel_builtin *b = kafel_builtins;

	while (b->name && !str_eq(b->name, name))
		b++;
	return b->name ? b : NULL;
}

/* The word at @s, without the blanks around it. */
static bool only_word(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word), from = strspn(s, blanks);

	return n >= from + len && memcmp(s + from, word, len) == 0 &&
	       from + len + strspn(s + from + len, blanks) == n;
}

bool kafel_ready(const char *text, size_t n, struct sock_fprog *ret)
{
#define READY(name)                                                                                \
	{                                                                                          \
#name, name##_filter, ARRAY_SIZE(name##_filter)                                    \
	}
	static const struct {
		const char *name;
		const struct sock_filter *filter;
		unsigned short len;
	} ready[] = {READY(strict_compute), READY(toastainer_default)};
	size_t at = strspn(text, blanks);

	if (memchr(text, 0, n) || !str_starts(text + at, "USE") || !strspn(text + at + 3, blanks))
		return false;
	at += 3;
	for (size_t i = 0; i < ARRAY_SIZE(ready); i++) {
		if (!only_word(text + at, n - at, ready[i].name))
			continue;
		/* The kernel only reads it, but its structure is not const. */
		*ret = (struct sock_fprog){ready[i].len,
					   (struct sock_filter *)(uintptr_t)ready[i].filter};
		return true;
	}
	return false;
}

const char *kafel_builtin_reason(const struct kafel_pos *pos, int *ret_len)
{
	const struct kafel_builtin *b = pos->line ? kafel_builtin_named(pos->file) : NULL;
	const char *s = b ? b->text : NULL, *end, *reason;

	for (uint32_t line = 1; s && line < pos->line; line++) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (!s)
		return NULL;
	end = strchrnul(s, '\n');
	reason = memmem(s, (size_t)(end - s), "// ", 3);
	if (!reason)
		return NULL;
	*ret_len = (int)(end - reason - 3);
	return reason + 3;
}
