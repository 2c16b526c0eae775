// SPDX-License-Identifier: BSD-3-Clause
/*
 * Protobuf's text format, as its C++ parser takes it: nsjail's files must mean the same here. Called
 * by load.c. Fails on what that parser refuses (EINVAL with a place) and without memory.
 *
 * Two halves: a scanner that cuts the text into tokens, and a parser with one token of lookahead.
 * Messages nest as deep as the settings table does, so recursion is bounded.
 */
#include "base/str.h"
#include "config/reader.h"
#include "config/textproto.h"

enum token { T_END, T_NAME, T_INTEGER, T_FLOAT, T_STRING, T_SYMBOL };

struct scanner {
	struct reader r;
	const char *p; /* what comes after the token */
	enum token type;
	const char *at; /* the token */
	size_t n;
	struct sbuf string; /* the literals of a string, joined */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Value of a hex digit, -1: it is none. */
static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The text ends with a NUL, so looking at *p is always possible. */
static const char *skip_blanks(const char *p)
{
	for (;;) {
		while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
			p++;
		if (*p != '#')
			return p;
		while (*p && *p != '\n')
			p++;
	}
}

static const char *skip_digits(const char *p)
{
	while (is_digit(*p))
		p++;
	return p;
}

/* At a digit, or at a dot before one. */
static int scan_number(struct scanner *s)
{
	const char *p = s->p;
	bool octal = p[0] == '0' && is_digit(p[1]);

	s->type = T_INTEGER;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		p += 2;
		if (hex(*p) < 0)
			return reader_fail(&s->r, s->at, "hex digits must follow 0x");
		while (hex(*p) >= 0)
			p++;
	} else if (octal) {
		while (is_octal(*p))
			p++;
		if (is_digit(*p))
			return reader_fail(&s->r, s->at,
					   "a number with a leading zero is octal: no 8 or 9");
	} else {
		p = skip_digits(p);
		if (*p == '.') {
			s->type = T_FLOAT;
			p = skip_digits(p + 1);
		}
		if (*p == 'e' || *p == 'E') {
			s->type = T_FLOAT;
			p += p[1] == '-' || p[1] == '+' ? 2 : 1;
			if (!is_digit(*p))
				return reader_fail(&s->r, s->at, "the exponent has no digits");
			p = skip_digits(p);
		}
		if (*p == 'f' || *p == 'F') {
			s->type = T_FLOAT;
			p++;
		}
	}
	if (is_letter(*p))
		return reader_fail(&s->r, p, "a number and a name need a space between them");
	if (*p == '.')
		return reader_fail(&s->r, s->at, "this number cannot have a decimal point there");
	s->p = p;
	return 0;
}

/* The token with its quotes; escapes are looked at when the value is made. */
static int scan_string(struct scanner *s)
{
	char quote = *s->p++;

	s->type = T_STRING;
	for (; *s->p != quote; s->p++) {
		if (s->p == s->r.end)
			return reader_fail(&s->r, s->at, "the string has no end");
		if (*s->p == 0)
			return reader_fail(&s->r, s->p, "NUL byte in a string; write \\000");
		if (*s->p == '\n')
			return reader_fail(
				&s->r, s->at,
				"the string has no end in its line; a string that goes on is "
				"several strings, each in quotes");
		if (*s->p == '\\' && s->p[1] && s->p[1] != '\n')
			s->p++;
	}
	s->p++;
	return 0;
}

/* Read the next token. */
static int next(struct scanner *s)
{
	int ret = 0;
	char c;

	s->at = s->p = skip_blanks(s->p);
	c = *s->p;
	if (s->p == s->r.end) {
		s->type = T_END;
	} else if (is_letter(c)) {
		s->type = T_NAME;
		while (is_letter(*s->p) || is_digit(*s->p))
			s->p++;
	} else if (is_digit(c) || (c == '.' && is_digit(s->p[1]))) {
		ret = scan_number(s);
	} else if (c == '"' || c == '\'') {
		ret = scan_string(s);
	} else if ((unsigned char)c < ' ') {
		return reader_fail(&s->r, s->at, "control character 0x%02x", (unsigned char)c);
	} else if (c & 0x80) {
		return reader_fail(&s->r, s->at,
				   "characters outside of ASCII are only possible in quotes and "
				   "comments");
	} else {
		s->type = T_SYMBOL;
		s->p++;
	}
	s->n = (size_t)(s->p - s->at);
	return ret;
}

static bool at_symbol(const struct scanner *s, char c)
{
	return s->type == T_SYMBOL && *s->at == c;
}

/* Go over a symbol when it is there. Return: 1, 0 when it is not, or an error. */
static int accept(struct scanner *s, char c)
{
	int ret;

	if (!at_symbol(s, c))
		return 0;
	ret = next(s);
	return ret < 0 ? ret : 1;
}

