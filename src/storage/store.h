/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The image store, as whoever runs an image sees it: open a store, look a name up, hold the image.
 *
 *	STORE/format                 "toastainer store 1", then "marks trusted" or "marks user"
 *	STORE/lock                   flock: shared while something is added, exclusive while removed
 *	STORE/layers/HASH/tree/      one layer unpacked; HASH: sha256 of its uncompressed tar
 *	STORE/layers/HASH/layer      its figures
 *	STORE/layers/HASH/ids.UIDS.GIDS/  a copy with other owners (storage/idshift.h)
 *	STORE/images/HASH/image      what is needed to run it (below); HASH: sha256 of config.json
 *	STORE/images/HASH/config.json  the configuration as OCI has it
 *	STORE/images/HASH/flat/tree/ where there are many layers: all of them together, hard links to their files;
 *	                             copies with other owners lie beside it, as for a layer
 *	STORE/names/NAME:TAG         link to ../images/HASH; "/" in names is "+"
 *	STORE/cache/HASH             link to ../images/HASH: what a step of a build led to
 *	STORE/tmp/RANDOM/            work in progress; who works there has it locked
 *
 * Everything appears by one rename of something complete and synced, so a killed process leaves
 * nothing but directories in tmp that nobody has locked.
 *
 * A deleted file is a character device 0:0, and a directory that hides those below has the extended
 * attribute user.overlay.opaque, and in a store of root trusted.overlay.opaque as well: the layers are
 * lower directories of an overlay as they are. Mount it with userxattr, which both kinds of stores
 * and all user namespaces have, and which follows no redirect and no metacopy: an image must not be
 * able to ask for those.
 *
 * The file "image" is lines of a word, a blank, and text in which \n and \\ stand for a line's end
 * and a backslash: layer, env, entrypoint, cmd, label (repeated, in order; layers from the bottom),
 * cwd, user, created, size, flat (the number of entries of the tree of that name; without this word it is
 * not complete). Words that are not known are skipped.
 *
 * What writes a store needs libarchive and more and is in the helper, src/image/store_*.c. A program
 * that has an upper directory of an overlay, and nothing mounted on it any more, makes it a new
 * layer and image with `toastainer image commit --base IMAGE --upper DIR [--move] NAME`. An upper
 * directory may be in STORE/tmp/RANDOM/, which is kept from gc by an flock on it; --move then makes
 * the directory itself the layer instead of a copy.
 */
#ifndef TOASTAINER_STORAGE_STORE_H
#define TOASTAINER_STORAGE_STORE_H

#include <limits.h>

#include "base/err.h"
#include "base/mem.h"

#define STORE_HASH   64	 /* characters of a sha256 */
#define STORE_NAME   255 /* bytes of NAME:TAG */
#define STORE_LAYERS 500 /* what the kernel's overlay takes */

/* struct store - an open store */
struct store {
	int fd;		     /* the directory */
	bool user;	     /* marks are user.overlay.*: mount with userxattr */
	char path[PATH_MAX]; /* absolute, without links */
};

#define STORE_INIT                                                                                 \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

struct store_list {
	const char **v;
	uint32_t n, cap;
};

/* struct store_image - an image that was looked up; strings are the arena's */
struct store_image {
	int lock; /* its directory, locked shared: as long as it is open nobody removes it */
	char id[STORE_HASH + 1];
	struct store_list layers; /* hashes, from the bottom */
	struct store_list env, entrypoint, cmd, labels;
	const char *cwd, *user, *created; /* NULL: not given */
	uint64_t size;			  /* bytes of its files in all layers */
	bool flat;			  /* they are there put together, too: store_flat_path() */
	uint64_t flat_entries;		  /* how much is in that */
};

#define STORE_IMAGE_INIT                                                                           \
	{                                                                                          \
		.lock = FD_NONE                                                                    \
	}

/**
 * store_where() - which directory is the store: @given; else /var/lib/toastainer for root,
 * $XDG_DATA_HOME/toastainer or ~/.local/share/toastainer for others.
 * @given: from --store; NULL: none
 */
int store_where(const char *given, char path[static PATH_MAX], struct err *err);

/**
 * store_open() - open a store that exists.
 * @given: from --store; NULL: the caller's own
 * -ENOENT: there is none; -EINVAL: it is none, or of a version that we do not know.
 */
int store_open(struct store *s, const char *given, struct err *err);

void store_close(struct store *s);

/**
 * store_name() - check NAME[:TAG] and write it as the name of its link.
 * Letters, digits and . _ - + / : are allowed, components begin with a letter or a digit.
 * @out: at least STORE_NAME + 1 bytes; "debian" becomes "debian:latest"
 */
int store_name(const char *name, char *out, struct err *err);

/** store_is_hash() - whether @s is 64 small hexadecimal digits and no more. */
bool store_is_hash(const char *s);

/**
 * store_find() - the id of an image: by NAME[:TAG], "sha256:HASH", HASH or 12 digits of it or more.
 * Return: 0; -ENOENT: no such image.
 */
int store_find(const struct store *s, const char *name, char ret_id[static STORE_HASH + 1],
	       struct err *err);

/**
 * store_resolve() - look an image up and hold it against removal.
 * @ret: store_release() it when the image is not used any more
 */
int store_resolve(const struct store *s, struct arena *a, const char *name, struct store_image *ret,
		  struct err *err);

/** store_release() - let go of an image; harmless twice. */
void store_release(struct store_image *img);

/** store_parse() - read the text of a file "image" in place. @text: NUL-terminated, the arena's */
int store_parse(struct arena *a, char *text, struct store_image *ret, struct err *err);

/** store_layer_path() - "PATH/layers/HASH/tree" in the arena; NULL: no memory. */
char *store_layer_path(const struct store *s, struct arena *a, const char *hash);

/** store_flat_path() - "PATH/images/ID/flat/tree" in the arena; NULL: no memory. */
char *store_flat_path(const struct store *s, struct arena *a, const char *id);

#endif
