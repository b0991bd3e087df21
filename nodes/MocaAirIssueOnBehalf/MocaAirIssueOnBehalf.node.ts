import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { loadJoseAhead } from '../../air/keys/jose';
import type { Idempotency } from '../../issuance/issue/idempotency';
import type { RememberedIssuance } from '../../issuance/issue/outcome';
import type { Job } from '../../issuance/issue/Parallel';
import { laneOf, type Issuing } from '../../issuance/issue/Issuing';
import { issueOnce } from '../../issuance/issue/issueOnce';
import { waitUntilOnChain } from '../../issuance/status/waitUntilOnChain';
import { concurrencyOf } from '../../n8n/parameters/callOptions';
import { forEachItem } from '../../n8n/run/forEachItem';
import { logOf } from '../../n8n/run/log';
import { outputOf } from '../../n8n/run/output';
import { RunLimits } from '../../n8n/run/RunLimits';
import { RunLedger } from '../../n8n/run/RunLedger';
import { waitStopped } from '../../n8n/run/waitStopped';
import { checkOnly } from './checkOnly';
import { firstContentKeys } from '../../n8n/issuing/firstContentKeys';
import { itemReader } from './itemReader';
import { outcomes } from '../../n8n/issuing/outcomes';
import { properties } from './properties';
import { RunHints } from '../../n8n/issuing/RunHints';
import { subjectAttributes } from '../../n8n/issuing/mapperFields';
import { usedPrograms } from './usedPrograms';

const RUN_AGAIN = 'Correct what is wrong and run it all again: what was issued is not sent again.';

/** Whether another execution would recognize the item. */
const knownAgain = ({ mode }: Idempotency) => mode === 'content' || mode === 'event';

/** Whether it is on-chain, if known without asking; left out for what AIR has just kept. */
const onChainOf = ({ outcome, state }: RememberedIssuance) =>
	outcome === 'kept' && state === undefined ? {} : { onChain: state === 'confirmed' };

loadJoseAhead();

export class MocaAirIssueOnBehalf implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Issue on Behalf',
		name: 'mocaAirIssueOnBehalf',
		icon: {
			light: 'file:../../icons/mocaAirIssue.svg',
			dark: 'file:../../icons/mocaAirIssue.dark.svg',
		},
		group: ['output'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"] === "checkOnly" ? "check only: nothing is issued" : $parameter["onDuplicate"] === "revoke" ? "revoke and reissue" : "keep existing" }}',
		description: "Issue a verifiable credential to a person's Moca AIR account",
		defaults: { name: 'Moca AIR Issue on Behalf' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					"Issue a verifiable credential to a person's Moca AIR account by e-mail address. " +
					'This cannot be undone: call it once per person and occasion, only with data that was verified, ' +
					'and never call it again for an outcome that is unknown.',
			},
		},
		credentials: [{ name: 'mocaAirApi', required: true }],
		hints: [
			{
				type: 'warning',
				location: 'ndv',
				whenToDisplay: 'always',
				displayCondition:
					'={{ /^01[0-9A-Z]{20}$/.test(String($parameter["issuanceProgram"]).trim()) }}',
				message:
					'The Issuance Program looks like a schema ID. AIR wants the program ID, from the AIR dashboard under Issuer → Programs.',
			},
			{
				type: 'warning',
				location: 'ndv',
				whenToDisplay: 'beforeExecution',
				displayCondition:
					'={{ $parameter["options"]["sameRecipient"] !== true && !String($rawParameter["recipient"]).startsWith("=") && $input.all().length > 1 }}',
				message:
					'There are several items and one Recipient Email: all credentials would go to the same person. Drag the e-mail field from the input instead.',
			},
		],
		properties,
	};

	methods = { resourceMapping: { subjectAttributes }, listSearch: { usedPrograms } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		if (this.getNodeParameter('operation', 0, 'issue') === 'checkOnly')
			return await checkOnly(this);
		const readItem = itemReader(this);
		const ledger = new RunLedger(this);
		const firstKey = firstContentKeys(this);
		const hints = new RunHints(this, 'use Revoke and Reissue');
		const limits = new RunLimits(concurrencyOf(readItem.options));
		let allKnownAgain = true;
		const prepare = async (
			itemIndex: number,
			signal: AbortSignal | undefined,
		): Promise<Job<object>> => {
			const { options, settings, request, ...read } = await readItem(itemIndex);
			const { client, identity } = settings;
			limits.set(identity.baseUrl, 'issue', options);
			const idempotency = firstKey(
				itemIndex,
				{ recipient: request.recipient, what: request.credentialId },
				read.idempotency,
			);
			const session = await ledger.for(settings);
			if (session.settings.onlyIn !== undefined || !knownAgain(idempotency)) allKnownAgain = false;
			const { waitMs, timeoutMs, reference } = options;
			const { share } = limits;
			const { repeatUnknown } = read;
			return {
				lane: laneOf(request),
				run: async (stopped, free) => {
					hints.sending(request, repeatUnknown);
					const issuing: Issuing = {
						request,
						repeatUnknown,
						signal,
						stopped,
						share,
						timeoutMs,
						reference,
						// An item that waits for the chain keeps its slot, so AIR is never asked for more at once.
						...(waitMs === undefined ? { onAnswered: free } : {}),
						...logOf(this, itemIndex),
					};
					const issuance = await issueOnce(session, issuing, idempotency);
					ledger.count(session, issuance);
					hints.issued(issuance);
					const { coreClaimHash } = issuance;
					// What was settled by hand may have no hash to ask about.
					if (waitMs === undefined || coreClaimHash === '') {
						return { ...issuance, ...onChainOf(issuance) };
					}

					await session.hold(coreClaimHash, waitMs);
					const { status, lastError, waitedMs } = await waitUntilOnChain(
						client,
						request.recipient,
						coreClaimHash,
						{
							timeoutMs: waitMs,
							requestTimeoutMs: timeoutMs,
							share,
							// An earlier issuance may be on-chain already.
							askAtOnce: issuance.outcome === 'alreadyIssued' || issuance.outcome === 'kept',
							signal,
						},
					);
					if (status !== undefined) await session.observed(coreClaimHash, status);
					// It is issued; a failed question must not make anybody issue again.
					return {
						onChain: false,
						state: 'pending',
						...issuance,
						...status,
						...waitStopped(lastError),
						waitedMs,
					};
				},
			};
		};
		return await forEachItem(this, prepare, {
			concurrency: limits.concurrency,
			done: 'issued',
			...outcomes,
			...outputOf(this, readItem.options),
			again: () => (allKnownAgain ? RUN_AGAIN : undefined),
			finish: async () => {
				limits.lift();
				await ledger.end();
				hints.show();
			},
		});
	}
}
