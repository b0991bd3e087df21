import fc from 'fast-check';
import { AirError } from '../../../../errors/AirError';
import { parseSubject } from '../../../../issuance/subject/subject';
import { airErrorOf, everythingShown } from '../support';

const SECRET = 'SECRET-VALUE';

function nested(depth: number): unknown {
	let value: unknown = 'deep';
	for (let level = 0; level < depth; level++) value = { inner: value };
	return value;
}

function cycle(): Record<string, unknown> {
	const subject: Record<string, unknown> = { tier: 'Gold' };
	subject.self = { again: [subject] };
	return subject;
}

const nullPrototype = (members: Record<string, unknown>) =>
	Object.assign(Object.create(null) as Record<string, unknown>, members);

/** `{ __proto__: … }` in a literal sets the prototype; this makes a member of that name. */
const withMember = (name: string, value: unknown) => {
	const made = nullPrototype({});
	Object.defineProperty(made, name, { value, enumerable: true });
	return made;
};

/** Objects that JSON would write 2 to the power of 30 times. */
function sharedManyTimes(): Record<string, unknown> {
	let value: unknown = SECRET;
	for (let level = 0; level < 30; level++) value = [value, value];
	return { a: value };
}

const hidden = (made: object, name: string, value: unknown) =>
	Object.defineProperty(made, name, { value, enumerable: false });

class Claims {
	tier = 'Gold';
}

describe('what may be a subject', () => {
	test.each([
		['text', { tier: 'Gold' }],
		['numbers', { score: 1.5, count: 0, below: -3, large: Number.MAX_SAFE_INTEGER, tiny: 5e-324 }],
		['booleans', { isOver18: true, isOver21: false }],
		['null', { middleName: null }],
		['empty text', { note: '' }],
		['lists', { segments: ['a', 'b'], none: [], mixed: [1, null, { a: [true] }] }],
		['objects', { address: { city: 'London', 'post code': 'X' } }],
		['characters beyond the first plane', { smile: '😀' }],
		['names with dash, underscore and digits', { 'kyc-level_2': 'basic', '2': 'two' }],
		['an object without prototype', nullPrototype({ tier: 'Gold' })],
		['names that only look dangerous', { proto: 1, toString: 'x', hasOwnProperty: 'y' }],
		['id, but further in', { document: { id: 'x' } }],
		['32 levels', { a: nested(31) }],
	])('%s', (_what, subject) => {
		expect(parseSubject(subject)).toEqual(subject);
		expect(parseSubject(JSON.stringify(subject))).toEqual(subject);
	});

	test('text with white space around it', () => {
		expect(parseSubject('\n {"tier": "Gold"}\t')).toEqual({ tier: 'Gold' });
	});

	test.each([
		['an object', hidden({ city: 'London' }, 'toJSON', () => SECRET), { city: 'London' }],
		['a list', Object.assign(['London'], { toJSON: () => SECRET }), ['London']],
	])('what %s would write instead of itself is not asked', (_what, address, written) => {
		expect(JSON.parse(JSON.stringify(parseSubject({ address })))).toEqual({ address: written });
	});

	test('what is changed afterwards is not sent', () => {
		const address = { city: 'London' };
		const subject = parseSubject({ address });
		address.city = 'Paris';
		expect(subject).toEqual({ address: { city: 'London' } });
	});

	test('the same object twice is not a cycle', () => {
		const place = { city: 'London' };
		expect(parseSubject({ home: place, work: place })).toEqual({ home: place, work: place });
	});
});

