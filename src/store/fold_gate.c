#include "store/fold_reading.h"

/* What one gate found, and what it left besides. */
static void
fold_gate(struct reading *x, const struct value *gate, struct fold_origin made)
{
	const struct value *result = value_get(gate, STR("result"));

	made.role = STR("gate");
	made.producer_kind = STR("system");
	if (!result)
		reading_refuse(x, "result", "is missing");
	else
		reading_add_artifact(x, result, &made);
	made.producer_kind = STR("tool");
	made.role = STR("gate_log");
	reading_add_list(x, value_get(gate, STR("logs")), &made);
	made.role = STR("gate_file");
	reading_add_list(x, value_get(gate, STR("files")), &made);
}

void
fold_gates(struct reading *x, struct str step, int64_t attempt)
{
	const struct value *gates = reading_get_list(x, "gates");
	const struct fold_origin made = {.producer = step, .attempt = attempt};

	for (uint32_t i = 0; gates && !x->failure && i < gates->n; i++)
		fold_gate(x, &gates->items[i], made);
}
