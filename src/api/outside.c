#include "api/outside.h"

#include "sandbox/inside.h"
#include "store/lanes.h"

int
outside_need(const struct lily_store *store, struct err *err)
{
	int r = inside_lane(store->lane, err);

	/* A step that has made a PID namespace of its own does not see what is above it. */
	if (r == 0 && inside_namespace() && (r = lanes_elsewhere(store->store, err)) > 0)
		return err_set(err, ERR_DENIED,
			"a run is driven from another PID namespace, so nobody can tell "
			"whether this "
			"is part of a step of it; say it there, or when no run is driven");
	if (r <= 0)
		return r;
	return err_set(err, ERR_DENIED,
		"this was called from inside a step: only a person outside of runs can say it");
}
