// SPDX-License-Identifier: BSD-3-Clause
/*
 * Splits policies into tokens. Called by the parser only. Fails for characters that mean nothing,
 * numbers above 64 bits, comments without end, and files that cannot be included.
 */
#include <stdarg.h>

#include "base/io.h"
#include "base/sys.h"
#include "kafel/lexer.h"

#define MAX_INCLUDE_DEPTH 16
#define MAX_INCLUDE_SIZE  (1u << 20)

/* Sorted but for "define"; in the order of enum tok. */
static const char keywords[][16] = {
	"ALLOW", "DEFAULT", "DENY",    "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG",
	"ON",	 "POLICY",  "SYSCALL", "TRACE", "TRAP", "USE",		"USER_NOTIF",  "define",
};
static_assert(ARRAY_SIZE(keywords) == TOK_DEFINE - TOK_ALLOW + 1, "one name a keyword");

void lexer_report(const struct kafel_pos *pos, struct err *err, const char *fmt, ...)
{
	va_list ap;
	char msg[1024];

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(err, EINVAL, "%s:%u:%u: %s", pos->file, pos->line, pos->column, msg);
}

int lexer_push(struct lexer *lx, const char *text, size_t n, const char *name, bool wall,
	       struct err *err)
{
	struct source *src = arena_alloc(lx->arena, sizeof(*src));

	if (!src)
		return err_oom(err);
	src->below = lx->top;
	src->s = text;
	src->end = text + n;
	src->pos = (struct kafel_pos){name, 1, 1};
	src->wall = wall;
	lx->top = src;
	return 0;
}

static void advance(struct source *src, size_t n)
{
	for (; n; n--) {
		if (*src->s++ == '\n') {
			src->pos.line++;
			src->pos.column = 1;
		} else {
			src->pos.column++;
		}
	}
}

/* The character @i places on; 0 at the end (a NUL in the text is no token either). */
static char peek(const struct source *src, size_t i)
{
	return (size_t)(src->end - src->s) > i ? src->s[i] : 0;
}

static int bad_char(const struct source *src, struct err *err)
{
	unsigned char c = (unsigned char)*src->s;

	if (c > ' ' && c < 0x7f)
		return lexer_error(&src->pos, err, "unexpected character '%c'", c);
	return lexer_error(&src->pos, err, "unexpected character 0x%02x%s", c,
			   c == '\r' ? " (lines end with a carriage return?)" : "");
}

/*
 * Within a comment a star takes the character after it along, unless that is the slash which ends
 * the comment. So an even number of stars before a slash does not end it.
 */
static int skip_comment(struct source *src, struct err *err)
{
	struct kafel_pos start = src->pos;

	advance(src, 2);
	while (src->s < src->end) {
		if (*src->s != '*') {
			advance(src, 1);
		} else if (peek(src, 1) == '/') {
			advance(src, 2);
			return 0;
		} else {
			advance(src, src->end - src->s > 1 ? 2 : 1);
		}
	}
	return lexer_error(&start, err, "this comment has no end");
}

