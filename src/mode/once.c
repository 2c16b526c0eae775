// SPDX-License-Identifier: BSD-3-Clause
/*
 * One jail, from plan to result. Used by `run`, the nsjail face and image building.
 */
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "config/to_plan.h"
#include "jail/jail.h"
#include "jail/layers.h"
#include "jail/network.h"
#include "jail/enter.h"
#include "jail/template.h"
#include "mode/aftermath.h"
#include "mode/once.h"
#include "mode/output.h"
#include "mode/registry.h"
#include "mode/tell.h"
#include "mode/terminal_relay.h"
#include "net/net.h"

struct once {
	const struct config *cfg;
	struct enter_plan *enter;	 /* a jail to join; NULL: make one */
	const struct sock_fprog *filter; /* with it: the jail's system call policy */
	once_committer commit;		 /* NULL: nobody wants what it wrote */
	struct claim claim;
	struct planned planned;
	char memory[12288] __attribute__((aligned(16))); /* the plan's first memory */
	struct jail jail;
	struct template template; /* mode rerun */
	struct relay relay;
	struct output output;
	int signals;
	sigset_t old_mask;
	bool relaying, published;
	bool parted; /* told to end, when the program had ended */
	int told;    /* a signal that was passed on and counts for the exit code; 0: none */
	time_t started;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void log_plan(const struct jail_plan *p)
{
	static const char *const kinds[] = {"bind", "",	     "symlink",	   "file",
					    "copy", "layer", "upper layer"};
	static const char *const networks[] = {
		[NET_PLAIN] = "", [NET_NAT] = "nat, and ", [NET_USER] = "user, and "};

	if (!log_enabled(LOG_INFO))
		return;
	log_debug("clone flags %#llx, mounts by %s", (unsigned long long)p->clone_flags,
		  p->classic_mounts ? "mount(2)" : "detached trees");
	log_info("Mode: STANDALONE_ONCE");
	for (unsigned i = 0; i < p->n_mounts; i++) {
		const struct mount_plan *m = &p->mounts[i];

		log_info("Mount: '%s' -> '%s' %s%s", m->src ?: "", m->dst,
			 m->kind == MOUNT_FS ? m->fstype : kinds[m->kind],
			 m->attrs & MOUNT_ATTR_RDONLY ? " ro" : "");
	}
	if (p->net)
		log_info("Network: %s%u interfaces, %s; the namespace is %s",
			 networks[p->net->kind], p->net->n_links,
			 p->net->rules ? "traffic rules" : "no traffic rules",
			 p->net->jails_own ? "the jail's own"
					   : "not the jail's: its capabilities do not count there");
	if (p->clone_flags & CLONE_NEWUSER)
		log_info("Uid: %u, gid: %u inside", p->uid, p->gid);
	log_info("Executing '%s' for '[STANDALONE MODE]'", p->exec_paths[0]);
}

static int catch_signals(struct once *o, struct err *err)
{
	static const int caught[] = {SIGHUP,  SIGINT,	SIGQUIT, SIGTERM, SIGUSR1,
				     SIGUSR2, SIGWINCH, SIGCONT, SIGPIPE};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, &o->old_mask);
	o->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return o->signals < 0 ? err_sys(err, errno, "make a signalfd") : 0;
}

static void list_jails(const struct once *o)
{
	/* Somebody asked for it by a signal, so `run` shows it at its default level. */
	enum log_level level = o->cfg->face == FACE_NSJAIL ? LOG_INFO : LOG_WARNING;

	log_line(level, "Total number of spawned namespaces: 1");
	log_line(level, "PID: %d, Remote host: [STANDALONE MODE], Run time: %ld sec.",
		 o->jail.guard, (long)(time(NULL) - o->started));
}

static void on_signal(struct once *o, int sig)
{
	char name[24];

	switch (sig) {
	case SIGPIPE: break;
	case SIGWINCH:
		if (o->jail.tty_master >= 0)
			relay_resize(&o->relay, o->jail.tty_master);
		break;
	case SIGCONT: relay_continue(&o->relay); break;
	case SIGUSR1:
	case SIGQUIT:
		if (!o->cfg->forward_signals || o->cfg->face == FACE_NSJAIL) {
			list_jails(o);
			break;
		}
		jail_signal(&o->jail, sig);
		break;
	case SIGUSR2:
		if (o->cfg->forward_signals)
			jail_signal(&o->jail, sig);
		break;
	default:
		log_info("Received %s", str_signal(sig, name, sizeof(name)));
		o->parted |= !o->jail.guard;
		if (o->cfg->forward_signals && o->jail.guard) {
			o->told = sig;
			jail_signal(&o->jail, sig);
		} else {
			jail_end(&o->jail, RESULT_SUPERVISOR_SIGNAL, sig);
		}
	}
}

