#include "route/steps.h"

#include "base/memory.h"

/* How many need each step, summed up: where its dependents begin. */
static void
count_dependents(struct route_steps *steps)
{
	steps->first = memory_zeroed((size_t)steps->n + 1, sizeof(*steps->first));
	for (uint32_t i = 0; i < steps->n; i++)
		for (uint32_t j = 0; j < steps->items[i].n_needs; j++)
			steps->first[steps->items[i].needs[j] + 1]++;
	for (uint32_t i = 0; i < steps->n; i++)
		steps->first[i + 1] += steps->first[i];
}

static void
fill_dependents(struct route_steps *steps)
{
	uint32_t *next = memory_zeroed((size_t)steps->n + 1, sizeof(*next));

	memcpy(next, steps->first, ((size_t)steps->n + 1) * sizeof(*next));
	steps->dependents = memory_zeroed((size_t)next[steps->n] + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < steps->n; i++)
		for (uint32_t j = 0; j < steps->items[i].n_needs; j++)
			steps->dependents[next[steps->items[i].needs[j]]++] = i;
	free(next);
}

void
route_steps_index(struct route_steps *steps)
{
	steps->by_name = MAP_INIT;
	steps->names = memory_zeroed((size_t)steps->n + 1, sizeof(*steps->names));
	steps->n_names = 0;
	for (uint32_t i = 0; i < steps->n; i++) {
		if (steps->items[i].kind == ROUTE_STEP_TEMPLATE)
			continue;
		(void)map_add(&steps->by_name, steps->items[i].name, i);
		steps->names[steps->n_names++] = steps->items[i].name;
	}
	count_dependents(steps);
	fill_dependents(steps);
}

void
route_steps_done(struct route_steps *steps)
{
	map_done(&steps->by_name);
	free(steps->dependents);
	free(steps->first);
	free(steps->names);
	*steps = (struct route_steps){.n = 0};
}

uint32_t
route_steps_find(const struct route_steps *steps, struct str name)
{
	uint32_t number = map_get(&steps->by_name, name);

	return number == MAP_NONE ? ROUTE_STEP_NONE : number;
}

void
route_steps_cone(const struct route_steps *steps, uint32_t step, bool *ret_inside)
{
	uint32_t *left = memory_new(steps->n, sizeof(*left));
	uint32_t n = 0;

	ret_inside[step] = true;
	left[n++] = step;
	while (n) {
		uint32_t at = left[--n];

		for (uint32_t i = steps->first[at]; i < steps->first[at + 1]; i++) {
			uint32_t next = steps->dependents[i];

			if (ret_inside[next])
				continue;
			ret_inside[next] = true;
			left[n++] = next;
		}
	}
	free(left);
}

static bool
has_gate(const struct route_step *step, struct str gate)
{
	for (uint32_t i = 0; i < step->n_gates; i++)
		if (str_equal(step->gates[i], gate))
			return true;
	return false;
}

/* Names of steps and of gates may both have dots: all ways to divide them are tried. */
bool
route_steps_find_gate(const struct route_steps *steps, struct str name, uint32_t *ret_step)
{
	uint32_t candidate = ROUTE_STEP_NONE;

	for (size_t i = 1; i < name.n; i++) {
		uint32_t step;

		if (name.p[i] != '.')
			continue;
		step = route_steps_find(steps, (struct str){name.p, i});
		if (step == ROUTE_STEP_NONE)
			continue;
		candidate = step;
		if (has_gate(&steps->items[step],
			    (struct str){name.p + i + 1, name.n - i - 1})) {
			*ret_step = step;
			return true;
		}
	}
	*ret_step = candidate;
	return false;
}
