/*
 * document: a resolved policy as JSON, canonical: two policies that allow the same by the same words are the
 * same bytes.
 *
 *	{"deny": [PATH, …], "devices": […], "env": [NAME, …] or "any", "hidden": […], "limits": {…},
 *	 "max_diff": {…}, "net": "deny" "loopback" "allow" or [{"host", "listen", "port"}, …], "protect": [PATH or
 *	 {"anywhere", "path", "yields"}, …], "read": […], "reads_all": true, "sockets": […], "tools": […] or "any",
 *	 "write": […]}
 *
 * or "none". What is shown of the home since PATH names it is no part of that: the tools that a step uses are known
 * by themselves. A path in the workspace begins with ".", one in the home with "~", and the store is "$STORE", so that
 * the same policy is the same elsewhere. How it is enforced, what it is called and where it is written are not
 * part of what it allows.
 */
#ifndef LILY_POLICY_DOCUMENT_H
#define LILY_POLICY_DOCUMENT_H

#include "base/buf.h"
#include "policy/location.h"
#include "policy/policy.h"

/* Appends it. */
void policy_write(const struct policy *policy, const struct policy_surroundings *surroundings,
	struct buf *b);

#endif
