/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Image files that hold a file system: made of a directory, and opened as one.
 */
#ifndef TOASTAINER_IMAGE_DISKFILE_H
#define TOASTAINER_IMAGE_DISKFILE_H

#include "storage/diskimage.h"

/**
 * diskfile_make() - pack a directory, with mksquashfs or mkfs.erofs of the host.
 * @file: must not be there
 */
int diskfile_make(enum diskimage_format format, int dir, const char *file, struct err *err);

/** diskfile_is() - whether an open file is such an image. */
bool diskfile_is(int fd);

/**
 * diskfile_open() - what is in an image, mounted by the kernel for us alone.
 * Return: a descriptor of its root, with which the mount ends; -EPERM for others than root.
 */
int diskfile_open(const char *file, struct err *err);

#endif
