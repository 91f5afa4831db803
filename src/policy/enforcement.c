#include "policy/enforcement.h"

#include "base/buf.h"
#include "policy/demand.h"

/* What a container keeps from the programs in it. */
#define NAMESPACES                                                                      \
	(FEATURE_BIT(FEATURE_USER_NAMESPACES) | FEATURE_BIT(FEATURE_MOUNT_NAMESPACES) | \
		FEATURE_BIT(FEATURE_PID_NAMESPACES) | FEATURE_BIT(FEATURE_NET_NAMESPACES))

#define RAISE(what) "raise sysctl user.max_" what "_namespaces"

static const char *const remedies[] = {
	[FEATURE_UNBUILT] = "leave it out",
	[FEATURE_USER_NAMESPACES] = (RAISE(
		"user") ", or, where AppArmor restricts them, load a profile for lily-lane"),
	[FEATURE_MOUNT_NAMESPACES] = (RAISE("mnt")),
	[FEATURE_PID_NAMESPACES] = (RAISE("pid")),
	[FEATURE_NET_NAMESPACES] = (RAISE("net")),
	[FEATURE_OVERLAY] = "use a kernel from 5.11 on, with overlayfs",
	[FEATURE_SECCOMP] = "use a kernel with CONFIG_SECCOMP_FILTER",
	[FEATURE_CGROUP] = "delegate one: systemd-run --user --scope -p Delegate=yes lily",
	[FEATURE_TRANSACTION] = "give the step `workspace: transaction`",
	[FEATURE_LANDLOCK] = "use a newer kernel, with landlock in its lsm= list",
};

static const char *const feature_names[] = {
#define X(name, text) [FEATURE_##name] = (text),
	POLICY_FEATURES(X)
#undef X
};

const char *
policy_feature_name(enum policy_feature feature)
{
	return feature_names[feature];
}

const char *
policy_tier_name(enum policy_tier tier)
{
	static const char *const names[] = {"S0", "S1", "S2", "S3"};

	return names[tier];
}

const char *
policy_hold_name(enum policy_hold hold)
{
	static const char *const names[] = {"unenforced", "detected", "enforced"};

	return names[hold];
}

/* --- what there is --- */

/* Root makes the other namespaces without one for users. */
static uint32_t
lacking(const struct demand_way *way, const struct policy_machine *machine)
{
	uint32_t have = machine->features;

	if (machine->is_root)
		have |= FEATURE_BIT(FEATURE_USER_NAMESPACES);
	if (machine->landlock && machine->landlock >= way->landlock)
		have |= FEATURE_BIT(FEATURE_LANDLOCK);
	else
		have &= ~FEATURE_BIT(FEATURE_LANDLOCK);
	return way->needs & ~have;
}

/* By the strongest way up to the tier; of two as strong that of the higher one. NULL: by none. */
static const struct demand_way *
best_way(const struct demand_row *row, const struct policy_machine *machine, unsigned tier)
{
	const struct demand_way *best = NULL;

	for (unsigned i = 0; i <= tier; i++) {
		const struct demand_way *way = &row->ways[i];

		if (way->mechanism && !lacking(way, machine) &&
			(!best || way->hold >= best->hold))
			best = way;
	}
	return best;
}

static enum policy_hold
held(const struct demand_row *row, const struct policy_machine *machine, unsigned tier)
{
	const struct demand_way *way = best_way(row, machine, tier);

	return way ? way->hold : HOLD_NONE;
}

static bool
must_hold(const struct demand_row *row, const struct policy *policy)
{
	return !row->is_resource || (row->clause == POLICY_LIMITS && policy->limits.is_strict);
}

bool
policy_demand_is_met(const struct policy_demand *demand)
{
	return demand->hold >= (demand->is_boundary ? HOLD_ENFORCED : HOLD_DETECTED);
}

/* --- the tier --- */

static bool
holds_all(const struct policy *policy, const struct policy_machine *machine, unsigned tier)
{
	for (size_t i = 0; i < demand_rows_count; i++) {
		const struct demand_row *row = &demand_rows[i];

		if (row->is_made(policy) && must_hold(row, policy) &&
			held(row, machine, tier) != HOLD_ENFORCED)
			return false;
	}
	return true;
}

static bool
holds_as_much(const struct policy *policy, const struct policy_machine *machine, unsigned tier)
{
	for (size_t i = 0; i < demand_rows_count; i++)
		if (demand_rows[i].is_made(policy) &&
			held(&demand_rows[i], machine, tier) <
				held(&demand_rows[i], machine, TIER_COUNT - 1))
			return false;
	return true;
}

/* A transaction is one whatever its policy asks for. */
static unsigned
choose_tier(const struct policy *policy, const struct policy_machine *machine)
{
	unsigned tier = TIER_S0;

	if (machine->features & FEATURE_BIT(FEATURE_TRANSACTION))
		tier = TIER_COUNT - 1;
	while (tier < TIER_COUNT - 1 && !holds_all(policy, machine, tier))
		tier++;
	if (holds_all(policy, machine, tier))
		return tier;
	for (tier = TIER_S0; !holds_as_much(policy, machine, tier);)
		tier++;
	return tier;
}

