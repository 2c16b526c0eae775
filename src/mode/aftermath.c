// SPDX-License-Identifier: BSD-3-Clause
/*
 * After the end of a jail. Called by the mode once, with what the child gave the launcher to hold: the
 * root and its mount namespace, which keep all mounts in it, and the tmpfs of the upper layer. Nothing of
 * the jail runs any more, but all that is read was written by it.
 */
#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "mode/aftermath.h"
#include "storage/changes.h"
#include "storage/copyfile.h"
#include "storage/diskimage.h"

/* note() - in the log, where there is one, and the first for the caller. */
static void note(struct err *one, bool log, struct err *first)
{
	if (log)
		log_err(LOG_ERROR, one);
	if (!first->code)
		*first = *one;
}

static void copies(const struct planned *p, const struct jail *j, bool log, struct err *first)
{
	struct copy c = {.limit = p->copy_limit,
			 .left = p->copy_limit,
			 .files_left = COPY_FILES_MAX,
			 .proc = sys_openat(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0)};

	for (unsigned i = 0; i < p->n_copies; i++) {
		const struct planned_copy *one = &p->copies[i];
		struct err err = ERR_INIT;
		int r = c.proc < 0 ? err_sys(&err, c.proc, "open /proc/self/fd")
				   : copyfile_out(&c, j->held[HELD_ROOT], one->from, one->to, &err);

		if (r >= 0)
			continue;
		err_wrap(&err, "copy_out '%s'", one->from);
		note(&err, log, first);
	}
	if (c.skipped && log)
		log_warn("copy_out: %lu links, devices, sockets and pipes were left out",
			 c.skipped);
	if (c.proc >= 0)
		close(c.proc);
}

int aftermath_upper(const struct jail *j, char *path, size_t size)
{
	int base = j->upper.dir >= 0 ? j->upper.dir : j->held[HELD_UPPER];

	if (base < 0)
		return -ENOENT;
	/* Another process may not look into ours: it gets the descriptor itself. */
	snprintf(path, size, "/proc/self/fd/%d/upper", base);
	return fcntl(base, F_SETFD, 0) < 0 ? -errno : 0;
}

/* upper_dir() - the upper directory, on the host or in the tmpfs that we hold. */
static int upper_dir(const struct jail *j)
{
	int base = j->upper.dir >= 0 ? j->upper.dir : j->held[HELD_UPPER];

	return base < 0 ? -ENOENT
			: sys_openat(base, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

static int write_diff(const struct planned *p, const struct jail *j, struct err *err)
{
	const struct jail_plan *plan = &p->plan;
	struct arena a = {0};
	unsigned n = plan->n_layers, opened = 0;
	int *layers = arena_alloc(&a, (n + 1) * sizeof(*layers)), out, r = 0;
	const char **targets = arena_alloc(&a, (plan->n_mounts + 1) * sizeof(*targets));
	struct changes c = {.upper = upper_dir(j),
			    .layers = layers,
			    .targets = targets,
			    .other_ids = plan->shift_ids && plan->n_given == n};

	if (!layers || !targets)
		r = err_oom(err);
	else if (c.upper < 0)
		r = err_sys(err, c.upper, "the upper layer");
	for (; r >= 0 && opened < n; opened++) {
		layers[opened] = plan->image ? sys_openat(plan->image->mount, ".", O_PATH, 0)
					     : sys_openat(AT_FDCWD, plan->mounts[1 + opened].src,
							  O_PATH | O_DIRECTORY, 0);
		if (layers[opened] < 0)
			r = err_sys(err, layers[opened], "layer '%s'",
				    plan->mounts[1 + opened].src);
	}
	for (unsigned i = 1 + n, k = 0; r >= 0 && i < plan->n_mounts; i++)
		if (plan->mounts[i].kind != MOUNT_COPY && plan->mounts[i].kind != MOUNT_UPPER)
			targets[k++] = plan->mounts[i].dst;
	c.n = opened;
	out = r < 0 ? FD_NONE
		    : sys_openat(AT_FDCWD, p->diff, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0644);
	if (r >= 0)
		r = out < 0 ? err_sys(err, out, "'%s'", p->diff) : changes_write(&c, out, err);
	if (out >= 0)
		close(out);
	while (opened--)
		if (layers[opened] >= 0)
			close(layers[opened]);
	if (c.upper >= 0)
		close(c.upper);
	arena_free(&a);
	return r;
}

int aftermath(const struct planned *p, const struct jail *j, bool log, struct err *err)
{
	struct err first = ERR_INIT, one = ERR_INIT;

	if (j->result.reason == RESULT_SETUP_FAILED)
		return 0;
	if (p->n_copies)
		copies(p, j, log, &first);
	if (p->diff && write_diff(p, j, &one) < 0) {
		err_wrap(&one, "diff");
		note(&one, log, &first);
	}
	if (first.code)
		*err = first;
	return -first.code;
}
