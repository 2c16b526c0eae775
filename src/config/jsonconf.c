// SPDX-License-Identifier: BSD-3-Clause
/*
 * Protobuf's JSON mapping, as nsjail's files use it. Called by load.c. Fails on what is no JSON or does
 * not fit the settings (EINVAL with a place) and without memory.
 *
 * The parser goes over the text once and writes straight into the config. Like the one that nsjail is
 * built with it also takes a comma before a closing bracket, single quotes, names without quotes, and
 * a single value for a repeated field; the last of several equal names counts.
 */
#include "base/str.h"
#include "config/jsonconf.h"
#include "config/reader.h"

struct json {
	struct reader r;
	const char *p;
	struct sbuf string; /* content of the last string */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

/* The next character that is no blank; the text ends with a NUL. */
static char peek(struct json *j)
{
	while (*j->p == ' ' || (*j->p >= '\t' && *j->p <= '\r'))
		j->p++;
	return *j->p;
}

/* What is at the place, in words. */
static const char *describe(struct json *j, char *buf, size_t size)
{
	char c = peek(j);
	size_t n = 1;

	if (j->p == j->r.end)
		return "the end of the file";
	if (c == '{')
		return "an object";
	if (c == '[')
		return "a list";
	if (c == '"' || c == '\'')
		return "a string";
	while (is_name_start(c) && (is_name_start(j->p[n]) || is_digit(j->p[n])) && n < 30)
		n++;
	while ((is_digit(c) || c == '-') && j->p[n] && strchr("0123456789.eE+-", j->p[n]) && n < 30)
		n++;
	snprintf(buf, size, "%.*s", (int)n, j->p);
	return buf;
}

static int fail_here(struct json *j, const char *expected)
{
	char buf[40];
	const char *what = describe(j, buf, sizeof(buf));

	return reader_fail(&j->r, j->p, "expected %s, found %s", expected, what);
}

static int fail_type(struct json *j)
{
	char buf[40];
	const char *what = describe(j, buf, sizeof(buf));

	return reader_expected(&j->r, j->p, what);
}

/* Four hex digits at @p. */
static bool read_hex4(const char *p, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (is_digit(c))
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* \uXXXX; the place is at the u. */
static int unescape_unicode(struct json *j)
{
	const char *at = j->p - 1;
	uint32_t c, low;

	if (!read_hex4(j->p + 1, &c))
		return reader_fail(&j->r, at, "4 hex digits must follow \\u");
	j->p += 5;
	if (c >= 0xd800 && c < 0xdc00) {
		if (j->p[0] != '\\' || j->p[1] != 'u' || !read_hex4(j->p + 2, &low) ||
		    low < 0xdc00 || low >= 0xe000)
			return reader_fail(&j->r, at,
					   "the second half of the surrogate pair is missing");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		j->p += 6;
	} else if (c >= 0xdc00 && c < 0xe000) {
		return reader_fail(&j->r, at, "half of a surrogate pair is no character");
	}
	sbuf_utf8(&j->string, c);
	return 0;
}

/* One escape sequence; the place is after the backslash. */
static int unescape(struct json *j)
{
	static const char names[] = "bfnrtv";
	static const char values[] = "\b\f\n\r\t\v";
	const char *known;

	if (*j->p == 'u')
		return unescape_unicode(j);
	known = *j->p ? strchr(names, *j->p) : NULL;
	sbuf_put(&j->string, known ? &values[known - names] : j->p, 1);
	j->p++;
	return 0;
}

/* A string, at its quote; its content is in j->string afterwards. */
static int read_string(struct json *j)
{
	const char *at = j->p;
	char quote = *j->p++;

	j->string.n = 0;
	for (;;) {
		const char *run = j->p;
		int ret;

		while (*j->p != quote && *j->p != '\\' && j->p < j->r.end)
			j->p++;
		sbuf_put(&j->string, run, (size_t)(j->p - run));
		if (j->p == j->r.end || (*j->p == '\\' && j->p + 1 == j->r.end))
			return reader_fail(&j->r, at, "the string has no end");
		if (*j->p++ == quote)
			break;
		ret = unescape(j);
		if (ret < 0)
			return ret;
	}
	return j->string.failed ? err_oom(j->r.err) : 0;
}

/* A number cut into its parts: @digits (with a dot among them) times ten to the power of @exponent. */
struct number {
	bool negative;
	const char *digits, *end;
	int exponent;
};

static int read_number(struct json *j, struct number *ret)
{
	struct number v = {.negative = *j->p == '-'};
	const char *at = j->p, *p = at + v.negative;
	bool minus = false;

	v.digits = p;
	if (!is_digit(*p))
		return reader_fail(&j->r, at, "digits must follow the minus sign");
	if (*p == '0' && (is_digit(p[1]) || p[1] == 'x' || p[1] == 'X'))
		return reader_fail(&j->r, at, "JSON has no octal or hex numbers");
	while (is_digit(*p))
		p++;
	if (*p == '.')
		for (p++; is_digit(*p);)
			p++;
	v.end = p;
	if (*p == 'e' || *p == 'E') {
		p++;
		minus = *p == '-';
		p += *p == '-' || *p == '+';
		if (!is_digit(*p))
			return reader_fail(&j->r, at, "the exponent has no digits");
		for (; is_digit(*p); p++)
			v.exponent = MIN(v.exponent * 10 + (*p - '0'), 1000000);
		if (minus)
			v.exponent = -v.exponent;
	}
	if (*p && strchr(".eE+-", *p))
		return reader_fail(&j->r, at, "this is no number");
	j->p = p;
	*ret = v;
	return 0;
}

/*
 * The exact value of a number without a fractional part: 1.5e1 is 15. Numbers above 64 bits become
 * the largest one with *@ret_over set.
 * Return: whether it is a whole number.
 */
static bool whole_number(const struct number *v, uint64_t *ret, bool *ret_over)
{
	const char *dot;
	uint64_t value = 0;
	long whole, i = 0; /* whole: digits before the dot */

	*ret_over = false;
	if (!v->digits)
		return false;
	dot = memchr(v->digits, '.', (size_t)(v->end - v->digits));
	whole = (dot ? dot : v->end) - v->digits + v->exponent;
	for (const char *p = v->digits; p < v->end; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (p == dot)
			continue;
		if (i++ >= whole) {
			if (digit)
				return false;
			continue;
		}
		if (value > (UINT64_MAX - digit) / 10)
			*ret_over = true;
		value = value * 10 + digit;
	}
	for (; i < whole && value && !*ret_over; i++) {
		*ret_over = value > UINT64_MAX / 10;
		value *= 10;
	}
	*ret = value;
	return true;
}

static int parse_number(struct json *j)
{
	enum field_type type = reader_row(&j->r)->type;
	const char *at = j->p;
	struct number v = {0};
	uint64_t value;
	bool over;
	int ret;

	if (type == F_BOOL || type == F_STRING || type == F_BYTES)
		return fail_type(j);
	ret = read_number(j, &v);
	if (ret < 0)
		return ret;
	if (!whole_number(&v, &value, &over))
		return reader_fail(&j->r, at, "it takes whole numbers only");
	if (over)
		return reader_fail(&j->r, at, "the number is out of range");
	return reader_integer(&j->r, at, v.negative && value, value);
}

/* A number in quotes: decimal digits with an optional sign, nothing else. */
static int integer_from_string(struct json *j, const char *at)
{
	enum field_type type = reader_row(&j->r)->type;
	const char *p = j->string.s, *end = p + j->string.n;
	bool negative = p < end && *p == '-';
	bool is_unsigned = type == F_U32 || type == F_U64;
	uint64_t v = 0;

	if (p < end && (*p == '+' || (*p == '-' && !is_unsigned)))
		p++;
	if (p == end)
		return reader_expected(&j->r, at, "a string without a number in it");
	for (; p < end; p++) {
		if (!is_digit(*p))
			return reader_expected(&j->r, at, "a string with something else in it");
		if (v > (UINT64_MAX - (unsigned)(*p - '0')) / 10)
			return reader_fail(&j->r, at, "the number is out of range");
		v = v * 10 + (unsigned)(*p - '0');
	}
	return reader_integer(&j->r, at, negative, v);
}

static bool equals_ignoring_case(const char *s, size_t n, const char *word)
{
	for (; n > 0 && *word; n--, s++, word++)
		if ((*s >= 'A' && *s <= 'Z' ? *s + 32 : *s) != *word)
			return false;
	return n == 0 && !*word;
}

static int bool_from_string(struct json *j, const char *at)
{
	static const char *const words[2][5] = {{"false", "f", "no", "n", "0"},
						{"true", "t", "yes", "y", "1"}};

	for (size_t v = 0; v < 2; v++)
		for (size_t i = 0; i < ARRAY_SIZE(words[v]); i++)
			if (equals_ignoring_case(j->string.s, j->string.n, words[v][i]))
				return reader_bool(&j->r, v);
	return reader_expected(&j->r, at, "a string");
}

/* Value of a base64 digit in either alphabet, -1: it is none. *@alphabet is settled by 62 and 63. */
static int base64_digit(char c, int *alphabet)
{
	int which = c == '+' || c == '/' ? 1 : c == '-' || c == '_' ? 2 : 0;

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (which == 0 || (*alphabet && *alphabet != which))
		return -1;
	*alphabet = which;
	return c == '+' || c == '-' ? 62 : 63;
}

/* Standard or URL-safe base64, padded or not, decoded in place. */
static int bytes_from_string(struct json *j, const char *at)
{
	char *s = j->string.s;
	size_t n = j->string.n, out = 0, padding = 0;
	uint32_t bits = 0;
	unsigned have = 0;
	int alphabet = 0;

	while (n > 0 && padding < 2 && s[n - 1] == '=') {
		n--;
		padding++;
	}
	/* Six bits are no byte; padding is all there or not at all. */
	if (n % 4 == 1 || (padding && (n + padding) % 4 != 0))
		return reader_fail(&j->r, at, "the base64 text has a wrong length");
	for (size_t i = 0; i < n; i++) {
		int v = base64_digit(s[i], &alphabet);

		if (v < 0)
			return reader_fail(&j->r, at, "the string is no base64 (character %zu)",
					   i + 1);
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			s[out++] = (char)(bits >> have);
		}
	}
	if (bits & ((1u << have) - 1))
		return reader_fail(&j->r, at, "the base64 text ends within a byte");
	return reader_bytes(&j->r, at, s, out);
}

static int parse_string(struct json *j)
{
	const char *at = j->p;
	int ret = read_string(j);

	if (ret < 0)
		return ret;
	switch (reader_row(&j->r)->type) {
	case F_STRING: return reader_bytes(&j->r, at, j->string.s, j->string.n);
	case F_BYTES: return bytes_from_string(j, at);
	case F_BOOL: return bool_from_string(j, at);
	case F_ENUM:
		if (j->string.n > 0 && !is_name_start(j->string.s[0]))
			return integer_from_string(j, at);
		return reader_enum(&j->r, at, j->string.s, j->string.n);
	default: return integer_from_string(j, at);
	}
}

/* Go over a keyword when it is there. */
static bool accept_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(j->p, word, n) != 0 || is_name_start(j->p[n]) || is_digit(j->p[n]))
		return false;
	j->p += n;
	return true;
}

