// What scripts/check-workflow-schema runs: a client of yaml-language-server, over stdio.
// ask-language-server.mjs FOLDER SOURCE: FOLDER has node_modules, workflow.schema.json and files, a list
// of good workflows below SOURCE, each ended by NUL. Prints what was asked; exits 1 where an answer
// is wrong.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, source] = process.argv.slice(2);
const server = spawn(process.execPath, [
	join(folder, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio',
]);
const schemaUri = pathToFileURL(join(folder, 'workflow.schema.json')).href;
const settings = {
	yaml: {
		schemas: { [schemaUri]: '*.lily.yaml' }, completion: true, validate: true, hover: true,
		schemaStore: { enable: false },
	},
};
const waiting = new Map();
const diagnostics = new Map();
let received = Buffer.alloc(0);
let lastId = 0;
let failures = 0;

function send(message) {
	const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
	server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
	server.stdin.write(body);
}

function request(method, params) {
	const id = ++lastId;
	send({ id, method, params });
	return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

function answer(message) {
	if (message.method === 'textDocument/publishDiagnostics') {
		diagnostics.get(message.params.uri)?.(message.params.diagnostics);
	} else if (message.method === 'workspace/configuration') {
		send({ id: message.id, result: message.params.items.map((i) => settings[i.section] ?? null) });
	} else if (message.method && message.id !== undefined) {
		send({ id: message.id, result: null });
	} else if (waiting.has(message.id)) {
		const { resolve, reject } = waiting.get(message.id);
		waiting.delete(message.id);
		message.error ? reject(new Error(message.error.message)) : resolve(message.result);
	}
}

server.stdout.on('data', (chunk) => {
	received = Buffer.concat([received, chunk]);
	for (;;) {
		const end = received.indexOf('\r\n\r\n');
		if (end < 0) return;
		const size = Number(/Content-Length: (\d+)/.exec(received.subarray(0, end).toString())[1]);
		if (received.length < end + 4 + size) return;
		const body = received.subarray(end + 4, end + 4 + size).toString();
		received = received.subarray(end + 4 + size);
		answer(JSON.parse(body));
	}
});

function expect(what, isRight, found) {
	console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}`);
	if (!isRight) {
		failures++;
		console.log(`       found: ${JSON.stringify(found)}`);
	}
}

let opened = 0;
// Opens a text and gives its URI and what the server says of it.
async function open(text) {
	const uri = `file:///tmp/editor/${++opened}.lily.yaml`;
	const said = new Promise((resolve, reject) => {
		const tooLate = setTimeout(() => reject(new Error(`no diagnostics of ${uri}`)), 20000);
		diagnostics.set(uri, (list) => { clearTimeout(tooLate); resolve(list); });
	});
	send({ method: 'textDocument/didOpen', params: {
		textDocument: { uri, languageId: 'yaml', version: 1, text } } });
	return { uri, list: await said };
}

// Where '|' stands in the text is asked for completion.
async function complete(text) {
	const before = text.slice(0, text.indexOf('|')).split('\n');
	const { uri } = await open(text.replace('|', ''));
	const found = await request('textDocument/completion', {
		textDocument: { uri },
		position: { line: before.length - 1, character: before.at(-1).length },
	});
	return found.items ?? found;
}

async function offers(what, text, labels) {
	const items = await complete(text);
	const missing = labels.filter((label) => !items.some((i) => i.label === label));
	const silent = labels.filter((label) =>
		items.some((i) => i.label === label && i.kind === 10 && !i.documentation));
	expect(`${what}: offers ${labels.join(' ')}`, missing.length === 0,
		{ missing, offered: items.map((i) => i.label) });
	expect(`${what}: says what they are`, silent.length === 0, silent);
}

async function objects(what, text, line, words) {
	const { list } = await open(text);
	expect(`${what}: line ${line + 1}, ${words}`,
		list.some((d) => d.range.start.line === line && d.message.includes(words)), list);
}

async function ask() {
	await request('initialize', { processId: process.pid, rootUri: null,
		capabilities: { workspace: { configuration: true },
			textDocument: { completion: { completionItem: { documentationFormat: ['markdown'] } } } } });
	send({ method: 'initialized', params: {} });
	send({ method: 'workspace/didChangeConfiguration', params: { settings } });

	await offers('the file', 'lily: 1\n|', ['name', 'steps', 'params', 'policies', 'routes', 'finally']);
	await offers('a step', 'lily: 1\nsteps:\n  a:\n    |',
		['run', 'exec', 'llm', 'agent', 'human', 'needs', 'retry', 'gates', 'foreach', 'workspace']);
	await offers('a step with a kind', 'lily: 1\nsteps:\n  a:\n    run: make\n    |', ['needs', 'out', 'timeout']);
	await offers('retries', 'lily: 1\nsteps:\n  a:\n    run: make\n    retry:\n      |',
		['attempts', 'errors', 'backoff', 'jitter']);
	await offers('a word of a list', 'lily: 1\nsteps:\n  a:\n    run: make\n    effects: |', ['pure', 'idempotent', 'once']);
	await offers('a gate', 'lily: 1\nsteps:\n  a:\n    run: make\n    gates:\n      t:\n        |',
		['run', 'exec', 'expr', 'compare', 'required', 'metrics', 'grants', 'repeat']);
	await offers('a gate of the run', 'lily: 1\ngates:\n  t:\n    |', ['after', 'exec', 'required']);
	await offers('labels', 'lily: 1\nsteps:\n  a:\n    run: make\n    |', ['accepts', 'approve', 'gates', 'once_key']);
	await offers('a question', 'lily: 1\nsteps:\n  a:\n    human:\n      |', ['ask', 'show', 'schema', 'by', 'expires']);
	await offers('an approval', 'lily: 1\nsteps:\n  a:\n    run: make\n    approve:\n      |', ['ask', 'at', 'expires']);
	await offers('what a rule looks at', 'lily: 1\nroutes:\n  - id: a\n    when:\n      |',
		['step', 'status', 'gate', 'metric', 'visits', 'label_missing']);
	await offers('what a rule does', 'lily: 1\nroutes:\n  - id: a\n    then:\n      |',
		['goto', 'feedback', 'retry', 'escalate', 'abort']);
	await offers('who is told', 'lily: 1\nnotify:\n  |', ['exec', 'events']);
	await offers('runs that exclude each other', 'lily: 1\nconcurrency:\n  |', ['key', 'busy']);
	await offers('items', 'lily: 1\nsteps:\n  a:\n    foreach:\n      |', ['in', 'glob', 'matrix', 'key', 'max_failed']);
	await offers('a policy', 'lily: 1\npolicies:\n  p:\n    |', ['write', 'deny', 'net', 'limits']);

	await objects('a misspelt key', 'lily: 1\nsteps:\n  a:\n    run: make\n    nedes: [ b ]\n', 4, 'nedes');
	await objects('a misspelt key of the file', 'lily: 1\nstesp: {}\nsteps: { a: { run: make } }\n', 1, 'stesp');
	await objects('a wrong type', 'lily: 1\nsteps:\n  a:\n    exec: make check\n', 3, 'array');
	await objects('a wrong word', 'lily: 1\nsteps:\n  a:\n    run: make\n    effects: twice\n', 4, 'pure');
	await objects('a rule without an end', 'lily: 1\nsteps: { a: { run: make } }\nroutes:\n  - id: a\n    wehn: {}\n', 4, 'wehn');
	await objects('no time', 'lily: 1\nsteps:\n  a:\n    run: make\n    timeout: soon\n', 4, 'pattern');
	await objects('no steps', 'lily: 1\n', 0, 'steps');

	const { uri } = await open('lily: 1\nsteps:\n  a:\n    run: make\n    timeout: 10m\n');
	const hover = await request('textDocument/hover',
		{ textDocument: { uri }, position: { line: 4, character: 6 } });
	expect('the pointer on a key: its description',
		JSON.stringify(hover ?? '').includes('How long an attempt may take'), hover);

	for (const file of readFileSync(join(folder, 'files'), 'utf8').split('\0').filter(Boolean)) {
		const { list } = await open(readFileSync(join(source, file), 'utf8'));
		expect(`${file}: nothing to say`, list.length === 0, list);
	}
}

const deadline = setTimeout(() => { console.log('FAILED no answer in time'); process.exit(1); }, 120000);
try {
	await ask();
} catch (error) {
	console.log(`FAILED ${error.message}`);
	failures++;
}
clearTimeout(deadline);
server.kill();
console.log(failures ? `${failures} failed` : 'all as it should be');
process.exit(failures ? 1 : 0);
