import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import { realmOf } from '../../../../issuance/session/realm';
import { forgetPauses, leftAloneMs } from '../../../../issuance/watch/politeness';
import { pollEvents, sampleEvent, type PollSettings } from '../../../../issuance/watch/pollEvents';
import type { Ledger } from '../../../../ledger/Ledger';
import { LedgerError } from '../../../../ledger/LedgerError';
import { openPostgresLedger } from '../../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { startPostgres, type TestPostgres } from '../../../support/postgres';
import { CONFIRMED, issue, MINUTE } from '../../ledger/contract/requests';

/**
 * One row that fails each time stops no other: on both stores, with failures that the stores really
 * give. The tables are made to refuse by triggers of the database.
 */
jest.setTimeout(120_000);

interface Store {
	readonly ledger: Ledger;
	/** Of PostgreSQL. */
	readonly url: string;
	/** `issuances` with the schema of the store. */
	readonly table: string;
	run(sql: string): Promise<void>;
	/** From now on the store refuses to update a row while this holds. */
	refuse(when: string): Promise<void>;
	close(): Promise<void>;
}

let identity: AirIdentity;
let postgres: TestPostgres;
let offset = 0;

beforeAll(async () => {
	postgres = await startPostgres();
	identity = {
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
}, 120_000);

afterAll(async () => {
	await postgres.stop();
}, 120_000);

async function onSqlite(): Promise<Store> {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-row-'));
	const file = join(folder, 'ledger.sqlite');
	const { ledger } = await openSqliteLedger({ file, clockOffsetMs: () => offset });
	const run = (sql: string) => {
		const database = new DatabaseSync(file, { timeout: 5_000 });
		database.exec(sql);
		database.close();
		return Promise.resolve();
	};
	return {
		ledger,
		url: '',
		table: 'issuances',
		run,
		refuse: (when) =>
			run(`CREATE TRIGGER refuse BEFORE UPDATE ON issuances WHEN ${when}
				BEGIN SELECT RAISE(ABORT, 'refused'); END`),
		close: async () => {
			await ledger.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function onPostgres(): Promise<Store> {
	const url = postgres.urlFor({ database: await postgres.freshDatabase() });
	const ledger = await openPostgresLedger({ url, clockOffsetMs: () => offset });
	const client = new Client(url);
	await client.connect();
	const run = async (sql: string) => {
		await client.query(sql);
	};
	return {
		ledger,
		url,
		table: 'moca_air.issuances',
		run,
		refuse: (when) =>
			run(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '22021'; END $$;
				CREATE TRIGGER refuse BEFORE UPDATE ON moca_air.issuances FOR EACH ROW
				WHEN (${when}) EXECUTE FUNCTION refuse()`),
		close: async () => {
			await client.end();
			await ledger.close();
		},
	};
}

const WAITING = 12;

describe.each([
	['SQLite', onSqlite],
	['PostgreSQL', onPostgres],
])('%s', (_, open) => {
	let store: Store;
	let log: string[];
	let asked: string[];
	let memory: LedgerSession;
	/** What AIR says of each hash. */
	let answers: Record<string, string | AirError>;

	beforeEach(async () => {
		offset = 0;
		log = [];
		asked = [];
		answers = {};
		store = await open();
		const client = new AirClient(identity);
		jest.spyOn(client, 'getStatus').mockImplementation((_recipient, hash) => {
			asked.push(hash);
			const answer = answers[hash] ?? new AirError('AIR_HASH_NOT_FOUND');
			return answer instanceof AirError
				? Promise.reject(answer)
				: Promise.resolve({ vcStatus: answer });
		});
		memory = new LedgerSession({
			ledger: store.ledger,
			client,
			origin: { instance: 'instance-1', workflowId: 'w', executionId: '', nodeId: 'n' },
			ownExecutions: { ids: [], began: undefined },
			retentionDays: 90,
			log: (line) => log.push(line),
		});
		await store.ledger.acceptKey(memory.realm, identity.key.thumbprint);
		// The cursor is there before anything happens.
		await poll();
		await add('bad', 'BAD');
		offset += 1;
		// What another trigger has found out already, and what nobody has asked about yet.
		for (let i = 0; i < WAITING; i++) {
			await add(`told-${i}`, 'ONCHAIN');
			await store.ledger.observed(memory.realm, `told-${i}`, CONFIRMED);
		}
		for (let i = 0; i < 3; i++) await add(`due-${i}`, 'ONCHAIN');
		offset += 10;
	});

	afterEach(async () => {
		jest.restoreAllMocks();
		forgetPauses();
		await store.close();
	});

	async function add(hash: string, answer: string | AirError): Promise<void> {
		answers[hash] = answer;
		const realm = realmOf(memory.settings.client);
		const key = { realm, idempotencyKey: hash, recipient: `${hash}@example.com` };
		await issue(store.ledger, hash, key);
	}

	const settings = (): PollSettings => ({
		watch: 'everywhere',
		filter: { types: ['confirmed', 'unusable', 'delayed'], delayMinutes: 5 },
		maxCalls: 100,
		maxEvents: 200,
		withinMs: 30_000,
		requestTimeoutMs: 5_000,
		start: 'now',
		evidence: { keeping: 'kept', noted: undefined, saved: undefined, process: '1' },
	});

	const poll = () => pollEvents(memory, settings());

	const hashes = async () => {
		const { events, problem } = await poll();
		return { told: events.map(({ row }) => row.coreClaimHash ?? ''), problem };
	};

	const ALL = [
		...Array.from({ length: WAITING }, (_, i) => `told-${i}`),
		'due-0',
		'due-1',
		'due-2',
	];

	test('an answer that the store cannot hold: that row is asked about later, all others are told', async () => {
		await store.refuse(`NEW.vc_status = 'BAD'`);
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(problem).toMatchObject({ code: expect.stringMatching(/^AIR_LEDGER_/) as string });
		expect(log.join('\n')).toMatch(/^row \d+ is asked about later: The issuance ledger /m);
		expect(log.join('\n')).not.toContain('BAD');
		// Not again at once, and not never.
		asked = [];
		await poll();
		expect(asked).toEqual([]);
		offset += MINUTE;
		await poll();
		expect(asked).toEqual(['bad']);
	});

	test.each(['A\u0000B', '\uD800', '', ' ', 'x'.repeat(300_000), "'; DROP TABLE issuances; --"])(
		'AIR says %j of one issuance',
		async (vcStatus) => {
			answers.bad = vcStatus;
			expect((await hashes()).told.sort()).toEqual([...ALL].sort());
		},
	);

	test('another session holds one row for longer than anybody waits', async () => {
		if (store.table === 'issuances') return;
		const client = new Client(store.url);
		await client.connect();
		await client.query('BEGIN');
		const held = jest
			.spyOn(memory.settings.client, 'getStatus')
			.mockImplementation(async (_recipient, hash) => {
				// Claimed before it was locked.
				if (hash === 'bad') {
					await client.query(
						`SELECT FROM moca_air.issuances WHERE core_claim_hash = 'bad' FOR UPDATE`,
					);
				}
				return { vcStatus: 'ONCHAIN' };
			});
		const { told } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(log.join()).toContain('The issuance ledger is busy');
		held.mockRestore();
		await client.query('ROLLBACK');
		await client.end();
	});

	test('“no such hash” that the store cannot write', async () => {
		answers.bad = new AirError('AIR_HASH_NOT_FOUND', { httpStatus: 404 });
		await store.refuse('NEW.missing_since IS NOT NULL');
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(problem).toMatchObject({ code: expect.stringMatching(/^AIR_LEDGER_/) as string });
	});

	test('a row that cannot be written at all, not even put off or given back', async () => {
		const [row] = (await store.ledger.list({ limit: 100 })).filter(
			({ coreClaimHash }) => coreClaimHash === 'bad',
		);
		await store.refuse(`OLD.id = ${row?.id ?? 0} AND NEW.claimed_until IS NULL`);
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(problem).toMatchObject({ code: expect.stringMatching(/^AIR_LEDGER_/) as string });
		// Its claim puts it off.
		asked = [];
		await poll();
		expect(asked).toEqual([]);
	});

	test('the same as the only one that is due: what waits is told, then it is said', async () => {
		await poll();
		await store.refuse('NEW.claimed_until IS NULL');
		offset += 2 * MINUTE;
		const { told, problem } = await hashes();
		expect(told).toHaveLength(ALL.length);
		expect(problem).toMatchObject({ code: expect.stringMatching(/^AIR_LEDGER_/) as string });
	});

	test('a store that takes nothing stops the poll, and nothing is lost', async () => {
		const { realm, settings: given } = memory;
		const { instance, workflowId, nodeId } = given.origin;
		const first = await poll();
		const key = { realm, instance, workflowId, nodeId };
		await store.ledger.moveCursor(key, { delivered: first.offer?.upTo ?? 0 });
		for (let i = 0; i < 20; i++) await add(`later-${i}`, 'ONCHAIN');
		offset += 10;
		asked = [];
		await store.refuse('NEW.claimed_until IS NULL');
		await expect(poll()).rejects.toMatchObject({
			code: expect.stringMatching(/^AIR_LEDGER_/) as string,
		});
		expect(asked.length).toBeLessThan(12);
		await store.run(
			store.table === 'issuances'
				? 'DROP TRIGGER refuse'
				: 'DROP TRIGGER refuse ON moca_air.issuances',
		);
		offset += 2 * MINUTE;
		expect((await hashes()).told).toHaveLength(20);
	});

	test('a damaged row is named and left out: asking, telling, and the look at a sample', async () => {
		await store.run(`UPDATE ${store.table} SET state = 'no state' WHERE core_claim_hash = 'bad'`);
		await store.run(
			`UPDATE ${store.table} SET confirmed_at = 8700000000000000 WHERE core_claim_hash = 'told-3'`,
		);
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual(ALL.filter((hash) => hash !== 'told-3').sort());
		expect(problem).toMatchObject({ message: expect.stringMatching(/is damaged/) as string });
		expect(log.join('\n')).toMatch(/damaged, and its event \d+ is left out/);
		expect(asked).not.toContain('bad');
		expect((await sampleEvent(memory, settings())).event?.row.coreClaimHash).toMatch(/^due-/);
	});

	test('a defect of our own at one row', async () => {
		const observed = store.ledger.observed.bind(store.ledger);
		jest.spyOn(store.ledger, 'observed').mockImplementation(async (realm, hash, seen) => {
			if (hash === 'bad') throw new TypeError('cannot read bad@example.com');
			return await observed(realm, hash, seen);
		});
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(problem).toBeInstanceOf(TypeError);
		expect(log.join('\n')).not.toContain('bad@example.com');
	});

	test.each(['AIR_NOT_FOUND_FOREIGN', 'AIR_REDIRECT', 'AIR_FORBIDDEN_GATEWAY'] as const)(
		'%s for one hash only, as from a gateway that dislikes it',
		async (code) => {
			const httpStatus =
				code === 'AIR_REDIRECT' ? 302 : code === 'AIR_NOT_FOUND_FOREIGN' ? 404 : 403;
			answers.bad = new AirError(code, { httpStatus });
			const { told } = await hashes();
			expect(told.sort()).toEqual([...ALL].sort());
		},
	);

	test('AIR limits the question by which it is found out whose fault a 404 is', async () => {
		answers.bad = new AirError('AIR_NOT_FOUND_FOREIGN', { httpStatus: 404 });
		answers['0'.repeat(64)] = new AirError('AIR_RATE_LIMITED', { httpStatus: 429 });
		const { told } = await hashes();
		expect(told).toEqual(expect.arrayContaining(ALL.slice(0, WAITING)));
		expect(leftAloneMs(memory.realm)).toBeGreaterThan(0);
	});

	test('delayed events that cannot be appended: what is there is told', async () => {
		jest
			.spyOn(store.ledger, 'appendDelayed')
			.mockRejectedValue(new LedgerError('LEDGER_LOCKED', 'held'));
		const { told, problem } = await hashes();
		expect(told.sort()).toEqual([...ALL].sort());
		expect(problem).toMatchObject({ code: 'AIR_LEDGER_LOCKED' });
	});
});
