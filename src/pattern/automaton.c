#include "pattern/automaton.h"

#include "base/map.h"
#include "base/memory.h"
#include "pattern/code_class.h"
#include "pattern/regex_program.h"

/* What one pattern may cost: 128 KiB kept, and some milliseconds of search for states. */
#define CELLS_FIRST (1u << 10)
#define CELLS_MAX (CELLS_FIRST << 6)
#define WORK_MAX (1u << 20)

/* The first two states are final. */
enum { STATE_DEAD, STATE_MATCHED, STATE_FIRST };

struct automaton {
	struct code_classes classes;
	uint32_t start;
	const uint16_t
		*cells; /* a row for each state: where the next state's row begins, by class */
	const bool *ends; /* by state: whether a subject that ends here matches */
};

/* A state while states are found: the steps that it can take, in ascending order. */
struct steps {
	uint32_t *ops;
	uint32_t n;
};

struct finder {
	struct arena *arena; /* for the time of the search */
	struct regex_program program;
	struct code_classes classes;
	bool *has;            /* [leaf * classes.n + class] */
	struct steps restart; /* what a match that begins later can do first */
	struct steps *states;
	uint16_t *cells;
	bool *ends;
	uint32_t n;
	uint32_t max;
	uint32_t start;
	struct map numbers; /* state by its steps */
	uint32_t *marks;    /* by op: the closure that has it */
	uint32_t mark;
	uint32_t *stack;
	uint32_t *found;
	uint32_t n_found;
	bool matched;
	uint32_t work;
};

enum { AT_START = 1, AT_END = 2 };

/* Adds all steps that can be reached from op without a character. */
static void
follow(struct finder *f, uint32_t op, unsigned place)
{
	uint32_t n = 0;

	f->stack[n++] = op;
	while (n) {
		const struct regex_op *step;

		op = f->stack[--n];
		if (f->marks[op] == f->mark)
			continue;
		f->marks[op] = f->mark;
		f->work++;
		step = &f->program.ops[op];
		switch (step->kind) {
		case REGEX_OP_SPLIT:
			f->stack[n++] = (uint32_t)((int32_t)op + step->jump);
			f->stack[n++] = op + 1;
			break;
		case REGEX_OP_JUMP: f->stack[n++] = (uint32_t)((int32_t)op + step->jump); break;
		case REGEX_OP_START:
			if (place & AT_START)
				f->stack[n++] = op + 1;
			break;
		case REGEX_OP_END:
			if (place & AT_END)
				f->stack[n++] = op + 1;
			else
				f->found[f->n_found++] = op;
			break;
		case REGEX_OP_SET: f->found[f->n_found++] = op; break;
		case REGEX_OP_MATCH: f->matched = true; break;
		}
	}
}

static void
begin(struct finder *f)
{
	f->mark++;
	f->n_found = 0;
	f->matched = false;
}

