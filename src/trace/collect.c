// SPDX-License-Identifier: BSD-3-Clause
/*
 * The tables of a trace and of an audit, and their reports. Called by the tracing process alone. A
 * program can touch as many different paths as it likes: beyond a limit they are only counted.
 */
#include "base/mem.h"
#include "trace/collect.h"
#include "trace/report_names.h"

enum {
	BUCKETS = 4096,
	MOST_MEMORY = 32 << 20,
	MOST_USES = 64, /* of one thing, with different arguments */
	MOST_TEXT = 4096,
};

/* One kind of use of a touched thing. */
struct use {
	struct use *next;
	uint64_t count;
	const char *name; /* of the call; constant */
	char args[];
};

struct touched {
	struct touched *next, *next_in_bucket;
	uint64_t count;
	struct use *uses;
	bool net;
	int jail_type, main_type, mode;
	struct endpoint end;
	char path[];
};

struct refused {
	struct refused *next;
	uint64_t count;
	struct seccomp_data data; /* of the first */
	pid_t pid;
	struct kafel_decision decision;
	char *text;
	bool known; /* its number is a call's */
	char name[24];
};

static const char *const type_names[FILE_TYPES] = {
	[TYPE_UNKNOWN] = "UNKNOWN", [TYPE_NONEXISTENT] = "NONEXISTENT",
	[TYPE_REGULAR] = "REGULAR", [TYPE_DIR] = "DIR",
	[TYPE_CHR] = "CHR",	    [TYPE_BLK] = "BLK",
	[TYPE_FIFO] = "FIFO",	    [TYPE_LINK] = "LINK",
	[TYPE_SOCK] = "SOCK",
};
static const char *const mode_names[OPEN_MODES] = {
	[MODE_UNSPECIFIED] = "UNSPECIFIED",
	[MODE_RDONLY] = "RDONLY",
	[MODE_WRONLY] = "WRONLY",
	[MODE_RDWR] = "RDWR",
};
static const char *const endpoint_names[] = {
	[ENDPOINT_NONE] = "UNKNOWN", [ENDPOINT_IPV4] = "IPV4",	     [ENDPOINT_IPV6] = "IPV6",
	[ENDPOINT_UNIX] = "UNIX",    [ENDPOINT_NETLINK] = "NETLINK", [ENDPOINT_OTHER] = "UNKNOWN",
};

static void *take_memory(struct collection *all, size_t n)
{
	void *p = all->memory + n > MOST_MEMORY ? NULL : mem_alloc(n);

	if (p)
		all->memory += n;
	else
		all->dropped++;
	return p;
}

static unsigned hash(const char *s)
{
	unsigned h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h % BUCKETS;
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->type == b->type && a->port == b->port && str_eq(a->text, b->text);
}

static struct touched *find_touched(struct collection *all, const struct touch *t, unsigned i)
{
	const char *path = t->item[i].path;
	bool net = t->item[i].net;
	unsigned h = hash(net ? t->item[i].end.text : path);
	size_t n = strlen(path) + 1;
	struct touched *e;

	if (!all->buckets)
		all->buckets = take_memory(all, BUCKETS * sizeof(struct touched *));
	if (!all->buckets)
		return NULL;
	for (e = all->buckets[h]; e; e = e->next_in_bucket)
		if (e->net == net && str_eq(e->path, path) &&
		    (net ? same_endpoint(&e->end, &t->item[i].end)
			 : e->jail_type == t->item[i].jail_type &&
				     e->main_type == t->item[i].main_type &&
				     e->mode == t->item[i].mode))
			return e;
	e = take_memory(all, sizeof(*e) + n);
	if (!e)
		return NULL;
	*e = (struct touched){.next_in_bucket = all->buckets[h],
			      .net = net,
			      .jail_type = t->item[i].jail_type,
			      .main_type = t->item[i].main_type,
			      .mode = t->item[i].mode};
	if (net)
		e->end = t->item[i].end;
	memcpy(e->path, path, n);
	all->buckets[h] = e;
	if (all->last)
		all->last->next = e;
	else
		all->first = e;
	all->last = e;
	return e;
}

static void count_use(struct collection *all, struct touched *e, const char *name,
		      const struct sbuf *args)
{
	const char *text = args->s ? args->s : "";
	size_t n = MIN(args->n, (size_t)MOST_TEXT);
	struct use **at = &e->uses;
	unsigned kinds = 0;

	/* as nsjail's reports name them */
	if (str_eq(name, "newstat") || str_eq(name, "newlstat"))
		name += 3;
	for (; *at; at = &(*at)->next, kinds++) {
		if (str_eq((*at)->name, name) && !strncmp((*at)->args, text, n) &&
		    !(*at)->args[n]) {
			(*at)->count++;
			return;
		}
	}
	if (kinds == MOST_USES) {
		all->dropped++;
		return;
	}
	*at = take_memory(all, sizeof(**at) + n + 1);
	if (!*at)
		return;
	(*at)->name = name;
	(*at)->count = 1;
	memcpy((*at)->args, text, n);
}

