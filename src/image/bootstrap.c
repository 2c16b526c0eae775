// SPDX-License-Identifier: BSD-3-Clause
/*
 * Making a first root file system: opens and locks the directory, lets the source fill it, and
 * takes everything away when that fails. Called by cmd/image.
 */
#include "base/str.h"
#include "image/bootstrap.h"
#include "image/sources.h"

static const struct source {
	const char *name;
	int (*make)(struct bootstrap *b, struct err *err);
} sources[] = {
	[FROM_BUSYBOX] = {"busybox", busybox_make},
	[FROM_DEBIAN] = {"debian", debian_make},
	[FROM_HOST] = {"host", hostview_make},
};
static_assert(ARRAY_SIZE(sources) == BOOTSTRAP_SOURCES, "each source has its row");

int bootstrap_source(const char *name, enum bootstrap_from *ret, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(sources); i++) {
		if (str_eq(name, sources[i].name)) {
			*ret = (enum bootstrap_from)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "--from '%s': not busybox, debian or host", name);
}

int bootstrap_image(const struct bootstrap_request *rq, struct bootstrap_report *ret,
		    struct err *err)
{
	struct image_dir dir = IMAGE_DIR_INIT;
	struct tool_signals signals;
	struct bootstrap b = {.rq = rq, .dir = &dir, .signals = &signals, .report = ret};
	bool made = false;
	int r;

	*ret = (struct bootstrap_report){0};
	tool_hold_signals(&signals);
	r = dir_create(&dir, rq->dir, &made, err);
	if (!r) {
		r = sources[rq->from].make(&b, err);
		if (!r)
			r = tool_interrupted(&signals, err);
		if (r) {
			struct err left = ERR_INIT;

			err_wrap(err, "bootstrap '%s'", rq->dir);
			if (dir_empty(dir.fd, &left))
				err_hint(err, "'%s' is not empty: %s", rq->dir, left.msg);
			else if (made)
				rmdir(dir.path);
		}
	}
	arena_free(&b.arena);
	dir_close(&dir);
	tool_release_signals(&signals);
	return r;
}
