/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The template: a mount namespace of our own that holds what jails of one plan need of the host's
 * mounts, and nothing else. A jail is cloned from within it, so the kernel copies a handful of mounts
 * and not all of the host's. For modes that launch one plan again and again, in a process that is
 * all ours; it needs privileges over the caller's mount namespace. Where it cannot be, or the host
 * has just changed, the launch is made as without it, with the same result.
 */
#ifndef TOASTAINER_JAIL_TEMPLATE_H
#define TOASTAINER_JAIL_TEMPLATE_H

#include "base/err.h"
#include "base/mem.h"
#include "jail/plan.h"

struct jail;
struct jail_io;

/* struct template_source - what was found at a source's path when it was looked at last */
struct template_source {
	uint64_t dev, ino, mount;
	int error; /* 0, or why there is nothing: a negative errno */
};

struct template
{
	const struct jail_plan *plan; /* borrowed */
	struct jail_plan inside; /* the same jail, with its sources where the template has them */
	struct jail_plan layout; /* the template's own mounts */
	unsigned first;		 /* mounts of the layout from here on are sources */
	struct template_source *seen; /* one for each */
	int ns;			      /* the template, or FD_NONE */
	int host, cwd;		      /* where the launcher belongs */
	int changes;		      /* tells of changes of the host's mounts */
	unsigned generation;	      /* counts the changes */
	const char *off;	      /* why there will be none; NULL: there may */
};

#define TEMPLATE_INIT                                                                              \
	{                                                                                          \
		.ns = FD_NONE, .host = FD_NONE, .cwd = FD_NONE, .changes = FD_NONE                 \
	}

/**
 * template_init() - decide whether jails of this plan can have one; builds nothing yet.
 * @t: TEMPLATE_INIT before; template_free() after
 * @plan: complete; outlives the template, and is not changed any more
 * Never fails: t->off says why there is no template.
 */
void template_init(struct template *t, const struct jail_plan *plan, struct arena *arena);

/**
 * template_look() - compare the sources with what they were at the last look.
 * Return: the generation; a jail prepared in another one may show what is not there any more.
 */
unsigned template_look(struct template *t);

/**
 * template_prepare() - look, and build the template when there is none.
 * It is built when the host is as it was at the last look; else that is for the next time.
 */
void template_prepare(struct template *t);

/** template_start() - jail_start(), from the template when there is one or one can be built. */
int template_start(struct template *t, const struct jail_io *io, struct jail *j, struct err *err);

/**
 * template_to_blame() - a finished jail could not be set up, and the template may be why.
 * The program never ran: launch it again, which will be without it. If the host did not change, so will
 * all others: then t->off says so.
 */
bool template_to_blame(struct template *t, const struct jail *j);

/**
 * template_enter() - make the template the calling process' mount namespace.
 * For jail_start(), around the clone: until template_leave() no path of the host can be used.
 */
int template_enter(const struct template *t, struct err *err);

/** template_leave() - back to the host's mounts and our directory. */
int template_leave(const struct template *t, struct err *err);

void template_free(struct template *t);

#endif
