/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Going over directory trees that somebody hostile made: no link is followed, no mount crossed, depth
 * and number of descriptors are bounded.
 */
#ifndef TOASTAINER_STORAGE_WALK_H
#define TOASTAINER_STORAGE_WALK_H

#include "base/err.h"

/** walk_open_dir() - a directory @name in @dir, to be read. Return: a descriptor or a negative errno. */
int walk_open_dir(int dir, const char *name);

/**
 * walk_remove() - remove everything in the directory @dir, which stays.
 * What lies too deep is first moved up: any depth is removed with few descriptors.
 * Return: 0, or the first error; what can be removed is removed all the same.
 */
int walk_remove(int dir);

/**
 * walk_count() - bytes on disk and files below @dir.
 * Return: 0, or a negative errno: E2BIG where it is too deep.
 */
int walk_count(int dir, uint64_t *bytes, uint64_t *files);

#endif
