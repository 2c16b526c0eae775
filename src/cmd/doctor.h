/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `toastainer doctor`.
 */
#ifndef TOASTAINER_CMD_DOCTOR_H
#define TOASTAINER_CMD_DOCTOR_H

/** cmd_doctor() - @argv[0] is "doctor". Return: the exit code. */
int cmd_doctor(int argc, char **argv);

#endif
