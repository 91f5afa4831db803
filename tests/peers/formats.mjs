// Says where lily does not agree with Hyperjump or ajv-formats on a format; scripts/check-schemas runs it.
//
//	node formats.mjs PEERS SUITES NUMBER SEED LILY…
//
// The texts are those of the suite's format tests, spoiled in one or two places; NUMBER of them for each
// format. lily is asked about where all who have the format stand against it, or Hyperjump does alone;
// what only ajv says otherwise is counted: its expressions are meant to be near, not exact.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Lily } from './engines.mjs';
import { Random } from './random.mjs';

const ODD = Array.from('a109.-:/@% #?[]ZT+~{}é中。_"\\·ß٠,;=!&PYDW\n').concat('%41', '::', '~1', '😀', 'xn--', '--', '30', '12',
	'60', '24', '255', '256', '00');
const SHOWN = 5;

// [formats, what lily says, when, why lily is right]
const KNOWN = [
	[/^idn-/, false, (text) => /[。．｡]/.test(text) || text !== text.normalize('NFKC').toLowerCase(),
		'a label is taken as it is (RFC 5891, 4.2): no capitals, no other dots, no other forms; Hyperjump maps it first (UTS 46)'],
	[/hostname$/, false, (text) => /xn--/i.test(text), 'what an A-label stands for may be younger than the Unicode of libidn2'],
	[/^idn-email$/, true, (text) => /xn--/i.test(text), 'a domain of ASCII is one of RFC 5321, which knows no A-labels'],
	[/email$/, true, (text) => /\[.*\b0\d/.test(text), 'a part of an address is one to three digits (RFC 5321, 4.1.3), 00 too'],
	[/^idn-/, false, (text) => /(^|[.@。．｡])..--/u.test(text), 'no hyphens in the third and fourth place of a U-label (RFC 5891, 4.2.3.1)'],
	[/^(idn-)?hostname$|^idn-email$/, true, (text) => /(^|[.@。．｡])..--/u.test(text), 'RFC 1123 and 5321 allow hyphens anywhere within a label, and an idn-hostname may be one of RFC 1123'],
	[/^relative-json-pointer$/, true, (text) => /^\d+[+-]\d+#$/.test(text),
		'"0-1#" is among the examples of the draft (draft-bhutton-relative-json-pointer-00, 5.1)'],
	[/^(date-)?time$/, true, (text) => text.includes(':60'), 'a leap second is at 23:59:60 in UTC (RFC 3339, 5.7), in any offset'],
];

const [, , peers, suites, numberText, seedText, ...lilyCommand] = process.argv;
const number = Number(numberText);
const random = new Random(Number(seedText));
const lily = new Lily(lilyCommand);
const from = createRequire(`${peers}/`);
const ajv = new (from('ajv/dist/2020').default)({ strict: false, logger: false });
from('ajv-formats').default(ajv, { mode: 'full' });
const hyperjump = (path) => import(pathToFileURL(`${peers}/node_modules/@hyperjump/json-schema/${path}`));
const { registerSchema, setShouldValidateFormat, validate } = await hyperjump('draft-2020-12/index.js');
await hyperjump('formats/index.js');
setShouldValidateFormat(true);
// It reports what it refuses on the console.
const say = console.log;
console.log = () => {};
console.error = () => {};

function spoil(text, other) {
	const points = Array.from(text);
	const at = random.below(points.length + 1);
	switch (random.below(4)) {
	case 0: points.splice(at, 1); break;
	case 1: points.splice(at, 0, random.pick(ODD)); break;
	case 2: points.splice(at, 1, random.pick(ODD)); break;
	default: points.splice(at, points.length, ...Array.from(other).slice(random.below(other.length + 1)));
	}
	return points.join('').toWellFormed();
}

function textsOf(tests) {
	const given = tests.map((test) => test.data).filter((data) => typeof data === 'string');
	const texts = new Set(given);
	for (let i = 0; i < number; i++) {
		const once = spoil(random.pick(given), random.pick(given));
		texts.add(random.chance(50) ? once : spoil(once, random.pick(given)));
	}
	return Array.from(texts);
}

// true, false, or null where it has no answer.
async function peersOf(format) {
	const uri = `https://schema.test/${format}`;
	registerSchema({ $schema: 'https://json-schema.org/draft/2020-12/schema', format }, uri);
	const theirs = await validate(uri);
	const check = ajv.formats[format] ? ajv.compile({ format }) : () => null;
	return (text) => {
		try {
			return [theirs(text).valid, check(text)];
		} catch {
			return [null, check(text)];
		}
	};
}

let unknown = 0;

async function checkFormat(format, tests) {
	const texts = textsOf(tests);
	const ask = await peersOf(format);
	const task = { schema: JSON.stringify({ format }), draft: '2020-12', uri: 'https://schema.test/it', documents: [] };
	const ours = await lily.ask(task, texts.map((text) => JSON.stringify(text)), ',"format":true');
	const count = { ajv: 0, known: 0, shown: [] };
	texts.forEach((text, i) => {
		const valid = ours[i] === '1';
		const [theirs, ajvs] = ask(text);
		if (theirs === null || theirs === valid)
			count.ajv += ajvs !== null && ajvs !== valid ? 1 : 0;
		else if (KNOWN.some(([formats, says, when]) => formats.test(format) && says === valid && when(text)))
			count.known++;
		else
			count.shown.push(`  ${JSON.stringify(text)}: lily ${valid}, hyperjump ${theirs}, ajv ${ajvs}`);
	});
	unknown += count.shown.length;
	say(`format ${format}: ${texts.length} texts, ${[...ours].filter((c) => c === '1').length} valid; ajv alone differs in ` +
		`${count.ajv}; hyperjump in ${count.known} known, ${count.shown.length} not known`);
	count.shown.slice(0, SHOWN).forEach((line) => say(line));
}

const folder = `${suites}/json-schema/tests/draft2020-12/optional/format`;
const seen = new Set();
for (const file of readdirSync(folder).sort())
	for (const { schema, tests } of JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))) {
		if (typeof schema.format !== 'string' || seen.has(schema.format))
			continue;
		seen.add(schema.format);
		await checkFormat(schema.format, tests);
	}
lily.end();
say(`${seen.size} formats, ${unknown} texts with an answer that is not known`);
process.exit(unknown || !seen.size ? 1 : 0);
