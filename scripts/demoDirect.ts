import { z } from 'zod';
import type { N8nApi } from '../harness/n8nApi';
import { KYC_EVENT, type DemoAir } from './demoAir';

const answerSchema = z.object({
	outcome: z.string(),
	email: z.string(),
	storagePath: z.string(),
	externalId: z.string(),
});

/** The webhook's path. */
export const PATH = 'kyc-passed-direct';

/** Webhook → Moca AIR, Issue Directly: for the same event as Issue on Behalf. */
export const DIRECT_WORKFLOW = {
	name: 'KYC passed → credential that you sign',
	nodes: [
		{
			id: '7f6f0d5e-2d0a-4a86-9d39-5d1a3cf1a001',
			name: 'KYC Passed',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			position: [0, 0],
			webhookId: '7f6f0d5e-2d0a-4a86-9d39-5d1a3cf1a002',
			parameters: { httpMethod: 'POST', path: PATH, responseMode: 'lastNode', options: {} },
		},
		{
			id: '7f6f0d5e-2d0a-4a86-9d39-5d1a3cf1a003',
			name: 'Moca AIR',
			type: 'n8n-nodes-moca-air.mocaAir',
			typeVersion: 1,
			position: [240, 0],
			parameters: {
				resource: 'credential',
				operation: 'issueDirectly',
				recipient: '={{ $json.body.email }}',
				credentialType: 'https://example.com/types/kyc',
				schemaId: '01KSTQK70XGFBT558HRHFB',
				expires: 'days',
				expiresAfterDays: 365,
				subjectMode: 'json',
				subjectJson:
					'={ "kycLevel": "{{ $json.body.level }}", "isOver18": {{ $json.body.isOver18 }} }',
				idempotency: 'event',
				eventId: '={{ $json.body.eventId }}',
			},
			credentials: { mocaAirApi: { id: '', name: 'Moca AIR' } },
		},
	],
	connections: { 'KYC Passed': { main: [[{ node: 'Moca AIR', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
};

/** The demo's second half: the same event is issued directly, and shown as the person sees it. */
export async function issueDirectly({
	api,
	air,
	credentialId,
	log,
}: {
	readonly api: N8nApi;
	readonly air: DemoAir;
	readonly credentialId: string;
	readonly log: (line: string) => void;
}): Promise<void> {
	const mocaAirApi = { id: credentialId, name: 'Moca AIR' };
	const workflow = await api.workflows.import(DIRECT_WORKFLOW, { mocaAirApi });
	await api.workflows.activate(workflow.id);
	log(`imported and published the workflow “${workflow.name}”`);
	const post = async () => {
		const answer = await api.webhook(PATH, { method: 'POST', body: KYC_EVENT });
		if (answer.status !== 200) {
			throw new Error(`the workflow answered ${answer.status}: ${answer.body}`);
		}
		return answerSchema.parse(answer.json());
	};
	const issued = await post();
	log(`signed it, sealed it to ${issued.email}, and AIR has stored it at ${issued.storagePath}`);
	const again = await post();
	if (again.outcome !== 'alreadyIssued' || again.externalId !== issued.externalId) {
		throw new Error('the repeated event was given another credential');
	}
	const [held, ...more] = await air.emulator.control.wallet();
	if (held === undefined || more.length > 0) {
		throw new Error(`the wallet holds ${more.length + 1} credentials instead of one`);
	}
	if (!held.valid) throw new Error(`the wallet refuses it: ${held.problems.join(', ')}`);
	const { kycLevel, isOver18 } = held.claims ?? {};
	log(
		`the wallet opens it, finds the key of ${air.issuer?.did ?? 'nobody'}, and shows kycLevel ${String(kycLevel)}, isOver18 ${String(isOver18)}; the person chooses which of these to show`,
	);
}
