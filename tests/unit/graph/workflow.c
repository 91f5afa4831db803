/*
 * Reading and checking workflow files: a wrong text, and what must be said about it and where.
 */
#include "rig.h"

#include <stdio.h>

#define HEAD "lily: 1\n"
/* Step b begins on line 4, its keys on line 5. */
#define STEP(keys)                                                                             \
	HEAD "steps:\n  a: { run: x, out: { o: { type: json }, f: { type: file }, d: { type: " \
	     "dir }, "                                                                         \
	     "u: , z: { type: text, optional: true } } }\n  b:\n" keys
#define B(keys) STEP("    run: y\n" keys)
/* Of step b: two outputs and a gate; an input. */
#define LABEL_OUT "    out: { o: { type: json }, p: { type: json } }\n    gates: { g: "
#define LABEL_P "'${{ steps.b.out.p }}'"
#define LABEL_IN "    in: { x: "
#define TOP(keys) HEAD keys "steps: { a: { run: x } }\n"

struct wrong {
	const char *text;
	const char *place; /* ":line:col:" */
	const char *says;
};

static const struct wrong wrong_files[] = {
	/* the document */
	{"3\n", ":1:1:", "a workflow is a map with lily, steps and more, not the number 3"},
	{"[ a ]\n", ":1:1:", "not a list"},
	{"steps: { a: { run: x } }\n", ":1:1:", "\"lily\" is missing"},
	{"lily: 1\n", ":1:1:", "\"steps\" is missing"},
	{"lily: 2\nsteps: { a: { run: x } }\n", ":1:7:", "format 2 is not known"},
	{"lily: one\nsteps: { a: { run: x } }\n", ":1:7:", "not the text \"one\""},
	{HEAD "steps: {}\n", ":2:8:", "\"steps\" is empty"},
	{HEAD "steps: [ a ]\n",
		":2:8:", "\"steps\" must be a map of names to steps, not a list"},
	{HEAD "steps:\n", ":2:7:", "not null"},
	{TOP("parms: {}\n"), ":2:1:", "unknown key \"parms\"; did you mean \"params\"?"},
	{TOP("zebra: 1\n"), ":2:1:", "unknown key \"zebra\"; a workflow has lily, name"},
	/* keys of the workflow that come later */
	{TOP("packs: []\n"),
		":2:1:", "key \"packs\" is not honoured by this build of lily (packs)"},
	/* schemas */
	{TOP("schemas: []\n"), ":2:10:", "\"schemas\" must be a map"},
	{TOP("schemas: { review: f }\n"), ":2:12:", "\"review\" is no id for a schema"},
	{TOP("schemas: { r.v0: f }\n"), ":2:12:", "\"r.v0\" is no id"},
	{TOP("schemas: { r.v01: f }\n"), ":2:12:", "\"r.v01\" is no id"},
	{TOP("schemas: { p/r.v1: f }\n"), ":2:12:", "\"p/r.v1\" is no id"},
	{TOP("schemas: { r.v1: 3 }\n"), ":2:18:", "schema \"r.v1\": must be a file or a map"},
	{TOP("schemas: { r.v1: '' }\n"), ":2:18:", "is no plain path"},
	{TOP("schemas: { r.v1: { validators: [] } }\n"), ":2:18:", "\"file\" is missing"},
	{TOP("schemas: { r.v1: { file: f, flie: f } }\n"), ":2:29:", "did you mean \"file\"?"},
	{TOP("schemas: { r.v1: { file: f, validators: [ x ] } }\n"),
		":2:43:", "validators: must be a map such as"},
	{TOP("schemas: { r.v1: { file: f, validators: [ {} ] } }\n"),
		":2:43:", "needs exactly one of run"},
	{TOP("schemas: { r.v1: { file: f, validators: [ { run: x, exec: [ y ] } ] } }\n"),
		":2:43:", "needs exactly one of run"},
	{TOP("schemas: { r.v1: { file: f, validators: [ { exec: [ '${{ run.id }}' ] } ] } }\n"),
		":2:54:", "cannot be used in exec of a validator"},
	{TOP("schemas: { r.v1: { file: f, validators: [ { run: x, timeout: 0s } ] } }\n"),
		":2:62:", "is not a time longer than 0"},
	{TOP("secrets: []\n"),
		":2:10:", "\"secrets\" must be a map such as { TOKEN: { env: GH_TOKEN } }"},
	{TOP("models: {}\n"), ":2:1:", "key \"models\" is not honoured"},
	/* pools */
	{TOP("pools: []\n"), ":2:8:", "\"pools\" must be a map"},
	{TOP("pools: { gpu: 0 }\n"), ":2:15:", "a whole number of slots from 1"},
	{TOP("pools: { gpu: 1.5 }\n"), ":2:15:", "a whole number of slots from 1"},
	{TOP("pools: { 'g u': 1 }\n"), ":2:10:", "is not a name for a pool"},
	{TOP("pools: { g-u: 1, G_u: 2 }\n"), ":2:18:", "in one variable, LILY_POOL_G_U"},
	{HEAD "pools: { gpu: 2 }\nsteps: { a: { run: x, pools: { gpu: 3 } } }\n",
		":3:37:", "asks for 3 slots and the pool has 2"},
	{HEAD "pools: { gpu: 2 }\nsteps: { a: { run: x, pools: { gpo: 1 } } }\n",
		":3:32:", "there is no pool \"gpo\"; did you mean \"gpu\"?"},
	{HEAD "steps: { a: { run: x, pools: { gpu: 1 } } }\n",
		":2:32:", "there is no pool \"gpu\"; declare it"},
	{TOP("max_items: 0\n"), ":2:12:", "\"max_items\" must be a whole number from 1"},
	{TOP("concurrency: {}\n"), ":2:14:", "\"key\" is missing"},
	{TOP("concurrency: { key: k, busy: x }\n"),
		":2:30:", "\"busy\" must be wait, refuse or cancel"},
	{TOP("concurrency: { key: \"${{ steps.a.exit }}\" }\n"), ":2:26:", "only params can"},
	{TOP("policies: { a: { write: [ \"${{ params.x }}\" ] } }\n"),
		":2:11:", "holds no ${{ }}"},
	{TOP("routes: {}\n"), ":2:9:", "\"routes\" must be a list of rules, not a map"},
	{TOP("notify: x\n"), ":2:9:", "\"notify\" must be a map such as"},
	{TOP("notify: { events: [ failed ] }\n"), ":2:9:", "notify: needs exactly one of run"},
	{TOP("notify: { exec: [ x ] }\n"), ":2:9:", "notify: \"events\" is missing"},
	{TOP("notify: { exec: [ x ], events: [] }\n"), ":2:32:", "events: is empty"},
	{TOP("notify: { exec: [ x ], events: [ fail ] }\n"), ":2:34:", "not the text \"fail\""},
	{TOP("notify: { exec: [ x ], events: [ 3 ] }\n"), ":2:34:", "not the number 3"},
	{TOP("notify: { exec: [ x ], events: [ failed ], policy: p }\n"),
		":2:44:", "key \"policy\" is not honoured"},
	{TOP("notify: { exec: [ \"${{ steps.a.exit }}\" ], events: [ failed ] }\n"),
		":2:24:", "steps cannot be used in exec"},
	{TOP("notify: { exec: [ x ], secrets: [ T ], events: [ failed ] }\n"),
		":2:35:", "there is no secret \"T\""},
	/* the head */
	{TOP("name: a b\n"), ":2:7:", "\"a b\" is not a name"},
	{TOP("name: 3\n"), ":2:7:", "\"name\" must be a name, not the number 3"},
	{TOP("description: []\n"), ":2:14:", "\"description\" must be text"},
	{TOP("parallel: 0\n"), ":2:11:", "\"parallel\" must be a whole number from 1 to"},
	{TOP("parallel: 1.5\n"), ":2:11:", "not 1.5"},
	{TOP("parallel: 1e99\n"), ":2:11:", "not 1e99"},
	/* params */
	{TOP("params: []\n"), ":2:9:", "\"params\" must be a map"},
	{TOP("params: { a b: {} }\n"), ":2:11:", "\"a b\" is not a name for a param"},
	{TOP("params: { p: 3 }\n"), ":2:14:", "param \"p\": must be a map"},
	{TOP("params: { p: { type: text } }\n"), ":2:22:", "unknown type \"text\""},
	{TOP("params: { p: { type: strin } }\n"), ":2:22:", "did you mean \"string\"?"},
	{TOP("params: { p: { type: [ string, intger ] } }\n"),
		":2:32:", "did you mean \"integer\"?"},
	{TOP("params: { p: { type: array, default: 3 } }\n"), ":2:38:", "must be array"},
	{TOP("params: { p: { type: array, items: { type: integer }, default: [ 1, x ] } }\n"),
		":2:64:", "\"default\": /1: must be a whole number, not a string"},
	{TOP("params: { p: { type: array, items: 3 } }\n"), ":2:36:", "must be"},
	{TOP("params: { p: { pattern: '(' } }\n"), ":2:25:", ""},
	{TOP("params: { p: { $ref: other.json } }\n"), ":2:22:", "other.json"},
	{TOP("params: { p: { minimum: x } }\n"), ":2:25:", "must be a number"},
	{TOP("params: { p: { minimum: 3, default: 2 } }\n"), ":2:37:", "\"default\": "},
	{TOP("params: { p: { defualt: 3 } }\n"), ":2:16:", "did you mean \"default\"?"},
	{TOP("params: { p: { type: integer, default: x } }\n"),
		":2:40:", "\"default\" must be integer, not the text \"x\""},
	{TOP("params: { p: { type: integer, default: 1.5 } }\n"), ":2:40:", "must be integer"},
	{TOP("params: { p: { enum: [] } }\n"), ":2:22:", "\"enum\" is empty"},
	{TOP("params: { p: { type: string, enum: [ a, 1 ] } }\n"),
		":2:41:", "a value of \"enum\" must be string, not the number 1"},
	{TOP("params: { p: { enum: [ a ], default: b } }\n"),
		":2:38:", "is not one of \"enum\""},
	{TOP("params: { p: { default: \"a\\0b\" } }\n"), ":2:25:", "NUL"},
	{TOP("params: { p: { default: 12345678901234567891 } }\n"),
		":2:25:", "12345678901234567891"},
	/* inputs and outputs of the workflow */
	{TOP("inputs: { a/b: {} }\n"), ":2:11:", "\"a/b\" is not a name for an input"},
	{TOP("inputs: { a: x.csv }\n"), ":2:14:", "must be a map such as { path: data.csv }"},
	{TOP("inputs: { a: { path: ../x } }\n"), ":2:22:", "\"../x\" must be a plain path"},
	{TOP("inputs: { a: { path: /etc/x } }\n"), ":2:22:", "give files from elsewhere by -i"},
	{TOP("inputs: { a: { schema: x.v1 } }\n"),
		":2:24:", "there is no schema \"x.v1\"; declare it: schemas: { x.v1: FILE }"},
	{TOP("inputs: { a: { optional: yes } }\n"),
		":2:26:", "must be true or false, not the text \"yes\""},
	{TOP("outputs: { o: x }\n"), ":2:15:", "must be one expression"},
	{TOP("outputs: { o: 3 }\n"), ":2:15:", "must be an expression"},
	{TOP("outputs: { o: \"${{ env.A }}\" }\n"),
		":2:20:", "env cannot be used in an output"},
	{TOP("outputs: { o: \"${{ run.id == 1 }}\" }\n"),
		":2:27:", "a text never equals a number"},
	{TOP("outputs: { o: \"${{ steps.a.out.x }}\" }\n"),
		":2:20:", "step \"a\" declares no outputs"},
	/* env */
	{TOP("env: { 1A: x }\n"), ":2:8:", "\"1A\" is not a variable's name"},
	{TOP("env: { LILY_X: x }\n"), ":2:8:", "are set by lily"},
	{TOP("env: { A: [] }\n"), ":2:11:", "env \"A\": env of the workflow must hold text"},
	{TOP("env: { A: }\n"), ":2:11:", "write \"\" for an empty text"},
	{TOP("env: { A: \"${{ steps.a.out.o }}\" }\n"),
		":2:16:", "only params and run can be used"},
	{TOP("env: { A: \"${{ in.x }}\" }\n"), ":2:16:", "only params and run can be used"},
	{TOP("pass_env: [ 3 ]\n"), ":2:13:", "must hold names, not the number 3"},
	{TOP("pass_env: [ A-B ]\n"), ":2:13:", "\"A-B\" is not a variable's name"},
	/* defaults */
	{TOP("defaults: { policy: 3 }\n"), ":2:21:", "must be the name of a policy"},
	{TOP("defaults: { workspace: lve }\n"), ":2:24:",
		"must be live, private, transaction or none, not \"lve\"; did you mean "
		"\"live\"?"},
	{TOP("defaults: { cache: sometimes }\n"), ":2:20:", "must be auto, true, false or"},
	{TOP("defaults: { tiemout: 3s }\n"), ":2:13:", "did you mean \"timeout\"?"},
	{TOP("defaults: { timeout: 3 }\n"),
		":2:22:", "must be a time such as 90s, 10m or 1h30m"},
	{TOP("defaults: { shell: zsh }\n"), ":2:20:", "unknown shell \"zsh\""},
	{TOP("defaults: { shell: [] }\n"), ":2:20:", "must have 1 to"},
	/* steps: kinds and keys */
	{HEAD "steps: { a/b: { run: x } }\n", ":2:10:", "\"a/b\" is not a name for a step"},
	{HEAD "steps: { a: x }\n", ":2:13:", "step \"a\": must be a map such as { run: make }"},
	{HEAD "steps: { a: {} }\n", ":2:10:", "step \"a\": nothing to do"},
	{HEAD "steps: { a: { needs: [] } }\n", ":2:10:", "nothing to do"},
	{HEAD "steps: { a: { run: x, exec: [ y ] } }\n",
		":2:23:", "\"run\" and \"exec\" cannot stand together"},
	{HEAD "steps: { a: { run: x, llm: {} } }\n", ":2:23:", "key \"llm\" is not honoured"},
	{HEAD "steps: { a: { agent: {} } }\n", ":2:15:", "key \"agent\" is not honoured"},
	{HEAD "steps: { a: { human: {} } }\n", ":2:22:", "human: needs `ask`, the question"},
	{HEAD "steps: { a: { human: x } }\n",
		":2:22:", "\"human\" must be a map such as { ask: \"Is it good?\" }"},
	{HEAD "steps: { a: { human: { ask: ' ' } } }\n", ":2:29:", "\"ask\" is empty"},
	{HEAD "steps: { a: { human: { ask: \"${{ params.x }}?\" } } }\n", ":2:34:", "no param"},
	{HEAD "steps: { a: { human: { ask: x, at: start } } }\n",
		":2:32:", "unknown key \"at\""},
	{HEAD "steps: { a: { human: { ask: x, show: [ y ] } } }\n",
		":2:40:", "what is shown must be an artifact"},
	{HEAD "steps: { a: { human: { ask: x, show: [ \"${{ run.id }}\" ] } } }\n",
		":2:40:", "what is shown must be an artifact"},
	{HEAD "steps: { a: { human: { ask: x, by: [] } } }\n",
		":2:36:", "\"by\" must name 1 to"},
	{HEAD "steps: { a: { human: { ask: x, by: [ 7 ] } } }\n",
		":2:38:", "\"by\" names accounts of this machine"},
	{HEAD "steps: { a: { human: { ask: x, expires: 3 } } }\n",
		":2:41:", "\"expires\" must be a time"},
	{HEAD "steps: { a: { human: { ask: x, expires: 0s } } }\n",
		":2:41:", "\"expires\" must be longer than nothing"},
	{HEAD "steps: { a: { human: { ask: x, schema: y.v1 } } }\n", ":2:40:", "y.v1"},
	{HEAD "steps: { a: { human: { ask: x }, env: { A: b } } }\n",
		":2:34:", "\"env\" does not go with `human`"},
	{HEAD "steps: { a: { human: { ask: x }, out: { b: } } }\n",
		":2:39:", "it has one output, `answer`"},
	{HEAD "steps: { a: { human: { ask: x }, run: y } }\n",
		":2:34:", "\"human\" and \"run\" cannot stand together"},
	{HEAD "steps: { a: { run: x, approve: { at: end, ask: y } } }\n",
		":2:38:", "\"at\" must be start or commit"},
	{HEAD "steps: { a: { run: x, effects: once, approve: { at: commit, ask: y } } }\n",
		":2:53:", "\"at: commit\" does not go with effects: once"},
	{HEAD "steps: { a: { run: x, approve: { ask: y, schema: r.v1 } } }\n",
		":2:42:", "unknown key \"schema\""},
	{HEAD "steps: { a: { human: { ask: x }, approve: { ask: y } } }\n",
		":2:34:", "\"approve\" does not go with `human`"},
	{HEAD "steps: { a: { uses: p/x } }\n", ":2:15:", "key \"uses\" is not honoured"},
	{HEAD "steps: { a: { workflow: f } }\n",
		":2:25:", "f: other files are not to be had here"},
	{HEAD "steps: { a: { steps: {} } }\n", ":2:22:", "\"steps\" is empty; a group has"},
	{HEAD "steps: { a: { steps: { b: { run: x } }, run: y } }\n",
		":2:41:", "\"steps\" and \"run\" cannot stand together"},
	{HEAD "steps: { a: { steps: { b: { run: x } }, timeout: 1s } }\n",
		":2:41:", "\"timeout\" does not go with `steps`"},
	{HEAD "steps: { a: { steps: { b: { run: x, needs: [ c ] } } } }\n",
		":2:46:", "there is no step \"c\""},
	{HEAD "steps: { a: { steps: { b: { run: x } }, needs: [ a/b ] } }\n",
		":2:24:", "a step cannot need itself: a/b"},
	{B("    policy: [ x ]\n"), ":6:13:", "must be the name of a policy"},
	{B("    with: {}\n"), ":6:11:", "`with` goes with `workflow`"},
	{B("    if: x\n"), ":6:9:", "unknown name \"x\""},
	{B("    if: 3\n"), ":6:9:", "\"if\" must be a condition"},
	{B("    if: ''\n"), ":6:9:", "the expression is empty"},
	{B("    if: run.id\n"), ":6:9:", "\"if\" must give true or false, not a text"},
	{B("    if: \"${{ run.id }} == 'a'\"\n"), ":6:9:", "\"if\" is one expression"},
	{B("    if: steps.a.out.o == 1 && in.x == 'a'\n"),
		":6:31:", "is the path of a read-only copy"},
	{B("    if: attempt == 1\n"), ":6:9:", "attempt cannot be used in if"},
	{B("    if: steps.a.status == succeeded\n"), ":6:27:", "unknown name \"succeeded\""},
	{B("    if: steps.a.status == 1\n"), ":6:24:", "a text never equals a number"},
	{B("    if: steps.a.exit == '0'\n"), ":6:22:", "a number stands without quotes"},
	{B("    if: steps.b.status == 'failed'\n"), ":6:9:", "what became of itself"},
	{B("    if: steps.a.statu == 'failed'\n"),
		":6:9:", "did you mean \"steps.STEP.status\"?"},
	{B("    if: env.A == 'x'\n    env: { A: \"${{ in.x }}\" }\n    in: { x: { value: 1 } "
	   "}\n"),
		":6:9:", "is made of what is known only when the step starts"},
	{B("    stdin: ${{ steps.x.out.o }}\n"),
		":6:16:", "step \"b\": stdin: there is no step \"x\""},
	{B("    stdin: x\n    in: { stdin: { value: 1 } }\n"),
		":6:12:", "an input is named stdin, too"},
	{B("    foreach: { in: [ 1 ], glob: x }\n"), ":6:14:", "must have exactly one of"},
	{B("    foreach: { parallel: 3 }\n"), ":6:14:", "must have exactly one of"},
	{B("    foreach: { in: [ 1 ], parallel: 0 }\n"),
		":6:37:", "\"parallel\" must be a whole number from 1"},
	{B("    foreach: { in: [ 1 ], max_failed: 101% }\n"),
		":6:39:", "a share from 0% to 100%, not the text \"101%\""},
	{B("    foreach: { in: [ 1 ], max_failed: -1 }\n"), ":6:39:", "not the number -1"},
	{B("    foreach: { in: [ 1 ], batch: 0 }\n"), ":6:34:", "\"batch\" must be"},
	{B("    foreach: { in: [ 1 ], max_item: 3 }\n"),
		":6:27:", "did you mean \"max_items\"?"},
	{B("    foreach: { in: [ 1 ], key: \"v-${{ nothing.x }}-${{ item }}\" }\n"),
		":6:39:", "unknown name \"nothing\""},
	{B("    foreach: { in: [ 1 ], key: \"${{ item }}-${{ items }}-${{ item == }}\" }\n"),
		":6:69:", "a value is missing at the end"},
	{B("    foreach: { in: [ 1 ], key: \"${{ item }}-${{ index }\" }\n"), ":6:", "}}"},
	{B("    foreach: { matrix: { a: 1 } }\n"),
		":6:29:", "\"a\" of the matrix must be a list"},
	{B("    foreach: { in: [ 1 ], include: [ {} ] }\n"),
		":6:36:", "`include` and `exclude` go with `matrix`"},
	{B("    foreach: { matrix: {}, include: [ 1 ] }\n"),
		":6:39:", "\"include\" must hold maps"},
	{B("    cwd: ../x\n"), ":6:10:", "\"../x\" leads out of the workspace"},
	{B("    cwd: /tmp\n"), ":6:10:", "\"cwd\" is a folder below its root"},
	{B("    cwd: ''\n"), ":6:10:", "the path is empty; write . for the workspace itself"},
	{B("    cwd: [ x ]\n"),
		":6:10:", "\"cwd\" must be a folder of the workspace, not a list"},
	{B("    cwd: x\n    workspace: none\n"),
		":6:10:", "which a step with workspace: none does not have"},
	{B("    secrets: [ T ]\n"), ":6:16:", "there is no secret \"T\""},
	{B("    secrets: [ [ T ] ]\n"), ":6:16:", "must hold names of secrets, not a list"},
	{B("    secrets: T\n"), ":6:14:", "\"secrets\" must be a list such as [ TOKEN ]"},
	{B("    workspace: transaction\n    cache: true\n"), ":7:12:",
		"\"cache\" of a step with \"workspace: transaction\" is not honoured"},
	{B("    workspace: transaction\n    approve: { ask: Well, at: commit }\n"),
		":7:31:", "\"at: commit\" of a step with"},
	{B("    workspace: none\n    out: { o: { path: o.txt } }\n"),
		":7:23:", "leave it out and write $LILY_OUT/o"},
	{B("    cache: {}\n"), ":6:12:", "a map without \"ttl\""},
	{B("    cache: { ttl: 0s }\n"), ":6:19:", "must be a time longer than 0"},
	{B("    cache: { ttl: soon }\n"), ":6:19:", "not \"soon\""},
	{B("    cache: { tll: 3s }\n"), ":6:14:", "did you mean \"ttl\"?"},
	{B("    tools: [ 3 ]\n"), ":6:14:", "must hold names or paths of programs"},
	{B("    tools: [ \"\" ]\n"), ":6:14:", "must hold names or paths of programs"},
	{B("    tools: [ \"${{ params.p }}\" ]\n"), ":6:15:", "a list of tools"},
	{B("    state: 1\n"), ":6:12:", "\"state\" must be true or false, not the number 1"},
	{B("    continue_on_error: maybe\n"), ":6:24:", "must be true or false"},
	/* gates of the run */
	{TOP("gates: []\n"), ":2:8:", "\"gates\" must be a map such as { tests:"},
	{TOP("gates: { g: 3 }\n"), ":2:13:", "gate \"g\": must be a map such as"},
	{TOP("gates: { 'g h': { run: x } }\n"), ":2:10:", "is not a name for a gate"},
	{TOP("gates: { g: { run: x, after: 3 } }\n"),
		":2:30:", "\"after\" must be run, a step, or a list of steps"},
	{TOP("gates: { g: { run: x, after: b } }\n"), ":2:30:", "there is no step \"b\""},
	{TOP("gates: { g: { expr: steps.a.out.o } }\n"),
		":2:21:", "step \"a\" declares no outputs"},
	{TOP("gates: { g: { schema: { o: tree.v1 } } }\n"), ":2:25:", "or give the gate `in`"},
	/* gates of a step */
	{B("    gates: []\n"), ":6:12:", "\"gates\" must be a map such as { tests:"},
	{B("    gates: { g: x }\n"), ":6:17:", "gate \"g\": must be a map such as"},
	{B("    gates: { 'g h': { run: x } }\n"), ":6:14:", "is not a name for a gate"},
	{B("    gates: { g: {} }\n"), ":6:17:", "needs exactly one of run (a script), exec"},
	{B("    gates: { g: { run: x, expr: 'true' } }\n"), ":6:17:", "needs exactly one of"},
	{B("    gates: { g: { runn: x } }\n"), ":6:19:", "did you mean \"run\"?"},
	{B("    gates: { g: { run: '${{ steps.a.exit }}' } }\n"),
		":6:25:", "cannot be used in a script"},
	{B("    gates: { g: { exec: [ x ], timeout: 0s } }\n"),
		":6:41:", "is not a time longer than 0"},
	{B("    gates: { g: { exec: [ x ], required: 1 } }\n"),
		":6:42:", "\"required\" must be true or false"},
	{B("    gates: { g: { expr: 3 > 2, timeout: 1s } }\n"),
		":6:41:", "`timeout` goes with `run` and `exec`"},
	{B("    gates: { g: { expr: 3 > 2, metrics: {} } }\n"),
		":6:41:", "`metrics` goes with `run` and `exec`: nothing else measures"},
	{B("    gates: { g: { expr: 3 > 2, repeat: {} } }\n"),
		":6:40:", "`repeat` goes with `run` and `exec`"},
	{B("    gates: { g: { expr: 3 > 2, shell: sh } }\n"), ":6:39:", "`shell` goes with"},
	{B("    gates: { g: { expr: 'x ${{ 1 }}' } }\n"), ":6:25:", "is one expression"},
	{B("    gates: { g: { expr: \"'a'\" } }\n"),
		":6:26:", "\"expr\" must give true or false, not a text"},
	{B("    gates: { g: { expr: steps.b.out.o.n > 1 } }\n"),
		":6:25:", "step \"b\" declares no outputs"},
	{B("    gates: { g: { expr: \"steps.b.status == 'x'\" } }\n"),
		":6:26:", "a step cannot use what became of itself"},
	{B("    gates: { g: { exec: [ x, \"${{ in.o }}\" ] } }\n"),
		":6:35:", "the gate has no input \"o\""},
	{B("    gates: { g: { run: x, in: { o: { path: ../o } } } }\n"),
		":6:44:", "leads out of the workspace"},
	{B("    gates: { g: { run: x, in: [] } }\n"), ":6:31:", "\"in\" must be a map"},
	{B("    gates: { g: { schema: {} } }\n"), ":6:27:", "\"schema\" checks nothing"},
	{B("    gates: { g: { schema: { o: tree.v1 } } }\n"),
		":6:29:", "the step has no output \"o\"; add it to the step's `out`"},
	{B("    out: { o: { type: file } }\n    gates: { g: { schema: { o: tree.v1 } } }\n"),
		":7:29:", "\"o\" is a file of any kind"},
	{B("    out: { o: }\n    gates: { g: { schema: { o: none.v1 } } }\n"),
		":7:32:", "none.v1"},
	{B("    out: { o: }\n    gates: { g: { schema: { o: 3 } } }\n"),
		":7:32:", "must be the id of a schema"},
	{B("    gates: { g: { run: x, metrics: { m: 3 } } }\n"),
		":6:41:", "metrics \"m\": must be a map such as { min: 0.8 }"},
	{B("    gates: { g: { run: x, metrics: { m: { least: 3 } } } }\n"), ":6:43:",
		"unknown key \"least\"; a metric has min, max, min_change, max_change"},
	{B("    gates: { g: { run: x, metrics: { m: { min: 2, max: 1 } } } }\n"),
		":6:48:", "\"min\" is more than \"max\""},
	{B("    gates: { g: { run: x, repeat: { times: 2, pass: 3 } } }\n"),
		":6:53:", "it never can"},
	{B("    gates: { g: { run: x, repeat: { times: 101 } } }\n"),
		":6:44:", "a whole number from 1 to 100"},
	{B("    effects: once\n    gates: { g: { run: x } }\n"),
		":7:12:", "`gates` of a step with effects: once are not honoured"},
	{B("    gates: { g: { uses: p/x } }\n"),
		":6:19:", "key \"uses\" is not honoured by this build of lily (packs)"},
	{B("    gates: { g: { llm: {} } }\n"), ":6:19:", "key \"llm\" is not honoured"},
	/* each of a gate's keys, with what it must not be */
	{B("    gates: { g: { run: x, in: { o: 3 } } }\n"),
		":6:36:", "must be a reference or a map such as"},
	{B("    gates: { g: { run: x, in: { o: { previous: b } } } }\n"),
		":6:48:", "is an output of an earlier run, STEP.NAME"},
	{B("    gates: { g: { run: x, metrics: [ m ] } }\n"),
		":6:36:", "\"metrics\" must be a map such as"},
	{B("    gates: { g: { run: x, metrics: { 'm n': { min: 1 } } } }\n"),
		":6:38:", "is not a name for a metric"},
	{B("    gates: { g: { run: x, metrics: { m: { min: '1' } } } }\n"),
		":6:48:", "\"min\" must be a number"},
	{B("    gates: { g: { run: x, metrics: { m: { max_change: [] } } } }\n"),
		":6:55:", "\"max_change\" must be a number, such as 0.5"},
	{B("    gates: { g: { run: x, metrics: { m: { max: 1e999 } } } }\n"),
		":6:48:", "1e999 is larger than a number can be"},
	{B("    gates: { g: { run: x, repeat: 3 } }\n"), ":6:35:", "\"repeat\" must be a map"},
	{B("    gates: { g: { run: x, repeat: { times: 1.5 } } }\n"),
		":6:44:", "a whole number from 1 to 100"},
	{B("    gates: { g: { run: x, timeout: soon } }\n"), ":6:36:", "soon"},
	{B("    gates: { g: { run: x, policy: [ p ] } }\n"),
		":6:35:", "must be the name of a policy"},
	{B("    gates: { g: { run: x, env: { LILY_A: b } } }\n"),
		":6:34:", "names that begin with LILY_ are set by lily"},
	{B("    gates: { g: { run: x, pass_env: [ 3 ] } }\n"),
		":6:39:", "must hold names, not the number 3"},
	{B("    gates: { g: { run: x, secrets: [ S ] } }\n"),
		":6:38:", "there is no secret \"S\"; declare it"},
	{B("    gates: { g: { expr: 'true', env: { A: b } } }\n"),
		":6:38:", "`env` goes with `run` and `exec`: nothing else runs a program"},
	{B("    gates: { g: { compare: {} } }\n"), ":6:28:", "\"compare\" compares nothing"},
	{B("    gates: { g: { compare: [] } }\n"), ":6:28:", "\"compare\" must be a map"},
	{B("    gates: { g: { compare: { o: { with: a } } } }\n"),
		":6:30:", "the step has no output \"o\""},
	{B("    out: { o: }\n    gates: { g: { compare: { o: a } } }\n"),
		":7:33:", "compare \"o\": must be a map such as { with: golden.json }"},
	{B("    out: { o: }\n    gates: { g: { compare: { o: { with: 3 } } } }\n"),
		":7:41:", "\"with\" must be a file of the workspace, or previous"},
	{B("    out: { o: { type: json } }\n"
	   "    gates: { g: { compare: { o: { tolerance: 1 } } } }\n"),
		":7:33:", "says not what to compare it with"},
	{B("    out: { o: }\n    gates: { g: { compare: { o: { with: a, tolerance: 1 } } } "
	   "}\n"),
		":7:55:", "\"o\" is a file of no type"},
	{B("    gates: { g: { run: x, grants: [ a ] } }\n"),
		":6:35:", "\"grants\" must be a map"},
	{B("    gates: { g: { run: x, grants: { o: a } } }\n"),
		":6:37:", "the step has no output \"o\""},
	{B(LABEL_OUT "{ run: x, grants: { o: a } } }\n"),
		":7:37:", "what its program reads is bound to nothing that is recorded"},
	{B(LABEL_OUT "{ run: x, in: { p: " LABEL_P " }, grants: { o: a } } }\n"),
		":7:72:", "it does not look at it: take it by the gate's `in`"},
	{B(LABEL_OUT "{ compare: { p: { with: f } }, grants: { o: a } } }\n"),
		":7:58:", "its `compare` does not name it"},
	{B(LABEL_OUT "{ expr: steps.b.out.p == 1, grants: { o: a } } }\n"),
		":7:55:", "its expression does not name it"},
	{B(LABEL_OUT "{ expr: steps.b.out.o == 1, grants: { o: 'a b' } } }\n"),
		":7:58:", "is not a name for a label"},
	{B(LABEL_OUT "{ expr: steps.b.out.o == 1, grants: { o: 3 } } }\n"),
		":7:58:", "must be a label, such as reviewed, not the number 3"},
	{B("    gates: { g: { expr: \"true\", policy: p } }\n"),
		":6:41:", "`policy` goes with `run` and `exec`"},
	{B("    approve: {}\n"), ":6:14:", "approve: needs `ask`"},
	{B("    accepts: [ x ]\n"), ":6:14:", "\"accepts\" must be a map"},
	{B("    accepts: { x: y }\n"), ":6:16:", "the step has no input \"x\""},
	{B(LABEL_IN "{ path: x } }\n    accepts: { x: [ y ] }\n"),
		":7:16:", "is a file of the workspace, which carries no label"},
	{B(LABEL_IN "{ value: 1 } }\n    accepts: { x: [ y ] }\n"),
		":7:16:", "is a value of the file, which carries no label"},
	{B(LABEL_IN "{ from: '${{ inputs.work_order }}', optional: true } }\n    accepts: { x: "
		    "[ y ] }\n"),
		":7:16:", "is given to this file from outside, which carries no label"},
	{B(LABEL_IN "'${{ steps.a.out.o.m }}' }\n    accepts: { x: [ y ] }\n"),
		":7:16:", "is no output of a step of this file as it was made"},
	{B(LABEL_IN "'${{ steps.a.out.o }}' }\n    accepts: { x: [ y ] }\n"),
		":7:21:", "no gate grants \"y\" to steps.a.out.o; add grants: { o: y }"},
	{B(LABEL_IN "'${{ steps.a.out.o }}' }\n    accepts: { x: [ 'y z' ] }\n"),
		":7:21:", "is not a name for a label"},
	{B(LABEL_IN "'${{ steps.a.out.o }}' }\n    accepts: { x: 3 }\n"),
		":7:19:", "must be a label or a list such as [ reviewed ], not the number 3"},
	{B("    effects: onse\n"), ":6:14:", "did you mean \"once\"?"},
	{B("    effects: 1\n"), ":6:14:", "\"effects\" must be pure, idempotent or once"},
	{B("    once_key: x\n"), ":6:15:", "are for steps with effects: once"},
	{B("    effects: pure\n    probe: { run: x }\n"), ":7:12:", "are for steps with"},
	{B("    effects: once\n    once_key: ' '\n"), ":7:15:", "\"once_key\" is empty"},
	{B("    effects: once\n    probe: {}\n"), ":7:12:", "needs exactly one of run"},
	{B("    effects: once\n    probe: { run: '${{ params.x }}' }\n"),
		":7:20:", "cannot be used in a script"},
	{B("    effects: once\n    probe: { exec: [ x ], timeout: 0s }\n"),
		":7:36:", "is not a time longer than 0"},
	{B("    effects: once\n    retry: { attempts: 2 }\n"),
		":7:24:", "is tried again only where its `probe` says"},
	{B("    need: [ a ]\n"), ":6:5:", "unknown key \"need\"; did you mean \"needs\"?"},
	{STEP("    run: \"\"\n"), ":5:10:", "the script is empty"},
	{STEP("    run: [ x ]\n"),
		":5:10:", "\"run\" must be the text of a script, not a list"},
	{STEP("    run: |\n      echo ${{ params.x }}\n"),
		":6:12:", "cannot be used in a script; give it by `env` or `in`"},
	{STEP("    exec: make\n"), ":5:11:", "\"exec\" must be a list such as [ make, check ]"},
	{STEP("    exec: []\n"), ":5:11:", "\"exec\" is empty"},
	{STEP("    exec: [ \"\" ]\n"), ":5:13:", "the program's name is empty"},
	{STEP("    exec: [ a, ~ ]\n"), ":5:16:", "not null"},
	{STEP("    exec: [ a, [ b ] ]\n"),
		":5:16:", "exec must hold text, numbers or booleans, not a list"},
	{STEP("    exec: [ a, \"b\\0\" ]\n"), ":5:16:", "NUL"},
	{STEP("    exec: [ a ]\n    shell: sh\n"), ":6:12:", "`shell` goes with `run` only"},
	/* needs and cycles */
	{B("    needs: a\n"),
		":6:12:", "\"needs\" must be a list of steps, such as [ fetch, build ]"},
	{"lily: 1\nsteps:\n  a: { run: x, needs: [ z ] }\nfinally:\n  z: { run: y }\n",
		":3:3:", "needs \"z\", which is in `finally` and comes after all steps"},
	{"lily: 1\nsteps:\n  a: { run: x }\nfinally:\n  a: { run: y }\n",
		":5:3:", "a step \"a\" is in `steps` already"},
	{"lily: 1\nsteps: { a: { run: x } }\nbudget: { wall: soon }\n",
		":3:17:", "\"wall\" is not a time longer than 0: \"soon\""},
	{"lily: 1\nsteps: { a: { run: x } }\nbudget: { attempts: 0 }\n",
		":3:21:", "\"attempts\" must be a whole number from 1 to 1000000000, not 0"},
	{"lily: 1\nsteps: { a: { run: x } }\nbudget: { tokens: 5 }\n",
		":3:11:", "key \"tokens\" is not honoured by this build of lily (models)"},
	{"lily: 1\nsteps: { a: { run: x } }\nmax_transitions: many\n",
		":3:18:", "\"max_transitions\" must be a whole number"},
	{B("    needs: { a: faild }\n"), ":6:17:",
		"what is needed of \"a\" must be succeeded, failed or finished, not the text "
		"\"faild\"; did you mean \"failed\"?"},
	{B("    needs: { a: [ failed ] }\n"), ":6:17:", "not a list"},
	{B("    needs: { c: failed }\n"), ":6:14:", "there is no step \"c\""},
	{B("    needs: { a: failed }\n    in: { x: '${{ steps.a.out.o }}' }\n"),
		":6:12:", "a step that failed has none"},
	{B("    needs: [ 3 ]\n"), ":6:14:", "must hold names of steps, not the number 3"},
	{B("    needs: [ c ]\n"), ":6:14:", "there is no step \"c\""},
	{B("    needs: [ b ]\n"), ":4:3:", "a step cannot need itself: b → b"},
	{HEAD "steps: { a: { run: x, needs: [ c ] }, b: { run: x, needs: [ a ] }, c: { run: x, "
	      "needs: [ b ] } }\n",
		":2:10:", "a → c → b → a (each needs the next)"},
	/* references */
	{STEP("    exec: [ a, \"${{ params.x\" ]\n"), ":5:16:", "\"${{\" is not closed"},
	{STEP("    exec: [ a, \"${{ }}\" ]\n"), ":5:16:", "is empty"},
	{STEP("    exec: [ a, \"${{ params.x }}\" ]\n"), ":5:21:", "there is no param \"x\""},
	{STEP("    exec: [ a, \"${{ parms.x }}\" ]\n"),
		":5:21:", "unknown name \"parms\"; did you mean \"params\"?"},
	{STEP("    exec: [ a, \"${{ params }}\" ]\n"), ":5:21:", "write params.NAME"},
	{STEP("    exec: [ a, \"${{ item }}\" ]\n"),
		":5:21:", "item is there in the steps of a foreach only"},
	{STEP("    exec: [ a, \"${{ env.X }}\" ]\n"),
		":5:21:", "the step has no variable \"X\"; add it to `env` or `pass_env`"},
	{STEP("    exec: [ a, \"${{ gates.G.status }}\" ]\n"),
		":5:21:", "write gates.STEP.GATE.status or gates.STEP.GATE.metrics.NAME"},
	{STEP("    exec: [ a, \"${{ gates.c.G.status }}\" ]\n"),
		":5:21:", "there is no step \"c\""},
	{STEP("    exec: [ a, \"${{ gates.a.G.status }}\" ]\n"),
		":5:21:", "step \"a\" has no gates"},
	{STEP("    exec: [ a, \"${{ gates.run.G.status }}\" ]\n"),
		":5:21:", "the run has no gate \"G\""},
	{STEP("    exec: [ a, \"${{ gates.a.G.statu }}\" ]\n"),
		":5:21:", "did you mean \"gates.STEP.GATE.status\"?"},
	{STEP("    exec: [ a, \"${{ gates.a.G.metrics }}\" ]\n"),
		":5:21:", "\"metrics\" names no metric"},
	{STEP("    exec: [ a, \"${{ run.x }}\" ]\n"),
		":5:21:", "there are run.id, run.name, run.date, run.started_at, run.status"},
	{STEP("    exec: [ a, \"${{ run.status }}\" ]\n"),
		":5:21:", "only steps of `finally` can use it"},
	{STEP("    exec: [ a, \"${{ steps.a }}\" ]\n"), ":5:21:", "write steps.STEP.out.NAME"},
	{STEP("    exec: [ a, \"${{ steps.a.diff }}\" ]\n"), ":5:21:", "is not honoured"},
	{STEP("    exec: [ a, \"${{ steps.aa.out.o }}\" ]\n"),
		":5:21:", "there is no step \"aa\"; did you mean \"a\"?"},
	{STEP("    exec: [ a, \"${{ steps.a.out.x }}\" ]\n"),
		":5:21:", "step \"a\" declares no output \"x\""},
	{STEP("    exec: [ a, \"${{ steps.a.out.f }}\" ]\n"), ":5:21:",
		"is a file and cannot be put into exec; take it by `in` and write ${{ in.NAME "
		"}}"},
	{STEP("    exec: [ a, \"${{ steps.a.out.d }}\" ]\n"), ":5:21:", "is a directory"},
	{STEP("    exec: [ a, \"${{ steps.a.out.u }}\" ]\n"), ":5:21:", "has no type"},
	{STEP("    exec: [ a, \"${{ inputs.work_order }}\" ]\n"),
		":5:21:", "is a file and cannot be put into exec"},
	{STEP("    exec: [ a, \"${{ inputs.x }}\" ]\n"),
		":5:21:", "the workflow has no input \"x\""},
	{STEP("    exec: [ a, \"${{ in.x }}\" ]\n"),
		":5:21:", "the step has no input \"x\"; add it to `in`"},
	{STEP("    exec: [ a, \"${{ steps.b.out.o }}\" ]\n    out: { o: { type: text } }\n"),
		":5:21:", "a step cannot use its own output"},
	{STEP("    exec: [ a, \"${{ !run.id }}\" ]\n"),
		":5:21:", "! needs true or false, not a text"},
	{STEP("    exec: [ a, \"${{ run.id && run.id }}\" ]\n"),
		":5:21:", "the left side of && must be true or false"},
	{STEP("    exec: [ a, \"${{ foo(1) }}\" ]\n"),
		":5:21:", "there is no function \"foo\""},
	{STEP("    exec: [ a, \"${{ a b }}\" ]\n"), ":5:23:", "missing before \"b\""},
	/* in */
	{B("    in: [ a ]\n"), ":6:9:", "\"in\" must be a map"},
	{B("    in: { a/b: { path: x } }\n"), ":6:11:", "\"a/b\" is not a name for an input"},
	{B("    in: { x: data.csv }\n"),
		":6:14:", "for a file of the workspace write { path: … }"},
	{B("    in: { x: 3 }\n"), ":6:14:", "must be a reference or a map"},
	{B("    in: { x: {} }\n"),
		":6:14:", "needs exactly one of from, path, tree, value and previous"},
	{B("    in: { x: { path: a, tree: b } }\n"), ":6:14:", "needs exactly one of"},
	{B("    in: { x: { path: \"\" } }\n"), ":6:22:", "the path is empty"},
	{B("    in: { x: { path: a/../../b } }\n"), ":6:22:", "leads out of the workspace"},
	{B("    in: { x: { path: /etc/passwd } }\n"), ":6:22:", "leads out of the workspace"},
	{B("    in: { x: { path: \"${{ in.x }}\" } }\n"), ":6:27:", "cannot be part of a path"},
	{B("    in: { x: { from: \"a${{ steps.a.out.o }}\" } }\n"),
		":6:22:", "must be one expression"},
	{B("    in: { x: \"${{ steps.b.out.o }}\" }\n    out: { o: }\n"),
		":6:19:", "its own output"},
	{B("    in: { x: { path: a, schema: s.v1 } }\n"), ":6:33:", "no schema \"s.v1\""},
	{B("    in: { x: { path: a, as: text } }\n"), ":6:29:", "\"as\" must be file, json"},
	{B("    in: { x: { path: a, as: dir } }\n"), ":6:29:", "use tree for a directory"},
	{B("    in: { x: { tree: a, as: json } }\n"), ":6:29:", "a tree is a directory"},
	{B("    in: { x: { previous: a.p } }\n"),
		":6:26:", "\"a\" declares no output \"p\" in this file"},
	{B("    in: { x: { previous: a } }\n"),
		":6:26:", "\"previous\" is an output of an earlier run, STEP.NAME, not \"a\""},
	{B("    in: { x: { previous: c.o } }\n"), ":6:26:", "there is no step \"c\""},
	{B("    in: { x: { previous: a.d, as: json, path: y } }\n"),
		":6:14:", "needs exactly one of"},
	{B("    in: { x: { previous: \"${{ steps.a.out.o }}\" } }\n"),
		":6:27:", "cannot be used in `previous`"},
	{B("    in: { x: { value: { a: [ \"${{ run.idd }}\" ] } } }\n"),
		":6:35:", "did you mean \"run.id\"?"},
	{B("    in: { x: { value: { \"${{ run.id }}\": 1 } } }\n"),
		":6:25:", "${{ }} cannot be used in a key"},
	{B("    in: { x: { value: 0.1e999 } }\n"), ":6:23:", "0.1e999"},
	/* out */
	{B("    out: [ a ]\n"), ":6:10:", "\"out\" must be a map"},
	{B("    out: { .x: }\n"), ":6:12:", "\".x\" is not a name for an output"},
	{B("    out: { x: json }\n"), ":6:15:", "must be empty or a map"},
	{B("    out: { x: { type: jsn } }\n"),
		":6:23:", "unknown type \"jsn\"; did you mean \"json\"?"},
	{B("    out: { x: { schema: x.v1 } }\n"), ":6:25:", "no schema \"x.v1\""},
	{HEAD "schemas: { r.v1: f }\n"
	      "steps: { a: { run: x, out: { o: { schema: r.v2 } } } }\n",
		":3:43:", "did you mean \"r.v1\"?"},
	{HEAD "schemas: { r.v1: f }\n"
	      "steps: { a: { run: x, out: { o: { type: file, schema: r.v1 } } } }\n",
		":3:55:", "checks json, jsonl or text, not a file"},
	{HEAD "schemas: { r.v1: f }\n"
	      "steps: { a: { run: x, in: { o: { tree: d, schema: r.v1 } } } }\n",
		":3:51:", "not a directory"},
	{HEAD "params: { l: { type: array, default: [] } }\n"
	      "steps: { a: { exec: [ x, '${{ params.l }}' ] } }\n",
		":3:31:", "\"params.l\" is a list and cannot be put into exec; take it by in:"},
	{B("    out: { x: { from: stderr } }\n"), ":6:23:", "\"from\" must be stdout"},
	{B("    out: { x: { from: stdout, path: x } }\n"),
		":6:23:", "either from: stdout or path"},
	{B("    out: { x: { from: stdout, type: dir } }\n"),
		":6:23:", "stdout cannot be a directory"},
	{B("    out: { x: { from: stdout }, y: { from: stdout } }\n"),
		":6:44:", "only one output"},
	{B("    out: { x: { path: ../x } }\n"), ":6:23:", "leads out of the workspace"},
	{B("    out: { x: { path: p }, y: { path: ./p/ } }\n"),
		":6:39:", "already an output of step \"b\""},
	{B("    in: { i: { path: q } }\n    out: { x: { path: \"${{ in.i }}\" } }\n"),
		":7:28:", "cannot be part of an output's path"},
	/* timeout, grace, retry */
	{B("    timeout: 90\n"), ":6:14:", "must be a time such as 90s"},
	{B("    timeout: 90 s\n"), ":6:14:", "\"timeout\" is not a time: \"90 s\""},
	{B("    timeout: 0s\n"), ":6:14:", "must be longer than 0"},
	{B("    grace: soon\n"), ":6:12:", "\"grace\" is not a time"},
	{B("    retry: 3\n"), ":6:12:", "\"retry\" must be a map such as { attempts: 3 }"},
	{B("    retry: { attempts: 0 }\n"),
		":6:24:", "from 1 to 1000 (the first counts), not 0"},
	{B("    retry: { attempts: 1.5 }\n"), ":6:24:", "not 1.5"},
	{B("    retry: { attempt: 2 }\n"), ":6:14:", "did you mean \"attempts\"?"},
	{B("    retry: { errors: [] }\n"), ":6:22:", "\"errors\" is empty"},
	{B("    retry: { errors: [ 3 ] }\n"), ":6:24:", "must hold words"},
	{B("    retry: { errors: [ timeot ] }\n"), ":6:24:", "did you mean \"timeout\"?"},
	{B("    retry: { errors: [ rate ] }\n"), ":6:24:", "error \"rate\" is not honoured"},
	{B("    retry: { errors: [ violation ] }\n"), ":6:24:", "is never retried"},
	{B("    retry: { errors: [ exit:0 ] }\n"), ":6:24:", "is no exit code"},
	{B("    retry: { errors: [ exit:256 ] }\n"), ":6:24:", "is no exit code"},
	{B("    retry: { backoff: x }\n"), ":6:23:", "\"backoff\" is not a time"},
	{B("    retry: { max_backoff: x }\n"), ":6:27:", "\"max_backoff\" is not a time"},
	{B("    retry: { factor: 0.5 }\n"), ":6:22:", "\"factor\" must be a number from 1"},
	{B("    retry: { jitter: some }\n"), ":6:22:", "\"jitter\" must be full or none"},
	{B("    retry: { from: last }\n"),
		":6:20:", "\"from: last\" is not honoured by this build of lily (containment)"},
	{B("    retry: { from: dirty }\n"), ":6:20:", "\"from\" must be clean"},
};

