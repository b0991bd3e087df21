/**
 * What begin, answered, claimDue, a page of a listing and retention cost, by how much is stored: at
 * 1,000,000 rows at most 1.5 times as much as at 1,000 (docs/internals/ledger.md). And for how long the process
 * stood still at most meanwhile.
 *
 *     tsx test/bench/ledgerCost.ts [--rows 1000,100000,1000000] [--store sqlite|postgres]
 */
import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { BeginRequest, Ledger } from '../../ledger/Ledger';
import { type FilledLedger, type OpenFilled, PROGRAM, REALM } from './BenchStore';
import { openFilledPostgres } from './postgresBench';
import { openFilledSqlite } from './sqliteBench';

/** To measure another store, add it here. */
const STORES: Readonly<Record<string, OpenFilled>> = {
	sqlite: openFilledSqlite,
	postgres: openFilledPostgres,
};

const OPERATIONS = ['begin', 'answered', 'claimDue', 'list', 'prune'] as const;
type Operation = (typeof OPERATIONS)[number];
type Times = Record<Operation, number[]>;

const DUE_ROWS = 20;
const CLAIMED = 10;
const WARM_UP = 100;
const ROUNDS = 1000;
const BOUND = 1.5;
const PAGE = 50;
/** A row each time, as long as there are some of this age in the smallest store. */
const PRUNES = 300;
const OLD_DAYS = 45;

const YEAR_MS = 365 * 86_400_000;

const request = (): BeginRequest => ({
	instance: 'instance-1',
	workflowId: 'workflow-1',
	executionId: '1',
	nodeId: 'node-1',
	realm: REALM,
	program: PROGRAM,
	issuerDid: 'did:air:id:test:issuer',
	recipient: `person-${randomBytes(8).toString('hex')}@example.com`,
	idempotencyKey: randomBytes(32).toString('hex'),
	subjectHmac: randomBytes(32).toString('hex'),
	keyThumbprint: 'thumbprint-1',
	reference: null,
	rememberMs: 86_400_000,
	leaseMs: 60_000,
	repeatUnknown: false,
});

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
	const begin = performance.now();
	const result = await work();
	times.push(performance.now() - begin);
	return result;
}

/** Issues one credential, asks what is due, and gives it back. */
async function round(ledger: Ledger, times: Times, nextCheckMs = YEAR_MS): Promise<void> {
	const begun = await timed(times.begin, () => ledger.begin(request()));
	if (begun.outcome !== 'started') throw new Error(`begin answered ${begun.outcome}`);
	const coreClaimHash = randomBytes(32).toString('hex');
	await timed(times.answered, () =>
		ledger.answered(begun, { coreClaimHash, userUuid: null, nextCheckMs, supersedes: true }),
	);
	if (nextCheckMs === 0) return;
	const due = await timed(times.claimDue, () =>
		ledger.claimDue({ realm: REALM, limit: CLAIMED, leaseMs: 60_000 }),
	);
	if (due.length !== CLAIMED) throw new Error(`${due.length} rows were due`);
	await ledger.release(due.map(({ id }) => id));
	await timed(times.list, () => ledger.list({ realm: REALM, limit: PAGE }));
	if (times.prune.length === PRUNES) return;
	const retention = { realm: REALM, finishedDays: OLD_DAYS, openDays: 365, limit: 1 };
	const { deleted } = await timed(times.prune, () => ledger.prune(retention));
	if (deleted !== 1) throw new Error(`${deleted} rows were deleted`);
}

const noTimes = (): Times => ({ begin: [], answered: [], claimDue: [], list: [], prune: [] });

const median = (times: number[]): number =>
	times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

const print = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			rows: { type: 'string', default: '1000,100000,1000000' },
			store: { type: 'string', default: 'sqlite' },
		},
	});
	const open = STORES[values.store];
	if (open === undefined) throw new Error(`--store: ${Object.keys(STORES).join(' or ')}`);
	const sizes = values.rows.split(',').map(Number);
	const measured: (FilledLedger & Measured)[] = [];
	try {
		for (const rows of sizes) {
			const filled = await open(rows);
			const stops = monitorEventLoopDelay({ resolution: 1 });
			measured.push({ rows, ...filled, times: noTimes(), stops });
			for (let i = 0; i < DUE_ROWS; i++) await round(filled.ledger, noTimes(), 0);
			for (let i = 0; i < WARM_UP; i++) await round(filled.ledger, noTimes());
		}
		// In turns, so that other load on the machine affects all equally.
		for (let i = 0; i < ROUNDS; i++) {
			for (const { ledger, times, stops } of measured) {
				stops.enable();
				await round(ledger, times);
				stops.disable();
			}
		}
	} finally {
		for (const filled of measured) await filled.destroy();
	}
	report(values.store, measured);
}

interface Measured {
	readonly rows: number;
	readonly times: Times;
	/** How long the event loop stood still, in nanoseconds. */
	readonly stops: ReturnType<typeof monitorEventLoopDelay>;
}

function report(store: string, measured: readonly Measured[]): void {
	const names = OPERATIONS.map((name) => `${name}, ms | ratio`).join(' | ');
	print(`| ${store}: rows | ${names} | longest stop, ms |`);
	print(`|---:|${OPERATIONS.map(() => '---:|---:|').join('')}---:|`);
	let worst = 0;
	for (const { rows, times, stops } of measured) {
		const cells = OPERATIONS.map((name) => {
			const ms = median(times[name]);
			const ratio = ms / median(measured[0]?.times[name] ?? []);
			worst = Math.max(worst, ratio);
			return `${ms.toFixed(3)} | ${ratio.toFixed(2)}`;
		});
		const stop = (stops.max / 1e6).toFixed(1);
		print(`| ${rows.toLocaleString('en')} | ${cells.join(' | ')} | ${stop} |`);
	}
	print(`\nmedian of ${ROUNDS}; ${DUE_ROWS} rows due, ${CLAIMED} claimed; bound ${BOUND}`);
	if (worst > BOUND) process.exitCode = 1;
}

void main();