/* The token in words. */
static const char *describe(const struct scanner *s, char *buf, size_t size)
{
	static const char *const kinds[] = {[T_NAME] = "the name ",
					    [T_INTEGER] = "the number ",
					    [T_FLOAT] = "the number ",
					    [T_STRING] = "the string ",
					    [T_SYMBOL] = "the symbol "};

	if (s->type == T_END)
		return "the end of the file";
	snprintf(buf, size, "%s%.*s%s", kinds[s->type], (int)MIN(s->n, (size_t)40), s->at,
		 s->n > 40 ? "..." : "");
	return buf;
}

static int fail_token(struct scanner *s, const char *expected)
{
	char buf[80];

	return reader_fail(&s->r, s->at, "expected %s, found %s", expected,
			   describe(s, buf, sizeof(buf)));
}

static int fail_type(struct scanner *s)
{
	char buf[80];

	return reader_expected(&s->r, s->at, describe(s, buf, sizeof(buf)));
}

/* Exactly @digits hex digits at @p. */
static bool read_hex(const char *p, unsigned digits, uint32_t *ret)
{
	uint32_t v = 0;

	for (; digits > 0; digits--, p++) {
		if (hex(*p) < 0)
			return false;
		v = v << 4 | (uint32_t)hex(*p);
	}
	*ret = v;
	return true;
}

/* \uXXXX or \UXXXXXXXX at @p, which is at the letter. A pair of surrogates is one character. */
static int unescape_unicode(struct scanner *s, const char **p)
{
	unsigned digits = **p == 'u' ? 4 : 8;
	const char *at = *p - 1;
	uint32_t c, low;

	if (!read_hex(*p + 1, digits, &c))
		return reader_fail(&s->r, at, "%u hex digits must follow \\%c", digits, **p);
	if (c > 0x10ffff)
		return reader_fail(&s->r, at, "there is no character above \\U0010ffff");
	*p += 1 + digits;
	if (c >= 0xd800 && c < 0xdc00 && (*p)[0] == '\\' && (*p)[1] == 'u' &&
	    read_hex(*p + 2, 4, &low) && low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*p += 6;
	}
	sbuf_utf8(&s->string, c);
	return 0;
}

/* One escape sequence; *@p is after the backslash. */
static int unescape(struct scanner *s, const char **p)
{
	static const char names[] = "abfnrtv\\?'\"";
	static const char values[] = "\a\b\f\n\r\t\v\\?'\"";
	const char *known = strchr(names, **p);
	unsigned v = 0;
	char c;

	if (**p == 'u' || **p == 'U')
		return unescape_unicode(s, p);
	if (**p && known) {
		c = values[known - names];
		++*p;
	} else if (is_octal(**p)) {
		for (int i = 0; i < 3 && is_octal(**p); i++, ++*p)
			v = v * 8 + (unsigned)(**p - '0');
		c = (char)v;
	} else if (**p == 'x' && hex((*p)[1]) >= 0) {
		++*p;
		for (int i = 0; i < 2 && hex(**p) >= 0; i++, ++*p)
			v = v * 16 + (unsigned)hex(**p);
		c = (char)v;
	} else {
		return reader_fail(&s->r, *p - 1,
				   **p == 'x' ? "hex digits must follow \\x"
					      : "there is no such escape sequence");
	}
	sbuf_put(&s->string, &c, 1);
	return 0;
}

/* Adjacent literals are one string. */
static int parse_string(struct scanner *s)
{
	const char *at = s->at;
	int ret;

	if (s->type != T_STRING)
		return fail_type(s);
	s->string.n = 0;
	do {
		const char *p = s->at + 1, *end = s->at + s->n - 1;

		while (p < end) {
			const char *run = p;

			while (p < end && *p != '\\')
				p++;
			sbuf_put(&s->string, run, (size_t)(p - run));
			if (p == end)
				break;
			p++;
			ret = unescape(s, &p);
			if (ret < 0)
				return ret;
		}
		ret = next(s);
		if (ret < 0)
			return ret;
	} while (s->type == T_STRING);
	if (s->string.failed)
		return err_oom(s->r.err);
	return reader_bytes(&s->r, at, s->string.s, s->string.n);
}

/* An integer token's value; the scanner has seen to its digits. */
static int read_integer(struct scanner *s, uint64_t *ret)
{
	const char *p = s->at, *end = s->at + s->n;
	unsigned base = 10;
	uint64_t v = 0;

	if (*p == '0' && s->n > 1) {
		base = p[1] == 'x' || p[1] == 'X' ? 16 : 8;
		p += base == 16 ? 2 : 1;
	}
	for (; p < end; p++) {
		uint64_t digit = (uint64_t)hex(*p);

		if (v > (UINT64_MAX - digit) / base)
			return reader_fail(&s->r, s->at, "the number is out of range");
		v = v * base + digit;
	}
	*ret = v;
	return 0;
}

static int parse_integer(struct scanner *s)
{
	const char *at = s->at;
	int negative = 0, ret;
	uint64_t v;

	if (at_symbol(s, '-')) {
		enum field_type type = reader_row(&s->r)->type;

		if (type == F_U32 || type == F_U64)
			return reader_fail(&s->r, at, "it takes no negative number");
		negative = accept(s, '-');
	}
	if (negative < 0)
		return negative;
	if (s->type != T_INTEGER)
		return fail_type(s);
	ret = read_integer(s, &v);
	if (ret < 0)
		return ret;
	ret = reader_integer(&s->r, at, negative, v);
	return ret < 0 ? ret : next(s);
}

