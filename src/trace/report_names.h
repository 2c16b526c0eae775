/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of a trace's report; their names and numbers are those of nsjail's unotify.Stat.
 */
#ifndef TOASTAINER_TRACE_REPORT_NAMES_H
#define TOASTAINER_TRACE_REPORT_NAMES_H

enum file_type {
	TYPE_UNKNOWN,
	TYPE_NONEXISTENT,
	TYPE_REGULAR,
	TYPE_DIR,
	TYPE_CHR,
	TYPE_BLK,
	TYPE_FIFO,
	TYPE_LINK,
	TYPE_SOCK,
	FILE_TYPES
};

enum open_mode { MODE_UNSPECIFIED, MODE_RDONLY, MODE_WRONLY, MODE_RDWR, OPEN_MODES };

#endif
