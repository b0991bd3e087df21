import {
	DEFAULT_RETENTION,
	type AcceptedAnswer,
	type AttemptRef,
	type BeginRequest,
	type Ledger,
	type LedgerEvent,
	type LedgerRow,
	type Observation,
	type Retention,
} from '../../../../ledger/Ledger';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const REALM = 'https://air.example partner-1';
export const PROGRAM = 'c21hc00g0ab12001w4b7i';

/** A request as Issue on Behalf makes it: Same Content, Revoke and Reissue. */
export function request(changes: Partial<BeginRequest> = {}): BeginRequest {
	return {
		instance: 'instance-1',
		workflowId: 'workflow-1',
		executionId: '1',
		nodeId: 'node-1',
		realm: REALM,
		program: PROGRAM,
		issuerDid: 'did:air:id:test:issuer',
		recipient: 'ada@example.com',
		idempotencyKey: 'key-1',
		subjectHmac: 'hmac-1',
		keyThumbprint: 'thumbprint-1',
		reference: null,
		rememberMs: DAY,
		leaseMs: MINUTE,
		repeatUnknown: false,
		...changes,
	};
}

/** AIR's answer; without `supersedes`, as under Keep Existing. */
export function answer(
	coreClaimHash: string,
	changes: Partial<AcceptedAnswer> = {},
): AcceptedAnswer {
	return { coreClaimHash, userUuid: 'uuid-1', nextCheckMs: 0, supersedes: false, ...changes };
}

export function seen(
	vcStatus: string,
	state: Observation['state'],
	changes: Partial<Observation> = {},
): Observation {
	return { vcStatus, state, vcId: null, nextCheckMs: state === 'pending' ? 0 : null, ...changes };
}

export const PENDING = seen('WAIT_ONCHAIN', 'pending');
export const CONFIRMED = seen('ONCHAIN', 'confirmed', { vcId: 'vc-1' });
export const REVOKED = seen('REMOVE', 'unusable');

/** Begins an attempt that has to be started. */
export async function start(
	ledger: Ledger,
	changes: Partial<BeginRequest> = {},
): Promise<AttemptRef> {
	const begun = await ledger.begin(request(changes));
	if (begun.outcome !== 'started') throw new Error(`expected started, not ${begun.outcome}`);
	return { issuanceId: begun.issuanceId, attempt: begun.attempt };
}

/** Begins an attempt, and AIR accepts it. */
export async function issue(
	ledger: Ledger,
	coreClaimHash: string,
	changes: Partial<BeginRequest> = {},
	answered: Partial<AcceptedAnswer> = {},
): Promise<LedgerRow> {
	return await accepted(ledger, await start(ledger, changes), answer(coreClaimHash, answered));
}

/** AIR accepts an attempt. @returns its row */
export async function accepted(
	ledger: Ledger,
	attempt: AttemptRef,
	answered: AcceptedAnswer,
): Promise<LedgerRow> {
	await ledger.answered(attempt, answered);
	const row = (await ledger.list({ limit: 1000 })).find(({ id }) => id === attempt.issuanceId);
	if (row === undefined) throw new Error(`there is no row ${attempt.issuanceId}`);
	return row;
}

/** Issues to somebody else each time: `n` rows that are due. */
export async function issueMany(ledger: Ledger, n: number): Promise<LedgerRow[]> {
	const rows: LedgerRow[] = [];
	for (let i = 0; i < n; i++) {
		const recipient = `person-${i}@example.com`;
		rows.push(await issue(ledger, `hash-${i}`, { recipient, idempotencyKey: `key-${i}` }));
	}
	return rows;
}

/** What happened, without ids and times. */
export async function eventTypes(ledger: Ledger): Promise<string[]> {
	const events: LedgerEvent[] = await ledger.events(0, 1000);
	return events.map(({ type, threshold }) => (threshold === '' ? type : `${type} ${threshold}`));
}

/** Retention of the realm that tests have. */
export const RETENTION: Retention = { ...DEFAULT_RETENTION, realm: REALM };
