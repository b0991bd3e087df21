import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeDispatchers } from '../../air/http/dispatchers';
import { forgetLimits } from '../../air/pacing/HostLimiter';
import { closeLedgers, embeddedLedgerFile, openLedger } from '../../issuance/session/openLedger';
import type { LedgerRow } from '../../ledger/Ledger';
import { PARTNER_ID, startTestAir, type TestAir } from '../engine/air';
import { cellImbalances, type Ending } from '../engine/faults/books';
import { execute, settings, type Setting } from '../engine/faults/execution';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { reportRow } from '../support/report';
import { fullDisk } from './fullDisk';

/**
 * Ledgers that fail: before anything is sent, nothing is sent; after AIR has issued, success stays
 * success. At the end the books balance.
 */
const PEOPLE = ['ada', 'bob', 'cyd'];
/** Where each write waits for as long as it may. */
const ONE = ['ada'];
const SLOW_MS = 400;
const [revoke, , ignore] = settings as [Setting, Setting, Setting, Setting];

jest.setTimeout(900_000);

let air: TestAir;
let folder: string;

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-ledger-faults-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	await air.close();
	forgetLimits();
	rmSync(folder, { recursive: true, force: true });
});

afterAll(async () => {
	await closeDispatchers();
});

type Endings = ReadonlyMap<string, Ending>;

const file = () => embeddedLedgerFile(process.env);
const embedded = () => ({ ...air.credential, ledger: 'embedded' });
const wordOf = (ending?: Ending) =>
	ending === undefined ? 'none' : ending.how === 'issued' ? 'issued' : ending.code;
const wordsOf = (endings: Endings) => [...endings.values()].map(wordOf);
const counted = (endings: Endings) => {
	const words = wordsOf(endings);
	return [...new Set(words)]
		.map((word) => `${words.filter((other) => other === word).length} ${word}`)
		.join(', ');
};
const accepted = () => air.emulator.control.counts().issuances;

async function rowsOf(store: { store: 'embedded' } | { store: 'postgres'; url: string }) {
	const opened = await openLedger(store);
	const rows = (await opened?.ledger.list({ limit: 10_000 })) ?? [];
	return rows.filter(({ realm }) => realm === `${air.emulator.baseUrl} ${PARTNER_ID}`);
}

function assertBalanced(
	rows: readonly LedgerRow[],
	people: readonly string[],
	...executions: Endings[]
) {
	const endings = new Map(
		people.map((name) => {
			const recipient = `${name}@example.com`;
			const each = executions.map((execution) => execution.get(recipient));
			return [recipient, each.filter((ending) => ending !== undefined)];
		}),
	);
	const requests = air.emulator.control.requests();
	const revoked = new Set<string>();
	expect(cellImbalances({ rows, requests, endings, sendAgain: false, revoked })).toEqual([]);
}

function report(fault: string, setting: Setting, first: Endings, second: Endings): void {
	reportRow({
		Place: 'in the ledger',
		Fault: fault,
		Setting: setting.name,
		First: counted(first),
		Again: counted(second),
		Accepted: accepted(),
	});
}

/** Leases run out while nobody looks. */
function later(): void {
	const database = new DatabaseSync(file(), { timeout: 10_000 });
	database.exec("UPDATE issuances SET lease_until = created_at + 1 WHERE state = 'sending'");
	database.close();
}

async function untilAsked(): Promise<void> {
	const deadline = performance.now() + 60_000;
	while (air.emulator.control.counts().byOperation.issue === 0) {
		if (performance.now() > deadline) throw new Error('nothing was sent');
		await sleep(2);
	}
}

/** Takes the database for itself, as a backup tool might. @returns what gives it back */
function lock(): () => void {
	const database = new DatabaseSync(file(), { timeout: 5_000 });
	database.exec('BEGIN IMMEDIATE');
	return () => {
		database.exec('ROLLBACK');
		database.close();
	};
}

/** The ledger exists, and is not open. */
async function makeLedger(): Promise<void> {
	await openLedger({ store: 'embedded' });
	await closeLedgers();
}

interface Spoilt {
	readonly name: string;
	readonly code: string;
	/** @returns what fixes it */
	readonly spoil: () => () => void;
}

/** Bytes of the file are others, and then what they were. */
function overwriting(change: (bytes: Buffer) => void): () => void {
	const kept = `${file()}.kept`;
	copyFileSync(file(), kept);
	const bytes = readFileSync(file());
	change(bytes);
	writeFileSync(file(), bytes);
	return () => {
		copyFileSync(kept, file());
	};
}

const spoilt: readonly Spoilt[] = [
	{
		name: 'SQLite locked for longer than anybody waits',
		code: 'AIR_LEDGER_LOCKED',
		spoil: lock,
	},
	{
		name: 'SQLite file is not a database any more',
		code: 'AIR_LEDGER_UNAVAILABLE',
		spoil: () => overwriting((bytes) => bytes.fill('x')),
	},
	{
		name: 'SQLite file damaged inside',
		code: 'AIR_LEDGER_UNAVAILABLE',
		spoil: () => overwriting((bytes) => bytes.fill(0xff, 4096)),
	},
	{
		// The byte that says which versions of SQLite may write, and not only read (file format, 1.3.3).
		name: 'SQLite file read-only',
		code: 'AIR_LEDGER_NOT_WRITABLE',
		spoil: () => overwriting((bytes) => (bytes[18] = 3)),
	},
];

