/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls by name and by number, with the names and sizes of their arguments, for x86_64,
 * i386, aarch64, arm and riscv64. Constant tables without pointers: nothing to relocate at start.
 */
#ifndef TOASTAINER_KAFEL_SYSCALLS_H
#define TOASTAINER_KAFEL_SYSCALLS_H

#include <linux/audit.h>

#include "base/defs.h"

#define SYSCALLS_MAX_ARGS 6
#define SYSCALLS_X32_BIT  0x40000000u

#if defined(__x86_64__)
#define SYSCALLS_NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SYSCALLS_NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SYSCALLS_NATIVE_ARCH AUDIT_ARCH_RISCV64
#endif

struct sys_entry;

/* struct syscalls_arch - what is known of one architecture. */
struct syscalls_arch {
	uint32_t audit;	    /* AUDIT_ARCH_* */
	bool arm_flags;	    /* the O_* that differ have arm's values */
	const char name[8]; /* as ON and the tables have it */
};

/* struct syscalls_call - one system call. */
struct syscalls_call {
	uint32_t nr;
	const char *name; /* the kernel's name, or libc's where that was asked for */
	unsigned n_args;
	struct {
		const char *name;  /* not terminated: see @len; empty for a slot without a name */
		uint8_t len, size; /* size in bytes as the kernel reads it; 8: all 64 bits */
	} args[SYSCALLS_MAX_ARGS];
};

/* struct sys_weight - how often a call is made, relative to the others. */
struct sys_weight {
	uint16_t nr, weight;
};

/** syscalls_arch() - the table of an AUDIT_ARCH_*. Return: NULL when there is none. */
const struct syscalls_arch *syscalls_arch(uint32_t audit);

/** syscalls_other_arch() - what else the processors of an architecture run. Return: an AUDIT_ARCH_*, or 0. */
uint32_t syscalls_other_arch(uint32_t audit);

/**
 * syscalls_arch_named() - an architecture by one of its names, in any case.
 * @ret_audit: its AUDIT_ARCH_*, 0 for those whose calls are not known here
 * Return: false for an unknown name.
 */
bool syscalls_arch_named(const char *name, size_t n, uint32_t *ret_audit);

/** syscalls_arch_nearest() - a guess at a misspelt architecture, or NULL. */
const char *syscalls_arch_nearest(const char *name);

/** syscalls_find() - a call by the kernel's name, or libc's where that means only one call. */
bool syscalls_find(const struct syscalls_arch *arch, const char *name, size_t n,
		   struct syscalls_call *ret);

/** syscalls_number() - a call by its number. */
bool syscalls_number(const struct syscalls_arch *arch, uint32_t nr, struct syscalls_call *ret);

/** syscalls_known_anywhere() - whether any architecture has a call of that name. */
bool syscalls_known_anywhere(const char *name, size_t n);

/** syscalls_nearest() - a guess at a misspelt call, or NULL. */
const char *syscalls_nearest(const struct syscalls_arch *arch, const char *name);

/** syscalls_arg() - the position of the argument that @name means, or -1. */
int syscalls_arg(const struct syscalls_call *call, const char *name, size_t n);

/** syscalls_weights() - the calls that common programs make most, by number. */
const struct sys_weight *syscalls_weights(const struct syscalls_arch *arch, unsigned *ret_n);

/**
 * syscalls_constant() - the value of a kernel constant such as O_RDONLY.
 * Return: false when the name is not known.
 */
bool syscalls_constant(const struct syscalls_arch *arch, const char *name, size_t n, uint64_t *ret);

/**
 * syscalls_constant_name() - the constant with this prefix that has most of the bits of @value, and no
 * others. Repeated on what is left, it makes a sum of flags.
 * @ret: its value; 0 when there is none
 * Return: its name, or NULL.
 */
const char *syscalls_constant_name(const struct syscalls_arch *arch, const char *prefix,
				   uint32_t value, uint32_t *ret);

/** syscalls_constant_nearest() - keep the better guess; as str_nearest(). */
void syscalls_constant_nearest(const char *name, const char **best, unsigned *best_distance);

#endif