void collect_add(struct collection *all, const struct call *c, const struct touch *t)
{
	all->unreadable += t->unreadable;
	for (unsigned i = 0; i < t->n; i++) {
		struct touched *e = find_touched(all, t, i);

		if (!e)
			continue;
		e->count++;
		count_use(all, e, c->sys.name, &t->args);
	}
}

static bool same_kind(const struct refused *e, const struct call *c, const struct kafel_decision *d)
{
	return (c->sys.name ? e->known && e->data.nr == c->data.nr : !e->known) &&
	       e->data.arch == c->data.arch && e->decision.action == d->action &&
	       e->decision.pos.line == d->pos.line && e->decision.pos.column == d->pos.column;
}

void collect_refused(struct collection *all, const struct call *c,
		     const struct kafel_decision *decision, const struct memory *m)
{
	struct sbuf text = {0};
	struct refused *e;

	for (e = all->refused; e; e = e->next) {
		if (same_kind(e, c, decision)) {
			e->count++;
			return;
		}
	}
	if (all->n_refused == COLLECT_REFUSED || !(e = mem_alloc(sizeof(*e)))) {
		all->refused_dropped++;
		return;
	}
	decode_text(c, m, &text);
	*e = (struct refused){
		.count = 1, .data = c->data, .pid = m->pid, .decision = *decision, .text = text.s};
	e->known = c->sys.name;
	snprintf(e->name, sizeof(e->name), "%s", c->sys.name ?: "unknown");
	if (all->last_refused)
		all->last_refused->next = e;
	else
		all->refused = e;
	all->last_refused = e;
	all->n_refused++;
}

/* ---- text */

static void put_field(struct sbuf *out, const char *indent, const char *key, const char *value)
{
	sbuf_printf(out, "%s%s: ", indent, key);
	decode_quoted(out, value, strlen(value));
	sbuf_puts(out, "\n");
}

static bool exists(int type)
{
	return type != TYPE_NONEXISTENT && type != TYPE_UNKNOWN;
}

static void put_path(struct sbuf *out, const struct touched *e, const char *indent)
{
	put_field(out, indent, "path", e->path);
	sbuf_printf(out, "%sjail_type: %s\n%smain_type: %s\n", indent, type_names[e->jail_type],
		    indent, type_names[e->main_type]);
	if (e->mode != MODE_UNSPECIFIED)
		sbuf_printf(out, "%smode: %s\n", indent, mode_names[e->mode]);
}

static void put_exists(struct sbuf *out, const struct touched *e, const char *indent)
{
	sbuf_printf(out, "%sexists_in_jail: %s\n%sexists_in_main: %s\n", indent,
		    exists(e->jail_type) ? "true" : "false", indent,
		    exists(e->main_type) ? "true" : "false");
}

static void put_uses(struct sbuf *out, const struct touched *e)
{
	sbuf_printf(out, "  count: %llu\n", (unsigned long long)e->count);
	for (const struct use *u = e->uses; u; u = u->next) {
		sbuf_puts(out, "  syscall {\n");
		put_field(out, "    ", "name", u->name);
		if (u->args[0])
			put_field(out, "    ", "args", u->args);
		sbuf_printf(out, "    count: %llu\n  }\n", (unsigned long long)u->count);
	}
}

static void put_touched(struct sbuf *out, const struct touched *e)
{
	sbuf_puts(out, e->net ? "net_access {\n" : "fs_access {\n");
	if (e->net) {
		sbuf_printf(out, "  type: %s\n", endpoint_names[e->end.type]);
		put_field(out, "  ", "endpoint", e->end.is_path ? e->path : e->end.text);
		if (e->end.is_path) {
			sbuf_puts(out, "  socket_path {\n");
			put_path(out, e, "    ");
			put_exists(out, e, "    ");
			sbuf_puts(out, "  }\n");
		}
	} else {
		put_path(out, e, "  ");
	}
	put_uses(out, e);
	if (!e->net)
		put_exists(out, e, "  ");
	else if (e->end.has_port)
		sbuf_printf(out, "  port: %u\n", e->end.port);
	sbuf_puts(out, "}\n");
}

void collect_text(const struct collection *all, struct sbuf *out)
{
	for (int net = 0; net <= 1; net++)
		for (const struct touched *e = all->first; e; e = e->next)
			if (e->net == (bool)net)
				put_touched(out, e);
	if (all->unreadable)
		sbuf_printf(out, "# %llu arguments could not be read\n",
			    (unsigned long long)all->unreadable);
	if (all->dropped)
		sbuf_printf(out, "# %llu more were not kept: there were too many\n",
			    (unsigned long long)all->dropped);
}

/* ---- JSON */

