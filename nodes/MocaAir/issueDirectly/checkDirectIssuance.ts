import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { DirectChecking } from '../../../issuance/direct/checkDirectly';
import { checkItems } from '../../../n8n/issuing/checkItems';
import { recipients } from '../../../n8n/issuing/recipients';
import type { Operation } from '../Operation';
import { directReader } from './directReader';
import { properties } from './properties';

async function check(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const readItem = directReader(context);
	const checking = new DirectChecking();
	return await checkItems(context, {
		name: 'Check Direct Issuance',
		toIssue: 'set Operation to Issue Directly',
		options: readItem.options,
		settings: readItem.settings,
		recipient: recipients(context),
		check: async (itemIndex, session) => {
			const { request, idempotency, issuer } = await readItem(itemIndex);
			return await checking.check(request, idempotency, session, { row: itemIndex + 1, issuer });
		},
	});
}

/** Says for each item what issuing it directly would do. */
export const checkDirectIssuance: Operation = {
	option: {
		name: 'Check Direct Issuance',
		value: 'checkDirectIssuance',
		description: 'Check every item and say what would happen. Nothing is signed or sent.',
		action: 'Check items before they are issued directly',
	},
	properties,
	run: check,
};
