/*
 * event_type: the types of events, and what their payloads hold.
 *
 * Payloads (a member in brackets may be missing; "i" is the step's number in the plan, "n" the
 * attempt's number in the run, from 1; digests are 64 hex digits, times µs):
 *
 * run.created      {id: run id, kind: start|retry|replay|judge, kernel, [workflow], [source],
 *                  [work_order: ARTIFACT], [key], [parent: run id]}
 * run.planned      {plan: digest, steps, workflow, inputs: [ARTIFACT…], [workspace: {path, inode:
 *                  "device:inode"}], [again: [step…]]}     again: steps that are not adopted; of an
 *                  input that an earlier run left, [from: "RUN:N"] says which artifact it is there
 * run.started      {boot, pid, start: ticks, slots}       by the holder of the lock
 * run.resumed      {boot, pid, start, slots}
 * run.cancelling   {[request], reason, [finally: true]}     finally: what runs last is ended, too
 * run.exhausted    {bound: attempts|transitions|wall, limit, reason}     limit: attempts, retries or µs;
 *                  nothing new is started but `finally`; transitions: no step is tried again
 * run.finally      {status: succeeded|failed|cancelled}     how what comes before `finally` stands as that
 *                  begins; where a step of it asks. What is retried later makes it begin again
 * run.finished     {status: succeeded|failed|cancelled, [outputs: [{name, artifact: number}…]],
 *                  [made: [ARTIFACT…]], [reason]}     made: those of the outputs that are values
 *                  which expressions gave
 * attempt.submitted {n, step, i, try, [visit], [handle], [in: [{name, sha256, size, [artifact: number]}…]],
 *                  [pools: {NAME: [slot…]}], [key: digest], [once: key]}     the visit is running; key: of the
 *                  document of its content key; once is on disk before the program starts (store/once.h)
 * attempt.started  {n, at, [pid]}
 * attempt.ended    {n, [exit], [signal], [timeout: true], [oom: true], [error], cpu, rss, [log: {sha256,
 *                  size, stdout, stderr}], at}
 * attempt.accepted {n, [out: [ARTIFACT…]], [key: digest], [once: key], [logs: [ARTIFACT…]], [producer_kind:
 *                  human]}     the visit is succeeded; key: what it left is reusable under its content key;
 *                  logs: what the validators wrote that judged what it made, also of one that was rejected or
 *                  cancelled; these three may also have [gates: [{gate, status: passed|failed|error, required,
 *                  definition: digest, result: ARTIFACT of gate_result.v1, [logs: [ARTIFACT…]], [files:
 *                  [ARTIFACT…]], [grants: [{artifact: number, label, step, output}…]]}…]], what its gates found,
 *                  and, where it is accepted, which artifacts of the run carry which labels from now on: its
 *                  own, or, of a gate of the run, those that this looked at. Where it was held, these are named
 *                  by [labels: […]], as visit.adopted has them
 * attempt.rejected {n, class, message, [until: time, due: µs since boot, boot: its id], [tolerated: true], [logs:
 *                  [ARTIFACT…]], [v: 2, errors: ARTIFACT, [out: [ARTIFACT…]]]}     the visit is waiting until then
 *                  (within that boot: until due), or failed; out: its candidates, kept as evidence; errors: what
 *                  was wrong with them (contract/fault.h). [once: key, [unknown: true]]: the visit is unknown;
 *                  until: it may run again
 * attempt.interrupted {n, [once: key]}     its run was resumed and its tree was proven dead; the visit
 *                  is ready, or unknown where it must not happen twice
 * attempt.held     {n, request: digest, [out: [ARTIFACT…]], [gates], [logs]}     it has ended, and a person, who
 *                  is asked by that request.v1, says what becomes of it; the visit is running until that is
 *                  asked. What is named here its end does not name again, but for candidates that become true
 * attempt.cancelled {n, [logs: [ARTIFACT…]]}     the visit is cancelled
 * visit.blocked    {by: step, steps: [{step, i}…]}
 * visit.skipped    {[by: step], steps: [{step, i}…]}     by: its outcome is not the one that was
 *                  asked for; without it their `if` was false
 * visit.cancelled  {steps: [{step, i}…]}
 * step.expanded    {i, step, first, each, keys: [text…], list: {sha256, size}, [templates]}     the items of a
 *                  foreach have become steps: each item `each` of them, numbered from first; list is the JSON
 *                  array of the items; templates: how many numbers of each are no steps. The visit is running
 *                  until its attempt gathers what they made.
 * scope.opened     {i, step}     the steps of a sub-workflow may start. The visit is running until its
 *                  attempt takes over what they returned.
 * visit.reused     {runs: [run id…], steps: [{step, i, n, [run: index in runs, else 0], [visit],
 *                  [out: [ARTIFACT…]]}…]}     the visits are reused: what attempt n of that run
 *                  left is theirs, too
 * visits.reused    {like: run id, steps, first, artifacts}     every visit is reused, from what that run
 *                  reused for its visit, which were as many; its artifacts of these numbers, from
 *                  first on, are this run's, too. It has succeeded, and names every one of them
 * visit.adopted    {from: run id, steps: [{step, i, n: attempt of that run, [visit],
 *                  [producer_kind], [out: [ARTIFACT…]], [labels: [{artifact: number, label, gate,
 *                  definition: digest}…]]}…]}     what that run accepted counts here; labels: that gates
 *                  of the step granted, there, and are defined as they were, to what are these artifacts
 * visit.retried    {after: the newest attempt's number, steps: [{step, i}…], [request]}
 *                  failed, blocked, skipped and cancelled visits are pending again; attempts up to
 *                  `after` do not count as tries any more
 * visit.unknown    {i, step, once: key}     somebody began what has the key, and nobody knows more
 * once.judged      {i, step, once: key, by: probe|person|key, verdict: done|not_done|unknown, [visit:
 *                  ready|waiting|failed], [until: time], [note], [request], [account], [reason]}
 *                  whether the effect has happened, and what becomes of the unknown visit
 * run.notified     {event: waiting|failed|succeeded|cancelled, after: seq, n, at, [started], [class,
 *                  message], [exit], [signal], [log: ARTIFACT]}     the n-th time that the program of
 *                  `notify` was run in the run, to tell how it stood after the event with that number;
 *                  class and message: it did not do its part, which changes nothing. at: its end
 * route.decided    {n, i, step, rule: id, action: continue|retry|skip|abort, [words], facts:
 *                  route_facts.v1}     what a rule decided about attempt n; it holds once that is rejected
 * run.waiting      {}     nothing can go on before a person says something
 * question.opened  {i, step, kind: answer|start|commit, request: digest, [n], [until: time, due: µs since
 *                  boot, boot: its id]}     the visit is asked: a person is to say what the request.v1
 *                  document asks; n: the attempt that was held for it
 * question.closed  {i, step, request: digest, [n], verdict: accepted|answered|refused|expired, [answer:
 *                  digest], [approval: ARTIFACT], [account], [reason], [wish: request]}     the visit is
 *                  ready, and knows what was said, or with an attempt that was held running again; answer:
 *                  the object that was answered; approval: the approval.v1 document that says who said it
 * artifact.put     ARTIFACT and {producer, producer_kind, [inputs: [number…]]}
 * store: run.closed {run, head, status}
 * store: cache.cleared {}     nothing that was accepted before is reused
 *
 * ARTIFACT is {artifact: number, name, sha256, size, kind: json|text|file|dir, type, [schema], [executable: true:
 * a file of the workspace that is a program]}: type is the id of a schema or "", schema the digest of its bytes.
 */
