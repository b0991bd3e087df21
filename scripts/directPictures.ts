import { schemaFromExample } from '../issuance/subject/schema/readSchema';
import { mapperFields } from '../n8n/issuing/mapperFields';
import type { Editor } from '../harness/editor';
import type { N8nApi } from '../harness/n8nApi';

const NODE = 'Moca AIR';
const EXAMPLE = '{ "kycLevel": "basic", "isOver18": true }';

/** The quick start's first credential. Each picture has a person, so that it is issued and not kept. */
const workflow = (email: string, credentialId: string) => ({
	name: 'First credential',
	nodes: [
		{
			id: 'start',
			name: 'KYC Passed',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: {},
		},
		{
			id: 'direct',
			name: NODE,
			type: 'n8n-nodes-moca-air.mocaAir',
			typeVersion: 1,
			position: [220, 0] as [number, number],
			parameters: {
				resource: 'credential',
				operation: 'issueDirectly',
				recipient: '={{ $json.email }}',
				credentialType: 'https://example.com/types/kyc',
				schemaId: '01KSTQK70XGFBT558HRHFB',
				expires: 'days',
				expiresAfterDays: 365,
				subjectMode: 'mapper',
				schemaSource: 'example',
				subjectExample: EXAMPLE,
				subjectMapper: {
					mappingMode: 'defineBelow',
					value: { kycLevel: '={{ $json.level }}', isOver18: '={{ $json.isOver18 }}' },
					matchingColumns: [],
					schema: mapperFields(schemaFromExample(EXAMPLE)),
					attemptToConvertTypes: false,
					convertFieldsToString: false,
				},
			},
			credentials: { mocaAirApi: { id: credentialId, name: 'Moca AIR' } },
		},
	],
	connections: { 'KYC Passed': { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
	pinData: { 'KYC Passed': [{ json: { email, level: 'basic', isOver18: true } }] },
	settings: { executionOrder: 'v1' },
});

/** Takes the picture of Issue Directly: the whole form, and what came out. */
export async function takeDirectPicture(
	editor: Editor,
	api: N8nApi,
	credentialId: string,
	email: string,
	take: (name: string) => Promise<void>,
): Promise<void> {
	const { id } = await api.workflows.create(workflow(email, credentialId));
	await editor.openWorkflow(id);
	await editor.openNode(NODE);
	const output = await editor.executeStep();
	await output.getByText('Schema', { exact: true }).click();
	await take('issue-directly');
	await editor.closeNode();
}
