// Chance that a seed repeats (mulberry32), and JSON with numbers as somebody wrote them.

export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	below(n) {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let x = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
		x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
		return ((x ^ (x >>> 14)) >>> 0) % n;
	}

	chance(percent) {
		return this.below(100) < percent;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	some(list, percent) {
		return list.filter(() => this.chance(percent));
	}
}

// A number that JavaScript would not write so, or does not have.
export class Lexeme {
	constructor(text) {
		this.text = text;
	}
}

export function isContainer(value) {
	return value !== null && typeof value === 'object' && !(value instanceof Lexeme);
}

// JSON, and where there is chance, now and then 1.0, 10e-1 or 1e0 for 1.
export function write(value, random) {
	if (value instanceof Lexeme)
		return value.text;
	if (typeof value === 'number' && random && Number.isInteger(value) && Math.abs(value) < 1e6 && random.chance(10))
		return random.pick([`${value}.0`, `${value}e0`, `${value * 10}e-1`, `${value}.00E+0`]);
	if (!isContainer(value))
		return JSON.stringify(value);
	if (Array.isArray(value))
		return `[${value.map((item) => write(item, random)).join(',')}]`;
	return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${write(item, random)}`).join(',')}}`;
}

// An object may have any name as its own, "__proto__" too.
export function put(object, key, value) {
	Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

export function copy(value) {
	if (!isContainer(value))
		return value;
	if (Array.isArray(value))
		return value.map(copy);
	const object = {};
	for (const [key, item] of Object.entries(value))
		put(object, key, copy(item));
	return object;
}
