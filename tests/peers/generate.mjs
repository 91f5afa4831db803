// Small random schemas of a draft, by a grammar of its keywords, and values that are near to them.

import { Lexeme, put } from './random.mjs';

export const DRAFTS = ['draft-04', 'draft-06', 'draft-07', '2019-09', '2020-12'];

const NAMES = ['a', 'a', 'b', 'b', 'c', 'd', 'aa', 'ab', 'x-1', 'A', 'é', '😀', '', 'a/b', 'a~b', 'toString', '0', '1'];
const TEXTS = ['', 'a', 'b', 'aa', 'abc', 'A', '1', '10', 'é', 'e\u0301', '😀', '😀😀', '\u0000', '\n', 'a b', '\ufeffx', 'ß', 'x-1'];
const NUMBERS = [0, 1, 2, 3, 4, 5, 10, -1, -2, 1.5, 0.5, 2.5, -0.5, 0.1, 1e10, 1e-7, 4294967295, 4294967296, 2147483648,
	9007199254740991, -9007199254740991, 1e300, 5e-324, 1.7976931348623157e308];
const LEXEMES = ['-0', '0.0', '1.0', '1e0', '10e-1', '1E+1', '0e5', '9007199254740993', '1e400', '-1e400', '1e-400',
	'0.1000000000000000055511151231257827', '18446744073709551616', '1.00000000000000000001', '3.0000000000000000001'];
const PATTERNS = ['^a', 'a$', '^a+$', 'b', '^[a-c]*$', '^\\d+$', '^x-', '.', '^.{2}$', '^😀$', '\\p{L}', '^$', '^\\S*$', '[^a]',
	'^(a|b)', '\\u00e9', '^\\w+$', '^[a-z]{1,3}$'];
const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

const at = (draft) => DRAFTS.indexOf(draft);

export function randomNumber(random) {
	return random.chance(6) ? new Lexeme(random.pick(LEXEMES)) : random.pick(NUMBERS);
}

export function randomName(random) {
	return random.pick(NAMES);
}

export function randomValue(random, depth = 2) {
	switch (random.below(depth > 0 ? 9 : 6)) {
	case 0: return null;
	case 1: return random.chance(50);
	case 2: case 3: return randomNumber(random);
	case 4: case 5: return random.pick(TEXTS);
	case 6: return Array.from({ length: random.below(5) }, () => randomValue(random, depth - 1));
	default: {
		const object = {};
		for (let i = random.below(5); i > 0; i--)
			put(object, randomName(random), randomValue(random, depth - 1));
		return object;
	}
	}
}

// A schema that is being made: what it is of, and the definitions that it may refer to.
class Maker {
	constructor(random, draft) {
		this.random = random;
		this.draft = draft;
		this.level = at(draft);
		this.definitions = this.level >= 3 ? '$defs' : 'definitions';
		this.reach = 0; // definitions from this one on may be referred to: no circles
		this.count = 0;
	}

	count1(most) {
		return this.random.below(most + 1);
	}

	schemas(depth) {
		return Array.from({ length: 1 + this.random.below(3) }, () => this.schema(depth - 1));
	}

	map(depth, names) {
		const map = {};
		for (const name of names)
			put(map, name, this.schema(depth - 1));
		return map;
	}

	names() {
		return Array.from(new Set(Array.from({ length: 1 + this.random.below(3) }, () => randomName(this.random))));
	}

	patterns() {
		return Array.from(new Set(Array.from({ length: 1 + this.random.below(2) }, () => this.random.pick(PATTERNS))));
	}

	reference(depth) {
		const { random } = this;
		const left = this.count - this.reach;
		if (left > 0 && random.chance(85)) {
			const i = this.reach + random.below(left);
			return random.chance(75) || this.level < 3 ? `#/${this.definitions}/d${i}` : `#anchor${i}`;
		}
		return depth < 3 && this.inside ? '#' : null;
	}

	// Beneath a value's child a reference to the whole ends by itself.
	child(work) {
		const before = this.inside;
		this.inside = true;
		const made = work();
		this.inside = before;
		return made;
	}

	number(schema) {
		const { random } = this;
		const limit = () => (random.chance(3) ? randomNumber(random) : random.pick(NUMBERS.slice(0, 16)));
		switch (random.below(5)) {
		case 0: schema.multipleOf = random.pick([1, 2, 3, 0.5, 1e10]); break;
		case 1: schema.maximum = limit(); break;
		case 2: schema.minimum = limit(); break;
		case 3:
			if (this.level > 0)
				schema.exclusiveMaximum = limit();
			else
				Object.assign(schema, { maximum: limit(), exclusiveMaximum: random.chance(50) });
			break;
		default:
			if (this.level > 0)
				schema.exclusiveMinimum = limit();
			else
				Object.assign(schema, { minimum: limit(), exclusiveMinimum: random.chance(50) });
		}
	}

