import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { credentialSettings } from '../../../n8n/parameters/credentialSettings';
import { forEachItem } from '../../../n8n/run/forEachItem';
import type { Operation } from '../Operation';
import { createPartnerJwtItem } from './createPartnerJwtItem';
import { hintAtSaving } from './hintAtSaving';
import { properties } from './properties';

async function tokens(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const settingsFor = credentialSettings(context);
	const output = await forEachItem(
		context,
		async (itemIndex) =>
			await Promise.resolve({
				lane: String(itemIndex),
				run: async () => await createPartnerJwtItem(context, settingsFor, itemIndex),
			}),
		// One at a time, since signing only uses this machine.
		{ concurrency: 1, done: 'signed' },
	);
	if (output[0]?.some(({ json }) => 'token' in json) === true) hintAtSaving(context);
	return output;
}

/** Signs a token for each item. */
export const createPartnerJwt: Operation = {
	option: {
		name: 'Create Partner JWT',
		value: 'createPartnerJwt',
		description: 'Sign a token, e.g. for a front end with the AIR Kit SDK',
		action: 'Create a partner JWT',
		// An agent is offered the check only, and refused the rest when it runs.
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: tokens,
};
