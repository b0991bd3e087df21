import fc from 'fast-check';
import { ROW_STATES, type Ledger } from '../../../ledger/Ledger';
import { LedgerError } from '../../../ledger/LedgerError';
import type { ContractStore } from '../../unit/ledger/contract/store';
import { STORES, type StoreKind } from '../../unit/ledger/stores';
import { badInput, type Verdict } from '../BadInput';
import { must } from '../expecting';
import { NASTY, textOf } from '../pieces';

const text = fc
	.oneof(textOf(['ada@example.com', 'evt_1', 'x'], 3), fc.constantFrom(...NASTY))
	.map((wild) => wild.toWellFormed());
const inputs = fc.record({
	recipient: text,
	reference: fc.option(text),
	eventId: text,
	hash: text,
	vcStatus: text,
	program: text,
	/** Values that somebody else writes, and their columns. */
	column: fc.constantFrom(
		...['state', 'recipient', 'reference', 'core_claim_hash', 'vc_status', 'subject_hmac'],
		...['attempt', 'lease_until', 'created_at', 'answered_at', 'next_check_at', 'checks'],
		...['state_at', 'updated_at', 'confirmed_at', 'kept_since', 'missing_since', 'origin'],
	),
	written: fc.oneof<fc.Arbitrary<string | number | bigint | null>[]>(
		text,
		fc.constantFrom(...ROW_STATES),
		fc.integer(),
		fc.constantFrom(null, 2n ** 62n, -(2n ** 62n)),
	),
});

type Input = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

/** The report about a row that we would not write: a description, or that the ledger is damaged. */
async function survives(read: () => Promise<unknown>): Promise<boolean> {
	try {
		await read();
		return true;
	} catch (error) {
		must(error instanceof LedgerError, `a ledger fails in words, not with ${String(error)}`);
		return false;
	}
}

const DAYS = { finishedDays: 90, openDays: 180, limit: 500 };
const DAY_MS = 86_400_000;

