import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IDataObject } from 'n8n-workflow';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { forgetLimits } from '../../../air/pacing/HostLimiter';
import { closeLedgers, embeddedLedgerFile, openLedger } from '../../../issuance/session/openLedger';
import { forgetPauses, leftAloneMs } from '../../../issuance/watch/politeness';
import { reportRow } from '../../support/report';
import { startTestAir, type TestAir } from '../air';
import { activate, type Activated } from '../pollTrigger';
import { runWorkflow } from '../runWorkflow';
import { issueWorkflow, person, statusWorkflow } from '../workflows';
import { issueFaults, type IssueFault } from './issueFaults';
import { pool } from './pool';
import { text } from './text';

/**
 * The same faults where AIR is only asked: by Get Issuance Status, while Issue on Behalf waits, by the
 * trigger, and by its first poll after n8n was started, which must not fail. Asking changes nothing at AIR, so nothing can be lost by it, and nothing issued twice.
 */
const places = [
	'Get Issuance Status',
	'Wait Until On-Chain',
	'Moca AIR Trigger',
	'Moca AIR Trigger at the start of n8n',
] as const;
const ADA = 'ada@example.com';
const AT_ONCE = 12;

jest.setTimeout(600_000);

interface Cell {
	readonly place: (typeof places)[number];
	readonly fault: IssueFault;
}

interface Outcome {
	/** With the fault in the way, and without. */
	readonly first: string;
	readonly second: string;
	readonly accepted: number;
	/** Of the row, after each. */
	readonly states: readonly (string | undefined)[];
	/** Event IDs that the trigger gave out. */
	readonly told: ReadonlySet<string>;
}

let folder: string;
const cells = places.flatMap((place) => issueFaults.map((fault): Cell => ({ place, fault })));

const realmOf = (air: TestAir) => `${air.emulator.baseUrl} ${String(air.credential.partnerId)}`;
const credentialOf = (air: TestAir) => ({ ...air.credential, ledger: 'embedded' });

async function stateOf(air: TestAir): Promise<string | undefined> {
	const opened = await openLedger({ store: 'embedded' });
	const rows = (await opened?.ledger.list({ limit: 1_000_000 })) ?? [];
	const [row, ...more] = rows.filter(({ realm }) => realm === realmOf(air));
	if (more.length > 0) throw new Error(`${more.length + 1} rows of one person`);
	return row?.state;
}

let executions = 0;

async function issue(air: TestAir, options: IDataObject = {}): Promise<IDataObject> {
	executions += 1;
	const workflow = issueWorkflow([person('ada')], {
		idempotency: 'event',
		eventId: 'ada',
		options: options as Record<string, string>,
	});
	const { json, error } = await runWorkflow(workflow, credentialOf(air), {
		executionId: `asking-${executions}`,
	});
	if (error !== undefined) throw new Error(`not issued: ${error.message}`);
	return json('Done')[0] ?? {};
}

/** By somebody who keeps no ledger. */
async function issueElsewhere(air: TestAir): Promise<IDataObject> {
	const { json } = await runWorkflow(issueWorkflow([person('ada')]), air.credential);
	return json('Done')[0] ?? {};
}

function begin(air: TestAir, { inject, always = false }: IssueFault): void {
	for (const input of inject) {
		air.emulator.control.injectFault({
			...input,
			operation: 'status',
			recipient: ADA,
			times: always ? null : 1,
		});
	}
}

function end(air: TestAir): void {
	air.emulator.control.clearFaults();
	forgetLimits();
	forgetPauses();
}

async function ask(air: TestAir, coreClaimHash: unknown, options: IDataObject = {}) {
	const { json } = await runWorkflow(
		statusWorkflow([{ coreClaimHash: String(coreClaimHash), email: ADA }], options, {
			onError: 'continueRegularOutput',
		}),
		credentialOf(air),
	);
	const [item] = json('Done');
	return text(item?.vcStatus ?? item?.code);
}

/** In seconds; nobody but whom the fault meets is asked about meanwhile. */
const timeoutOf = ({ requestTimeout }: IssueFault): IDataObject =>
	requestTimeout === undefined ? {} : { requestTimeout: 2 };

async function getStatus(air: TestAir, fault: IssueFault): Promise<Partial<Outcome>> {
	const { coreClaimHash } = await issue(air);
	begin(air, fault);
	const first = await ask(air, coreClaimHash, timeoutOf(fault));
	const states = [await stateOf(air)];
	end(air);
	return { first, second: await ask(air, coreClaimHash), states };
}

