import { MINUTE, PROGRAM, REALM } from '../contract/requests';

/** What a ledger of version 1 held when nobody had heard of triggers yet: a row of each kind. */
const KINDS = [
	['rejected', 'rejected'],
	['unknown', 'unknown'],
	['submitted', 'accepted'],
	['confirmed', 'accepted'],
	['unusable', 'accepted'],
	['superseded', 'accepted'],
	['abandoned', 'accepted'],
] as const;

/** When AIR answered. */
export const ANSWERED_AT = Date.now() - 10 * MINUTE;

/**
 * Statements that write the rows as version 1 wrote them, with ids 1 to 7 in the order of `KINDS`.
 *
 * @param schema - `moca_air.`, or nothing
 */
export function versionOneRows(schema: string): string {
	const text = (value: string | null) => (value === null ? 'NULL' : `'${value}'`);
	const rows = KINDS.map(([state, outcome], index) => {
		const accepted = outcome === 'accepted';
		const hash = text(accepted ? `hash-${state}` : null);
		const answered = accepted ? String(ANSWERED_AT) : 'NULL';
		const due = state === 'submitted' ? String(ANSWERED_AT) : 'NULL';
		const confirmed = state === 'confirmed' ? String(ANSWERED_AT + 1_000) : 'NULL';
		return `
			INSERT INTO ${schema}issuances (realm, program, issuer_did, recipient, idempotency_key,
				subject_hmac, key_thumbprint, reference, instance, workflow_id, execution_id, node_id, state,
				state_at, reason, attempt, core_claim_hash, vc_status, next_check_at, created_at, answered_at,
				confirmed_at, updated_at)
			VALUES ('${REALM}', '${PROGRAM}', 'did:air:id:test:issuer', '${state}@example.com', 'key-${state}',
				'hmac-1', 'thumbprint-1', 'order-${index}', 'instance-1', 'workflow-1', '${index}', 'node-1',
				'${state}', ${ANSWERED_AT}, ${text(accepted ? null : 'AIR_TIMEOUT')}, 1, ${hash},
				${text(state === 'confirmed' ? 'ONCHAIN' : null)}, ${due}, ${ANSWERED_AT - 1_000}, ${answered},
				${confirmed}, ${ANSWERED_AT});
			INSERT INTO ${schema}attempts (issuance_id, number, started_at, ended_at, outcome,
				core_claim_hash)
			VALUES (${index + 1}, 1, ${ANSWERED_AT - 1_000}, ${ANSWERED_AT}, '${outcome}', ${hash});`;
	});
	return `${rows.join('')}
		INSERT INTO ${schema}events (issuance_id, type, threshold, at) VALUES
			(4, 'status', 'ONCHAIN', ${ANSWERED_AT}), (4, 'confirmed', '', ${ANSWERED_AT}),
			(6, 'superseded', '', ${ANSWERED_AT});
		INSERT INTO ${schema}accepted_keys VALUES ('${REALM}', 'thumbprint-1');`;
}
