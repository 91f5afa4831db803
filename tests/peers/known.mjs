// Where peers differ from lily and lily is right, judged from the drafts; each with the reason. A disagreement
// is looked at after it was made small, so that the keywords that are left are its cause.
//
// `who` is the one that stands alone (or "peers" where both stand against lily); `when` looks at
// {schema, instance, keywords, draft, answers}: texts, a set, and what each said.

const OLD = ['draft-04', 'draft-06', 'draft-07'];
const NUMBERS = /(?<![\w"\\])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

// Digits without zeros at the ends, and the exponent.
function exactly(lexeme) {
	const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(lexeme);
	const digits = (whole + fraction).replace(/^0+/, '');
	const significant = digits.replace(/0+$/, '');
	if (!significant)
		return '0';
	return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function isBeyondDoubles(text) {
	const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
	return (bare.match(NUMBERS) || []).some((lexeme) => {
		const number = Number(lexeme);
		return !Number.isFinite(number) || exactly(lexeme) !== exactly(String(number).replace('e+', 'e'));
	});
}

function isHardToDivide(text) {
	return (text.match(NUMBERS) || []).some((lexeme) => !Number.isSafeInteger(Number(lexeme)));
}

function hasWholeWithPoint(text) {
	const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
	return (bare.match(NUMBERS) || []).some((lexeme) => /[.eE]/.test(lexeme) && Number.isInteger(Number(lexeme)));
}

const SILENT = ['$ref', 'definitions', 'description', 'title', 'default', '$comment', 'examples', '$schema'];

function hasBesideRef(schema) {
	const stack = [schema];
	while (stack.length) {
		const value = stack.pop();
		if (!value || typeof value !== 'object')
			continue;
		if (typeof value.$ref === 'string' && Object.keys(value).some((key) => !SILENT.includes(key)))
			return true;
		stack.push(...Object.values(value));
	}
	return false;
}

const has = (at, ...words) => words.some((word) => at.keywords.has(word));

export const KNOWN = [
	{
		who: ['ajv', 'hyperjump', 'peers'],
		cause: 'a number that no double is: JavaScript rounds it before a validator sees it',
		when: (at) => isBeyondDoubles(at.instance) || isBeyondDoubles(at.schema),
	},
	{
		who: ['ajv', 'hyperjump', 'peers'],
		cause: 'multipleOf: they divide doubles, and take what is nearly whole for whole (or not)',
		when: (at) => has(at, 'multipleOf') && isHardToDivide(`${at.schema} ${at.instance}`),
	},
	{
		who: ['ajv', 'hyperjump', 'peers'],
		cause: 'draft-04: an integer has neither fraction nor exponent (3.5 of its core); JavaScript reads 1.0 as 1',
		when: (at) => at.draft === 'draft-04' && has(at, 'type') &&
			/"integer"/.test(at.schema) && hasWholeWithPoint(at.instance),
	},
	{
		who: ['ajv'],
		cause: 'up to draft-07 nothing counts that stands beside "$ref"; ajv 8 looks at it',
		when: (at) => OLD.includes(at.draft) && hasBesideRef(JSON.parse(at.schema)),
	},
	{
		who: ['ajv'],
		cause: 'ajv loses what "if" evaluated where it holds without "then", and takes what "then" or "else" evaluates for ' +
			'evaluated where neither was looked at',
		when: (at) => has(at, 'if') && has(at, 'unevaluatedItems', 'unevaluatedProperties'),
	},
	{
		who: ['ajv'],
		cause: 'ajv does not miss a member whose name is empty (its issue 2077)',
		when: (at) => has(at, 'required', 'dependencies', 'dependentRequired') && at.schema.includes('""'),
	},
	{
		who: ['ajv'],
		cause: 'unevaluatedItems: ajv compares the number of items with "true" where a branch evaluated all (its issue 1909)',
		when: (at) => has(at, 'unevaluatedItems') && has(at, 'allOf', 'anyOf', 'oneOf', 'if', '$ref', '$dynamicRef'),
	},
	{
		who: ['ajv'],
		cause: '2020-12: ajv does not know which items "contains" evaluated, and so takes too many or too few for it',
		when: (at) => at.draft === '2020-12' && has(at, 'contains') && has(at, 'unevaluatedItems'),
	},
	{
		who: ['ajv', 'hyperjump', 'peers'],
		cause: '2019-09: "contains" evaluates nothing, "unevaluatedItems" looks at "items" and "additionalItems" (9.3.1.3 of its core)',
		when: (at) => at.draft === '2019-09' && at.answers[0] === '0' && has(at, 'contains') && has(at, 'unevaluatedItems'),
	},
	{
		who: ['ajv'],
		cause: '"$dynamicRef": ajv finds "$dynamicAnchor" at the root of a resource only, and no "$anchor" (its pull requests 2573, 2642)',
		when: (at) => has(at, '$dynamicRef'),
	},
	{
		who: ['ajv'],
		cause: 'draft-04 has no "const"; ajv-draft-04 looks at it',
		when: (at) => at.draft === 'draft-04' && has(at, 'const'),
	},
	{
		who: ['ajv'],
		cause: 'ajv leaves "__proto__" out of "properties"',
		when: (at) => at.schema.includes('"__proto__"'),
	},
	{
		who: ['ajv'],
		cause: '"contains" that everything fits: ajv takes [] beside "items" (draft-07 6.4.6: one item at least)',
		when: (at) => has(at, 'contains') && at.answers[0] === '0' && /\[\]/.test(at.instance),
	},
];

export function reasonOf(at) {
	const entry = KNOWN.find((known) => known.who.includes(at.who) && known.when(at));
	return entry ? entry.cause : null;
}
