import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { Delivering } from '../../issuance/issue/Issuing';

/** AIR's identifier of what it has issued or stored. */
type Named = Readonly<Record<string, unknown>>;

const nameOf = (issued: Named) =>
	'coreClaimHash' in issued
		? `coreClaimHash ${String(issued.coreClaimHash)}`
		: `storagePath ${String(issued.storagePath)}`;

/**
 * Log messages about one item: repeats, and the outcome of a POST that was in flight at a cancel.
 * Codes and hashes only; no addresses, claims or tokens.
 */
export function logOf(
	context: IExecuteFunctions,
	itemIndex: number,
): Pick<Delivering<Named>, 'onRepeat' | 'onLateOutcome'> {
	// Created only if there is something to log, because n8n copies the whole node at each access.
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
