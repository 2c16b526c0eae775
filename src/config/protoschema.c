// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer config schema`: the .proto and the JSON Schema, made from the settings table. Nothing can
 * fail but memory, which the buffer notes.
 */
#include "config/protoschema.h"
#include "config/schema.h"

static void put_indent(struct sbuf *out, unsigned depth)
{
	while (depth-- > 0)
		sbuf_puts(out, "  ");
}

/* The last part of a dotted name. */
static const char *local_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* Whether an earlier field of the message has the same type, which is then declared already. */
static bool seen_before(const struct message *m, const struct setting *row)
{
	for (const struct setting *r = m->rows; r < row; r++)
		if (r->name && r->type == row->type &&
		    (row->type == F_ENUM ? r->names == row->names : r->message == row->message))
			return true;
	return false;
}

static void put_enum(struct sbuf *out, const struct setting *row, unsigned depth)
{
	const char *name = row->enum_type;
	const char *local = local_name(name);
	/* Names that would clash with others are in a message of their own: Tty.When. */
	bool wrapped = local != name && name[0] != '.';

	if (wrapped) {
		put_indent(out, depth);
		sbuf_printf(out, "message %.*s {\n", (int)(local - name - 1), name);
		depth++;
	}
	put_indent(out, depth);
	sbuf_printf(out, "enum %s {\n", local);
	for (const struct enum_name *e = row->names; e->name; e++) {
		put_indent(out, depth + 1);
		sbuf_printf(out, "%s = %d;%s\n", e->name, e->value,
			    e->ours ? " // toastainer's own" : "");
	}
	put_indent(out, depth);
	sbuf_puts(out, "}\n");
	if (wrapped) {
		put_indent(out, depth - 1);
		sbuf_puts(out, "}\n");
	}
}

static const char *type_name(const struct setting *row)
{
	static const char *const names[] = {
		[F_NONE] = "",	   [F_BOOL] = "bool",  [F_I32] = "int32",     [F_U32] = "uint32",
		[F_I64] = "int64", [F_U64] = "uint64", [F_STRING] = "string", [F_BYTES] = "bytes",
	};

	if (row->type == F_ENUM)
		return row->enum_type + (row->enum_type[0] == '.');
	if (row->type == F_MESSAGE)
		return local_name(row->message->name);
	return names[row->type];
}

static void put_default(struct sbuf *out, const struct setting *row)
{
	const struct value *def = &row->def[FACE_NSJAIL];

	sbuf_puts(out, " [default = ");
	switch (row->type) {
	case F_BOOL: sbuf_puts(out, def->i ? "true" : "false"); break;
	case F_ENUM: sbuf_puts(out, schema_enum_name(row->names, (int32_t)def->i)); break;
	case F_STRING: sbuf_json(out, def->s); break;
	case F_BYTES: sbuf_puts(out, "\"\""); break;
	default: sbuf_printf(out, "%lld", (long long)def->i);
	}
	sbuf_puts(out, "]");
}

static void put_field(struct sbuf *out, const struct setting *row, unsigned depth)
{
	const char *label = row->flags & SF_REPEATED   ? "repeated"
			    : row->flags & SF_REQUIRED ? "required"
						       : "optional";

	put_indent(out, depth);
	sbuf_printf(out, "// %s%s\n", row->help, row->flags & SF_OURS ? " (toastainer's own)" : "");
	put_indent(out, depth);
	sbuf_printf(out, "%s %s %s = %u", label, type_name(row), row->name, row->number);
	if (!(row->flags & (SF_REPEATED | SF_NO_DEFAULT)) && row->type != F_MESSAGE)
		put_default(out, row);
	sbuf_puts(out, ";\n");
}

static void put_message(struct sbuf *out, const struct message *m, unsigned depth);

/*
 * What a message's fields need: declared inside of it (@nested) or before it. @depth is where the
 * declarations stand.
 */
static void put_types(struct sbuf *out, const struct message *m, bool nested, unsigned depth)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (!row->name || seen_before(m, row))
			continue;
		if (row->type == F_ENUM && (row->enum_type[0] == '.') == nested)
			put_enum(out, row, depth);
		else if (row->type == F_MESSAGE && !!strchr(row->message->name, '.') == nested)
			put_message(out, row->message, depth);
	}
}

static void put_message(struct sbuf *out, const struct message *m, unsigned depth)
{
	put_indent(out, depth);
	sbuf_printf(out, "message %s {\n", local_name(m->name));
	put_types(out, m, true, depth + 1);
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++)
		if (row->name)
			put_field(out, row, depth + 1);
	put_indent(out, depth);
	sbuf_puts(out, "}\n");
}

void protoschema_proto(struct sbuf *out)
{
	sbuf_puts(out, "// Configuration of toastainer " TOASTAINER_VERSION
		       ", compatible with nsjail's. Generated.\n"
		       "syntax = \"proto2\";\n\npackage nsjail;\n\n");
	put_types(out, &schema_config, false, 0);
	put_message(out, &schema_config, 0);
}

/* --- JSON Schema --- */

