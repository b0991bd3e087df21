import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Ledger } from '../../../ledger/Ledger';
import { LedgerError } from '../../../ledger/LedgerError';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { NASTY, textOf } from '../pieces';

let ledger: Ledger;
/** Somebody else at the same file, who follows no rules. */
let vandal: DatabaseSync;
let cases = 0;

async function setUp() {
	const folder = await mkdtemp(join(tmpdir(), 'moca-air-rows-'));
	const file = join(folder, 'ledger.sqlite');
	({ ledger } = await openSqliteLedger({ file }));
	vandal = new DatabaseSync(file, { timeout: 10_000 });
	vandal.exec('PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON');
	return async () => {
		vandal.close();
		await ledger.close();
		await rm(folder, { recursive: true, force: true });
	};
}

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
	/** What the vandal writes, and where. */
	column: fc.constantFrom(
		...['state', 'recipient', 'reference', 'core_claim_hash', 'vc_status', 'subject_hmac'],
		...[
			'attempt',
			'lease_until',
			'created_at',
			'answered_at',
			'next_check_at',
			'checks',
			'state_at',
		],
	),
	written: fc.oneof<fc.Arbitrary<string | number | bigint | null>[]>(
		text,
		fc.integer(),
		fc.constantFrom(null, 2n ** 62n, -(2n ** 62n)),
	),
});

/** What is told of a row that is not as we write rows: something, or that the ledger is damaged. */
async function survives(read: () => Promise<unknown>): Promise<boolean> {
	try {
		await read();
		return true;
	} catch (error) {
		must(error instanceof LedgerError, `a ledger fails in words, not with ${String(error)}`);
		return false;
	}
}

export const ledgerRows = badInput({
	name: 'Rows of the ledger',
	share: 60,
	inputs,
	corpus: [],
	setUp,
	check: async ({ recipient, reference, eventId, hash, vcStatus, program, column, written }) => {
		cases += 1;
		const realm = `https://air.example/v1 partner-${cases}`;
		const idempotencyKey = `event:${eventId}`;
		const request = {
			realm,
			program,
			recipient,
			reference,
			idempotencyKey,
			...{ issuerDid: 'did:air:x', subjectHmac: 'h', keyThumbprint: 't', rememberMs: null },
			...{ instance: 'i', workflowId: 'w', executionId: '1', nodeId: 'n' },
			...{ leaseMs: 60_000, repeatUnknown: false },
		};
		// Text is kept as it is, or not at all.
		const begun = await ledger.begin(request);
		must(begun.outcome === 'started', 'a new key begins');
		const coreClaimHash = `${cases}-${hash}`;
		const answer = { coreClaimHash, userUuid: null, nextCheckMs: 0, supersedes: false };
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
		must(
			(await ledger.observed(realm, coreClaimHash, seen)).length === 1,
			'it is found by its hash',
		);
		must(
			(await ledger.find(`${realm}0`, { coreClaimHash })) === undefined,
			'other realms see none',
		);

		// And now what others have written into it.
		let vandalised = true;
		try {
			vandal
				.prepare(`UPDATE issuances SET ${column} = ? WHERE id = ?`)
				.run(written, begun.issuanceId);
		} catch {
			// SQLite itself refuses what is not of the column's type.
			vandalised = false;
		}
		const fine = [
			await survives(async () => await ledger.find(realm, { coreClaimHash })),
			await survives(async () => await ledger.list({ limit: 3 })),
			await survives(async () => await ledger.begin(request)),
			await survives(async () => await ledger.claimDue({ realm, limit: 5, leaseMs: 1000 })),
			await survives(async () => await ledger.observed(realm, coreClaimHash, seen)),
			await survives(async () => {
				await ledger.answered(begun, answer);
			}),
		];
		return vandalised && fine.every(Boolean) ? 'taken' : 'refused';
	},
});