static int parse_object(struct json *j);

/* A value for the selected field, not a list. null leaves the field as it is. */
static int parse_value(struct json *j)
{
	bool is_message = reader_row(&j->r)->type == F_MESSAGE;
	char c = peek(j);
	int ret;

	if (accept_word(j, "null"))
		return 0;
	if (c == '{' && is_message) {
		ret = reader_enter(&j->r, j->p);
		return ret < 0 ? ret : parse_object(j);
	}
	if (is_message)
		return fail_type(j);
	if (c == '"' || c == '\'')
		return parse_string(j);
	if (is_digit(c) || c == '-')
		return parse_number(j);
	if (reader_row(&j->r)->type == F_BOOL) {
		if (accept_word(j, "true"))
			return reader_bool(&j->r, true);
		if (accept_word(j, "false"))
			return reader_bool(&j->r, false);
	}
	return fail_type(j);
}

/* A repeated field's list, at its bracket. */
static int parse_list(struct json *j)
{
	j->p++;
	while (peek(j) != ']') {
		int ret = parse_value(j);

		if (ret < 0)
			return ret;
		if (peek(j) == ',')
			j->p++;
		else if (*j->p != ']')
			return fail_here(j, "\",\" or \"]\"");
	}
	j->p++;
	return 0;
}

