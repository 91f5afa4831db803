#include "cli/tally.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Every state that is counted; what is told of it in figures, in this order, has a word. */
static const struct tally {
	const char *state;
	size_t offset;
	const char *word;
	bool has_ended;
} tallies[] = {
	{"running", offsetof(struct lily_run_counts, running), "running", false},
	{"reused", offsetof(struct lily_run_counts, reused), "reused", true},
	{"waiting", offsetof(struct lily_run_counts, waiting), "waiting", false},
	{"asked", offsetof(struct lily_run_counts, waiting), NULL, false},
	{"unknown", offsetof(struct lily_run_counts, unknown), "unknown", false},
	{"failed", offsetof(struct lily_run_counts, failed), "failed", true},
	{"skipped", offsetof(struct lily_run_counts, skipped), "skipped", true},
	{"blocked", offsetof(struct lily_run_counts, blocked), "blocked", true},
	{"cancelled", offsetof(struct lily_run_counts, cancelled), "cancelled", true},
	{"succeeded", offsetof(struct lily_run_counts, succeeded), NULL, true},
	{"adopted", offsetof(struct lily_run_counts, adopted), NULL, true},
};

static uint64_t
number_of(const struct lily_run_counts *counts, const struct tally *tally)
{
	return *(const uint64_t *)((const char *)counts + tally->offset);
}

static const struct tally *
find_tally(const char *state)
{
	for (size_t i = 0; i < COUNT(tallies); i++)
		if (strcmp(tallies[i].state, state) == 0)
			return &tallies[i];
	return NULL;
}

uint64_t *
tally_count(struct lily_run_counts *counts, const char *state)
{
	const struct tally *tally = find_tally(state);

	return tally ? (uint64_t *)((char *)counts + tally->offset) : NULL;
}

bool
tally_has_ended(const char *state)
{
	const struct tally *tally = find_tally(state);

	return tally && tally->has_ended;
}

uint64_t
tally_ended(const struct lily_run_counts *counts)
{
	uint64_t ended = 0;

	for (size_t i = 0; i < COUNT(tallies); i++)
		ended += tallies[i].has_ended ? number_of(counts, &tallies[i]) : 0;
	return ended;
}

void
tally_add_place(struct text *text, const struct lily_run_counts *counts)
{
	char total[24];
	int digits = snprintf(total, sizeof(total), "%" PRIu64, counts->steps);

	text_format(text, "[%*" PRIu64 "/%s]", digits, tally_ended(counts), total);
}

void
tally_add(struct text *text, const struct lily_run_counts *counts, unsigned flags)
{
	bool first = true;

	for (size_t i = 0; i < COUNT(tallies); i++) {
		uint64_t number = number_of(counts, &tallies[i]);
		bool is_said = number > 0 || (i == 0 && (flags & TALLY_RUNNING));

		if (!tallies[i].word || !is_said)
			continue;
		text_add_string(text, first ? "" : ", ");
		text_add_count(text, number);
		text_format(text, " %s", tallies[i].word);
		first = false;
	}
}

void
tally_add_items(struct text *text, const struct lily_run_counts *counts)
{
	AUTO_TEXT struct text figures = TEXT_INIT;

	tally_add(&figures, counts, 0);
	tally_add_place(text, counts);
	if (figures.size > 0)
		text_format(text, " %s", text_string(&figures));
}
