import { schemaFromJsonSchema } from '../issuance/subject/schema/readSchema';
import { mapperFields } from '../n8n/issuing/mapperFields';
import { showAs } from './Camera';
import { PROGRAM_ID } from './demoAir';
import type { Credential } from './pictureWorkflows';
import type { PictureGroup } from './pictureWorld';

const ISSUE = 'n8n-nodes-moca-air.mocaAirIssueOnBehalf';

/** Two rows as they come from a sheet: everything is text. */
const rowsFor = (people: readonly [string, string]) => [
	{
		row_number: '2',
		email: people[0],
		kycLevel: 'basic',
		kycProvider: 'demo-kyc',
		verifiedAt: '2026-01-19T07:18:45Z',
		isOver18: 'TRUE',
	},
	{
		row_number: '3',
		email: people[1],
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

/** With spaces, at which the editor breaks long lines. */
const spaced = (value: unknown) =>
	JSON.stringify(value).replaceAll(',', ', ').replaceAll(':', ': ');

/** One attribute per line, so that the picture is not too high. */
const schemaText = `{
  "required": ${spaced(KYC_SCHEMA.required)},
  "properties": {
${Object.entries(KYC_SCHEMA.properties)
	.map(([name, schema]) => `    "${name}": ${spaced(schema)}`)
	.join(',\n')}
  },
  "$defs": ${spaced(KYC_SCHEMA.$defs)}
}`;

const names = Object.keys(KYC_SCHEMA.properties);

/** The parameters of the node, by the picture that they give. */
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
			{
				kycLevel: 'basic',
				kycProvider: 'demo-kyc',
				verifiedAt: '2026-01-19T07:18:45Z',
				isOver18: true,
			},
			undefined,
			2,
		),
	},
};

const NODE = 'Moca AIR Issue on Behalf';

/** Each picture has different people, so that each outcome is `issued` and not `kept`. */
const PEOPLE: Readonly<Record<keyof typeof MODES, readonly [string, string]>> = {
	'map-each-field': ['mary.jackson@example.com', 'dorothy.vaughan@example.com'],
	'map-automatically': ['annie.easley@example.com', 'katherine.johnson@example.com'],
};

/** A workflow with a node in one of the two modes, fed with pinned rows. */
function modeWorkflow(mode: keyof typeof MODES, credential: Credential) {
	return {
		name: mode,
		nodes: [
			{
				id: 'rows',
				name: 'Rows',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0] as [number, number],
				parameters: {},
			},
			{
				id: mode,
				name: NODE,
				type: ISSUE,
				typeVersion: 1,
				position: [220, 0] as [number, number],
				parameters: {
					recipient: '={{ $json.email }}',
					issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
					...MODES[mode],
				},
				credentials: { mocaAirApi: credential },
			},
		],
		connections: { Rows: { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
		pinData: { Rows: rowsFor(PEOPLE[mode]).map((json) => ({ json })) },
		settings: { executionOrder: 'v1' },
	};
}

/** Each of the two modes: the whole form, and its output. */
export const modePictures: PictureGroup = {
	names: ['map-each-field', 'map-automatically'],
	take: async ({ api, credential }, camera) => {
		const { editor } = camera;
		for (const mode of ['map-each-field', 'map-automatically'] as const) {
			const { id } = await api.workflows.create(modeWorkflow(mode, credential));
			await editor.openWorkflow(id);
			await editor.openNode(NODE);
			await showAs('JSON', await editor.executeStep());
			await camera.form(mode);
			await editor.closeNode();
		}
	},
};
