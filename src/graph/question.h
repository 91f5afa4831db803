/*
 * question: `human` and `approve` of a step: what a person is asked, and shown, and for how long.
 *
 * A step with `human` has no program and one output, `answer`: what was answered, of the schema that
 * it names, else the text "accept".
 */
#ifndef LILY_GRAPH_QUESTION_H
#define LILY_GRAPH_QUESTION_H

#include "graph/loader.h"
#include "graph/planner.h"
#include "graph/reference.h"
#include "graph/step_question.h"

#define QUESTION_TEXT_MAX ((size_t)16 << 10) /* bytes, as it is asked */
#define QUESTION_SHOW_MAX 100
#define QUESTION_BY_MAX 100

/* Gives a step that has `human` its output, before anything refers to it. */
void question_declare(struct workflow *w, struct declared_step *step);

/* Finds what is wrong with both keys, and adds the edges that they make. */
void question_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* ","question": {…}" of a step; nothing where it asks nobody. */
int planner_write_question(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

int loader_read_question(struct loader *l, const struct value *v, struct step *step,
	uint32_t number, struct err *err);

#endif
