#include "policy/merge.h"

#include "base/err.h"
#include "policy/sets.h"

static const struct policy_path root = {.path = "/"};

struct policy
policy_anything(struct arena *arena)
{
	struct policy_path *dev = ARENA_NEW(arena, struct policy_path);

	dev->path = "/dev";
	return (struct policy){
		.write = {&root, 1},
		.reads_all = true,
		.any_tools = true,
		.net = POLICY_NET_ALLOW,
		.any_env = true,
		.devices = {dev, 1},
		.sockets = {&root, 1},
		.max_diff = POLICY_DIFF_ANY,
	};
}

/* --- paths --- */

/* What may be written may be read. */
static struct policy_paths
readable(struct arena *arena, const struct policy *policy)
{
	struct policy_paths list = {
		ARENA_ARRAY(arena, policy->read.n + policy->write.n + 1, struct policy_path),
		0};

	sets_add(&list, policy->read.items, policy->read.n);
	sets_add(&list, policy->write.items, policy->write.n);
	if (policy->reads_all)
		sets_add(&list, &root, 1);
	return list;
}

static void
merge_reading(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	const struct sets_side one = {readable(arena, a), &a->hidden, NULL};
	const struct sets_side other = {readable(arena, b), &b->hidden, NULL};
	struct policy_paths both = sets_meet(arena, &one, &other);
	struct policy_paths read = {ARENA_ARRAY(arena, both.n, struct policy_path), 0};

	merged->reads_all = a->reads_all && b->reads_all;
	for (size_t i = 0; i < both.n; i++)
		if (!merged->reads_all || strcmp(both.items[i].path, "/") != 0)
			sets_add(&read, &both.items[i], 1);
	merged->read = read;
}

static struct policy_paths
meet(struct arena *arena, const struct policy_paths *a, const struct policy_paths *b)
{
	static const struct policy_paths nothing;
	const struct sets_side one = {*a, &nothing, NULL};
	const struct sets_side other = {*b, &nothing, NULL};

	return sets_meet(arena, &one, &other);
}

static void
merge_writing(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	const struct sets_side one = {a->write, &a->hidden, &a->protect};
	const struct sets_side other = {b->write, &b->hidden, &b->protect};

	merged->write = sets_meet(arena, &one, &other);
}

static void
merge_tools(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	merged->any_tools = a->any_tools && b->any_tools;
	if (a->any_tools)
		merged->tools = b->tools;
	else if (b->any_tools)
		merged->tools = a->tools;
	else
		merged->tools = meet(arena, &a->tools, &b->tools);
}

/* --- net and env --- */

static const struct policy_host *
find_host(const struct policy *policy, const struct policy_host *host)
{
	for (size_t i = 0; i < policy->n_hosts; i++)
		if (policy->hosts[i].port == host->port &&
			str_equal(policy->hosts[i].host, host->host))
			return &policy->hosts[i];
	return NULL;
}

/* The loopback is part of what each but deny allows. */
static void
merge_hosts(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	struct policy_host *hosts = ARENA_ARRAY(arena, a->n_hosts, struct policy_host);
	size_t n = 0;

	for (size_t i = 0; i < a->n_hosts; i++) {
		const struct policy_host *other = find_host(b, &a->hosts[i]);

		if (!other)
			continue;
		hosts[n] = a->hosts[i];
		if (!hosts[n].listen.n)
			hosts[n].listen = other->listen;
		n++;
	}
	merged->net = n ? POLICY_NET_HOSTS : POLICY_NET_LOOPBACK;
	merged->hosts = hosts;
	merged->n_hosts = n;
}

static int
width(enum policy_net net)
{
	switch (net) {
	case POLICY_NET_DENY: return 0;
	case POLICY_NET_LOOPBACK: return 1;
	case POLICY_NET_HOSTS: return 2;
	case POLICY_NET_ALLOW: return 3;
	}
	BUG("net %d", (int)net);
}