static void take_signals(struct once *o)
{
	struct signalfd_siginfo info;

	while (read(o->signals, &info, sizeof(info)) == sizeof(info))
		on_signal(o, (int)info.ssi_signo);
}

/* The jail's terminal has come: from its own devpts over the control socket, or the host's. */
static int begin_relay(struct once *o, struct err *err)
{
	if (!o->relay.on || o->relaying)
		return 0;
	if (o->jail.tty_master < 0)
		o->jail.tty_master = take_fd(&o->relay.host_master);
	if (o->jail.tty_master < 0)
		return 0;
	o->relaying = true;
	return relay_start(&o->relay, o->jail.tty_master, err);
}

/* publish() - others may enter a named jail once its program runs, and is confined. */
static int publish(struct once *o, struct err *err)
{
	if (o->claim.file < 0 || !o->jail.started || o->published)
		return 0;
	o->published = true;
	return registry_publish(&o->claim, o->cfg, &o->jail, err);
}

/* over_limit() - it wrote more than it may. */
static void over_limit(struct once *o)
{
	const struct output_budget *b = &o->output.budget;

	if (b->over && !b->truncate)
		jail_limit(&o->jail, RESULT_OUTPUT_LIMIT, b->limit, b->passed + b->dropped);
}

enum {
	POLL_GUARD,
	POLL_SIGNALS,
	POLL_CTL,
	POLL_NET,
	POLL_LAYERS,
	POLL_OUTPUT,
	POLL_RELAY = POLL_OUTPUT + OUTPUT_FDS,
	POLL_FDS = POLL_RELAY + RELAY_FDS
};

/* see_off() - what the jail sent last goes out; a signal ends that. The terminal is the caller's again. */
static void see_off(struct once *o)
{
	relay_stop(&o->relay);
	if (o->parted)
		network_give_up(&o->jail);
	while (!jail_step(&o->jail)) {
		struct pollfd fds[] = {{o->signals, POLLIN, 0}, {network_fd(&o->jail), POLLIN, 0}};

		poll(fds, ARRAY_SIZE(fds), jail_timeout_ms(&o->jail));
		if (fds[0].revents)
			take_signals(o);
	}
}

