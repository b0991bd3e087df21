import { isListId } from '../direct/placeInList';
import type { Ledger } from '../../ledger/Ledger';
import { statusListToken, type ListSigner, type ListToken } from './statusListToken';

interface Where {
	readonly ledger: Pick<Ledger, 'statusList' | 'numberStatus'>;
	readonly realm: string;
}

/** The answer to a verifier. `unknown`: 404. `doubtful`: 503, since it is not known whether it is valid. */
export type Served<T> =
	{ readonly answer: 'found'; readonly value: T } | { readonly answer: 'unknown' | 'doubtful' };

/**
 * The list that a verifier asks for. A list that is not in the ledger may belong to a ledger that was
 * lost, so the answer is `unknown`, and never an empty list.
 *
 * @param now - milliseconds since 1970
 * @throws LedgerError, AirError of a credential that signs no list
 */
export async function servedList(
	{ ledger, realm }: Where,
	signer: ListSigner,
	id: string,
	form: 'live' | 'bare',
	now: number,
): Promise<Served<ListToken>> {
	if (!isListId(id)) return { answer: 'unknown' };
	const list = await ledger.statusList(realm, id);
	if (list === undefined || list.doubtful) return { answer: 'doubtful' };
	return { answer: 'found', value: await statusListToken(signer, list, form, now) };
}

/** A revocation number as a credential contains it: 63 bits. */
const NUMBER = /^\d{1,19}$/;

/** The answer to AIR's question about a number: `{ isRevoked }`. @throws LedgerError */
export async function servedNumber(
	{ ledger, realm }: Where,
	number: string,
): Promise<Served<{ readonly isRevoked: boolean }>> {
	const status = NUMBER.test(number) ? await ledger.numberStatus(realm, number) : undefined;
	if (status === undefined) return { answer: 'unknown' };
	if (status === 'doubtful') return { answer: 'doubtful' };
	return { answer: 'found', value: { isRevoked: status === 'revoked' } };
}
