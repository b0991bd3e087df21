import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow } from './workflows';

/** The ways of giving the credential subject, through n8n's own engine. */
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

const run = async (items: readonly IDataObject[], parameters: INode['parameters']) =>
	await runWorkflow(issueWorkflow(items, parameters), air.credential);

/** Items are under way at once, and come in any order. */
const inOrder = <T extends { readonly recipient?: string | undefined }>(seen: readonly T[]) =>
	seen.toSorted((a, b) => (a.recipient ?? '').localeCompare(b.recipient ?? ''));
const sent = () =>
	inOrder(air.emulator.control.requests()).map(
		({ body }) => (body as IDataObject).credentialSubject,
	);
const recipients = () =>
	inOrder(air.emulator.control.issuances()).map(({ recipient }) => recipient);

const EXAMPLE = '{ "kycLevel": "basic", "isOver18": true, "score": 1 }';
const SCHEMA = JSON.stringify({
	type: 'object',
	required: ['kycLevel', 'isOver18'],
	properties: {
		id: { type: 'string', format: 'uri' },
		kycLevel: { $ref: '#/$defs/level' },
		isOver18: { type: 'boolean' },
		score: { type: 'integer', maximum: 100 },
		verifiedAt: { type: 'string', format: 'date-time' },
	},
	$defs: { level: { type: 'string', enum: ['basic', 'enhanced'] } },
});
const ROWS = [
	{ email: 'ada@example.com', kycLevel: 'basic', isOver18: 'TRUE', score: '42', row_number: 2 },
	{ email: 'bob@example.com', kycLevel: 'enhanced', isOver18: 'false', score: '', row_number: 3 },
];

const row: IDataObject = { ...ROWS[0] };
/** Values as a webhook that knows types would bring them. */
const TYPED = [
	{ email: 'ada@example.com', kycLevel: 'basic', isOver18: true, score: 42, row_number: 2 },
	{ email: 'bob@example.com', kycLevel: 'enhanced', isOver18: false, score: null, row_number: 3 },
];

describe('Map Each Field', () => {
	const mapper = (value: IDataObject, rest: INode['parameters'] = {}): INode['parameters'] => ({
		subjectMode: 'mapper',
		schemaSource: 'jsonSchema',
		subjectSchema: SCHEMA,
		subjectMapper: {
			mappingMode: 'defineBelow',
			value: value as INode['parameters'],
			matchingColumns: [],
			// As the editor saves it: fields without a type, which n8n leaves alone.
			schema: Object.keys(value).map((id) => ({ id, displayName: id, required: true })),
			attemptToConvertTypes: false,
			convertFieldsToString: false,
		},
		...rest,
	});

	test('evaluates each value for its item and converts it to the type of the schema', async () => {
		const { error } = await run(
			ROWS,
			mapper({
				kycLevel: '={{ $json.kycLevel }}',
				isOver18: '={{ $json.isOver18 }}',
				score: '={{ $json.score }}',
				verifiedAt: '2026-01-19T07:18:45Z',
			}),
		);
		expect(error).toBeUndefined();
		expect(sent()).toEqual([
			{ kycLevel: 'basic', isOver18: true, score: 42, verifiedAt: '2026-01-19T07:18:45Z' },
			{ kycLevel: 'enhanced', isOver18: false, verifiedAt: '2026-01-19T07:18:45Z' },
		]);
	});

	test('takes an example in place of a schema', async () => {
		const { error } = await run(
			[row],
			mapper(
				{ kycLevel: 'any', isOver18: '={{ $json.isOver18 }}', score: '={{ $json.score }}' },
				{ schemaSource: 'example', subjectExample: EXAMPLE },
			),
		);
		expect(error).toBeUndefined();
		expect(sent()).toEqual([{ kycLevel: 'any', isOver18: true, score: 42 }]);
	});

	test.each<[string, IDataObject, RegExp]>([
		['a value that the schema does not allow', { kycLevel: 'SECRET' }, /kycLevel must be one of/],
		['text in place of a number', { score: '={{ "SECRET" }}' }, /score must be a whole number/],
		['a required attribute without a value', { kycLevel: null }, /kycLevel is required, but/],
		['one that n8n would refuse, too', { isOver18: '={{ undefined }}' }, /isOver18 is required/],
		['an attribute that the schema no longer has', { gone: 'SECRET' }, /no longer in the example/],
	])('%s is refused before anything is sent, without the value', async (_what, change, words) => {
		const { error } = await run([row], mapper({ kycLevel: 'basic', isOver18: true, ...change }));
		expect(error?.message).toMatch(words);
		expect(JSON.stringify([error?.message, error?.description])).not.toContain('SECRET');
		expect(sent()).toEqual([]);
	});

	test('names the item whose value does not fit', async () => {
		const { error } = await run(
			[row, { ...ROWS[1], kycLevel: 'none' }],
			mapper({ kycLevel: '={{ $json.kycLevel }}', isOver18: true }),
		);
		expect(error?.message).toMatch(/kycLevel must be one of basic, enhanced$/);
		expect(error?.description).toMatch(/^Row 2 of 2\. /);
	});

	test('a schema that cannot be read is said to be that', async () => {
		const { error } = await run([row], mapper({ a: 1 }, { subjectSchema: '{"type": ' }));
		expect(error?.message).toMatch(/JSON Schema is not valid JSON/);
	});
});

