/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls as people read them: names, arguments by their kind, and what pointers lead to in the
 * memory of another process. All of that is foreign: bounded, never believed.
 */
#ifndef TOASTAINER_TRACE_DECODE_H
#define TOASTAINER_TRACE_DECODE_H

#include <linux/seccomp.h>
#include <sys/socket.h>

#include "base/str.h"
#include "kafel/syscalls.h"

/* The longest path a call takes, with its NUL. */
#define DECODE_PATH 4096

/* The bits of O_RDONLY, O_WRONLY, O_RDWR. (musl counts O_PATH into its O_ACCMODE.) */
#define OPEN_ACCESS 3u

/* struct memory - where pointers of a call lead. */
struct memory {
	/* Up to @n bytes from @addr. Return: how many (at least one), or a negative errno. */
	ssize_t (*read)(const struct memory *m, uint64_t addr, void *buf, size_t n);
	pid_t pid;
	const void *data; /* of a reader for tests */
	size_t len;
};

/** memory_of() - the memory of a process (or thread), by process_vm_readv(2). */
struct memory memory_of(pid_t pid);

/** memory_get() - exactly @n bytes. Return: 0 or a negative errno. */
int memory_get(const struct memory *m, uint64_t addr, void *buf, size_t n);

/**
 * memory_string() - a string with its NUL into @buf of @size bytes.
 * Return: its length; -ENAMETOOLONG; -EFAULT, or -EPERM where the memory must not be read.
 */
ssize_t memory_string(const struct memory *m, uint64_t addr, char *buf, size_t size);

/* What an argument is. */
enum role {
	ROLE_NONE = '-',
	ROLE_FD = 'f',
	ROLE_DIRFD = 'd', /* of the path that follows */
	ROLE_PATH = 'p',
	ROLE_STRING = 'q', /* text that is no file to be looked at */
	ROLE_OPEN = 'o',   /* O_* */
	ROLE_HOW = 'h',	   /* struct open_how * */
	ROLE_MODE = 'm',   /* permissions */
	ROLE_ACCESS = 'a', /* R_OK and so on */
	ROLE_ID = 'u',
	ROLE_ARGV = 'v',
	ROLE_INT = 'i',
	ROLE_HEX = 'x',
	ROLE_ADDRESS = 's',    /* sockaddr *, its length is the next argument */
	ROLE_MESSAGE = 'H',    /* msghdr * */
	ROLE_MESSAGES = 'V',   /* mmsghdr *, their number is the next argument */
	ROLE_SOCKETCALL = 'Z', /* i386: pointer to the real arguments */
	ROLE_FAMILY = 'D',
	ROLE_SOCKTYPE = 'S',
	ROLE_PROT = 'P',
	ROLE_MAP = 'M',
	ROLE_CLONE = 'C',
	ROLE_AT = 'T',
	ROLE_SIGNAL = 'g',
	ROLE_FCNTL = 'F',
	ROLE_IOCTL = 'I',
};

enum touches { TOUCHES_NOTHING, TOUCHES_FILES, TOUCHES_NET };

/* struct call_spec - how a call's arguments are shown, and whether tracing watches it */
struct call_spec {
	char name[18];			   /* the kernel's */
	char roles[SYSCALLS_MAX_ARGS + 1]; /* enum role */
	uint8_t touches;		   /* enum touches */
};

/** decode_specs() - the table, ascending by name. */
const struct call_spec *decode_specs(unsigned *ret_n);

/* struct call - one call of a program, looked up */
struct call {
	struct seccomp_data data;
	const struct syscalls_arch *arch; /* NULL: unknown */
	const struct call_spec *spec;	  /* NULL: nothing special is known */
	struct syscalls_call sys;	  /* name NULL: unknown number */
	bool wide;			  /* pointers have 64 bits */
};

/** decode_call() - look a call up; reads the arguments of i386's socketcall(2) from @m. */
void decode_call(const struct seccomp_data *data, const struct memory *m, struct call *ret);

/** decode_n_args() - how many arguments are worth showing. */
unsigned decode_n_args(const struct call *c);

/** decode_arg() - argument @i as text: AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC. */
void decode_arg(const struct call *c, unsigned i, const struct memory *m, struct sbuf *out);

/** decode_is_shown() - whether argument @i means anything in this call. */
bool decode_is_shown(const struct call *c, unsigned i);

/** decode_text() - the whole call: openat(AT_FDCWD, "/etc/passwd", O_RDONLY). */
void decode_text(const struct call *c, const struct memory *m, struct sbuf *out);

/** decode_name() - its name, or "call 999", in @buf of @n bytes. */
const char *decode_name(const struct call *c, char *buf, size_t n);

/** decode_flags() - names of a kind (O_, PROT_) joined by |, the rest as a number. */
void decode_flags(const struct call *c, const char *prefix, uint32_t value, struct sbuf *out);

/** decode_open_flags() - O_*, the access mode first. */
void decode_open_flags(const struct call *c, uint64_t flags, struct sbuf *out);

/** decode_quoted() - text in double quotes; what does not print is \ooo. */
void decode_quoted(struct sbuf *out, const char *s, size_t n);

/* struct endpoint - a socket address */
struct endpoint {
	enum {
		ENDPOINT_NONE,
		ENDPOINT_IPV4,
		ENDPOINT_IPV6,
		ENDPOINT_UNIX,
		ENDPOINT_NETLINK,
		ENDPOINT_OTHER
	} type;
	char text[128]; /* address, path, "@name" */
	bool has_port, is_path;
	uint16_t port;
};

/**
 * decode_sockaddr() - what a socket address says.
 * @bytes: @n of them, foreign
 */
void decode_sockaddr(const void *bytes, size_t n, struct endpoint *ret);

/** decode_endpoint() - the address that a pointer and a length lead to. Return: 0 or a negative errno. */
int decode_endpoint(const struct memory *m, uint64_t addr, uint64_t len, struct endpoint *ret);

/** decode_message() - the address of a struct msghdr. Return: 0, -ENOENT for none, or an errno. */
int decode_message(const struct call *c, const struct memory *m, uint64_t addr,
		   struct endpoint *ret);

/** decode_how() - flags of a struct open_how. Return: 0 or a negative errno. */
int decode_how(const struct memory *m, uint64_t addr, uint64_t *ret_flags);

#endif
