import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { AttemptOutcome, Ledger, LedgerEvent } from '../../../../ledger/Ledger';
import { always } from '../random/properties';
import { STORE_LEASE_MS, StoreDriver } from '../random/StoreDriver';
import { ALL, KEY } from './feed';
import { answer, issue, request, REALM, REVOKED, seen, start } from './requests';
import type { GetStore } from './store';

/** What several do at once, in orders that nobody has chosen. */
export function races(store: GetStore): void {
	describe('one key, in any order', () => {
		test('nothing is issued twice or lost, and state never moves backwards', async () => {
			let key = 0;
			await always(
				async () => {
					key += 1;
					return await Promise.resolve(new StoreDriver(store(), `key-${key}`));
				},
				{ runs: 40, longest: 25, leaseMs: STORE_LEASE_MS },
			);
		});
	});

	describe('replacing', () => {
		test.each([
			['at the moment at which the attempt started', 0, 'superseded'],
			['a moment later', 1, 'submitted'],
			['a moment earlier', -1, 'superseded'],
		])('what was answered %s', async (_, laterMs, state) => {
			const { ledger, sql } = store();
			const old = await issue(ledger, 'h1', { idempotencyKey: 'old' });
			const attempt = await start(ledger, { idempotencyKey: 'new' });
			await sql(
				`UPDATE issuances SET answered_at = $1 +
					(SELECT started_at FROM attempts WHERE issuance_id = $2) WHERE id = $3`,
				laterMs,
				attempt.issuanceId,
				old.id,
			);
			// An answer of the future would count as one from before the clock was set back.
			await sleep(10);
			const recorded = await ledger.answered(attempt, answer('h2', { supersedes: true }));
			expect(recorded.superseded).toBe(state === 'superseded' ? 1 : 0);
			expect(await ledger.find(REALM, { coreClaimHash: 'h1' })).toMatchObject({ state });
		});
	});

	test('a lock that is held past the end of a lease: what counts is the time after it', async () => {
		const { ledger, lock } = store();
		const { id } = await issue(ledger, 'h1', { idempotencyKey: 'old' });
		// While an attempt is under way that may have replaced it, a revocation is put off.
		await start(ledger, { idempotencyKey: 'new', leaseMs: 400 });
		const letGo = await lock(id);
		const observed = ledger.observed(REALM, 'h1', REVOKED);
		await sleep(600);
		await letGo();
		expect(await observed).toMatchObject([{ state: 'unusable' }]);
	});

	test('a lock that is held for longer than a lease: the lease begins after it', async () => {
		const { ledger, lock, now } = store();
		const first = await start(ledger);
		await ledger.failed(first, { outcome: 'rejected', reason: 'AIR_X' });
		const letGo = await lock(first.issuanceId);
		const again = start(ledger, { leaseMs: 500 });
		await sleep(700);
		const held = now();
		await letGo();
		expect(await again).toMatchObject({ attempt: 2 });
		const [row] = await ledger.list({ limit: 1 });
		expect(row?.leaseUntil).toBeGreaterThanOrEqual(held + 500 - 1);
		expect(row?.attempts[1]?.startedAt).toBeGreaterThanOrEqual(held - 1);
	});

	test('a lock that is held past the end of a claim: the next to claim gets the row', async () => {
		const { ledger, lock } = store();
		const { id } = await issue(ledger, 'h1');
		const due = { realm: REALM, limit: 1, leaseMs: 300 };
		expect(await ledger.claimDue(due)).toHaveLength(1);
		const letGo = await lock(id);
		await sleep(400);
		await letGo();
		expect(await ledger.claimDue(due)).toHaveLength(1);
	});

	describe('many at once', () => {
		test('each key is sent once, each hash is kept, each event is told once and in order', async () => {
			await fc.assert(
				fc.asyncProperty(fc.array(deed, { minLength: 30, maxLength: 60 }), fc.nat(), playAtOnce),
				// Another run of the same deeds is another race: smaller ones would say nothing.
				{ numRuns: 12, endOnFailure: true },
			);
		});

		let runs = 0;

		async function playAtOnce(deeds: readonly Deed[], salt: number): Promise<void> {
			runs += 1;
			const run = `run-${runs}-${salt}`;
			const ledgers = [store().ledger, await store().another()];
			const begun: Begun[] = [];
			const recorded: { hash: string; kept: boolean; superseded: number }[] = [];
			const read: LedgerEvent[] = [];
			const reading = new AbortController();
			const reader = readOn(store().ledger, run, read, reading.signal);
			await Promise.all(
				Array.from({ length: 6 }, async (_, actor) => {
					const ledger = ledgers[actor % 2] ?? store().ledger;
					for (const [i, one] of deeds.entries()) {
						if (i % 6 === actor) await perform(ledger, run, one, begun, recorded);
					}
				}),
			);
			reading.abort();
			await reader;

			const rows = (await store().ledger.list({ limit: 10_000 })).filter((row) =>
				row.realm.endsWith(run),
			);
			const events = (await store().ledger.events(0, 10_000)).filter(({ issuanceId }) =>
				rows.some(({ id }) => id === issuanceId),
			);
			const attempts = begun.map(({ issuanceId, attempt }) => `${issuanceId} ${attempt}`);
			expect(new Set(attempts).size).toBe(attempts.length);
			for (const row of rows) {
				const outcomes = row.attempts.map(({ outcome }) => outcome);
				// Another attempt only begins where AIR has surely not issued before.
				expect(outcomes.slice(0, -1).filter((outcome) => !REFUSED.includes(outcome))).toEqual([]);
				expect(row.attempts.map(({ number }) => number)).toEqual(outcomes.map((_, i) => i + 1));
				expect(row.leaseUntil !== null).toBe(row.state === 'sending');
			}
			const hashes = rows.flatMap((row) => row.attempts.map((each) => each.coreClaimHash));
			expect(hashes).toEqual(expect.arrayContaining(recorded.map(({ hash }) => hash)));
			const firsts = recorded.filter(({ kept }) => !kept).map(({ hash }) => hash);
			expect(new Set(firsts).size).toBe(firsts.length);
			const replaced = rows.filter(({ state }) => state === 'superseded');
			expect(recorded.reduce((sum, { superseded }) => sum + superseded, 0)).toBe(replaced.length);
			// Rows with one hash are one issuance.
			const issuances = new Set(replaced.map(({ coreClaimHash }) => coreClaimHash));
			expect(events.filter(({ type }) => type === 'superseded')).toHaveLength(issuances.size);
			const names = events.map(({ issuanceId, type, threshold }) =>
				[issuanceId, type, threshold].join(' '),
			);
			expect(new Set(names).size).toBe(names.length);
			expect(read.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
		}
	});
}

const REFUSED: readonly AttemptOutcome[] = ['rejected', 'not-sent'];

interface Begun {
	readonly issuanceId: number;
	readonly attempt: number;
}

interface Deed {
	readonly key: number;
	readonly hash: number;
	readonly end: 'answered' | 'rejected' | 'not-sent';
	readonly supersedes: boolean;
	readonly then: 'observed' | 'claim' | 'nothing';
	readonly state: 'pending' | 'confirmed' | 'unusable';
}

const deed: fc.Arbitrary<Deed> = fc.record({
	key: fc.nat({ max: 7 }),
	hash: fc.nat({ max: 5 }),
	end: fc.constantFrom('answered', 'answered', 'rejected', 'not-sent'),
	supersedes: fc.boolean(),
	then: fc.constantFrom('observed', 'claim', 'nothing'),
	state: fc.constantFrom('pending', 'confirmed', 'unusable'),
});

const realmFor = (run: string) => `https://air.example ${run}`;

/** One item of a node, or one row of a trigger; two people have all the keys. */
async function perform(
	ledger: Ledger,
	run: string,
	{ key, hash, end, supersedes, then, state }: Deed,
	begun: Begun[],
	recorded: { hash: string; kept: boolean; superseded: number }[],
): Promise<void> {
	const realm = realmFor(run);
	const idempotencyKey = `${run} ${key}`;
	const recipient = `${run}-${key % 2}@example.com`;
	const result = await ledger.begin(
		request({ realm, idempotencyKey, recipient, leaseMs: 3_600_000 }),
	);
	if (result.outcome === 'started') {
		const attempt = { issuanceId: result.issuanceId, attempt: result.attempt };
		begun.push(attempt);
		if (end === 'answered') {
			const coreClaimHash = `${run} hash ${hash}`;
			const told = await ledger.answered(attempt, answer(coreClaimHash, { supersedes }));
			recorded.push({ hash: coreClaimHash, kept: told.kept !== null, superseded: told.superseded });
		} else {
			await ledger.failed(attempt, { outcome: end, reason: 'AIR_X' });
		}
	}
	if (then === 'nothing') return;
	if (then === 'observed') {
		await ledger.observed(realm, `${run} hash ${hash}`, seen(state.toUpperCase(), state));
		return;
	}
	const rows = await ledger.claimDue({ realm, limit: 3, leaseMs: 60_000 });
	await ledger.release(rows.map(({ id }) => id));
}

/** A trigger that polls all the time; once more after all have stopped. */
async function readOn(
	ledger: Ledger,
	run: string,
	read: LedgerEvent[],
	signal: AbortSignal,
): Promise<void> {
	const types = ['confirmed', 'unusable', 'superseded', 'status'] as const;
	const filter = { ...ALL, realm: realmFor(run), types };
	const key = { ...KEY, realm: realmFor(run) };
	let { delivered } = await ledger.openCursor(key, 'beginning');
	for (let last = false; !last;) {
		last = signal.aborted;
		const { events, upTo } = await ledger.feed({ ...filter, after: delivered, limit: 1000 });
		read.push(...events);
		delivered = upTo;
		await ledger.moveCursor(key, { delivered });
		await sleep(2);
	}
}
