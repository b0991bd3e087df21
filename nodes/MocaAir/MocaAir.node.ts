import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { loadJoseAhead } from '../../air/keys/jose';
import { AirError } from '../../errors/AirError';
import { nodeError } from '../../n8n/errors/nodeError';
import { subjectAttributes } from '../../n8n/issuing/mapperFields';
import { operationOf, properties } from './resources';

loadJoseAhead();

export class MocaAir implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR',
		name: 'mocaAir',
		icon: { light: 'file:../../icons/mocaAir.svg', dark: 'file:../../icons/mocaAir.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { issueDirectly: "issue directly", checkDirectIssuance: "check direct issuance: nothing is issued", revoke: "revoke", checkSetup: "check setup", getPublicDocuments: "get public documents", createPartnerJwt: "create partner JWT", getMany: "ledger: get many", get: "ledger: get", summary: "ledger: summary", settle: "ledger: settle", erasePerson: "ledger: erase person" }[$parameter["operation"]] }}',
		description:
			'Issue and revoke credentials that you sign yourself, see what was issued, settle what is unknown, and find out why AIR answers 401 or 403',
		defaults: { name: 'Moca AIR' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					"Work with verifiable credentials in people's Moca AIR accounts, as its operation says: look up what was issued, check the setup, " +
					'or issue a credential to an e-mail address. Issuing cannot be undone: call it once per person and occasion, ' +
					'only with data that was verified, and never again for an outcome that is unknown.',
			},
		},
		sensitiveOutputFields: ['token'],
		credentials: [{ name: 'mocaAirApi', required: true }],
		hints: [
			{
				type: 'warning',
				location: 'ndv',
				whenToDisplay: 'always',
				displayCondition:
					'={{ $parameter["resource"] === "credential" && /^c[0-9a-zA-Z]{21}$/.test(String($parameter["schemaId"]).trim()) }}',
				message:
					'The Schema ID looks like a program ID. AIR wants the schema ID here, from the AIR dashboard under Issuer → Schemas.',
			},
			{
				type: 'warning',
				location: 'ndv',
				whenToDisplay: 'beforeExecution',
				displayCondition:
					'={{ $parameter["resource"] === "credential" && $parameter["operation"] !== "revoke" && ($parameter["options"] ?? {})["sameRecipient"] !== true && !String($rawParameter["recipient"]).startsWith("=") && $input.all().length > 1 }}',
				message:
					'There are several items and one Recipient Email: all credentials would go to the same person. Drag the e-mail field from the input instead.',
			},
		],
		properties,
	};

	methods = { resourceMapping: { subjectAttributes } };

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
