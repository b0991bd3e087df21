import { UsageError } from '../errors';
import { echo } from '../text';

export const RECIPIENT_HELP = 'spelled as it was issued (A is not a)';

/**
 * Reads an e-mail address loosely, since the ledger may hold unusual ones: only an impossible one is
 * refused.
 *
 * @throws UsageError
 */
export function readRecipient(typed: string): string {
	const recipient = typed.trim();
	if (/^\S+@\S+$/.test(recipient)) return recipient;
	throw new UsageError(`${echo(typed)} is not an e-mail address`);
}
