// SPDX-License-Identifier: BSD-3-Clause
/*
 * Starting processes that may share our memory. clone3 cannot be called through a C function when
 * the child has a stack of its own, hence the few lines of assembly; other machines, and kernels or
 * filters without clone3, take libc's clone(3).
 */
#include <sys/mman.h>

#include "base/proc.h"
#include "base/sys.h"

#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#endif

#ifdef __x86_64__
static long clone3_call(struct clone_args *args, int (*fn)(void *), void *arg)
{
	register int (*fn_reg)(void *) __asm__("r12") = fn;
	register void *arg_reg __asm__("r13") = arg;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[fn]\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "0"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), [fn] "r"(fn_reg),
			   [arg] "r"(arg_reg), [exit] "i"(SYS_exit_group)
			 : "rcx", "r11", "memory");
	return ret;
}
#endif

/* clone(2) keeps the signal in the low byte, where CLONE_NEWTIME lies for clone3: see child.c. */
pid_t proc_clone(uint64_t flags, int exit_signal, int (*fn)(void *), void *arg, char *stack_top,
		 size_t stack_size UNUSED, int *pidfd, int cgroup)
{
	pid_t pid;

#ifdef __x86_64__
	struct clone_args args = {
		.flags = flags | CLONE_CLEAR_SIGHAND | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = (uint64_t)exit_signal,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.stack = stack_top ? (uint64_t)(uintptr_t)(stack_top - stack_size) : 0,
		.stack_size = stack_top ? stack_size : 0,
		.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
	};
	long r = clone3_call(&args, fn, arg);

	/* A filter that does not know clone3 must answer ENOSYS for libcs to work; some say EPERM. */
	if (r >= 0 || (r != -ENOSYS && r != -EPERM))
		return (pid_t)r;
#endif
	if (!stack_top || cgroup >= 0)
		return -ENOSYS;
	pid = clone(fn, stack_top, (int)(flags | (uint64_t)exit_signal), arg, pidfd);
	return pid < 0 ? -errno : pid;
}

void *proc_memory(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
#ifdef SANITIZED
	/* A process that was killed where these pages are now has left the marks of its stack. */
	__asan_unpoison_memory_region(mem, size);
#endif
	return mem;
}
