// SPDX-License-Identifier: BSD-3-Clause
/*
 * The common half of the config parsers (textproto.c, jsonconf.c): places, fields and values.
 * Errors are those of a user's file: EINVAL with a place, or no memory.
 */
#include <limits.h>

#include "base/str.h"
#include "config/field_hint.h"
#include "config/reader.h"

void reader_start(struct reader *r, struct config *cfg, const char *file, const char *text,
		  size_t n, struct err *err)
{
	*r = (struct reader){
		.cfg = cfg,
		.file = file,
		.start = text,
		.end = text + n,
		.err = err,
		.stack = {{.m = &schema_config, .message = cfg}},
	};
}

static uint32_t list_length(const struct reader_frame *f)
{
	return ((const struct cfg_list *)schema_field(f->message, f->row))->n;
}

/* "mount[2].dst: ", or "" at the top level. The innermost list's next element is being read. */
static void put_path(const struct reader *r, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (unsigned i = 0; i <= r->depth && n < size; i++) {
		const struct reader_frame *f = &r->stack[i];
		const char *dot = i > 0 ? "." : "";

		if (!f->row)
			break;
		if (f->row->flags & SF_REPEATED)
			n += (size_t)snprintf(buf + n, size - n, "%s%s[%u]", dot, f->row->name,
					      list_length(f) - (i < r->depth));
		else
			n += (size_t)snprintf(buf + n, size - n, "%s%s", dot, f->row->name);
	}
	if (n > 0 && n < size)
		snprintf(buf + n, size - n, ": ");
}

static void find_place(const struct reader *r, const char *at, unsigned *ret_line,
		       unsigned *ret_column)
{
	*ret_line = *ret_column = 1;
	for (const char *p = r->start; p < at && p < r->end; p++) {
		if (*p == '\n') {
			++*ret_line;
			*ret_column = 1;
		} else if ((*p & 0xc0) != 0x80) { /* characters, not bytes */
			++*ret_column;
		}
	}
}

