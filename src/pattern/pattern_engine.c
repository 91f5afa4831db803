#include "pattern/pattern_engine.h"

#include "base/memory.h"
#include "pattern/regex_translate.h"

#include <stdatomic.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Its start optimizations are wrong in 10.42: (?=1)(?:|a0)1 does not find "1" with them. */
#define COMPILE_OPTIONS                                                                      \
	(PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | \
		PCRE2_NO_START_OPTIMIZE)

/* Each group of the expression can be two of PCRE2's, beside its own limit of depth. */
#define NEST_MAX (2 * REGEX_DEPTH_MAX + 50)

/* Machine code is made by recursion over the compiled form, in which a count of a group is nested
 * groups; past this size (bytes) only the interpreter, which does not recurse, may have it. */
#define MACHINE_CODE_FROM_MAX 16384

/* One unit of work is a callout, or a character that was passed: about 10 ns. */
#define WORK_BASE ((uint64_t)2 << 20)
#define WORK_PER_BYTE 8
#define WORK_OF_CALL 8 /* that a match takes before it looks at anything */

/* A comparison is this much faster than other work. */
#define WORK_COMPARED_SHIFT 4

/* PCRE2's own bounds: only a net below the budget, but for the memory, in KiB. */
#define MATCH_LIMIT 20000000u
#define HEAP_LIMIT_KIB (64u << 10)

/* The interpreter's memory grows with the subject; past this it is not kept for the next match. */
#define SUBJECT_KEPT_MAX 1024

/* What one match needs besides the code. */
struct match {
	pcre2_match_data *data;
	pcre2_match_context *context;
	uint64_t work; /* left */
	size_t at;     /* where the last callout saw the match */
};

struct pattern_engine {
	pcre2_code *code;
	/* One match that no thread is using, or NULL: nothing is allocated for most matches. */
	_Atomic(struct match *) idle;
};

static uint64_t
work_of(const pcre2_callout_block *block, const struct match *match)
{
	size_t at = block->current_position;
	uint64_t work = 1 + (at > match->at ? at - match->at : match->at - at);
	uint32_t number = block->callout_number;

	if (number >= REGEX_CALLOUT_REFERENCE) {
		size_t group = number - REGEX_CALLOUT_REFERENCE + 1;
		const PCRE2_SIZE *span = &block->offset_vector[2 * group];

		if (group < block->capture_top && span[0] != PCRE2_UNSET && span[1] > span[0])
			work += (span[1] - span[0]) >> WORK_COMPARED_SHIFT;
	} else if (number) {
		work += ((uint64_t)1 << number) >> WORK_COMPARED_SHIFT;
	}
	return work;
}

static int
count_work(pcre2_callout_block *block, void *data)
{
	struct match *match = data;
	uint64_t work = work_of(block, match);

	if (work > match->work)
		return PCRE2_ERROR_CALLOUT;
	match->work -= work;
	match->at = block->current_position;
	return 0;
}

static void
match_free(struct match *match)
{
	if (!match)
		return;
	pcre2_match_data_free(match->data);
	pcre2_match_context_free(match->context);
	free(match);
}

static struct match *
match_new(void)
{
	struct match *match = memory_zeroed(1, sizeof(*match));

	match->data = pcre2_match_data_create(1, NULL);
	match->context = pcre2_match_context_create(NULL);
	if (!match->data || !match->context)
		memory_exhausted(sizeof(*match));
	(void)pcre2_set_callout(match->context, count_work, match);
	(void)pcre2_set_match_limit(match->context, MATCH_LIMIT);
	(void)pcre2_set_heap_limit(match->context, HEAP_LIMIT_KIB);
	return match;
}

static void
prepare_machine_code(struct pattern_engine *engine)
{
	size_t size;

	(void)pcre2_pattern_info(engine->code, PCRE2_INFO_SIZE, &size);
	if (size <= MACHINE_CODE_FROM_MAX)
		(void)pcre2_jit_compile(engine->code, PCRE2_JIT_COMPLETE);
}

