/**
 * What a `vcStatus` means, by AIR's documents:
 * - `pending`: AIR accepted it and works on it
 * - `confirmed`: on-chain
 * - `unusable`: expired, revoked or gone
 * - `unknown`: a word that AIR does not document; AIR is asked again, since unknown is not failure
 */
export type IssuanceState = 'pending' | 'confirmed' | 'unusable' | 'unknown';

const STATES: Readonly<Record<string, IssuanceState>> = {
	WAIT_ONCHAIN: 'pending',
	ONCHAIN: 'confirmed',
	EXPIRE: 'unusable',
	WAIT_REMOVE: 'unusable',
	REMOVE: 'unusable',
	NO_EXIST: 'unusable',
};

/**
 * Says what a `vcStatus` means. The only place that decides this.
 *
 * @param vcStatus - as AIR gave it, e.g. `ONCHAIN`
 * @example
 * ```ts
 * issuanceState('WAIT_ONCHAIN'); // 'pending'
 * ```
 */
export function issuanceState(vcStatus: string): IssuanceState {
	return Object.hasOwn(STATES, vcStatus) ? (STATES[vcStatus] ?? 'unknown') : 'unknown';
}

/** Whether AIR may give another answer later: `confirmed` and `unusable` are final. */
export function isFinal(state: IssuanceState): boolean {
	return state === 'confirmed' || state === 'unusable';
}

/**
 * Turns AIR's `2026-01-19 07:18:45` (no zone; AIR means UTC) into ISO 8601.
 *
 * @returns e.g. `2026-01-19T07:18:45.000Z`; undefined for what is not a date
 * @example
 * ```ts
 * isoDate('2026-01-19 07:18:45'); // '2026-01-19T07:18:45.000Z'
 * ```
 */
export function isoDate(airDate: string): string | undefined {
	const found =
		/^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
			airDate.trim(),
		);
	const [, day, time = '00:00:00', zone = 'Z'] = found ?? [];
	const date = new Date(`${day ?? ''}T${time}${zone}`);
	if (day === undefined || Number.isNaN(date.getTime())) return undefined;
	// JavaScript turns 30 February into 2 March.
	return new Date(day).toISOString().startsWith(day) ? date.toISOString() : undefined;
}