/* Each wrong text has just the one error that the table says: no second one follows from it. */
static void
test_wrong_files(void **state)
{
	size_t n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong_files); i++) {
		const struct wrong *w = &wrong_files[i];
		struct workflow *workflow = rig_read("w.yaml", str_of(w->text));
		AUTO_BUF struct buf said = BUF_INIT((size_t)1 << 20);
		AUTO_BUF struct buf place = BUF_INIT(64);

		rig_describe(workflow, &said);
		buf_printf(&place, "error w.yaml%s", w->place);
		if (workflow_errors(workflow) != 1 || !strstr(buf_cstr(&said), w->says) ||
			!str_starts(buf_str(&said), buf_str(&place))) {
			n_wrong++;
			print_error("%s\nwants %s %s\nsays (%zu errors)\n%s\n", w->text,
				w->place, w->says, workflow_errors(workflow), buf_cstr(&said));
		}
		workflow_free(workflow);
	}
	assert_int_equal(n_wrong, 0);
}

static const struct wrong warned_files[] = {
	{B("    in: { x: \"${{ steps.a.out.z }}\" }\n"),
		":6:19:", "\"steps.a.out.z\" may be absent"},
	{B("    in: { x: \"${{ inputs.work_order }}\" }\n"),
		":6:19:", "\"inputs.work_order\" may be absent"},
	{STEP("    exec: [ x, \"${{ steps.a.out.z }}\" ]\n"), ":5:21:",
		"\"steps.a.out.z\" may be absent, and then the step cannot start; write "
		"default"},
	{B("    if: steps.a.out.o.x == 1 && steps.a.out.z == 'x'\n"),
		":6:33:", "\"steps.a.out.z\" may be absent"},
};