async function waitUntilOnChain(air: TestAir, fault: IssueFault): Promise<Partial<Outcome>> {
	begin(air, fault);
	const item = await issue(air, { waitUntilOnChain: true, waitTimeout: 6, ...timeoutOf(fault) });
	const states = [await stateOf(air)];
	end(air);
	return {
		first: item.onChain === true ? 'ONCHAIN' : `issued, ${text(item.state)}`,
		second: await ask(air, item.coreClaimHash),
		states,
	};
}

/** All that is pending is due now. */
function due(air: TestAir): void {
	const database = new DatabaseSync(embeddedLedgerFile(process.env), { timeout: 30_000 });
	database
		.prepare('UPDATE issuances SET next_check_at = 1 WHERE next_check_at > 1 AND realm = ?')
		.run(realmOf(air));
	database.close();
}

const poll = (air: TestAir, fault: IssueFault) => pollTwice(air, fault, false);
const start = (air: TestAir, fault: IssueFault) => pollTwice(air, fault, true);

async function pollTwice(
	air: TestAir,
	fault: IssueFault,
	atStart: boolean,
): Promise<Partial<Outcome>> {
	const told = new Set<string>();
	const trigger = (options: IDataObject = {}) =>
		activate({
			credential: credentialOf(air),
			activation: 'init',
			parameters: {
				events: ['confirmed', 'notUsable'],
				options: options as Record<string, string>,
			},
		});
	let b = trigger(timeoutOf(fault));
	const next = async (from?: ReturnType<typeof trigger>): Promise<string> => {
		try {
			const events = (await (from ?? b).poll()) ?? [];
			for (const { eventId } of events) told.add(text(eventId));
			return events.map(({ event }) => text(event)).join() || 'nothing';
		} catch (error) {
			const { description } = error as { description?: string };
			return /More about (AIR_\w+)</.exec(description ?? '')?.[1] ?? String(error);
		}
	};
	await next();
	await issue(air);
	due(air);
	begin(air, fault);
	if (atStart) b = trigger(timeoutOf(fault));
	const first = await next();
	const states = [await stateOf(air)];
	end(air);
	due(air);
	// The next poll of this activation, and the first of another.
	const second = [await next(), await next(trigger())].find((word) => word !== 'nothing');
	return { first, second: first === 'confirmed' ? first : (second ?? 'nothing'), states, told };
}

async function run({ place, fault }: Cell): Promise<Outcome> {
	// All cells share a ledger, and an address may come twice.
	const air = await startTestAir({ partnerId: randomUUID() });
	try {
		const work = {
			[places[0]]: getStatus,
			[places[1]]: waitUntilOnChain,
			[places[2]]: poll,
			[places[3]]: start,
		}[place];
		const {
			first = '',
			second = '',
			states = [],
			told = new Set<string>(),
		} = await work(air, fault);
		const accepted = air.emulator.control.counts().issuances;
		return { first, second, accepted, states: [...states, await stateOf(air)], told };
	} finally {
		await air.close();
	}
}

let outcomes: Map<Cell, Outcome | Error>;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	folder = mkdtempSync(join(tmpdir(), 'moca-air-asking-'));
	process.env.N8N_USER_FOLDER = folder;
	outcomes = await pool(cells, AT_ONCE, (cell) =>
		run(cell).catch((error: unknown) =>
			error instanceof Error ? error : new Error(String(error)),
		),
	);
}, 900_000);

afterAll(async () => {
	await closeLedgers();
	await closeDispatchers();
	rmSync(folder, { recursive: true, force: true });
});

/** What the next question, or AIR itself, would fix; the rest is said. */
const fixes = ({ known, always = false, final = false }: IssueFault) =>
	known === 'nothing' || (known !== 'refused' && !always && !final);

test.each(cells.map((cell) => [cell.place, cell.fault.name, cell] as const))(
	'%s: %s',
	(place, name, cell) => {
		const outcome = outcomes.get(cell);
		if (!(outcome !== undefined && 'first' in outcome)) {
			throw outcome ?? new Error('the cell was not run');
		}
		const { first, second, accepted, states, told } = outcome;
		reportRow({
			Place: place,
			Fault: name,
			Setting: '',
			First: first,
			Again: second,
			Accepted: accepted,
		});
		expect(accepted).toBe(1);
		for (const state of states) expect(['submitted', 'confirmed']).toContain(state);
		expect(states.at(-1)).toBe('confirmed');
		const { fault } = cell;
		const { code = '' } = fault;
		switch (place) {
			case 'Get Issuance Status':
				expect(first).toBe(fixes(fault) ? 'ONCHAIN' : code);
				expect(second).toBe('ONCHAIN');
				break;
			case 'Wait Until On-Chain':
				// Issued is issued, whatever becomes of the wait.
				expect(first).toMatch(fixes(fault) ? /^ONCHAIN$|^issued, / : /^issued, /);
				expect(second).toBe('ONCHAIN');
				break;
			case 'Moca AIR Trigger':
				expect(['confirmed', 'nothing', code]).toContain(first);
				if (fault.known === 'nothing') expect(first).toBe('confirmed');
				expect(second).toBe('confirmed');
				expect(told.size).toBe(1);
				break;
			case 'Moca AIR Trigger at the start of n8n':
				// An error would turn the trigger off for good.
				expect(['confirmed', 'nothing']).toContain(first);
				expect(second).toBe('confirmed');
				expect(told.size).toBe(1);
		}
	},
);

