#include "api/handle.h"
#include "api/lane.h"
#include "exec/acceptance.h"
#include "store/fsck.h"
#include "trace/description.h"
#include "trace/doctor.h"
#include "trace/inventory.h"
#include "trace/summary.h"

_Static_assert((unsigned)LILY_SHOW_STEPS == (unsigned)DESCRIPTION_STEPS, "one flag, two names");
_Static_assert(
	(unsigned)LILY_CHECK_BYTES == (unsigned)FSCK_OBJECT_BYTES, "one flag, two names");

int
lily_run_list(struct lily_store *store, uint64_t offset, uint64_t limit,
	struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r;

	store_settle(store);
	r = summary_list(store->store, offset, limit, &document->arena, &document->root, &err);

	return document_give(document, r, &err, ret_document, error);
}

int
lily_run_describe(struct lily_store *store, const char *address, const char *step,
	unsigned flags, struct lily_document **ret_document, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct run_row run;
	int r = store_find_run(store, address, &arena, &run, &err);

	if (r == 0)
		r = description_make(store->store, &run, str_of(step ? step : ""), flags,
			&document->arena, &document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}

static int
describe_store(struct lily_store *store, struct lily_document *document, struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	int r;

	builder_object(&b, NULL);
	r = inventory_add_members(&b, store->store, store->workspace, err);
	builder_end(&b);
	if (r == 0)
		document->root = builder_root(&b);
	return r;
}

int
lily_store_describe(
	struct lily_store *store, struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = describe_store(store, document, &err);

	return document_give(document, r, &err, ret_document, error);
}

int
lily_store_check(struct lily_store *store, unsigned flags, struct lily_document **ret_document,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = inventory_check(store->store, flags, &document->arena, &document->root, &err);

	return document_give(document, r, &err, ret_document, error);
}

int
lily_doctor_accept(int is_accepted, struct lily_error *error)
{
	struct err err = ERR_INIT;

	return acceptance_set(is_accepted != 0, &err) < 0 ? error_give(&err, error) : 0;
}

int
lily_doctor(struct lily_store *store, const char *lane, struct lily_document **ret_document,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct doctor_request request = {
		.version = lily_version(),
		.lane = lane,
		.store = store ? store->store : NULL,
		.workspace = store ? store->workspace : NULL,
	};
	int r;

	if (!lane)
		request.lane = store ? store->lane : lane_find(&document->arena);
	r = doctor_examine(&request, &document->arena, &document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}
