// SPDX-License-Identifier: BSD-3-Clause
/*
 * The effective config in the text format and in JSON. Called by --dry_run and the config command.
 * One walk over the settings table, two ways to write. Fails without memory, and where JSON cannot
 * carry a string.
 */
#include "config/dump.h"
#include "config/schema.h"

struct dump {
	struct sbuf *out;
	enum config_face face;
	bool json;
	unsigned depth;
	const struct setting *not_utf8; /* the first string that JSON cannot carry */
};

static bool has_content(const struct dump *d, const struct message *m, const void *message);
static bool has_ours(const struct dump *d, const struct message *m, const void *message);

static bool strings_differ(const char *a, const char *b)
{
	return a && b ? !str_eq(a, b) : a != b;
}

/* Whether a field belongs into the dump. */
static bool wanted(const struct dump *d, const struct message *m, const void *message,
		   const struct setting *row)
{
	const void *field = (const char *)message + row->offset;
	const struct value *def = &row->def[d->face];

	if (!row->name)
		return false;
	if (row->flags & SF_MARKER)
		return *(const bool *)field || has_ours(d, m, message);
	if (row->flags & SF_REPEATED)
		return ((const struct cfg_list *)field)->n > 0;
	/* What is required is required for reading back, too. */
	if (schema_has(m, message, row) || row->flags & SF_REQUIRED)
		return true;
	switch (row->type) {
	case F_BOOL: return *(const bool *)field != (def->i != 0);
	case F_I32:
	case F_U32:
	case F_ENUM: return *(const int32_t *)field != (int32_t)def->i;
	case F_I64:
	case F_U64: return *(const int64_t *)field != def->i;
	case F_STRING: return strings_differ(*(const char *const *)field, def->s);
	case F_BYTES: return ((const struct cfg_bytes *)field)->p;
	case F_MESSAGE: return has_content(d, row->message, field);
	case F_NONE: break;
	}
	return false;
}

static bool has_content(const struct dump *d, const struct message *m, const void *message)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (row->flags & SF_REQUIRED && row->type == F_STRING) {
			if (*(const char *const *)((const char *)message + row->offset))
				return true;
		} else if (wanted(d, m, message, row)) {
			return true;
		}
	}
	return false;
}

/* Whether nsjail's face would read the dump only with the marker in front. */
static bool has_ours(const struct dump *d, const struct message *m, const void *message)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		const struct enum_name *e = row->type == F_ENUM ? row->names : NULL;
		int32_t value = e ? *(const int32_t *)((const char *)message + row->offset) : 0;

		if (d->face != FACE_NSJAIL || row->flags & SF_MARKER || !wanted(d, m, message, row))
			continue;
		while (e && e->name && e->value != value)
			e++;
		if (row->flags & SF_OURS || (e && e->name && e->ours))
			return true;
	}
	return false;
}

static void put_indent(const struct dump *d)
{
	for (unsigned i = 0; i < d->depth; i++)
		sbuf_puts(d->out, d->json ? "  " : "\t");
}

/* A string of the text format: UTF-8 as it is, other bytes in octal. */
static void put_text_string(struct sbuf *out, const char *s, size_t n)
{
	static const char escapes[] = "\n\r\t\"\\";
	static const char names[] = "nrt\"\\";

	sbuf_puts(out, "\"");
	for (const char *end = s + n; s < end;) {
		const char *known = *s ? strchr(escapes, *s) : NULL;
		unsigned length = str_utf8_len(s);

		if (known)
			sbuf_printf(out, "\\%c", names[known - escapes]);
		else if ((unsigned char)*s < ' ' || *s == 0x7f || length == 0)
			sbuf_printf(out, "\\%03o", (unsigned char)*s);
		else
			sbuf_put(out, s, length);
		s += length > 1 ? length : 1;
	}
	sbuf_puts(out, "\"");
}

static void put_base64(struct sbuf *out, const char *s, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	sbuf_puts(out, "\"");
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = 0;
		char four[4];

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)s[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			four[k] = i + k > n ? '=' : digits[v >> (18 - 6 * k) & 63];
		sbuf_put(out, four, 4);
	}
	sbuf_puts(out, "\"");
}

static void put_string(struct dump *d, const struct setting *row, const char *s)
{
	s = s ? s : "";
	if (!d->json) {
		put_text_string(d->out, s, strlen(s));
		return;
	}
	sbuf_json(d->out, s);
	for (unsigned n; *s; s += n) {
		n = str_utf8_len(s);
		if (n == 0) {
			if (!d->not_utf8)
				d->not_utf8 = row;
			return;
		}
	}
}

