#include "policy/allows.h"

#include "base/err.h"
#include "policy/location.h"
#include "policy/sets.h"

static struct policy_answer
answer_by(bool is_allowed, enum policy_clause clause, enum policy_because because,
	const struct policy_path *by)
{
	return (struct policy_answer){is_allowed, clause, because, str_of(by->path), by->place};
}

/* By the clause as a whole. */
static struct policy_answer
answer_whole(const struct policy *policy, bool is_allowed, enum policy_clause clause,
	enum policy_because because)
{
	return (struct policy_answer){
		is_allowed, clause, because, STR_EMPTY, policy->places[clause]};
}

static struct policy_answer
ask_device(const struct policy *policy, const char *path)
{
	const struct policy_path *by = sets_find(&policy->devices, path);

	return by ? answer_by(true, POLICY_DEVICES, POLICY_NAMED, by)
		  : answer_whole(policy, false, POLICY_DEVICES, POLICY_NOT_NAMED);
}

static struct policy_answer
ask_write(const struct policy *policy, const char *path)
{
	const struct policy_path *obstacle;
	const struct policy_path *by =
		sets_admit(&policy->write, &policy->hidden, &policy->protect, path, &obstacle);

	for (size_t i = 0; i < policy->protect.n; i++)
		if (!policy->protect.items[i].yields &&
			sets_covers(&policy->protect.items[i], path))
			return answer_by(
				false, POLICY_PROTECT, POLICY_NAMED, &policy->protect.items[i]);
	if (by)
		return answer_by(true, POLICY_WRITE, POLICY_NAMED, by);
	if (obstacle && obstacle->yields)
		return answer_by(false, POLICY_PROTECT, POLICY_GUARDED, obstacle);
	if (obstacle)
		return answer_by(false, POLICY_WRITE, POLICY_HIDDEN, obstacle);
	return answer_whole(policy, false, POLICY_WRITE, POLICY_NOT_NAMED);
}

/* By `read`, `write`, or because all is read. */
static struct policy_answer
ask_read(const struct policy *policy, const char *path)
{
	const struct policy_path *obstacle;
	const struct policy_path *hides = NULL;
	const struct policy_path *by =
		sets_admit(&policy->read, &policy->hidden, NULL, path, &obstacle);

	if (by)
		return answer_by(true, POLICY_READ, POLICY_NAMED, by);
	hides = obstacle;
	by = sets_admit(&policy->write, &policy->hidden, NULL, path, &obstacle);
	if (by)
		return answer_by(true, POLICY_WRITE, POLICY_NAMED, by);
	hides = hides ? hides : obstacle;
	if (policy->reads_all)
		hides = sets_obstacle(&policy->hidden, NULL, "/", path);
	if (hides)
		return answer_by(false, POLICY_READ, POLICY_HIDDEN, hides);
	return answer_whole(policy, policy->reads_all, POLICY_READ,
		policy->reads_all ? POLICY_UNLIMITED : POLICY_NOT_NAMED);
}

static struct policy_answer
ask_execute(const struct policy *policy, const char *path)
{
	struct policy_answer read = ask_read(policy, path);
	const struct policy_path *by;

	if (!read.is_allowed)
		return read;
	if (policy->any_tools)
		return answer_whole(policy, true, POLICY_TOOLS, POLICY_UNLIMITED);
	by = sets_find(&policy->tools, path);
	return by ? answer_by(true, POLICY_TOOLS, POLICY_NAMED, by)
		  : answer_whole(policy, false, POLICY_TOOLS, POLICY_NOT_NAMED);
}

struct policy_answer
policy_allows(const struct policy *policy, enum policy_access access, const char *path)
{
	const struct policy_path *denied = sets_find(&policy->deny, path);

	if (policy->is_none)
		return (struct policy_answer){
			true, POLICY_OTHERS, POLICY_UNLIMITED, STR_EMPTY, {.file = STR_EMPTY}};
	if (denied)
		return answer_by(false, POLICY_DENY, POLICY_NAMED, denied);
	if (location_covers("/dev", path) && path[4] && access != POLICY_TO_EXECUTE)
		return ask_device(policy, path);
	switch (access) {
	case POLICY_TO_READ: return ask_read(policy, path);
	case POLICY_TO_WRITE: return ask_write(policy, path);
	case POLICY_TO_EXECUTE: return ask_execute(policy, path);
	}
	BUG("access %d", (int)access);
}

struct policy_answer
policy_allows_host(const struct policy *policy, struct str address, uint16_t port)
{
	if (policy->is_none || policy->net == POLICY_NET_ALLOW)
		return answer_whole(policy, true, POLICY_NET, POLICY_UNLIMITED);
	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct policy_host *host = &policy->hosts[i];

		if (host->port == port && str_equal(host->host, address))
			return (struct policy_answer){
				true, POLICY_NET, POLICY_NAMED, host->host, host->place};
	}
	return answer_whole(policy, false, POLICY_NET, POLICY_NOT_NAMED);
}
