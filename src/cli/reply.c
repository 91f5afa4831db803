#include "cli/reply.h"

#include "cli/drive.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/question.h"
#include "cli/target.h"

#include <stdio.h>
#include <string.h>

#define REQUEST_LEAST 8

struct reply {
	struct target target;
	struct lily_word word;
	char request[65];
	char run_id[LILY_RUN_ID_SIZE];
};

/* The run, and whether a process drives it. */
static int
find_run(struct lily_store *store, struct reply *reply, bool *ret_driven,
	struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *run;
	int n = lily_run_describe(store, reply->target.run, NULL, 0, &document, error);

	if (n < 0)
		return n;
	run = lily_document_root(document);
	(void)snprintf(reply->run_id, sizeof(reply->run_id), "%s", field_text(run, "run_id"));
	*ret_driven = strcmp(field_text(run, "status"), "running") == 0;
	lily_document_free(document);
	return 0;
}

/* What the word is about is what was shown. Without a question the library says what is wrong. */
static int
show(const struct call *call, struct lily_store *store, struct reply *reply,
	struct lily_error *error)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	struct lily_document *document;
	const struct lily_value *question;
	const char *wanted = call_text(call, REPLY_REQUEST);
	int n = lily_inbox(store, reply->run_id, reply->target.step, &document, error);

	if (n < 0)
		return n;
	question = lily_value_at(lily_value_get(lily_document_root(document), "questions"), 0);
	if (question) {
		const char *request = field_text(question, "request");
		bool is_wanted = !wanted || strncmp(request, wanted, strlen(wanted)) == 0;

		(void)snprintf(reply->request, sizeof(reply->request), "%s",
			is_wanted ? request : wanted);
		reply->word.request = reply->request;
		question_add(&text, question);
		if (!call_has(call, REPLY_QUIET))
			(void)fwrite(text.bytes, 1, text.size, stderr);
	}
	lily_document_free(document);
	return 0;
}

static int
say(const struct call *call, struct lily_store *store, struct signals *signals, void *context)
{
	static const char *const said[] = {[LILY_VERDICT_ACCEPT] = "approved",
		[LILY_VERDICT_ANSWER] = "answered",
		[LILY_VERDICT_REJECT] = "rejected"};
	struct reply *reply = context;
	struct lily_error error = {0};
	bool driven = false;
	int n = find_run(store, reply, &driven, &error);

	if (n >= 0)
		n = show(call, store, reply, &error);
	if (n >= 0)
		n = lily_run_answer(
			store, reply->run_id, reply->target.step, &reply->word, &error);
	if (n < 0)
		return call_fail(call, &error);
	call_say(call, "%s: step %s of run %.*s", said[reply->word.verdict], reply->target.step,
		RUN_SHORT, reply->run_id);
	if (call_has(call, REPLY_NO_WAIT))
		return STATUS_DONE;
	return driven ? follow_to_end(call, store, reply->run_id, signals)
		      : drive_on(call, store, reply->run_id, signals,
				&(struct drive_on){.quiet = call_has(call, REPLY_QUIET)});
}

int
reply_say(struct call *call, enum lily_verdict verdict, const char *answer)
{
	struct reply reply = {.word = {.verdict = verdict,
				      .answer = answer,
				      .reason = call_text(call, REPLY_REASON),
				      .way = "cli"}};
	const char *request = call_text(call, REPLY_REQUEST);
	size_t digits = request ? strspn(request, "0123456789abcdef") : REQUEST_LEAST;
	int status;

	if (digits < REQUEST_LEAST || digits > 64 || (request && request[digits]))
		status = call_usage(call,
			"--request %s: that is not how a digest begins: at least %d of its 64 "
			"hexadecimal digits",
			request, REQUEST_LEAST);
	else if (!target_parse(&reply.target, call_argument(call, 0)) || !reply.target.step)
		status = call_usage(call, "%s names no step: write STEP or RUN/STEP",
			call_argument(call, 0));
	else
		status = drive_in_store(call, say, &reply);
	target_done(&reply.target);
	return status;
}