static void
test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(warned_files); i++) {
		const struct wrong *w = &warned_files[i];
		struct workflow *workflow = rig_workflow("w.yaml", str_of(w->text));
		AUTO_BUF struct buf said = BUF_INIT((size_t)1 << 20);

		rig_describe(workflow, &said);
		if (!strstr(buf_cstr(&said), w->place) || !strstr(buf_cstr(&said), w->says))
			fail_msg("%s\n%s", w->text, buf_cstr(&said));
		workflow_free(workflow);
	}
}

/* What is right, in all its forms, is accepted without a word. */
static const char *const right_files[] = {
	TOP("x-mine: [ 1 ]\nname: a.b-c_d\ndescription: d\nparallel: 4\n"),
	TOP("params: { a: {}, b: { type: integer, default: 1.0 }, c: { enum: [ 1, x ], "
	    "default: x, "
	    "description: d, x-y: 1 } }\n"),
	TOP("inputs: { a: , b: { path: ./x, optional: true }, work_order: {} }\n"),
	TOP("env: { A: 3.10, B: true, C: \"${{ run.date }}\" }\npass_env: [ A, B ]\n"),
	TOP("defaults: { timeout: 1h30m, grace: 0s, retry: {}, shell: sh, env: { A: 1 }, "
	    "pass_env: [] }\n"),
	HEAD "outputs: { o: \"${{steps.a.out.o}}\" }\nsteps: { a: { run: x, out: { o: } } }\n",
	HEAD "outputs: { o: \"${{ default(steps.a.out.o, run.date) }}\" }\nsteps: { a: { run: "
	     "x, out: "
	     "{ o: { type: text, optional: true } } } }\n",
	STEP("    exec: [ a, \"${{ steps['a'].out.o }}\", \"${{ 'x' }}\", \"${{ 3.5 }}-${{ "
	     "true }}\" ]\n"),
	STEP("    exec: [ a, \"${{ contains(run.id, 'x') && 'a' || 'b' }}\", \"${{ attempt "
	     "}}\" ]\n"),
	STEP("    exec: [ a, \"${{ steps.a.status }}${{ steps.a.attempts }}\" ]\n"),
	STEP("    exec: [ a, \"${{ env.A }}\" ]\n    env: { A: b }\n"),
	STEP("    exec: [ a, \"${{ digest(steps.a.out.f) }}\", \"${{ digest(steps.a.out.d) "
	     "}}\" ]\n"),
	B("    if: steps.a.exit == 0 && steps.a.out.o.risk != 'high'\n"),
	B("    if: \"${{ default(steps.a.out.z, 'x') == 'x' }}\"\n"),
	B("    if: false\n"),
	B("    in: { x: \"${{ steps.a.out.o.list[0] }}\", y: \"${{ run.id }}\", z: { value: { "
	  "a: [ \"${{ "
	  "run.id }}\", \"-${{ run.date }}-\" ], b: \"${{ default(steps.a.out.z, null) }}\" } "
	  "} }\n"),
	STEP("    exec: [ a, 3.10, true, \"${{ steps.a.out.o }}${{ run.id }}\" ]\n"),
	B("    in: { x: \"${{ steps.a.out.f }}\", y: { path: a }, z: { tree: . }, v: { value: "
	  "null }, "
	  "w: { from: \"${{ inputs.work_order }}\", optional: true } }\n"),
	B("    env: { P: \"${{ in.x }}\" }\n    in: { x: { path: y } }\n"),
	B("    out: { x: , y: { from: stdout, type: jsonl }, z: { path: q, type: dir, "
	  "optional: "
	  "true } }\n    x-note: free\n"),
	B("    retry: { attempts: 3, errors: [ exit, exit:3, signal, timeout, schema, lost, "
	  "oom ], "
	  "backoff: 1s, factor: 1.5, max_backoff: 1m, jitter: none, from: clean }\n"),
	B("    needs: [ a, a ]\n    shell: [ python3, -c ]\n"),
};

