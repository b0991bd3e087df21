import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { startPostgres } from '../support/postgres';
import { type FilledLedger, PROGRAM, REALM } from './BenchStore';

const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const RANDOM_HASH =
	"encode(sha256(convert_to(n::text || random()::text || clock_timestamp()::text, 'UTF8')), 'hex')";

/** Statements that make rows of a realm; see `OpenFilled`. */
export const fillPostgres = (rows: number, realm = REALM) => `
	INSERT INTO moca_air.issuances (realm, program, issuer_did, recipient, idempotency_key,
			subject_hmac, key_thumbprint, instance, workflow_id, execution_id, node_id, state, state_at,
			attempt, core_claim_hash, user_uuid, vc_status, next_check_at, checks, created_at,
			answered_at, confirmed_at, updated_at)
		SELECT '${realm}', '${PROGRAM}', 'did:air:id:test:issuer',
			'person-' || md5(random()::text) || '-' || n || '@example.com', ${RANDOM_HASH},
			${RANDOM_HASH}, 'thumbprint-1', 'instance-1', 'workflow-1', n::text, 'node-1', state, at, 1,
			CASE WHEN state IN ('submitted', 'confirmed') THEN ${RANDOM_HASH} END,
			gen_random_uuid()::text, CASE WHEN state = 'confirmed' THEN 'ONCHAIN' END,
			CASE WHEN state = 'submitted' THEN ${NOW} + 365 * 86400000::bigint END, 3, at,
			CASE WHEN state IN ('submitted', 'confirmed') THEN at END,
			CASE WHEN state = 'confirmed' THEN at END, at
		FROM (
			SELECT n, CASE WHEN n % 1000 < 5 THEN 'unknown' WHEN n % 1000 < 10 THEN 'rejected'
					WHEN n % 1000 < 20 THEN 'submitted' ELSE 'confirmed' END AS state,
				${NOW} - (${rows} - n) * 90 * 86400000::bigint / ${rows} AS at
			FROM generate_series(1, ${rows}) AS n
		) AS numbers;
	INSERT INTO moca_air.attempts
		SELECT id, 1, created_at, created_at,
			CASE state WHEN 'unknown' THEN state WHEN 'rejected' THEN state ELSE 'accepted' END,
			core_claim_hash, user_uuid
		FROM moca_air.issuances;
	INSERT INTO moca_air.events (issuance_id, type, threshold, at)
		SELECT id, type, threshold, at FROM moca_air.issuances,
			(VALUES ('status', 'ONCHAIN'), ('confirmed', '')) AS told (type, threshold),
			LATERAL (SELECT updated_at AS at) AS time
		WHERE state = 'confirmed'`;

/**
 * A ledger with rows in it, on a server of its own that writes to the disk as a real one does; see
 * `OpenFilled`.
 */
export async function openFilledPostgres(rows: number): Promise<FilledLedger> {
	const postgres = await startPostgres({ settings: { fsync: 'on', max_wal_size: '4GB' } });
	const ledger = await openPostgresLedger({ url: postgres.url });
	await postgres.sql(fillPostgres(rows));
	// Done by autovacuum on a server that runs for longer than a benchmark.
	await postgres.sql('VACUUM ANALYZE');
	await postgres.sql('CHECKPOINT');
	return {
		ledger,
		destroy: async () => {
			await ledger.close();
			await postgres.stop();
		},
	};
}
