/** AIR wants fewer requests and does not say for how long. */
const DEFAULT_PAUSE_MS = 60_000;

/**
 * The longest that AIR is left alone for, whatever it asks: a `Retry-After` of a year, from a proxy with
 * a wrong clock, must not silence the triggers. After it AIR is asked one question.
 */
export const LONGEST_PAUSE_MS = 15 * 60_000;

/** A pause that is longer than this is announced. */
const UNNOTICED_MS = 3 * 60_000;

interface Pause {
	/** On the clock of the process, which never jumps. */
	readonly begunAt: number;
	until: number;
	/** Triggers that have announced it. */
	readonly announcedBy: Set<string>;
}

/** By realm; gone when AIR has answered a question that was asked after it had begun. */
const pauses = new Map<string, Pause>();

/**
 * Obeys a `Retry-After`: no trigger of this process asks for statuses of the realm meanwhile, for a
 * quarter of an hour at most.
 *
 * @param retryAfterMs - milliseconds, as AIR asks; a minute if it does not say
 */
export function leaveAlone(realm: string, retryAfterMs: number | undefined): void {
	const now = performance.now();
	const until = now + Math.min(Math.max(retryAfterMs ?? DEFAULT_PAUSE_MS, 0), LONGEST_PAUSE_MS);
	const pause = pauses.get(realm);
	if (pause !== undefined && pause.until > now) pause.until = Math.max(pause.until, until);
	else pauses.set(realm, { begunAt: now, until, announcedBy: new Set() });
}

/** @returns for how long AIR is still to be left alone, in milliseconds; 0 if it is not */
export function leftAloneMs(realm: string): number {
	return Math.max(0, (pauses.get(realm)?.until ?? 0) - performance.now());
}

/** Whether a pause is over and nobody knows yet whether AIR answers again: then one question is enough. */
export function isProbing(realm: string): boolean {
	return pauses.has(realm) && leftAloneMs(realm) === 0;
}

/**
 * AIR has answered: a pause does not outlive that.
 *
 * @param askedAt - `performance.now()` when it was asked; what was under way before the pause says nothing
 */
export function hasAnswered(realm: string, askedAt: number): void {
	if (askedAt > (pauses.get(realm)?.begunAt ?? 0)) pauses.delete(realm);
}

/**
 * @param who - which trigger
 * @returns how long the pause still is, in milliseconds, if that is worth a line in the log and `who`
 *   has not written it yet
 */
export function toAnnounce(realm: string, who: string): number | undefined {
	const pause = pauses.get(realm);
	const ms = leftAloneMs(realm);
	if (pause === undefined || ms < UNNOTICED_MS || pause.announcedBy.has(who)) return undefined;
	pause.announcedBy.add(who);
	return ms;
}

/** For tests. */
export function forgetPauses(): void {
	pauses.clear();
}
