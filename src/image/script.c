// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reading a set-up script. Called by image/shell before it starts anything, so that a script that
 * cannot work is refused by name instead of failing half-way inside.
 */
#include <limits.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/script.h"

#define SCRIPT_MAX ((size_t)16 << 20)

/* The kernel reads this much of a file to find "#!" (BINPRM_BUF_SIZE). */
#define LINE_MAX_KERNEL 255

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int parse_first_line(struct arena *a, const char *line, size_t n, struct script *s,
			    struct err *err)
{
	const char *end = line + n, *p = line + 2, *word;

	if (n > LINE_MAX_KERNEL)
		return err_set(err, ENOEXEC,
			       "script '%s': its interpreter line is longer than %d bytes", s->name,
			       LINE_MAX_KERNEL);
	while (end > p && is_blank(end[-1]))
		end--;
	while (p < end && is_blank(*p))
		p++;
	for (word = p; p < end && !is_blank(*p); p++)
		;
	if (p == word)
		return err_set(err, ENOEXEC, "script '%s': no interpreter after '#!'", s->name);
	s->interpreter = arena_dup(a, word, (size_t)(p - word));
	if (!s->interpreter)
		return err_oom(err);
	if (s->interpreter[0] != '/') {
		err_set(err, ENOEXEC, "script '%s': its interpreter '%s' is not an absolute path",
			s->name, s->interpreter);
		return err_hint(err, "write #!/usr/bin/env %s", s->interpreter);
	}
	while (p < end && is_blank(*p))
		p++;
	if (p < end) {
		s->argument = arena_dup(a, p, (size_t)(end - p));
		if (!s->argument)
			return err_oom(err);
	}
	return 0;
}

int script_parse(struct arena *a, const char *name, const char *text, size_t size,
		 struct script *ret, struct err *err)
{
	const char *newline = memchr(text, '\n', size);
	size_t n = newline ? (size_t)(newline - text) : size;
	struct script s = {.name = name, .text = text, .size = size, .interpreter = "/bin/sh"};

	if (size >= 4 && memcmp(text, "\177ELF", 4) == 0) {
		err_set(err, ENOEXEC, "script '%s' is a program, not a script", name);
		return err_hint(err, "copy it into the image and start it from a script");
	}
	if (n && text[n - 1] == '\r') {
		err_set(err, ENOEXEC,
			"script '%s': line 1 ends in a carriage return (CR, \\r): it has the line "
			"ends of DOS",
			name);
		return err_hint(err, "convert it: sed -i 's/\\r$//' '%s'", name);
	}
	if (n >= 2 && text[0] == '#' && text[1] == '!') {
		int r = parse_first_line(a, text, n, &s, err);

		if (r)
			return r;
	}
	*ret = s;
	return 0;
}

int script_read(struct arena *a, const char *name, struct script *ret, struct err *err)
{
	struct stat st;
	size_t size = 0;
	char *text = NULL;
	int r;

	if (strlen(name) >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "script '%.60s...'", name);
	if (stat(name, &st) < 0)
		return err_sys(err, errno, "script '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "script '%s' is %s",
			       name, S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
	r = io_read_file(a, AT_FDCWD, name, SCRIPT_MAX, &text, &size, err);
	if (r) {
		err_wrap(err, "script '%s'", name);
		return r;
	}
	return script_parse(a, name, text, size, ret, err);
}