static int
complain(int number, struct err *err)
{
	PCRE2_UCHAR message[160];

	switch (number) {
	case PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH:
		return err_set(err, ERR_LIMIT,
			"a lookbehind whose length is not fixed is not supported");
	case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY:
		return err_set(err, ERR_LIMIT,
			"a property of characters in this pattern is too young for this PCRE2");
	default:
		if (pcre2_get_error_message(number, message, sizeof(message)) < 0)
			message[0] = '\0';
		return err_set(
			err, ERR_LIMIT, "PCRE2 does not compile this pattern: %s", message);
	}
}

int
pattern_engine_new(struct str text, struct pattern_engine **ret_engine, struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	struct pattern_engine *engine;
	pcre2_code *code;
	PCRE2_SIZE at;
	int number;

	if (!context)
		memory_exhausted(sizeof(*engine));
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX);
	code = pcre2_compile(
		(PCRE2_SPTR)text.p, text.n, COMPILE_OPTIONS, &number, &at, context);
	pcre2_compile_context_free(context);
	if (!code)
		return complain(number, err);
	engine = memory_zeroed(1, sizeof(*engine));
	engine->code = code;
	atomic_init(&engine->idle, NULL);
	prepare_machine_code(engine);
	*ret_engine = engine;
	return 0;
}

void
pattern_engine_free(struct pattern_engine *engine)
{
	if (!engine)
		return;
	match_free(atomic_load(&engine->idle));
	pcre2_code_free(engine->code);
	free(engine);
}

/* Within the match's own bound and the caller's; *work is what is left of the latter. */
static int
run(const struct pattern_engine *engine, struct match *match, struct str subject,
	uint32_t options, uint64_t *work)
{
	uint64_t bound = MIN(*work, WORK_BASE + WORK_PER_BYTE * (uint64_t)subject.n);
	bool is_callers = bound == *work;
	int number;

	match->work = bound;
	match->at = 0;
	number = pcre2_match(engine->code, (PCRE2_SPTR)(subject.n ? subject.p : ""), subject.n,
		0, options, match->data, match->context);
	*work -= MIN(*work, bound - match->work + WORK_OF_CALL);
	if (number == PCRE2_ERROR_CALLOUT && is_callers)
		*work = 0;
	return number;
}

static int
result(int number, struct err *err)
{
	PCRE2_UCHAR message[160];

	if (number >= 0)
		return 1;
	switch (number) {
	case PCRE2_ERROR_NOMATCH: return 0;
	case PCRE2_ERROR_CALLOUT:
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
		return err_set(err, ERR_LIMIT,
			"it takes too many steps on this text: let fewer of its repetitions "
			"match the same characters");
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return err_set(err, ERR_LIMIT,
			"it takes more than %u MiB of memory on this text",
			HEAP_LIMIT_KIB >> 10);
	default:
		if (pcre2_get_error_message(number, message, sizeof(message)) < 0)
			message[0] = '\0';
		return err_set(err, ERR_LIMIT, "PCRE2 cannot match this text: %s", message);
	}
}

int
pattern_engine_match(
	struct pattern_engine *engine, struct str subject, uint64_t *work, struct err *err)
{
	struct match *match = atomic_exchange(&engine->idle, NULL);
	struct match *other = NULL;
	bool keep;
	int number;

	if (!match)
		match = match_new();
	number = run(engine, match, subject, 0, work);
	keep = subject.n <= SUBJECT_KEPT_MAX && (number >= 0 || number == PCRE2_ERROR_NOMATCH);
	if (number == PCRE2_ERROR_JIT_STACKLIMIT)
		number = run(engine, match, subject, PCRE2_NO_JIT, work);
	if (!keep || !atomic_compare_exchange_strong(&engine->idle, &other, match))
		match_free(match);
	return result(number, err);
}
