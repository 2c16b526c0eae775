// SPDX-License-Identifier: BSD-3-Clause
/*
 * /etc/resolv.conf and /etc/hosts of a jail with a routed network: mounted as files with content, over
 * what the root has there. Called by plan_mounts(). Only memory can run out.
 */
#include <linux/mount.h>

#include "base/str.h"
#include "config/plan_parts.h"
#include "net/dns.h"

/* The hostname is the caller's text; in the file it must stay one word. */
static const char *host_line(struct planner *p, struct err *err)
{
	static const char fine[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	const char *name = p->plan->hostname, *line;

	if (!name || !*name || name[strspn(name, fine)])
		return "";
	/* An address of its own that is there always, as Debian does it. */
	line = arena_printf(&p->out->arena, "127.0.1.1\t%s\n", name);
	if (!line)
		err_oom(err);
	return line;
}

static void as_file(struct mount_plan *m, const char *dst, const char *text)
{
	*m = (struct mount_plan){
		.kind = MOUNT_FILE,
		.src = "",
		.dst = dst,
		.content = text,
		.content_len = strlen(text),
		.target = TARGET_FILE,
		.cover_link = true,
		.attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			 MOUNT_ATTR_NOEXEC,
	};
}

int plan_net_files(struct planner *p, struct mount_plan files[2], struct err *err)
{
	const struct net_plan *net = p->plan->net;
	const char *line, *hosts;
	int n = 0;

	if (!net || !net->files)
		return 0;
	if (net->dns)
		as_file(&files[n++], "/etc/resolv.conf", "nameserver " DNS_ADDRESS "\n");
	line = host_line(p, err);
	hosts = line ? arena_printf(&p->out->arena,
				    "127.0.0.1\tlocalhost\n"
				    "::1\tlocalhost ip6-localhost ip6-loopback\n%s",
				    line)
		     : NULL;
	if (!hosts)
		return err_oom(err);
	as_file(&files[n++], "/etc/hosts", hosts);
	p->plan->scratch = true;
	return n;
}