static int
compare_ops(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct steps
keep_found(struct finder *f)
{
	struct steps steps = {ARENA_ARRAY(f->arena, f->n_found + 1, uint32_t), f->n_found};

	if (f->n_found)
		memcpy(steps.ops, f->found, f->n_found * sizeof(*steps.ops));
	return steps;
}

/* Whether a subject that ends with these steps left to take matches. */
static bool
matches_at_end(struct finder *f, const struct steps *steps)
{
	begin(f);
	for (uint32_t i = 0; i < steps->n; i++)
		if (f->program.ops[steps->ops[i]].kind == REGEX_OP_END)
			follow(f, steps->ops[i], AT_END);
	return f->matched;
}

static uint32_t
add_state(struct finder *f, struct steps steps)
{
	f->states[f->n] = steps;
	f->ends[f->n] = matches_at_end(f, &steps);
	return f->n++;
}

/* The state of what was found, a new one where there is none; f->max where there are too many. */
static uint32_t
state_of_found(struct finder *f)
{
	struct steps steps;
	struct str key;
	uint32_t number;

	if (f->matched)
		return STATE_MATCHED;
	if (!f->n_found)
		return STATE_DEAD;
	qsort(f->found, f->n_found, sizeof(*f->found), compare_ops);
	key = (struct str){(const char *)f->found, f->n_found * sizeof(*f->found)};
	number = map_get(&f->numbers, key);
	if (number != MAP_NONE || f->n == f->max)
		return number != MAP_NONE ? number : f->max;
	steps = keep_found(f);
	(void)map_add(&f->numbers, (struct str){(const char *)steps.ops, key.n}, f->n);
	return add_state(f, steps);
}

static uint32_t
next_state(struct finder *f, uint32_t state, uint32_t class)
{
	const struct steps *steps = &f->states[state];

	begin(f);
	for (uint32_t i = 0; i < steps->n; i++) {
		uint32_t op = steps->ops[i];
		const struct regex_op *step = &f->program.ops[op];

		if (step->kind == REGEX_OP_SET && f->has[step->leaf * f->classes.n + class])
			follow(f, op + 1, 0);
	}
	f->work += steps->n + f->restart.n;
	for (uint32_t i = 0; i < f->restart.n; i++)
		if (f->marks[f->restart.ops[i]] != f->mark) {
			f->marks[f->restart.ops[i]] = f->mark;
			f->found[f->n_found++] = f->restart.ops[i];
		}
	return state_of_found(f);
}

/* The state before the first character is one of its own: a ^ may still hold there. */
static void
find_start(struct finder *f)
{
	bool empty_matches;

	begin(f);
	follow(f, 0, AT_START | AT_END);
	empty_matches = f->matched;
	begin(f);
	follow(f, 0, AT_START);
	f->n = STATE_FIRST;
	f->start = f->matched ? STATE_MATCHED : STATE_FIRST;
	(void)add_state(f, keep_found(f));
	f->ends[STATE_FIRST] = empty_matches;
	begin(f);
	follow(f, 0, 0);
	f->restart = keep_found(f);
}

static bool
find_states(struct finder *f)
{
	find_start(f);
	if (f->start == STATE_MATCHED)
		return true;
	for (uint32_t state = STATE_FIRST; state < f->n; state++)
		for (uint32_t class = 0; class < f->classes.n; class ++) {
			uint32_t next = next_state(f, state, class);

			if (next == f->max || f->work > WORK_MAX)
				return false;
			f->cells[state * f->classes.n + class] =
				(uint16_t)(next * f->classes.n);
		}
	return true;
}

/* The characters of a leaf as a set. */
static struct code_set
set_of(struct arena *arena, const struct regex_node *leaf)
{
	struct code_set set = CODE_SET_INIT;

	if (leaf->kind == REGEX_SET)
		return leaf->set->codes;
	code_set_add(arena, &set, leaf->code, leaf->code);
	return set;
}

/* Which leaf has which class. */
static bool
find_classes(struct finder *f)
{
	const struct regex_program *program = &f->program;
	struct code_set *sets = ARENA_ARRAY(f->arena, program->n_leaves + 1, struct code_set);

	for (uint32_t i = 0; i < program->n_leaves; i++)
		sets[i] = set_of(f->arena, program->leaves[i]);
	if (!code_classes_find(f->arena, sets, program->n_leaves, &f->classes))
		return false;
	f->has = ARENA_ARRAY(f->arena, (size_t)(program->n_leaves + 1) * f->classes.n, bool);
	for (uint32_t i = 0; i < program->n_leaves; i++)
		code_classes_of_set(&f->classes, &sets[i], f->has + (size_t)i * f->classes.n);
	return true;
}

static void *
copy(struct arena *arena, const void *bytes, size_t n)
{
	return memcpy(arena_alloc(arena, 1, n + 1), bytes, n);
}

static const struct automaton *
keep(struct arena *arena, const struct finder *f)
{
	struct automaton *automaton = ARENA_NEW(arena, struct automaton);
	const struct code_classes *classes = &f->classes;

	automaton->classes = *classes;
	automaton->classes.starts =
		copy(arena, classes->starts, classes->n_stretches * sizeof(*classes->starts));
	automaton->classes.classes =
		copy(arena, classes->classes, classes->n_stretches * sizeof(*classes->classes));
	automaton->start = f->start;
	automaton->cells = copy(arena, f->cells, (size_t)f->n * classes->n * sizeof(*f->cells));
	automaton->ends = copy(arena, f->ends, f->n * sizeof(*f->ends));
	return automaton;
}

/* Most patterns need few states, and room for all of them costs more than to find them twice. */
static const struct automaton *
find_within(struct arena *arena, struct finder f, uint32_t max)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const struct automaton *automaton = NULL;

	f.arena = &scratch;
	f.max = max;
	f.states = ARENA_ARRAY(&scratch, f.max, struct steps);
	f.cells = ARENA_ARRAY(&scratch, (size_t)f.max * f.classes.n, uint16_t);
	f.ends = ARENA_ARRAY(&scratch, f.max, bool);
	f.marks = ARENA_ARRAY(&scratch, f.program.n, uint32_t);
	f.stack = ARENA_ARRAY(&scratch, 2 * (size_t)f.program.n + 2, uint32_t);
	f.found = ARENA_ARRAY(&scratch, f.program.n, uint32_t);
	if (find_states(&f))
		automaton = keep(arena, &f);
	map_done(&f.numbers);
	return automaton;
}

const struct automaton *
automaton_new(struct arena *arena, const struct regex *regex)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct finder f = {.arena = &scratch, .numbers = MAP_INIT};
	const struct automaton *automaton = NULL;

	if (!regex_program_write(&scratch, regex, &f.program) || !find_classes(&f))
		return NULL;
	for (uint32_t cells = CELLS_FIRST; !automaton && cells <= CELLS_MAX; cells *= 8)
		automaton = find_within(arena, f, MAX(cells / f.classes.n, STATE_FIRST + 1));
	return automaton;
}

bool
automaton_match(const struct automaton *automaton, struct str subject)
{
	const unsigned char *p = (const unsigned char *)subject.p;
	const unsigned char *end = p + subject.n;
	const uint16_t *cells = automaton->cells;
	uint32_t first = STATE_FIRST * automaton->classes.n;
	uint32_t row = automaton->start * automaton->classes.n;

	while (p < end && row >= first) {
		uint32_t class = *p < 0x80
			? automaton->classes.ascii[*p++]
			: code_class_of(&automaton->classes, code_take(&p, end));

		row = cells[row + class];
	}
	return row >= first ? automaton->ends[row / automaton->classes.n] : row > 0;
}
