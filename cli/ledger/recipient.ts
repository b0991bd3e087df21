import { lookUpPerson, type Spelling } from '../../issuance/ledger/erasePerson';
import type { PagedLedger } from '../../issuance/ledger/pages';
import { UsageError } from '../errors';
import { echo, printable, rows } from '../text';

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

/** The other spellings among those that were found, with their rows; empty if there are none. */
export const othersInWords = (found: readonly Spelling[], recipient: string): string =>
	found
		.filter(({ email }) => email !== recipient)
		.map(({ email, rows: count }) => `${printable(email)} (${rows(count)})`)
		.join(', ');

/** The same, looked up in the ledger. */
export const otherSpellings = async (ledger: PagedLedger, recipient: string): Promise<string> =>
	othersInWords(await lookUpPerson(ledger, recipient), recipient);
