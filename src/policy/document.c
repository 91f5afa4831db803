#include "policy/document.h"

#include "json/json.h"

struct writing {
	const struct policy_surroundings *surroundings;
	struct buf *b;
	size_t start; /* of the object's first member */
};

static void
add_key(struct writing *x, const char *key)
{
	buf_printf(x->b, x->b->n > x->start ? ",\"%s\":" : "\"%s\":", key);
}

static bool
add_below(struct writing *x, const char *folder, const char *sign, const char *path)
{
	if (!folder || !folder[1] || !location_covers(folder, path))
		return false;
	buf_printf(x->b, "\"%s", sign);
	/* What follows is the inside of a string: without its first quote. */
	if (path[strlen(folder)]) {
		size_t quote = x->b->n;

		json_write_string(str_of(path + strlen(folder)), x->b);
		if (!x->b->overflowed)
			memmove(x->b->p + quote, x->b->p + quote + 1, --x->b->n - quote);
		return true;
	}
	buf_add_char(x->b, '"');
	return true;
}

/* The store is often in the home, and the workspace, too. */
static void
add_path(struct writing *x, const char *path)
{
	const struct policy_surroundings *at = x->surroundings;

	if (!add_below(x, at->store, "$STORE", path) &&
		!add_below(x, at->workspace, ".", path) && !add_below(x, at->home, "~", path))
		json_write_string(str_of(path), x->b);
}

static void
add_entry(struct writing *x, const struct policy_path *entry)
{
	bool is_plain = !entry->is_pattern && !entry->yields;

	if (!is_plain)
		buf_printf(x->b, "{%s\"path\":", entry->is_pattern ? "\"anywhere\":true," : "");
	add_path(x, entry->path);
	if (!is_plain)
		buf_add_cstr(x->b, entry->yields ? ",\"yields\":true}" : "}");
}

static void
add_paths(struct writing *x, const char *key, const struct policy_paths *paths)
{
	size_t n = 0;

	add_key(x, key);
	buf_add_char(x->b, '[');
	for (size_t i = 0; i < paths->n; i++) {
		if (paths->items[i].is_found)
			continue;
		buf_add_cstr(x->b, n++ ? "," : "");
		add_entry(x, &paths->items[i]);
	}
	buf_add_char(x->b, ']');
}

static void
add_env(struct writing *x, const struct policy *policy)
{
	add_key(x, "env");
	if (policy->any_env) {
		buf_add_cstr(x->b, "\"any\"");
		return;
	}
	buf_add_char(x->b, '[');
	for (size_t i = 0; i < policy->env.n; i++) {
		if (i)
			buf_add_char(x->b, ',');
		json_write_string(policy->env.items[i], x->b);
	}
	buf_add_char(x->b, ']');
}

/* A member where there is a limit. */
static void
add_limit(struct writing *x, const char *key, uint64_t limit, uint64_t none)
{
	if (limit == none)
		return;
	add_key(x, key);
	buf_add_u64(x->b, limit);
}

static void
add_limits(struct writing *x, const struct policy *policy)
{
	const struct policy_limits *limits = &policy->limits;
	struct writing inner = *x;

	add_key(x, "limits");
	buf_add_char(x->b, '{');
	inner.start = x->b->n;
	add_limit(&inner, "cpu", limits->cpu_us, 0);
	add_limit(&inner, "disk", limits->disk, 0);
	add_limit(&inner, "file_size", limits->file_size, 0);
	add_limit(&inner, "memory", limits->memory, 0);
	add_limit(&inner, "memory_per_process", limits->memory_per_process, 0);
	add_limit(&inner, "open_files", limits->open_files, 0);
	add_limit(&inner, "output", limits->output, 0);
	add_limit(&inner, "processes", limits->processes, 0);
	buf_add_char(x->b, '}');
	add_key(x, "max_diff");
	buf_add_char(x->b, '{');
	inner.start = x->b->n;
	add_limit(&inner, "bytes", policy->max_diff.bytes, UINT64_MAX);
	add_limit(&inner, "file_bytes", policy->max_diff.file_bytes, UINT64_MAX);
	add_limit(&inner, "files", policy->max_diff.files, UINT64_MAX);
	add_limit(&inner, "lines", policy->max_diff.lines, UINT64_MAX);
	buf_add_char(x->b, '}');
}

static void
add_hosts(struct writing *x, const struct policy *policy)
{
	buf_add_char(x->b, '[');
	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct policy_host *host = &policy->hosts[i];

		buf_add_cstr(x->b, i ? ",{\"host\":" : "{\"host\":");
		json_write_string(host->host, x->b);
		if (host->listen.n) {
			buf_add_cstr(x->b, ",\"listen\":");
			json_write_string(host->listen, x->b);
		}
		buf_printf(x->b, ",\"port\":%u}", host->port);
	}
	buf_add_char(x->b, ']');
}

static void
add_net(struct writing *x, const struct policy *policy)
{
	static const char *const words[] = {
		[POLICY_NET_DENY] = "deny",
		[POLICY_NET_LOOPBACK] = "loopback",
		[POLICY_NET_ALLOW] = "allow",
	};

	add_key(x, "net");
	if (policy->net == POLICY_NET_HOSTS)
		add_hosts(x, policy);
	else
		buf_printf(x->b, "\"%s\"", words[policy->net]);
}

void
policy_write(const struct policy *policy, const struct policy_surroundings *surroundings,
	struct buf *b)
{
	struct writing x = {surroundings, b, 0};

	if (policy->is_none) {
		buf_add_cstr(b, "\"none\"");
		return;
	}
	buf_add_char(b, '{');
	x.start = b->n;
	add_paths(&x, "deny", &policy->deny);
	add_paths(&x, "devices", &policy->devices);
	add_env(&x, policy);
	add_paths(&x, "hidden", &policy->hidden);
	add_limits(&x, policy);
	add_net(&x, policy);
	add_paths(&x, "protect", &policy->protect);
	add_paths(&x, "read", &policy->read);
	if (policy->reads_all) {
		add_key(&x, "reads_all");
		buf_add_cstr(b, "true");
	}
	add_paths(&x, "sockets", &policy->sockets);
	if (policy->any_tools) {
		add_key(&x, "tools");
		buf_add_cstr(b, "\"any\"");
	} else {
		add_paths(&x, "tools", &policy->tools);
	}
	add_paths(&x, "write", &policy->write);
	buf_add_char(b, '}');
}
