#include "contract/keyword.h"

#include <pthread.h>

/* The meta-schema of whichever draft is the newest. */
#define UNVERSIONED "//json-schema.org/schema"
#define DRAFT_NEWEST DRAFT_2020_12

#define TABLE_SIZE 256 /* a power of two, four times as many as there are keywords */

const struct keyword_info keyword_infos[KEYWORD_N] = {
#define X(id, text, since, until, words, holds) \
	[KEYWORD_##id] = {                      \
		text, DRAFT_##since, DRAFT_##until, VOCABULARY_##words, SHAPE_##holds},
	KEYWORD_LIST(X)
#undef X
};

static const struct {
	const char *name;
	const char *uri;
} drafts[DRAFT_N] = {
	[DRAFT_4] = {"draft-04", "http://json-schema.org/draft-04/schema"},
	[DRAFT_6] = {"draft-06", "http://json-schema.org/draft-06/schema"},
	[DRAFT_7] = {"draft-07", "http://json-schema.org/draft-07/schema"},
	[DRAFT_2019_09] = {"2019-09", "https://json-schema.org/draft/2019-09/schema"},
	[DRAFT_2020_12] = {"2020-12", "https://json-schema.org/draft/2020-12/schema"},
};

static const struct {
	const char *name;
	uint8_t first;
	uint8_t last;
	unsigned vocabularies;
} vocabularies_known[] = {
	{"core", DRAFT_2019_09, DRAFT_2020_12, VOCABULARY_CORE},
	{"applicator", DRAFT_2019_09, DRAFT_2019_09,
		VOCABULARY_APPLICATOR | VOCABULARY_UNEVALUATED},
	{"applicator", DRAFT_2020_12, DRAFT_2020_12, VOCABULARY_APPLICATOR},
	{"unevaluated", DRAFT_2020_12, DRAFT_2020_12, VOCABULARY_UNEVALUATED},
	{"validation", DRAFT_2019_09, DRAFT_2020_12, VOCABULARY_VALIDATION},
	{"meta-data", DRAFT_2019_09, DRAFT_2020_12, VOCABULARY_META_DATA},
	{"format", DRAFT_2019_09, DRAFT_2019_09, VOCABULARY_FORMAT},
	{"format-annotation", DRAFT_2020_12, DRAFT_2020_12, VOCABULARY_FORMAT},
	{"format-assertion", DRAFT_2020_12, DRAFT_2020_12,
		VOCABULARY_FORMAT | VOCABULARY_FORMAT_ASSERTION},
	{"content", DRAFT_2019_09, DRAFT_2020_12, VOCABULARY_CONTENT},
};

static uint8_t table[TABLE_SIZE]; /* keyword + 1 */
static uint32_t hashes[KEYWORD_N];
static pthread_once_t table_made = PTHREAD_ONCE_INIT;

static void
make_table(void)
{
	for (unsigned i = 0; i < KEYWORD_N; i++) {
		uint32_t hash = value_hash(str_of(keyword_infos[i].name));
		uint32_t slot = hash % TABLE_SIZE;

		while (table[slot])
			slot = (slot + 1) % TABLE_SIZE;
		table[slot] = (uint8_t)(i + 1);
		hashes[i] = hash;
	}
}

enum keyword
keyword_find(const struct value *key, enum draft draft, unsigned vocabularies)
{
	(void)pthread_once(&table_made, make_table);
	for (uint32_t slot = key->hash % TABLE_SIZE; table[slot];
		slot = (slot + 1) % TABLE_SIZE) {
		enum keyword keyword = (enum keyword)(table[slot] - 1);
		const struct keyword_info *info = &keyword_infos[keyword];

		if (hashes[keyword] == key->hash && str_is(value_text(key), info->name))
			return info->first <= draft && draft <= info->last &&
					(info->vocabulary & vocabularies)
				? keyword
				: KEYWORD_N;
	}
	return KEYWORD_N;
}

const char *
keyword_name(enum keyword keyword)
{
	return keyword_infos[keyword].name;
}

/* Many schemas in the world write https for the drafts that have http, and the other way. */
static struct str
without_scheme(struct str uri)
{
	struct str rest = uri;
	struct str scheme = str_cut(uri, ':', &rest);

	return rest.p && (str_is(scheme, "http") || str_is(scheme, "https")) ? rest : uri;
}

enum draft
draft_find(struct str uri)
{
	if (uri.n && uri.p[uri.n - 1] == '#')
		uri.n--;
	for (unsigned i = 0; i < DRAFT_N; i++)
		if (str_equal(without_scheme(uri), without_scheme(str_of(drafts[i].uri))))
			return (enum draft)i;
	return str_is(without_scheme(uri), UNVERSIONED) ? DRAFT_NEWEST : DRAFT_N;
}

struct str
draft_uri(enum draft draft)
{
	return str_of(drafts[draft].uri);
}

const char *
draft_name(enum draft draft)
{
	return drafts[draft].name;
}

unsigned
vocabulary_find(struct str uri, enum draft draft)
{
	struct str prefix = draft == DRAFT_2019_09
		? STR("https://json-schema.org/draft/2019-09/vocab/")
		: STR("https://json-schema.org/draft/2020-12/vocab/");

	if (!str_starts(uri, prefix))
		return 0;
	uri.p += prefix.n;
	uri.n -= prefix.n;
	for (size_t i = 0; i < ARRAY_SIZE(vocabularies_known); i++)
		if (str_is(uri, vocabularies_known[i].name) &&
			vocabularies_known[i].first <= draft &&
			draft <= vocabularies_known[i].last)
			return vocabularies_known[i].vocabularies;
	return 0;
}
