import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Ledger, LedgerEvent } from '../../../ledger/Ledger';
import { LedgerError } from '../../../ledger/LedgerError';
import { erase } from '../../../ledger/operations/retention';
import { readConnectionUrl } from '../../../ledger/postgres/connectionUrl';
import { Database } from '../../../ledger/postgres/Database';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { postgresStore } from '../../../ledger/postgres/postgresStore';
import { rows, type Answer, type Operation, type Store } from '../../../ledger/sql/Session';
import { root } from '../../../scripts/package';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { startLossyProxy } from '../../support/postgresProxy';
import { ALL, KEY } from './contract/feed';
import {
	accepted,
	answer,
	CONFIRMED,
	issue,
	MINUTE,
	request,
	REALM,
	start,
} from './contract/requests';

/** What only a server can show: several processes, restarts, lost answers, the order of commits. */

// Starts, databases and name look-ups take their time on a busy machine.
jest.setTimeout(120_000);

let postgres: TestPostgres;
/** As it is sent: READ COMMITTED goes on. */
const COMMIT = 'COMMIT\0';
const opened: Ledger[] = [];

async function open(url: string, clockOffsetMs: () => number = () => 0): Promise<Ledger> {
	const ledger = await openPostgresLedger({ url, clockOffsetMs });
	opened.push(ledger);
	return ledger;
}

beforeAll(async () => {
	postgres = await startPostgres();
}, 120_000);

afterEach(async () => {
	await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
});

afterAll(async () => {
	await postgres.stop();
});

async function deadlocks(): Promise<unknown[]> {
	// A session adds what it counted when it ends, at the latest.
	await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
	await sleep(100);
	return await postgres.sql('SELECT deadlocks::int FROM pg_stat_database WHERE deadlocks > 0');
}

