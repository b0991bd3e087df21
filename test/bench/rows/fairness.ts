import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../../../harness/poll';
import { inRow, node, startHost, type Host, type Json, type Node } from '../../host/workflows';
import { below, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured } from '../statistics';

const LATENCY_MS = 100;
const BETWEEN_MS = 500;
const BEGINS_WITHIN_MS = 60_000;
/** What one item may begin later than a workflow that asks nothing of anybody. */
const LATER_MS = 200;
const EMAIL = '={{ $json.body.email }}';

const webhook = (path: string, responseMode: 'onReceived' | 'lastNode') =>
	node(
		'Webhook',
		'n8n-nodes-base.webhook',
		{ httpMethod: 'POST', path, responseMode },
		{ typeVersion: 2, webhookId: path },
	);

async function activate({ api }: Host, ...nodes: readonly Node[]): Promise<void> {
	const { id } = await api.workflows.create(inRow(...nodes));
	await api.workflows.activate(id);
}

async function post({ api }: Host, path: string, body: Json): Promise<void> {
	const { status } = await api.webhook(path, { method: 'POST', body });
	if (status !== 200) throw new Error(`${path} was answered ${status}`);
}

/** @returns ms until AIR was asked to issue to somebody */
async function oneItem(host: Host, email: string): Promise<number> {
	const began = Date.now();
	await post(host, 'one', { email });
	const asked = await poll('the item to begin', BEGINS_WITHIN_MS, () =>
		Promise.resolve(
			host.air.emulator.control.requests().find(({ recipient }) => recipient === email),
		),
	);
	return asked.at - began;
}

async function bareWorkflow(host: Host): Promise<number> {
	const began = Date.now();
	await post(host, 'bare', {});
	return Date.now() - began;
}

/** Row 10: one item beside a large run, in a real n8n in regular mode, with the defaults. */
export async function fairness(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 10_000);
	const host = await startHost();
	const ones: number[] = [];
	const bares: number[] = [];
	try {
		const { control } = host.air.emulator;
		await activate(
			host,
			webhook('bulk', 'onReceived'),
			node('People', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'body.people' }),
			host.issueNode(),
		);
		await activate(host, webhook('one', 'onReceived'), host.issueNode({}, { recipient: EMAIL }));
		await activate(
			host,
			webhook('bare', 'lastNode'),
			node('Set', 'n8n-nodes-base.set', { options: {} }, { typeVersion: 3.4 }),
		);
		// What is made at first use is no matter of fairness.
		await oneItem(host, 'first@example.com');
		await bareWorkflow(host);
		control.setSettings({ latencyMs: LATENCY_MS });
		const people = Array.from({ length: items }, (_, index) => ({
			email: `bulk-${index}@example.com`,
		}));
		await post(host, 'bulk', { people });
		const issued = () => control.counts().issuances;
		await poll('the large run to be under way', BEGINS_WITHIN_MS, () =>
			Promise.resolve(issued() > items / 20 || undefined),
		);
		for (let pair = 0; pair < context.pairs * 4; pair++) {
			ones.push(await oneItem(host, `one-${pair}@example.com`));
			await sleep(BETWEEN_MS);
			bares.push(await bareWorkflow(host));
			await sleep(BETWEEN_MS);
			if (issued() >= items) throw new Error('the large run was over too soon');
			context.say(`${ones.at(-1)} and ${bares.at(-1)} ms, ${issued()} of ${items} issued`);
		}
	} finally {
		await host.close();
	}
	const later = measured(ones.map((ms, index) => ms - (bares[index] ?? Number.NaN)));
	return [
		{
			row: 10,
			setting: `one item beside ${items}, in n8n, AIR answers after ${LATENCY_MS} ms`,
			unit: 'ms until it begins',
			ours: { name: 'Webhook and Issue on Behalf', ...measured(ones) },
			comparison: { name: 'Webhook and Set', ...measured(bares) },
			more: { 'ms later': later.median },
			goal: below(LATER_MS, later, ' ms later'),
		},
	];
}
