import { schemaFromExample } from '../issuance/subject/schema/readSchema';
import { mapperFields } from '../n8n/issuing/mapperFields';
import { showAs } from './Camera';
import type { Credential } from './pictureWorkflows';
import type { PictureGroup } from './pictureWorld';

const NODE = 'Moca AIR';
const EXAMPLE = '{ "kycLevel": "basic", "isOver18": true }';

/** The quick start's first credential. */
const workflow = (credential: Credential) => ({
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
			credentials: { mocaAirApi: credential },
		},
	],
	connections: { 'KYC Passed': { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
	pinData: {
		'KYC Passed': [{ json: { email: 'ada.lovelace@example.com', level: 'basic', isOver18: true } }],
	},
	settings: { executionOrder: 'v1' },
});

/** Issue Directly: the whole form, and its output. */
export const directPictures: PictureGroup = {
	names: ['issue-directly'],
	take: async ({ api, credential }, camera) => {
		const { editor } = camera;
		const { id } = await api.workflows.create(workflow(credential));
		await editor.openWorkflow(id);
		await editor.openNode(NODE);
		await showAs('Schema', await editor.executeStep());
		await camera.form('issue-directly');
	},
};
