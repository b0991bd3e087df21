import type { RequestRecord } from '../../../emulator';
import type { AirErrorKind } from '../../../errors/rows/AirErrorRow';
import type { LedgerRow } from '../../../ledger/Ledger';

/** How an item ended in one execution. */
export type Ending =
	| { readonly how: 'issued'; readonly coreClaimHash: string; readonly replayed: boolean }
	| {
			readonly how: 'error';
			readonly code: string;
			readonly kind: AirErrorKind | 'nothing';
			readonly message: string;
	  };

/** What the ledger, AIR and the workflow say of the same people. */
export interface CellBooks {
	readonly rows: readonly LedgerRow[];
	readonly requests: readonly RequestRecord[];
	/** By recipient; one for each execution, the oldest first. */
	readonly endings: ReadonlyMap<string, readonly Ending[]>;
	/** Send Again When Outcome Is Unknown is on. */
	readonly sendAgain: boolean;
	/** The hashes that another issuance has replaced, by AIR's own word. */
	readonly revoked: ReadonlySet<string>;
}

const isAccepted = ({ outcome }: RequestRecord) => outcome === 'issued' || outcome === 'reissued';

/** The POSTs for a person that AIR carried out. */
export const acceptedFor = (requests: readonly RequestRecord[], recipient: string) =>
	requests.filter((request) => request.recipient === recipient && isAccepted(request));

function* checkPerson(books: CellBooks, recipient: string, endings: readonly Ending[]) {
	const { rows, requests, sendAgain, revoked } = books;
	const accepted = acceptedFor(requests, recipient);
	const [row, ...more] = rows.filter((one) => one.recipient === recipient);
	if (more.length > 0) yield `${recipient}: ${more.length + 1} rows`;
	if (accepted.length > 1 && !sendAgain) {
		yield `${recipient}: AIR accepted ${accepted.length} POSTs of one key`;
	}
	for (const { coreClaimHash = '' } of accepted) {
		const holders = rows.filter(({ attempts }) =>
			attempts.some((attempt) => attempt.coreClaimHash === coreClaimHash),
		);
		if (holders.length > 1) yield `${recipient}: a POST in ${holders.length} rows`;
		if (holders.length === 1 && holders[0] !== row) yield `${recipient}: a POST in another’s row`;
		const isForgiven = row?.state === 'unknown' || (sendAgain && revoked.has(coreClaimHash));
		if (holders.length === 0 && !isForgiven) {
			yield `${recipient}: AIR accepted a POST, and its row is ${row?.state ?? 'not there'}`;
		}
		const given = endings.some(
			(end) => end.how === 'issued' && end.coreClaimHash === coreClaimHash,
		);
		const named = endings.some((end) => end.how === 'error' && end.kind === 'outcome-unknown');
		if (!given && !named && !(sendAgain && revoked.has(coreClaimHash))) {
			yield `${recipient}: AIR accepted a POST that no item and no error tells about`;
		}
	}
	for (const end of endings) {
		if (end.how !== 'issued') continue;
		if (!requests.some(({ coreClaimHash }) => coreClaimHash === end.coreClaimHash)) {
			yield `${recipient}: was given a hash that AIR never gave`;
		}
	}
	if (row === undefined) return;
	if (row.state === 'sending') yield `${recipient}: still under way`;
	const last = endings.at(-1);
	const isUnknown = last?.how === 'error' && last.code === 'AIR_ISSUED_UNKNOWN';
	if (isUnknown !== (row.state === 'unknown')) {
		yield `${recipient}: ended as ${last?.how === 'error' ? last.code : 'issued'}, but ${row.state}`;
	}
	if (isUnknown && !last.message.includes(`ledger row ${row.id}`)) {
		yield `${recipient}: the error does not name row ${row.id}: ${last.message}`;
	}
	if (last?.how === 'issued' && row.coreClaimHash !== last.coreClaimHash) {
		yield `${recipient}: was given another hash than its row has`;
	}
}

/** @returns what does not fit, in words; empty when the books balance */
export function cellImbalances(books: CellBooks): string[] {
	const { rows, requests, endings } = books;
	const people = new Set(endings.keys());
	const strangers = [...rows, ...requests.filter(isAccepted)].filter(
		({ recipient }) => recipient === undefined || !people.has(recipient),
	);
	return [
		...[...endings].flatMap(([recipient, each]) => [...checkPerson(books, recipient, each)]),
		...strangers.map(({ recipient }) => `${recipient ?? 'somebody'}: nobody asked for it`),
	];
}