/** Starts a process that begins when told to. */
function racer(url: string) {
	const script = join(root, 'test', 'support', 'postgresRacer.ts');
	const child = spawn(process.execPath, ['--import', 'tsx', script], {
		cwd: root,
		env: { ...process.env, RACER_URL: url },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	let printed = '';
	child.stdout.on('data', (data: Buffer) => {
		printed += data.toString();
	});
	const ended = new Promise<string>((resolve) => {
		child.once('close', () => {
			resolve(printed.trim().split('\n').at(-1) ?? '');
		});
	});
	const loaded = new Promise<void>((resolve) => {
		child.stdout.once('data', () => {
			resolve();
		});
	});
	return { loaded, go: () => child.stdin.write('go\n'), ended };
}

test('8 processes, an empty database, one key: the tables are made once, and one is started', async () => {
	const database = await postgres.freshDatabase();
	const racers = Array.from({ length: 8 }, () => racer(postgres.urlFor({ database })));
	await Promise.all(racers.map(({ loaded }) => loaded));
	for (const { go } of racers) go();
	const outcomes = await Promise.all(racers.map(({ ended }) => ended));
	expect(outcomes.sort()).toEqual([...Array<string>(7).fill('busy'), 'started']);
	const versions = await postgres.sql('SELECT version FROM moca_air.versions', database);
	expect(versions).toEqual([{ version: 1 }]);
}, 60_000);

test('ids of events rise in commit order: reading on from the last one misses none', async () => {
	const database = await postgres.freshDatabase();
	const url = postgres.urlFor({ database });
	const ledger = await open(url);
	const slow = await issue(ledger, 'slow', { idempotencyKey: 'slow' });
	await issue(ledger, 'fast', { idempotencyKey: 'fast' });
	// Holds the commit back after the ids of its events were drawn.
	await postgres.sql(
		`CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON moca_air.events
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (NEW.issuance_id = ${slow.id}) EXECUTE FUNCTION public.hold()`,
		database,
	);

	const read: LedgerEvent[] = [];
	const all = new AbortController();
	const reader = (async () => {
		for (let last = false; !last;) {
			last = all.signal.aborted;
			read.push(...(await ledger.events(read.at(-1)?.id ?? 0, 100)));
			await sleep(10);
		}
	})();
	const other = await open(url);
	const held = ledger.observed(REALM, 'slow', CONFIRMED);
	await sleep(150);
	await other.observed(REALM, 'fast', CONFIRMED);
	await held;
	all.abort();
	await reader;
	const rows = read.map(({ issuanceId }) => issuanceId === slow.id);
	expect(rows).toEqual([true, true, false, false]);
	expect(read).toEqual(await ledger.events(0, 100));
});

test('a commit that is late: a trigger that polls meanwhile passes nothing', async () => {
	const database = await postgres.freshDatabase();
	const url = postgres.urlFor({ database });
	const ledger = await open(url);
	const slow = await issue(ledger, 'slow', { idempotencyKey: 'slow' });
	await issue(ledger, 'fast', { idempotencyKey: 'fast' });
	await postgres.sql(
		`CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON moca_air.events
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (NEW.issuance_id = ${slow.id}) EXECUTE FUNCTION public.hold()`,
		database,
	);
	const other = await open(url);
	const held = ledger.observed(REALM, 'slow', CONFIRMED);
	await sleep(150);
	const second = other.observed(REALM, 'fast', CONFIRMED);
	// The baseline of a trigger that is activated at this moment, too.
	const baseline = await other.openCursor(KEY, 'now');
	const told: (string | null)[] = [];
	let { delivered } = baseline;
	const settled = Promise.all([held, second]);
	for (let over = false; !over;) {
		over = await Promise.race([settled.then(() => true), sleep(20, false)]);
		const page = await other.feed({ ...ALL, types: ['confirmed'], after: delivered, limit: 10 });
		told.push(...page.events.map(({ row }) => row.coreClaimHash));
		delivered = page.upTo;
	}
	expect(told).toEqual(['slow', 'fast']);
});

test('an erasure leaves what began after it looked for attempts under way', async () => {
	const url = postgres.urlFor({ database: await postgres.freshDatabase() });
	const ledger = await open(url);
	await issue(ledger, 'before', { idempotencyKey: 'before' });
	const store = postgresStore(await Database.open(readConnectionUrl(url)));
	let begun: Promise<unknown> | undefined;
	/** Stops right after the look, until the other attempt is in the database. */
	function* stopping<T>(operation: Operation<T>): Operation<T> {
		let step = operation.next();
		while (step.done !== true) {
			const found: Answer = yield step.value;
			if (step.value.text.includes('max(i.lease_until)')) {
				begun = start(ledger, { idempotencyKey: 'meanwhile' });
				yield* rows('SELECT pg_sleep(0.5)');
			}
			step = operation.next(found);
		}
		return step.value;
	}
	const write: Store['write'] = async (operation) => await store.write(() => stopping(operation()));
	const erased = await erase({ ...store, write }, request().recipient, 0);
	await begun;
	await store.close();
	expect(erased).toEqual({ outcome: 'erased', rows: 1 });
	const left = await ledger.list({ recipient: request().recipient, limit: 10 });
	expect(left.map(({ idempotencyKey, state }) => [idempotencyKey, state])).toEqual([
		['meanwhile', 'sending'],
	]);
});

test('many who supersede each other at once: no deadlock, and every answer is recorded', async () => {
	const url = postgres.urlFor({ database: await postgres.freshDatabase() });
	const ledgers = [await open(url), await open(url)];
	for (let round = 0; round < 5; round++) {
		await Promise.all(
			Array.from({ length: 8 }, async (_, i) => {
				const ledger = ledgers[i % 2];
				if (ledger === undefined) return;
				const key = { idempotencyKey: `key-${round}-${i}` };
				await issue(ledger, `hash-${round}-${i}`, key, { supersedes: true });
			}),
		);
	}
	const rows = (await ledgers[0]?.list({ limit: 100 })) ?? [];
	expect(rows.filter(({ coreClaimHash }) => coreClaimHash !== null)).toHaveLength(40);
	expect(rows.filter(({ state }) => state === 'submitted').length).toBeLessThanOrEqual(8);
	expect(await deadlocks()).toEqual([]);
});

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** How many transactions wrote rows, and how many rows the largest wrote. */
async function transactions(database: string): Promise<{ count: number; largest: number }> {
	const [found] = await postgres.sql(
		`SELECT count(*)::int AS count, max(written)::int AS largest
		FROM (SELECT count(*) AS written FROM moca_air.attempts GROUP BY xmin) AS transactions`,
		database,
	);
	return found as { count: number; largest: number };
}

test('the same keys from three processes at once: each is started once, in few transactions', async () => {
	const database = await postgres.freshDatabase();
	const url = postgres.urlFor({ database });
	const ledgers = [await open(url), await open(url), await open(url)];
	const started: string[] = [];
	const outcomes = new Set<string>();
	for (const round of range(5)) {
		const keys = range(60).map((i) => `key-${round}-${i}`);
		await Promise.all(
			ledgers.flatMap((ledger, n) => {
				// Each in an order of its own, and some twice.
				const asked = [...keys.slice(n * 20), ...keys, ...keys.slice(0, n * 20)];
				if (n === 1) asked.reverse();
				return asked.map(async (idempotencyKey) => {
					const { outcome } = await ledger.begin(request({ idempotencyKey }));
					outcomes.add(outcome);
					if (outcome === 'started') started.push(idempotencyKey);
				});
			}),
		);
	}
	expect(outcomes).toEqual(new Set(['started', 'busy']));
	expect(started).toHaveLength(300);
	expect(new Set(started).size).toBe(300);
	expect((await transactions(database)).count).toBeLessThan(150);
	expect(await deadlocks()).toEqual([]);
});

test('answers from three processes that replace the same rows: no deadlock, none is lost', async () => {
	const database = await postgres.freshDatabase();
	const url = postgres.urlFor({ database });
	const ledgers = [await open(url), await open(url), await open(url)];
	const supersedes = true;
	for (const round of range(4)) {
		await Promise.all(
			ledgers.flatMap((ledger, n) =>
				range(20).map(async (i) => {
					const person = n === 1 ? 19 - i : i;
					const key = {
						idempotencyKey: `key-${round}-${n}-${i}`,
						recipient: `${person}@example.com`,
					};
					const attempt = await start(ledger, key);
					await ledger.answered(attempt, answer(`hash-${round}-${n}-${i}`, { supersedes }));
				}),
			),
		);
	}
	const rows = (await ledgers[0]?.list({ limit: 1000 })) ?? [];
	expect(rows.filter(({ coreClaimHash }) => coreClaimHash !== null)).toHaveLength(240);
	const superseded = rows.filter(({ state }) => state === 'superseded').map(({ id }) => id);
	// At most those of the last two rounds may have been under way at once.
	expect(superseded.length).toBeGreaterThanOrEqual(120);
	const events = (await ledgers[0]?.events(0, 1000)) ?? [];
	expect(events.map(({ issuanceId }) => issuanceId).sort((a, b) => a - b)).toEqual(
		superseded.sort((a, b) => a - b),
	);
	expect((await transactions(database)).largest).toBeGreaterThan(1);
	expect(await deadlocks()).toEqual([]);
});

test('what PostgreSQL does not take fails alone; what it changes is started', async () => {
	const ledger = await open(postgres.urlFor({ database: await postgres.freshDatabase() }));
	const key = (i: number) => (i === 7 ? 'a\0b' : i === 9 ? 'half \ud83d' : `key-${i}`);
	const begun = await Promise.allSettled(
		range(20).map((i) => start(ledger, { idempotencyKey: key(i), recipient: `${i}@example.com` })),
	);
	const failed = begun.flatMap((one, i) => (one.status === 'rejected' ? [i] : []));
	expect(failed).toEqual([7]);
	expect(begun[7]).toMatchObject({ reason: { code: 'LEDGER_NOT_WRITABLE' } });

	const attempts = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
	const told = await Promise.allSettled(
		attempts.map((attempt, i) => ledger.answered(attempt, answer(i === 3 ? 'a\0b' : `hash-${i}`))),
	);
	expect(told.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([3]);
	expect(told[3]).toMatchObject({ reason: { code: 'LEDGER_NOT_WRITABLE' } });
	expect(await ledger.totals()).toEqual({ sending: 1, submitted: 18 });
});

test('a row that somebody holds delays its own answer, and no other', async () => {
	const database = await postgres.freshDatabase();
	const ledger = await open(postgres.urlFor({ database }));
	const attempts = await Promise.all(
		range(20).map((i) =>
			start(ledger, { idempotencyKey: `key-${i}`, recipient: `${i}@x.example` }),
		),
	);
	const holder = new Client(postgres.urlFor({ database }));
	await holder.connect();
	try {
		await holder.query('BEGIN');
		const held = attempts[7]?.issuanceId;
		await holder.query('SELECT FROM moca_air.issuances WHERE id = $1 FOR UPDATE', [held]);
		const told = attempts.map((attempt, i) => ledger.answered(attempt, answer(`hash-${i}`)));
		await Promise.all(told.filter((_, i) => i !== 7));
		expect(await ledger.totals()).toEqual({ sending: 1, submitted: 19 });
		await holder.query('COMMIT');
		await told[7];
		expect(await ledger.totals()).toEqual({ submitted: 20 });
	} finally {
		await holder.end();
	}
});

test('the answer to a commit is lost: the key is busy, then unknown, and nobody is told to start', async () => {
	const proxy = await startLossyProxy(postgres.port);
	try {
		const direct = new URL(postgres.urlFor({ database: await postgres.freshDatabase() }));
		const url = new URL(direct);
		url.port = String(proxy.port);
		let offset = 0;
		const ledger = await open(url.href, () => offset);
		proxy.loseAnswerTo(COMMIT);
		expect(await ledger.begin(request())).toMatchObject({ outcome: 'busy', row: { attempt: 1 } });
		expect(proxy.lost).toBe(1);
		offset += MINUTE;
		expect((await ledger.begin(request())).outcome).toBe('unknown');
	} finally {
		await proxy.close();
	}
});

test('the answer to an answer is lost: it is recorded once', async () => {
	const proxy = await startLossyProxy(postgres.port);
	try {
		const url = new URL(postgres.urlFor({ database: await postgres.freshDatabase() }));
		url.port = String(proxy.port);
		const ledger = await open(url.href);
		const begun = await ledger.begin(request());
		if (begun.outcome !== 'started') throw new Error(begun.outcome);
		proxy.loseAnswerTo(COMMIT);
		const row = await accepted(ledger, begun, answer('hash-1'));
		expect(row).toMatchObject({ state: 'submitted', coreClaimHash: 'hash-1' });
		proxy.loseAnswerTo(COMMIT);
		await ledger.observed(REALM, 'hash-1', CONFIRMED);
		expect(proxy.lost).toBe(2);
		expect((await ledger.events(0, 10)).map(({ type }) => type)).toEqual(['status', 'confirmed']);
	} finally {
		await proxy.close();
	}
});

test('the answer to the commit of a batch is lost: no key is started, no answer recorded twice', async () => {
	const proxy = await startLossyProxy(postgres.port);
	try {
		const database = await postgres.freshDatabase();
		const url = new URL(postgres.urlFor({ database }));
		url.port = String(proxy.port);
		const ledger = await open(url.href);
		const asked = (i: number) =>
			request({ idempotencyKey: `key-${i}`, recipient: `${i}@example.com` });
		proxy.loseAnswerTo(COMMIT);
		const lost = await Promise.all(range(10).map((i) => ledger.begin(asked(i))));
		expect(lost.map(({ outcome }) => outcome)).toEqual(Array<string>(10).fill('busy'));
		expect(await transactions(database)).toEqual({ count: 1, largest: 10 });
		expect(proxy.lost).toBe(1);

		const attempts = lost.map((one) => {
			if (one.outcome !== 'busy') throw new Error(one.outcome);
			return { issuanceId: one.row.id, attempt: 1 };
		});
		proxy.loseAnswerTo(COMMIT);
		await Promise.all(attempts.map((attempt, i) => ledger.answered(attempt, answer(`hash-${i}`))));
		expect(proxy.lost).toBe(2);
		expect(await transactions(database)).toEqual({ count: 1, largest: 10 });
		const rows = await ledger.list({ limit: 20 });
		expect(rows.map(({ coreClaimHash }) => coreClaimHash).reverse()).toEqual(
			range(10).map((i) => `hash-${i}`),
		);
	} finally {
		await proxy.close();
	}
});

test.each(['crash', 'orderly'] as const)(
	'the server restarts in the middle (%s): nothing is started twice or lost, and it goes on',
	async (how) => {
		const database = await postgres.freshDatabase();
		const ledger = await open(postgres.urlFor({ database }));
		const started = new Map<string, number>();
		const recorded: string[] = [];
		const errors: unknown[] = [];
		let going = true;
		const worker = async (n: number) => {
			for (let i = 0; going; i++) {
				// Each key is asked for by two workers, which come in batches.
				const idempotencyKey = `key-${n % 12}-${i}`;
				try {
					const recipient = `${idempotencyKey}@example.com`;
					const begun = await ledger.begin(request({ idempotencyKey, recipient }));
					if (begun.outcome !== 'started') continue;
					started.set(idempotencyKey, (started.get(idempotencyKey) ?? 0) + 1);
					await ledger.answered(begun, answer(idempotencyKey));
					recorded.push(idempotencyKey);
				} catch (error) {
					errors.push(error);
					await sleep(20);
				}
			}
		};
		const workers = range(24).map(worker);
		await sleep(200);
		await postgres.restart(how);
		const before = recorded.length;
		const since = performance.now();
		while (recorded.length === before && performance.now() - since < 20_000) await sleep(100);
		going = false;
		await Promise.all(workers);
		expect(recorded.length).toBeGreaterThan(before);
		expect([...started.values()].every((times) => times === 1)).toBe(true);
		for (const error of errors) {
			expect(error).toBeInstanceOf(LedgerError);
			expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		}
		const kept = await ledger.list({ limit: 1_000_000 });
		const keys = new Set(kept.map(({ idempotencyKey }) => idempotencyKey));
		expect([...started.keys()].filter((key) => !keys.has(key))).toEqual([]);
		const hashes = new Set(kept.map(({ coreClaimHash }) => coreClaimHash));
		expect(recorded.filter((key) => !hashes.has(key))).toEqual([]);
		expect((await transactions(database)).largest).toBeGreaterThan(1);
	},
	60_000,
);
