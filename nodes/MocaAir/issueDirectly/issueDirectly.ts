import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { laneOfDirect, type DirectIssuing } from '../../../issuance/direct/DirectIssuing';
import { issueDirectly as issueOne } from '../../../issuance/direct/issueDirectly';
import { firstContentKeys } from '../../../n8n/issuing/firstContentKeys';
import { outcomes } from '../../../n8n/issuing/outcomes';
import { RunHints } from '../../../n8n/issuing/RunHints';
import { concurrencyOf } from '../../../n8n/parameters/callOptions';
import { forEachItem } from '../../../n8n/run/forEachItem';
import { logOf } from '../../../n8n/run/log';
import { outputOf } from '../../../n8n/run/output';
import { RunLedger } from '../../../n8n/run/RunLedger';
import { RunLimits } from '../../../n8n/run/RunLimits';
import type { Operation } from '../Operation';
import { directReader } from './directReader';
import { properties } from './properties';

const RUN_AGAIN =
	'Correct what is wrong and run it all again: what was issued is not sent again, and what may have been stored is sent again byte by byte.';

async function issueItems(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const readItem = directReader(context);
	const ledger = new RunLedger(context);
	const firstKey = firstContentKeys(context);
	const hints = new RunHints(context, 'set If the Person Has One to Reissue');
	const limits = new RunLimits(concurrencyOf(readItem.options));
	let allKnownAgain = true;
	return await forEachItem(
		context,
		async (itemIndex, signal) => {
			const { options, settings, issuer, request, ...read } = await readItem(itemIndex);
			limits.set(settings.identity.baseUrl, 'issue', options);
			limits.uses(issuer.client.identity.accountUrl, 'ask');
			const whose = { recipient: request.recipient, what: request.vct };
			const idempotency = firstKey(itemIndex, whose, read.idempotency);
			const session = await ledger.for(settings);
			const { mode } = idempotency;
			if (session.settings.onlyIn !== undefined || mode === 'execution' || mode === 'off') {
				allKnownAgain = false;
			}
			return {
				lane: laneOfDirect(request),
				run: async (stopped, free) => {
					hints.sending(request);
					const issuing: DirectIssuing = {
						request,
						signal,
						stopped,
						share: limits.share,
						timeoutMs: options.timeoutMs,
						reference: options.reference,
						onAnswered: free,
						...logOf(context, itemIndex),
					};
					const issued = await issueOne(session, issuer, issuing, idempotency);
					ledger.count(session, issued);
					hints.issued(issued);
					return issued;
				},
			};
		},
		{
			concurrency: limits.concurrency,
			done: 'issued',
			...outcomes,
			...outputOf(context, readItem.options),
			again: () => (allKnownAgain ? RUN_AGAIN : undefined),
			finish: async () => {
				limits.lift();
				await ledger.end();
				hints.show();
			},
		},
	);
}

/** Signs a credential for each item, seals it to the person, and stores it at AIR. */
export const issueDirectly: Operation = {
	option: {
		name: 'Issue Directly',
		value: 'issueDirectly',
		description: 'Sign a credential, seal it for the person, and put it into their AIR account',
		action: 'Issue a credential directly',
	},
	properties,
	run: issueItems,
};
