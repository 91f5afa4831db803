// lily, ajv and Hyperjump behind one face: engine.compile(task) gives a function that says of the text of
// a value '1' or '0', or 'L' where the engine gave up (a stack, a limit); it throws where the engine does
// not take the schema.
//
// A task is {schema: text, draft, uri, documents: [[uri, text], …]}. Nothing is ever fetched.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { createInterface } from 'node:readline';
import { dialectOf } from './dialects.mjs';

export class Lily {
	constructor(command) {
		this.name = 'lily';
		this.waiting = [];
		this.child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
		createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift().resolve(line));
		this.child.on('close', (code, signal) => {
			for (const { reject } of this.waiting.splice(0))
				reject(new Error(`lily's program ended: ${signal || code}`));
		});
	}

	ask(task, instances, more = '') {
		const documents = task.documents.map(([uri, text]) => `[${JSON.stringify(uri)},${text}]`);
		const line = `{"uri":${JSON.stringify(task.uri)},"draft":"${task.draft}","documents":[${documents}],` +
			`"schema":${task.schema},"instances":[${instances}]${more}}`;
		return new Promise((resolve, reject) => {
			this.waiting.push({ resolve, reject });
			this.child.stdin.write(`${line.replace(/\n/g, ' ')}\n`);
		});
	}

	async answers(task, instances) {
		const line = await this.ask(task, instances);
		if (/^(invalid|refused) /.test(line))
			throw new Error(line);
		return Array.from(line);
	}

	// What lily finds wrong with the value.
	async explain(task, instance) {
		const line = await this.ask(task, [instance], ',"explain":0');
		return /^[0D] /.test(line) ? JSON.parse(line.slice(2)) : '';
	}

	end() {
		this.child.stdin.end();
	}
}

export class Ajv {
	constructor(peers) {
		this.name = 'ajv';
		const from = createRequire(`${peers}/`);
		this.classes = {
			'draft-04': from('ajv-draft-04').default,
			'draft-06': from('ajv').default,
			'draft-07': from('ajv').default,
			'2019-09': from('ajv/dist/2019').default,
			'2020-12': from('ajv/dist/2020').default,
		};
		this.meta6 = from('ajv/dist/refs/json-schema-draft-06.json');
	}

	async answers(task, instances) {
		// ownProperties: else "toString" is a member of every object.
		const ajv = new this.classes[task.draft]({ strict: false, validateFormats: false, logger: false,
			ownProperties: true, unicodeRegExp: true });
		if (task.draft === 'draft-06')
			ajv.addMetaSchema(this.meta6);
		for (const [uri, text] of task.documents)
			ajv.addSchema(JSON.parse(text), uri);
		const schema = JSON.parse(task.schema);
		const named = typeof schema === 'object' && typeof (schema.$id ?? schema.id) === 'string';
		let validate;
		if (named) {
			validate = ajv.compile(schema);
		} else {
			ajv.addSchema(schema, task.uri);
			validate = ajv.getSchema(task.uri);
		}
		return instances.map((text) => sayOf(() => validate(JSON.parse(text))));
	}
}

export class Hyperjump {
	constructor(peers) {
		this.name = 'hyperjump';
		this.peers = peers;
	}

	async load() {
		const from = (path) => import(pathToFileURL(`${this.peers}/node_modules/@hyperjump/${path}`));
		this.api = await from('json-schema/draft-2020-12/index.js');
		for (const draft of ['04', '06', '07', '2019-09'])
			await from(`json-schema/draft-${draft}/index.js`);
		const { addUriSchemePlugin } = await from('browser/lib/index.js');
		const nothing = { retrieve: (uri) => { throw new Error(`nothing is fetched: ${uri}`); } };
		for (const scheme of ['http', 'https', 'file'])
			addUriSchemePlugin(scheme, nothing);
		this.api.setShouldValidateFormat?.(false);
		this.serial = 0;
		return this;
	}

	async answers(task, instances) {
		const { registerSchema, unregisterSchema, validate } = this.api;
		const registered = [];
		const register = (text, uri) => {
			registerSchema(JSON.parse(text), uri, dialectOf(task.draft));
			registered.push(uri);
		};
		try {
			for (const [uri, text] of task.documents)
				register(text, uri);
			register(task.schema, task.uri);
			const check = await validate(task.uri);
			return instances.map((text) => sayOf(() => check(JSON.parse(text)).valid));
		} finally {
			registered.forEach((uri) => unregisterSchema(uri));
		}
	}
}

function sayOf(check) {
	try {
		return check() ? '1' : '0';
	} catch (error) {
		if (error instanceof RangeError)
			return 'L';
		return 'X';
	}
}
