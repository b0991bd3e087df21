import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { storedDirectly } from '../../issuance/status/storedDirectly';
import { getStatus } from '../../issuance/status/getStatus';
import { parseHash, parseRecipient } from '../../issuance/inputs/inputs';
import { waitUntilOnChain } from '../../issuance/status/waitUntilOnChain';
import { callOptionsReader, concurrencyOf, optionsOfItems } from '../../n8n/parameters/callOptions';
import { credentialSettings } from '../../n8n/parameters/credentialSettings';
import { forEachItem } from '../../n8n/run/forEachItem';
import { parameter } from '../../n8n/parameters/parameter';
import { outputOf } from '../../n8n/run/output';
import { RunLimits } from '../../n8n/run/RunLimits';
import { RunLedger } from '../../n8n/run/RunLedger';
import { waitStopped } from '../../n8n/run/waitStopped';
import { properties } from './properties';

const readOptions = callOptionsReader(properties);

export class MocaAirGetIssuanceStatus implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Get Issuance Status',
		name: 'mocaAirGetIssuanceStatus',
		icon: {
			light: 'file:../../icons/mocaAirStatus.svg',
			dark: 'file:../../icons/mocaAirStatus.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ $parameter["options"]["waitUntilOnChain"] ? "wait until on-chain" : "ask once" }}',
		description: 'Check whether a credential is confirmed on-chain',
		defaults: { name: 'Moca AIR Get Issuance Status' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'mocaAirApi', required: true }],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const settingsFor = credentialSettings(this);
		const ledger = new RunLedger(this);
		const optionsOf = optionsOfItems(this, readOptions);
		const hashOf = parameter(this, 'coreClaimHash', parseHash);
		const addressOf = parameter(this, 'recipient', (value) => value);
		const limits = new RunLimits(concurrencyOf(optionsOf));
		const read = async (itemIndex: number) => {
			const options = optionsOf(itemIndex);
			const coreClaimHash = hashOf(itemIndex);
			const settings = await settingsFor(options.lifetimeMinutes);
			// Before any item begins: it says how many may.
			limits.set(settings.identity.baseUrl, 'ask', options);
			return { itemIndex, options, coreClaimHash, settings };
		};
		const oneItem = async (
			{ itemIndex, options, coreClaimHash, settings }: Awaited<ReturnType<typeof read>>,
			signal: AbortSignal | undefined,
		): Promise<object> => {
			const { client } = settings;
			const { share } = limits;
			const session = await ledger.ifOpen(settings);
			const direct = await storedDirectly(session, coreClaimHash, signal);
			if (direct !== undefined) return direct;
			const email = await recipientOf(
				addressOf(itemIndex),
				async () => await (await ledger.for(settings)).find(coreClaimHash, signal),
			);
			if (options.waitMs === undefined) {
				const { timeoutMs } = options;
				const status = await getStatus(client, email, coreClaimHash, {
					signal,
					timeoutMs,
					share,
					// Among many items, the last may have to wait long, which is allowed.
					queueMs: Number.POSITIVE_INFINITY,
				});
				await session?.observed(coreClaimHash, status);
				return { coreClaimHash, email, ...status };
			}
			await session?.hold(coreClaimHash, options.waitMs);
			const { status, lastError, waitedMs } = await waitUntilOnChain(client, email, coreClaimHash, {
				timeoutMs: options.waitMs,
				requestTimeoutMs: options.timeoutMs,
				askAtOnce: true,
				share,
				signal,
			});
			if (status === undefined && lastError !== undefined) throw lastError;
			if (status !== undefined) await session?.observed(coreClaimHash, status);
			return {
				coreClaimHash,
				email,
				onChain: false,
				state: 'unknown',
				...status,
				...waitStopped(lastError),
				waitedMs,
			};
		};
		return await forEachItem(
			this,
			async (itemIndex, signal) => {
				const item = await read(itemIndex);
				return {
					// Questions change nothing at AIR, so their order does not matter.
					lane: String(itemIndex),
					run: async () => await oneItem(item, signal),
				};
			},
			{
				concurrency: limits.concurrency,
				done: 'answered',
				...outputOf(this, optionsOf),
				finish: async () => {
					limits.lift();
					await ledger.end();
				},
			},
		);
	}
}

const addressMissing = () =>
	new AirError('AIR_RECIPIENT_INVALID', {
		detail: 'it is empty, and the ledger does not know this core claim hash',
	});

/** The item's address, or the ledger's address for the hash. */
async function recipientOf(
	value: unknown,
	find: () => Promise<{ readonly recipient: string } | undefined>,
): Promise<string> {
	if (value != null && (typeof value !== 'string' || value.trim() !== ''))
		return parseRecipient(value);
	const known = await find();
	if (known !== undefined) return known.recipient;
	throw addressMissing();
}
