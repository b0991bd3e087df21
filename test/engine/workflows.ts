import type { IDataObject, INode } from 'n8n-workflow';
import { PROGRAM_ID } from './air';
import { grouped } from '../support/grouped';
import type { WorkflowJson } from './WorkflowJson';

const node = (
	name: string,
	type: string,
	parameters: INode['parameters'],
	rest: Partial<INode> = {},
) => ({
	id: name,
	name,
	type,
	typeVersion: 1,
	position: [0, 0] as [number, number],
	parameters,
	...rest,
});

const credentials = { mocaAirApi: { id: '1', name: 'AIR' } };

/** Parameters as the editor saves them for a KYC event. */
export const ISSUE_PARAMETERS: INode['parameters'] = {
	recipient: '={{ $json.email }}',
	issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
	subjectMode: 'fields',
	subjectFields: {
		field: [
			{ name: 'kycLevel', type: 'string', value: '={{ $json.level }}' },
			{ name: 'isOver18', type: 'boolean', value: '={{ $json.adult }}' },
		],
	},
	onDuplicate: 'revoke',
	idempotency: 'off',
	// What there is; what is left of it for eyes has tests of its own.
	simplify: false,
	options: {},
};

/** Items → Issue on Behalf → Sink, with a second sink on the error output. */
export function issueWorkflow(
	items: readonly IDataObject[],
	parameters: INode['parameters'] = {},
	settings: Partial<INode> = {},
): WorkflowJson {
	return {
		nodes: [
			node('Items', 'test.items', { items: JSON.stringify(items) }),
			node(
				'Issue',
				'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
				{
					...ISSUE_PARAMETERS,
					...parameters,
					// One expression for all options is not taken apart.
					...(typeof parameters.options === 'object' ? grouped(parameters.options ?? {}) : {}),
				},
				{ credentials, ...settings },
			),
			node('Done', 'test.sink', {}),
			node('Failed', 'test.sink', {}),
		],
		connections: {
			Items: { main: [[{ node: 'Issue', type: 'main', index: 0 }]] },
			Issue: {
				main: [
					[{ node: 'Done', type: 'main', index: 0 }],
					[{ node: 'Failed', type: 'main', index: 0 }],
				],
			},
		},
	};
}

/** Items → Get Issuance Status → Sink. */
export function statusWorkflow(
	items: readonly IDataObject[],
	options: IDataObject = {},
	settings: Partial<INode> = {},
): WorkflowJson {
	return {
		nodes: [
			node('Items', 'test.items', { items: JSON.stringify(items) }),
			node(
				'Status',
				'n8n-nodes-moca-air.mocaAirGetIssuanceStatus',
				{
					coreClaimHash: '={{ $json.coreClaimHash }}',
					recipient: '={{ $json.email }}',
					simplify: false,
					...grouped(options as INode['parameters']),
				},
				{ credentials, ...settings },
			),
			node('Done', 'test.sink', {}),
		],
		connections: {
			Items: { main: [[{ node: 'Status', type: 'main', index: 0 }]] },
			Status: { main: [[{ node: 'Done', type: 'main', index: 0 }]] },
		},
	};
}

/** Items → Moca AIR → Sink. */
export function mocaAirWorkflow(
	items: readonly IDataObject[],
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
): WorkflowJson {
	return {
		nodes: [
			node('Items', 'test.items', { items: JSON.stringify(items) }),
			node('Auth', 'n8n-nodes-moca-air.mocaAir', parameters, {
				credentials,
				...settings,
			}),
			node('Done', 'test.sink', {}),
		],
		connections: {
			Items: { main: [[{ node: 'Auth', type: 'main', index: 0 }]] },
			Auth: { main: [[{ node: 'Done', type: 'main', index: 0 }]] },
		},
	};
}

export const person = (name: string, rest: IDataObject = {}): IDataObject => ({
	email: `${name}@example.com`,
	level: 'basic',
	adult: 'true',
	...rest,
});
