/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that have a safer replacement in base/ cannot be compiled. Included first by every base
 * header, so that every translation unit gets it.
 */
#ifndef TOASTAINER_BASE_BANNED_H
#define TOASTAINER_BASE_BANNED_H

/* System headers that mention the names must come before the poison. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With _FORTIFY_SOURCE some are macros, which clang does not poison. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atoll system popen mktemp tmpnam

#endif