static void
test_right_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right_files); i++) {
		struct workflow *workflow = rig_workflow("r.yaml", str_of(right_files[i]));
		size_t n;

		(void)workflow_findings(workflow, &n);
		assert_int_equal(n, 0);
		assert_int_equal(workflow_refuse(workflow, NULL), 0);
		workflow_free(workflow);
	}
}

static const struct {
	const char *text;
	const char *says;
} unreadable_files[] = {
	{"steps: [\n", ":2:"},
	{"a: 1\na: 2\n", "2:1:"},
	{"a: *b\n", "1:4:"},
	{"a: \xFF\n", ":1:4:"},
	{"", "there is nothing here"},
};

static void
test_unreadable_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unreadable_files); i++) {
		struct workflow *workflow = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(workflow_read("u.yaml", str_of(unreadable_files[i].text), NULL,
					 &workflow, &err),
			ERR_INVALID);
		if (!strstr(err.message, unreadable_files[i].says))
			fail_msg("%s", err.message);
	}
}

/* All findings are told, in the order of the file, past a hundred by their number. */
static void
test_many_findings(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct workflow *workflow;
	struct err err = ERR_INIT;
	const struct finding *findings;
	size_t n;

	(void)state;
	buf_add_cstr(&text, HEAD "steps:\n");
	for (int i = 0; i < 150; i++)
		buf_printf(&text, "  s%d: { run: x, needs: [ nosuch ], timeout: q }\n", i);
	workflow = rig_read("m.yaml", buf_str(&text));
	findings = workflow_findings(workflow, &n);
	assert_int_equal(workflow_errors(workflow), 300);
	assert_int_equal(n, 101);
	for (size_t i = 1; i < 100; i++)
		assert_true(findings[i - 1].offset <= findings[i].offset);
	assert_int_equal(findings[100].offset, SOURCE_NOWHERE);
	assert_true(str_is(findings[100].message, "and 200 more errors"));
	assert_int_equal(workflow_refuse(workflow, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "m.yaml:3:"));
	assert_non_null(strstr(err.message, "more errors"));
	workflow_free(workflow);
}

