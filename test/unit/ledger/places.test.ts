import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { reportRow } from '../../support/report';
import type { Placing } from './processes/placing';

/** Places in status lists, drawn by four processes at once: none twice, and none tells when. */
const SCRIPT = join(__dirname, 'processes', 'placing.ts');
const PROCESSES = 4;
const ALL = Number(process.env.MOCA_AIR_PLACES ?? 2_000);
/** Of fewer places it is larger by chance: one list in 100,000 has more. */
const MOST_CORRELATION = Math.max(0.05, 4.4 / Math.sqrt(Math.min(ALL, 65_536)));

jest.setTimeout(1_800_000);

interface Taken {
	readonly list: string;
	readonly place: number;
}

async function placing(work: Placing): Promise<{ again: number }> {
	const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(work)], {
		cwd: __dirname,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
	return JSON.parse(output) as { again: number };
}

/** Spearman's rank correlation of places with the order in which they were taken. */
function rankCorrelation(places: readonly number[]): number {
	const order = places.map((place, time) => ({ place, time })).sort((a, b) => a.place - b.place);
	const n = places.length;
	const squares = order.reduce((sum, { time }, rank) => sum + (time - rank) ** 2, 0);
	return 1 - (6 * squares) / (n * (n * n - 1));
}

async function run(store: Placing['store'], read: () => Promise<Taken[]>, name: string) {
	const began = performance.now();
	const told = await Promise.all(
		Array.from({ length: PROCESSES }, async (_, index) => {
			return await placing({ store, name: `p${index}`, count: ALL / PROCESSES });
		}),
	);
	const seconds = (performance.now() - began) / 1000;
	const taken = await read();
	expect(taken).toHaveLength(ALL);
	expect(new Set(taken.map(({ list, place }) => `${list} ${place}`)).size).toBe(ALL);
	const lists = Map.groupBy(taken, ({ list }) => list);
	expect(lists.size).toBe(Math.ceil(ALL / 65_600));
	const correlations = [...lists.values()].map((one) =>
		rankCorrelation(one.map(({ place }) => place)),
	);
	for (const correlation of correlations)
		expect(Math.abs(correlation)).toBeLessThan(MOST_CORRELATION);
	const again = told.reduce((sum, one) => sum + one.again, 0);
	reportRow({
		Place: 'status lists',
		Fault: `${name}: ${ALL} places from ${PROCESSES} processes`,
		Setting: `rank correlation ${correlations.map((one) => one.toFixed(4)).join(', ')}`,
		First: `${Math.round(ALL / seconds)} a second`,
		Again: `${again} drawn again`,
		Accepted: ALL,
	});
}

describe('places in status lists', () => {
	let folder: string;
	let postgres: TestPostgres;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'moca-air-places-'));
		postgres = await startPostgres();
	});
	afterAll(async () => {
		await postgres.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	// The order in which they were taken is that of their rows.
	const TAKEN = `SELECT c.list AS list, c.list_index AS place FROM issuances i
		JOIN credentials c ON c.number = i.revocation_number ORDER BY i.id`;

	test('SQLite', async () => {
		const file = join(folder, 'ledger.sqlite');
		await run(
			{ file },
			async () => {
				const database = new DatabaseSync(file, { readOnly: true });
				const found = database.prepare(TAKEN).all() as unknown as Taken[];
				database.close();
				return await Promise.resolve(found);
			},
			'SQLite',
		);
	});

	test('PostgreSQL', async () => {
		const database = await postgres.freshDatabase();
		const sql = TAKEN.replaceAll(/(FROM|JOIN) /g, '$1 moca_air.');
		await run(
			{ url: postgres.urlFor({ database }) },
			async () => {
				const found = await postgres.sql(sql, database);
				return found.map(({ list, place }) => ({ list: String(list), place: Number(place) }));
			},
			'PostgreSQL',
		);
	});
});
