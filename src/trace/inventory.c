#include "trace/inventory.h"

#include "store/fsck.h"
#include "store/stats.h"

int
inventory_add_members(
	struct builder *b, struct store *store, const char *workspace, struct err *err)
{
	struct store_stats stats;
	int r = stats_count(store, &stats, err);

	if (r < 0)
		return r;
	builder_cstr(b, "path", store_path(store));
	builder_cstr(b, "workspace", workspace);
	builder_i64(b, "version", stats.version);
	builder_u64(b, "runs", stats.runs);
	builder_u64(b, "artifacts", stats.artifacts);
	builder_u64(b, "objects", stats.objects);
	builder_u64(b, "events", stats.events);
	builder_object(b, "bytes");
	builder_u64(b, "database", stats.database_bytes);
	builder_u64(b, "objects", stats.object_bytes);
	builder_u64(b, "runs", stats.run_bytes);
	builder_end(b);
	return 0;
}

int
inventory_check(struct store *store, unsigned flags, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct fsck_report report;
	int r = fsck_run(store, flags, &scratch, &report, err);

	if (r < 0)
		return r;
	builder_object(&b, NULL);
	builder_bool(&b, "ok", report.n_findings == 0);
	builder_u64(&b, "runs", report.runs);
	builder_u64(&b, "events", report.events);
	builder_u64(&b, "objects", report.objects);
	builder_u64(&b, "stale_manifests", report.stale_manifests);
	builder_u64(&b, "artifacts", report.artifacts);
	builder_array(&b, "findings");
	for (size_t i = 0; i < report.n_findings; i++) {
		const struct fsck_finding *finding = &report.findings[i];

		builder_object(&b, NULL);
		builder_text(&b, "invariant", finding->invariant);
		builder_text(&b, "subject", finding->subject);
		builder_text(&b, "problem", finding->problem);
		builder_text(&b, "advice", finding->advice);
		builder_end(&b);
	}
	builder_end(&b);
	builder_end(&b);
	*ret_value = builder_root(&b);
	return 0;
}
