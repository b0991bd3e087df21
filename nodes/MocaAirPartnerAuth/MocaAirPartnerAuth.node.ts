import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { credentialSettings } from '../../n8n/parameters/credentialSettings';
import { forEachItem } from '../../n8n/run/forEachItem';
import { checkSetupItems } from './checkSetupItems';
import { createPartnerJwtItem } from './createPartnerJwtItem';
import { hintAtSaving } from './hintAtSaving';
import { CREATE_PARTNER_JWT, properties } from './properties';

export class MocaAirPartnerAuth implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Partner Auth',
		name: 'mocaAirPartnerAuth',
		icon: { light: 'file:../../icons/mocaAir.svg', dark: 'file:../../icons/mocaAir.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"] === "createPartnerJwt" ? "create partner JWT" : "check setup" }}',
		description: 'Find out why AIR answers 401 or 403, or create a Partner JWT',
		defaults: { name: 'Moca AIR Partner Auth' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					'Check whether the key, the JWKS and the clock of this Moca AIR credential work, and whether AIR accepts them. ' +
					'Gives one finding for each check, with what to do. Issues nothing.',
			},
		},
		sensitiveOutputFields: ['token'],
		credentials: [{ name: 'mocaAirApi', required: true }],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		if (this.getNodeParameter('operation', 0) !== CREATE_PARTNER_JWT) {
			return [await checkSetupItems(this)];
		}
		const settingsFor = credentialSettings(this);
		const output = await forEachItem(
			this,
			async (itemIndex) =>
				await Promise.resolve({
					lane: String(itemIndex),
					run: async () => await createPartnerJwtItem(this, settingsFor, itemIndex),
				}),
			// Nothing is waited for: signing is work of this machine.
			{ concurrency: 1, done: 'signed' },
		);
		if (output[0]?.some(({ json }) => 'token' in json) === true) hintAtSaving(this);
		return output;
	}
}