/* Opens FILE of #include "FILE" below one of the directories, and nowhere else. */
static int open_include(struct lexer *lx, const char *file, const char **ret_dir)
{
	int r = -ENOENT;

	for (const char *const *d = lx->include_dirs; d && *d; d++) {
		_cleanup_close_ int dirfd = sys_openat(AT_FDCWD, *d, O_PATH | O_DIRECTORY, 0);

		if (dirfd < 0) {
			r = dirfd;
			continue;
		}
		r = sys_openat2(dirfd, file, O_RDONLY | O_NONBLOCK | O_NOCTTY,
				RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
		if (r >= 0) {
			*ret_dir = *d;
			return r;
		}
		if (r != -ENOENT)
			break;
	}
	return r;
}

static int read_all(int fd, char *buf, size_t max, size_t *ret_n)
{
	size_t n = 0;

	for (;;) {
		ssize_t r = sys_read(fd, buf + n, max - n);

		if (r == -EINTR)
			continue;
		if (r < 0)
			return (int)r;
		if (r == 0)
			break;
		n += (size_t)r;
		if (n == max)
			return -EFBIG;
	}
	*ret_n = n;
	return 0;
}

static int include(struct lexer *lx, const struct kafel_pos *pos, const char *s, size_t n,
		   struct err *err)
{
	char *file = arena_dup(lx->arena, s, n);
	const char *dir = NULL;
	_cleanup_close_ int fd = FD_NONE;
	struct stat st = {0};
	char *text;
	size_t len = 0;
	int r;

	if (!file)
		return err_oom(err);
	if (memchr(s, 0, n))
		return lexer_error(pos, err, "a file name with a NUL character");
	if (++lx->depth > MAX_INCLUDE_DEPTH)
		return lexer_error(pos, err, "more than %d includes inside each other",
				   MAX_INCLUDE_DEPTH);
	if (!lx->include_dirs || !lx->include_dirs[0])
		return lexer_error(pos, err, "cannot include '%s': no include directory is set",
				   file);
	fd = open_include(lx, file, &dir);
	if (fd == -EXDEV)
		return lexer_error(pos, err, "cannot include '%s': outside the include directory",
				   file);
	if (fd < 0)
		return lexer_error(pos, err, "cannot include '%s': %s", file, strerror(-fd));
	r = sys_fstat(fd, &st);
	if (r < 0)
		return lexer_error(pos, err, "cannot include '%s': %s", file, strerror(-r));
	if (!S_ISREG(st.st_mode))
		return lexer_error(pos, err, "cannot include '%s': not a regular file", file);
	text = arena_alloc(lx->arena, (size_t)MIN(st.st_size, MAX_INCLUDE_SIZE) + 1);
	file = arena_printf(lx->arena, "%s/%s", dir, file);
	if (!text || !file)
		return err_oom(err);
	r = read_all(fd, text, (size_t)MIN(st.st_size, MAX_INCLUDE_SIZE) + 1, &len);
	if (r < 0)
		return lexer_error(pos, err, "cannot read '%s': %s", file, strerror(-r));
	return lexer_push(lx, text, len, file, false, err);
}

/*
 * The rest of an #include directive: blanks and "files" up to a newline or semicolon. Returns when
 * one of these, or a file to read first, was found.
 */
static int directive(struct lexer *lx, struct err *err)
{
	struct source *src = lx->top;
	bool blank = false;

	src->in_include = true;
	for (; src->s < src->end; blank = true) {
		char c = *src->s;
		const char *end;

		if (c == ' ' || c == '\t') {
			advance(src, 1);
			continue;
		}
		if (c == '\n' || c == ';') {
			advance(src, 1);
			src->in_include = false;
			return 0;
		}
		end = c == '"' ? memchr(src->s + 1, '"', (size_t)(src->end - src->s - 1)) : NULL;
		if (!end || end == src->s + 1)
			return bad_char(src, err);
		if (!blank)
			return lexer_error(&src->pos, err, "a blank is missing before this name");
		{
			struct kafel_pos pos = src->pos;
			const char *s = src->s + 1;

			advance(src, (size_t)(end + 1 - src->s));
			return include(lx, &pos, s, (size_t)(end - s), err);
		}
	}
	return lexer_error(&src->pos, err, "#include must end with a newline or ';'");
}

static bool is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && ((c >= '0' && c <= '9') || c == '_'));
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

/*
 * 0x hex, 0b binary, 0 octal, decimal with an optional minus (modulo 2^64). An octal number is
 * read up to its first 8 or 9, which are skipped: 08 is 0.
 */
