import { inspect } from 'node:util';
import fc from 'fast-check';
import {
	subjectFromFields,
	type SubjectField,
	type SubjectFieldType,
} from '../../../issuance/subject';
import { airErrorOf, everythingShown } from './support';

const one = (type: SubjectFieldType, value: unknown) =>
	subjectFromFields([{ name: 'claim', type, value }]).claim;

/** As Luxon's DateTime, which n8n's expressions give: not plain, and it writes itself. */
class LuxonLike {
	constructor(private readonly iso: string | null) {}

	toJSON(): string | null {
		return this.iso;
	}
}

class Unwritable {
	toJSON(): string {
		throw new Error('SECRET-VALUE cannot be written');
	}
}

describe('what each type makes of a value', () => {
	test.each<[SubjectFieldType, unknown, unknown]>([
		['string', 'Gold', 'Gold'],
		['string', ' as it is ', ' as it is '],
		['string', '', ''],
		['string', 'true', 'true'],
		['string', 42, '42'],
		['string', 1.5, '1.5'],
		['string', false, 'false'],

		['number', 42, 42],
		['number', -1.5, -1.5],
		['number', 0, 0],
		['number', '42', 42],
		['number', ' 42 ', 42],
		['number', '-42', -42],
		['number', '+42', 42],
		['number', '0.5', 0.5],
		['number', '19.99', 19.99],
		['number', '007', 7],
		['number', '1.50', 1.5],
		['number', '9007199254740991', Number.MAX_SAFE_INTEGER],
		['number', '-9007199254740991', Number.MIN_SAFE_INTEGER],
		['number', '123456789.123456', 123456789.123456],
		['number', '0.000000123456789012345', 1.23456789012345e-7],
		['number', '1.00000000000000000000', 1],

		['boolean', true, true],
		['boolean', false, false],
		['boolean', 'true', true],
		['boolean', 'FALSE', false],
		['boolean', ' True\n', true],

		['date', '2026-01-19', '2026-01-19'],
		['date', ' 2026-01-19 ', '2026-01-19'],
		['date', '2024-02-29', '2024-02-29'],
		['date', '2026-01-19T07:18Z', '2026-01-19T07:18Z'],
		['date', '2026-01-19T07:18:45Z', '2026-01-19T07:18:45Z'],
		['date', '2026-01-19T07:18:45.123Z', '2026-01-19T07:18:45.123Z'],
		['date', '2026-01-19T07:18:45+01:00', '2026-01-19T07:18:45+01:00'],
		['date', '2026-01-19T23:59:59', '2026-01-19T23:59:59'],
		['date', new Date('2026-01-19T07:18:45Z'), '2026-01-19T07:18:45.000Z'],
		['date', new LuxonLike('2026-01-19T07:18:45.000+01:00'), '2026-01-19T07:18:45.000+01:00'],

		['json', '["a", 1]', ['a', 1]],
		['json', ' {"city": "London"} ', { city: 'London' }],
		['json', 'null', null],
		['json', '5', 5],
		['json', ['a'], ['a']],
		['json', { a: { b: null } }, { a: { b: null } }],
		['json', 5, 5],
		['json', null, null],
	])('%s: %j becomes %j', (type, value, expected) => {
		expect(one(type, value)).toEqual(expected);
	});
});

