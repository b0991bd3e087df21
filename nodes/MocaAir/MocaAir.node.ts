import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { nodeError } from '../../n8n/errors/nodeError';
import { operationOf, properties } from './resources';

export class MocaAir implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR',
		name: 'mocaAir',
		icon: { light: 'file:../../icons/mocaAir.svg', dark: 'file:../../icons/mocaAir.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { checkSetup: "check setup", getPublicDocuments: "get public documents", createPartnerJwt: "create partner JWT", getMany: "ledger: get many", get: "ledger: get", summary: "ledger: summary", settle: "ledger: settle", erasePerson: "ledger: erase person" }[$parameter["operation"]] }}',
		description:
			'See what was issued, settle what is unknown, and find out why AIR answers 401 or 403',
		defaults: { name: 'Moca AIR' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					'Look up what was issued with Moca AIR, to whom and how far it got, or check whether the key, the JWKS ' +
					'and the clock of the credential work. Reads only: issues and changes nothing.',
			},
		},
		sensitiveOutputFields: ['token'],
		credentials: [{ name: 'mocaAirApi', required: true }],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = operationOf(
			this.getNodeParameter('resource', 0),
			this.getNodeParameter('operation', 0),
		);
		if (operation === undefined) {
			const error = new AirError('AIR_SETTING_INVALID', { detail: 'Resource and Operation' });
			throw nodeError(this.getNode(), error, 0, 1);
		}
		return await operation.run(this);
	}
}