	text(schema) {
		const key = this.random.pick(['maxLength', 'minLength', 'pattern']);
		schema[key] = key === 'pattern' ? this.random.pick(PATTERNS) : this.count1(3);
	}

	array(schema, depth) {
		const { random, level } = this;
		switch (random.below(level >= 3 ? 9 : 6)) {
		case 0: schema.maxItems = this.count1(4); break;
		case 1: schema.minItems = this.count1(3); break;
		case 2: schema.uniqueItems = random.chance(80); break;
		case 3: schema.items = this.child(() => this.schema(depth - 1)); break;
		case 4:
			schema[level >= 4 ? 'prefixItems' : 'items'] = this.child(() => this.schemas(depth));
			if (random.chance(60))
				schema[level >= 4 ? 'items' : 'additionalItems'] = this.child(() => this.closing(depth));
			break;
		case 5: case 6:
			if (level > 0)
				schema.contains = this.child(() => this.schema(depth - 1));
			if (level >= 3 && random.chance(50))
				schema.minContains = this.count1(2);
			if (level >= 3 && random.chance(40))
				schema.maxContains = this.count1(2);
			break;
		default: schema.unevaluatedItems = this.child(() => this.closing(depth));
		}
	}

	// false as often as not, as people write it.
	closing(depth) {
		return this.random.chance(50) ? false : this.schema(depth - 1);
	}

	dependencies(schema, depth) {
		const { random, level } = this;
		const list = () => Object.fromEntries(this.names().map((name) => [name, this.names()]));
		if (level < 3)
			schema.dependencies = random.chance(50) ? list() : this.map(depth, this.names());
		else if (random.chance(50))
			schema.dependentRequired = list();
		else
			schema.dependentSchemas = this.map(depth, this.names());
	}

	object(schema, depth) {
		const { random, level } = this;
		switch (random.below(level >= 3 ? 11 : 9)) {
		case 0: schema.maxProperties = this.count1(4); break;
		case 1: schema.minProperties = this.count1(3); break;
		case 2: schema.required = this.names(); break;
		case 3: case 4: schema.properties = this.child(() => this.map(depth, this.names())); break;
		case 5: schema.patternProperties = this.child(() => this.map(depth, this.patterns())); break;
		case 6: schema.additionalProperties = this.child(() => this.closing(depth)); break;
		case 7: this.dependencies(schema, depth); break;
		case 8:
			if (level > 0)
				schema.propertyNames = this.child(() => this.schema(0));
			break;
		default: schema.unevaluatedProperties = this.child(() => this.closing(depth));
		}
	}

	any(schema, depth) {
		const { random, level } = this;
		switch (random.below(depth > 0 ? 9 : 3)) {
		case 0: schema.type = random.chance(70) ? random.pick(TYPES) : this.types(); break;
		case 1: schema.enum = this.values(); break;
		case 2: if (level > 0) schema.const = randomValue(random, 1); break;
		case 3: schema.allOf = this.schemas(depth); break;
		case 4: schema.anyOf = this.schemas(depth); break;
		case 5: schema.oneOf = this.schemas(depth); break;
		case 6: schema.not = this.schema(depth - 1); break;
		case 7:
			if (level < 2)
				break;
			schema.if = this.schema(depth - 1);
			if (random.chance(70))
				schema.then = this.schema(depth - 1);
			if (random.chance(70))
				schema.else = this.schema(depth - 1);
			break;
		default: this.refer(schema, depth);
		}
	}

	// In old drafts what stands beside "$ref" is nothing, and peers differ: known, so seldom.
	refer(schema, depth) {
		const ref = this.reference(depth);
		if (!ref)
			return;
		if (this.level < 3)
			for (const key of this.random.chance(97) ? Object.keys(schema) : [])
				delete schema[key];
		schema.$ref = ref;
	}

	types() {
		return Array.from(new Set([this.random.pick(TYPES), this.random.pick(TYPES), this.random.pick(TYPES)]));
	}

	values() {
		const values = new Map();
		for (let i = 1 + this.random.below(4); i > 0; i--) {
			const value = randomValue(this.random, 1);
			values.set(JSON.stringify(value instanceof Lexeme ? Number(value.text) : value), value);
		}
		return Array.from(values.values());
	}

