import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { repeatsUnknown } from '../../air/pacing/repeat';
import { idempotencyOf } from '../../issuance/issue/idempotency';
import type { Job } from '../../issuance/issue/Parallel';
import { laneOf, type Issuing } from '../../issuance/issue/Issuing';
import { issueOnce } from '../../issuance/issue/issueOnce';
import { waitUntilOnChain } from '../../issuance/status/waitUntilOnChain';
import { concurrencyOf } from '../../n8n/parameters/callOptions';
import { credentialSettings } from '../../n8n/parameters/credentialSettings';
import { forEachItem } from '../../n8n/run/forEachItem';
import { logOf } from '../../n8n/run/log';
import { RunLimits } from '../../n8n/run/RunLimits';
import { RunLedger } from '../../n8n/run/RunLedger';
import { waitStopped } from '../../n8n/run/waitStopped';
import { firstContentKeys } from './firstContentKeys';
import { idempotencyModes } from './idempotencyMode';
import { issueOptions } from './issueOptions';
import { issueRequests } from './issueRequest';
import { outcomes } from './outcomes';
import { properties } from './properties';
import { RunHints } from './RunHints';
import { subjectAttributes } from './mapperFields';

export class MocaAirIssueOnBehalf implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Issue on Behalf',
		name: 'mocaAirIssueOnBehalf',
		icon: { light: 'file:../../icons/mocaAir.svg', dark: 'file:../../icons/mocaAir.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ $parameter["onDuplicate"] === "ignore" ? "keep existing" : "revoke and reissue" }}',
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
					'={{ $parameter["subjectMode"] !== "automatic" && !String($rawParameter["recipient"]).startsWith("=") && $input.all().length > 1 }}',
				message:
					'There are several items and one Recipient Email: all credentials would go to the same person. Drag the e-mail field from the input instead.',
			},
		],
		properties,
	};

	methods = { resourceMapping: { subjectAttributes } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const settingsFor = credentialSettings(this);
		const ledger = new RunLedger(this);
		const firstKey = firstContentKeys(this);
		const optionsOf = issueOptions(this);
		const requestOf = issueRequests(this);
		const modeOf = idempotencyModes(this);
		const hints = new RunHints(this);
		const limits = new RunLimits();
		const prepare = async (
			itemIndex: number,
			signal: AbortSignal | undefined,
		): Promise<Job<object>> => {
			const options = optionsOf(itemIndex);
			const settings = await settingsFor(options.lifetimeMinutes);
			const { client, identity } = settings;
			const request = requestOf(itemIndex, {
				option: options.issuerDid,
				credential: settings.issuerDid,
			});
			limits.set(identity.baseUrl, options.requestsPerSecond);
			const mode = modeOf(itemIndex, options.rememberHours);
			const idempotency = firstKey(
				itemIndex,
				request,
				idempotencyOf(identity.key, request, mode, options.ignoreWhenComparing),
			);
			const session = await ledger.for(settings);
			const { waitMs, timeoutMs, reference, sendAgainWhenUnknown } = options;
			const repeatUnknown = repeatsUnknown(request.onDuplicate, sendAgainWhenUnknown);
			return {
				lane: laneOf(request),
				run: async (stopped, free) => {
					hints.sending(request);
					const issuing: Issuing = {
						request,
						repeatUnknown,
						signal,
						stopped,
						timeoutMs,
						reference,
						// Who waits for the chain keeps its place: AIR is asked for no more at once.
						...(waitMs === undefined ? { onAnswered: free } : {}),
						...logOf(this, itemIndex),
					};
					const issuance = await issueOnce(session, issuing, idempotency);
					ledger.count(session, issuance);
					hints.issued(issuance);
					if (waitMs === undefined) return issuance;

					const { coreClaimHash } = issuance;
					await session.hold(coreClaimHash, waitMs);
					const { status, lastError, waitedMs } = await waitUntilOnChain(
						client,
						request.recipient,
						coreClaimHash,
						{
							timeoutMs: waitMs,
							requestTimeoutMs: timeoutMs,
							// What was there before may be on-chain already.
							askAtOnce: issuance.outcome === 'alreadyIssued' || issuance.outcome === 'kept',
							signal,
						},
					);
					if (status !== undefined) await session.observed(coreClaimHash, status);
					// Issued is issued: that asking failed must not make anybody issue again.
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
			concurrency: concurrencyOf(this, optionsOf),
			done: 'issued',
			...outcomes,
			finish: async () => {
				limits.lift();
				await ledger.end();
				hints.show();
			},
		});
	}
}
