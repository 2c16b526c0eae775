// SPDX-License-Identifier: BSD-3-Clause
/*
 * The built-in policies: look-ups in the table that the build makes of src/kafel/builtin. Called by
 * `toastainer policy` and by who explains a violation. Nothing here fails.
 */
#include "base/str.h"
#include "kafel/kafel.h"

const struct kafel_builtin *kafel_builtin_named(const char *name)
{
	const struct kafel_builtin *b = kafel_builtins;

	while (b->name && !str_eq(b->name, name))
		b++;
	return b->name ? b : NULL;
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