static int number(struct source *src, struct token *t, struct err *err)
{
	bool minus = peek(src, 0) == '-';
	size_t i = minus, start;
	unsigned base = 10, wide = 10;
	uint64_t v = 0;
	bool over = false, more = true;

	if (peek(src, 0) == '0' && peek(src, 1) == 'x' && digit(peek(src, 2)) < 16) {
		base = wide = 16;
		i = 2;
	} else if (peek(src, 0) == '0' && (peek(src, 1) == 'b') && digit(peek(src, 2)) < 2) {
		base = wide = 2;
		i = 2;
	} else if (peek(src, 0) == '0') {
		base = 8;
	}
	start = i;
	for (; digit(peek(src, i)) < wide; i++) {
		unsigned d = digit(peek(src, i));

		more = more && d < base;
		if (more && v > (UINT64_MAX - d) / base)
			over = true;
		else if (more)
			v = v * base + d;
	}
	t->kind = TOK_NUMBER;
	t->n = i;
	t->number = minus ? 0 - v : v;
	if (over)
		return lexer_error(&t->pos, err, "the number %.*s does not fit in 64 bits",
				   (int)MIN(i, (size_t)80), src->s);
	assert(i > start);
	return 0;
}

static void name(struct source *src, struct token *t)
{
	size_t n = 1;

	while (is_name(peek(src, n), false))
		n++;
	t->kind = TOK_NAME;
	t->n = n;
	for (unsigned i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strlen(keywords[i]) == n && memcmp(keywords[i], src->s, n) == 0)
			t->kind = TOK_ALLOW + (int)i;
}

static const struct {
	char s[3];
	int kind;
} operators[] = {
	{"==", TOK_EQ}, {"!=", TOK_NE},	     {"<=", TOK_LE},
	{">=", TOK_GE}, {"&&", TOK_AND_AND}, {"||", TOK_OR_OR},
};

static int token(struct source *src, struct token *t, struct err *err)
{
	char c = *src->s, c1 = peek(src, 1);

	*t = (struct token){.pos = src->pos, .s = src->s, .n = 1, .kind = (unsigned char)c};
	if (is_name(c, true)) {
		name(src, t);
		return 0;
	}
	if ((c >= '0' && c <= '9') || (c == '-' && c1 >= '1' && c1 <= '9'))
		return number(src, t, err);
	for (unsigned i = 0; i < ARRAY_SIZE(operators); i++) {
		if (c == operators[i].s[0] && c1 == operators[i].s[1]) {
			t->kind = operators[i].kind;
			t->n = 2;
			return 0;
		}
	}
	if (!c || !strchr("<>|&[](){},!#", c))
		return bad_char(src, err);
	return 0;
}

int lexer_next(struct lexer *lx, struct token *ret, struct err *err)
{
	int r;

	for (;;) {
		struct source *src = lx->top;
		size_t left = (size_t)(src->end - src->s);

		if (src->in_include) {
			r = directive(lx, err);
			if (r < 0)
				return r;
		} else if (left == 0) {
			if (src->wall) {
				*ret = (struct token){.kind = TOK_END, .pos = src->pos};
				return 0;
			}
			lx->top = src->below;
			lx->depth--;
		} else if (*src->s == ' ' || *src->s == '\t' || *src->s == '\n') {
			advance(src, 1);
		} else if (*src->s == '/' && peek(src, 1) == '/') {
			const char *nl = memchr(src->s, '\n', left);

			advance(src, nl ? (size_t)(nl - src->s) : left);
		} else if (*src->s == '/' && peek(src, 1) == '*') {
			r = skip_comment(src, err);
			if (r < 0)
				return r;
		} else if (left >= 8 && memcmp(src->s, "#include", 8) == 0) {
			advance(src, 8);
			r = directive(lx, err);
			if (r < 0)
				return r;
		} else {
			r = token(src, ret, err);
			if (r == 0)
				advance(src, ret->n);
			return r;
		}
	}
}

const char *lexer_describe(const struct token *t, char *buf, size_t n)
{
	if (t->kind == TOK_END)
		snprintf(buf, n, "end of the policy");
	else
		snprintf(buf, n, "'%.*s'", (int)MIN(t->n, (size_t)60), t->s);
	return buf;
}
