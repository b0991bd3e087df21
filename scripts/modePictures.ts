import { schemaFromJsonSchema } from '../issuance/subject/schema/readSchema';
import { mapperFields } from '../n8n/issuing/mapperFields';
import type { Editor } from '../harness/editor';
import { PROGRAM_ID } from './demoAir';

const ISSUE = 'n8n-nodes-moca-air.mocaAirIssueOnBehalf';

/** Rows as a sheet gives them: everything is text. */
const ROWS = [
	{
		row_number: '2',
		email: 'ada.lovelace@example.com',
		kycLevel: 'basic',
		kycProvider: 'demo-kyc',
		verifiedAt: '2026-01-19T07:18:45Z',
		isOver18: 'TRUE',
	},
	{
		row_number: '3',
		email: 'grace.hopper@example.com',
		kycLevel: 'enhanced',
		kycProvider: 'demo-kyc',
		verifiedAt: '2026-01-20T11:02:10Z',
		isOver18: 'TRUE',
	},
];

/** A JSON Schema of the demo program's credential subject. */
export const KYC_SCHEMA = {
	type: 'object',
	required: ['kycLevel', 'kycProvider', 'verifiedAt', 'isOver18'],
	properties: {
		kycLevel: { $ref: '#/$defs/level' },
		kycProvider: { type: 'string' },
		verifiedAt: { type: 'string', format: 'date-time' },
		isOver18: { type: 'boolean' },
		countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
	},
	$defs: { level: { type: 'string', enum: ['basic', 'enhanced', 'institutional'] } },
};

/** One attribute a line, so that the form beneath it is in the picture. */
const schemaText = `{
  "required": ${JSON.stringify(KYC_SCHEMA.required)},
  "properties": {
${Object.entries(KYC_SCHEMA.properties)
	.map(([name, schema]) => `    "${name}": ${JSON.stringify(schema)}`)
	.join(',\n')}
  },
  "$defs": ${JSON.stringify(KYC_SCHEMA.$defs)}
}`;

const names = Object.keys(KYC_SCHEMA.properties);

/** The two nodes of the workflow, by the picture that each gives. */
export const MODES = {
	'map-each-field': {
		subjectMode: 'mapper',
		schemaSource: 'jsonSchema',
		subjectSchema: schemaText,
		subjectMapper: {
			mappingMode: 'defineBelow',
			value: Object.fromEntries(
				names.map((name) => [name, name === 'countryCode' ? 'GB' : `={{ $json.${name} }}`]),
			),
			matchingColumns: [],
			schema: mapperFields(schemaFromJsonSchema(schemaText)),
			attemptToConvertTypes: false,
			convertFieldsToString: false,
		},
	},
	'map-automatically': {
		subjectMode: 'automatic',
		convertTypes: true,
		schemaSource: 'example',
		subjectExample: JSON.stringify(
			{ ...ROWS[0], row_number: undefined, email: undefined, isOver18: true },
			undefined,
			2,
		),
	},
};

/** As n8n names the first and the second node of a type. */
const nodeName = (index: number) => `Moca AIR Issue on Behalf${index === 0 ? '' : String(index)}`;

/** A workflow with a node for each of the two modes, fed with pinned rows. */
export function modesWorkflow(credentialId: string) {
	const issuers = Object.entries(MODES).map(([id, parameters], index) => ({
		id,
		name: nodeName(index),
		type: ISSUE,
		typeVersion: 1,
		position: [220, index * 160] as [number, number],
		parameters: {
			recipient: '={{ $json.email }}',
			issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
			idempotency: 'off',
			...parameters,
		},
		credentials: { mocaAirApi: { id: credentialId, name: 'Moca AIR' } },
	}));
	return {
		name: 'Subject modes',
		nodes: [
			{
				id: 'rows',
				name: 'Rows',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0] as [number, number],
				parameters: {},
			},
			...issuers,
		],
		connections: {
			Rows: { main: [issuers.map(({ name: node }) => ({ node, type: 'main', index: 0 }))] },
		},
		pinData: { Rows: ROWS.map((json) => ({ json })) },
		settings: { executionOrder: 'v1' },
	};
}

/** Takes a picture of each mode in the open editor. */
export async function takeModePictures(
	editor: Editor,
	workflowId: string,
	take: (name: string) => string,
): Promise<void> {
	await editor.openWorkflow(workflowId);
	for (const [index, mode] of Object.keys(MODES).entries()) {
		await editor.openNode(nodeName(index));
		await editor.executeStep();
		await editor.screenshot(take(mode));
		await editor.closeNode();
	}
}
