import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, LedgerEvent } from '../../../ledger/Ledger';
import { LedgerError } from '../../../ledger/LedgerError';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { root } from '../../../scripts/package';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { startLossyProxy } from '../../support/postgresProxy';
import { ALL, KEY } from './contract/feed';
import { accepted, answer, CONFIRMED, issue, MINUTE, request, SCOPE } from './contract/requests';

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
	expect(versions).toEqual([{ version: 1 }, { version: 2 }]);
}, 60_000);

test('ids of events rise in commit order: who reads on from the last one misses none', async () => {
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
	const held = ledger.observed(SCOPE, 'slow', CONFIRMED);
	await sleep(150);
	await other.observed(SCOPE, 'fast', CONFIRMED);
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
	const held = ledger.observed(SCOPE, 'slow', CONFIRMED);
	await sleep(150);
	const second = other.observed(SCOPE, 'fast', CONFIRMED);
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
	// A session adds what it counted when it ends, at the latest.
	await Promise.all(ledgers.map((ledger) => ledger.close()));
	await sleep(100);
	const deadlocks = await postgres.sql(
		'SELECT deadlocks::int FROM pg_stat_database WHERE deadlocks > 0',
	);
	expect(deadlocks).toEqual([]);
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
		await ledger.observed(SCOPE, 'hash-1', CONFIRMED);
		expect(proxy.lost).toBe(2);
		expect((await ledger.events(0, 10)).map(({ type }) => type)).toEqual(['status', 'confirmed']);
	} finally {
		await proxy.close();
	}
});

test.each(['crash', 'orderly'] as const)(
	'the server restarts in the middle (%s): nothing is started twice, and it goes on',
	async (how) => {
		const ledger = await open(postgres.urlFor({ database: await postgres.freshDatabase() }));
		const started = new Map<string, number>();
		const errors: unknown[] = [];
		let going = true;
		const worker = async (n: number) => {
			for (let i = 0; going; i++) {
				// Each key is asked for by two workers.
				const idempotencyKey = `key-${n % 2}-${i}`;
				try {
					const { outcome } = await ledger.begin(request({ idempotencyKey }));
					if (outcome !== 'started') continue;
					started.set(idempotencyKey, (started.get(idempotencyKey) ?? 0) + 1);
				} catch (error) {
					errors.push(error);
					await sleep(20);
				}
			}
		};
		const workers = [0, 1, 2, 3].map(worker);
		await sleep(200);
		await postgres.restart(how);
		const before = started.size;
		await sleep(600);
		going = false;
		await Promise.all(workers);
		expect(started.size).toBeGreaterThan(before);
		expect([...started.values()].every((times) => times === 1)).toBe(true);
		for (const error of errors) {
			expect(error).toBeInstanceOf(LedgerError);
			expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		}
		const kept = await ledger.list({ limit: 1_000_000 });
		const keys = new Set(kept.map(({ idempotencyKey }) => idempotencyKey));
		expect([...started.keys()].filter((key) => !keys.has(key))).toEqual([]);
	},
	30_000,
);
