#include "pattern/pattern.h"

#include "base/memory.h"
#include "pattern/automaton.h"
#include "pattern/pattern_engine.h"
#include "pattern/pattern_shape.h"
#include "pattern/regex_reference.h"
#include "pattern/regex_translate.h"

#define TRANSLATION_MAX ((size_t)4 << 20)
#define SHOWN_BYTES 100 /* of a pattern, in messages */

/* A unit of work is about 10 ns. */
#define BYTES_A_UNIT 4 /* by what needs no engine */

/* The first of these that there is matches. */
struct pattern {
	struct arena arena;
	struct str text;
	struct pattern_shape shape;
	const struct automaton *automaton;
	struct pattern_engine *engine;
};

static int
compile_engine(
	struct arena *scratch, struct regex *regex, struct pattern *pattern, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(TRANSLATION_MAX);
	int code = regex_translate(scratch, regex, &text, err);

	return code ? code : pattern_engine_new(buf_str(&text), &pattern->engine, err);
}

static int
compile(struct arena *scratch, struct str text, struct pattern *pattern, struct err *err)
{
	struct regex regex;
	int code = regex_parse(scratch, text, &regex, err);

	if (!code)
		code = regex_reference_resolve(&regex, err);
	if (code)
		return code;
	pattern->shape = pattern_shape_of(&pattern->arena, &regex);
	if (pattern->shape.kind != PATTERN_SHAPE_NONE)
		return 0;
	pattern->automaton = automaton_new(&pattern->arena, &regex);
	return pattern->automaton ? 0 : compile_engine(scratch, &regex, pattern, err);
}

int
pattern_new(struct str text, struct pattern **ret_pattern, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct pattern *pattern = memory_zeroed(1, sizeof(*pattern));
	int code;

	pattern->arena = ARENA_INIT;
	pattern->text = arena_str(&pattern->arena, text);
	code = compile(&scratch, text, pattern, err);
	if (code) {
		pattern_free(pattern);
		return code;
	}
	*ret_pattern = pattern;
	return 0;
}

int
pattern_check(struct str text, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct regex regex;
	struct err why = ERR_INIT;

	if (regex_parse(&scratch, text, &regex, &why) != ERR_INVALID)
		return 0;
	return err_set(err, ERR_INVALID, "%s", why.message);
}

void
pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pattern_engine_free(pattern->engine);
	arena_done(&pattern->arena);
	free(pattern);
}

/* What needs no engine passes each byte once, or fewer. */
static int
spend(uint64_t *work, uint64_t units, struct err *err)
{
	if (units < *work) {
		*work -= units;
		return 0;
	}
	*work = 0;
	return err_set(err, ERR_LIMIT, "matching patterns takes too long");
}

/* Says which pattern it was. Returns the code. */
static int
name(const struct pattern *pattern, struct err *err)
{
	struct str text = pattern->text;

	if (text.n <= SHOWN_BYTES)
		return err_wrap(err, "the pattern \"%.*s\"", STR_ARG(text));
	for (text.n = SHOWN_BYTES; ((unsigned char)text.p[text.n] & 0xC0) == 0x80;)
		text.n--;
	return err_wrap(err, "the pattern \"%.*s…\"", STR_ARG(text));
}

int
pattern_match_within(
	const struct pattern *pattern, struct str subject, uint64_t *work, struct err *err)
{
	if (pattern->engine) {
		int matched = pattern_engine_match(pattern->engine, subject, work, err);

		return matched < 0 ? name(pattern, err) : matched;
	}
	if (spend(work, 1 + subject.n / BYTES_A_UNIT, err))
		return ERR_LIMIT;
	if (pattern->automaton)
		return automaton_match(pattern->automaton, subject);
	return pattern_shape_match(&pattern->shape, subject);
}

int
pattern_match(const struct pattern *pattern, struct str subject, struct err *err)
{
	uint64_t work = UINT64_MAX;

	return pattern_match_within(pattern, subject, &work, err);
}
