/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seccomp filters as instructions: the kernel's checks, an interpreter, text.
 */
#ifndef TOASTAINER_KAFEL_BPF_H
#define TOASTAINER_KAFEL_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/err.h"
#include "base/str.h"

/**
 * bpf_check() - what the kernel checks before it accepts a seccomp filter.
 * Return: 0, or -EINVAL with the reason and the instruction's index.
 */
int bpf_check(const struct sock_fprog *prog, struct err *err);

/**
 * bpf_run() - the filter's answer for a call. The program must have passed bpf_check().
 * @ret_steps: instructions executed; may be NULL
 * Return: SECCOMP_RET_*.
 */
uint32_t bpf_run(const struct sock_fprog *prog, const struct seccomp_data *data,
		 unsigned *ret_steps);

/** bpf_longest() - the number of instructions on the longest path. @prog passed bpf_check(). */
unsigned bpf_longest(const struct sock_fprog *prog);

/** bpf_print() - one line an instruction, as text. */
void bpf_print(struct sbuf *out, const struct sock_fprog *prog);

#endif
