import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { checkSetup } from '../../../issuance/setup/checkSetup';
import { setupReport } from '../../../issuance/setup/setupReport';
import { cancelSignal } from '../../../n8n/run/forEachItem';
import { isTool } from '../../../n8n/run/execution';
import { goesOnAfterFailure } from '../../../n8n/tool/toolUse';
import { failedItem, nodeError } from '../../../n8n/errors/nodeError';

/**
 * A summary, and one item for each check. The credential is the same for all items, so it is checked once, with the
 * parameters of the first.
 */
export async function checkSetupItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	try {
		const isOn = (name: string) =>
			!isTool(context) && context.getNodeParameter(name, 0, false) === true;
		const ownAddress = (name: string): unknown =>
			isOn(name) ? (context.getNodeParameter('ownAddress', 0, '') ?? '') : undefined;
		const findings = await checkSetup(await context.getCredentials('mocaAirApi'), {
			signal: cancelSignal(context),
			documents: true,
			ownAddress: ownAddress('checkIssueOnBehalf'),
			accountAddress: ownAddress('checkAccountHost'),
		});
		return setupReport(findings).map((row) => ({ json: { ...row }, pairedItem: { item: 0 } }));
	} catch (error) {
		if (goesOnAfterFailure(context)) return [failedItem(error, 0, context.getNode())];
		throw nodeError(context.getNode(), error, 0, 1);
	}
}
