import { AirError } from '../../errors/AirError';
import type { DirectIssueRequest } from './DirectIssuing';

/**
 * With the ledger off, nobody knows what a person holds, and nothing can be revoked later.
 *
 * @throws AirError `AIR_DIRECT_NEEDS_LEDGER`, which names what was chosen
 */
export function assertNeedsNoLedger({
	ifHeld,
	revocable,
}: Pick<DirectIssueRequest, 'ifHeld' | 'revocable'>): void {
	const refuse = (detail: string) => new AirError('AIR_DIRECT_NEEDS_LEDGER', { detail });
	if (ifHeld === 'reissue') throw refuse('If the Person Has One is Reissue');
	if (revocable === 'list') throw refuse('Revocable is Status List');
	if (revocable === 'number') throw refuse('Revocable is Revocation Number');
}