describe('what does not fit', () => {
	const number = /claim must be a number/;
	const boolean = /claim must be true or false/;
	const date = /claim must be a date such as 2026-01-19/;
	const rows: [SubjectFieldType, unknown, RegExp][] = [
		['string', undefined, /claim must be text, but there is no value/],
		['string', null, /claim must be text, but there is no value/],
		['string', ['a'], /claim must be text, but the value is a list/],
		['string', { a: 1 }, /claim must be text, but the value is an object/],
		['string', NaN, /claim must be text/],
		['string', Infinity, /claim must be text/],
		['string', 'x\ud83d', /broken character/],

		['number', '', number],
		['number', ' ', number],
		['number', '1 000', number],
		['number', '1,000', number],
		['number', '1.000.000', number],
		['number', '1,5', number],
		['number', '1_000', number],
		['number', '0x1F', number],
		['number', '1e3', number],
		['number', '.5', number],
		['number', '5.', number],
		['number', '--5', number],
		['number', '- 5', number],
		['number', '5%', number],
		['number', '5 EUR', number],
		['number', 'NaN', number],
		['number', 'Infinity', number],
		['number', '٣', number],
		['number', 'five', number],
		['number', true, number],
		['number', null, number],
		['number', undefined, number],
		['number', [5], number],
		['number', 5n, number],
		['number', NaN, /not a number that can be sent/],
		['number', '9007199254740993', /more digits than a number keeps/],
		['number', '123456789012345678901234567890', /more digits than a number keeps/],
		['number', '9'.repeat(400), /more digits than a number keeps/],
		['number', '12345678901234567.5', /more digits than a number keeps/],
		['number', '0.12345678901234567890', /more digits than a number keeps/],
		['number', `0.${'0'.repeat(400)}1`, /more digits than a number keeps/],

		['boolean', 1, boolean],
		['boolean', 0, boolean],
		['boolean', 'yes', boolean],
		['boolean', 'no', boolean],
		['boolean', '1', boolean],
		['boolean', 'on', boolean],
		['boolean', '', boolean],
		['boolean', null, boolean],
		['boolean', undefined, boolean],
		['boolean', [true], boolean],
		['boolean', {}, boolean],

		['date', '', date],
		['date', 'today', date],
		['date', '19.01.2026', date],
		['date', '01/19/2026', date],
		['date', '2026-1-9', date],
		['date', '2026-01', date],
		['date', '20260119', date],
		['date', '2026-01-19 07:18:45', date],
		['date', '2026-01-19T07:18:45 Z', date],
		['date', '2026-02-30', date],
		['date', '2026-02-29', date],
		['date', '2026-04-31T10:00:00Z', date],
		['date', '2026-13-01', date],
		['date', '2026-00-01', date],
		['date', '2026-01-32', date],
		['date', '2026-01-19T24:00:00Z', date],
		['date', '2026-01-19T25:00:00Z', date],
		['date', '2026-01-19T10:60:00Z', date],
		['date', '2026-01-19T10:00:00+99:00', date],
		['date', '+012026-01-19', date],
		['date', 1768807125, date],
		['date', 1768807125000, date],
		['date', true, date],
		['date', null, date],
		['date', undefined, date],
		['date', {}, date],
		['date', { toJSON: 'no function' }, date],
		['date', new Date(NaN), date],
		['date', new LuxonLike(null), date],
		['date', new LuxonLike('Invalid DateTime'), date],
		['date', new Unwritable(), date],

		['json', '', /claim must be JSON/],
		['json', '{a: 1}', /claim must be JSON/],
		['json', 'Gold', /claim must be JSON/],
		['json', undefined, /claim has no value/],
		['json', new Date(), /claim is not plain data/],
		['json', '{"__proto__": 1}', /forbidden name/],
	];
	const named = rows.map(([type, value, reason]) => [type, inspect(value), value, reason] as const);

	test.each(named)('%s: %s', async (type, _shown, value, reason) => {
		const error = await airErrorOf(() => one(type, value));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(reason);
		expect(error.message).toContain('claim');
	});

	test('names the field and the kind of value, never the value', () => {
		const types: SubjectFieldType[] = ['string', 'number', 'boolean', 'date', 'json'];
		const secrets = ['QXZ7', 'QXZ7\ud83d', ['QXZ7'], { QXZ7: 'QXZ7' }, new Unwritable(), '7e7QXZ7'];
		fc.assert(
			fc.property(fc.constantFrom(...types), fc.constantFrom(...secrets), (type, value) => {
				try {
					one(type, value);
				} catch (error) {
					expect(everythingShown(error as never)).not.toMatch(/QXZ7|SECRET-VALUE/);
				}
			}),
		);
	});
});

describe('names', () => {
	const text = (name: string): SubjectField => ({ name, type: 'string', value: 'x' });

	test('space around a name is dropped, and the order is kept', () => {
		expect(Object.keys(subjectFromFields([text(' tier '), text('since'), text('a')]))).toEqual([
			'tier',
			'since',
			'a',
		]);
	});

	test.each([
		['no fields', [], /no attributes/],
		['an empty name', [text('')], /a field has no name/],
		['a name of spaces', [text('tier'), text(' ')], /a field has no name/],
		['the same name twice', [text('tier'), text('tier')], /tier is there twice/],
		['the same name but for spaces', [text('tier'), text('tier ')], /tier is there twice/],
		['id', [text('id')], /id must not be set/],
		['__proto__', [text('__proto__')], /forbidden name __proto__/],
		['constructor', [text('constructor')], /forbidden name constructor/],
		['a name with a dot', [text('address.city')], /a name may hold only/],
	])('%s', async (_what, fields, reason) => {
		const error = await airErrorOf(() => subjectFromFields(fields));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(reason);
	});

	// Whoever drags the wrong value into Name must not find an address in the log.
	test.each<[SubjectFieldType, unknown]>([
		['number', 'not a number'],
		['boolean', ''],
		['date', 'x'],
		['json', '{'],
		['string', 'fine'],
	])('a value in the place of a name is not shown (%s)', async (type, value) => {
		const fields = [{ name: 'ada@example.com', type, value }];
		const error = await airErrorOf(() => subjectFromFields(fields));
		expect(everythingShown(error)).not.toContain('ada@example');
		expect(
			(await airErrorOf(() => subjectFromFields([...fields, ...fields]))).message,
		).not.toContain('ada@');
	});
});

test('every number that text holds exactly comes back as that number', () => {
	fc.assert(
		fc.property(fc.maxSafeInteger(), (value) => {
			expect(one('number', String(value))).toBe(value);
		}),
	);
	fc.assert(
		fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(999_999), (whole, fraction) => {
			const text = `${whole}.${String(fraction).padStart(6, '0')}`;
			expect(one('number', text)).toBe(Number(text));
		}),
	);
});
