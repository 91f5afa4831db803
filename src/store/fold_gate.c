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
fold_gates(struct reading *x, const struct value *from, struct str step, int64_t attempt)
{
	const struct value *gates = value_get(from, STR("gates"));
	const struct fold_origin made = {.producer = step, .attempt = attempt};

	if (gates && gates->kind != VALUE_ARRAY)
		reading_refuse(x, "gates", "is not a list");
	for (uint32_t i = 0; gates && !x->failure && i < gates->n; i++)
		fold_gate(x, &gates->items[i], made);
}

int
fold_label_prepare(struct fold *fold, struct err *err)
{
	return db_prepare(fold->db, "INSERT INTO labels VALUES(?1,?2,?3,?4,?5,?6)",
		&fold->insert_label, err);
}

/* What a gate of the step granted: `grant` says what, `gate` by which definition. */
static void
add_label(
	struct reading *x, const struct value *grant, const struct value *gate, struct str step)
{
	sqlite3_stmt *insert = x->fold->insert_label;
	struct digest definition = {{0}};

	db_bind_int(insert, 1, x->event->run);
	db_bind_int(insert, 2, reading_need_number(x, grant, "artifact", 1, UINT32_MAX));
	db_bind_text(insert, 3, reading_need_text(x, grant, "label"));
	db_bind_text(insert, 4, step);
	db_bind_text(insert, 5, reading_need_text(x, gate, "gate"));
	reading_need_digest(x, gate, "definition", &definition);
	db_bind_bytes(insert, 6, definition.bytes, sizeof(definition.bytes));
	if (!x->failure)
		x->failure = db_run(insert, x->err);
}

void
fold_grants(struct reading *x, const struct value *from, struct str step)
{
	const struct value *gates = value_get(from, STR("gates"));

	/* That it is a list was asked before (fold_gates). */
	for (uint32_t i = 0; gates && !x->failure && i < gates->n; i++) {
		const struct value *gate = &gates->items[i];
		const struct value *grants = value_get(gate, STR("grants"));
		bool is_list = grants && grants->kind == VALUE_ARRAY;

		for (uint32_t j = 0; is_list && !x->failure && j < grants->n; j++)
			add_label(x, &grants->items[j], gate, step);
	}
}

void
fold_labels(struct reading *x, const struct value *entry, struct str step)
{
	const struct value *labels = value_get(entry, STR("labels"));
	bool is_list = labels && labels->kind == VALUE_ARRAY;

	for (uint32_t i = 0; is_list && !x->failure && i < labels->n; i++)
		add_label(x, &labels->items[i], &labels->items[i], step);
}