static void
merge_net(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	const struct policy *narrow = width(b->net) < width(a->net) ? b : a;

	merged->places[POLICY_NET] = narrow->places[POLICY_NET];
	merged->net = narrow->net;
	merged->hosts = narrow->net == POLICY_NET_HOSTS ? narrow->hosts : NULL;
	merged->n_hosts = narrow->net == POLICY_NET_HOSTS ? narrow->n_hosts : 0;
	if (a->net == POLICY_NET_HOSTS && b->net == POLICY_NET_HOSTS)
		merge_hosts(arena, a, b, merged);
}

static void
merge_env(struct arena *arena, const struct policy *a, const struct policy *b,
	struct policy *merged)
{
	struct str *names;
	size_t n = 0;

	merged->any_env = a->any_env && b->any_env;
	if (a->any_env || b->any_env) {
		merged->env = a->any_env ? b->env : a->env;
		return;
	}
	names = ARENA_ARRAY(arena, a->env.n, struct str);
	for (size_t i = 0; i < a->env.n; i++)
		for (size_t j = 0; j < b->env.n; j++)
			if (str_equal(a->env.items[i], b->env.items[j])) {
				names[n++] = a->env.items[i];
				break;
			}
	merged->env = (struct policy_names){names, n};
}

/* --- numbers --- */

static uint64_t
smaller_limit(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return MIN(a, b);
}

static void
merge_numbers(const struct policy *a, const struct policy *b, struct policy *merged)
{
	const struct policy_limits *x = &a->limits;
	const struct policy_limits *y = &b->limits;
	const struct policy_diff *p = &a->max_diff;
	const struct policy_diff *q = &b->max_diff;

	merged->limits = (struct policy_limits){
		.processes = smaller_limit(x->processes, y->processes),
		.cpu_us = smaller_limit(x->cpu_us, y->cpu_us),
		.open_files = smaller_limit(x->open_files, y->open_files),
		.file_size = smaller_limit(x->file_size, y->file_size),
		.output = smaller_limit(x->output, y->output),
		.disk = smaller_limit(x->disk, y->disk),
		.memory = smaller_limit(x->memory, y->memory),
		.memory_per_process =
			smaller_limit(x->memory_per_process, y->memory_per_process),
		.is_strict = x->is_strict || y->is_strict,
	};
	merged->max_diff = (struct policy_diff){
		.files = MIN(p->files, q->files),
		.lines = MIN(p->lines, q->lines),
		.bytes = MIN(p->bytes, q->bytes),
		.file_bytes = MIN(p->file_bytes, q->file_bytes),
	};
}

static void
merge_places(const struct policy *a, const struct policy *b, struct policy *merged)
{
	for (unsigned i = 0; i < POLICY_CLAUSE_COUNT; i++)
		merged->places[i] = a->places[i].file.n ? a->places[i] : b->places[i];
}

struct policy
policy_merge(struct arena *arena, const struct policy *a, const struct policy *b)
{
	struct policy merged = {.name = a->name};

	if (a->is_none && b->is_none)
		return *a;
	if (a->is_none || b->is_none) {
		merged = a->is_none ? *b : *a;
		merged.name = a->name;
		return merged;
	}
	merge_places(a, b, &merged);
	merge_reading(arena, a, b, &merged);
	merge_writing(arena, a, b, &merged);
	merged.hidden = sets_unite(arena, &a->hidden, &b->hidden);
	merged.deny = sets_unite(arena, &a->deny, &b->deny);
	merged.protect = sets_unite(arena, &a->protect, &b->protect);
	merge_tools(arena, a, b, &merged);
	merge_net(arena, a, b, &merged);
	merge_env(arena, a, b, &merged);
	merged.devices = meet(arena, &a->devices, &b->devices);
	merged.sockets = meet(arena, &a->sockets, &b->sockets);
	merge_numbers(a, b, &merged);
	merged.is_best_effort = a->is_best_effort && b->is_best_effort;
	merged.traces_exec = a->traces_exec || b->traces_exec;
	return merged;
}