	schema(depth) {
		const { random } = this;
		if (this.level > 0 && random.chance(depth > 0 ? 5 : 20))
			return random.chance(60);
		const schema = {};
		for (let i = 1 + random.below(depth > 1 ? 4 : 2); i > 0; i--) {
			if (this.level < 3 && '$ref' in schema)
				break;
			if (random.chance(depth > 0 ? 40 : 55))
				this.any(schema, depth);
			else
				random.pick([() => this.number(schema), () => this.text(schema), () => this.array(schema, depth),
					() => this.object(schema, depth), () => this.object(schema, depth)])();
		}
		return schema;
	}

	// The dynamic ways to refer to the whole, from beneath a child.
	recur(root) {
		const { random } = this;
		if (this.level < 3 || !random.chance(12))
			return;
		const ref = {};
		if (this.level === 3) {
			Object.assign(root, random.chance(60) ? { $recursiveAnchor: true } : {});
			ref.$recursiveRef = '#';
		} else {
			Object.assign(root, { $dynamicAnchor: 'node' });
			ref.$dynamicRef = '#node';
		}
		if (random.chance(50))
			root.properties = { ...root.properties, [random.pick(['a', 'b'])]: ref };
		else
			root.additionalProperties = ref;
	}

	root(depth) {
		const { random } = this;
		this.count = random.below(4);
		const definitions = {};
		for (let i = 0; i < this.count; i++) {
			this.reach = i + 1;
			const made = this.schema(depth - 1);
			definitions[`d${i}`] = made;
			if (this.level >= 3 && made === true)
				definitions[`d${i}`] = { $anchor: `anchor${i}` };
			else if (this.level >= 3 && made === false)
				definitions[`d${i}`] = { $anchor: `anchor${i}`, not: {} };
			else if (this.level >= 3)
				made.$anchor = `anchor${i}`;
		}
		this.reach = 0;
		let root = this.schema(depth);
		if (typeof root === 'boolean' || (this.level < 3 && '$ref' in root))
			root = { allOf: [root] };
		this.recur(root);
		if (this.count)
			root[this.definitions] = definitions;
		return root;
	}
}

export function randomSchema(random, draft) {
	return new Maker(random, draft).root(1 + random.below(3));
}

// A value that a schema's own words suggest: often right, seldom wholly.
export function nearValue(random, schema, depth = 3) {
	if (typeof schema !== 'object' || schema === null || depth < 0 || random.chance(12))
		return randomValue(random, 1);
	if ('const' in schema && random.chance(80))
		return schema.const;
	if (Array.isArray(schema.enum) && random.chance(80))
		return random.pick(schema.enum);
	const inner = ['allOf', 'anyOf', 'oneOf'].filter((key) => Array.isArray(schema[key]));
	if (inner.length && random.chance(50))
		return nearValue(random, random.pick(schema[random.pick(inner)]), depth - 1);
	const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
	const hints = (words) => words.some((word) => word in schema);
	if (type === 'object' || hints(['properties', 'required', 'additionalProperties', 'unevaluatedProperties',
		'patternProperties', 'propertyNames', 'dependentSchemas', 'dependencies', 'minProperties']))
		return nearObject(random, schema, depth);
	if (type === 'array' || hints(['items', 'prefixItems', 'contains', 'unevaluatedItems', 'uniqueItems', 'minItems']))
		return nearArray(random, schema, depth);
	if (type === 'string' || hints(['pattern', 'minLength', 'maxLength']))
		return random.pick(TEXTS);
	if (type === 'number' || type === 'integer' || hints(['maximum', 'minimum', 'multipleOf', 'exclusiveMaximum']))
		return randomNumber(random);
	return randomValue(random);
}

function nearObject(random, schema, depth) {
	const object = {};
	const names = Object.keys(schema.properties || {}).concat(Array.isArray(schema.required) ? schema.required : []);
	for (const name of random.some(names, 75))
		put(object, name, nearValue(random, (schema.properties || {})[name], depth - 1));
	const other = schema.additionalProperties ?? schema.unevaluatedProperties;
	for (let i = random.below(3); i > 0; i--)
		put(object, randomName(random), nearValue(random, other, depth - 1));
	return object;
}

function nearArray(random, schema, depth) {
	const first = schema.prefixItems || (Array.isArray(schema.items) ? schema.items : []);
	const array = first.map((item) => nearValue(random, item, depth - 1));
	const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
	for (let i = random.below(4); i > 0; i--)
		array.push(nearValue(random, random.chance(40) ? schema.contains : rest, depth - 1));
	if (array.length && random.chance(20))
		array.push(array[0]);
	return random.chance(20) ? array.slice(0, random.below(array.length + 1)) : array;
}
