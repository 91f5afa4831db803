#include "graph/expression.h"

#include "graph/keys.h"

#define RUNTIME "runtime"

static const struct word roots[] = {
	{"params", NULL, ROOT_PARAM},
	{"inputs", NULL, ROOT_INPUT},
	{"in", NULL, ROOT_IN},
	{"steps", NULL, ROOT_STEP},
	{"run", NULL, ROOT_RUN},
	{"env", NULL, ROOT_ENV},
	{"attempt", NULL, ROOT_ATTEMPT},
	{"item", NULL, ROOT_ITEM},
	{"items", NULL, ROOT_ITEM},
	{"key", NULL, ROOT_KEY},
	{"index", NULL, ROOT_INDEX},
	{"gates", NULL, ROOT_GATE},
	{"with", "packs", 0},
};

static const struct word run_names[] = {
	{"id", NULL, 0},
	{"name", NULL, 0},
	{"date", NULL, 0},
	{"started_at", NULL, 0},
	{"status", NULL, 0},
};

static const struct word step_names[] = {
	{"out", NULL, FACT_OUTPUT},
	{"status", NULL, FACT_STATUS},
	{"exit", NULL, FACT_EXIT},
	{"error", NULL, FACT_ERROR},
	{"attempts", NULL, FACT_ATTEMPTS},
	{"items", NULL, FACT_ITEMS},
	{"item", NULL, FACT_ITEM_VALUE},
	{"key", NULL, FACT_ITEM_KEY},
	{"index", NULL, FACT_ITEM_INDEX},
	{"diff", "containment", 0},
};

static const struct word gate_names[] = {
	{"status", NULL, FACT_GATE_STATUS},
	{"metrics", NULL, FACT_GATE_METRIC},
};

bool
expression_occurs(struct str text)
{
	return text.n >= 3 && memmem(text.p, text.n, "${{", 3) != NULL;
}

/* Bytes before the closing }}, which does not count within 'text'; n where there is none. */
static size_t
find_close(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			quoted = !quoted;
		if (!quoted && s.p[i] == '}' && i + 1 < s.n && s.p[i + 1] == '}')
			return i;
	}
	return s.n;
}

int
piece_next(struct str *rest, struct piece *ret_piece, struct err *err)
{
	const char *open = rest->n >= 3 ? memmem(rest->p, rest->n, "${{", 3) : NULL;
	size_t before = open ? (size_t)(open - rest->p) : rest->n;
	struct str inner;
	size_t n;

	if (!rest->n)
		return 0;
	if (before) {
		*ret_piece = (struct piece){false, {rest->p, before}};
		*rest = (struct str){rest->p + before, rest->n - before};
		return 1;
	}
	inner = (struct str){rest->p + 3, rest->n - 3};
	n = find_close(inner);
	if (n == inner.n)
		return err_set(err, ERR_INVALID,
			"\"${{\" is not closed; write ${{ params.NAME }} or the like");
	*ret_piece = (struct piece){true, str_trim((struct str){inner.p, n})};
	*rest = (struct str){inner.p + n + 2, inner.n - n - 2};
	return 1;
}

bool
expression_alone(struct str text, bool may_be_bare, struct str *ret_expression)
{
	struct str rest = str_trim(text);
	struct piece piece = {0};

	if (may_be_bare && !expression_occurs(rest)) {
		*ret_expression = rest;
		return true;
	}
	if (piece_next(&rest, &piece, NULL) != 1 || !piece.is_expression || rest.n)
		return false;
	*ret_expression = piece.text;
	return true;
}

bool
expression_names_scope(const struct expr_reference *reference)
{
	return reference->n > 1 && str_find(reference->segments[1].name, '/') >= 0;
}

static int
refuse_later(struct err *err, const char *what, struct str name, const char *later)
{
	return err_set(err, ERR_INVALID, "%s%.*s is not honoured by this build of lily (%s)",
		what, (int)MIN(name.n, 100), name.p, later);
}

/* The names of those words that are honoured, with a prefix: "run.id, run.name". */
static void
list_words(struct buf *b, const char *prefix, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!words[i].later)
			buf_printf(b, "%s%s%s", b->n ? ", " : "", prefix, words[i].name);
}

