#include "api/arguments.h"

#include "json/json.h"

static struct prepare_text *
take_texts(struct arena *arena, const struct lily_named_text *given, size_t n)
{
	struct prepare_text *texts = ARENA_ARRAY(arena, n, struct prepare_text);

	for (size_t i = 0; i < n; i++)
		texts[i] = (struct prepare_text){str_of(given[i].name), str_of(given[i].text)};
	return texts;
}

int
arguments_take(const struct lily_workflow_arguments *given, struct arena *arena,
	struct prepare_request *request, struct err *err)
{
	struct str *only = ARENA_ARRAY(arena, given->n_steps, struct str);
	struct source source = {.name = "params"};

	for (size_t i = 0; i < given->n_steps; i++)
		only[i] = str_of(given->steps[i]);
	request->params = take_texts(arena, given->params, given->n_params);
	request->n_params = given->n_params;
	request->inputs = take_texts(arena, given->inputs, given->n_inputs);
	request->n_inputs = given->n_inputs;
	request->only = only;
	request->n_only = given->n_steps;
	if (!given->params_json)
		return 0;
	source.text = str_of(given->params_json);
	return json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &request->more_params, err);
}