static void put_json_name(struct sbuf *out, const char *name)
{
	char json_name[64];

	schema_json_name(name, json_name, sizeof(json_name));
	sbuf_json(out, json_name);
}

static void put_json_enum(struct sbuf *out, const struct enum_name *names)
{
	sbuf_puts(out, "\"enum\": [");
	for (const struct enum_name *e = names; e->name; e++)
		sbuf_printf(out, "%s\"%s\", %d", e > names ? ", " : "", e->name, e->value);
	sbuf_puts(out, "]");
}

/* The keywords for one value of the row's type. */
static void put_json_type(struct sbuf *out, const struct setting *row)
{
	switch (row->type) {
	case F_BOOL: sbuf_puts(out, "\"type\": \"boolean\""); break;
	case F_I32:
		sbuf_printf(out, "\"type\": \"integer\", \"minimum\": %d, \"maximum\": %d",
			    INT32_MIN, INT32_MAX);
		break;
	case F_U32:
		sbuf_printf(out, "\"type\": \"integer\", \"minimum\": 0, \"maximum\": %u",
			    UINT32_MAX);
		break;
	case F_I64:
		sbuf_puts(out, "\"type\": [\"string\", \"integer\"], \"pattern\": \"^-?[0-9]+$\"");
		break;
	case F_U64:
		sbuf_puts(out, "\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]+$\", "
			       "\"minimum\": 0");
		break;
	case F_ENUM: put_json_enum(out, row->names); break;
	case F_STRING: sbuf_puts(out, "\"type\": \"string\""); break;
	case F_BYTES:
		sbuf_puts(out, "\"type\": \"string\", \"contentEncoding\": \"base64\"");
		break;
	case F_MESSAGE: sbuf_printf(out, "\"$ref\": \"#/$defs/%s\"", row->message->name); break;
	case F_NONE: break;
	}
}

static void put_json_default(struct sbuf *out, const struct setting *row)
{
	const struct value *def = &row->def[FACE_NSJAIL];
	const char *quote = row->type == F_I64 || row->type == F_U64 ? "\"" : "";

	sbuf_puts(out, ", \"default\": ");
	switch (row->type) {
	case F_BOOL: sbuf_puts(out, def->i ? "true" : "false"); break;
	case F_ENUM: sbuf_json(out, schema_enum_name(row->names, (int32_t)def->i)); break;
	case F_STRING: sbuf_json(out, def->s); break;
	case F_BYTES: sbuf_puts(out, "\"\""); break;
	default: sbuf_printf(out, "%s%lld%s", quote, (long long)def->i, quote);
	}
}

static void put_property(struct sbuf *out, const struct setting *row, bool first, bool json_name)
{
	sbuf_puts(out, first ? "\n      " : ",\n      ");
	if (json_name)
		put_json_name(out, row->name);
	else
		sbuf_json(out, row->name);
	sbuf_puts(out, ": {\"description\": ");
	sbuf_json(out, row->help);
	sbuf_puts(out, ", ");
	if (row->flags & SF_REPEATED)
		sbuf_puts(out, "\"type\": \"array\", \"items\": {");
	put_json_type(out, row);
	if (row->flags & SF_REPEATED)
		sbuf_puts(out, "}");
	else if (!(row->flags & SF_NO_DEFAULT) && row->type != F_MESSAGE)
		put_json_default(out, row);
	sbuf_puts(out, "}");
}

/* A required field counts under either of its names. */
static void put_required(struct sbuf *out, const struct message *m)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (!row->name || !(row->flags & SF_REQUIRED))
			continue;
		sbuf_puts(out, ",\n    \"required\": [");
		put_json_name(out, row->name);
		sbuf_puts(out, "]");
	}
}

static void put_definition(struct sbuf *out, const struct message *m)
{
	bool first = true;

	sbuf_printf(out, "{\n    \"type\": \"object\",\n    \"additionalProperties\": false,\n"
			 "    \"properties\": {");
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (!row->name)
			continue;
		put_property(out, row, first, true);
		first = false;
		if (strchr(row->name, '_')) /* the original name is possible too */
			put_property(out, row, false, false);
	}
	sbuf_puts(out, "\n    }");
	put_required(out, m);
	sbuf_puts(out, "\n  }");
}

/* The definitions that a message's fields refer to, each once. */
static void put_definitions(struct sbuf *out, const struct message *m)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		if (!row->name || row->type != F_MESSAGE || seen_before(m, row))
			continue;
		put_definitions(out, row->message);
		sbuf_printf(out, "  \"%s\": ", row->message->name);
		put_definition(out, row->message);
		sbuf_puts(out, ",\n");
	}
}

void protoschema_json(struct sbuf *out)
{
	sbuf_printf(out,
		    "{\n\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
		    "\"title\": \"Configuration of toastainer " TOASTAINER_VERSION "\",\n"
		    "\"$ref\": \"#/$defs/%s\",\n\"$defs\": {\n",
		    schema_config.name);
	put_definitions(out, &schema_config);
	sbuf_printf(out, "  \"%s\": ", schema_config.name);
	put_definition(out, &schema_config);
	sbuf_puts(out, "\n}\n}\n");
}