static int
refuse_word(const char *prefix, const struct word *words, size_t n, struct str name,
	struct err *err)
{
	AUTO_BUF struct buf known = BUF_INIT(512);
	struct str candidates[16];
	struct str nearest;

	for (size_t i = 0; i < n; i++)
		candidates[i] = str_of(words[i].name);
	nearest = str_nearest(name, candidates, n);
	list_words(&known, prefix, words, n);
	if (nearest.n)
		return err_set(err, ERR_INVALID,
			"unknown name \"%s%.*s\"; did you mean \"%s%.*s\"?", prefix,
			(int)MIN(name.n, 100), name.p, prefix, STR_ARG(nearest));
	return err_set(err, ERR_INVALID, "unknown name \"%s%.*s\"; there are %s", prefix,
		(int)MIN(name.n, 100), name.p, buf_cstr(&known));
}

static const struct expr_segment *
segment(const struct expr_reference *reference, uint32_t i)
{
	return i < reference->n ? &reference->segments[i] : NULL;
}

static int
read_run_name(const struct expr_reference *reference, struct meaning *meaning, struct err *err)
{
	const struct word *word =
		word_find(run_names, ARRAY_SIZE(run_names), reference->segments[1].name);

	if (!word)
		return refuse_word("run.", run_names, ARRAY_SIZE(run_names),
			reference->segments[1].name, err);
	if (word->later)
		return refuse_later(err, "run.", reference->segments[1].name, word->later);
	meaning->name = reference->segments[1].name;
	meaning->used = 2;
	return 0;
}

static int
read_step_name(const struct expr_reference *reference, struct meaning *meaning, struct err *err)
{
	const struct expr_segment *fact = segment(reference, 2);
	struct str step = reference->segments[1].name;
	const struct word *word;

	if (!fact)
		return err_set(err, ERR_INVALID,
			"\"steps.%.*s\" names no output; write steps.STEP.out.NAME, or "
			"steps.STEP.status, exit, error, attempts or items, and within a "
			"foreach steps.FOREACH.item, key or index",
			(int)MIN(step.n, 100), step.p);
	word = word_find(step_names, ARRAY_SIZE(step_names), fact->name);
	if (!word)
		return refuse_word(
			"steps.STEP.", step_names, ARRAY_SIZE(step_names), fact->name, err);
	if (word->later)
		return refuse_later(err, "steps.STEP.", fact->name, word->later);
	meaning->step = step;
	meaning->fact = (enum step_fact)word->number;
	meaning->name = fact->name;
	meaning->used = 3;
	if (meaning->fact != FACT_OUTPUT)
		return 0;
	if (reference->n < 4)
		return err_set(err, ERR_INVALID,
			"\"steps.%.*s.out\" names no output; write steps.STEP.out.NAME",
			(int)MIN(step.n, 100), step.p);
	meaning->name = reference->segments[3].name;
	meaning->used = 4;
	return 0;
}

/* gates, STEP, GATE, status; or metrics, NAME. */
static int
read_gate_name(const struct expr_reference *reference, struct meaning *meaning, struct err *err)
{
	const struct expr_segment *fact = segment(reference, 3);
	const struct expr_segment *metric = segment(reference, 4);
	const struct word *word;

	if (!fact)
		return err_set(err, ERR_INVALID,
			"it names nothing of a gate; write gates.STEP.GATE.status or "
			"gates.STEP.GATE.metrics.NAME, and gates.run.GATE for one of the run");
	word = word_find(gate_names, ARRAY_SIZE(gate_names), fact->name);
	if (!word)
		return refuse_word("gates.STEP.GATE.", gate_names, ARRAY_SIZE(gate_names),
			fact->name, err);
	meaning->fact = (enum step_fact)word->number;
	meaning->step = reference->segments[1].name;
	meaning->gate = reference->segments[2].name;
	meaning->name = fact->name;
	meaning->used = 4;
	if (meaning->fact == FACT_GATE_STATUS)
		return 0;
	if (!metric)
		return err_set(err, ERR_INVALID,
			"\"metrics\" names no metric; write gates.STEP.GATE.metrics.NAME");
	meaning->name = metric->name;
	meaning->used = 5;
	return 0;
}

