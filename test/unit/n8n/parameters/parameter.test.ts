import type { IExecuteFunctions } from 'n8n-workflow';
import { parameter } from '../../../../n8n/parameters/parameter';

/** n8n's reading, which counts how often it was asked for a value rather than for the raw text. */
function counting(raw: unknown) {
	const evaluated: number[] = [];
	const context = {
		getNodeParameter: (
			_name: string,
			item: number,
			fallback: unknown,
			options?: { rawExpressions?: boolean },
		) => {
			if (options?.rawExpressions === true) return raw ?? fallback;
			evaluated.push(item);
			return raw === undefined ? fallback : JSON.stringify(raw).replaceAll('=', `${item}:`);
		},
		getNode: () => ({ type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf' }),
		getInputData: () => [{ json: { email: 'ada@example.com' } }, { json: {} }],
	} as unknown as IExecuteFunctions;
	return { context, evaluated };
}

test.each([
	['text', 'ada@example.com'],
	['text that holds an equals sign further in', 'a=b {{ 1 }}'],
	['a number', 5],
	['nothing', null],
	['a collection', { requestTimeout: 5, list: [{ deep: 'x' }] }],
])('%s without an expression is read and parsed once for all items', (_what, raw) => {
	const { context, evaluated } = counting(raw);
	const parsed: unknown[] = [];
	const read = parameter(context, 'p', (value) => parsed.push(value));
	expect([read(0), read(1), read(2)]).toEqual([1, 1, 1]);
	expect(evaluated).toEqual([0]);
	expect(parsed).toHaveLength(1);
});

test.each([
	['text', '={{ $json.email.trim() }}'],
	['a collection', { a: 1, reference: '=order {{ $json.id }}' }],
	['a list, deep inside', { field: [{ name: 'a', value: 1 }, { value: ['={{ 1 }}'] }] }],
])('%s with an expression is read for each item', (_what, raw) => {
	const { context, evaluated } = counting(raw);
	const read = parameter(context, 'p', String);
	expect(new Set([read(0), read(1), read(2)]).size).toBe(3);
	expect(evaluated).toEqual([0, 1, 2]);
});

test('a field comes straight from the items that have it', () => {
	const { context, evaluated } = counting('={{ $json.email }}');
	const read = parameter(context, 'p', String);
	expect([read(0), read(1), read(0)]).toEqual([
		'ada@example.com',
		'"1:{{ $json.email }}"',
		'ada@example.com',
	]);
	expect(evaluated).toEqual([1]);
});

test('what the workflow does not have is its fallback', () => {
	const { context } = counting(undefined);
	expect(parameter(context, 'p', (value) => value, { fallback: 'x' })(3)).toBe('x');
});

test('what cannot be parsed is refused for each item', () => {
	const { context } = counting('broken');
	const read = parameter(context, 'p', () => {
		throw new Error('no');
	});
	expect(() => read(0)).toThrow('no');
	expect(() => read(1)).toThrow('no');
});
