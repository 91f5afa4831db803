#include "run/returns.h"

#include "json/json.h"

#define VALUE_MAX ((size_t)16 << 20)

/* The value as an artifact: a text is its characters, anything else JSON. */
static int
keep_value(const struct values *values, const struct value *value,
	struct record_artifact *artifact, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(VALUE_MAX);
	bool is_text = value->kind == VALUE_STRING;
	int r;

	if (is_text)
		buf_add_str(&bytes, value_text(value));
	else
		json_write(value, &bytes);
	r = buf_check(&bytes, "the value", err);
	if (r == 0)
		r = object_put(values->store, buf_str(&bytes), &artifact->digest, err);
	artifact->size = bytes.n;
	artifact->kind = is_text ? "text" : "json";
	artifact->type = STR_EMPTY;
	return r;
}

/* 1, or 0 where it is absent. */
static int
collect(const struct values *values, const struct workflow_output *output,
	struct record_artifact *artifact, struct err *err)
{
	struct artifact_taken taken;
	struct err why = ERR_INIT;
	struct value value;
	int r;

	*artifact = (struct record_artifact){.name = output->name};
	if (!output->expression) {
		r = values_artifact(values, &output->reference, &taken);
		if (r == 1)
			artifact->number = taken.number;
		return r;
	}
	r = values_expression(values, output->expression, &value, &why);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0)
		r = keep_value(values, &value, artifact, &why);
	if (r < 0) {
		*err = why;
		return err_wrap(err, "output \"%.*s\"", STR_ARG(output->name));
	}
	return 1;
}

int
returns_collect(const struct values *values, uint32_t *next_artifact,
	struct record_artifact *ret_outputs, size_t *ret_n, struct err *err)
{
	size_t n = 0;

	for (uint32_t i = 0; i < values->graph->n_outputs; i++) {
		int r = collect(values, &values->graph->outputs[i], &ret_outputs[n], err);

		if (r < 0)
			return r;
		if (r == 1 && ret_outputs[n].kind)
			ret_outputs[n].number = (*next_artifact)++;
		n += (size_t)r;
	}
	*ret_n = n;
	return 0;
}
