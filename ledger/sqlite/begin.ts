import type { BeginRequest, BeginResult } from '../Ledger';
import { decideBegin } from '../transitions';
import { expire } from './attemptEnds';
import type { Session } from './Connection';
import { readRows } from './rows';

/** `Ledger.begin`, inside a transaction. */
export function begin(session: Session, request: BeginRequest): BeginResult {
	const { realm, program, idempotencyKey } = request;
	for (;;) {
		const [row] = readRows(
			session,
			'WHERE i.realm = ? AND i.program = ? AND i.idempotency_key = ? AND i.retired = 0',
			realm,
			program,
			idempotencyKey,
		);
		const decision = decideBegin(row, request, session.now);
		if (row === undefined || decision.do === 'insert') return insert(session, request);
		switch (decision.do) {
			case 'expire':
				expire(session, row, decision.end);
				break;
			case 'retire-and-insert':
				session.run('UPDATE issuances SET retired = 1 WHERE id = ?', row.id);
				return insert(session, request);
			case 'start':
				return startAgain(session, row.id, decision.attempt, request);
			case 'answer':
				return { outcome: 'answered', row };
			case 'busy':
				return { outcome: 'busy', row, leaseMs: decision.leaseMs };
			case 'unknown':
				return { outcome: 'unknown', row };
			case 'conflict':
				return { outcome: 'conflict', row, about: decision.about };
		}
	}
}

/** What a row takes over from the request of its latest attempt. */
const latest = (request: BeginRequest, now: number) => ({
	issuerDid: request.issuerDid,
	subjectHmac: request.subjectHmac,
	keyThumbprint: request.keyThumbprint,
	reference: request.reference,
	instance: request.instance,
	workflowId: request.workflowId,
	executionId: request.executionId,
	nodeId: request.nodeId,
	leaseUntil: now + request.leaseMs,
	now,
});

function insert(session: Session, request: BeginRequest): BeginResult {
	const { realm, program, recipient, idempotencyKey } = request;
	const { id } = session.run(
		`INSERT INTO issuances (realm, program, recipient, idempotency_key, issuer_did, subject_hmac,
			key_thumbprint, reference, instance, workflow_id, execution_id, node_id, lease_until,
			state, state_at, attempt, created_at, updated_at)
		VALUES ($realm, $program, $recipient, $idempotencyKey, $issuerDid, $subjectHmac,
			$keyThumbprint, $reference, $instance, $workflowId, $executionId, $nodeId, $leaseUntil,
			'sending', $now, 1, $now, $now)`,
		{ ...latest(request, session.now), realm, program, recipient, idempotencyKey },
	);
	return start(session, id, 1);
}

/** What is asked for now counts from now on; the recipient is the same (`decideBegin`). */
function startAgain(
	session: Session,
	id: number,
	attempt: number,
	request: BeginRequest,
): BeginResult {
	session.run(
		`UPDATE issuances SET issuer_did = $issuerDid, subject_hmac = $subjectHmac,
			key_thumbprint = $keyThumbprint, reference = $reference, instance = $instance,
			workflow_id = $workflowId, execution_id = $executionId, node_id = $nodeId,
			lease_until = $leaseUntil, attempt = $attempt,
			state = 'sending', reason = NULL, state_at = $now, updated_at = $now
		WHERE id = $id`,
		{ ...latest(request, session.now), attempt, id },
	);
	return start(session, id, attempt);
}

function start(session: Session, issuanceId: number, attempt: number): BeginResult {
	session.run(
		`INSERT INTO attempts (issuance_id, number, started_at, outcome) VALUES (?, ?, ?, 'open')`,
		issuanceId,
		attempt,
		session.now,
	);
	return { outcome: 'started', issuanceId, attempt };
}
