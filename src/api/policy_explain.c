#include "api/policy.h"

#include "base/clock.h"
#include "base/size.h"

void
policy_add_place(struct builder *b, const struct policy_place *place)
{
	if (!place->file.n) {
		builder_null(b, "file");
		builder_null(b, "line");
		builder_null(b, "column");
		return;
	}
	builder_text(b, "file", place->file);
	builder_u64(b, "line", place->line);
	builder_u64(b, "column", place->column);
}

/* As people write it: relative to the workspace, or with ~. */
static const char *
short_name(const struct policies *policies, const char *path, struct arena *arena)
{
	const char *workspace = policies->surroundings.workspace;
	const char *home = policies->surroundings.home;

	if (strcmp(path, workspace) == 0)
		return ".";
	if (strcmp(workspace, "/") != 0 && location_covers(workspace, path))
		return path + strlen(workspace) + 1;
	if (home && location_covers(home, path))
		return arena_printf(arena, "~%s", path + strlen(home));
	return path;
}

/* --- entries --- */

static void
add_entry(struct builder *b, const struct policies *policies, const struct policy_path *entry,
	struct arena *arena)
{
	builder_object(b, NULL);
	builder_cstr(b, "path", entry->path);
	builder_cstr(b, "name", short_name(policies, entry->path, arena));
	builder_bool(b, "yields", entry->yields);
	builder_bool(b, "anywhere", entry->is_pattern);
	policy_add_place(b, &entry->place);
	builder_end(b);
}

static void
add_word(struct builder *b, struct str word, const struct policy_place *place)
{
	builder_object(b, NULL);
	builder_null(b, "path");
	builder_text(b, "name", word);
	builder_bool(b, "yields", false);
	builder_bool(b, "anywhere", false);
	policy_add_place(b, place);
	builder_end(b);
}

static const struct policy_paths *
paths_of(const struct policy *policy, enum policy_clause clause)
{
	const struct policy_paths *const paths[POLICY_CLAUSE_COUNT] = {
		[POLICY_WRITE] = &policy->write,
		[POLICY_READ] = &policy->read,
		[POLICY_DENY] = &policy->deny,
		[POLICY_PROTECT] = &policy->protect,
		[POLICY_TOOLS] = &policy->tools,
		[POLICY_DEVICES] = &policy->devices,
		[POLICY_SOCKETS] = &policy->sockets,
	};

	return paths[clause];
}

static void
add_hosts(struct builder *b, const struct policy *policy, struct arena *arena)
{
	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct policy_host *host = &policy->hosts[i];
		bool is_long = str_find(host->host, ':') >= 0;

		add_word(b,
			str_of(arena_printf(arena, "%s%.*s%s:%u%s%.*s", is_long ? "[" : "",
				STR_ARG(host->host), is_long ? "]" : "", host->port,
				host->listen.n ? " on " : "", STR_ARG(host->listen))),
			&host->place);
	}
}

static void
add_entries(struct builder *b, const struct policies *policies, const struct policy *policy,
	enum policy_clause clause, struct arena *arena)
{
	const struct policy_paths *paths = paths_of(policy, clause);

	builder_array(b, "entries");
	for (size_t i = 0; paths && i < paths->n; i++)
		add_entry(b, policies, &paths->items[i], arena);
	if (clause == POLICY_NET)
		add_hosts(b, policy, arena);
	for (size_t i = 0; clause == POLICY_ENV && i < policy->env.n; i++)
		add_word(b, policy->env.items[i], &policy->places[clause]);
	builder_end(b);
}

/* --- what is said in a word --- */

static void
add_number(struct buf *b, const char *name, uint64_t number)
{
	if (number)
		buf_printf(b, "%s%s: %llu", b->n ? ", " : "", name, (unsigned long long)number);
}

static void
add_size(struct buf *b, const char *name, uint64_t bytes)
{
	char text[SIZE_TEXT_SIZE];

	if (bytes)
		buf_printf(b, "%s%s: %s", b->n ? ", " : "", name, size_to_text(bytes, text));
}

static void
describe_limits(const struct policy_limits *limits, struct buf *b)
{
	char text[CLOCK_DURATION_SIZE];

	add_number(b, "processes", limits->processes);
	if (limits->cpu_us)
		buf_printf(b, "%scpu: %s", b->n ? ", " : "",
			clock_duration_to_text((int64_t)limits->cpu_us, text));
	add_number(b, "open_files", limits->open_files);
	add_size(b, "file_size", limits->file_size);
	add_size(b, "output", limits->output);
	add_size(b, "disk", limits->disk);
	add_size(b, "memory", limits->memory);
	add_size(b, "memory_per_process", limits->memory_per_process);
	if (limits->is_strict)
		buf_printf(b, "%sstrict", b->n ? ", " : "");
}

static void
describe_diff(const struct policy_diff *diff, struct buf *b)
{
	char text[SIZE_TEXT_SIZE];

	if (diff->files != UINT64_MAX)
		buf_printf(b, "files: %llu", (unsigned long long)diff->files);
	if (diff->lines != UINT64_MAX)
		buf_printf(
			b, "%slines: %llu", b->n ? ", " : "", (unsigned long long)diff->lines);
	if (diff->bytes != UINT64_MAX)
		buf_printf(b, "%sbytes: %s", b->n ? ", " : "", size_to_text(diff->bytes, text));
	if (diff->file_bytes != UINT64_MAX)
		buf_printf(b, "%sfile_bytes: %s", b->n ? ", " : "",
			size_to_text(diff->file_bytes, text));
}

static const char *
net_word(const struct policy *policy)
{
	switch (policy->net) {
	case POLICY_NET_DENY: return "deny";
	case POLICY_NET_LOOPBACK: return "loopback";
	case POLICY_NET_ALLOW: return "allow";
	case POLICY_NET_HOSTS: return NULL;
	}
	BUG("net %d", (int)policy->net);
}

/* NULL: its entries are all there is to say. */
static const char *
value_of_clause(const struct policy *policy, enum policy_clause clause, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT(2000);

	if (clause == POLICY_READ && policy->reads_all)
		return "all but what is hidden, and";
	if ((clause == POLICY_TOOLS && policy->any_tools) ||
		(clause == POLICY_ENV && policy->any_env))
		return "any";
	if (clause == POLICY_NET)
		return net_word(policy);
	if (clause == POLICY_LIMITS)
		describe_limits(&policy->limits, &b);
	if (clause == POLICY_MAX_DIFF)
		describe_diff(&policy->max_diff, &b);
	return b.n ? arena_cstr(arena, buf_str(&b)) : NULL;
}

void
policy_add_clauses(struct builder *b, const struct policies *policies,
	const struct policy *policy, struct arena *arena)
{
	builder_array(b, "clauses");
	for (unsigned i = 0; !policy->is_none && i < POLICY_OTHERS; i++) {
		enum policy_clause clause = (enum policy_clause)i;
		const char *value = value_of_clause(policy, clause, arena);

		builder_object(b, NULL);
		builder_cstr(b, "clause", policy_clause_name(clause));
		if (value)
			builder_cstr(b, "value", value);
		else
			builder_null(b, "value");
		policy_add_place(b, &policy->places[clause]);
		add_entries(b, policies, policy, clause, arena);
		builder_end(b);
	}
	builder_end(b);
	builder_array(b, "hidden");
	for (size_t i = 0; i < policy->hidden.n; i++)
		builder_cstr(
			b, NULL, short_name(policies, policy->hidden.items[i].path, arena));
	builder_end(b);
}
