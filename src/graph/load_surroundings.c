#include "graph/loader.h"

#include "graph/reference.h"
#include "graph/step_surroundings.h"

int
loader_read_surroundings(struct loader *l, const struct loaded_surroundings *members,
	struct step *step, uint32_t number, struct err *err)
{
	const struct loader_text path = {.step = number, .may = MAY_PATH, .is_path = true};
	struct step_surroundings *surroundings;

	if (!members->cwd && !members->state && !members->workspace)
		return 0;
	surroundings = ARENA_NEW(&l->graph->arena, struct step_surroundings);
	step->surroundings = surroundings;
	surroundings->keeps_state = members->state && value_is_true(members->state);
	l->graph->keeps_state |= surroundings->keeps_state;
	if (members->workspace) {
		if (!str_is(value_text(members->workspace), "none") || members->cwd)
			return loader_corrupt(err, "a step starts in no known place");
		surroundings->without_workspace = true;
	}
	surroundings->has_cwd = members->cwd != NULL;
	return members->cwd
		? loader_read_template(l, members->cwd, &path, &surroundings->cwd, err)
		: 0;
}