/* --- what is missing --- */

static const char *
describe_missing(
	const struct demand_way *way, const struct policy_machine *machine, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT(500);
	uint32_t missing = lacking(way, machine);

	for (unsigned i = 0; i < FEATURE_COUNT; i++) {
		if (!(missing & FEATURE_BIT(i)))
			continue;
		buf_printf(&b, "%s%s", b.n ? ", " : "", feature_names[i]);
		if (i == FEATURE_LANDLOCK && machine->landlock)
			buf_printf(&b, " ABI %u (this kernel has %u)", way->landlock,
				machine->landlock);
		else if (i == FEATURE_LANDLOCK)
			buf_printf(&b, " ABI %u", way->landlock);
	}
	return arena_cstr(arena, buf_str(&b));
}

/* The way to hold it so far that needs the least more; NULL where there is none anywhere. */
static const struct demand_way *
nearest_way(const struct demand_row *row, const struct policy_machine *machine,
	enum policy_hold least)
{
	const struct demand_way *nearest = NULL;

	for (unsigned i = 0; i < TIER_COUNT; i++) {
		const struct demand_way *way = &row->ways[i];

		if (way->mechanism && way->hold >= least &&
			(!nearest ||
				__builtin_popcount(lacking(way, machine)) <
					__builtin_popcount(lacking(nearest, machine))))
			nearest = way;
	}
	return nearest;
}

static void
add_missing(const struct demand_row *row, const struct policy_machine *machine,
	struct arena *arena, struct policy_demand *demand)
{
	const struct demand_way *way = nearest_way(row, machine,
		policy_demand_is_met(demand) || demand->is_boundary ? HOLD_ENFORCED
								    : HOLD_DETECTED);
	uint32_t missing;

	if (!way) {
		demand->missing = "a mechanism that prevents it";
		demand->remedy = "leave out `strict`: it is detected, and ends the step then";
		return;
	}
	missing = lacking(way, machine);
	demand->missing = describe_missing(way, machine, arena);
	demand->is_excused = machine->accepts_s1 && !(missing & FEATURE_BIT(FEATURE_UNBUILT));
	demand->may_be_accepted = !(missing & FEATURE_BIT(FEATURE_UNBUILT));
	if (machine->is_container && missing & NAMESPACES)
		demand->remedy = "start the container with `--cap-add SYS_ADMIN "
				 "--security-opt seccomp=unconfined --security-opt "
				 "apparmor=unconfined`";
	for (unsigned i = 0; i < FEATURE_COUNT && !demand->remedy; i++)
		if (missing & FEATURE_BIT(i))
			demand->remedy = remedies[i];
}

void
policy_enforce(const struct policy *policy, const struct policy_machine *machine,
	struct arena *arena, struct policy_enforcement *ret_enforcement)
{
	struct policy_demand *demands =
		ARENA_ARRAY(arena, demand_rows_count, struct policy_demand);
	struct policy_enforcement enforcement = {.demands = demands};
	bool all_met = true;
	bool all_excused = true;

	if (policy->is_none) {
		*ret_enforcement = enforcement;
		return;
	}
	enforcement.tier = (enum policy_tier)choose_tier(policy, machine);
	for (size_t i = 0; i < demand_rows_count; i++) {
		const struct demand_row *row = &demand_rows[i];
		struct policy_demand *demand = &demands[enforcement.n_demands];
		const struct demand_way *way;

		if (!row->is_made(policy))
			continue;
		way = best_way(row, machine, enforcement.tier);
		*demand = (struct policy_demand){.clause = row->clause,
			.what = row->what,
			.is_boundary = must_hold(row, policy),
			.hold = way ? way->hold : HOLD_NONE,
			.mechanism = way ? way->mechanism : NULL};
		if (demand->hold != HOLD_ENFORCED)
			add_missing(row, machine, arena, demand);
		all_met = all_met && policy_demand_is_met(demand);
		all_excused = all_excused &&
			(policy_demand_is_met(demand) || policy->is_best_effort ||
				demand->is_excused);
		enforcement.n_demands++;
	}
	enforcement.is_degraded = !all_met && all_excused;
	enforcement.is_refused = !all_excused;
	*ret_enforcement = enforcement;
}

int
policy_enforcement_check(const struct policy *policy,
	const struct policy_enforcement *enforcement, struct err *err)
{
	for (size_t i = 0; enforcement->is_refused && i < enforcement->n_demands; i++) {
		const struct policy_demand *demand = &enforcement->demands[i];

		if (policy_demand_is_met(demand) || demand->is_excused)
			continue;
		return err_set(err, ERR_POLICY,
			"policy \"%.*s\" cannot be enforced on this machine: \"%s\" (%s) needs "
			"%s; %s; or %swrite `enforce: best_effort` there, to go on with what "
			"can be held",
			(int)MIN(policy->name.n, 100), policy->name.p,
			policy_clause_name(demand->clause), demand->what, demand->missing,
			demand->remedy,
			demand->may_be_accepted ? "accept less for all that you run here, with "
						  "`lily doctor --accept S1`, or "
						: "");
	}
	return 0;
}
