#include "graph/cycle.h"

#include "base/memory.h"

/* A circle longer than both together is told without its middle. */
#define SHOWN_FIRST 8
#define SHOWN_LAST 4

#define UNSEEN UINT32_MAX

struct search {
	struct workflow *w;
	uint32_t *index;     /* order of discovery, UNSEEN before */
	uint32_t *low;       /* the earliest step reached from here */
	uint32_t *component; /* the component's first step in the file, UNSEEN while open */
	uint32_t *open;      /* Tarjan's stack */
	uint32_t *path;      /* the way down */
	uint32_t *next;      /* per step: its edge to be looked at */
	uint32_t n_open;
	uint32_t n_path;
	uint32_t n_seen;
};

static uint32_t *
new_numbers(uint32_t n, uint32_t number)
{
	uint32_t *numbers = memory_new(n, sizeof(*numbers));

	for (uint32_t i = 0; i < n; i++)
		numbers[i] = number;
	return numbers;
}

static void
enter(struct search *s, uint32_t step)
{
	s->index[step] = s->n_seen;
	s->low[step] = s->n_seen++;
	s->open[s->n_open++] = step;
	s->path[s->n_path++] = step;
	s->next[step] = 0;
}

/* Tells a circle that is known step by step, each needing the next. */
static void
report(struct workflow *w, const uint32_t *circle, uint32_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);
	bool cut = n > SHOWN_FIRST + SHOWN_LAST + 1;

	for (uint32_t i = 0; i < n; i++) {
		struct str name = w->steps[circle[i]].name;

		if (cut && i == SHOWN_FIRST) {
			buf_printf(&b, "… %u more … → ", n - SHOWN_FIRST - SHOWN_LAST);
			i = n - SHOWN_LAST - 1;
			continue;
		}
		buf_printf(&b, "%.*s → ", (int)MIN(name.n, 40), name.p);
	}
	buf_printf(&b, "%.*s", (int)MIN(w->steps[circle[0]].name.n, 40),
		w->steps[circle[0]].name.p);
	finding_error(&w->findings, NULL, w->steps[circle[0]].offset,
		n == 1 ? "a step cannot need itself: %s"
		       : "steps need each other in a circle, so none can start: %s (each needs "
			 "the next); take one of these needs or references away",
		buf_cstr(&b));
}

/* Breadth first from `first` within its component; `from` remembers the way. */
static void
report_component(struct search *s, uint32_t first, uint32_t *queue, uint32_t *from)
{
	const struct declared_step *steps = s->w->steps;
	uint32_t n = 1;
	uint32_t length = 0;

	queue[0] = first;
	for (uint32_t head = 0; head < n; head++) {
		const struct declared_step *step = &steps[queue[head]];

		for (uint32_t i = 0; i < step->n_needs; i++) {
			uint32_t need = step->needs[i];

			if (s->component[need] != first || from[need] != UNSEEN)
				continue;
			from[need] = queue[head];
			if (need == first)
				goto found;
			queue[n++] = need;
		}
	}
	BUG("a component without a circle");
found:
	/* Back along the way; the queue is not needed any more. */
	for (uint32_t step = from[first]; step != first; step = from[step])
		queue[length++] = step;
	queue[length++] = first;
	for (uint32_t i = 0; i < length / 2; i++) {
		uint32_t swapped = queue[i];

		queue[i] = queue[length - 1 - i];
		queue[length - 1 - i] = swapped;
	}
	report(s->w, queue, length);
}

/* All of a component is on the stack above its root. */
static void
close_component(struct search *s, uint32_t root)
{
	uint32_t at = s->n_open;
	uint32_t first = root;

	do {
		at--;
		first = MIN(first, s->open[at]);
	} while (s->open[at] != root);
	for (uint32_t i = at; i < s->n_open; i++)
		s->component[s->open[i]] = first;
	s->n_open = at;
}

static void
leave(struct search *s, uint32_t step)
{
	uint32_t parent;

	s->n_path--;
	if (s->low[step] == s->index[step])
		close_component(s, step);
	if (!s->n_path)
		return;
	parent = s->path[s->n_path - 1];
	s->low[parent] = MIN(s->low[parent], s->low[step]);
}

static void
search_from(struct search *s, uint32_t start)
{
	enter(s, start);
	while (s->n_path) {
		uint32_t step = s->path[s->n_path - 1];
		const struct declared_step *declared = &s->w->steps[step];
		uint32_t need;

		if (s->next[step] == declared->n_needs) {
			leave(s, step);
			continue;
		}
		need = declared->needs[s->next[step]++];
		if (s->index[need] == UNSEEN)
			enter(s, need);
		else if (s->component[need] == UNSEEN)
			s->low[step] = MIN(s->low[step], s->index[need]);
	}
}

/* Whether the step stands for a component with a circle: more steps than it, or an edge to itself. */
static bool
has_circle(const struct search *s, const uint32_t *sizes, uint32_t step)
{
	const struct declared_step *declared = &s->w->steps[step];

	if (s->component[step] != step)
		return false;
	if (sizes[step] > 1)
		return true;
	for (uint32_t i = 0; i < declared->n_needs; i++)
		if (declared->needs[i] == step)
			return true;
	return false;
}

void
cycles_check(struct workflow *w)
{
	uint32_t n = w->n_steps;
	struct search s = {
		.w = w,
		.index = new_numbers(n, UNSEEN),
		.low = new_numbers(n, 0),
		.component = new_numbers(n, UNSEEN),
		.open = new_numbers(n, 0),
		.path = new_numbers(n, 0),
		.next = new_numbers(n, 0),
	};
	uint32_t *sizes = new_numbers(n, 0);

	for (uint32_t i = 0; i < n; i++)
		if (s.index[i] == UNSEEN)
			search_from(&s, i);
	for (uint32_t i = 0; i < n; i++)
		sizes[s.component[i]]++;
	for (uint32_t i = 0; i < n; i++)
		s.index[i] = UNSEEN; /* from here on: the way within a component */
	for (uint32_t i = 0; i < n; i++)
		if (has_circle(&s, sizes, i))
			report_component(&s, i, s.open, s.index);
	free(s.index);
	free(s.low);
	free(s.component);
	free(s.open);
	free(s.path);
	free(s.next);
	free(sizes);
}
