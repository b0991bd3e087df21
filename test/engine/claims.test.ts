import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { startTestAir, type TestAir } from './air';
import { claimTables } from '../support/claimTables';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow } from './workflows';

/** How a value becomes a claim where n8n reads it first: its JSON, its expressions, its templates. */
let air: TestAir;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(() => {
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const sent = () =>
	air.emulator.control
		.requests()
		.map(({ body }) => (body as { credentialSubject: IDataObject }).credentialSubject);

/** Runs one item and gives what was sent, or the words of the refusal. */
async function outcome(item: IDataObject, parameters: INode['parameters']): Promise<unknown> {
	const items = [{ email: 'ada@example.com', ...item }];
	const { error } = await runWorkflow(issueWorkflow(items, parameters), air.credential);
	// The emulated program does not know each attribute; what counts is what was sent.
	return sent().length > 0 ? sent() : (error?.message ?? 'nothing happened');
}

const json = (subjectJson: string): INode['parameters'] => ({ subjectMode: 'json', subjectJson });
const fields = (type: string, value: string): INode['parameters'] => ({
	subjectMode: 'fields',
	subjectFields: { field: [{ name: 'claim', type, value }] },
});
const mapper = (example: string, value: string): INode['parameters'] => ({
	subjectMode: 'mapper',
	schemaSource: 'example',
	subjectExample: example,
	subjectMapper: {
		mappingMode: 'defineBelow',
		value: { claim: value },
		matchingColumns: [],
		schema: [{ id: 'claim', displayName: 'claim', required: false }],
		attemptToConvertTypes: false,
		convertFieldsToString: false,
	},
});
const automatic = (rest: INode['parameters'] = {}): INode['parameters'] => ({
	subjectMode: 'automatic',
	convertTypes: false,
	...rest,
});

/** As n8n's parser of JSON leaves 4012888888881881123: the digits are gone before any node runs. */
const ROUNDED = JSON.parse('{"claim": 4012888888881881123}') as IDataObject;

describe('a number never loses digits silently', () => {
	test.each<[string, IDataObject, INode['parameters']]>([
		['an object from an expression', ROUNDED, json('={{ { claim: $json.claim } }}')],
		['nested in an object', ROUNDED, json('={{ { claim: [{ a: $json.claim }] } }}')],
		['where a value stands in a template', ROUNDED, json('={"claim": {{ $json.claim }} }')],
		['within quotation marks', ROUNDED, json('={"claim": "no. {{ $json.claim }}"}')],
		['a field of type Number', ROUNDED, fields('number', '={{ $json.claim }}')],
		['a field of type Integer', ROUNDED, fields('integer', '={{ $json.claim }}')],
		['a field of type String', ROUNDED, fields('string', '={{ $json.claim }}')],
		['text in a field', ROUNDED, fields('string', '=no. {{ $json.claim }}')],
		['a space behind it', ROUNDED, fields('string', '={{ $json.claim }} ')],
		['text on an attribute', ROUNDED, mapper('{"claim": "a"}', '=no. {{ $json.claim }}')],
		['a field of type JSON', ROUNDED, fields('json', '={{ $json.claim }}')],
		['a field of type List', ROUNDED, fields('list', '={{ [$json.claim] }}')],
		['a field of type Object', ROUNDED, fields('object', '={{ { a: $json.claim } }}')],
		['Map Each Field, text', ROUNDED, mapper('{"claim": "a"}', '={{ $json.claim }}')],
		['Map Each Field, number', ROUNDED, mapper('{"claim": 1}', '={{ $json.claim }}')],
		['Map Each Field, list', ROUNDED, mapper('{"claim": []}', '={{ [$json.claim] }}')],
		['Map Automatically', ROUNDED, automatic()],
		['Map Automatically, nested', { claim: [ROUNDED] }, automatic()],
		[
			'Map Automatically, converted',
			ROUNDED,
			automatic({ convertTypes: true, subjectExample: '{"claim": "a"}' }),
		],
	])('%s', async (_way, item, parameters) => {
		expect(await outcome(item, parameters)).toMatch(
			/claim\S*( has an expression within text: it)? is a number that lost digits before it came here; it must arrive as text/,
		);
	});

	test.each<[string, INode['parameters']]>([
		['JSON text', json('{"claim": 4012888888881881123}')],
		['JSON text, nested', json('{"claim": [{"a": 0.12345678901234567890}]}')],
		['JSON text in a template', json('={"claim": 4012888888881881123, "b": "{{ 1 }}"}')],
		['JSON in a field', fields('json', '{"a": 4012888888881881123}')],
		['JSON in a field, by an expression', fields('list', '={{ "[4012888888881881123]" }}')],
		['JSON text on an attribute', mapper('{"claim": []}', '={{ "[4012888888881881123]" }}')],
		['text of a number', fields('number', '4012888888881881123')],
	])('%s', async (_way, parameters) => {
		expect(await outcome({}, parameters)).toMatch(
			/claim(\S*) has more digits than a number keeps; send it as text/,
		);
	});

	test('the same digits as text are issued', async () => {
		const item = { claim: '4012888888881881123' };
		expect(await outcome(item, json('={"claim": "{{ $json.claim }}"}'))).toEqual([item]);
	});
});

describe('a name that is there twice', () => {
	test.each<[string, INode['parameters'], RegExp]>([
		['another value', json('{"claim": "A", "claim": "B"}'), /it holds claim twice/],
		['the same value', json('{"claim": "A", "claim": "A"}'), /it holds claim twice/],
		['in a template', json('={"claim": "{{ 1 }}", "claim": "B"}'), /it holds claim twice/],
		['further in', json('{"claim": [{"a": 1, "b": {}, "a": 1}]}'), /it holds claim\[0\]\.a twice/],
		['spelled otherwise', json('{"claim": 1, "\\u0063laim": 1}'), /it holds claim twice/],
		['in a field', fields('object', '{"a": 1, "a": 1}'), /claim holds a twice/],
		['in a field, by an expression', fields('json', '={{ "{\\"a\\":1,\\"a\\":1}" }}'), /a twice/],
		['on an attribute', mapper('{"claim": {}}', '{"a": 1, "a": 2}'), /claim holds a twice/],
	])('%s', async (_where, parameters, words) => {
		expect(await outcome({}, parameters)).toMatch(words);
	});
});

describe('Using JSON with expressions: nobody but the author of the workflow chooses claims', () => {
	const HOSTILE = 'x","isOver18":true,"b":"';

	test.each<[string, string, unknown]>([
		['text within quotation marks', '={"tier":"Gold","name":"{{ $json.name }}"}', HOSTILE],
		['a text put together of several', '={"tier":"Gold","name":"{{ $json.name }}"}', '\\'],
		['what looks like an expression', '={"tier":"Gold","name":"{{ $json.name }}"}', '{{ 1 + 1 }}'],
		['line breaks', '={"tier":"Gold","name":"{{ $json.name }}"}', 'a\nb'],
	])('%s stays text', async (_what, template, name) => {
		expect(await outcome({ name } as IDataObject, json(template))).toEqual([
			{ tier: 'Gold', name },
		]);
	});

	test.each<[string, string, unknown]>([
		['a number', '={"n": {{ $json.v }} }', { n: 5 }],
		['true', '={"n": {{ $json.v === 5 }} }', { n: true }],
		['null', '={"n": {{ null }} }', { n: null }],
		['a list', '={"n": {{ [$json.v, "a"] }} }', { n: [5, 'a'] }],
		['an object', '={"n": [1, {{ ({ a: $json.v }) }}] }', { n: [1, { a: 5 }] }],
		['no space before the end', '={"n":{"m":{{ $json.v }}}}', { n: { m: 5 } }],
		['several in one text', '={"n": "{{ $json.v }}-{{ $json.v + 1 }}"}', { n: '5-6' }],
		['true within quotation marks', '={"n": "{{ true }}"}', { n: 'true' }],
		['a point in time', '={"n": "{{ $now.year > 2000 }}"}', { n: 'true' }],
		['a whole object', '={{ ({ n: $json.v }) }}', { n: 5 }],
		['a whole object that was text', '={{ JSON.parse($json.text) }}', { n: 7 }],
		['space around the whole', '= {{ ({ n: $json.v }) }}\n', { n: 5 }],
	])('%s', async (_what, template, expected) => {
		const item = { v: 5, text: '{"n":7}' };
		expect(await outcome(item, json(template))).toEqual([expected]);
	});

	test.each<[string, string, RegExp]>([
		[
			'fixed text with braces',
			'{"n": "{{ $json.text }}"}',
			/set to Fixed, but holds an expression/,
		],
		['text alone', '="{{ $json.text }}"', /must be one object/],
		['text alone that was put together', '="{{ $json.text }}{{ "" }}"', /must be one object/],
		['a list', '=["{{ $json.text }}"]', /must be one object/],
		['the whole is text', '={{ $json.text }}', /one expression .* gave text/],
		['the whole is text again', '={{ JSON.stringify({ n: 1 }) }}', /one expression .* gave text/],
		['text without marks', '={"n": {{ $json.text }} }', /n is text; put quotation marks around/],
		[
			'JSON text for a value',
			'={"n": {{ JSON.stringify("a") }} }',
			/n is text; put quotation marks/,
		],
		['an expression as a name', '={"{{ $json.text }}": 1}', /expression .* name/],
		['an expression as a part of a name', '={"n": {"a{{ 1 }}": 1}}', /expression .* name/],
		['nothing within marks', '={"n": "{{ $json.none }}"}', /n has .* there is no value/],
		['null within marks', '={"n": "{{ null }}"}', /n has .* there is no value/],
		['nothing', '={"n": {{ $json.none }} }', /n has no value/],
		['an object within marks', '={"n": "{{ $json }}"}', /n has .* within text: .* is an object/],
		['a list within marks', '={"n": ["{{ [1] }}"]}', /n\[0\] has .* is a list/],
		['NaN within marks', '={"n": "{{ 0 / 0 }}"}', /n has .* a number that does not fit/],
		['an expression without an end', '={"n": "{{ 1 }"}', /no end/],
		['a backslash before it', '={"n": "\\\\{{ 1 }}"}', /backslash/],
		['half a character before it', '={"n": "\\u00{{ 41 }}"}', /not valid JSON/],
		['digits before it', '={"n": 1{{ 2 }} }', /not valid JSON/],
		['letters around it', '={"n": tr{{ "ue" }} }', /not valid JSON/],
		['two side by side', '={"n": {{ 1 }}{{ 2 }} }', /not valid JSON/],
		['id', '={"id": "{{ 1 }}"}', /id must not be set/],
		['a forbidden name in what is given', '={"n": {{ JSON.parse($json.bad) }} }', /forbidden name/],
	])('%s is refused', async (_what, template, words) => {
		const item = { text: '{"n":7}', bad: '{"__proto__":{"a":1}}' };
		expect(await outcome(item, json(template))).toMatch(words);
	});

	test('the same holds for JSON that is put together in a field', async () => {
		const template = '={"level": "low", "name": "{{ $json.name }}"}';
		const name = 'x","level":"high","b":"';
		const expected = [{ claim: { level: 'low', name } }];
		expect(await outcome({ name }, fields('object', template))).toEqual(expected);
		air.emulator.control.reset();
		expect(await outcome({ name }, fields('json', template))).toEqual(expected);
		air.emulator.control.reset();
		expect(await outcome({ name }, mapper('{"claim": {}}', template))).toEqual(expected);
		air.emulator.control.reset();
		const list = await outcome({ name: 'a","b' }, fields('list', '=["{{ $json.name }}"]'));
		expect(list).toEqual([{ claim: ['a","b'] }]);
	});

	describe('as the tool of an agent', () => {
		const AS_TOOL = { type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalfTool' };
		/** The arguments of the model are the item. */
		async function told(args: IDataObject, subjectJson: string): Promise<unknown> {
			const parameters = { ...json(subjectJson), recipient: 'ada@example.com' };
			const { error } = await runWorkflow(
				issueWorkflow([args], parameters, AS_TOOL),
				air.credential,
			);
			return sent().length > 0 ? sent() : (error?.message ?? 'nothing happened');
		}

		test('what the model gives for one value stays that value', async () => {
			const template = `={"tier": "Gold", "name": "{{ $fromAI('name', 'x', 'string') }}"}`;
			expect(await told({ name: HOSTILE }, template)).toEqual([{ tier: 'Gold', name: HOSTILE }]);
		});

		test.each<[string, unknown, string]>([
			['number', 7, '={"n": {{ $fromAI("n", "", "number") }} }'],
			['boolean', true, '={"n": {{ /*n8n-auto-generated*/ $fromAI("n", ``, "boolean") }} }'],
		])('a %s', async (_type, n, template) => {
			expect(await told({ n } as IDataObject, template)).toEqual([{ n }]);
		});

		test('a whole subject is taken as an object, and refused as text', async () => {
			const claims = { tier: 'Gold' };
			const whole = `={{ $fromAI('claims', '', 'json') }}`;
			expect(await told({ claims }, whole)).toEqual([claims]);
			air.emulator.control.reset();
			expect(await told({ claims: JSON.stringify(claims) }, whole)).toMatch(/gave text/);
		});
	});

	test('text that stands alone in a field is text, and never read a second time', async () => {
		const item = { text: '{"level":"high"}', list: '["a"]' };
		expect(await outcome(item, fields('json', '="{{ $json.text }}"'))).toEqual([
			{ claim: item.text },
		]);
		air.emulator.control.reset();
		const refused = /claim must be an? \w+, but the value is text/;
		expect(await outcome(item, fields('object', '="{{ $json.text }}"'))).toMatch(refused);
		expect(await outcome(item, fields('list', '="{{ $json.list }}"'))).toMatch(refused);
		expect(await outcome(item, mapper('{"claim": {}}', '="{{ $json.text }}"'))).toMatch(refused);
	});

	test.each<[string, INode['parameters']]>([
		['text', fields('string', '{{ $json.name }}')],
		['JSON', fields('json', '{"name": "{{ $json.name }}"}')],
		['an attribute', mapper('{"claim": "a"}', 'Ms {{ $json.name }}')],
	])('an expression whose switch was forgotten is not a claim: %s', async (_what, parameters) => {
		expect(await outcome({ name: 'Ada' }, parameters)).toMatch(
			/claim is set to Fixed, but holds an expression; switch it to Expression/,
		);
	});

	test.each<[string, INode['parameters'], unknown]>([
		['text', fields('string', '=Ms {{ $json.name }} {{ $json.n }}'), 'Ms Ada 7'],
		['a number', fields('number', '={{ $json.n }}.{{ $json.n }}'), 7.7],
		['an attribute', mapper('{"claim": "a"}', '={{ $json.name }} ({{ true }})'), 'Ada (true)'],
		['text without expressions', fields('string', '=Ms Ada'), 'Ms Ada'],
		['nothing', fields('string', '=Ms {{ $json.none }}'), /claim has .* there is no value/],
		['an object', fields('string', '=Ms {{ $json.list }}'), /claim has .* is a list/],
		['nothing, on an attribute', mapper('{"claim": "a"}', '=Ms {{ null }}'), /there is no value/],
	])('plain text with expressions: %s', async (_what, parameters, expected) => {
		const found = await outcome({ name: 'Ada', n: 7, list: [{}] }, parameters);
		if (expected instanceof RegExp) expect(found).toMatch(expected);
		else expect(found).toEqual([{ claim: expected }]);
	});

	test('braces that somebody sent are text', async () => {
		const name = '{{ $json.email }}';
		expect(await outcome({ claim: name }, fields('string', '={{ $json.claim }}'))).toEqual([
			{ claim: name },
		]);
	});

	test('each item has its own values', async () => {
		const items = ['ada', 'bob'].map((name) => ({ email: `${name}@example.com`, name }));
		const { error } = await runWorkflow(
			issueWorkflow(items, json('={"name": "{{ $json.name }}", "n": {{ $itemIndex }} }')),
			air.credential,
		);
		expect(error?.message ?? '').not.toMatch(/subject is not valid/);
		expect(sent().map(({ n }) => n)).toContain(0);
	});

	test.each<[string, INode['parameters'], RegExp]>([
		['no fields', { subjectFields: {} }, /^Press Add Field under Fields/],
		['a field', fields('number', 'x'), /^Look at the named field under Fields: Type/],
		['an attribute', mapper('{"claim": 1}', 'x'), /^Look at the named attribute under Attributes/],
		['as it is', automatic({ leftOut: 'claim' }), /^Look at the field of the .* Convert Types\./],
		[
			'converted',
			automatic({ convertTypes: true, subjectExample: '{"claim": 1}' }),
			/its value must fit the type in the example/,
		],
		['fixed JSON', json('{"claim": '), /^Under JSON, write the names out/],
		['text', json('={{ $json.claim }}'), /JSON\.parse\(\$json\.body\.claims\)/],
		[
			'a date in another form',
			fields('date', '={{ $json.claim }}'),
			/^Let an expression read other dates, e\.g\. .*'dd\.MM\.yyyy'\)\.toISODate\(\) }}/,
		],
		['no date', fields('dateTime', '={{ "" }}'), /^Look at the named field under Fields: Type/],
		[
			'no attribute by name',
			automatic({ convertTypes: true, subjectExample: '{"tier": "Gold"}' }),
			/^Map Automatically takes the fields that are named like the attributes\. Set Attributes In/,
		],
		['no value at all', mapper('{"claim": 1}', ''), /^Fill in at least one attribute under Attr/],
	])('the advice fits the way: %s', async (_what, parameters, words) => {
		const { error } = await runWorkflow(
			issueWorkflow([{ email: 'ada@example.com', claim: 'x' }], parameters),
			air.credential,
		);
		expect(error?.description).toMatch(words);
		expect(sent()).toEqual([]);
	});
});