int
meaning_read(
	const struct expr_reference *reference, struct meaning *ret_meaning, struct err *err)
{
	struct str first = reference->segments[0].name;
	const struct word *root = word_find(roots, ARRAY_SIZE(roots), first);
	struct meaning meaning = {.used = 1, .name = first, .step = STR_EMPTY};
	int r = 0;

	if (!root)
		return refuse_word("", roots, ARRAY_SIZE(roots), first, err);
	if (root->later)
		return refuse_later(err, "", first, root->later);
	meaning.root = (enum expression_root)root->number;
	if (meaning.root < ROOT_ATTEMPT && reference->n < 2)
		return err_set(err, ERR_INVALID, "\"%.*s\" names nothing; write %.*s.NAME",
			STR_ARG(first), STR_ARG(first));
	if (meaning.root == ROOT_RUN) {
		r = read_run_name(reference, &meaning, err);
	} else if (meaning.root == ROOT_GATE) {
		r = read_gate_name(reference, &meaning, err);
	} else if (meaning.root == ROOT_STEP) {
		r = read_step_name(reference, &meaning, err);
	} else if (meaning.root < ROOT_ATTEMPT) {
		meaning.name = reference->segments[1].name;
		meaning.used = 2;
	}
	if (r == 0)
		*ret_meaning = meaning;
	return r;
}

/* The name that n segments from `first` on make together: "a.b"; empty where one of several stands
 * in brackets. */
static struct str
joined(struct arena *arena, const struct expr_reference *reference, uint32_t first, uint32_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(1024);

	if (n == 1)
		return reference->segments[first].name;
	for (uint32_t i = 0; i < n; i++) {
		const struct expr_segment *s = &reference->segments[first + i];

		if (s->is_bracketed)
			return STR_EMPTY;
		buf_printf(&b, "%s%.*s", i ? "." : "", STR_ARG(s->name));
	}
	return b.overflowed ? STR_EMPTY : arena_str(arena, buf_str(&b));
}

/* A way to read a reference: where its names are, in segments. */
struct reading {
	uint32_t step; /* segments of the step's name, or of the name where there is no step */
	uint32_t output;
};

struct normalizer {
	struct arena *arena;
	const struct known_names *known;
	struct expr_reference *reference;
	struct reading reading;
	uint32_t n; /* readings that are known */
};

static void
found(struct normalizer *z, uint32_t step, uint32_t output)
{
	if (!z->n++)
		z->reading = (struct reading){step, output};
}

/* Names may have at most 128 bytes, so at most 64 segments. */
#define JOINED_MAX 64

/* The readings of steps.S.FACT where S takes n segments. */
static void
find_in_step(struct normalizer *z, uint32_t n)
{
	const struct expr_reference *reference = z->reference;
	const struct expr_segment *fact = segment(reference, 1 + n);
	struct str step = joined(z->arena, reference, 1, n);

	if (!step.n || !fact || fact->is_bracketed ||
		!word_find(step_names, ARRAY_SIZE(step_names), fact->name) ||
		!z->known->knows(z->known->context, ROOT_STEP, NULL, step))
		return;
	if (!str_is(fact->name, "out")) {
		found(z, n, 0);
		return;
	}
	for (uint32_t k = 1; k <= JOINED_MAX && 1 + n + k < reference->n; k++) {
		struct str output = joined(z->arena, reference, 2 + n, k);

		if (output.n && z->known->knows(z->known->context, ROOT_STEP, &step, output))
			found(z, n, k);
	}
}

/* The readings of gates.S.G.FACT where S takes n segments. */
static void
find_in_gate(struct normalizer *z, uint32_t n)
{
	struct str step = joined(z->arena, z->reference, 1, n);

	if (!step.n || !z->known->knows(z->known->context, ROOT_GATE, NULL, step))
		return;
	for (uint32_t k = 1; k <= JOINED_MAX && 1 + n + k < z->reference->n; k++) {
		const struct expr_segment *fact = segment(z->reference, 1 + n + k);
		struct str gate = joined(z->arena, z->reference, 1 + n, k);

		if (gate.n && !fact->is_bracketed &&
			word_find(gate_names, ARRAY_SIZE(gate_names), fact->name) &&
			z->known->knows(z->known->context, ROOT_GATE, &step, gate))
			found(z, n, k);
	}
}

/* Not all of it is known, and to be told so: the step's name ends before a word for what of it is
 * meant. */
