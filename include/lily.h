/*
 * lily: a local-first workflow kernel.
 *
 * The whole public interface. A program opens the store of a workspace, runs workflows in it, and
 * reads what they left:
 *
 *	struct lily_error error;
 *	struct lily_store *store;
 *	struct lily_run *run;
 *	struct lily_run_event event;
 *
 *	lily_store_open(&(struct lily_store_options){.workspace = "."}, &store, &error);
 *	lily_run_start(store, &(struct lily_run_options){.file = "build.lily.yaml"}, &run, &error);
 *	while (lily_run_next(run, -1, &event, &error) > 0)
 *		…
 *	lily_run_close(run);
 *	lily_store_close(store);
 *
 * Rules that hold everywhere:
 * - A function that can fail returns a negative enum lily_error_code and fills in *error (which
 *   may be NULL); results (ret_…) are untouched then.
 * - A failed step is a result, not an error.
 * - Handles are opaque and not shared between threads without the caller's own lock.
 * - Text is UTF-8. Borrowed pointers say for how long they are valid; all else is the caller's
 *   and goes back through the matching function.
 * - The library writes nothing to stdout or stderr, installs no signal handler and does not
 *   change the environment or the current directory.
 * - Structures of options may grow at their end: initialise them with {0} or by name.
 */
#ifndef LILY_H
#define LILY_H

#include "lily/artifact.h"
#include "lily/document.h"
#include "lily/error.h"
#include "lily/gate.h"
#include "lily/instance.h"
#include "lily/person.h"
#include "lily/policy.h"
#include "lily/progress.h"
#include "lily/reading.h"
#include "lily/report.h"
#include "lily/retry.h"
#include "lily/reuse.h"
#include "lily/route.h"
#include "lily/run.h"
#include "lily/schema.h"
#include "lily/shell.h"
#include "lily/store.h"
#include "lily/wait.h"
#include "lily/workflow.h"

#endif
