// How fast ajv checks values against a schema: what bench-schema does for lily, in the same words.
//
//	node ajv.js PEERS SCHEMA INSTANCES ROUNDS
//
// PEERS is the folder that scripts/peers made. What checks is warm before a clock runs, but where values
// are checked for the first time, which no code has seen; what compiles is loaded, but not warm. The
// options are those that ajv has by default, but that formats are annotations, as for the others, that the
// schema is not checked itself, and that unknown keywords are let be.
'use strict';

const fs = require('fs');
const { createRequire } = require('module');

const [, , peers, schemaPath, instancesPath, roundsText] = process.argv;
const from = createRequire(`${fs.realpathSync(peers)}/`);
const rounds = Number(roundsText);
const WARM_NS = 60e6;

function makeAjv(schema) {
	const options = { strict: false, validateFormats: false, validateSchema: false, logger: false };
	const named = String(schema.$schema || '');
	if (named.includes('draft-04'))
		return new (from('ajv-draft-04').default)(options);
	if (named.includes('2019-09'))
		return new (from('ajv/dist/2019').default)(options);
	if (named.includes('2020-12'))
		return new (from('ajv/dist/2020').default)(options);
	return new (from('ajv').default)(options);
}

const now = () => Number(process.hrtime.bigint());
const schemaText = fs.readFileSync(schemaPath, 'utf8');
const lines = fs.readFileSync(instancesPath, 'utf8').split('\n').filter((line) => line.trim());
// As in bench-schema.
const isLarge = lines.reduce((sum, line) => sum + line.length, 0) > 1000000;
const REPEATS = isLarge ? 2 : 100;
const values = lines.map((line) => JSON.parse(line));
const measured = { 'read schema, compile': [], 'check at first': [], check: [], 'check repeatedly': [], 'read and check': [] };

function compile() {
	const schema = JSON.parse(schemaText);
	return makeAjv(schema).compile(schema);
}

makeAjv(JSON.parse(schemaText));
let start = now();
const validate = compile();
measured['read schema, compile'].push(now() - start);
const n = values.length;
let valid = 0;

function checkAll() {
	valid = 0;
	for (let i = 0; i < n; i++)
		valid += validate(values[i]) ? 1 : 0;
}

function checkRepeatedly() {
	let ns = 0;
	for (let i = 0; i < n; i++) {
		const value = values[i];
		const begin = now();
		for (let k = 0; k < REPEATS; k++)
			valid += validate(value) ? 1 : 0;
		ns += now() - begin;
	}
	return ns / (n * REPEATS);
}

function readAndCheck() {
	for (let i = 0; i < n; i++)
		valid += validate(JSON.parse(lines[i])) ? 1 : 0;
}

function warm(work) {
	const begin = now();
	do
		work();
	while (now() - begin < WARM_NS);
}

start = now();
checkAll();
measured['check at first'].push((now() - start) / n);
warm(checkAll);
warm(checkRepeatedly);
warm(readAndCheck);
for (let i = 0; i < rounds; i++) {
	const passes = isLarge ? 1 : Math.floor(200 / n) + 1;
	start = now();
	for (let pass = 0; pass < passes; pass++)
		checkAll();
	measured.check.push((now() - start) / (n * passes));
	measured['check repeatedly'].push(checkRepeatedly());
	start = now();
	readAndCheck();
	measured['read and check'].push((now() - start) / n);
}
checkAll();
console.log(`${n} instances, ${valid} valid, ${rounds} rounds; ns: least, median`);
for (const [name, times] of Object.entries(measured)) {
	times.sort((a, b) => a - b);
	console.log(`${name.padEnd(22)}${times[0].toFixed(0).padStart(12)}` +
		times[Math.floor(times.length / 2)].toFixed(0).padStart(12));
}
