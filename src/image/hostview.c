// SPDX-License-Identifier: BSD-3-Clause
/*
 * A root that shows this machine's programs without copying them. Called by image/bootstrap.
 *
 * The directory gets mount points, a small /etc of its own, and a configuration of the binds that
 * show the host's /usr and what its programs need of /etc, all read-only. The configuration names
 * no place of the directory, so that it can be moved:
 *	toastainer run --config DIR/toastainer.cfg -c DIR -- PROGRAM
 * The host's users, secrets and configuration stay hidden: only what is listed here is seen.
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "base/str.h"
#include "image/sources.h"
#include "image/tree.h"

#define CONFIG_NAME "toastainer.cfg"

/* Top-level directories with programs; a link among them (merged /usr) is copied as a link. */
static const char *const tops[] = {"usr",   "bin",    "sbin", "lib", "lib32",
				   "lib64", "libx32", "opt",  "nix"};

/* What programs below /usr look for in /etc (glob(7)), nothing that tells about this machine's users. */
static const char *const etcs[] = {
	"/etc/alternatives", "/etc/ca-certificates", "/etc/debian_version",
	"/etc/fonts",	     "/etc/inputrc",	     "/etc/java-*",
	"/etc/ld.so.cache",  "/etc/ld.so.conf",	     "/etc/ld.so.conf.d",
	"/etc/locale.alias", "/etc/localtime",	     "/etc/magic",
	"/etc/mime.types",   "/etc/os-release",	     "/etc/perl",
	"/etc/protocols",    "/etc/python*",	     "/etc/rpc",
	"/etc/services",     "/etc/ssl/certs",	     "/etc/ssl/openssl.cnf",
	"/etc/terminfo",     "/etc/timezone",
};

static const char header[] =
	"# Shows this machine's programs, read-only, in the root that this file lies in:\n"
	"#   toastainer run --config DIR/" CONFIG_NAME " -c DIR -- PROGRAM\n"
	"# Made by `toastainer image bootstrap --from host`; edit it as you like.\n"
	"mount_proc: true\n";

/* Writes one bind. Nothing in its path needs quoting. */
static void put_bind(struct sbuf *cfg, const char *path, bool mandatory)
{
	sbuf_printf(cfg, "mount { src: \"/%s\" dst: \"/%s\" is_bind: true%s }\n", path, path,
		    mandatory ? "" : " mandatory: false");
}

static int add_top(int root, const char *name, struct sbuf *cfg, struct err *err)
{
	char path[32], text[256];
	struct stat st;
	ssize_t n;
	int r;

	snprintf(path, sizeof(path), "/%s", name);
	if (lstat(path, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, text, sizeof(text) - 1);
		if (n < 0)
			return err_sys(err, errno, "read link '%s'", path);
		text[n] = 0;
		unlinkat(root, name, AT_REMOVEDIR); /* the skeleton may have it as a directory */
		return tree_link(root, name, text, err);
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	r = tree_dir(root, name, 0755, err);
	if (!r)
		put_bind(cfg, name, str_eq(name, "usr"));
	return r;
}

static int add_etc(int root, const char *path, struct sbuf *cfg, struct err *err)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0 || strpbrk(path, "\"\\\n"))
		return 0;
	if (S_ISDIR(st.st_mode))
		r = tree_dir(root, path + 1, 0755, err);
	else
		r = tree_file(root, path + 1, 0644, "", err);
	if (!r)
		put_bind(cfg, path + 1, false);
	return r;
}

static int add_etcs(int root, const char *pattern, struct sbuf *cfg, struct err *err)
{
	glob_t found = {0};
	int r = 0;

	if (glob(pattern, 0, NULL, &found) == GLOB_NOSPACE)
		r = err_oom(err);
	for (size_t i = 0; !r && i < found.gl_pathc; i++)
		r = add_etc(root, found.gl_pathv[i], cfg, err);
	globfree(&found);
	return r;
}

int hostview_make(struct bootstrap *b, struct err *err)
{
	_cleanup_sbuf_ struct sbuf cfg = {0};
	int root = b->dir->fd, r = tree_skeleton(root, err);

	sbuf_puts(&cfg, header);
	if (!r)
		r = tree_etc(root, err);
	if (!r)
		r = tree_dir(root, "etc/ssl", 0755, err);
	for (unsigned i = 0; !r && i < ARRAY_SIZE(tops); i++)
		r = add_top(root, tops[i], &cfg, err);
	for (unsigned i = 0; !r && i < ARRAY_SIZE(etcs); i++)
		r = add_etcs(root, etcs[i], &cfg, err);
	if (r)
		return r;
	if (cfg.failed)
		return err_oom(err);
	b->report->config = CONFIG_NAME;
	return tree_file(root, CONFIG_NAME, 0644, cfg.s, err);
}