function rowsOn({ name, setUp, open }: StoreKind) {
	let store: ContractStore;
	let cases = 0;

	/** A text that PostgreSQL cannot store is refused with a message, and nothing is left half done. */
	const holds = (...values: (string | null)[]) =>
		name === 'SQLite' || !values.some((value) => value?.includes('\0'));

	const requestOf = ({ recipient, reference, eventId, program }: Input) => ({
		realm: `https://air.example/v1 partner-${cases}`,
		program,
		recipient,
		reference,
		idempotencyKey: `event:${eventId}`,
		...{ issuerDid: 'did:air:x', subjectHmac: 'h', keyThumbprint: 't', rememberMs: null },
		...{ instance: 'i', workflowId: 'w', executionId: '1', nodeId: 'n' },
		...{ leaseMs: 60_000, repeatUnknown: false },
	});

	async function check(input: Input): Promise<Verdict> {
		cases += 1;
		const { ledger } = store;
		const { recipient, reference, eventId, hash, vcStatus, program, column, written } = input;
		const request = requestOf(input);
		const { realm } = request;
		if (!holds(recipient, reference, eventId, program)) {
			must(!(await survives(() => ledger.begin(request))), 'what cannot be kept is not begun');
			return 'refused';
		}
		// Text is kept as it is, or not at all.
		const begun = await ledger.begin(request);
		must(begun.outcome === 'started', 'a new key begins');
		const coreClaimHash = `${cases}-${hash}`;
		const answer = { coreClaimHash, userUuid: null, nextCheckMs: 0, supersedes: false };
		if (!holds(hash)) {
			must(!(await survives(() => ledger.answered(begun, answer))), 'nor is it recorded');
			return 'refused';
		}
		await ledger.answered(begun, answer);
		const row = await ledger.find(realm, { coreClaimHash });
		for (const value of [recipient, eventId, coreClaimHash, program]) {
			const kept = [row?.recipient, row?.idempotencyKey.slice(6), row?.coreClaimHash, row?.program];
			must(kept.includes(value), `${JSON.stringify(value)} is kept as it is`);
		}
		must((await ledger.begin(request)).outcome === 'answered', 'a repeat is known');
		const rotated = { ...request, keyThumbprint: 'u' };
		must((await ledger.begin(rotated)).outcome === 'answered', 'under another key, too');
		const seen = { vcStatus, vcId: null, state: 'unknown', nextCheckMs: 0 } as const;
		if (holds(vcStatus)) {
			const found = await ledger.observed(realm, coreClaimHash, seen);
			must(found.length === 1, 'it is found by its hash');
		}
		const elsewhere = await ledger.find(`${realm}0`, { coreClaimHash });
		must(elsewhere === undefined, 'other realms see none');

		// Another row of the same realm, which must not be affected.
		const neighbour = { ...request, recipient: 'bob@example.com', idempotencyKey: 'neighbour' };
		const other = await ledger.begin(neighbour);
		must(other.outcome === 'started', 'a neighbour begins');
		const otherHash = `${cases} neighbour`;
		await ledger.answered(other, { ...answer, coreClaimHash: otherHash });

		const vandalised = await vandalise(column, written, begun.issuanceId);
		const fine = [
			await survives(() => ledger.find(realm, { coreClaimHash })),
			await survives(() => ledger.list({ limit: 3 })),
			await survives(() => ledger.begin(request)),
			await survives(() => ledger.observed(realm, coreClaimHash, seen)),
			await survives(() => ledger.missing(realm, coreClaimHash, MISSING)),
			await survives(() => ledger.hold(realm, coreClaimHash, 1)),
			await survives(() => ledger.answered(begun, answer)),
			await survives(() => ledger.failed(begun, { outcome: 'unknown', reason: 'AIR_X' })),
		];
		await neighbourIsWell(ledger, realm, otherHash);
		return vandalised && fine.every(Boolean) ? 'taken' : 'refused';
	}

	/** @returns false if the store itself refuses a value that does not have the column's type */
	async function vandalise(column: string, written: Input['written'], id: number) {
		try {
			await store.sql(`UPDATE issuances SET ${column} = $1 WHERE id = $2`, written, id);
			return true;
		} catch {
			return false;
		}
	}

	/** One damaged row stops nothing else: neither the trigger nor retention. */
	async function neighbourIsWell(ledger: Ledger, realm: string, hash: string): Promise<void> {
		const due = await ledger.claimDue({ realm, limit: 5, leaseMs: 1000 });
		must(
			due.some(({ coreClaimHash }) => coreClaimHash === hash),
			'a neighbour is due',
		);
		const confirmed = { vcStatus: 'ONCHAIN', vcId: 'v', state: 'confirmed' } as const;
		await ledger.observed(realm, hash, { ...confirmed, nextCheckMs: null });
		await ledger.appendDelayed({ realm, minutes: 1, start: 'beginning', limit: 10 });
		const filter = { realm, source: { from: 'everywhere' }, delayMinutes: 1 } as const;
		const { events } = await ledger.feed({ ...filter, types: ['confirmed'], after: 0, limit: 9 });
		must(
			events.some(({ row }) => row.coreClaimHash === hash),
			'a neighbour is told about',
		);
		store.advance(91 * DAY_MS);
		try {
			await ledger.prune({ ...DAYS, realm });
			const left = await ledger.find(realm, { coreClaimHash: hash });
			must(left === undefined, 'a neighbour goes when its time has come');
		} finally {
			await store.sql('DELETE FROM issuances');
			store.advance(-91 * DAY_MS);
		}
	}

	return badInput({
		name: `Rows of the ledger (${name})`,
		share: 30,
		inputs,
		corpus: [],
		setUp: async () => {
			const tearDown = await setUp();
			store = await open();
			return async () => {
				await store.destroy();
				await tearDown();
			};
		},
		check,
	});
}

const MISSING = { nextCheckMs: 0, condemnAfterMs: DAY_MS };

/** Any texts as input, and any values that somebody else wrote into the tables, on both stores. */
export const ledgerRows = STORES.map(rowsOn);
