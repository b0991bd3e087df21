import fc from 'fast-check';
import { ExecuteContext } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	Workflow,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeType,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { itemReferences } from '../../n8n/parameters/itemReferences';
import { parameter } from '../../n8n/parameters/parameter';
import '../support/fastCheck';

const type: INodeType = {
	description: {
		displayName: 'Reader',
		name: 'reader',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Reader' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'P', name: 'p', type: 'string', default: '' }],
	},
};

/** What a node is given by n8n's own engine. */
function contextOf(raw: unknown, items: readonly IDataObject[], name = 'n.reader') {
	const node: INode = {
		id: 'Reader',
		name: 'Reader',
		type: name,
		typeVersion: 1,
		position: [0, 0],
		parameters: { p: raw } as INode['parameters'],
	};
	const workflow = new Workflow({
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes: {
			getByName: () => type,
			getByNameAndVersion: () => type,
			getKnownTypes: () => ({}),
		},
	});
	const input = items.map((json) => ({ json }));
	const data = { main: [input] };
	const context = new ExecuteContext(
		workflow,
		// As the workflow has it, with the parameters that its type knows.
		Object.assign(node, { parameters: { p: raw } }),
		{} as IWorkflowExecuteAdditionalData,
		'manual',
		createEmptyRunExecutionData(),
		0,
		input,
		data,
		{ node, data, source: null },
		[],
	);
	const asked = jest.spyOn(context, 'getNodeParameter');
	/** How often n8n was asked to evaluate. */
	const evaluated = () =>
		asked.mock.calls.filter(([, , , options]) => options?.rawExpressions !== true).length;
	return { context: context as unknown as IExecuteFunctions, evaluated };
}

const read = (raw: unknown, items: readonly IDataObject[]) => {
	const { context, evaluated } = contextOf(raw, items);
	const reader = parameter(context, 'p', (value) => value);
	return { values: items.map((_item, index) => reader(index)), evaluated: evaluated() };
};

const ITEMS = [
	{
		email: 'ada@example.com',
		'given name': 'Ada',
		age: 36,
		isOver18: true,
		at: [{ tier: 'Gold' }],
	},
	{ email: 'bob@example.com', 'given name': 'Bob', age: 0, isOver18: false, at: [{ tier: '' }] },
];

test.each([
	['a field', '={{ $json.email }}', ['ada@example.com', 'bob@example.com']],
	['without spaces', '={{$json.email}}', ['ada@example.com', 'bob@example.com']],
	['a name that needs quotes', "={{ $json['given name'] }}", ['Ada', 'Bob']],
	['in double quotes', '={{ $json["given name"] }}', ['Ada', 'Bob']],
	['a number', '={{ $json.age }}', [36, 0]],
	['a boolean', '={{ $json.isOver18 }}', [true, false]],
	['in a list', '={{ $json.at[0].tier }}', ['Gold', '']],
	['how many', '={{ $json.at.length }}', [1, 1]],
	[
		'several in a collection, beside constants',
		{ field: [{ name: 'tier', value: '={{ $json.at[0].tier }}' }, { value: 5 }] },
		[
			{ field: [{ name: 'tier', value: 'Gold' }, { value: 5 }] },
			{ field: [{ name: 'tier', value: '' }, { value: 5 }] },
		],
	],
])('%s comes straight from the item', (_what, raw, values) => {
	expect(read(raw, ITEMS)).toEqual({ values, evaluated: 0 });
});

test.each([
	['text around it', '=Dr. {{ $json.email }}'],
	['a space before it', '= {{ $json.email }}'],
	['a space behind it', '={{ $json.email }} '],
	['two', '={{ $json.email }}{{ $json.age }}'],
	['a call', '={{ $json.email.toUpperCase() }}'],
	['an operator', '={{ $json.age + 1 }}'],
	['another node', "={{ $('Reader').item.json.email }}"],
	['the whole item', '={{ $json }}'],
	['an object', '={{ $json.at }}'],
	['a field that is not there', '={{ $json.nobody }}'],
	['what text inherits', '={{ $json.email.length }}'],
	['one of several', { a: '={{ $json.email }}', b: '={{ $json.age + 1 }}' }],
])('%s is left to n8n', (_what, raw) => {
	const { context, evaluated } = contextOf(raw, ITEMS);
	const reader = parameter(context, 'p', (value) => value);
	for (const index of ITEMS.keys()) {
		let expected: unknown;
		try {
			expected = context.getNodeParameter('p', index);
		} catch (error) {
			expect(() => reader(index)).toThrow((error as Error).message);
			continue;
		}
		expect(reader(index)).toEqual(expected);
	}
	expect(evaluated()).toBe(2 * ITEMS.length);
});

test('for the tool of an agent everything is left to n8n', () => {
	const { context } = contextOf('={{ $json.email }}', ITEMS, 'n.readerTool');
	expect(itemReferences(context, '={{ $json.email }}')).toBeUndefined();
});

const names = fc.oneof(
	fc.constantFrom(
		...['a', 'b', 'email', 'given name', '', '0', 'length', 'toString', 'json', 'ключ', 'a.b'],
		...['constructor', '__proto__', 'prototype', 'valueOf', "it's", '"', '\\', '{{', '}}', '$json'],
	),
	fc.string({ maxLength: 4 }),
);
const values = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 3, withCrossShrink: true },
		fc.oneof(
			fc.string(),
			fc.constantFrom('={{ 1 + 1 }}', '{{ $json.a }}', '=x', '2026-11-21T00:00:00Z', '\ud800'),
			fc.double(),
			fc.integer(),
			fc.boolean(),
			fc.constantFrom(null, undefined),
		),
		fc.array(tie('value'), { maxLength: 3 }),
		fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
	),
})).value;
/** A path that leads somewhere in an item, as far as it goes, in one of the ways to write it. */
function pathIn(item: unknown, turns: readonly number[]): string {
	let at = item;
	let path = '';
	for (const turn of turns) {
		if (typeof at !== 'object' || at === null) break;
		const keys = Object.keys(at);
		const key = keys[turn % Math.max(keys.length, 1)] ?? 'nobody';
		const index = Array.isArray(at) ? `[${key}]` : `.${key}`;
		path += [index, `['${key}']`, `["${key}"]`, index][(turn >> 3) % 4] ?? '';
		at = (at as Record<string, unknown>)[key];
	}
	return path;
}
const [HEAD, TAIL] = ['={{ $json', ' }}'];
const heads = fc.constantFrom(
	HEAD,
	HEAD,
	HEAD,
	'={{$json',
	'={{\n$json',
	'= {{ $json',
	'={{ "$json',
);
const tails = fc.constantFrom(TAIL, TAIL, TAIL, '}}', ' }} ', ' }}.', '" }}');
const items = fc.dictionary(names, values, {
	minKeys: 1,
	maxKeys: 5,
	noNullPrototype: true,
}) as fc.Arbitrary<IDataObject>;

test('whatever is read straight from an item is what n8n gives', () => {
	let straight = 0;
	fc.assert(
		fc.property(
			items,
			fc.array(fc.nat({ max: 31 }), { minLength: 1, maxLength: 4 }),
			heads,
			tails,
			(item, turns, head, tail) => {
				const expression = head + pathIn(item, turns) + tail;
				const { context } = contextOf(expression, [item]);
				const found = itemReferences(context, expression)?.(0);
				if (found === undefined) return;
				straight += 1;
				expect(found.value).toEqual(context.getNodeParameter('p', 0));
			},
		),
		{ numRuns: 5_000 },
	);
	expect(straight).toBeGreaterThan(200);
});
