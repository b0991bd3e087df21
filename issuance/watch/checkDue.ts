import { AirError } from '../../errors/AirError';
import { leftAloneMs, isProbing, toAnnounce } from './politeness';
import type { LedgerSession } from '../session/LedgerSession';
import { Check, type CheckReport, type CheckSettings } from './Check';

const NOTHING_ASKED: CheckReport = {
	asked: 0,
	answered: 0,
	lastError: undefined,
	problem: undefined,
};

/**
 * Asks AIR about what is due, the longest due first, within a time and a number of calls; what was
 * not reached is given back at once. A row that fails is asked about later and stops no other, whether
 * it is AIR that says nothing about it or the store that cannot hold what AIR says.
 *
 * While AIR wants to be left alone nobody is asked; after that, one question comes first.
 *
 * @example
 * ```ts
 * const { asked, answered } = await checkDue(session, {
 *   maxCalls: 100, withinMs: 40_000, requestTimeoutMs: 10_000,
 * });
 * ```
 * @throws AirError what would fail for each row alike (credential, address, ledger); then no row
 *   that was not answered is changed
 */
export async function checkDue(
	session: LedgerSession,
	settings: CheckSettings,
): Promise<CheckReport> {
	try {
		return await check(session, settings);
	} finally {
		announcePause(session);
	}
}

async function check(session: LedgerSession, settings: CheckSettings): Promise<CheckReport> {
	const { realm } = session;
	const { maxCalls, withinMs } = settings;
	if (leftAloneMs(realm) > 0 || maxCalls <= 0) return NOTHING_ASKED;
	const deadline = performance.now() + withinMs;
	let report = NOTHING_ASKED;
	if (isProbing(realm)) {
		report = await claimAndAsk(session, settings, 1);
		if (report.asked === 0 || isProbing(realm) || leftAloneMs(realm) > 0) return report;
	}
	while (report.asked < maxCalls) {
		const limit = Math.min(maxCalls - report.asked, CLAIMED_AT_ONCE);
		const left = Math.max(deadline - performance.now(), 0);
		const next = await claimAndAsk(session, { ...settings, withinMs: left }, limit);
		report = {
			asked: report.asked + next.asked,
			answered: report.answered + next.answered,
			lastError: next.lastError ?? report.lastError,
			problem: next.problem ?? report.problem,
		};
		// Nothing more is due, there is no time left, or AIR is down or wants to be left alone.
		if (next.asked < limit || leftAloneMs(realm) > 0) break;
	}
	return report;
}

async function claimAndAsk(
	session: LedgerSession,
	settings: CheckSettings,
	limit: number,
): Promise<CheckReport> {
	if (limit <= 0) return NOTHING_ASKED;
	const { withinMs, requestTimeoutMs, instance, ids } = settings;
	const rows = await session.ledger.claimDue({
		realm: session.realm,
		limit,
		leaseMs: Math.trunc(withinMs) + requestTimeoutMs + LEASE_MARGIN_MS,
		instance,
		ids,
	});
	return await new Check(session, settings, rows).run();
}

/** More rows would hold up the event loop while they are claimed. */
const CLAIMED_AT_ONCE = 250;
const LEASE_MARGIN_MS = 30_000;
const MINUTE_MS = 60_000;

/** Said once for each pause and trigger: what is silent for minutes looks like what is broken. */
function announcePause(session: LedgerSession): void {
	const { instance, workflowId, nodeId } = session.settings.origin;
	const ms = toAnnounce(session.realm, JSON.stringify([instance, workflowId, nodeId]));
	if (ms === undefined) return;
	const minutes = Math.ceil(ms / MINUTE_MS);
	session.settings.log(
		`AIR wants to be left alone: it is asked about issuances again in ${minutes} minutes. What the ledger already knows is given out meanwhile.`,
	);
}

/**
 * What somebody who waits for an answer now is to be told.
 *
 * @returns undefined while AIR may be asked
 */
export function pauseError({ realm }: Pick<LedgerSession, 'realm'>): AirError | undefined {
	const ms = leftAloneMs(realm);
	if (ms === 0) return undefined;
	const when = ms < MINUTE_MS ? 'in less than a minute' : `in ${Math.ceil(ms / MINUTE_MS)} minutes`;
	return new AirError('AIR_RATE_LIMITED', {
		retryAfterMs: ms,
		note: `AIR asked for a pause: the trigger asks about issuances again ${when}. There is no event in the ledger that fits.`,
	});
}
