// Says where lily, ajv and Hyperjump do not agree; scripts/check-schemas runs it.
//
//	node check.mjs PEERS SUITES NUMBER SEED LILY…
//
// LILY… is the command of contract-schema-lines.

import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { Ajv, Hyperjump, Lily } from './engines.mjs';
import { draftOf } from './dialects.mjs';
import { DRAFTS, nearValue, randomSchema, randomValue } from './generate.mjs';
import { mutate, wordsOf } from './mutate.mjs';
import { Random, write } from './random.mjs';
import { reasonOf } from './known.mjs';
import { read, shrink } from './shrink.mjs';

const INSTANCES = 12;
const SHOWN = 3;
const SHRINKS = 600;
const TRIES = 250;
const LARGE = 20000; // characters of a schema, from which on little is tried
const URI = 'https://schema.test/it';
const MAPS = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies',
	'dependentRequired'];
const NO_SCHEMA = ['enum', 'const', 'default', 'examples'];

const [, , peers, suites, numberText, seedText, linesTool, ...lilyCommand] = process.argv;
const number = Number(numberText);
const random = new Random(Number(seedText));
const lily = new Lily(lilyCommand);
const engines = [lily, new Ajv(peers), await new Hyperjump(peers).load()];
const groups = new Map();
const total = { schemas: 0, values: 0, valid: 0, differ: 0, shrinks: 0 };
const taken = new Map(engines.map((engine) => [engine.name, 0]));
const refusals = new Map();

function keywordsOf(schema) {
	const keywords = new Set();
	const stack = [[schema, false]];
	while (stack.length) {
		const [value, isMap] = stack.pop();
		if (Array.isArray(value))
			stack.push(...value.map((item) => [item, false]));
		else if (value && typeof value === 'object')
			for (const [key, inner] of Object.entries(value)) {
				if (!isMap)
					keywords.add(key);
				if (isMap || !NO_SCHEMA.includes(key))
					stack.push([inner, !isMap && MAPS.includes(key)]);
			}
	}
	return keywords;
}

async function answersOf(task, instances) {
	return Promise.all(engines.map(async (engine) => {
		try {
			return await engine.answers(task, instances);
		} catch (error) {
			if (error.message.startsWith('lily\'s program'))
				throw error;
			return error;
		}
	}));
}

// Who stands alone among the three answers; null where they agree, or where somebody did not answer.
function loner([ours, ajv, hyperjump]) {
	const clear = (answer) => answer === '0' || answer === '1';
	if (!clear(ours))
		return ours === 'L' && (!clear(ajv) || !clear(hyperjump)) ? null : 'lily';
	if (clear(ajv) && clear(hyperjump))
		return ajv === hyperjump ? (ours === ajv ? null : 'peers') : ours === ajv ? 'hyperjump' : 'ajv';
	if (clear(ajv) && ajv !== ours)
		return 'ajv';
	return clear(hyperjump) && hyperjump !== ours ? 'hyperjump' : null;
}

const pickAt = (answers, i) => answers.map((list) => (Array.isArray(list) ? list[i] : '-'));

function note(key, text, isKnown) {
	const group = groups.get(key) || { times: 0, shown: [], isKnown };
	groups.set(key, group);
	if (group.times++ < SHOWN)
		group.shown.push(text);
}

async function judge(task, instance, answers, origin) {
	const who = loner(answers);
	const asked = `${who} ${answers}`;
	const simple = { ...task, who, instance, answers };
	const early = reasonOf({ ...simple, keywords: keywordsOf(JSON.parse(task.schema)), isWhole: true });
	if (early && total.shrinks > SHRINKS / 2) {
		note(`${who}: ${early}`, '', true);
		return;
	}
	let [schema, value] = [read(task.schema), read(instance)];
	if (total.shrinks++ < SHRINKS) {
		const tries = task.schema.length > LARGE ? 60 : TRIES;
		[schema, value] = await shrink(schema, value, async (schemaText, valueText) => {
			const smaller = pickAt(await answersOf({ ...task, schema: schemaText }, [valueText]), 0);
			return `${loner(smaller)} ${smaller}` === asked;
		}, tries);
	}
	const small = { ...simple, schema: write(schema), instance: write(value), keywords: keywordsOf(schema) };
	const reason = reasonOf(small);
	const described = engines.map((engine, i) => `${engine.name} ${answers[i]}`).join(', ');
	const words = Array.from(small.keywords).filter((word) => !word.startsWith('$') || /ref/i.test(word)).sort().join(' ');
	let why = '';
	if (!reason && /[0D]/.test(answers[0]))
		why = (await lily.explain({ ...task, schema: small.schema }, small.instance)).split('\n')[0];
	note(reason ? `${who}: ${reason}` : `${who} alone [${words}]`,
		`${task.draft}, ${origin}: ${described}\n    schema ${small.schema.slice(0, 1500)}\n    value  ` +
		`${small.instance.slice(0, 500)}${why ? `\n    lily says ${why}` : ''}`, Boolean(reason));
}

