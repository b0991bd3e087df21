import { STATUS_LIST_TYPE, statusListUri } from '../../air/direct/statusList';
import type { Ledger, ListSummary } from '../../ledger/Ledger';
import { statusListToken, type ListForm, type ListSigner } from './statusListToken';

interface Where {
	readonly ledger: Pick<Ledger, 'statusLists' | 'statusList'>;
	readonly realm: string;
}

/** A status list as a file to be hosted. */
export interface ExportedList {
	readonly id: string;
	readonly url: string;
	readonly mediaType: string;
	/** The whole content of the file. */
	readonly token: string;
	readonly size: number;
	readonly used: number;
	readonly revoked: number;
}

export interface Exported {
	readonly lists: readonly ExportedList[];
	/**
	 * Lists of a restored ledger: it is not known what was revoked since, so the published version is
	 * newer than any that could be made now, and must stay.
	 */
	readonly doubtful: readonly ListSummary[];
}

/**
 * All status lists of a realm, signed for a static host.
 *
 * @param now - milliseconds since 1970
 * @throws LedgerError, AirError `AIR_STATUS_LIST_…`
 * @example
 * ```ts
 * for (const { id, token } of (await exportedLists(session, signer, { file: {} }, Date.now())).lists) save(id, token);
 * ```
 */
export async function exportedLists(
	{ ledger, realm }: Where,
	signer: ListSigner,
	form: Exclude<ListForm, 'live'>,
	now: number,
): Promise<Exported> {
	const lists: ExportedList[] = [];
	const doubtful: ListSummary[] = [];
	for (const summary of await ledger.statusLists(realm)) {
		const list = await ledger.statusList(realm, summary.id);
		if (list === undefined || list.doubtful) {
			doubtful.push(summary);
			continue;
		}
		const { token } = await statusListToken(signer, list, form, now);
		lists.push({
			id: list.id,
			url: statusListUri(signer.statusListUrl, list.id),
			mediaType: STATUS_LIST_TYPE,
			token,
			size: list.size,
			used: summary.used,
			revoked: list.revoked.length,
		});
	}
	return { lists, doubtful };
}