static int follow(struct once *o, struct err *err)
{
	struct jail *j = &o->jail;

	while (!jail_step(j) && j->guard) {
		struct pollfd fds[POLL_FDS] = {
			[POLL_GUARD] = {j->guard_fd, POLLIN, 0},
			[POLL_SIGNALS] = {o->signals, POLLIN, 0},
			[POLL_CTL] = {j->ctl_eof ? -1 : j->ctl, POLLIN, 0},
			[POLL_NET] = {network_fd(j), POLLIN, 0},
			[POLL_LAYERS] = {layers_fd(j), POLLIN, 0},
		};
		int n = o->output.n ? POLL_RELAY : POLL_OUTPUT, r = begin_relay(o, err);

		if (r >= 0)
			r = publish(o, err);
		if (r < 0)
			return r;
		output_poll(&o->output, fds + POLL_OUTPUT);
		if (o->relaying) {
			relay_poll(&o->relay, j->tty_master, fds + POLL_RELAY);
			n = POLL_FDS;
		}
		if (poll(fds, (nfds_t)n, jail_timeout_ms(j)) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the jail");
		if (fds[POLL_SIGNALS].revents)
			take_signals(o);
		if (o->relaying)
			relay_pump(&o->relay, j->tty_master, fds + POLL_RELAY);
		output_pump(&o->output);
		over_limit(o);
	}
	/* It may have ended before we saw its terminal; what it wrote last is still in there. */
	if (begin_relay(o, err) == 0 && o->relaying)
		relay_drain(&o->relay, j->tty_master);
	o->parted |= output_drain(&o->output, o->signals, j->ended_by == RESULT_EXITED);
	over_limit(o);
	if (!j->finished)
		see_off(o);
	output_result(&o->output, &j->result);
	return 0;
}

static void log_end(const struct once *o, const struct result *r)
{
	int pid = o->jail.pid;
	char name[24];

	if (r->reason == RESULT_SETUP_FAILED)
		return;
	if (result_limit_unit(r->reason))
		log_info("pid=%d ([STANDALONE MODE]) ended by its %s", pid,
			 result_reason_name(r->reason));
	else if (r->reason == RESULT_SIGNALED || r->reason == RESULT_SECCOMP)
		log_info("pid=%d ([STANDALONE MODE]) terminated with signal: %s (%d)", pid,
			 str_signal(r->signal, name, sizeof(name)), r->signal);
	else if (r->exit_code >= 0)
		log_info("pid=%d ([STANDALONE MODE]) exited with status: %d", pid, r->exit_code);
}

static int plan_it(struct once *o, struct err *err)
{
	struct jail_plan *plan = &o->planned.plan;
	int r;

	arena_first(&o->planned.arena, o->memory, sizeof(o->memory));
	r = to_plan(o->cfg, &o->planned, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < o->planned.n_warnings; i++)
		log_warn("%s", o->planned.warnings[i]);
	log_plan(plan);
	plan->own_process = true;
	plan->share_memory = plan->pid_role == PID_ONE;
	plan->report_start = o->cfg->jail_name;
	if (o->enter) {
		enter_change_plan(plan, o->enter);
		plan->seccomp = o->filter->len ? o->filter : NULL;
	}
	if (o->cfg->tty == TTY_OFF)
		return 0;
	r = relay_prepare(&o->relay, o->cfg->tty == TTY_ON, err);
	if (r >= 0 && o->relay.on) {
		plan->tty = true;
		plan->new_session = true;
	}
	return r;
}

static bool has_devpts(const struct jail_plan *p)
{
	for (unsigned i = 0; i < p->n_mounts; i++)
		if (p->mounts[i].kind == MOUNT_FS && str_eq(p->mounts[i].fstype, "devpts"))
			return true;
	return false;
}

/* commit_it() - a failure is one of ours, though the program has succeeded. */
static void commit_it(struct once *o)
{
	struct result *r = &o->jail.result;
	struct err err = ERR_INIT;
	char upper[64];

	if (r->reason != RESULT_EXITED || r->exit_code != 0) {
		log_warn("commit: there is no new image, because the program did not succeed");
		return;
	}
	if (aftermath_upper(&o->jail, upper, sizeof(upper)) < 0)
		err_set(&err, ENOENT, "the upper layer is not there");
	else if (o->commit(o->cfg, upper, &err) >= 0)
		return;
	err_wrap(&err, "commit");
	log_err(LOG_ERROR, &err);
	r->aftermath = r->aftermath ?: err.code;
}

/* launch() - one jail from start to end. */
static int launch(struct once *o, struct result *ret, struct err *err)
{
	const struct jail_plan *plan = &o->planned.plan;
	struct jail_io io = JAIL_IO_INIT;
	int r;

	o->started = time(NULL);
	if (plan->tty && !has_devpts(plan)) {
		r = relay_host_terminal(&o->relay, err);
		if (r < 0)
			return r;
		io.tty_slave = o->relay.host_slave;
	}
	r = output_prepare(&o->output, plan, plan->tty, &io, err);
	if (r < 0)
		return r;
	o->relay.budget = &o->output.budget;
	if (o->cfg->mode == MODE_RERUN)
		r = template_start(&o->template, &io, &o->jail, err);
	else
		r = jail_start(plan, &io, &o->jail, err);
	output_started(&o->output);
	if (r < 0)
		return r;
	if (io.input_writable)
		result_weaker(&o->jail.result, PROTECT_OUTPUT_LIMIT, PROTECTION_DEGRADED,
			      "stdin can be written to as well");
	if (o->relay.host_slave >= 0)
		close(take_fd(&o->relay.host_slave));
	r = follow(o, err);
	if (r < 0)
		return r;
	if (o->planned.n_copies || o->planned.diff) {
		struct err failed = ERR_INIT;

		o->jail.result.aftermath = -aftermath(&o->planned, &o->jail, true, &failed);
	}
	if (o->commit)
		commit_it(o);
	result_free(ret); /* of the run before */
	*ret = o->jail.result;
	o->jail.result.trace = (struct trace_outcome){0}; /* is the caller's now */
	if (o->told && o->cfg->face == FACE_NSJAIL) {
		/* nsjail: whatever the program made of it, we were told to end */
		ret->reason = RESULT_SUPERVISOR_SIGNAL;
		ret->signal = o->told;
	}
	return 0;
}

/* again() - whether mode rerun goes on after this end; waits for the next start's time. */
static bool again(struct once *o, const struct result *r, uint64_t started_ms, unsigned done)
{
	const struct config *cfg = o->cfg;
	bool success = r->reason == RESULT_EXITED && r->exit_code == 0;
	struct pollfd fd = {o->signals, POLLIN, 0};
	uint64_t now = now_ms(), next = started_ms + cfg->rerun_delay;

	if (cfg->mode != MODE_RERUN || r->reason == RESULT_SETUP_FAILED || o->told || o->parted ||
	    r->reason == RESULT_SUPERVISOR_SIGNAL)
		return false;
	if (cfg->rerun_count && done >= cfg->rerun_count)
		return false;
	if (cfg->rerun_stop == (success ? RERUN_ON_SUCCESS : RERUN_ON_FAILURE))
		return false;
	while (now < next) {
		struct signalfd_siginfo info;

		if (poll(&fd, 1, (int)(next - now)) > 0 &&
		    read(o->signals, &info, sizeof(info)) == sizeof(info) &&
		    (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT ||
		     info.ssi_signo == SIGHUP))
			return false;
		now = now_ms();
	}
	return true;
}

static int run(struct once *o, struct result *ret, struct err *err)
{
	uint64_t started_ms;
	unsigned done = 0;
	int r = plan_it(o, err);

	if (r >= 0 && o->cfg->jail_name)
		r = registry_claim(o->cfg->jail_name, &o->claim, err);
	if (r >= 0)
		r = catch_signals(o, err);
	if (r < 0)
		return r;
	if (o->cfg->mode == MODE_RERUN) {
		template_init(&o->template, &o->planned.plan, &o->planned.arena);
		template_prepare(&o->template);
		if (o->template.off)
			log_debug("no template: %s", o->template.off);
	}
	for (;;) {
		started_ms = now_ms();
		r = launch(o, ret, err);
		if (r < 0)
			return r;
		if (template_to_blame(&o->template, &o->jail)) {
			log_debug("%s%s", ret->err.msg,
				  o->template.off ? ": no template from now on"
						  : ": launching again");
		} else {
			log_end(o, ret);
			r = tell_trace(&ret->trace, o->planned.trace_fd, NULL, err);
			if (r < 0)
				return r;
			if (!again(o, ret, started_ms, ++done))
				return 0;
		}
		/* everything of the last one is gone before the next starts */
		relay_stop(&o->relay);
		output_close(&o->output);
		o->relaying = o->published = false;
		registry_withdraw(&o->claim);
		jail_release(&o->jail);
	}
}

static int run_to_end(struct once *o, struct result *ret, struct err *err)
{
	int r;

	*ret = (struct result){.exit_code = -1};
	r = run(o, ret, err);
	if (r < 0) {
		result_free(ret);
		if (!err->step[0]) /* before there was a jail to set up */
			snprintf(err->step, sizeof(err->step), "plan");
		*ret = (struct result){.reason = RESULT_SETUP_FAILED, .exit_code = -1};
		ret->err = *err;
	}
	relay_stop(&o->relay);
	output_close(&o->output);
	o->jail.parting = true;
	jail_release(&o->jail);
	registry_release(&o->claim);
	if (o->signals >= 0) {
		close(o->signals);
		sigprocmask(SIG_SETMASK, &o->old_mask, NULL);
	}
	template_free(&o->template);
	planned_free(&o->planned);
	return r;
}

#define ONCE_INIT                                                                                  \
	.planned = PLANNED_INIT, .claim = CLAIM_INIT, .jail = JAIL_INIT, .relay = RELAY_INIT,      \
	.template = TEMPLATE_INIT, .output = OUTPUT_INIT, .signals = FD_NONE

int once_run(const struct config *cfg, struct result *ret, struct err *err)
{
	struct once o = {.cfg = cfg, ONCE_INIT};

	return run_to_end(&o, ret, err);
}

int once_run_commit(const struct config *cfg, once_committer commit, struct result *ret,
		    struct err *err)
{
	struct once o = {.cfg = cfg, .commit = commit, ONCE_INIT};

	return run_to_end(&o, ret, err);
}

int once_enter(const struct config *cfg, struct enter_plan *enter, const struct sock_fprog *filter,
	       struct result *ret, struct err *err)
{
	struct once o = {.cfg = cfg, .enter = enter, .filter = filter, ONCE_INIT};

	return run_to_end(&o, ret, err);
}