function noteRefusal(task, answers, origin) {
	engines.forEach((engine, i) => {
		if (Array.isArray(answers[i])) {
			taken.set(engine.name, taken.get(engine.name) + 1);
			return;
		}
		const message = String(answers[i].message || answers[i]).split('\n')[0].slice(0, 120);
		const key = `${engine.name} ${message.replace(/"[^"]*"|\d+|https?:\S+|\S*#\S*/g, '…')}`;
		refusals.set(key, (refusals.get(key) || 0) + 1);
	});
	const [ours, ajv, hyperjump] = answers.map(Array.isArray);
	if (ours || !ajv || !hyperjump)
		return;
	const small = { ...task, who: 'refused', instance: 'null', answers, keywords: keywordsOf(JSON.parse(task.schema)) };
	const reason = reasonOf(small);
	note(reason ? `lily refuses: ${reason}` : 'lily alone refuses a schema', `${task.draft}, ${origin}: ${answers[0].message}` +
		`\n    schema ${task.schema.slice(0, 1000)}`, Boolean(reason));
}

async function check(task, instances, origin) {
	const answers = await answersOf(task, instances);
	total.schemas++;
	noteRefusal(task, answers, origin);
	if (!Array.isArray(answers[0]))
		return;
	for (let i = 0; i < instances.length; i++) {
		const all = pickAt(answers, i);
		total.values++;
		total.valid += all[0] === '1' ? 1 : 0;
		if (loner(all)) {
			total.differ++;
			await judge(task, instances[i], all, origin);
		}
	}
}

async function checkRandom() {
	const draft = random.pick(DRAFTS);
	const schema = randomSchema(random, draft);
	const words = wordsOf(schema);
	const values = [];
	for (let i = 0; i < INSTANCES; i++) {
		const kind = random.below(10);
		const near = kind < 7 ? nearValue(random, schema) : randomValue(random);
		values.push(kind === 0 || kind === 9 ? mutate(random, near, words) : near);
	}
	const task = { schema: write(schema), draft, uri: URI, documents: [] };
	await check(task, values.map((value) => write(value, random)), 'random');
}

function instancesAround(schema, values, each) {
	const words = wordsOf(schema);
	const around = values.flatMap((value) => Array.from({ length: each }, () => mutate(random, value, words)));
	return [...values, ...around].map((value) => write(value, random));
}

function suiteGroups() {
	const list = [];
	const folders = { 'draft-04': 'draft4', 'draft-06': 'draft6', 'draft-07': 'draft7', '2019-09': 'draft2019-09',
		'2020-12': 'draft2020-12' };
	for (const [draft, folder] of Object.entries(folders))
		for (const file of readdirSync(`${suites}/json-schema/tests/${folder}`).filter((name) => name.endsWith('.json'))) {
			const text = readFileSync(`${suites}/json-schema/tests/${folder}/${file}`, 'utf8');
			for (const group of read(text))
				list.push({ draft, group, origin: `${folder}/${file}: ${group.description}` });
		}
	return list;
}

async function checkSuite({ draft, group, origin }) {
	const task = { schema: write(group.schema), draft: draftOf(group.schema, draft), uri: URI, documents: [] };
	if (!task.draft || /localhost:1234/.test(task.schema))
		return;
	await check(task, instancesAround(group.schema, group.tests.map((test) => test.data), 4), origin);
}

function storeSchemas() {
	const folder = `${suites}/schemastore`;
	return readdirSync(`${folder}/valid`).filter((name) => existsSync(`${folder}/schemas/${name}.json`)).map((name) => {
		const files = readdirSync(`${folder}/valid/${name}`).sort().map((file) => `${folder}/valid/${name}/${file}`);
		return { name, path: `${folder}/schemas/${name}.json`, files };
	});
}

async function checkStore({ name, path, files }, each) {
	const schemaText = readFileSync(path, 'utf8');
	const schema = read(schemaText);
	const draft = draftOf(schema, 'draft-07');
	const lines = execFileSync(linesTool, files, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
	const values = lines.split('\n').filter(Boolean).slice(0, 8).map(read);
	if (!draft || !values.length)
		return;
	const task = { schema: write(schema), draft, uri: `https://www.schemastore.org/${name}.json`, documents: [] };
	await check(task, instancesAround(schema, values, each), name);
}

function shuffled(list) {
	return list.map((item) => [random.below(1 << 30), item]).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

// What was found until then is told when the time is over.
let isOver = false;
process.on('SIGTERM', () => { isOver = true; });

// A tenth of the schemas are SchemaStore's, a tenth those of the suite; all of these where there is room.
for (const schema of shuffled(storeSchemas()).slice(0, Math.ceil(number / 10)))
	if (!isOver)
		await checkStore(schema, 6);
for (const group of shuffled(suiteGroups()).slice(0, Math.ceil(number / 10)))
	if (!isOver)
		await checkSuite(group);
while (total.schemas < number && !isOver)
	await checkRandom();
lily.end();

let unknown = 0;
for (const [key, group] of Array.from(groups).sort((a, b) => b[1].times - a[1].times)) {
	unknown += group.isKnown ? 0 : 1;
	console.log(`${group.isKnown ? 'known' : 'NOT KNOWN'}: ${group.times} × ${key}`);
	for (const text of group.isKnown && !process.env.ALL ? [] : group.shown)
		console.log(`  ${text}`);
}
if (process.env.ALL)
	for (const [key, times] of Array.from(refusals).sort((a, b) => b[1] - a[1]).slice(0, 40))
		console.log(`refused: ${times} × ${key}`);
console.log(`${total.schemas} schemas (taken: ${Array.from(taken, ([name, n]) => `${name} ${n}`).join(', ')}), ` +
	`${total.values} values, ${total.valid} valid; ${total.differ} disagreements, ${unknown} groups of them not known`);
process.exit(unknown || !total.valid ? 1 : 0);
