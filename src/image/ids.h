/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The id maps of an image build: root inside, and as many further ids as the caller may hand out.
 */
#ifndef TOASTAINER_IMAGE_IDS_H
#define TOASTAINER_IMAGE_IDS_H

#include "base/err.h"
#include "base/mem.h"

/* struct id_range - "inside outside count", as in /proc/PID/uid_map */
struct id_range {
	uint32_t inside, outside, count;
};

struct id_map {
	struct id_range *v; /* owned by the arena; the first starts at 0 inside */
	uint32_t n, cap;
	bool helper; /* needs newuidmap or newgidmap */
};

/* struct id_source - where the maps come from; for tests, image_ids_here() fills it */
struct id_source {
	bool privileged;	/* may write any map: identity of what is mapped here */
	uint32_t id;		/* the caller's own */
	uint32_t uid;		/* the caller's user id, and name: who the ranges belong to */
	const char *user;	/* may be NULL */
	const char *own_map;	/* text of /proc/self/uid_map or gid_map */
	const char *sub_ranges; /* text of /etc/subuid or /etc/subgid */
};

/**
 * ids_map() - the map of one kind of id.
 * With privilege: every id that exists for the caller, unchanged. Without: 0 inside is the caller,
 * and the subordinate ranges follow from 1 on. A map of one id is not an error here.
 */
int ids_map(struct arena *a, const struct id_source *src, struct id_map *ret, struct err *err);

/** ids_here() - both maps for this process. */
int ids_here(struct arena *a, struct id_map *uids, struct id_map *gids, struct err *err);

/** ids_count() - how many ids a map has. */
uint64_t ids_count(const struct id_map *m);

#endif
