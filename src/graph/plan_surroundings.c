#include "graph/planner.h"
#include "graph/surroundings.h"

int
planner_write_cwd(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	if (!step->keys[STEP_CWD])
		return 0;
	buf_add_cstr(b, ",\"cwd\":");
	return planner_write_path(p, step->keys[STEP_CWD], b, err);
}

void
planner_write_state(const struct declared_step *step, struct buf *b)
{
	const struct value *state = step->keys[STEP_STATE];

	if (state && value_is_true(state))
		buf_add_cstr(b, ",\"state\":true");
}

void
planner_write_workspace(
	const struct planner *p, const struct declared_step *step, struct buf *b)
{
	if (workspace_is_none(p->workflow, step))
		buf_add_cstr(b, ",\"workspace\":\"none\"");
}
