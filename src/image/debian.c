// SPDX-License-Identifier: BSD-3-Clause
/*
 * A Debian root file system by mmdebstrap, or by debootstrap where only that is there. Called by
 * image/bootstrap. Their progress goes to standard error as they print it. Fails when neither is
 * installed, and as they fail (no network, unknown suite).
 */
#include "base/str.h"
#include "base/sys.h"
#include "image/hostjail.h"
#include "image/sources.h"

/* A field of os-release(5), without its quotes. NULL: not there. */
static char *os_release(struct arena *a, const char *field)
{
	FILE *f = fopen("/etc/os-release", "re");
	char line[512], *value = NULL;
	size_t n = strlen(field);

	while (f && !value && fgets(line, sizeof(line), f)) {
		char *v = line + n + 1;

		if (strncmp(line, field, n) != 0 || line[n] != '=')
			continue;
		v += *v == '"';
		v[strcspn(v, "\"\n")] = 0;
		value = arena_strdup(a, v);
	}
	if (f)
		fclose(f);
	return value;
}

/* This machine's own release when it is a Debian, else what is stable today. */
static const char *default_suite(struct arena *a)
{
	const char *id = os_release(a, "ID"), *name = os_release(a, "VERSION_CODENAME");

	return id && name && str_eq(id, "debian") ? name : "stable";
}

/* "-x" would be read as an option by the tools. */
static int check_word(const char *option, const char *value, struct err *err)
{
	if (value && (!*value || *value == '-'))
		return err_set(err, EINVAL, "--%s: '%s' is not a %s", option, value, option);
	return 0;
}

static int by_mmdebstrap(struct bootstrap *b, const char *tool, const char *suite,
			 const char *variant, struct err *err)
{
	const char *argv[] = {tool,	    "--mode=unshare", variant, suite,
			      b->dir->path, b->rq->mirror,    NULL};

	return tool_run(b->signals, argv, STDERR_FILENO, true, err);
}

/* Takes away what tar made of other ids; what is ours is left to the caller. */
static void remove_unpacked(struct bootstrap *b)
{
	const char *find = tool_find(&b->arena, "find");
	const char *argv[] = {find, b->dir->path, "-xdev", "-mindepth", "1", "-delete", NULL};

	if (find)
		(void)hostjail_run(b->rq->run, b->dir, argv, FD_NONE, NULL);
}

static int unpack(struct bootstrap *b, int archive, struct err *err)
{
	const char *tar = tool_find(&b->arena, "tar");
	const char *file = arena_printf(&b->arena, "/proc/self/fd/%d", archive);
	/* Device nodes cannot be made, and are not needed: each jail has a /dev of its own. */
	const char *argv[] = {tar,
			      "--extract",
			      "--file",
			      file,
			      "--directory",
			      b->dir->path,
			      "--numeric-owner",
			      "--preserve-permissions",
			      "--xattrs",
			      "--xattrs-include=security.capability",
			      "--exclude=./dev/*",
			      NULL};
	int r;

	if (!tar || !file)
		return err_set(err, ENOENT, "tar is not installed");
	r = hostjail_run(b->rq->run, b->dir, argv, archive, err);
	if (r)
		remove_unpacked(b);
	return r;
}

/*
 * Without root: mmdebstrap's own user namespace starts at the first subordinate id, ours at the user.
 * A directory made by it would belong to the wrong ids, so it makes an archive, which is unpacked
 * with the ids that image builds have.
 */
static int by_mmdebstrap_user(struct bootstrap *b, const char *tool, const char *suite,
			      const char *variant, struct err *err)
{
	const char *argv[] = {
		tool, "--mode=unshare", "--format=tar", variant, suite, "-", b->rq->mirror, NULL};
	_cleanup_close_ int archive = sys_openat(b->dir->fd, ".", O_TMPFILE | O_RDWR, 0600);
	int r;

	if (archive < 0)
		return err_sys(err, archive, "make a temporary file in '%s'", b->dir->path);
	r = hostjail_check(err);
	if (!r)
		r = tool_run(b->signals, argv, archive, false, err);
	return r ? r : unpack(b, archive, err);
}

/* It mounts proc and sys in the new root, in the mount namespace that it is started in. */
static int by_debootstrap(struct bootstrap *b, const char *tool, const char *suite,
			  const char *variant, struct err *err)
{
	const char *argv[] = {tool, variant, suite, b->dir->path, b->rq->mirror, NULL};

	return tool_run(b->signals, argv, STDERR_FILENO, true, err);
}

int debian_make(struct bootstrap *b, struct err *err)
{
	const struct bootstrap_request *rq = b->rq;
	const char *mmdebstrap = tool_find(&b->arena, "mmdebstrap");
	const char *debootstrap = tool_find(&b->arena, "debootstrap");
	const char *suite = rq->suite ? rq->suite : default_suite(&b->arena);
	const char *variant =
		arena_printf(&b->arena, "--variant=%s", rq->variant ? rq->variant : "minbase");
	int r = check_word("suite", rq->suite, err);

	if (!r)
		r = check_word("mirror", rq->mirror, err);
	if (!r)
		r = check_word("variant", rq->variant, err);
	if (r)
		return r;
	if (!variant)
		return err_oom(err);
	if (mmdebstrap && geteuid() != 0)
		return by_mmdebstrap_user(b, mmdebstrap, suite, variant, err);
	if (mmdebstrap)
		return by_mmdebstrap(b, mmdebstrap, suite, variant, err);
	if (debootstrap && geteuid() == 0)
		return by_debootstrap(b, debootstrap, suite, variant, err);
	err_set(err, ENOENT, "neither mmdebstrap nor debootstrap is installed%s",
		debootstrap ? " for use without root" : "");
	return err_hint(err, "apt-get install mmdebstrap");
}
