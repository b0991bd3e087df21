import type { DemoAir } from '../../scripts/demoAir';
import { REAL_POLL_MS, type Handover } from './handover';
import { N8nApi } from '../../harness/n8nApi';
import type { N8nProcess } from '../../harness/n8nProcess';
import { poll } from '../../harness/poll';
import type { LedgerTables } from './ledgerTables';
import type { Recorder, Told } from './recorder';
import { chain, inRow, issueNode, node, pollEvery, type Json } from './workflows';

/** Where workflow A issues, and workflows B learn of it: any mode of n8n, any store. */
export interface Stage {
	readonly air: DemoAir;
	/** The process that polls; started with the environment of `handover`. */
	readonly main: N8nProcess;
	readonly handover: Handover;
	readonly recorder: Recorder;
	readonly ledger: LedgerTables;
	readonly credentials: Record<string, { id: string; name: string }>;
}

const MINUTE_MS = 60_000;
const ISSUANCES = 50;
/** Webhooks at once. */
const AT_ONCE = 10;

const people = (name: string, count: number) =>
	Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
const emailOf = (name: string) => `${name}@example.com`;
const numberOf = ({ eventId }: Told) => Number(eventId.split('-')[1]);
const idsOf = (told: readonly Told[]) => new Set(told.map(({ eventId }) => eventId));

interface Workflow {
	readonly id: string;
	/** By which the recorder knows it. */
	readonly name: string;
}

/** What docs/trigger.md says is to be put behind the trigger. */
const once = node(
	'Remove Duplicates',
	'n8n-nodes-base.removeDuplicates',
	{
		operation: 'removeItemsSeenInPreviousExecutions',
		logic: 'removeItemsWithAlreadySeenKeyValues',
		dedupeValue: '={{ $json.eventId }}',
		options: {},
	},
	{ typeVersion: 2 },
);
const onceOf = (name: string) => `${name}-once`;

/**
 * What triggers have to live through, one act after another; `stage` may only be used inside of tests.
 *
 * Activating polls as well, but only a later poll of the same activation shows that events are not told
 * again, and only such a poll's result is thrown away by a republication.
 */