#ifndef LILY_STORE_EVENT_TYPE_H
#define LILY_STORE_EVENT_TYPE_H

#include "base/str.h"

/* The order is the number in the file: append only. */
#define EVENT_TYPES(X)                                \
	X(RUN_CREATED, "run.created")                 \
	X(RUN_PLANNED, "run.planned")                 \
	X(RUN_STARTED, "run.started")                 \
	X(RUN_RESUMED, "run.resumed")                 \
	X(RUN_CANCELLING, "run.cancelling")           \
	X(RUN_FINISHED, "run.finished")               \
	X(ATTEMPT_SUBMITTED, "attempt.submitted")     \
	X(ATTEMPT_STARTED, "attempt.started")         \
	X(ATTEMPT_ENDED, "attempt.ended")             \
	X(ATTEMPT_ACCEPTED, "attempt.accepted")       \
	X(ATTEMPT_REJECTED, "attempt.rejected")       \
	X(ATTEMPT_INTERRUPTED, "attempt.interrupted") \
	X(ATTEMPT_CANCELLED, "attempt.cancelled")     \
	X(VISIT_BLOCKED, "visit.blocked")             \
	X(VISIT_CANCELLED, "visit.cancelled")         \
	X(ARTIFACT_PUT, "artifact.put")               \
	X(RUN_CLOSED, "run.closed")                   \
	X(STEP_EXPANDED, "step.expanded")             \
	X(VISIT_REUSED, "visit.reused")               \
	X(CACHE_CLEARED, "cache.cleared")             \
	X(VISIT_ADOPTED, "visit.adopted")             \
	X(VISIT_RETRIED, "visit.retried")             \
	X(VISIT_UNKNOWN, "visit.unknown")             \
	X(ONCE_JUDGED, "once.judged")                 \
	X(RUN_WAITING, "run.waiting")                 \
	X(VISIT_SKIPPED, "visit.skipped")             \
	X(RUN_EXHAUSTED, "run.exhausted")             \
	X(RUN_FINALLY, "run.finally")                 \
	X(SCOPE_OPENED, "scope.opened")               \
	X(RUN_NOTIFIED, "run.notified")               \
	X(ROUTE_DECIDED, "route.decided")             \
	X(QUESTION_OPENED, "question.opened")         \
	X(QUESTION_CLOSED, "question.closed")         \
	X(VISITS_REUSED, "visits.reused")             \
	X(ATTEMPT_HELD, "attempt.held")

enum event_type {
#define X(name, text) EVENT_##name,
	EVENT_TYPES(X)
#undef X
		EVENT_TYPE_COUNT
};

const char *event_type_name(enum event_type type);
bool event_type_parse(struct str name, enum event_type *ret_type);

#endif
