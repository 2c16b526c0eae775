/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic rules as messages for nf_tables.
 */
#ifndef TOASTAINER_NET_RULES_H
#define TOASTAINER_NET_RULES_H

#include "net/net.h"

/**
 * rules_build() - translate rules into the one batch of messages that net_enter() sends.
 * @rules: the last that matches decides
 * @plan: its rules are set; the memory is the arena's
 */
int rules_build(const struct net_rule *rules, unsigned n, struct arena *a, struct net_plan *plan,
		struct err *err);

#endif