describe.each([revoke, ignore])('$name', (setting) => {
	test.each(spoilt)('$name: nothing is sent; fixed, all is issued', async (fault) => {
		air = await startTestAir();
		await makeLedger();
		const fix = fault.spoil();
		const first = await execute(embedded(), PEOPLE, setting);
		expect(wordsOf(first)).toEqual([fault.code, fault.code, fault.code]);
		expect(air.emulator.control.counts().byOperation.issue).toBe(0);
		await closeLedgers();
		fix();
		const second = await execute(embedded(), PEOPLE, setting);
		expect(wordsOf(second)).toEqual(['issued', 'issued', 'issued']);
		assertBalanced(await rowsOf({ store: 'embedded' }), PEOPLE, first, second);
		report(fault.name, setting, first, second);
	});

	test('the disk is full: nothing is sent; with room again, all is issued', async () => {
		air = await startTestAir();
		const disk = fullDisk((at) => embeddedLedgerFile({ N8N_USER_FOLDER: at }));
		process.env.N8N_USER_FOLDER = disk.folder;
		try {
			await openLedger({ store: 'embedded' });
			disk.fill();
			const first = await execute(embedded(), PEOPLE, setting);
			disk.free();
			expect(wordsOf(first)).toEqual(Array(3).fill('AIR_LEDGER_NOT_WRITABLE'));
			expect(air.emulator.control.counts().byOperation.issue).toBe(0);
			const second = await execute(embedded(), PEOPLE, setting);
			expect(wordsOf(second)).toEqual(['issued', 'issued', 'issued']);
			assertBalanced(await rowsOf({ store: 'embedded' }), PEOPLE, first, second);
			report('disk full', setting, first, second);
		} finally {
			await closeLedgers();
			disk.close();
		}
	});

	test('the disk becomes full while AIR issues: issued anyway, and written down later', async () => {
		air = await startTestAir({ latencyMs: SLOW_MS });
		const disk = fullDisk((at) => embeddedLedgerFile({ N8N_USER_FOLDER: at }));
		process.env.N8N_USER_FOLDER = disk.folder;
		try {
			await openLedger({ store: 'embedded' });
			const running = execute(embedded(), PEOPLE, setting, { concurrency: 1 });
			await untilAsked();
			disk.fill();
			await sleep(2 * SLOW_MS);
			disk.free();
			const first = await running;
			const second = await execute(embedded(), PEOPLE, setting);
			expect(wordsOf(second)).toEqual(['issued', 'issued', 'issued']);
			expect(wordOf(first.get('ada@example.com'))).toBe('issued');
			assertBalanced(await rowsOf({ store: 'embedded' }), PEOPLE, first, second);
			report('disk full while AIR issues', setting, first, second);
		} finally {
			await closeLedgers();
			disk.close();
		}
	});

	test('SQLite locked while AIR issues: issued, and written down when the lock is released', async () => {
		air = await startTestAir({ latencyMs: SLOW_MS });
		await openLedger({ store: 'embedded' });
		const running = execute(embedded(), PEOPLE, setting);
		await untilAsked();
		const unlock = lock();
		await sleep(12_000);
		unlock();
		const first = await running;
		const second = await execute(embedded(), PEOPLE, setting);
		expect(wordsOf(second)).toEqual(['issued', 'issued', 'issued']);
		expect(accepted()).toBe(3);
		assertBalanced(await rowsOf({ store: 'embedded' }), PEOPLE, first, second);
		report('SQLite locked for 12 s while AIR issues', setting, first, second);
	});

	test('SQLite locked until the execution has ended: issued, and unknown to the next one', async () => {
		air = await startTestAir({ latencyMs: SLOW_MS });
		await openLedger({ store: 'embedded' });
		const running = execute(embedded(), ONE, setting);
		await untilAsked();
		const unlock = lock();
		const first = await running;
		unlock();
		// The execution has given up; its attempts are left to their leases.
		const sent = [...first.values()].filter(({ how }) => how === 'issued').length;
		expect(sent).toBe(accepted());
		expect(sent).toBeGreaterThan(0);
		later();
		const second = await execute(embedded(), ONE, setting);
		for (const [email, ending] of second) {
			const wasIssued = first.get(email)?.how === 'issued';
			const unknown = wasIssued && setting.onDuplicate === 'revoke';
			expect(wordOf(ending)).toBe(unknown ? 'AIR_ISSUED_UNKNOWN' : 'issued');
		}
		assertBalanced(await rowsOf({ store: 'embedded' }), ONE, first, second);
		report('SQLite locked until the end', setting, first, second);
	});
});

describe('PostgreSQL', () => {
	const MANY = Array.from({ length: 60 }, (_, index) => `person-${index}`);
	let postgres: TestPostgres;

	beforeAll(async () => {
		postgres = await startPostgres();
	}, 120_000);

	afterAll(async () => {
		await postgres.stop();
	}, 120_000);

	test.each([
		['crash', revoke],
		['crash', ignore],
		['orderly', revoke],
		['orderly', ignore],
	] as const)('restarted (%s) in the middle of a batch', async (how, setting) => {
		air = await startTestAir({ latencyMs: 100 });
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		const credential = { ...air.credential, ledger: 'postgres', ledgerSecret: url };
		const running = execute(credential, MANY, setting);
		while (accepted() < 8) await sleep(2);
		await postgres.restart(how);
		const first = await running;
		await postgres.sql(
			"UPDATE moca_air.issuances SET lease_until = 1 WHERE state = 'sending'",
			database,
		);
		const second = await execute(credential, MANY, setting);
		expect(first.size).toBe(MANY.length);
		for (const word of wordsOf(first)) expect(['issued', 'AIR_LEDGER_UNAVAILABLE']).toContain(word);
		const allowed = setting === revoke ? ['issued', 'AIR_ISSUED_UNKNOWN'] : ['issued'];
		for (const word of wordsOf(second)) expect(allowed).toContain(word);
		assertBalanced(await rowsOf({ store: 'postgres', url }), MANY, first, second);
		report(`PostgreSQL restarted (${how})`, setting, first, second);
	});
});
