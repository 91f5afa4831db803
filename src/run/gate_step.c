#include "run/gate_step.h"

#include "graph/step_settings.h"

/* Those of the settings and its own, sorted, each once. */
static void
pass_env(const struct gate *gate, struct arena *arena, struct step_settings *settings)
{
	uint32_t n = settings->n_pass_env;
	struct str *names;
	uint32_t i = 0;
	uint32_t j = 0;

	if (!gate->n_pass_env)
		return;
	names = ARENA_ARRAY(arena, n + (size_t)gate->n_pass_env, struct str);
	settings->n_pass_env = 0;
	while (i < n || j < gate->n_pass_env) {
		int order = i == n ? 1
			: j == gate->n_pass_env
			? -1
			: str_compare(settings->pass_env[i], gate->pass_env[j]);

		names[settings->n_pass_env++] =
			order <= 0 ? settings->pass_env[i] : gate->pass_env[j];
		i += order <= 0;
		j += order >= 0;
	}
	settings->pass_env = names;
}

void
gate_step_make(const struct gate *gate, const struct step *judged, struct arena *arena,
	struct step_settings *ret_settings, struct step *ret_step)
{
	*ret_settings = *judged->settings;
	ret_settings->timeout_us = gate->timeout_us;
	pass_env(gate, arena, ret_settings);
	*ret_step = (struct step){.name = judged->name,
		.item = judged->item,
		.settings = ret_settings,
		.argv = gate->argv,
		.n_argv = gate->n_argv,
		.env = gate->env,
		.n_env = gate->n_env,
		.inputs = gate->inputs,
		.n_inputs = gate->n_inputs,
		.surroundings = gate->surroundings};
}
