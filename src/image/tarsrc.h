/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process that supplies a tar stream, uncompressed, and its sha256: from a file, or made of a
 * directory. So decompressing and hashing go on while we make files.
 */
#ifndef TOASTAINER_IMAGE_TARSRC_H
#define TOASTAINER_IMAGE_TARSRC_H

#include "image/pack.h"
#include "image/unpack.h"
#include "storage/store.h"

/* struct tarsrc - a running source */
struct tarsrc {
	pid_t pid;
	int data;   /* the stream */
	int report; /* what came of it, at its end */
};

#define TARSRC_INIT                                                                                \
	{                                                                                          \
		.data = FD_NONE, .report = FD_NONE                                                 \
	}

/**
 * tarsrc_file() - from a file: tar, or that compressed by gzip, bzip2, xz or zstd.
 * @fd: not owned
 * @max: no more bytes come than that
 */
int tarsrc_file(struct tarsrc *s, int fd, uint64_t max, struct err *err);

/** tarsrc_dir() - of all that a directory holds. @fd: not owned */
int tarsrc_dir(struct tarsrc *s, int fd, const struct pack_rules *rules, struct err *err);

/**
 * tarsrc_end() - take the rest of the stream and what came of it.
 * @hash: of the whole stream
 */
int tarsrc_end(struct tarsrc *s, char hash[static STORE_HASH + 1], struct err *err);

/** tarsrc_stop() - end it, wherever it is; harmless twice. */
void tarsrc_stop(struct tarsrc *s);

/** tarsrc_unpack() - put the stream into @u's directory. tarsrc_end() afterwards. */
int tarsrc_unpack(struct tarsrc *s, struct unpack *u, struct err *err);

#endif
