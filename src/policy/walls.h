/*
 * walls: of a policy, what a lane is to build (sandbox/walls.h).
 *
 * At S2 and above a step sees the whole machine read-only, with empty folders over what is hidden, what
 * is opened or shown put back, and what is denied or protected inside of that shut again. Each folder
 * above such a path is bound on itself, so that it cannot be renamed. At S1 there are only Landlock
 * rules and a filter; whether those are enough policy/enforcement.h says before.
 *
 * What is to be denied or protected and is not there cannot be shut: it is in `absent`, and whoever
 * ran the step looks afterwards whether it has come to be (walls_find_new). Nor can a link: where one leads
 * to what git or lily go by, what it leads to is shut, and that it still leads there is looked at likewise.
 */
#ifndef LILY_POLICY_WALLS_H
#define LILY_POLICY_WALLS_H

#include "policy/reach.h"

enum walls_tier { WALLS_S1 = 1, WALLS_S2 };

struct walls_surroundings {
	const char *workspace; /* absolute, without links */
	const char *slots; /* the folder of the lanes' slots, of which each lane sees its own */
	enum walls_tier tier;
	bool is_root; /* as root: then steps run as the owner of the workspace */
};

/* Whether the step made it, or another one that ran beside it, cannot be told. */
struct walls_absent {
	const char *path;
	const char *
		target; /* what is there is a link to this, and stays one; NULL: nothing is there */
	enum policy_clause clause; /* deny or protect */
};

struct walls_plan {
	struct walls walls;
	const struct walls_absent *absent;
	size_t n_absent;
	struct reach reach; /* the hosts of net, as the listeners of the walls */
	bool searched_all; /* for git's directories: false where the workspace is too large for that */
};

/* Folders looked into for those of git, at most. */
#define WALLS_SEARCH_MAX (1 << 20)

/* Looks at what there is now. All memory is the arena's. ERR_INVALID: the policy is `none`, which needs
 * no walls, or says a link that was none when it was read, or two hosts of net would be in one place; ERR_POLICY: net names hosts at S1, or there are more folders
 * than WALLS_SEARCH_MAX and best effort will not do. */
int walls_plan(const struct policy *policy, const struct walls_surroundings *surroundings,
	struct arena *arena, struct walls_plan *ret_plan, struct err *err);

/* The first of `absent` from *at on that is not as it was, and *at behind it; NULL: none. Only when the
 * step's tree is dead. */
const struct walls_absent *walls_find_new(const struct walls_plan *plan, size_t *at);

/* For messages: what became of one ("came to be"), and what to do with it ("take it away"). */
const char *walls_absent_became(const struct walls_absent *absent);
const char *walls_absent_remedy(const struct walls_absent *absent);

#endif
