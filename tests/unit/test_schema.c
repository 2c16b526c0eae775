// SPDX-License-Identifier: BSD-3-Clause
/*
 * The settings table against the list of what nsjail has, and against itself.
 */
#include "configs.h"

#include "config/protoschema.h"
#include "nsjail_settings.h"

typedef void (*visitor)(const struct message *m, const struct setting *row, void *arg);

/* Every row of nsjail's messages; a message that two fields share comes twice. In ours all is ours. */
static void walk(const struct message *m, visitor visit, void *arg)
{
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		visit(m, row, arg);
		if (row->name && row->type == F_MESSAGE && !(row->flags & SF_OURS))
			walk(row->message, visit, arg);
	}
}

static const char *label(const struct setting *row)
{
	return row->flags & SF_REPEATED	  ? "repeated"
	       : row->flags & SF_REQUIRED ? "required"
					  : "optional";
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static const char *type(const struct setting *row)
{
	static const char *const names[] = {"",	      "bool", "int32",	"uint32", "int64",
					    "uint64", "",     "string", "bytes",  ""};

	if (row->type == F_ENUM)
		return last_part(row->enum_type);
	return row->type == F_MESSAGE ? last_part(row->message->name) : names[row->type];
}

/* As the .proto writes it. */
static void put_default(const struct setting *row, char *buf, size_t size)
{
	const struct value *def = &row->def[FACE_NSJAIL];

	buf[0] = 0;
	if (row->flags & (SF_NO_DEFAULT | SF_REPEATED) || row->type == F_MESSAGE)
		return;
	if (row->type == F_BOOL)
		snprintf(buf, size, "%s", def->i ? "true" : "false");
	else if (row->type == F_ENUM)
		snprintf(buf, size, "%s", schema_enum_name(row->names, (int32_t)def->i));
	else if (row->type == F_STRING || row->type == F_BYTES)
		snprintf(buf, size, "\"%s\"", def->s ? def->s : "");
	else
		snprintf(buf, size, "%lld", (long long)def->i);
}

struct search {
	const char *message;
	const struct message *found;
};

static void find_message(const struct message *m UNUSED, const struct setting *row, void *arg)
{
	struct search *s = arg;

	if (row->name && row->type == F_MESSAGE && str_eq(row->message->name, s->message))
		s->found = row->message;
}

static void test_fields(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(nsjail_fields); i++) {
		struct search s = {.message = nsjail_fields[i].message};
		const char *name = nsjail_fields[i].name;
		const struct setting *row;
		char def[80];

		walk(&schema_config, find_message, &s);
		if (str_eq(s.message, schema_config.name))
			s.found = &schema_config;
		if (!s.found)
			fail_msg("there is no message %s", s.message);
		row = schema_find(s.found, name, strlen(name));
		if (!row || row->flags & SF_OURS)
			fail_msg("%s has no field %s", s.message, name);
		put_default(row, def, sizeof(def));
		if (!str_eq(label(row), nsjail_fields[i].label) ||
		    !str_eq(type(row), nsjail_fields[i].type) ||
		    row->number != nsjail_fields[i].number || !str_eq(def, nsjail_fields[i].def))
			fail_msg("%s: %s %s %s = %u [default %s]", s.message, label(row), type(row),
				 name, row->number, def);
	}
}

static void check_listed_field(const struct message *m, const struct setting *row, void *arg UNUSED)
{
	if (!row->name || row->flags & SF_OURS)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(nsjail_fields); i++)
		if (str_eq(nsjail_fields[i].message, m->name) &&
		    str_eq(nsjail_fields[i].name, row->name))
			return;
	fail_msg("nsjail's %s has no field %s", m->name, row->name);
}

static void test_no_other_fields(void **state UNUSED)
{
	walk(&schema_config, check_listed_field, NULL);
}

struct enum_search {
	const char *type, *name;
	int number;
	bool found;
};

static bool is_enum(const struct message *m, const struct setting *row, const char *name)
{
	char full[100];

	if (!row->name || row->type != F_ENUM)
		return false;
	snprintf(full, sizeof(full), "%s%s", row->enum_type[0] == '.' ? m->name : "",
		 row->enum_type);
	return str_eq(full, name);
}

static void find_enum_value(const struct message *m, const struct setting *row, void *arg)
{
	struct enum_search *s = arg;
	int32_t v;

	if (is_enum(m, row, s->type) &&
	    schema_enum_value(row->names, s->name, strlen(s->name), &v) == 0 && v == s->number)
		s->found = true;
}

static void check_listed_enum(const struct message *m, const struct setting *row, void *arg UNUSED)
{
	if (!row->name || row->type != F_ENUM || row->flags & SF_OURS)
		return;
	for (const struct enum_name *e = row->names; e->name; e++) {
		bool found = e->ours;

		for (size_t i = 0; i < ARRAY_SIZE(nsjail_enums) && !found; i++)
			found = is_enum(m, row, nsjail_enums[i].type) &&
				str_eq(nsjail_enums[i].name, e->name);
		if (!found)
			fail_msg("nsjail's %s has no value %s", row->enum_type, e->name);
	}
}

