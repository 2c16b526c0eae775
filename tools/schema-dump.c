// SPDX-License-Identifier: BSD-3-Clause
/*
 * The settings table as JSON on standard output, for tools/gen-docs.py: manual pages, completions and
 * the configuration reference are made from it. Run by the build; fails when there is no memory or
 * the output cannot be written.
 *
 *	version, faces, groups	strings
 *	capabilities		names, in the order of their numbers
 *	messages		name and rows; the first is the root, each stands before what it uses
 *	  rows			name, type, flags, number, enum, message, defaults, opt, short, arg, group,
 *				help, sets (of an alias: the field that it sets); null where it has none
 */
#include "base/str.h"
#include "config/schema.h"
#include "jail/capabilities.h"

static const char *const faces[CONFIG_FACES] = {"nsjail", "run", "image"};

static const char *const types[] = {
	[F_NONE] = "none",   [F_BOOL] = "bool",	      [F_I32] = "int32", [F_U32] = "uint32",
	[F_I64] = "int64",   [F_U64] = "uint64",      [F_ENUM] = "enum", [F_STRING] = "string",
	[F_BYTES] = "bytes", [F_MESSAGE] = "message",
};

static const struct {
	unsigned flag;
	const char *name;
} flags[] = {
	{SF_REPEATED, "repeated"},     {SF_REQUIRED, "required"},     {SF_OURS, "ours"},
	{SF_NEGATE, "negate"},	       {SF_NO_DEFAULT, "no_default"}, {SF_ALIAS, "alias"},
	{SF_OUR_OPTION, "our_option"},
};

static void put_string(struct sbuf *out, const char *key, const char *value)
{
	sbuf_printf(out, ", \"%s\": ", key);
	if (value)
		sbuf_json(out, value);
	else
		sbuf_puts(out, "null");
}

static void put_flags(struct sbuf *out, const struct setting *row)
{
	const char *comma = "";

	sbuf_puts(out, ", \"flags\": [");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(row->flags & flags[i].flag))
			continue;
		sbuf_printf(out, "%s\"%s\"", comma, flags[i].name);
		comma = ", ";
	}
	sbuf_puts(out, "]");
}

static void put_enum(struct sbuf *out, const struct setting *row)
{
	sbuf_puts(out, ", \"enum\": [");
	for (const struct enum_name *e = row->names; e && e->name; e++)
		sbuf_printf(out, "%s{\"name\": \"%s\", \"value\": %d, \"ours\": %s}",
			    e == row->names ? "" : ", ", e->name, e->value,
			    e->ours ? "true" : "false");
	sbuf_puts(out, "]");
}

static void put_default(struct sbuf *out, const struct setting *row, const struct value *def)
{
	switch (row->type) {
	case F_BOOL: sbuf_puts(out, def->i ? "true" : "false"); break;
	case F_I32:
	case F_U32:
	case F_I64:
	case F_U64: sbuf_printf(out, "%lld", (long long)def->i); break;
	case F_ENUM: sbuf_json(out, schema_enum_name(row->names, (int32_t)def->i)); break;
	case F_STRING:
		if (def->s) {
			sbuf_json(out, def->s);
			break;
		}
		/* fall through */
	default: sbuf_puts(out, "null");
	}
}

static void put_defaults(struct sbuf *out, const struct setting *row)
{
	sbuf_puts(out, ", \"defaults\": {");
	for (int i = 0; i < CONFIG_FACES; i++) {
		sbuf_printf(out, "%s\"%s\": ", i ? ", " : "", faces[i]);
		put_default(out, row, &row->def[i]);
	}
	sbuf_puts(out, "}");
}

/* The field that a second option sets; those in messages of the root with their message's name. */
static void put_sets(struct sbuf *out, const struct setting *alias)
{
	const struct message *m = &schema_config;

	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (!row->name || !(alias->flags & SF_ALIAS))
			continue;
		if (row->offset == alias->offset && row->type == alias->type) {
			put_string(out, "sets", row->name);
			return;
		}
		if (!row->message || row->flags & SF_REPEATED)
			continue;
		for (unsigned i = 0; i < row->message->n; i++) {
			const struct setting *part = &row->message->rows[i];

			if (row->offset + part->offset != alias->offset)
				continue;
			sbuf_printf(out, ", \"sets\": \"%s.%s\"", row->name, part->name);
			return;
		}
	}
	put_string(out, "sets", NULL);
}

static void put_row(struct sbuf *out, const struct setting *row)
{
	const char letter[2] = {row->shortopt, 0};

	sbuf_printf(out, "    {\"type\": \"%s\"", types[row->type]);
	put_string(out, "name", row->name);
	put_flags(out, row);
	sbuf_printf(out, ", \"number\": %u", row->number);
	put_enum(out, row);
	put_string(out, "message", row->message ? row->message->name : NULL);
	put_defaults(out, row);
	put_string(out, "opt", row->opt);
	put_string(out, "short", row->shortopt ? letter : NULL);
	put_string(out, "arg", row->arg);
	sbuf_printf(out, ", \"group\": %d", row->group);
	put_string(out, "help", row->help);
	put_sets(out, row);
	sbuf_puts(out, "}");
}

static bool used_before(const struct message *m, const struct setting *row)
{
	for (const struct setting *r = m->rows; r < row; r++)
		if (r->message == row->message)
			return true;
	return false;
}

/* The table is a tree but for a message that two fields of one message share. */
static void put_message(struct sbuf *out, const struct message *m)
{
	sbuf_printf(out, "%s  {\"name\": \"%s\", \"rows\": [\n", m == &schema_config ? "" : ",\n",
		    m->name);
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		put_row(out, row);
		sbuf_puts(out, row + 1 < m->rows + m->n ? ",\n" : "\n");
	}
	sbuf_puts(out, "  ]}");
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
		if (row->message && !used_before(m, row))
			put_message(out, row->message);
}

int main(void)
{
	_cleanup_sbuf_ struct sbuf out = {0};

	sbuf_puts(&out, "{\"version\": \"" TOASTAINER_VERSION "\",\n\"faces\": [");
	for (int i = 0; i < CONFIG_FACES; i++)
		sbuf_printf(&out, "%s\"%s\"", i ? ", " : "", faces[i]);
	sbuf_puts(&out, "],\n\"groups\": [");
	for (int i = 0; i < SETTING_GROUPS; i++) {
		sbuf_puts(&out, i ? ", " : "");
		sbuf_json(&out, schema_group_titles[i]);
	}
	sbuf_puts(&out, "],\n\"capabilities\": [");
	for (unsigned cap = 0; capability_name(cap); cap++)
		sbuf_printf(&out, "%s\"%s\"", cap ? ", " : "", capability_name(cap));
	sbuf_puts(&out, "],\n\"messages\": [\n");
	put_message(&out, &schema_config);
	sbuf_puts(&out, "\n]}\n");
	if (out.failed || fputs(out.s, stdout) < 0 || fflush(stdout)) {
		fputs("schema-dump: cannot write the table\n", stderr);
		return 1;
	}
	return 0;
}
