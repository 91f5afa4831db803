// Values near to a given one: a few places of it are dropped, renamed, retyped, moved to a boundary,
// made odd, doubled.

import { copy, isContainer, Lexeme, put, write } from './random.mjs';
import { randomNumber, randomValue } from './generate.mjs';

const ODD = ['', ' ', '\u0000', '\ufeff', 'é', 'e\u0301', '😀', '\u{10ffff}', '\u2028', '\uffff', 'ß', 'İ', '١', '\n', '\r\n',
	'\\', '"', '/', '~', '__x', 'A'.repeat(300)];

// Every container within the value, and what is in it.
function placesOf(root) {
	const places = [];
	const stack = [root];
	while (stack.length) {
		const container = stack.pop();
		for (const key of Object.keys(container)) {
			places.push([container, key]);
			if (isContainer(container[key]))
				stack.push(container[key]);
		}
	}
	return places;
}

// Strings that a schema speaks of: names, constants.
export function wordsOf(schema) {
	const words = new Set();
	for (const [container, key] of isContainer(schema) ? placesOf(schema) : []) {
		if (!Array.isArray(container))
			words.add(key);
		if (typeof container[key] === 'string' && container[key].length < 60)
			words.add(container[key]);
	}
	return words.size ? Array.from(words) : [''];
}

function oddText(random, text, words) {
	const points = Array.from(text);
	switch (random.below(7)) {
	case 0: return random.pick(ODD);
	case 1: return random.pick(words);
	case 2: points.splice(random.below(points.length + 1), 0, random.pick(ODD)); break;
	case 3: points.splice(random.below(points.length + 1), 1); break;
	case 4: return text.toUpperCase();
	case 5: return text + text;
	default: return ` ${text}`;
	}
	return points.join('');
}

function nearNumber(random, number) {
	if (number instanceof Lexeme)
		return randomNumber(random);
	return random.pick([() => number + 1, () => number - 1, () => -number, () => number + 0.5, () => 0,
		() => number * 1000, () => randomNumber(random)])();
}

function remove(container, key) {
	if (Array.isArray(container))
		container.splice(Number(key), 1);
	else
		delete container[key];
}

function rename(random, container, key, words) {
	const value = container[key];
	if (Array.isArray(container)) {
		container.splice(Number(key), 0, copy(value));
		return;
	}
	delete container[key];
	put(container, random.chance(60) ? random.pick(words) : oddText(random, key, words), value);
}

function grow(random, value, words) {
	const added = random.chance(60) ? random.pick(words) : randomValue(random);
	if (Array.isArray(value))
		value.push(value.length && random.chance(60) ? copy(random.pick(value)) : added);
	else
		put(value, random.pick(words), added);
}

function mutateOnce(random, root, words) {
	const places = placesOf(root);
	if (!places.length || random.chance(4)) {
		if (isContainer(root))
			grow(random, root, words);
		return;
	}
	const [container, key] = random.pick(places);
	const value = container[key];
	switch (random.below(6)) {
	case 0: remove(container, key); break;
	case 1: rename(random, container, key, words); break;
	case 2: put(container, key, random.pick([null, true, false, 0, '', [], {}, [value],
		write(value), [[]]])); break;
	case 3: grow(random, isContainer(value) ? value : container, words); break;
	default:
		if (typeof value === 'string')
			put(container, key, oddText(random, value, words));
		else if (typeof value === 'number' || value instanceof Lexeme)
			put(container, key, nearNumber(random, value));
		else if (typeof value === 'boolean')
			put(container, key, random.pick([!value, null, 'true', 1]));
		else
			put(container, key, randomValue(random));
	}
}

export function mutate(random, value, words) {
	const root = { value: copy(value) };
	for (let i = 1 + random.below(3); i > 0; i--)
		if (isContainer(root.value) && random.chance(97))
			mutateOnce(random, root.value, words);
		else
			mutateOnce(random, root, words);
	return 'value' in root ? root.value : randomValue(random);
}