static bool token_is(const struct scanner *s, const char *word)
{
	return s->n == strlen(word) && memcmp(s->at, word, s->n) == 0;
}

static int parse_bool(struct scanner *s)
{
	uint64_t v = 2;
	int ret;

	if (s->type == T_INTEGER) {
		ret = read_integer(s, &v);
		if (ret < 0)
			return ret;
	} else if (s->type == T_NAME) {
		if (token_is(s, "true") || token_is(s, "True") || token_is(s, "t"))
			v = 1;
		else if (token_is(s, "false") || token_is(s, "False") || token_is(s, "f"))
			v = 0;
	}
	if (v > 1)
		return fail_type(s);
	ret = reader_bool(&s->r, v);
	return ret < 0 ? ret : next(s);
}

static int parse_scalar(struct scanner *s)
{
	int ret;

	switch (reader_row(&s->r)->type) {
	case F_STRING:
	case F_BYTES: return parse_string(s);
	case F_BOOL: return parse_bool(s);
	case F_ENUM:
		if (s->type != T_NAME)
			return parse_integer(s);
		ret = reader_enum(&s->r, s->at, s->at, s->n);
		return ret < 0 ? ret : next(s);
	default: return parse_integer(s);
	}
}

static int parse_field(struct scanner *s);

static int parse_message(struct scanner *s)
{
	char close = at_symbol(s, '<') ? '>' : '}';
	int ret;

	if (!at_symbol(s, '{') && !at_symbol(s, '<'))
		return fail_type(s);
	ret = reader_enter(&s->r, s->at);
	if (ret == 0)
		ret = next(s);
	while (ret == 0 && !at_symbol(s, close))
		ret = parse_field(s);
	if (ret == 0)
		ret = reader_leave(&s->r, s->at);
	return ret < 0 ? ret : next(s);
}

static int parse_value(struct scanner *s)
{
	return reader_row(&s->r)->type == F_MESSAGE ? parse_message(s) : parse_scalar(s);
}

/* A repeated field's short form, after its bracket. */
static int parse_list(struct scanner *s)
{
	int ret = accept(s, ']');

	if (ret != 0)
		return MIN(ret, 0);
	for (;;) {
		ret = parse_value(s);
		if (ret < 0)
			return ret;
		ret = accept(s, ']');
		if (ret != 0)
			return MIN(ret, 0);
		if (!at_symbol(s, ','))
			return fail_token(s, "\",\" or \"]\"");
		ret = next(s);
		if (ret < 0)
			return ret;
	}
}

/* The name and what is between it and the value. */
static int parse_name(struct scanner *s)
{
	const struct reader_frame *f = &s->r.stack[s->r.depth];
	const char *at = s->at;
	int ret;

	if (at_symbol(s, '['))
		return reader_fail(&s->r, at, "extensions and Any messages are not possible here");
	if (s->type != T_NAME) {
		fail_token(s, s->r.depth > 0 ? "a field's name or the end of the block"
					     : "a field's name");
		if (str_starts(at, "<<<<<<<"))
			err_hint(s->r.err, "this looks like an unresolved merge conflict");
		return -EINVAL;
	}
	ret = reader_field(&s->r, at, at, s->n, false);
	if (ret < 0)
		return ret;
	if (!(f->row->flags & SF_REPEATED) && schema_has(f->m, f->message, f->row))
		return reader_fail(&s->r, at, "it was given before");
	ret = next(s);
	if (ret < 0)
		return ret;
	if (f->row->type != F_MESSAGE && !at_symbol(s, ':'))
		return fail_token(s, "\":\"");
	ret = accept(s, ':');
	return MIN(ret, 0);
}

static int parse_field(struct scanner *s)
{
	struct reader_frame *f = &s->r.stack[s->r.depth];
	int ret;

	/* No path in front of what happens between two fields. */
	f->row = NULL;
	ret = parse_name(s);
	if (ret < 0)
		return ret;
	ret = f->row->flags & SF_REPEATED ? accept(s, '[') : 0;
	if (ret < 0)
		return ret;
	ret = ret > 0 ? parse_list(s) : parse_value(s);
	if (ret < 0)
		return ret;
	f->row = NULL;
	ret = accept(s, ';');
	if (ret == 0)
		ret = accept(s, ',');
	return MIN(ret, 0);
}

int textproto_parse(struct config *cfg, const char *file, const char *text, size_t n,
		    struct err *err)
{
	struct scanner s = {.p = text};
	int ret;

	reader_start(&s.r, cfg, file, text, n, err);
	ret = next(&s);
	while (ret == 0 && s.type != T_END)
		ret = parse_field(&s);
	if (ret == 0)
		ret = reader_leave(&s.r, s.at);
	sbuf_free(&s.string);
	return ret;
}
