import { joinIdParts, parseEventId, type IdPart } from '../../../../issuance/inputs/eventId';
import { airErrorOf, everythingShown } from '../support';

const join = (...parts: IdPart[]) => joinIdParts(parts, (detail) => new Error(detail));
const part = (value: unknown, expression = '$json.id'): IdPart => ({ expression, value });

test('parts that are there are put together', () => {
	expect(join(part('evt'), { text: '-' }, part(7), { text: '' }, part(0.5))).toBe('evt-70.5');
});

test.each<[string, unknown, RegExp]>([
	['no value', undefined, /gives nothing$/],
	['null', null, /gives nothing$/],
	['empty text', '', /gives empty text$/],
	['spaces', ' \t\u00a0', /gives empty text$/],
	['text that cannot be seen', '\u200b\u2060\ufeff', /gives empty text$/],
	['an object', { SECRET: 1 }, /gives an object$/],
	['a list', ['SECRET'], /gives a list$/],
	['an empty list', [], /gives a list$/],
	['a date', new Date(0), /gives a date; write it as text/],
	['a DateTime', { toISO: () => 'SECRET' }, /gives a date; write it as text/],
	['true', true, /gives true or false/],
	['false', false, /gives true or false/],
	['NaN', Number.NaN, /gives NaN, which is not a number/],
	['without an end', Number.POSITIVE_INFINITY, /cannot keep exactly/],
	['beyond 2^53', 2 ** 53, /cannot keep exactly/],
	['with an exponent', 1e21, /cannot keep exactly/],
	['a bigint', 5n, /gives a bigint$/],
	['a function', () => 'SECRET', /gives a function$/],
	['what JavaScript writes for nothing', 'undefined', /gives the word “undefined”/],
	['… within an expression', 'undefined-SECRET', /gives the word “undefined”/],
	['… at the end', 'SECRET_null', /gives the word “null”/],
	[
		'an object within an expression',
		'[object Object]-SECRET',
		/gives the word “\[object Object\]”/,
	],
	['a broken date within', 'SECRET:Invalid DateTime', /gives the word “Invalid DateTime”/],
])('a part that is %s is refused, and named by its expression', (_what, value, words) => {
	expect(() => join({ text: 'kyc-' }, part(value))).toThrow(words);
	expect(() => join({ text: 'kyc-' }, part(value))).toThrow(/^\{\{ \$json\.id \}\} gives /);
	expect(() => join(part(value), { text: '-kyc' })).not.toThrow(/SECRET/);
});

test.each([
	["$json.id + '-' + $json.email", '-ada@example.com'],
	["$json.id + '-' + $json.email", 'evt_1-'],
	["[$json.a, $json.b, $json.c].join(':')", 'a::c'],
	['`${$json.id}-${$json.email}`', '-ada@example.com'],
])('%s that gives %j lacks a part', (expression, value) => {
	expect(() => join(part(value, expression))).toThrow(/nothing stands beside a “/);
});

test.each([
	['$json.id', '-nano_id--'],
	["$json['event-id']", '-x-'],
	["$json.id + '-' + $json.email", 'evt-1-ada@example.com'],
	['$json.name', 'jennifer.null@example.com'],
	['$json.id', 'nullable-annulled'],
	['$json.id', 'evt_1'],
])('%s that gives %j is whole', (expression, value) => {
	expect(join(part(value, expression))).toBe(value);
});

test.each<[unknown, RegExp]>([
	[undefined, /it is empty$/],
	[null, /it is empty$/],
	['\u200b', /it is empty$/],
	[{ SECRET: 1 }, /it is an object$/],
	[['SECRET'], /it is a list$/],
	[true, /it is true or false/],
	[Number.NaN, /it is NaN, which is not a number/],
	[1e21, /cannot keep exactly/],
	['null', /it is the word “null”/],
	['undefined-SECRET', /it is the word “undefined”/],
	['SECRET'.repeat(100), /longer than 500/],
	['SECRET\0', /broken character/],
])('the ID %j is refused', async (value, words) => {
	const error = await airErrorOf(() => parseEventId(value));
	expect(error.code).toBe('AIR_EVENT_ID_INVALID');
	expect(error.message).toMatch(words);
	expect(everythingShown(error)).not.toContain('SECRET');
});

test.each([
	['evt_1', 'evt_1'],
	[' 42 ', '42'],
	[42, '42'],
	[0, '0'],
])('the ID %j is %j', (value, id) => {
	expect(parseEventId(value)).toBe(id);
});