/* Rounds of checking find things in another order than that of the file. */
static void
test_order_of_findings(void **state)
{
	struct workflow *workflow = rig_read("o.yaml",
		STR(HEAD "outputs: { o: x }\nsteps:\n  a: { run: x, timeout: q }\n  b: { run: "
			 "x, zebra: 1 "
			 "}\n  c: { run: x, needs: [ nosuch ] }\n"));
	const struct finding *findings;
	size_t n;

	(void)state;
	findings = workflow_findings(workflow, &n);
	assert_int_equal(n, 4);
	for (size_t i = 1; i < n; i++)
		assert_true(findings[i - 1].offset < findings[i].offset);
	workflow_free(workflow);
}

/* A circle of 10 000 steps is found without recursion and told in one line. */
static void
test_long_cycle(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 22);
	AUTO_BUF struct buf said = BUF_INIT((size_t)1 << 16);
	struct workflow *workflow;

	(void)state;
	buf_add_cstr(&text, HEAD "steps:\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&text, "  s%d: { run: x, needs: [ s%d ] }\n", i, (i + 1) % 10000);
	buf_add_cstr(
		&text, "  p: { run: x, needs: [ q ] }\n  q: { run: x, needs: [ p, s1 ] }\n");
	workflow = rig_read("c.yaml", buf_str(&text));
	rig_describe(workflow, &said);
	assert_int_equal(workflow_errors(workflow), 2);
	assert_non_null(strstr(buf_cstr(&said),
		"s0 → s1 → s2 → s3 → s4 → s5 → s6 → s7 → … 9988 more … → s9996 → s9997 → s9998 "
		"→ "
		"s9999 → s0 (each needs the next)"));
	assert_non_null(strstr(buf_cstr(&said), "p → q → p (each needs the next)"));
	workflow_free(workflow);
}

