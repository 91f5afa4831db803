// What the drafts are called: by lily's programs, and in "$schema".

const DIALECTS = {
	'draft-04': 'http://json-schema.org/draft-04/schema#',
	'draft-06': 'http://json-schema.org/draft-06/schema#',
	'draft-07': 'http://json-schema.org/draft-07/schema#',
	'2019-09': 'https://json-schema.org/draft/2019-09/schema',
	'2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

export const dialectOf = (draft) => DIALECTS[draft];

// The draft that a schema says it is of, or else the other; null where it is one that is not known.
export function draftOf(schema, otherwise) {
	const named = schema && typeof schema === 'object' ? schema.$schema : undefined;
	if (named === undefined)
		return otherwise;
	const bare = String(named).replace(/#$/, '').replace(/^https?:/, '');
	const found = Object.entries(DIALECTS).find(([, uri]) => uri.replace(/#$/, '').replace(/^https?:/, '') === bare);
	return found ? found[0] : null;
}
