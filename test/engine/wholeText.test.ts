import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers } from '../../issuance/session/openLedger';
import { startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

/** Parameters that identify a person or an event, put together from parts by n8n's own expressions. */
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
const issued = () => air.emulator.control.issuances().length;

const ID = '={{ $json.id }}-{{ $json.email }}';
const CALCULATED = "={{ $json.id + '-' + $json.email }}";
const LITERAL = '={{ `${$json.id}:${$json.email}` }}';
const JOINED = "={{ [$json.id, $json.email].join('-') }}";

test.each<[string, string, IDataObject, RegExp]>([
	['not there', ID, {}, /no field called “id”; it has: email, level/],
	['null', ID, { id: null }, /\{\{ \$json\.id \}\} gives nothing/],
	['empty', ID, { id: '' }, /gives empty text/],
	['an object', ID, { id: { a: 'SECRET' } }, /gives an object/],
	['a list', ID, { id: ['SECRET'] }, /gives a list/],
	['true', ID, { id: true }, /gives true or false/],
	['beyond what a number keeps', ID, { id: 1e21 }, /cannot keep exactly/],
	[
		'not there, with a name between',
		'=evt {{ $json.body?.id }} x',
		{},
		/\$json\.body\?\.id .*nothing/,
	],
	['an expression without anything in it', '=evt-{{}}', {}, /invalid syntax/],
	['not there, and calculated', CALCULATED, {}, /the word “undefined”/],
	['null, and calculated', CALCULATED, { id: null }, /the word “null”/],
	['empty, and calculated', CALCULATED, { id: '' }, /nothing stands beside a “-”/],
	['an object, and calculated', CALCULATED, { id: { a: 1 } }, /the word “\[object Object\]”/],
	['empty in a literal', LITERAL, { id: '' }, /nothing stands beside a “:”/],
	['not there, and joined', JOINED, {}, /nothing stands beside a “-”/],
	['an object alone', '={{ $json.id }}', { id: { a: 1 } }, /\$json\.id \}\} gives an object/],
	['a date alone', '={{ $now }}', {}, /gives a date/],
	['nothing alone', '={{ $json.id }}', {}, /no field called “id”/],
])('an Event ID of which a part is %s issues nothing', async (_what, eventId, rest, words) => {
	const { error } = await run([person('ada', rest)], { idempotency: 'event', eventId });
	expect(error?.message).toMatch(words);
	expect(JSON.stringify([error?.message, error?.description])).not.toContain('SECRET');
	expect(issued()).toBe(0);
});

test.each([[ID], [CALCULATED], [LITERAL], [JOINED], ['={{ $json.id }}']])(
	'two events of one person issue twice, and each once: %s',
	async (eventId) => {
		const at = Buffer.from(eventId).toString('hex');
		const items = [1, 2, 1].map((event) => person('ada', { id: `evt_${event}_${at}` }));
		const { error, json } = await run(items, { idempotency: 'event', eventId });
		expect(error).toBeUndefined();
		expect(json('Done')).toHaveLength(3);
		expect(issued()).toBe(2);
	},
);

test.each<[string, string, IDataObject, RegExp]>([
	[
		'not there',
		'={{ $json.first }}{{ $json.last }}@example.com',
		{ last: 'ada' },
		/no field called “first”/,
	],
	['an object', '={{ $json.first }}ada@example.com', { first: {} }, /gives an object/],
	['calculated', "={{ $json.first + '@example.com' }}", {}, /“undefined” in place of a name/],
	['null, calculated', "={{ $json.first + '@example.com' }}", { first: null }, /“null” in place/],
	['alone', '={{ $json.mail }}', {}, /no field called “mail”; it has: email/],
])('a recipient of which a part is %s gets nothing', async (_what, recipient, rest, words) => {
	const { error } = await run([{ ...person('x'), ...rest }], { recipient });
	expect(error?.message).toMatch(words);
	expect(issued()).toBe(0);
});

test('a Reference lacks no part, but may be left out', async () => {
	const reference = (text: string) => ({ options: { reference: text } });
	const { error } = await run([person('ada')], reference('=c-{{ $json.customer }}'));
	expect(error?.message).toMatch(/Reference: \{\{ \$json\.customer \}\} gives nothing/);
	expect(issued()).toBe(0);
	expect((await run([person('ada')], reference('={{ $json.customer }}'))).error).toBeUndefined();
});

test.each<[string, unknown, RegExp]>([
	['that is not there', undefined, /no field called “id”; it has: email, kycLevel/],
	['that is an object', { a: 1 }, /gives an object/],
	['that is a list', [1], /gives a list/],
	['that is false', false, /true or false/],
	['with digits that a number has lost', 1e21, /cannot keep exactly/],
	['that cannot be seen', '\u200b', /gives empty text/],
	['that is a word for nothing', 'undefined', /“undefined”/],
])('an Event ID from a field %s issues nothing', async (_what, id, words) => {
	const { error } = await run(
		[{ email: 'ada@example.com', kycLevel: 'basic', id } as IDataObject],
		{
			subjectMode: 'automatic',
			convertTypes: false,
			idempotency: 'event',
			eventId: '={{ $json.id }}',
		},
	);
	expect(error?.message).toMatch(words);
	expect(issued()).toBe(0);
});

test('what is put together is what n8n would give', async () => {
	process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'moca-air-whole-text-'));
	const credential = { ...air.credential, ledger: 'embedded' };
	const remembered = async (items: readonly IDataObject[], parameters: INode['parameters']) =>
		await runWorkflow(issueWorkflow(items, parameters), credential);
	const eventId = '={{ $json.email }} \\{{ x }} }} é {{ { a: "}" }.a + 1 }}{{ $json.n }}';
	const wanted = 'ada@example.com {{ x }} }} é }10.5';
	const { error } = await remembered(
		[person('ada', { n: 0.5 }), person('ada', { n: 0.5, fixed: wanted })],
		{
			idempotency: 'event',
			eventId: eventId,
		},
	);
	expect(error).toBeUndefined();
	expect(issued()).toBe(1);
	// The same ID, typed: a replay shows that both are one.
	await remembered([person('ada')], { idempotency: 'event', eventId: wanted });
	expect(issued()).toBe(1);
	await closeLedgers();
	rmSync(process.env.N8N_USER_FOLDER, { recursive: true, force: true });
	delete process.env.N8N_USER_FOLDER;
});