/** What only a trigger meets: PostgreSQL that is late, a store that cannot hold an answer, a typo. */
describe('Moca AIR Trigger', () => {
	let air: TestAir;

	beforeEach(async () => {
		air = await startTestAir();
	});

	afterEach(async () => {
		end(air);
		await air.close();
	});

	const outcome = async (b: Activated): Promise<string> => {
		try {
			return ((await b.poll()) ?? []).map(({ event }) => text(event)).join() || 'nothing';
		} catch (error) {
			const { description } = error as { description?: string };
			return /More about (AIR_\w+)</.exec(description ?? '')?.[1] ?? String(error);
		}
	};

	const report = (fault: string, first: string, again: string) => {
		const Accepted = air.emulator.control.counts().issuances;
		reportRow({
			Place: places[2],
			Fault: fault,
			Setting: '',
			First: first,
			Again: again,
			Accepted,
		});
	};

	test('the ledger in PostgreSQL is not there yet when n8n starts', async () => {
		const late = {
			...air.credential,
			ledger: 'postgres',
			ledgerSecret: 'postgresql://n8n:secret@127.0.0.1:1/n8n',
		};
		const b = activate({ credential: late, activation: 'init' });
		const [first, again] = [await outcome(b), await outcome(b)];
		report('PostgreSQL is late, still late', first, again);
		expect([first, again]).toEqual(['nothing', 'AIR_LEDGER_UNAVAILABLE']);
	});

	test('a Retry-After of a year', async () => {
		const b = activate({ credential: credentialOf(air) });
		await outcome(b);
		await issue(air);
		due(air);
		air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'status',
			status: 429,
			retryAfter: { seconds: 365 * 24 * 3600 },
		});
		const first = await outcome(b);
		expect(leftAloneMs(realmOf(air))).toBeLessThanOrEqual(15 * 60_000);
		expect(await outcome(b)).toBe('nothing');
		end(air);
		due(air);
		const again = await outcome(b);
		report('Retry-After: a year', first, again);
		expect([first, again]).toEqual(['AIR_RATE_LIMITED', 'confirmed']);
	});

	test('an answer that the ledger cannot hold', async () => {
		const b = activate({ credential: credentialOf(air) });
		await outcome(b);
		const { coreClaimHash } = await issue(air);
		due(air);
		const database = new DatabaseSync(embeddedLedgerFile(process.env), { timeout: 30_000 });
		database.exec(`CREATE TRIGGER refuse BEFORE UPDATE OF vc_status ON issuances
			WHEN OLD.core_claim_hash = '${text(coreClaimHash)}' AND NEW.vc_status IS NOT NULL
			BEGIN SELECT RAISE(ABORT, 'refused'); END`);
		const first = await outcome(b);
		database.exec('DROP TRIGGER refuse');
		database.close();
		due(air);
		const again = await outcome(b);
		report('an answer that the ledger cannot hold', first, again);
		expect([first, again]).toEqual(['AIR_LEDGER_UNAVAILABLE', 'confirmed']);
	});

	test('Specific Issuances with a typo in the address', async () => {
		const { coreClaimHash } = await issueElsewhere(air);
		const watch = (recipient: string) =>
			activate({
				credential: credentialOf(air),
				workflowId: 'specific',
				parameters: {
					watch: 'specific',
					events: ['confirmed', 'notUsable'],
					issuances: { issuance: [{ coreClaimHash: text(coreClaimHash), recipient }] },
				},
			});
		air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'status',
			status: 404,
			recipient: 'ada@exmaple.com',
			body: { type: 'air', message: 'No credential found for the given hash.' },
			times: null,
		});
		const wrong = watch('ada@exmaple.com');
		await outcome(wrong);
		const database = new DatabaseSync(embeddedLedgerFile(process.env), { timeout: 30_000 });
		database
			.prepare(
				'UPDATE issuances SET created_at = 1, missing_since = 1, next_check_at = 1 WHERE realm = ?',
			)
			.run(realmOf(air));
		database.close();
		const [first, again] = [await outcome(wrong), await outcome(watch(ADA))];
		report('a typo in the address, then corrected', first, again);
		expect([first, again]).toEqual(['AIR_TRIGGER_PAIR_UNKNOWN', 'confirmed']);
	});
});
