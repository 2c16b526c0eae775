/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making the files of an archive below a directory, whatever the archive says.
 */
#ifndef TOASTAINER_IMAGE_UNPACK_H
#define TOASTAINER_IMAGE_UNPACK_H

#include "base/err.h"
#include "base/mem.h"

/* What becomes of device nodes in an archive. */
struct id_map;

enum unpack_devices { DEVICES_SKIP, DEVICES_KEEP, DEVICES_REFUSE };

struct unpack_rules {
	enum unpack_devices devices;
	uint64_t max_bytes;   /* of files as they appear, and of the uncompressed archive */
	uint64_t max_entries; /* names, with directories that are only implied */
	bool give;	      /* all files to @uid and @gid, whoever the archive says */
	uint32_t uid, gid;
	const struct id_map *uids, *gids; /* who owners are outside (shift.h); NULL: as they are */
	mode_t mode;			  /* of all files; 0: the archive's */
	bool user_marks;		  /* user.overlay.* instead of trusted.overlay.* */
	bool one_id;			  /* we have no other: owners are not kept */
	bool layer;			  /* ".wh." names are marks; else they are names */
	bool apply; /* of a layer: do what the marks say, instead of keeping them */
};

struct unpack_dir;

/* struct unpack - an archive on its way into a directory; zeroed but for the first three */
struct unpack {
	int root; /* not owned */
	const struct unpack_rules *rules;
	void (*progress)(void *arg, uint64_t bytes); /* may be NULL */
	void *progress_arg;

	uint64_t bytes, entries, devices_skipped, xattrs_skipped;
	int parent; /* directory of the last entry */
	char parent_name[PATH_MAX];
	struct arena arena;	 /* of what follows */
	struct unpack_dir *dirs; /* whose times are set at the end */
	uint32_t n_dirs, cap_dirs;
};

struct archive;

/**
 * unpack_archive() - take all entries of an open archive.
 * Names are taken below @u->root, with a leading "/" dropped. Refused are names with "..", names
 * that lead through a link or a file of the archive, hard links to what the archive does not
 * hold, directories nested too deep, and whatever is beyond the rules' limits.
 * unpack_end() afterwards in any case.
 */
int unpack_archive(struct unpack *u, struct archive *ar, struct err *err);

void unpack_end(struct unpack *u);

/** unpack_path() - "./a//b/" to "a/b" in @out (PATH_MAX). -EINVAL: "..", or deeper or longer than allowed */
int unpack_path(const char *name, char *out, struct err *err);

#endif
