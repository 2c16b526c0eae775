/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The caller's terminal while a jail has one of its own: raw mode, window size, bytes both ways.
 */
#ifndef TOASTAINER_MODE_TERMINAL_RELAY_H
#define TOASTAINER_MODE_TERMINAL_RELAY_H

#include <poll.h>
#include <termios.h>

#include "base/err.h"
#include "mode/output.h"

/* What was read from one side and not yet written to the other. */
struct relay_buffer {
	char data[4096];
	size_t from, n;
};

struct relay {
	bool on;     /* the jail is to get a terminal */
	int tty;     /* the caller's terminal: the first of 0, 1, 2 that is one */
	int in, out; /* where keys come from and output goes; FD_NONE: not relayed */
	int host_master, host_slave; /* a terminal of the host's, for a jail without devpts */
	bool raw;
	struct termios saved, raw_mode;
	struct relay_buffer to_jail, to_caller;
	struct output_budget *budget; /* what of the output may pass; NULL: all */
	bool at_end;		      /* the jail's terminal has no more to say */
	pid_t keeper;		      /* restores the terminal when we are killed */
	int keeper_pipe;
};

#define RELAY_INIT                                                                                 \
	{                                                                                          \
		.tty = FD_NONE, .in = FD_NONE, .out = FD_NONE, .host_master = FD_NONE,             \
		.host_slave = FD_NONE, .keeper_pipe = FD_NONE                                      \
	}

/** relay_prepare() - find the caller's terminal. @force: fail when there is none. */
int relay_prepare(struct relay *t, bool force, struct err *err);

/** relay_host_terminal() - make a terminal on the host's devpts for a jail that has none. */
int relay_host_terminal(struct relay *t, struct err *err);

/** relay_start() - the jail's terminal is there: raw mode, its size, a keeper. */
int relay_start(struct relay *t, int master, struct err *err);

/** relay_resize() - give the caller's window size to the jail's terminal. */
void relay_resize(const struct relay *t, int master);

enum { RELAY_FDS = 4 };

/**
 * relay_poll() - what to wait for.
 * @fds: RELAY_FDS entries to fill; unused ones get -1
 * @master: the jail's terminal
 */
void relay_poll(const struct relay *t, int master, struct pollfd *fds);

/** relay_pump() - move what can be moved, without waiting. @fds: as poll(2) left them. */
void relay_pump(struct relay *t, int master, const struct pollfd *fds);

/** relay_drain() - what the program wrote last: until the end, or nothing moves for a while. */
void relay_drain(struct relay *t, int master);

/** relay_continue() - after SIGCONT: the shell has set the terminal as it likes it. */
void relay_continue(const struct relay *t);

/** relay_stop() - the terminal as it was; harmless twice. */
void relay_stop(struct relay *t);

#endif