describe('what is refused', () => {
	test.each([
		['nothing', undefined, /one object/],
		['null', null, /one object/],
		['a number', 5, /one object/],
		['a list', [{ tier: 'Gold' }], /one object/],
		['a function', () => ({}), /one object/],
		['a date', new Date(), /one object/],
		['a Map', new Map([['tier', 'Gold']]), /one object/],
		['an instance of a class', new Claims(), /one object/],
		['no attributes', {}, /no attributes/],
		['empty text', '', /it is empty/],
		['spaces', ' \n', /it is empty/],
		['text that is not JSON', `{tier: ${SECRET}}`, /not valid JSON/],
		['JSON with a trailing comma', `{"tier": "${SECRET}",}`, /not valid JSON/],
		['two JSON objects', '{"a":1}{"b":2}', /not valid JSON/],
		['JSON text of a list', '[1]', /one object/],
		['JSON text of a text', `"${SECRET}"`, /one object/],
		['JSON text of null', 'null', /one object/],
		['what an object became in a text field', '[object Object]', /not valid JSON/],
		['id', { id: SECRET }, /id must not be set/],
		['id in text', `{"id": "${SECRET}"}`, /id must not be set/],
		['id without a value', { id: undefined }, /id must not be set/],
		['an empty name', { '': SECRET }, /a name may hold only/],
		['a name with a space', { 'kyc level': SECRET }, /a name may hold only/],
		['a name with a dot', { 'address.city': SECRET }, /a name may hold only/],
		['a name with a line break', { 'kyc\nlevel': SECRET }, /a name may hold only/],
		['a name longer than any', { ['n'.repeat(101)]: SECRET }, /a name may have 100 characters/],
		['undefined', { a: undefined }, /a has no value/],
		['undefined further in', { a: { b: [undefined] } }, /a\.b\[0\] has no value/],
		['NaN', { a: NaN }, /a is not a number/],
		['Infinity', { a: { b: Infinity } }, /a\.b is not a number/],
		['minus Infinity', { a: [-Infinity] }, /a\[0\] is not a number/],
		['a BigInt', { a: 10n }, /a is a bigint/],
		['a symbol', { a: Symbol(SECRET) }, /a is a symbol/],
		['a function inside', { a: () => SECRET }, /a is a function/],
		['toJSON', { a: { toJSON: () => SECRET } }, /a\.toJSON is a function/],
		['a Date inside', { a: new Date() }, /a is not plain data; turn dates into text/],
		['a Map inside', { a: new Map([[SECRET, SECRET]]) }, /a is not plain data/],
		['a Set inside', { a: new Set([SECRET]) }, /a is not plain data/],
		['a regular expression', { a: /x/ }, /a is not plain data/],
		['a boxed text', { a: Object(SECRET) as unknown }, /a is not plain data/],
		['bytes', { a: Buffer.from(SECRET) }, /a is not plain data/],
		['an instance of a class inside', { a: new Claims() }, /a is not plain data/],
		['inherited members', { a: Object.create({ b: SECRET }) as unknown }, /a is not plain data/],
		['a symbol as a name', { a: 1, [Symbol('b')]: SECRET }, /it holds a name that is not text/],
		[
			'a symbol as a name inside',
			{ a: { [Symbol('b')]: SECRET } },
			/a holds a name that is not text/,
		],
		// eslint's no-sparse-arrays is right; that is why this is refused.
		['a list with a hole', { a: Array(2) }, /a\[0\] has no value/],
		['a list with one hole', { a: Object.assign([1, 2, 3], { length: 4 }) }, /a\[3\] has no value/],
		['a lone surrogate', { a: 'x\ud83d' }, /a holds a broken character/],
		['a lone surrogate in a list', { a: ['\udc00'] }, /a\[0\] holds a broken character/],
		['a lone surrogate in text', '{"a": "\\ud83d"}', /a holds a broken character/],
		['a lone surrogate in a name', { a: { 'x\ud83d': SECRET } }, /broken character in a name/],
		['33 levels', { a: nested(32) }, /nested too deeply/],
		[
			'objects that share others many times over',
			sharedManyTimes(),
			/larger than 1 MB or 50,000 values/,
		],
		['a text of 2 MB', { a: 'x'.repeat(2_000_000) }, /larger than 1 MB or 50,000 values/],
		['names of 2 MB', { a: { ['x'.repeat(2_000_000)]: 1 } }, /larger than 1 MB or 50,000 values/],
		['two million values', { a: Array(2_000_000).fill(0) }, /larger than 1 MB or 50,000 values/],
		['2 MB as text', `{"a": "${'x'.repeat(2_000_000)}"}`, /larger than 1 MB or 50,000 values/],
		['a cycle', cycle(), /nested too deeply, or contains itself/],
	])('%s', async (_what, value, reason) => {
		const error = await airErrorOf(() => parseSubject(value));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(reason);
		expect(everythingShown(error)).not.toContain(SECRET);
	});

	describe.each(['__proto__', 'constructor', 'prototype'])('the name %s', (name) => {
		test.each([
			['in text', `{${JSON.stringify(name)}: {"admin": true}}`],
			['in text, further in', `{"a": {"b": [{${JSON.stringify(name)}: 1}]}}`],
			['in text, escaped', `{"a": {"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}": 1}}`],
			['in an object', withMember(name, { admin: true })],
			['in an object without prototype, further in', { a: [withMember(name, 1)] }],
		])('%s', async (_where, value) => {
			const error = await airErrorOf(() => parseSubject(value));
			expect(error.message).toContain(`holds the forbidden name ${name}`);
			expect(({} as Record<string, unknown>).admin).toBeUndefined();
		});
	});

	test('a path is shown short and on one line, whatever it is made of', async () => {
		const { message } = await airErrorOf(() =>
			parseSubject({ a: { [`line\nbreak${'x'.repeat(5000)}`]: { b: NaN } } }),
		);
		expect(message.length).toBeLessThan(250);
		expect(message).not.toContain('\n');
	});
});

