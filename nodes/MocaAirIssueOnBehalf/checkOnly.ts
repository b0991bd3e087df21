import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { Checking } from '../../issuance/issue/checkOnce';
import { checkItems } from '../../n8n/issuing/checkItems';
import { recipients } from '../../n8n/issuing/recipients';
import { itemReader } from './itemReader';

/** The operation Check Only: says for each item what issuing it would do. */
export async function checkOnly(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const readItem = itemReader(context);
	const checking = new Checking();
	return await checkItems(context, {
		name: 'Check Only',
		toIssue: 'set Operation to Issue',
		options: readItem.options,
		settings: readItem.settings,
		recipient: recipients(context),
		check: async (itemIndex, session) => {
			const { settings, request, idempotency, repeatUnknown } = await readItem(itemIndex);
			const how = { row: itemIndex + 1, repeatUnknown };
			return await checking.check(settings.client, request, idempotency, session, how);
		},
	});
}
