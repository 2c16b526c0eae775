// SPDX-License-Identifier: BSD-3-Clause
/*
 * Configuration files: read, find out the form, replace the config. Called by the command line's
 * --config and the config command; fails when the file cannot be read or is not valid.
 *
 * The first character that is no blank tells the forms apart: a JSON config is an object, and no text
 * in the text format starts with a brace. So no file is valid in both forms (nsjail, which tries one
 * after the other, refuses such a file), and the error shown is that of the form that was meant.
 */
#include <fcntl.h>

#include "base/io.h"
#include "config/jsonconf.h"
#include "config/load.h"
#include "config/textproto.h"

enum { LARGEST_FILE = 64 << 20 };

static bool looks_like_json(const char *text)
{
	text += strspn(text, " \t\n\v\f\r");
	/* No config either, but this is how JSON files begin; [a.b] is an extension of the text format. */
	if (*text == '[')
		return strspn(text + 1, "[{]\" \t\r\n") > 0;
	return *text == '{' || *text == '"';
}

int load_text(struct config *cfg, const char *file, const char *text, size_t n, struct err *err)
{
	struct config loaded;
	int ret;

	if (n == 0)
		return err_set(err, EINVAL, "%s: the file is empty", file);
	if (str_starts(text, "\xef\xbb\xbf"))
		return err_set(
			err, EINVAL,
			"%s:1:1: the file begins with a byte order mark; save it as UTF-8 without",
			file);
	config_init(&loaded, cfg->face);
	ret = looks_like_json(text) ? jsonconf_parse(&loaded, file, text, n, err)
				    : textproto_parse(&loaded, file, text, n, err);
	if (ret < 0) {
		config_free(&loaded);
		return ret;
	}
	loaded.own_argv = cfg->own_argv;
	/* The command line that is being read may hold strings in the old config's memory. */
	arena_join(&loaded.arena, &cfg->arena);
	*cfg = loaded;
	return 0;
}

int config_load(struct config *cfg, const char *path, struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	struct arena arena = {0};
	size_t n = 0;
	char *text;
	int ret;

	ret = io_read_file(&arena, AT_FDCWD, is_stdin ? "/dev/stdin" : path, LARGEST_FILE, &text,
			   &n, err);
	if (ret == 0)
		ret = load_text(cfg, is_stdin ? "stdin" : path, text, n, err);
	else
		err_wrap(err, "config");
	arena_free(&arena);
	return ret;
}
