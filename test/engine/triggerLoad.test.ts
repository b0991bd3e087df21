import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, embeddedLedgerFile } from '../../issuance/session/openLedger';
import { startTestAir, type TestAir } from './air';
import { activate } from './pollTrigger';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

/** The trigger when very much is pending. SQLite keeps n8n waiting while it works, so it is measured there. */
const PENDING = 100_000;
const KNOWN = 100;
const MAX_CALLS = 60;
const MAX_EVENTS = 1000;
const POLLS = 5;
const LONGEST_TURN_MS = 100;

let air: TestAir;
let folder: string;

jest.setTimeout(300_000);

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	folder = mkdtempSync(join(tmpdir(), 'moca-air-load-'));
	process.env.N8N_USER_FOLDER = folder;
	air = await startTestAir();
});

afterAll(async () => {
	await closeLedgers();
	await air.close();
	await closeDispatchers();
	rmSync(folder, { recursive: true, force: true });
});

/**
 * Issues to 100 people, and makes the ledger as full as if there had been many more, all due: those
 * first of all, in the order of their hashes, then the others, of which AIR knows nothing.
 */
async function fill(): Promise<string[]> {
	const people = Array.from({ length: KNOWN }, (_, i) => person(`person-${i}`));
	const { json, error } = await runWorkflow(
		issueWorkflow(people),
		{ ...air.credential, ledger: 'embedded' },
		{ executionId: '1' },
	);
	expect(error).toBeUndefined();
	const database = new DatabaseSync(embeddedLedgerFile(process.env), { timeout: 60_000 });
	const columns = `realm, program, issuer_did, recipient, subject_hmac, key_thumbprint, instance,
		workflow_id, execution_id, node_id, state, state_at, attempt, created_at, answered_at, updated_at`;
	database.exec(`
		BEGIN;
		UPDATE issuances SET pending_since = pending_since - 3600000, next_check_at =
			(SELECT count(*) FROM issuances other WHERE other.core_claim_hash <= issuances.core_claim_hash);
		WITH RECURSIVE more (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM more
			WHERE n < ${PENDING - KNOWN})
		INSERT INTO issuances (${columns}, idempotency_key, core_claim_hash, next_check_at, pending_since)
		SELECT ${columns}, 'more-' || n, printf('%064d', n), 1000000 + n, answered_at - 3600000
		FROM more, (SELECT * FROM issuances ORDER BY id LIMIT 1);
		INSERT INTO attempts (issuance_id, number, started_at, ended_at, outcome, core_claim_hash)
		SELECT id, 1, created_at, answered_at, 'accepted', core_claim_hash FROM issuances
		WHERE idempotency_key LIKE 'more-%';
		COMMIT;
	`);
	const [counted] = database
		.prepare(`SELECT count(*) AS n FROM issuances WHERE state = 'submitted' AND due_at < 2000000`)
		.all();
	expect(counted).toEqual({ n: PENDING });
	database.close();
	return (json('Done') as { coreClaimHash: string }[])
		.map(({ coreClaimHash }) => coreClaimHash)
		.sort();
}

/**
 * The longest turn of the event loop while `work` runs, in milliseconds of this thread's processor time:
 * what other processes take from a busy machine does not count.
 */
async function longestTurn<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
	const cpuMs = () => {
		const { user, system } = process.threadCpuUsage();
		return (user + system) / 1000;
	};
	const state = { longest: 0, running: true, last: cpuMs() };
	const look = () => {
		const now = cpuMs();
		state.longest = Math.max(state.longest, now - state.last);
		state.last = now;
		if (state.running) setImmediate(look);
	};
	setImmediate(look);
	try {
		return { result: await work(), ms: state.longest };
	} finally {
		state.running = false;
	}
}

test(`${PENDING} pending: the longest due first, no more calls than allowed, and n8n goes on meanwhile`, async () => {
	const credential = { ...air.credential, ledger: 'embedded' };
	const options = { maxCalls: MAX_CALLS, maxEvents: MAX_EVENTS };
	const events = ['confirmed', 'delayed'];
	const hashes = await fill();
	const others = Array.from({ length: MAX_CALLS }, (_, i) => String(i + 1).padStart(64, '0'));
	// Several at once, so that they arrive in any order.
	const asked = () =>
		air.emulator.control
			.requests()
			.filter(({ operation }) => operation === 'status')
			.flatMap(({ coreClaimHash }) => (coreClaimHash === undefined ? [] : [coreClaimHash]))
			.sort();
	const b = activate({ credential, parameters: { events, options, start: 'beginning' } });

	const turns: number[] = [];
	const walls: number[] = [];
	for (let i = 0; i < POLLS; i++) {
		air.emulator.control.clearRecord();
		const wall = monitorEventLoopDelay({ resolution: 5 });
		wall.enable();
		const { result, ms } = await longestTurn(async () => await b.poll());
		wall.disable();
		turns.push(ms);
		walls.push(wall.max / 1e6);
		expect(asked()).toHaveLength(MAX_CALLS);
		const first = [...hashes, ...others].slice(i * MAX_CALLS, (i + 1) * MAX_CALLS);
		if (i < 2) expect(asked()).toEqual(first.sort());
		// What is late comes with it, thousands of them, and behind what was before.
		expect(result).toHaveLength(MAX_EVENTS);
		const confirmed = result?.filter(({ event }) => event === 'confirmed');
		expect(confirmed).toHaveLength(i === 0 ? MAX_CALLS : 0);
	}
	const rounded = (all: readonly number[]) => all.map((ms) => Math.round(ms)).join(', ');
	process.stderr.write(
		`${PENDING} pending: longest turns ${rounded(turns)} ms of CPU, ${rounded(walls)} ms by the clock\n`,
	);
	// The median: the first runs code that was never run before, and the collector strikes when it likes.
	const median = turns.sort((a, b) => a - b)[Math.floor(POLLS / 2)];
	expect(median).toBeLessThan(LONGEST_TURN_MS);
});