static const struct {
	const char *path;
	const char *name;
} names_of_files[] = {
	{"fix-bug.lily.yaml", "fix-bug"},
	{"a/b/c.d.lily.yaml", "c.d"},
	{"x.json", "x"},
	{"my flow.lily.yaml", "my-flow"},
	{"-x.yaml", "_x"},
	{".lily.yaml", "workflow"},
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names_of_files); i++) {
		struct workflow *workflow = rig_workflow(names_of_files[i].path, STR(TOP("")));

		if (!str_is(workflow_name(workflow), names_of_files[i].name))
			fail_msg("%s: %.*s", names_of_files[i].path,
				STR_ARG(workflow_name(workflow)));
		assert_int_equal(workflow_steps(workflow), 1);
		workflow_free(workflow);
	}
}

static void
test_declarations(void **state)
{
	struct workflow *workflow = rig_workflow("d.yaml",
		STR(TOP("params: { p: { type: string, description: how, default: x }, q: {} }\n"
			"inputs: { i: { path: f }, j: { optional: true } }\n")));
	const struct workflow_param *params;
	const struct workflow_input_declaration *inputs;
	size_t n;

	(void)state;
	params = workflow_params(workflow, &n);
	assert_int_equal(n, 2);
	assert_true(str_is(params[0].name, "p") && str_is(params[0].type, "string"));
	assert_true(str_is(params[0].description, "how"));
	assert_true(str_is(value_text(params[0].fallback), "x"));
	assert_true(params[1].fallback == NULL && params[1].type.n == 0);
	inputs = workflow_inputs(workflow, &n);
	assert_int_equal(n, 2);
	assert_true(str_is(inputs[0].path, "f") && !inputs[0].optional);
	assert_true(inputs[1].path.n == 0 && inputs[1].optional);
	workflow_free(workflow);
}