static void json_path(struct sbuf *out, const struct touched *e)
{
	sbuf_puts(out, "\"path\":");
	sbuf_json(out, e->path);
	sbuf_printf(out,
		    ",\"jail_type\":\"%s\",\"main_type\":\"%s\",\"exists_in_jail\":%s,"
		    "\"exists_in_main\":%s",
		    type_names[e->jail_type], type_names[e->main_type],
		    exists(e->jail_type) ? "true" : "false",
		    exists(e->main_type) ? "true" : "false");
	if (e->mode != MODE_UNSPECIFIED)
		sbuf_printf(out, ",\"mode\":\"%s\"", mode_names[e->mode]);
}

static void json_touched(struct sbuf *out, const struct touched *e)
{
	sbuf_puts(out, "{");
	if (e->net) {
		sbuf_printf(out, "\"type\":\"%s\",\"endpoint\":", endpoint_names[e->end.type]);
		sbuf_json(out, e->end.is_path ? e->path : e->end.text);
		if (e->end.has_port)
			sbuf_printf(out, ",\"port\":%u", e->end.port);
		if (e->end.is_path) {
			sbuf_puts(out, ",\"socket_path\":{");
			json_path(out, e);
			sbuf_puts(out, "}");
		}
	} else {
		json_path(out, e);
	}
	sbuf_printf(out, ",\"count\":%llu,\"syscall\":[", (unsigned long long)e->count);
	for (const struct use *u = e->uses; u; u = u->next) {
		sbuf_printf(out, "{\"name\":\"%s\",\"args\":", u->name);
		sbuf_json(out, u->args);
		sbuf_printf(out, ",\"count\":%llu}%s", (unsigned long long)u->count,
			    u->next ? "," : "");
	}
	sbuf_puts(out, "]}");
}

void collect_json(const struct collection *all, struct sbuf *out)
{
	for (int net = 0; net <= 1; net++) {
		bool first = true;

		sbuf_puts(out, net ? "],\"net_access\":[" : "{\"fs_access\":[");
		for (const struct touched *e = all->first; e; e = e->next) {
			if (e->net != (bool)net)
				continue;
			sbuf_puts(out, first ? "" : ",");
			json_touched(out, e);
			first = false;
		}
	}
	sbuf_printf(out, "],\"unreadable\":%llu,\"dropped\":%llu}\n",
		    (unsigned long long)all->unreadable, (unsigned long long)all->dropped);
}

/* ---- the audit */

static void put_rule(struct sbuf *out, const struct kafel_decision *d)
{
	if (d->pos.line)
		sbuf_printf(out, "%s:%u:%u", d->pos.file, d->pos.line, d->pos.column);
	else
		sbuf_puts(out, d->why);
}

void collect_refused_json(const struct collection *all, struct sbuf *out)
{
	char action[32];

	sbuf_puts(out, "[");
	for (const struct refused *e = all->refused; e; e = e->next) {
		const struct syscalls_arch *arch = syscalls_arch(e->data.arch);
		_cleanup_sbuf_ struct sbuf rule = {0};

		put_rule(&rule, &e->decision);
		sbuf_puts(out, "{\"syscall\":");
		sbuf_json(out, e->name);
		sbuf_printf(out, ",\"nr\":%d,\"arch\":\"%s\",\"action\":\"%s\",\"policy_line\":",
			    e->data.nr, arch ? arch->name : "unknown",
			    kafel_action_name(e->decision.action, action, sizeof(action)));
		sbuf_json(out, rule.s ? rule.s : "");
		sbuf_printf(out,
			    ",\"count\":%llu,\"first\":{\"call\":", (unsigned long long)e->count);
		sbuf_json(out, e->text ? e->text : "");
		sbuf_printf(out, ",\"pid\":%d,\"ip\":\"0x%llx\"}}%s", e->pid,
			    (unsigned long long)e->data.instruction_pointer, e->next ? "," : "");
	}
	sbuf_puts(out, "]");
}

void collect_refused_text(const struct collection *all, struct sbuf *out)
{
	char action[32];

	for (const struct refused *e = all->refused; e; e = e->next) {
		_cleanup_sbuf_ struct sbuf rule = {0};

		put_rule(&rule, &e->decision);
		sbuf_printf(out, "%8llu  %-16s %-12s %-24s first: %s\n",
			    (unsigned long long)e->count, e->name,
			    kafel_action_name(e->decision.action, action, sizeof(action)),
			    rule.s ? rule.s : "", e->text ? e->text : "");
	}
	if (all->refused_dropped)
		sbuf_printf(out, "%8llu  more calls, of kinds beyond the first %u\n",
			    (unsigned long long)all->refused_dropped, COLLECT_REFUSED);
}

void collect_free(struct collection *all)
{
	for (struct touched *e = all->first, *next; e; e = next) {
		next = e->next;
		for (struct use *u = e->uses, *after; u; u = after) {
			after = u->next;
			free(u);
		}
		free(e);
	}
	for (struct refused *e = all->refused, *next; e; e = next) {
		next = e->next;
		free(e->text);
		free(e);
	}
	free(all->buckets);
	*all = (struct collection){0};
}