describe('in general', () => {
	const names = fc
		.stringMatching(/^[\w-]{1,20}$/)
		.filter((name) => !['__proto__', 'constructor', 'prototype', 'id'].includes(name));
	const values = fc.letrec((tie) => ({
		any: fc.oneof(
			{ maxDepth: 4 },
			fc.constant(null),
			fc.boolean(),
			fc
				.double({ noNaN: true, noDefaultInfinity: true })
				.filter((n) => !Object.is(n, -0) && (!Number.isInteger(n) || Number.isSafeInteger(n))),
			fc.string({ unit: 'grapheme' }),
			fc.array(tie('any'), { maxLength: 4 }),
			fc.dictionary(names, tie('any'), { maxKeys: 4 }),
		),
	})).any;
	const subjects = fc.dictionary(names, values, { minKeys: 1, maxKeys: 6 });

	test('JSON values go through unchanged, as an object and as text', () => {
		fc.assert(
			fc.property(subjects, (subject) => {
				const before = JSON.stringify(subject);
				expect(JSON.stringify(parseSubject(subject))).toBe(before);
				expect(JSON.stringify(parseSubject(before))).toBe(before);
				expect(JSON.stringify(subject)).toBe(before);
			}),
		);
	});

	test('whatever is taken survives the way through JSON', () => {
		const anything = fc.anything({
			withBigInt: true,
			withDate: true,
			withMap: true,
			withNullPrototype: true,
			withSparseArray: true,
			withTypedArray: true,
			withObjectString: true,
		});
		fc.assert(
			fc.property(fc.dictionary(fc.string({ maxLength: 5 }), anything), (value) => {
				try {
					const subject = parseSubject(value);
					const copy = JSON.parse(JSON.stringify(subject)) as unknown;
					expect(JSON.stringify(copy)).toBe(JSON.stringify(subject));
					expect(copy).toEqual(JSON.parse(JSON.stringify(value)));
				} catch (error) {
					if (!(error instanceof AirError)) throw error;
				}
			}),
			{ numRuns: 1000 },
		);
	});

	test('prototype keys are refused wherever they are', () => {
		const forbidden = fc.constantFrom('__proto__', 'constructor', 'prototype');
		fc.assert(
			fc.property(forbidden, fc.array(names, { maxLength: 8 }), values, (key, path, value) => {
				let text = `{${JSON.stringify(key)}: ${JSON.stringify(value)}}`;
				for (const name of path) text = `{"x": [0, {${JSON.stringify(name)}: ${text}}]}`;
				expect(() => parseSubject(text)).toThrow(/forbidden name/);
			}),
		);
	});
});