static const struct {
	const char *type;
	const char *text;
	int kind; /* enum value_kind, or -1: refused */
} param_texts[] = {
	{"type: string", "3", VALUE_STRING},
	{"type: string", "", VALUE_STRING},
	{"type: integer", "3", VALUE_NUMBER},
	{"type: integer", "-3", VALUE_NUMBER},
	{"type: integer", "3.0", VALUE_NUMBER},
	{"type: integer", "3.5", -1},
	{"type: integer", "three", -1},
	{"type: integer", " 3", -1},
	{"type: integer", "+3", -1},
	{"type: integer", "[3]", -1},
	{"type: integer", "", -1},
	{"type: integer", "12345678901234567891", -1},
	{"type: number", "3.10", VALUE_NUMBER},
	{"type: number", "1e400", -1},
	{"type: number", "x", -1},
	{"type: boolean", "true", VALUE_BOOL},
	{"type: boolean", "yes", -1},
	{"type: string, enum: [ a, b ]", "a", VALUE_STRING},
	{"type: string, enum: [ a, b ]", "c", -1},
	{"type: integer, enum: [ 1, 2 ]", "2", VALUE_NUMBER},
	{"type: integer, enum: [ 1, 2 ]", "3", -1},
	{"enum: [ 1, x, true ]", "1", VALUE_NUMBER},
	{"enum: [ 1, x, true ]", "true", VALUE_BOOL},
	{"enum: [ 1, x, true ]", "y", -1},
	{"description: d", "3", VALUE_STRING},
	{"type: string", "\xFF", -1},
	{"type: array, items: { type: integer }", "[1, 2]", VALUE_ARRAY},
	{"type: array, items: { type: integer }", "[1, x]", -1},
	{"type: array, items: { type: integer }", "[\"1\"]", -1},
	{"type: array", "1", -1},
	{"type: object, required: [ a ]", "{\"a\": null}", VALUE_OBJECT},
	{"type: object, required: [ a ]", "{}", -1},
	{"type: object", "{\"a\":1,\"a\":2}", -1},
	{"type: 'null'", "null", VALUE_NULL},
	{"type: [ integer, string ]", "3", VALUE_NUMBER},
	{"type: [ integer, string ]", "x", VALUE_STRING},
	{"type: [ string, 'null' ]", "null", VALUE_NULL},
	{"type: [ integer, 'null' ]", "x", -1},
	{"minimum: 3", "3", VALUE_STRING},
	{"anyOf: [ { type: integer, maximum: 9 }, { type: array } ]", "3", VALUE_NUMBER},
	{"anyOf: [ { type: integer, maximum: 9 }, { type: array } ]", "x", -1},
	{"type: integer, minimum: 3", "2", -1},
	{"type: string, pattern: '^a+$'", "aa", VALUE_STRING},
	{"type: string, pattern: '^a+$'", "ab", -1},
	{"const: 3", "3", VALUE_NUMBER},
};

