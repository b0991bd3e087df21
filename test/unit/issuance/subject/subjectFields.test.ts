import { inspect } from 'node:util';
import fc from 'fast-check';
import { convertValue } from '../../../../issuance/subject/values/convertValue';
import { VALUE_TYPE_NAMES, type ValueType } from '../../../../issuance/subject/values/valueTypes';
import { subjectFromFields, type SubjectField } from '../../../../issuance/subject/subject';
import { airErrorOf, everythingShown } from '../support';

const one = (type: ValueType, value: unknown) =>
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
	test.each<[ValueType, unknown, unknown]>([
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
		['number', '0.5', 0.5],
		['number', '19.99', 19.99],
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
		['boolean', 'yes', true],
		['boolean', 'N', false],
		['boolean', 'Off ', false],

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

		['integer', '42', 42],
		['integer', ' -7 ', -7],
		['integer', 0, 0],
		['integer', '9007199254740991', Number.MAX_SAFE_INTEGER],

		['day', ' 2026-01-19 ', '2026-01-19'],
		['day', '2024-02-29', '2024-02-29'],

		['dateTime', '2026-01-19T07:18:45Z', '2026-01-19T07:18:45Z'],
		['dateTime', ' 2026-01-19T07:18:45.5+01:00\n', '2026-01-19T07:18:45.5+01:00'],
		['dateTime', new Date('2026-01-19T07:18:45Z'), '2026-01-19T07:18:45.000Z'],
		['dateTime', new LuxonLike('2026-01-19T07:18:45.000+01:00'), '2026-01-19T07:18:45.000+01:00'],

		['unixSeconds', 1768807125, 1768807125],
		['unixSeconds', '1768807125', 1768807125],
		['unixSeconds', 400000, 400000],
		['unixSeconds', -86400, -86400],
		['unixSeconds', '2026-01-19T07:18:45Z', 1768807125],
		['unixSeconds', '2026-01-19T07:18:45.999Z', 1768807125],
		['unixSeconds', '2026-01-19T08:18:45+01:00', 1768807125],
		['unixSeconds', '1969-12-31T23:59:59.5Z', -1],
		['unixSeconds', new Date('2026-01-19T07:18:45Z'), 1768807125],

		['list', ['a', 1], ['a', 1]],
		['list', ' ["a", 1] ', ['a', 1]],
		['list', '[]', []],
		['object', { city: 'London' }, { city: 'London' }],
		['object', '{"city": "London"}', { city: 'London' }],
		['any', 'as it is', 'as it is'],

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
	const integer = /claim must be a whole number/;
	const day = /claim must be a date such as 2026-01-19, but/;
	const dateTime = /claim must be a date with time and zone such as/;
	const rows: [ValueType, unknown, RegExp][] = [
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
		['boolean', '1', boolean],
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

		['integer', '1.5', integer],
		['integer', '1.0', integer],
		['integer', 1.5, integer],
		['integer', '1e3', integer],
		['integer', '', integer],
		['integer', 'five', integer],
		['integer', true, integer],
		['integer', null, integer],
		['integer', NaN, integer],
		['integer', 2 ** 53, /claim is a number that lost digits before it came here/],
		['integer', '007', /claim begins with a zero/],
		['integer', '+7', integer],
		['string', 2 ** 53, /claim is a number that lost digits/],
		['string', 1e-7, /claim is a number that would be written with an exponent/],
		['integer', '9007199254740993', /more digits than a number keeps/],

		['day', '2026-01-19T07:18:45Z', day],
		['day', '2026-02-30', day],
		['day', '19.01.2026', day],
		['day', new Date('2026-01-19T00:00:00Z'), day],
		['day', 20260119, day],
		['day', undefined, day],

		['dateTime', '2026-01-19', dateTime],
		['dateTime', '2026-01-19T07:18:45', dateTime],
		['dateTime', '2026-01-19T07:18Z', dateTime],
		['dateTime', '2026-01-19T07:18:45+0100', dateTime],
		['dateTime', '2026-01-19 07:18:45Z', dateTime],
		['dateTime', '2026-02-30T07:18:45Z', dateTime],
		['dateTime', '2026-01-19T24:00:00Z', dateTime],
		['dateTime', 1768807125, dateTime],
		['dateTime', new LuxonLike(null), dateTime],

		['unixSeconds', '2026-01-19', /claim must be unix seconds, or a date with time and zone/],
		['unixSeconds', '2026-01-19T07:18:45', /claim must be unix seconds, or a date/],
		['unixSeconds', 1.5, /claim must be unix seconds/],
		['unixSeconds', '1.5', /claim must be unix seconds/],
		['unixSeconds', '', /claim must be unix seconds/],
		['unixSeconds', true, /claim must be unix seconds/],
		['unixSeconds', 1768807125000, /looks like milliseconds/],
		['unixSeconds', '1768807125000', /looks like milliseconds/],
		['unixSeconds', 77414400000, /looks like milliseconds; give a date with time and zone/],
		['unixSeconds', 1768807125000000, /looks like microseconds/],
		['unixSeconds', '20260119', /looks like a date written in digits/],
		['unixSeconds', 1192026, /looks like a date written in digits/],
		['unixSeconds', 20260119071845, /looks like a date and time written in digits/],
		['unixSeconds', 46041, /looks like the serial number of a date in a spreadsheet/],
		['unixSeconds', 1972, /looks like a year/],
		['unixSeconds', 0, /looks like no date at all/],
		['unixSeconds', 260119, /looks like a number that counts something else/],

		['list', 'a, b', /claim must be a list, but the value is text/],
		['list', '{"a": 1}', /claim must be a list/],
		['list', { a: 1 }, /claim must be a list, but the value is an object/],
		['list', null, /claim must be a list, but there is no value/],
		['object', '["a"]', /claim must be an object/],
		['object', ['a'], /claim must be an object, but the value is a list/],
		['object', 'null', /claim must be an object/],
		['object', new Date(), /claim is not plain data/],
		['any', undefined, /claim has no value/],

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
		const secrets = ['QXZ7', 'QXZ7\ud83d', ['QXZ7'], { QXZ7: 'QXZ7' }, new Unwritable(), '7e7QXZ7'];
		fc.assert(
			fc.property(
				fc.constantFrom(...VALUE_TYPE_NAMES),
				fc.constantFrom(...secrets),
				(type, value) => {
					try {
						one(type, value);
					} catch (error) {
						expect(everythingShown(error as never)).not.toMatch(/QXZ7|SECRET-VALUE/);
					}
				},
			),
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
		['the same name except for spaces', [text('tier'), text('tier ')], /tier is there twice/],
		['id', [text('id')], /id must not be set/],
		['__proto__', [text('__proto__')], /forbidden name __proto__/],
		['constructor', [text('constructor')], /forbidden name constructor/],
		['a name with a dot', [text('address.city')], /a name may hold only/],
	])('%s', async (_what, fields, reason) => {
		const error = await airErrorOf(() => subjectFromFields(fields));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(reason);
	});

	// Anyone who drags the wrong value into Name must not find an address in the log.
	test.each<[ValueType, unknown]>([
		['number', 'not a number'],
		['boolean', ''],
		['date', 'x'],
		['json', '{'],
		['string', 'fine'],
	])('a value in place of a name is not shown (%s)', async (type, value) => {
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

test('unix seconds are the second in which a point in time lies, whatever its zone', () => {
	const zones = fc.integer({ min: -14 * 60, max: 14 * 60 });
	const moments = fc.integer({ min: -9e12, max: 9e12 });
	fc.assert(
		fc.property(moments, zones, (ms, offset) => {
			const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
			const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
			const pad = (part: number) => String(part).padStart(2, '0');
			const text = `${local}${offset < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes)}`;
			expect(one('unixSeconds', text)).toBe(Math.floor(ms / 1000));
			expect(one('dateTime', text)).toBe(text);
		}),
	);
});

test('what was converted once stays as it is', () => {
	const types = fc.constantFrom(...VALUE_TYPE_NAMES);
	const values = fc.oneof(
		fc.jsonValue(),
		fc.jsonValue().map((value) => JSON.stringify(value)),
		fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
	);
	fc.assert(
		fc.property(types, values, (type, value) => {
			const first = convertValue(type, value);
			// A moment within the first days of 1970 is plain as a date, and not as a number.
			if ('refused' in first || type === 'json' || type === 'unixSeconds') return;
			expect(convertValue(type, first.value)).toEqual(first);
		}),
	);
});
