/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Going over directory trees that somebody hostile made: no link is followed, no mount crossed, depth
 * and number of descriptors are bounded.
 */
#ifndef TOASTAINER_STORAGE_TREEWALK_H
#define TOASTAINER_STORAGE_TREEWALK_H

#include "base/err.h"

/** treewalk_open_dir() - a directory @name in @dir, to be read. Return: a descriptor or a negative errno. */
int treewalk_open_dir(int dir, const char *name);

/**
 * treewalk_remove() - remove everything in the directory @dir, which stays.
 * What lies too deep is first moved up: any depth is removed with few descriptors.
 * Return: 0, or the first error; what can be removed is removed all the same.
 */
int treewalk_remove(int dir);

/**
 * treewalk_count() - bytes on disk and files below @dir.
 * Return: 0, or a negative errno: E2BIG where it is too deep.
 */
int treewalk_count(int dir, uint64_t *bytes, uint64_t *files);

#endif
