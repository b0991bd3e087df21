import { UsageError } from '../errors';
import { echo } from '../text';

export const RECIPIENT_HELP = 'spelled as it was issued (A is not a)';

/**
 * An e-mail address, as loosely as the ledger may hold one: only what cannot be one is refused.
 *
 * @throws UsageError
 */
export function readRecipient(typed: string): string {
	const recipient = typed.trim();
	if (/^\S+@\S+$/.test(recipient)) return recipient;
	throw new UsageError(`${echo(typed)} is not an e-mail address`);
}
