#include "graph/planner.h"

#include "json/json.h"

/* {"NAME": n, …}, sorted; the numbers were checked. */
static void
write_numbers(struct planner *p, const struct value *object, struct buf *b)
{
	const struct member **sorted = planner_sort(p, object);

	buf_add_char(b, '{');
	for (uint32_t i = 0; i < object->n; i++) {
		int64_t number = 0;

		(void)value_to_i64(&sorted[i]->value, &number);
		if (i)
			buf_add_char(b, ',');
		json_write_string(value_text(&sorted[i]->key), b);
		buf_add_char(b, ':');
		buf_add_u64(b, (uint64_t)number);
	}
	buf_add_char(b, '}');
}

void
planner_write_pools(struct planner *p, const struct value *pools, struct buf *b)
{
	if (!pools || !pools->n)
		return;
	buf_add_cstr(b, ",\"pools\":");
	write_numbers(p, pools, b);
}
