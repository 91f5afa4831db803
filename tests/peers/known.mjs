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

const has = (at, ...words) => words.some((word) => at.keywords.has(word));

export const KNOWN = [
	{
		who: ['ajv', 'hyperjump', 'peers'],
		cause: 'a number that no double is: JavaScript rounds it before a validator sees it',
		when: (at) => isBeyondDoubles(at.instance) || isBeyondDoubles(at.schema),
	},
	{
		who: ['peers'],
		cause: 'draft-04: an integer is written without fraction and exponent (3.5 of its core); JavaScript cannot tell 1.0 from 1',
		when: (at) => at.draft === 'draft-04' && has(at, 'type') && /integer/.test(at.schema),
	},
];

export function reasonOf(at) {
	const entry = KNOWN.find((known) => known.who.includes(at.who) && known.when(at));
	return entry ? entry.cause : null;
}