static void
find_step_alone(struct normalizer *z, bool is_known)
{
	for (uint32_t n = 1; n <= JOINED_MAX && 1 + n < z->reference->n && !z->n; n++) {
		const struct expr_segment *fact = segment(z->reference, 1 + n);
		struct str step = joined(z->arena, z->reference, 1, n);

		if (!step.n || fact->is_bracketed ||
			!word_find(step_names, ARRAY_SIZE(step_names), fact->name))
			continue;
		if (!is_known || z->known->knows(z->known->context, ROOT_STEP, NULL, step))
			found(z, n, str_is(fact->name, "out") && 2 + n < z->reference->n);
	}
}

/* Puts the names into one segment each. */
static void
rewrite(struct normalizer *z)
{
	struct expr_reference *reference = z->reference;
	uint32_t step = z->reading.step;
	uint32_t output = z->reading.output;
	struct expr_segment *segments;
	uint32_t n = 0;
	uint32_t rest = 1 + step;

	if (step <= 1 && output <= 1)
		return;
	segments = ARENA_ARRAY(z->arena, reference->n, struct expr_segment);
	segments[n++] = reference->segments[0];
	segments[n++] = (struct expr_segment){joined(z->arena, reference, 1, step), step > 1};
	if (output) {
		segments[n++] = reference->segments[rest];
		segments[n++] = (struct expr_segment){
			joined(z->arena, reference, rest + 1, output), output > 1};
		rest += 1 + output;
	}
	while (rest < reference->n)
		segments[n++] = reference->segments[rest++];
	reference->segments = segments;
	reference->n = n;
}

/* Of a gate: what stands behind metrics is one name, a number has no members. */
static void
rewrite_gate(struct normalizer *z)
{
	struct expr_reference *reference = z->reference;
	uint32_t gate = 1 + z->reading.step;
	uint32_t fact = gate + z->reading.output;
	struct expr_segment *segments = ARENA_ARRAY(z->arena, 5, struct expr_segment);
	uint32_t n_metric = reference->n - fact - 1;
	struct str metric = n_metric && str_is(reference->segments[fact].name, "metrics")
		? joined(z->arena, reference, fact + 1, n_metric)
		: STR_EMPTY;
	bool has_rest = n_metric && !metric.n;

	if (has_rest || (z->reading.step <= 1 && z->reading.output <= 1 && n_metric <= 1))
		return;
	segments[0] = reference->segments[0];
	segments[1] =
		(struct expr_segment){joined(z->arena, reference, 1, z->reading.step), true};
	segments[2] = (struct expr_segment){
		joined(z->arena, reference, gate, z->reading.output), true};
	segments[3] = reference->segments[fact];
	segments[4] = (struct expr_segment){metric, true};
	reference->segments = segments;
	reference->n = metric.n ? 5 : 4;
}

int
reference_normalize(struct arena *arena, const struct known_names *known,
	struct expr_reference *reference, struct err *err)
{
	struct normalizer z = {arena, known, reference, {0}, 0};
	const struct word *root =
		word_find(roots, ARRAY_SIZE(roots), reference->segments[0].name);
	AUTO_BUF struct buf path = BUF_INIT(300);

	if (!root || root->later || root->number == ROOT_RUN || root->number >= ROOT_ATTEMPT)
		return 0;
	for (uint32_t n = 1; n <= JOINED_MAX && n < reference->n; n++) {
		struct str name;

		if (root->number == ROOT_STEP || root->number == ROOT_GATE) {
			(root->number == ROOT_STEP ? find_in_step : find_in_gate)(&z, n);
			continue;
		}
		name = joined(arena, reference, 1, n);
		if (name.n &&
			known->knows(
				known->context, (enum expression_root)root->number, NULL, name))
			found(&z, n, 0);
	}
	if (root->number == ROOT_STEP && !z.n)
		find_step_alone(&z, true);
	if (root->number == ROOT_STEP && !z.n)
		find_step_alone(&z, false);
	if (z.n > 1) {
		expr_write_path(reference, reference->n, &path);
		return err_set(err, ERR_INVALID,
			"\"%s\" can be read in two ways; put names with dots into brackets, "
			"such as steps['a.b'].out['c.d']",
			buf_cstr(&path));
	}
	if (z.n && root->number == ROOT_GATE)
		rewrite_gate(&z);
	else if (z.n)
		rewrite(&z);
	return 0;
}
