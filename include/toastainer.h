/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libtoastainer: run programs in jails from C. See examples/run.c.
 *
 * The library keeps to itself: it changes no working directory, umask, signal disposition or namespace
 * of its host process, starts no thread, prints nothing, and its processes neither raise SIGCHLD nor
 * show up in a plain waitpid(-1). Objects are independent of each other; one object must not be used
 * from two threads at once.
 *
 * Functions that can fail return 0 or a negative errno and fill a struct toastainer_error.
 */
#ifndef TOASTAINER_H
#define TOASTAINER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* struct toastainer_error - what failed; strings end with NUL and are never NULL */
struct toastainer_error {
	int code;	    /* positive errno */
	char step[24];	    /* step of the jail's set-up, or "" */
	char message[1600]; /* one line: the object and the cause */
	char hint[600];	    /* what to do about it, or "" */
};

/* Whose defaults a configuration starts with. */
enum toastainer_defaults {
	TOASTAINER_NSJAIL = 0, /* nsjail's */
	TOASTAINER_RUN = 1,    /* those of `toastainer run` */
};

enum toastainer_reason {
	TOASTAINER_EXITED = 0,	     /* by itself: exit_code */
	TOASTAINER_SIGNALED = 1,     /* by a signal that did not come from here */
	TOASTAINER_TIME_LIMIT = 2,   /* ended at its wall clock limit */
	TOASTAINER_SETUP_FAILED = 3, /* the program never ran: error */
	TOASTAINER_KILLED = 5,	     /* toastainer_jail_kill() */
	TOASTAINER_MEMORY_LIMIT = 6, /* its control group's memory: killed by the kernel */
	TOASTAINER_CPU_LIMIT = 7,    /* ended at the CPU time of all its processes */
	TOASTAINER_HOST_OOM = 8,     /* killed by the kernel: the machine had no memory left */
	TOASTAINER_IDLE_LIMIT = 10,  /* ended after using no CPU for so long */
	TOASTAINER_SECCOMP = 11,     /* by its system call policy, as far as the signal tells */
};

/* Room for figures: see toastainer_figure_name(). */
#define TOASTAINER_FIGURES 32

/* struct toastainer_result - how a run ended and what it used; fields are only ever added at the end */
struct toastainer_result {
	enum toastainer_reason reason;
	int exit_code; /* -1: none */
	int signal;    /* 0: none */
	int core_dumped;
	uint64_t wall_us; /* from the start to the end, microseconds */
	uint64_t user_us; /* CPU time of all processes of the jail */
	uint64_t sys_us;
	uint64_t peak_kib;	       /* largest resident set of one process */
	struct toastainer_error error; /* TOASTAINER_SETUP_FAILED */
	/* for a reason that is a limit: its value and what was used; microseconds or bytes */
	uint64_t limit, used;
	/* toastainer_figure_name() says what they are; UINT64_MAX: not known */
	uint64_t figures[TOASTAINER_FIGURES];
	int undisturbed;     /* 1: nothing disturbed a timing, 0: something did, -1: not known */
	uint32_t limits_hit; /* touched without ending it: 1 << i, see toastainer_limit_name(i) */
};

struct toastainer_config;
struct toastainer_jail;

/** toastainer_version() - such as "0.1.0". */
const char *toastainer_version(void);

/** toastainer_config_new() - a configuration with defaults. Return: NULL when memory is short. */
struct toastainer_config *toastainer_config_new(enum toastainer_defaults defaults);

/** toastainer_config_free() - free it; NULL is fine. Jails started from it must be gone. */
void toastainer_config_free(struct toastainer_config *cfg);

/**
 * toastainer_config_parse() - replace everything by a configuration text.
 * @text: nsjail's text format or its JSON form, NUL-terminated
 */
int toastainer_config_parse(struct toastainer_config *cfg, const char *text,
			    struct toastainer_error *err);

/**
 * toastainer_config_set() - set one setting, as the option of that name would.
 * @name: option or field, such as "chroot", "bindmount_ro", "time_limit", "cap"
 * @value: its argument; NULL for an option without one. Repeatable settings are appended to.
 */
int toastainer_config_set(struct toastainer_config *cfg, const char *name, const char *value,
			  struct toastainer_error *err);

/** toastainer_config_command() - the program and its arguments. @argv: ends with NULL; copied. */
int toastainer_config_command(struct toastainer_config *cfg, const char *const *argv,
			      struct toastainer_error *err);

/**
 * toastainer_jail_start() - start a jail.
 * @cfg: must stay unchanged while the jail exists
 * The jail ends when the calling *thread* ends (prctl(2), PR_SET_PDEATHSIG): start it from one that
 * lives long enough. What fails in the set-up after the start is in the result.
 * An image (setting "image") is looked up now, for this jail: it may be another one by the next. It
 * cannot be removed from its store while the jail object exists.
 */
int toastainer_jail_start(const struct toastainer_config *cfg, struct toastainer_jail **ret,
			  struct toastainer_error *err);

/**
 * toastainer_jail_fd() - a descriptor for poll(2), select(2) or epoll(7).
 * Readable when toastainer_jail_step() has something to do. Owned by the jail.
 */
int toastainer_jail_fd(const struct toastainer_jail *jail);

/** toastainer_jail_step() - take in what happened; never waits. Return: 1 when it has ended, else 0. */
int toastainer_jail_step(struct toastainer_jail *jail);

/** toastainer_jail_wait() - wait for the end. @ret: filled. Return: 0. */
int toastainer_jail_wait(struct toastainer_jail *jail, struct toastainer_result *ret);

/** toastainer_jail_signal() - send a signal to the program. Return: 0, or -ESRCH when it has ended. */
int toastainer_jail_signal(struct toastainer_jail *jail, int sig);

/** toastainer_jail_kill() - end everything in the jail; wait or step afterwards. */
void toastainer_jail_kill(struct toastainer_jail *jail);

/** toastainer_jail_result() - the result of a jail that has ended. Return: 0, or -EBUSY. */
int toastainer_jail_result(const struct toastainer_jail *jail, struct toastainer_result *ret);

/**
 * toastainer_jail_collect() - of a jail that has ended: make what copy_out says, and write what diff says.
 * Takes as long as that takes. Each is made or not by itself; @err is of the first that was not. Does
 * nothing where the program never ran.
 * Return: 0, -EBUSY while it runs, or the errno of @err.
 */
int toastainer_jail_collect(struct toastainer_jail *jail, struct toastainer_error *err);

/**
 * toastainer_figure_name() - what a figure is, as "memory_peak_bytes": the names of docs/result.md.
 * @i: from 0; the numbers never change
 * Return: NULL when there are no more.
 */
const char *toastainer_figure_name(unsigned i);

/**
 * toastainer_limit_name() - what a bit of limits_hit is, as "pids": the names of docs/result.md.
 * @i: from 0; the numbers never change
 * Return: NULL when there are no more.
 */
const char *toastainer_limit_name(unsigned i);

/**
 * toastainer_jail_result_json() - the whole result as JSON, with the receipt of what protected it.
 * @ret: to be freed with free(3)
 * Return: 0, -EBUSY while it runs, -ENOMEM.
 */
int toastainer_jail_result_json(const struct toastainer_jail *jail, char **ret);

/** toastainer_jail_free() - end it if it runs, and free everything; NULL is fine. */
void toastainer_jail_free(struct toastainer_jail *jail);

#ifdef __cplusplus
}
#endif

#endif
