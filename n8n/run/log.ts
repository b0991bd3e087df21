import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { Delivering } from '../../issuance/issue/Issuing';

/** What AIR calls what it has issued or stored. */
type Named = Readonly<Record<string, unknown>>;

const nameOf = (issued: Named) =>
	'coreClaimHash' in issued
		? `coreClaimHash ${String(issued.coreClaimHash)}`
		: `storagePath ${String(issued.storagePath)}`;

/**
 * What the log of n8n learns of one item: repeats, and how a POST ended that a cancel overtook.
 * Codes and hashes only; no addresses, claims or tokens.
 */
export function logOf(
	context: IExecuteFunctions,
	itemIndex: number,
): Pick<Delivering<Named>, 'onRepeat' | 'onLateOutcome'> {
	// Only when there is something to say: n8n copies the whole node each time.
	const item = () => `${context.getNode().name}, item ${itemIndex + 1}`;
	return {
		onRepeat: (error, delayMs) => {
			context.logger.warn(`${item()}: ${error.code}; trying again in ${Math.round(delayMs)} ms`);
		},
		onLateOutcome: (outcome) => {
			context.logger.warn(
				outcome instanceof Error
					? `${item()}: after the cancel AIR's answer did not arrive: ${outcome instanceof AirError ? outcome.code : outcome.name}`
					: `${item()}: after the cancel AIR answered: issued with ${nameOf(outcome)}`,
			);
		},
	};
}