static void put_bytes(struct dump *d, const struct cfg_bytes *b)
{
	if (d->json)
		put_base64(d->out, b->p, b->n);
	else
		put_text_string(d->out, b->p ? b->p : "", b->n);
}

static void put_message(struct dump *d, const struct message *m, const void *message);

static void put_value(struct dump *d, const struct setting *row, const void *v)
{
	const char *quote = d->json ? "\"" : "";
	const char *name;

	switch (row->type) {
	case F_BOOL:
		sbuf_puts(d->out, *(const bool *)v || row->flags & SF_MARKER ? "true" : "false");
		break;
	case F_I32: sbuf_printf(d->out, "%d", *(const int32_t *)v); break;
	case F_U32: sbuf_printf(d->out, "%u", *(const uint32_t *)v); break;
	case F_I64:
		sbuf_printf(d->out, "%s%lld%s", quote, (long long)*(const int64_t *)v, quote);
		break;
	case F_U64:
		sbuf_printf(d->out, "%s%llu%s", quote, (unsigned long long)*(const uint64_t *)v,
			    quote);
		break;
	case F_ENUM:
		name = schema_enum_name(row->names, *(const int32_t *)v);
		if (name)
			sbuf_printf(d->out, "%s%s%s", quote, name, quote);
		else
			sbuf_printf(d->out, "%d", *(const int32_t *)v);
		break;
	case F_STRING: put_string(d, row, *(const char *const *)v); break;
	case F_BYTES: put_bytes(d, v); break;
	case F_MESSAGE: put_message(d, row->message, v); break;
	case F_NONE: break;
	}
}

static void put_json_name(struct sbuf *out, const char *name)
{
	char json_name[64];

	schema_json_name(name, json_name, sizeof(json_name));
	sbuf_json(out, json_name);
	sbuf_puts(out, ": ");
}

static void put_name(struct dump *d, const struct setting *row)
{
	put_indent(d);
	if (d->json)
		put_json_name(d->out, row->name);
	else
		sbuf_printf(d->out, "%s%s", row->name, row->type == F_MESSAGE ? " " : ": ");
}

/* A repeated field: name: value for each in the text format, one list in JSON. */
static void put_list(struct dump *d, const struct setting *row, const struct cfg_list *list)
{
	size_t size = schema_element_size(row);

	if (d->json) {
		put_name(d, row);
		sbuf_puts(d->out, "[\n");
		d->depth++;
	}
	for (uint32_t i = 0; i < list->n; i++) {
		if (d->json)
			put_indent(d);
		else
			put_name(d, row);
		put_value(d, row, (const char *)list->v + size * i);
		sbuf_puts(d->out, d->json && i + 1 < list->n ? ",\n" : "\n");
	}
	if (d->json) {
		d->depth--;
		put_indent(d);
		sbuf_puts(d->out, "]");
	}
}

static void put_fields(struct dump *d, const struct message *m, const void *message)
{
	bool first = true;

	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		const void *field = (const char *)message + row->offset;

		if (!wanted(d, m, message, row))
			continue;
		if (d->json && !first)
			sbuf_puts(d->out, ",\n");
		first = false;
		if (row->flags & SF_REPEATED) {
			put_list(d, row, field);
			continue;
		}
		put_name(d, row);
		put_value(d, row, field);
		if (!d->json)
			sbuf_puts(d->out, "\n");
	}
	if (d->json && !first)
		sbuf_puts(d->out, "\n");
}

static void put_message(struct dump *d, const struct message *m, const void *message)
{
	sbuf_puts(d->out, "{\n");
	d->depth++;
	put_fields(d, m, message);
	d->depth--;
	put_indent(d);
	sbuf_puts(d->out, "}");
}

int dump_text(const struct config *cfg, struct sbuf *out, struct err *err)
{
	struct dump d = {.out = out, .face = cfg->face};

	put_fields(&d, &schema_config, cfg);
	return out->failed ? err_oom(err) : 0;
}

int dump_json(const struct config *cfg, struct sbuf *out, struct err *err)
{
	struct dump d = {.out = out, .face = cfg->face, .json = true};

	put_message(&d, &schema_config, cfg);
	sbuf_puts(out, "\n");
	if (out->failed)
		return err_oom(err);
	if (d.not_utf8)
		return err_set(err, EILSEQ, "%s: the string is not UTF-8, which JSON cannot carry",
			       d.not_utf8->name);
	return 0;
}