describe('Map Automatically', () => {
	const automatic = (rest: INode['parameters'] = {}): INode['parameters'] => ({
		subjectMode: 'automatic',
		convertTypes: false,
		leftOut: 'row_number, note',
		...rest,
	});

	test('takes recipient and attributes from the items as they are', async () => {
		const { error } = await run(TYPED, automatic());
		expect(error).toBeUndefined();
		expect(recipients()).toEqual(['ada@example.com', 'bob@example.com']);
		expect(sent()).toEqual([
			{ kycLevel: 'basic', isOver18: true, score: 42 },
			{ kycLevel: 'enhanced', isOver18: false },
		]);
	});

	test('with Convert Types, what the schema knows is converted, and nothing else is sent', async () => {
		const { error } = await run(
			ROWS.map((row) => ({ ...row, phone: 'not for the credential' })),
			automatic({ convertTypes: true, schemaSource: 'jsonSchema', subjectSchema: SCHEMA }),
		);
		expect(error).toBeUndefined();
		expect(sent()).toEqual([
			{ kycLevel: 'basic', isOver18: true, score: 42 },
			{ kycLevel: 'enhanced', isOver18: false },
		]);
	});

	test('from the body of a webhook, with event ID and reference, which are not attributes', async () => {
		const body = {
			id: 'of the event, never an attribute',
			email: 'ada@example.com',
			eventId: 'evt_1',
			customer: 'c-7',
			kycLevel: 'basic',
		};
		const parameters = automatic({
			recipient: '={{ $json.body.email }}',
			attributesIn: 'body',
			idempotency: 'event',
			eventId: '={{ $json.body.eventId }}',
			options: { reference: '={{ $json.body.customer }}' },
		});
		const { error } = await run([{ headers: { host: 'x' }, body }], parameters);
		expect(error).toBeUndefined();
		expect(sent()).toEqual([{ kycLevel: 'basic' }]);
		const again = await run([{ body: { ...body, eventId: '' } }], parameters);
		expect(again.error?.message).toMatch(/event ID .*gives empty text/i);
	});

	// n8n takes a required parameter for shown once a condition before it is an expression.
	test.each<[string, INode['parameters']]>([
		['field', { ...automatic(), eventId: '={{ $json.row_number }}' }],
		[
			'value',
			{
				eventId: 'evt_by_expression',
				subjectMode: 'json',
				subjectJson: '{ "kycLevel": "basic", "isOver18": true }',
			},
		],
	])('Repeats may be an expression beside an event ID by its %s', async (_how, parameters) => {
		const idempotency = '={{ "event" }}';
		const { error } = await run(TYPED.slice(0, 1), { ...parameters, idempotency });
		expect(error).toBeUndefined();
		expect(sent()).toHaveLength(1);
	});

	test.each<[string, INode['parameters'], RegExp]>([
		[
			'a field that the item does not have',
			{ recipient: '={{ $json.mail }}' },
			/no field called “mail”; it has: email, kycLevel, isOver18, score, row_number$/,
		],
		[
			'an Event ID that the item does not have',
			{ idempotency: 'event', eventId: '={{ $json.event.id }}' },
			/event ID is not valid: the item has no field called “event.id”; it has: email/,
		],
		[
			'nowhere to find attributes',
			{ attributesIn: 'body' },
			/Attributes In: the item has no field called “body”; it has: email/,
		],
		['attributes in what holds none', { attributesIn: 'kycLevel' }, /holds no attributes/],
		['everything left out', { leftOut: 'kycLevel,isOver18,score,row_number' }, /no attributes/],
		[
			'a value that does not fit',
			{ convertTypes: true, subjectExample: '{"kycLevel": 5}' },
			/number/,
		],
	])('%s is refused before anything is sent', async (_what, parameters, words) => {
		const { error } = await run([row], automatic(parameters));
		expect(error?.message).toMatch(words);
		expect(sent()).toEqual([]);
	});

	test('evaluates no expression, whatever the hidden parameters of other modes hold', async () => {
		const broken = '={{ $json.not.there.at.all }}';
		const { error } = await run(
			TYPED,
			automatic({
				subjectJson: broken,
				eventId: broken,
				subjectFields: { field: [{ name: 'a', type: 'string', value: broken }] },
			}),
		);
		expect(error).toBeUndefined();
		expect(recipients()).toHaveLength(2);
	});
});

describe('fields by hand', () => {
	test.each([
		['integer', '={{ "42" }}', 42],
		['dateTime', '2026-01-19T07:18:45Z', '2026-01-19T07:18:45Z'],
		['unixSeconds', '={{ DateTime.fromISO("2026-01-19T07:18:45Z") }}', 1768807125],
		['list', '["a"]', ['a']],
		['object', '={{ { a: 1 } }}', { a: 1 }],
	])('%s', async (type, value, expected) => {
		// The emulated program does not know the attribute; what counts is what was sent.
		await run([row], { subjectFields: { field: [{ name: 'claim', type, value }] } });
		expect(sent()).toEqual([{ claim: expected }]);
	});
});