export function tellTheStory(
	stage: () => Stage,
	names: readonly string[],
	say: (line: string) => void,
) {
	let api: N8nApi;
	let triggers: Workflow[];

	const triggerNode = (name: string, options: Json = {}) =>
		node(
			name,
			'n8n-nodes-moca-air.mocaAirTrigger',
			{
				pollTimes: pollEvery(10),
				watch: 'instance',
				events: ['confirmed', 'delayed', 'notUsable'],
				delayMinutes: 5,
				start: 'now',
				options,
			},
			{ id: 'trigger', credentials: stage().credentials },
		);

	/** Tells the recorder of every item, and on a second branch of those that docs/trigger.md keeps. */
	const definitionOf = (by: string, name = 'Trigger', options: Json = {}) => {
		const { recorder } = stage();
		const trigger = triggerNode(name, options);
		// Below the other branch, which n8n runs to its end before it.
		const record = { ...recorder.node(by), position: [0, 200] as [number, number] };
		const recordOnce = recorder.node(onceOf(by), 'Record Once');
		return {
			...inRow(trigger, record),
			nodes: [trigger, record, once, recordOnce],
			connections: {
				...chain(once, recordOnce),
				[trigger.name]: {
					main: [[record, once].map((node) => ({ node: node.name, type: 'main', index: 0 }))],
				},
			},
		};
	};

	const issue = async (...who: readonly string[]) => {
		const waiting = [...who];
		const sender = async () => {
			for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
				const answer = await api.webhook('issue', { body: { email: emailOf(name) } });
				expect(answer.status).toBe(200);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, sender));
	};

	const told = (name: string) => stage().recorder.toldBy(name);

	const untilTold = async (workflows: readonly Workflow[], ...who: readonly string[]) => {
		for (const { name } of workflows) {
			await poll(`${name} to tell of ${who.join(', ')}`, REAL_POLL_MS, () => {
				const emails = new Set(told(name).map(({ email }) => email));
				return Promise.resolve(who.every((one) => emails.has(emailOf(one))) || undefined);
			});
		}
	};

	const activate = async (...workflows: readonly Workflow[]) => {
		await Promise.all(workflows.map(({ id }) => api.workflows.activate(id)));
	};
	const deactivate = async (...workflows: readonly Workflow[]) => {
		for (const { id } of workflows) await api.workflows.deactivate(id);
	};

	const hashOf = (name: string) => {
		const all = stage().air.emulator.control.issuances();
		const found = all.find(({ recipient }) => recipient === emailOf(name));
		if (found === undefined) throw new Error(`nothing was issued to ${name}`);
		return found.coreClaimHash;
	};

	const everybody: string[] = [];
	const first = people('person', ISSUANCES);
	const [expired = '', late = ''] = first;

	test(`${ISSUANCES} issuances, one late and one expired: each is told once`, async () => {
		const { main, air, recorder, ledger, handover, credentials } = stage();
		handover.assertInPlace();
		const { control } = air.emulator;
		api = await N8nApi.signIn(main.url);
		const webhook = node(
			'Webhook',
			'n8n-nodes-base.webhook',
			{ httpMethod: 'POST', path: 'issue', responseMode: 'lastNode' },
			{ typeVersion: 2, webhookId: 'issue' },
		);
		const issuing = issueNode(credentials, {}, { recipient: '={{ $json.body.email }}' });
		const { id: a } = await api.workflows.create(inRow(webhook, issuing));
		await api.workflows.activate(a);
		triggers = [];
		for (const name of names) {
			const { id } = await api.workflows.create(definitionOf(name));
			triggers.push({ id, name });
		}
		await activate(...triggers);

		control.setSettings({ confirmAfterMs: null });
		await issue(...first);
		everybody.push(...first);
		// While nobody looks, so that the first poll that looks finds all of it.
		await deactivate(...triggers);
		await poll('the last poll to end', REAL_POLL_MS, async () =>
			(await ledger.claims()) === 0 ? true : undefined,
		);
		control.setStatus({ coreClaimHash: hashOf(expired), vcStatus: 'EXPIRE' });
		control.setStatus({ coreClaimHash: hashOf(late), vcStatus: 'WAIT_ONCHAIN' });
		control.setSettings({ confirmAfterMs: 0 });
		await ledger.age(hashOf(late), 6 * MINUTE_MS);
		await ledger.makeDue();
		control.clearRecord();
		await activate(...triggers);
		await untilTold(triggers, ...first);

		const kindOf = (name: string) =>
			name === expired ? 'notUsable' : name === late ? 'delayed' : 'confirmed';
		const expected = first.map((name) => [emailOf(name), kindOf(name)].join()).sort();
		for (const { name } of triggers) {
			expect(
				told(name)
					.map(({ email, event }) => [email, event].join())
					.sort(),
			).toEqual(expected);
			expect(idsOf(told(name))).toEqual(idsOf(recorder.toldBy(names[0] ?? '')));
		}
		// Anyone who asks: AIR is not asked again for what has its end by that.
		const asked = control
			.requests()
			.filter(({ operation }) => operation === 'status')
			.flatMap(({ coreClaimHash }) => (coreClaimHash === hashOf(late) ? [] : [coreClaimHash]));
		expect(asked.length).toBeGreaterThan(0);
		expect(new Set(asked).size).toBe(asked.length);
	}, 480_000);

	test('republished while a poll is under way: n8n throws its events away, and they come again', async () => {
		const { handover, ledger } = stage();
		const last = Math.max(...triggers.flatMap(({ name }) => told(name).map(numberOf)));
		handover.holdNext();
		await issue('held');
		everybody.push('held');
		const heldId = await handover.untilHeld();
		// By now each has polled once more and so knows that the first were taken; the others soon.
		await poll('every trigger to know what was taken', REAL_POLL_MS, async () => {
			const delivered = await ledger.delivered();
			return triggers.every(({ id }) => (delivered.get(id) ?? 0) >= last) || undefined;
		});
		const held = triggers.filter(({ id }) => id === heldId);
		for (const { id, name } of held) {
			expect(told(name).some(({ email }) => email === emailOf('held'))).toBe(false);
			await api.workflows.update(id, definitionOf(name, 'Trigger', { maxEvents: 100 }));
		}
		await activate(...held);
		await untilTold(held, 'held');
		handover.letGo();
		await untilTold(triggers, 'held');
	}, 480_000);

	test('killed where n8n has taken the items and not made an execution of them: told after the restart', async () => {
		const { air, handover, ledger, main } = stage();
		const { control } = air.emulator;
		const killed = people('killed', 3);
		everybody.push(...killed);
		control.setSettings({ confirmAfterMs: null });
		await issue(...killed);
		handover.killNext();
		control.setSettings({ confirmAfterMs: 0 });
		await ledger.makeDue();
		await handover.untilKilled(main.pid);
		for (const { email } of triggers.flatMap(({ name }) => told(name))) {
			expect(killed.map(emailOf)).not.toContain(email);
		}
		await main.restart();
		api = await N8nApi.signIn(main.url);
		await untilTold(triggers, ...killed);
	}, 480_000);

	test('renamed, and off for a while: nothing is missed', async () => {
		const { ledger } = stage();
		await issue('renamed');
		await ledger.makeDue();
		for (const { id, name } of triggers) {
			await api.workflows.update(id, definitionOf(name, 'On-Chain News'));
		}
		await activate(...triggers);
		await untilTold(triggers, 'renamed');
		await deactivate(...triggers);
		await issue('while-off');
		await ledger.makeDue();
		await activate(...triggers);
		await untilTold(triggers, 'while-off');
		everybody.push('renamed', 'while-off');
	}, 480_000);

	test('stopped and started: nothing is missed', async () => {
		const { main } = stage();
		await issue('restart');
		everybody.push('restart');
		await main.restart();
		api = await N8nApi.signIn(main.url);
		await untilTold(triggers, 'restart');
	}, 480_000);

	test('all in all: everything was told, and what was told again has an event ID that is known', () => {
		for (const { name } of triggers) {
			const all = told(name);
			const things = new Set(all.map(({ email, event }) => [email, event].join()));
			const repeats = all.length - idsOf(all).size;
			say(`${name}: ${idsOf(all).size} events, ${repeats} told again`);
			expect(new Set(all.map(({ email }) => email))).toEqual(new Set(everybody.map(emailOf)));
			expect(idsOf(all).size).toBe(things.size);
			for (const who of first) {
				expect(all.filter(({ email }) => email === emailOf(who))).toHaveLength(1);
			}
			expect(idsOf(told(onceOf(name)))).toEqual(idsOf(all));
			expect(told(onceOf(name))).toHaveLength(idsOf(all).size);
		}
	});
}
