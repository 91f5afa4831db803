#include "sandbox/protocol.h"

const char *
lane_stage_name(enum lane_stage stage)
{
	static const char *const names[] = {
#define X(name, text) [LANE_STAGE_##name] = (text),
		LANE_STAGES(X)
#undef X
	};

	return names[stage];
}