static void
test_param_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(param_texts); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const char *text = arena_printf(
			&arena, TOP("params: { p: { %s } }\n"), param_texts[i].type);
		struct workflow *workflow = rig_workflow("p.yaml", str_of(text));
		struct err err = ERR_INIT;
		struct value v;
		int r = workflow_param_parse(
			workflow, STR("p"), str_of(param_texts[i].text), &arena, &v, &err);

		if (param_texts[i].kind < 0 ? r != ERR_INVALID
					    : r || v.kind != param_texts[i].kind)
			fail_msg("%s as %s: %d %s", param_texts[i].text, param_texts[i].type, r,
				err.message);
		if (r < 0)
			assert_non_null(strstr(err.message, "p.yaml:2:11:"));
		assert_int_equal(
			workflow_param_parse(workflow, STR("pp"), STR("x"), &arena, &v, &err),
			ERR_INVALID);
		assert_non_null(strstr(err.message, "did you mean \"p\"?"));
		workflow_free(workflow);
	}
}

/* Names may contain dots: what can be read in two ways is refused, what cannot is not. */
static void
test_dotted_names(void **state)
{
	static const char text[] =
		HEAD "steps:\n"
		     "  a: { run: x, out: { b.out.c: { type: text } } }\n"
		     "  a.out.b: { run: x, out: { c: { type: text }, d: { type: text } } }\n"
		     "  ok: { exec: [ x, \"${{ steps.a.out.b.out.d }}\" ] }\n"
		     "  no: { exec: [ x, \"${{ steps.a.out.b.out.c }}\" ] }\n";
	struct workflow *workflow = rig_read("n.yaml", str_of(text));
	AUTO_BUF struct buf said = BUF_INIT((size_t)1 << 16);

	(void)state;
	rig_describe(workflow, &said);
	assert_int_equal(workflow_errors(workflow), 1);
	assert_non_null(strstr(buf_cstr(&said), ":6:25: step \"no\""));
	assert_non_null(strstr(buf_cstr(&said), "can be read in two ways"));
	workflow_free(workflow);
}

/* They are wrong, and following them had no end. */
static void
test_outputs_of_groups_that_name_each_other(void **state)
{
	static const char text[] = HEAD
		"steps:\n"
		"  a: { steps: { x: { run: y } }, outputs: { o: \"${{ steps.b.out.o }}\" } }\n"
		"  b: { steps: { x: { run: y } }, outputs: { o: \"${{ steps.a.out.o }}\" } }\n"
		"  u: { run: x, in: { i: \"${{ steps.a.out.o }}\" } }\n";
	struct workflow *workflow;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(workflow_read("w.yaml", STR(text), NULL, &workflow, &err), 0);
	assert_int_equal(workflow_errors(workflow), 3);
	workflow_free(workflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_outputs_of_groups_that_name_each_other),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_right_files),
		cmocka_unit_test(test_unreadable_files),
		cmocka_unit_test(test_many_findings),
		cmocka_unit_test(test_order_of_findings),
		cmocka_unit_test(test_long_cycle),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_declarations),
		cmocka_unit_test(test_param_texts),
		cmocka_unit_test(test_dotted_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
