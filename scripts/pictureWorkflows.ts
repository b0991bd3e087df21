import type { KYC_EVENT } from './demoAir';
import { readExample } from './examples';

/** A credential as a node of a workflow names it. */
export type Credential = Readonly<{ id: string; name: string }>;

const OURS = 'n8n-nodes-moca-air';

/** The example as a user has it open, with a trigger that the editor can run by itself. */
export function runnableExample(credential: Credential, body: typeof KYC_EVENT) {
	const { name, nodes, connections } = readExample('kyc-credential');
	return {
		name,
		nodes: nodes.map((node) =>
			node.type === 'n8n-nodes-base.webhook'
				? { ...node, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} }
				: node.type.startsWith(OURS)
					? { ...node, credentials: { mocaAirApi: credential } }
					: node,
		),
		connections,
		pinData: { 'KYC Passed': [{ json: { body } }] },
		settings: { executionOrder: 'v1' },
	};
}

/** The nodes that issue without waiting: another workflow handles the rest. */
export function issuingExample(credential: Credential) {
	const { name, nodes, connections } = readExample('kyc-credential');
	const [webhook, issue] = nodes;
	if (webhook === undefined || issue === undefined) throw new Error('the example is another one');
	return {
		name,
		nodes: [webhook, { ...issue, credentials: { mocaAirApi: credential } }],
		connections: { [webhook.name]: connections[webhook.name] },
		settings: { executionOrder: 'v1' },
	};
}

/** The setup for work that must be done only once (docs/trigger.md). */
export const ONCE = {
	id: '5b2f0c1e-7c7b-4a58-8f5e-2a0d9a6f6b11',
	name: 'Remove Duplicates',
	type: 'n8n-nodes-base.removeDuplicates',
	typeVersion: 2,
	position: [220, 0] as [number, number],
	parameters: {
		operation: 'removeItemsSeenInPreviousExecutions',
		logic: 'removeItemsWithAlreadySeenKeyValues',
		dedupeValue: '={{ $json.eventId }}',
		options: {},
	},
};

/** The example that receives events, each of them once. */
export function onceExample(credential: Credential) {
	const { name, nodes, connections } = readExample('on-chain-message');
	const [trigger, ...others] = nodes.filter(({ type }) => !type.endsWith('.stickyNote'));
	if (trigger === undefined) throw new Error('the example has no trigger');
	const moved = others.map((node) => {
		const [x, y] = node.position;
		return { ...node, position: [x + 220, y] as [number, number] };
	});
	return {
		name,
		nodes: [{ ...trigger, credentials: { mocaAirApi: credential } }, ONCE, ...moved],
		connections: {
			...connections,
			[trigger.name]: { main: [[{ node: ONCE.name, type: 'main', index: 0 }]] },
			[ONCE.name]: connections[trigger.name],
		},
		settings: { executionOrder: 'v1' },
	};
}