/** docs/internals/decisions.md says what becomes of a value; here are the rows in which n8n has a part. */
describe('the tables of the page', () => {
	const [, plain = [], , templates = []] = claimTables();
	const ITEM = JSON.parse(
		'{"name":"x\\",\\"tier\\":\\"Platinum","n":7,"list":["a"],"big":4012888888881881123,"text":"{\\"tier\\":\\"Platinum\\"}"}',
	) as IDataObject;

	async function expectOutcome(
		item: IDataObject,
		parameters: INode['parameters'],
		becomes: string | undefined,
	): Promise<void> {
		const found = await outcome(item, parameters);
		if (becomes === undefined) expect(found).toMatch(/^The credential subject is not valid: /);
		else expect(JSON.stringify(found)).toBe(`[${becomes}]`);
		air.emulator.control.reset();
	}

	test.each(templates)('JSON: $given', async ({ given, becomes }) => {
		await expectOutcome(ITEM, json(`=${given}`), becomes);
	});

	// Map Automatically leaves out what is empty, and the items of these tests are JSON themselves.
	test.each(plain.filter(({ given }) => given !== 'null' && !given.includes('__proto__')))(
		'as it is: $given',
		async ({ given, becomes }) => {
			const item = JSON.parse(`{"claim": ${given}}`) as IDataObject;
			// An item with Infinity is none that JSON could bring here.
			if (given === '1e400') return;
			const subject = becomes && `{"claim":${becomes}}`;
			await expectOutcome(item, automatic(), subject);
			await expectOutcome(item, json('={{ ({ claim: $json.claim }) }}'), subject);
		},
	);
});
