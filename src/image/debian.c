// SPDX-License-Identifier: BSD-3-Clause
/*
 * A Debian root file system by mmdebstrap, or by debootstrap where only that is there. Called by
 * image/bootstrap. Their progress goes to standard error as they print it. Fails when neither is
 * installed, and as they fail (no network, unknown suite).
 */
#include "base/str.h"
#include "base/sys.h"
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
	if (mmdebstrap)
		return by_mmdebstrap(b, mmdebstrap, suite, variant, err);
	if (debootstrap && geteuid() == 0)
		return by_debootstrap(b, debootstrap, suite, variant, err);
	err_set(err, ENOENT, "neither mmdebstrap nor debootstrap is installed%s",
		debootstrap ? " for use without root" : "");
	return err_hint(err, "apt-get install mmdebstrap");
}