static void test_enums(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(nsjail_enums); i++) {
		struct enum_search s = {nsjail_enums[i].type, nsjail_enums[i].name,
					nsjail_enums[i].number, false};

		walk(&schema_config, find_enum_value, &s);
		if (!s.found)
			fail_msg("%s has no value %s = %d", s.type, s.name, s.number);
	}
	walk(&schema_config, check_listed_enum, NULL);
}

static void test_options(void **state UNUSED)
{
	const struct message *m = &schema_config;

	for (size_t i = 0; i < ARRAY_SIZE(nsjail_options); i++) {
		const struct setting *row = schema_find_option(nsjail_options[i].name);

		if (!row || row->flags & SF_OUR_OPTION)
			fail_msg("there is no option --%s", nsjail_options[i].name);
		if (row->shortopt != nsjail_options[i].shortopt ||
		    !row->arg == nsjail_options[i].argument)
			fail_msg("--%s has short name '%c' and %s argument", row->opt,
				 row->shortopt ? row->shortopt : ' ', row->arg ? "an" : "no");
	}
	for (const struct setting *row = m->rows; row < m->rows + m->n; row++) {
		bool found = !row->opt || row->flags & SF_OUR_OPTION;

		for (size_t i = 0; i < ARRAY_SIZE(nsjail_options) && !found; i++)
			found = str_eq(nsjail_options[i].name, row->opt);
		if (!found)
			fail_msg("nsjail has no option --%s", row->opt);
	}
}

/* Names, numbers and option names are unique, everything has a help line, has-bits suffice. */
static void check_row(const struct message *m, const struct setting *row, void *arg UNUSED)
{
	assert_true(m->n <= 64 * ARRAY_SIZE(((struct cfg_head *)0)->has));
	assert_non_null(row->help);
	assert_true(row->type != F_ENUM || row->flags & SF_ALIAS || (row->names && row->enum_type));
	for (const struct setting *r = m->rows; r < row; r++) {
		if (row->name && r->name &&
		    (str_eq(row->name, r->name) || row->number == r->number))
			fail_msg("%s: %s and %s have the same name or number", m->name, row->name,
				 r->name);
		if (row->opt && r->opt &&
		    (str_eq(row->opt, r->opt) || (row->shortopt && row->shortopt == r->shortopt)))
			fail_msg("--%s and --%s have the same name", row->opt, r->opt);
	}
}

static void test_table(void **state UNUSED)
{
	walk(&schema_config, check_row, NULL);
}

/* The printed schemas name every field, ours included. */
static void check_printed(const struct message *m UNUSED, const struct setting *row, void *arg)
{
	const struct sbuf *printed = arg;
	char proto[100], json[100], camel[64];

	if (!row->name)
		return;
	snprintf(proto, sizeof(proto), " %s = %u", row->name, row->number);
	schema_json_name(row->name, camel, sizeof(camel));
	snprintf(json, sizeof(json), "\"%s\": {\"description\"", camel);
	assert_non_null(strstr(printed[0].s, proto));
	assert_non_null(strstr(printed[1].s, json));
}

static void test_printed(void **state UNUSED)
{
	struct sbuf printed[2] = {0};

	protoschema_proto(&printed[0]);
	protoschema_json(&printed[1]);
	assert_false(printed[0].failed || printed[1].failed);
	walk(&schema_config, check_printed, printed);
	assert_non_null(
		strstr(printed[0].s, "optional string hostname = 4 [default = \"NSJAIL\"];"));
	assert_non_null(strstr(printed[0].s, "repeated MountPt mount = 67;"));
	assert_non_null(strstr(printed[0].s, "required string dst = 4 [default = \"\"];"));
	sbuf_free(&printed[0]);
	sbuf_free(&printed[1]);
}

/* Memory that is lent is used while it suffices, and is never freed. */
static void test_lent(void **state UNUSED)
{
	struct sbuf b;
	char first[8];

	sbuf_lend(&b, first, sizeof(first));
	sbuf_puts(&b, "123456");
	assert_ptr_equal(b.s, first);
	sbuf_puts(&b, "7");
	assert_ptr_equal(b.s, first);
	sbuf_printf(&b, "%s", "89");
	assert_ptr_not_equal(b.s, first);
	assert_string_equal(b.s, "123456789");
	sbuf_free(&b);
	sbuf_lend(&b, first, sizeof(first));
	sbuf_puts(&b, "x");
	sbuf_free(&b);
	assert_null(b.s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_no_other_fields),
		cmocka_unit_test(test_enums),  cmocka_unit_test(test_options),
		cmocka_unit_test(test_table),  cmocka_unit_test(test_printed),
		cmocka_unit_test(test_lent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
