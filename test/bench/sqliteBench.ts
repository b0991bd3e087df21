import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { type FilledLedger, PROGRAM, REALM } from './BenchStore';

const FILL = `
	CREATE TEMP TABLE numbers AS
		WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $rows)
		SELECT n, CASE WHEN n % 1000 < 5 THEN 'unknown' WHEN n % 1000 < 10 THEN 'rejected'
			WHEN n % 1000 < 20 THEN 'submitted' ELSE 'confirmed' END AS state,
			lower(hex(randomblob(32))) AS hash,
			unixepoch() * 1000 - CAST(($rows - n) * 90.0 * 86400000 / $rows AS INTEGER) AS at
		FROM numbers;
	INSERT INTO issuances (id, realm, program, issuer_did, recipient, idempotency_key, subject_hmac,
			key_thumbprint, instance, workflow_id, execution_id, node_id, state, state_at, attempt,
			core_claim_hash, user_uuid, vc_status, next_check_at, checks, created_at, answered_at,
			confirmed_at, updated_at)
		SELECT n, $realm, '${PROGRAM}', 'did:air:id:test:issuer',
			'person-' || lower(hex(randomblob(4))) || '-' || n || '@example.com',
			lower(hex(randomblob(32))), lower(hex(randomblob(32))), 'thumbprint-1', 'instance-1',
			'workflow-1', CAST(n AS TEXT), 'node-1', state, at, 1,
			CASE WHEN state IN ('submitted', 'confirmed') THEN hash END, lower(hex(randomblob(16))),
			CASE WHEN state = 'confirmed' THEN 'ONCHAIN' END,
			CASE WHEN state = 'submitted' THEN (unixepoch() + 365 * 86400) * 1000 END, 3, at,
			CASE WHEN state IN ('submitted', 'confirmed') THEN at END,
			CASE WHEN state = 'confirmed' THEN at END, at
		FROM numbers;
	INSERT INTO attempts
		SELECT n, 1, at, at,
			CASE state WHEN 'unknown' THEN state WHEN 'rejected' THEN state ELSE 'accepted' END,
			CASE WHEN state IN ('submitted', 'confirmed') THEN hash END, NULL
		FROM numbers;
	INSERT INTO events (issuance_id, type, threshold, at)
		SELECT n, 'status', 'ONCHAIN', at FROM numbers WHERE state = 'confirmed'
		UNION ALL SELECT n, 'confirmed', '', at FROM numbers WHERE state = 'confirmed'`;

/** Makes the tables in a file, and rows of a realm in them; see `OpenFilled`. */
export async function fillSqlite(file: string, rows: number, realm = REALM): Promise<void> {
	await (await openSqliteLedger({ file })).ledger.close();
	const database = new DatabaseSync(file);
	database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN');
	for (const statement of FILL.split(';')) {
		database.exec(statement.replaceAll('$rows', String(rows)).replaceAll('$realm', `'${realm}'`));
	}
	database.exec('COMMIT');
	database.close();
}

/** An embedded ledger with rows in it; see `OpenFilled`. */
export async function openFilledSqlite(rows: number): Promise<FilledLedger> {
	const folder = await mkdtemp(join(tmpdir(), 'moca-air-bench-'));
	const file = join(folder, 'ledger.sqlite');
	await fillSqlite(file, rows);
	const { ledger } = await openSqliteLedger({ file });
	return {
		ledger,
		destroy: async () => {
			await ledger.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
