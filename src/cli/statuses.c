#include "cli/statuses.h"

#include "cli/status.h"

const int statuses_of_driving[] = {STATUS_FAILED, STATUS_INVALID, STATUS_GATE, STATUS_POLICY,
	STATUS_WAITING, STATUS_CANCELLED, STATUS_LIMIT, STATUS_SYSTEM, STATUS_TIMEOUT, 0};
const int statuses_of_reading[] = {STATUS_INVALID, STATUS_LIMIT, STATUS_SYSTEM, 0};