/* "name": up to the value. */
static int parse_name(struct json *j)
{
	char c = peek(j);
	const char *at = j->p;
	int ret;

	if (c == '"' || c == '\'') {
		ret = read_string(j);
		if (ret < 0)
			return ret;
		ret = reader_field(&j->r, at, j->string.s, j->string.n, true);
	} else if (is_name_start(c)) {
		while (is_name_start(*j->p) || is_digit(*j->p))
			j->p++;
		ret = reader_field(&j->r, at, at, (size_t)(j->p - at), true);
	} else {
		return fail_here(j, "a field's name in quotes or \"}\"");
	}
	if (ret < 0)
		return ret;
	if (peek(j) != ':')
		return fail_here(j, "\":\"");
	j->p++;
	return 0;
}

/* The fields of the innermost message, at the opening brace. */
static int parse_object(struct json *j)
{
	struct reader_frame *f = &j->r.stack[j->r.depth];

	j->p++;
	while (peek(j) != '}') {
		int ret = parse_name(j);

		if (ret < 0)
			return ret;
		if (f->row->flags & SF_REPEATED && peek(j) == '[')
			ret = parse_list(j);
		else
			ret = parse_value(j);
		if (ret < 0)
			return ret;
		f->row = NULL;
		if (peek(j) == ',')
			j->p++;
		else if (*j->p != '}')
			return fail_here(j, "\",\" or \"}\"");
	}
	return reader_leave(&j->r, j->p++);
}

static int check_utf8(struct json *j)
{
	const char *p = j->p;

	while (p < j->r.end) {
		unsigned n = str_utf8_len(p);

		if (n == 0)
			return reader_fail(&j->r, p, "this is no UTF-8");
		p += n;
	}
	return 0;
}

int jsonconf_parse(struct config *cfg, const char *file, const char *text, size_t n,
		   struct err *err)
{
	struct json j = {.p = text};
	int ret;

	reader_start(&j.r, cfg, file, text, n, err);
	ret = check_utf8(&j);
	if (ret == 0 && peek(&j) != '{')
		ret = fail_here(&j, "an object");
	if (ret == 0)
		ret = parse_object(&j);
	if (ret == 0 && (peek(&j) || j.p != j.r.end))
		ret = fail_here(&j, "the end of the file");
	sbuf_free(&j.string);
	return ret;
}
