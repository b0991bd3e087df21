import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { exampleNames, readExample, SET_UP, triggerOf } from '../../../scripts/examples';
import { root } from '../../../scripts/package';

/** What holds for every file in examples/, without running it: test/host/examples.test.ts does that. */
const STICKY = 'n8n-nodes-base.stickyNote';
const LISTENS = /(webhook|formTrigger|chatTrigger|stripeTrigger|JwksTrigger)$/;
/** On the canvas of n8n. */
const NODE = 96;
const LABEL = 60;
const TRIGGERS = /(webhook|trigger)$/i;

const docs = readFileSync(join(root, 'docs', 'examples.md'), 'utf8');

const eventFields = z.object({
	subjectFields: z
		.object({ field: z.array(z.object({ name: z.string(), value: z.string() })) })
		.optional(),
	expert: z.object({ ignoreWhenComparing: z.string().optional() }).optional(),
});

test('there are examples for every kind of trigger that the README promises', () => {
	expect(exampleNames()).toEqual(
		expect.arrayContaining([
			'agent-with-approval',
			'bulk-csv',
			'form-attendance',
			'jwks-host',
			'kyc-credential',
			'kyc-persona',
			'kyc-sumsub',
			'kyc-veriff',
			'on-chain-message',
			'outcome-unknown',
			'own-issuer-service',
			'renew',
			'starter',
			'stripe-membership',
		]),
	);
});

