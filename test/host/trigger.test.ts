import { jsonOf } from './harness/runData';
import { CREDENTIAL, inRow, items, node, start, startHost, type Host } from './workflows';

/** One workflow issues, another learns of it by Moca AIR Trigger, in a real n8n. */
let host: Host;

jest.setTimeout(240_000);

beforeAll(async () => {
	host = await startHost();
}, 900_000);

afterAll(async () => {
	await host.close();
}, 60_000);

const trigger = (credentials = host.credentials) =>
	node(
		'Trigger',
		'n8n-nodes-moca-air.mocaAirTrigger',
		{
			pollTimes: { item: [{ mode: 'everyMinute' }] },
			watch: 'instance',
			events: ['confirmed'],
			start: 'now',
		},
		{ credentials },
	);

const issue = async (...names: string[]) =>
	await host.run(
		inRow(
			start(),
			items(names.map((name) => ({ email: `${name}@example.com` }))),
			host.issueNode(),
		),
	);

/** What the executions of a workflow were given, once these people are among it. */
async function received(workflowId: string, ...people: string[]) {
	const until = Date.now() + 200_000;
	for (;;) {
		const listed = await host.api.executions.list({ workflowId, status: ['success'] });
		const executions = await Promise.all(
			listed.map(async ({ id }) => await host.api.executions.get(id)),
		);
		const all = executions.reverse().flatMap(({ data }) => jsonOf(data, 'Trigger'));
		const complete = people.every((name) =>
			all.some(({ email }) => email === `${name}@example.com`),
		);
		if (complete || Date.now() > until) return all;
		await new Promise((resolve) => setTimeout(resolve, 1_000));
	}
}

test('is known to n8n as a trigger', async () => {
	const types = await host.api.nodeTypes('n8n-nodes-moca-air');
	expect(types.map(({ name }) => name)).toContain('n8n-nodes-moca-air.mocaAirTrigger');
});

test('From Now: what is issued afterwards comes once each, over a deactivation too', async () => {
	await issue('before');
	const { id } = await host.api.workflows.create(
		inRow(trigger(), node('Done', 'n8n-nodes-base.noOp', {})),
	);
	await host.api.workflows.activate(id);
	await issue('ada', 'bob');
	const events = await received(id, 'ada', 'bob');
	expect(events.map(({ email, event }) => [email, event])).toEqual(
		expect.arrayContaining([
			['ada@example.com', 'confirmed'],
			['bob@example.com', 'confirmed'],
		]),
	);
	expect(events[0]).toMatchObject({ vcStatus: 'ONCHAIN', state: 'confirmed' });

	await host.api.workflows.deactivate(id);
	await issue('cy');
	await host.api.workflows.activate(id);
	const later = await received(id, 'cy');
	const known = new Set(later.map(({ eventId }) => eventId));
	const people = new Set(later.map(({ email }) => email));
	expect(people).toContain('cy@example.com');
	// Given out again, perhaps, but never under another event ID.
	expect(known.size).toBe(people.size);
	expect(host.air.emulator.control.counts().issuances).toBe(4);
});

test('without a ledger the workflow is not activated, and n8n says why', async () => {
	const { id: credentialId } = await host.api.credentials.create(CREDENTIAL, 'off', {
		...host.air.credential,
		ledger: 'off',
	});
	const { id } = await host.api.workflows.create(
		inRow(trigger({ [CREDENTIAL]: { id: credentialId, name: 'off' } })),
	);
	const { status, triggers } = await host.api.workflows.tryActivate(id);
	expect(status).not.toBe('published');
	expect(triggers[0]?.errorMessage).toMatch(/ledger/i);
});
