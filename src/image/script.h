/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set-up script: read once, checked before anything is started.
 */
#ifndef TOASTAINER_IMAGE_SCRIPT_H
#define TOASTAINER_IMAGE_SCRIPT_H

#include "base/err.h"
#include "base/mem.h"

/* struct script - all strings are owned by the arena that it was read into */
struct script {
	const char *name; /* as the user wrote it */
	const char *text;
	size_t size;
	const char *interpreter; /* of its first line, or "/bin/sh" */
	const char *argument;	 /* the rest of that line; NULL: none */
};

/**
 * script_read() - read a script and its interpreter line.
 * Refused: what is no regular file, larger than 16 MiB, an executable program, or has CRLF line
 * ends (the kernel would look for an interpreter whose name ends in a carriage return).
 */
int script_read(struct arena *a, const char *name, struct script *ret, struct err *err);

/**
 * script_parse() - the same from text in memory.
 * @text: NUL-terminated copy that lives as long as @ret
 */
int script_parse(struct arena *a, const char *name, const char *text, size_t size,
		 struct script *ret, struct err *err);

#endif