int reader_fail(struct reader *r, const char *at, const char *fmt, ...)
{
	unsigned line, column;
	char path[256], msg[800];
	va_list ap;

	find_place(r, at, &line, &column);
	put_path(r, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(r->err, EINVAL, "%s:%u:%u: %s%s", r->file, line, column, path, msg);
}

/*
 * nsjail's face takes nsjail's files: a setting of ours in one would be a surprise for nsjail. But for
 * files that say so with the marker, as our own dumps do.
 */
static bool only_nsjails(const struct reader *r)
{
	return r->cfg->face == FACE_NSJAIL && !r->cfg->toastainer;
}

/* Refuse a name, with what it may have been meant to be. */
static int fail_field(struct reader *r, const char *at, const char *name, size_t n)
{
	const struct message *m = r->stack[r->depth].m;
	const char *near = NULL;
	unsigned distance = UINT_MAX;
	char word[64], hint[400] = "";

	snprintf(word, sizeof(word), "%.*s", (int)MIN(n, sizeof(word) - 1), name);
	if (at > r->start && at == name && (at[-1] == '"' || at[-1] == '\''))
		snprintf(hint, sizeof(hint),
			 "the string ends before it; a quote in a string is \\%c", at[-1]);
	else if (!field_hint(m, word, hint, sizeof(hint)))
		for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
			if (row->name && !(row->flags & SF_OURS && only_nsjails(r)))
				str_nearest(word, row->name, &near, &distance);
	reader_fail(r, at, "%s has no field \"%s\"%s%s%s", m->name, word,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return hint[0] ? err_hint(r->err, "%s", hint) : -EINVAL;
}

static const struct setting *find(const struct message *m, const char *name, size_t n, bool json)
{
	const struct setting *row = schema_find(m, name, n);

	if (row || !json)
		return row;
	for (row = m->rows; row < m->rows + m->n; row++) {
		char json_name[64];

		if (!row->name)
			continue;
		schema_json_name(row->name, json_name, sizeof(json_name));
		if (strlen(json_name) == n && memcmp(json_name, name, n) == 0)
			return row;
	}
	return NULL;
}

/* A setting that there is, but not in nsjail. */
static int fail_ours(struct reader *r, const char *at, const char *name)
{
	const struct message *m = r->stack[r->depth].m;
	char hint[400];

	reader_fail(r, at, "nsjail's %s has no field \"%s\"", m->name, name);
	if (field_hint(m, name, hint, sizeof(hint)))
		return err_hint(r->err, "%s; or keep it, for `toastainer run --config`", hint);
	return err_hint(r->err,
			"a file that begins with 'toastainer: true' may have it, and so may "
			"those for `toastainer run --config`");
}

int reader_field(struct reader *r, const char *at, const char *name, size_t n, bool json)
{
	struct reader_frame *f = &r->stack[r->depth];
	const struct setting *row;

	f->row = NULL;
	row = find(f->m, name, n, json);
	if (!row)
		return fail_field(r, at, name, n);
	if (row->flags & SF_OURS && !(row->flags & SF_MARKER) && only_nsjails(r))
		return fail_ours(r, at, row->name);
	f->row = row;
	return 0;
}

/* Where the next value of the selected field goes, which is given from now on. NULL: no memory. */
static void *slot(struct reader *r)
{
	struct reader_frame *f = &r->stack[r->depth];
	void *p = schema_field(f->message, f->row);

	if (f->row->flags & SF_REPEATED)
		p = schema_append(r->cfg, f->message, f->row);
	if (p)
		schema_mark(f->m, f->message, f->row);
	return p;
}

/* A message that JSON gives twice is merged, but must be complete each time. */
static void forget_required(const struct message *m, void *message)
{
	struct cfg_head *head = message;

	for (unsigned i = 0; i < m->n; i++)
		if (m->rows[i].flags & SF_REQUIRED)
			head->has[i / 64] &= ~(1ULL << i % 64);
}

int reader_enter(struct reader *r, const char *at)
{
	const struct setting *row = reader_row(r);
	void *message;

	if (r->depth + 1 == READER_DEPTH)
		return reader_fail(r, at, "messages are nested too deeply");
	message = slot(r);
	if (!message)
		return err_oom(r->err);
	forget_required(row->message, message);
	r->stack[++r->depth] = (struct reader_frame){.m = row->message, .message = message};
	return 0;
}

int reader_leave(struct reader *r, const char *at)
{
	struct reader_frame *f = &r->stack[r->depth];

	f->row = NULL;
	for (const struct setting *row = f->m->rows; row < f->m->rows + f->m->n; row++)
		if (row->flags & SF_REQUIRED && !schema_has(f->m, f->message, row))
			return reader_fail(r, at, "the required field \"%s\" is missing",
					   row->name);
	if (r->depth > 0)
		r->depth--;
	return 0;
}

/* The type's limits: what -magnitude and magnitude may be. */
static void limits(enum field_type type, uint64_t *ret_down, uint64_t *ret_up)
{
	*ret_down = type == F_I32 || type == F_ENUM ? (uint64_t)INT32_MAX + 1
		    : type == F_I64		    ? (uint64_t)INT64_MAX + 1
						    : 0;
	*ret_up = type == F_I32 || type == F_ENUM ? INT32_MAX
		  : type == F_U32		  ? UINT32_MAX
		  : type == F_I64		  ? INT64_MAX
						  : UINT64_MAX;
}

static int fail_enum(struct reader *r, const char *at, const char *word)
{
	const struct enum_name *names = reader_row(r)->names;
	const char *near = NULL;
	unsigned distance = UINT_MAX;
	char all[256] = "";
	size_t n = 0;

	for (; names->name && n < sizeof(all); names++) {
		if (names->ours && only_nsjails(r))
			continue;
		str_nearest(word, names->name, &near, &distance);
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n > 0 ? ", " : "",
				      names->name);
	}
	reader_fail(r, at, "unknown value \"%s\"%s%s%s", word, near ? "; did you mean " : "",
		    near ? near : "", near ? "?" : "");
	return err_hint(r->err, "it takes one of %s", all);
}

static bool enum_allowed(const struct reader *r, int32_t v)
{
	const struct enum_name *e = reader_row(r)->names;

	while (e->name && e->value != v)
		e++;
	return e->name && !(e->ours && only_nsjails(r));
}

int reader_enum(struct reader *r, const char *at, const char *name, size_t n)
{
	char word[64];
	int32_t v, *p;

	if (schema_enum_value(reader_row(r)->names, name, n, &v) < 0 || !enum_allowed(r, v)) {
		snprintf(word, sizeof(word), "%.*s", (int)MIN(n, sizeof(word) - 1), name);
		return fail_enum(r, at, word);
	}
	p = slot(r);
	if (!p)
		return err_oom(r->err);
	*p = v;
	return 0;
}

int reader_integer(struct reader *r, const char *at, bool negative, uint64_t magnitude)
{
	const struct setting *row = reader_row(r);
	uint64_t down, up;
	char number[32];
	void *p;

	limits(row->type, &down, &up);
	if (magnitude > (negative ? down : up))
		return reader_fail(r, at, "out of range: it takes a number from %s%llu to %llu",
				   down ? "-" : "", (unsigned long long)down,
				   (unsigned long long)up);
	if (negative)
		magnitude = 0 - magnitude;
	if (row->type == F_ENUM && !enum_allowed(r, (int32_t)magnitude)) {
		snprintf(number, sizeof(number), "%d", (int)(int32_t)magnitude);
		return fail_enum(r, at, number);
	}
	p = slot(r);
	if (!p)
		return err_oom(r->err);
	if (row->type == F_I64 || row->type == F_U64)
		*(uint64_t *)p = magnitude;
	else
		*(uint32_t *)p = (uint32_t)magnitude;
	return 0;
}

int reader_bool(struct reader *r, bool v)
{
	bool *p = slot(r);

	if (!p)
		return err_oom(r->err);
	*p = v;
	return 0;
}

/* Notes where @value was given, for errors that are found later. */
static int note_place(struct reader *r, const char *at, const char *value)
{
	struct cfg_place *place = arena_alloc(&r->cfg->arena, sizeof(*place));
	unsigned line, column;
	char path[256];

	if (!place)
		return err_oom(r->err);
	find_place(r, at, &line, &column);
	put_path(r, path, sizeof(path));
	if (path[0])
		path[strlen(path) - strlen(": ")] = 0;
	place->text = arena_printf(&r->cfg->arena, "%s:%u:%u: %s", r->file, line, column, path);
	if (!place->text)
		return err_oom(r->err);
	place->value = value;
	place->next = r->cfg->places;
	r->cfg->places = place;
	return 0;
}

int reader_bytes(struct reader *r, const char *at, const char *s, size_t n)
{
	const struct setting *row = reader_row(r);
	char *copy;
	void *p;

	if (row->type == F_STRING && n > 0 && memchr(s, 0, n))
		return reader_fail(r, at, "a string cannot contain a NUL byte");
	copy = arena_dup(&r->cfg->arena, n > 0 ? s : "", n);
	if (!copy)
		return err_oom(r->err);
	if (row->flags & SF_PLACED && note_place(r, at, copy) < 0)
		return -ENOMEM;
	p = slot(r);
	if (!p)
		return err_oom(r->err);
	if (row->type == F_STRING)
		*(const char **)p = copy;
	else
		*(struct cfg_bytes *)p = (struct cfg_bytes){copy, n};
	return 0;
}

int reader_expected(struct reader *r, const char *at, const char *what)
{
	static const char *const names[] = {
		[F_NONE] = "nothing",
		[F_BOOL] = "true or false",
		[F_I32] = "a number",
		[F_U32] = "a number, not negative",
		[F_I64] = "a number",
		[F_U64] = "a number, not negative",
		[F_ENUM] = "a name",
		[F_STRING] = "a string in quotes",
		[F_BYTES] = "a string in quotes",
		[F_MESSAGE] = "a block in braces",
	};

	return reader_fail(r, at, "expected %s, found %s", names[reader_row(r)->type], what);
}