describe.each(exampleNames())('%s', (name) => {
	const example = readExample(name);
	const text = JSON.stringify(example);
	const nodes = example.nodes.filter(({ type }) => type !== STICKY);

	test('has a note that explains it, with a title and what to change', () => {
		const notes = example.nodes.filter(({ type }) => type === STICKY);
		expect(notes[0]?.parameters.content).toMatch(/^## .+\n.+Choose your .*Moca AIR credential/s);
	});

	test('has its note beside the nodes, not on them', () => {
		const [note] = example.nodes.filter(({ type }) => type === STICKY);
		const [left = 0, top = 0] = note?.position ?? [];
		const { width, height } = z
			.object({ width: z.number(), height: z.number() })
			.parse(note?.parameters);
		const covered = nodes.filter(
			({ position: [x, y] }) =>
				x < left + width && x + NODE > left && y < top + height && y + NODE + LABEL > top,
		);
		expect(covered.map((node) => node.name)).toEqual([]);
	});

	test('has names and IDs that are unique, and connections that lead somewhere', () => {
		const names = example.nodes.map((node) => node.name);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(example.nodes.map(({ id }) => id)).size).toBe(names.length);
		const linksOf = (byKind: (typeof example.connections)[string] = {}) =>
			Object.values(byKind).flat(2);
		const reached = Object.values(example.connections).flatMap(linksOf);
		for (const from of Object.keys(example.connections)) expect(names).toContain(from);
		for (const { node } of reached) expect(names).toContain(node);
		for (const { name: node, type } of nodes) {
			// A sub-node of an agent is reached by nothing, and leads to the agent.
			const ofAgent = Object.entries(example.connections[node] ?? {}).filter(
				([kind]) => kind !== 'main',
			);
			const leadsToAgent = linksOf(Object.fromEntries(ofAgent)).length > 0;
			const isReached = leadsToAgent || reached.some((to) => to.node === node);
			expect([node, isReached || TRIGGERS.test(type)]).toEqual([node, true]);
		}
	});

	test('has a webhook ID wherever n8n needs one for the path', () => {
		for (const { type, webhookId } of nodes) {
			if (LISTENS.test(type)) expect(webhookId).toMatch(/^[0-9a-f-]{36}$/);
		}
	});

	test('has sample data at its trigger, for nodes that exist', () => {
		const names = nodes.map((node) => node.name);
		const pinned = Object.keys(example.pinData ?? {});
		expect(names).toEqual(expect.arrayContaining(pinned));
		// In a chat somebody types.
		if (!/(manual|chat)Trigger$/.test(triggerOf(example).type)) {
			expect(pinned).toContain(triggerOf(example).name);
		}
		expect(pinned).not.toContain(SET_UP);
	});

	test('names no credential but ours, and that one by no ID', () => {
		for (const { credentials = {} } of nodes) {
			for (const [type, { id }] of Object.entries(credentials)) {
				expect([type, id]).toEqual(['mocaAirApi', null]);
			}
		}
	});

	test('holds no secret, and only reserved addresses', () => {
		expect(text).not.toMatch(/sk_live|sk_test|whsec_|wbhsec_|BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{8}/);
		for (const [address] of text.matchAll(/[\w.+-]+@[\w-]+\.[\w.-]+/g)) {
			expect(address).toMatch(/@example\.com$/);
		}
	});

	test('never takes the present time: what is issued has the time of the event', () => {
		expect(text).not.toMatch(/\$now|\$today|DateTime\.(now|local|utc)\(|new Date\(\)|Date\.now/);
	});

	test('keys every issuance that a webhook starts by the sender’s event', () => {
		const issuing = nodes.filter(({ type }) => /\.mocaAirIssueOnBehalf(Tool)?$/.test(type));
		for (const { parameters } of issuing) {
			// A file is not an event: its lines are known by their content.
			if (triggerOf(example).name === 'Upload Form') continue;
			expect(parameters).toMatchObject({
				idempotency: 'event',
				eventId: expect.stringMatching(/^=\{\{/) as string,
			});
		}
	});

	test('does not compare the time at which a form was sent: sent twice, it is not the same', () => {
		for (const { parameters } of nodes) {
			const { subjectFields, expert } = eventFields.parse(parameters);
			for (const { name: attribute, value } of subjectFields?.field ?? []) {
				if (!value.includes('submittedAt')) continue;
				expect(expert?.ignoreWhenComparing?.split(/, ?/)).toContain(attribute);
			}
		}
	});

	test('says in its note that a webhook which checks no signature needs an Authentication', () => {
		const isOpen = nodes.some(({ type }) => type === 'n8n-nodes-base.webhook');
		const isSigned = nodes.some(({ type }) => type === 'n8n-nodes-base.crypto');
		if (!isOpen || isSigned) return;
		const [note] = example.nodes.filter(({ type }) => type === STICKY);
		expect(note?.parameters.content).toMatch(/an \*\*Authentication\*\* in \*\*/);
	});

	test('has a section in docs/examples.md, with its file and pictures that exist', () => {
		expect(docs).toContain(`examples/${name}.json`);
		for (const picture of [`example-${name}.png`, `example-${name}.dark.png`]) {
			expect(docs).toContain(`images/${picture}`);
			expect(existsSync(join(root, 'docs', 'images', picture))).toBe(true);
		}
	});
});

/**
 * An error workflow is given `execution.error` when an execution failed, and `trigger.error` when the
 * trigger of a workflow did (n8n 2.40, execute-error-workflow.js). A workflow that reads only one is told nothing
 * of the other.
 */
test.each([
	...exampleNames().map((name) => [`examples/${name}.json`]),
	...readdirSync(join(root, 'docs'))
		.filter((file) => file.endsWith('.md'))
		.map((file) => [`docs/${file}`]),
	['README.md'],
])('%s: what reads the failure of an execution reads that of a trigger, too', (file) => {
	const text = readFileSync(join(root, file), 'utf8');
	for (const [expression] of text.matchAll(/\{\{[^}]*execution\??\.error[^}]*\}\}/g)) {
		expect(expression).toMatch(/trigger\??\.error/);
	}
});

test('the page of the trigger says how an error workflow reads both', () => {
	const text = readFileSync(join(root, 'docs', 'trigger.md'), 'utf8');
	expect(text).toMatch(/\{\{[^}]*trigger\?\.error[^}]*execution\?\.error[^}]*\}\}/);
});
