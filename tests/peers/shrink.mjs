// Makes a schema and a value smaller as long as what is interesting about them stays.

import { copy, isContainer, Lexeme, write } from './random.mjs';

// The places of a value, outermost first: there most is won.
function placesOf(root) {
	const places = [];
	const queue = [[root, []]];
	for (let i = 0; i < queue.length && i < 20000; i++) {
		const [container, path] = queue[i];
		for (const key of Object.keys(container)) {
			places.push([...path, key]);
			if (isContainer(container[key]))
				queue.push([container[key], [...path, key]]);
		}
	}
	return places;
}

function without(root, path) {
	const smaller = copy(root);
	let container = smaller;
	for (const key of path.slice(0, -1))
		container = container[key];
	const key = path[path.length - 1];
	if (Array.isArray(container))
		container.splice(Number(key), 1);
	else
		delete container[key];
	return smaller;
}

function hasPath(root, path) {
	let value = root;
	for (const key of path) {
		if (!isContainer(value) || !Object.hasOwn(value, key))
			return false;
		value = value[key];
	}
	return true;
}

async function shrinkOne(root, holds, budget) {
	let current = root;
	let found = isContainer(current);
	while (found) {
		found = false;
		for (const path of placesOf(current)) {
			if (!hasPath(current, path))
				continue;
			if (budget.left-- <= 0)
				return current;
			const smaller = without(current, path);
			if (await holds(smaller)) {
				current = smaller;
				found = true;
			}
		}
	}
	return current;
}

// holds(schema text, instance text) says whether it is still the same thing.
export async function shrink(schema, instance, holds, tries) {
	const text = (value) => write(value);
	const budget = { left: tries };
	let [smallSchema, smallInstance] = [schema, instance];
	for (let turn = 0; turn < 2; turn++) {
		smallInstance = await shrinkOne(smallInstance, (value) => holds(text(smallSchema), text(value)), budget);
		smallSchema = await shrinkOne(smallSchema, (value) => holds(text(value), text(smallInstance)), budget);
	}
	return [smallSchema, smallInstance];
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

// JSON as JSON.parse reads it, but for numbers that JavaScript would write differently.
export function read(text) {
	let at = 0;
	const skip = () => { while (' \t\n\r'.includes(text[at]) && at < text.length) at++; };
	const value = () => {
		skip();
		if (text[at] === '{' || text[at] === '[')
			return container(text[at] === '{');
		if (text[at] === '"')
			return string();
		for (const [word, meaning] of [['true', true], ['false', false], ['null', null]])
			if (text.startsWith(word, at)) {
				at += word.length;
				return meaning;
			}
		NUMBER.lastIndex = at;
		const [lexeme] = NUMBER.exec(text);
		at += lexeme.length;
		return JSON.stringify(Number(lexeme)) === lexeme ? Number(lexeme) : new Lexeme(lexeme);
	};
	const string = () => {
		const start = at++;
		while (text[at] !== '"')
			at += text[at] === '\\' ? 2 : 1;
		return JSON.parse(text.slice(start, ++at));
	};
	const container = (isObject) => {
		const made = isObject ? {} : [];
		at++;
		for (skip(); text[at] !== '}' && text[at] !== ']'; skip()) {
			if (text[at] === ',')
				at++;
			skip();
			let key = made.length;
			if (isObject) {
				key = string();
				skip();
				at++;
			}
			Object.defineProperty(made, key, { value: value(), enumerable: true, configurable: true, writable: true });
		}
		at++;
		return made;
	};
	return value();
}
