import type { HttpAnswer } from '../answers/answer';

/**
 * The longest wait that is honoured, whatever AIR asks for: a mistake in one answer must not stop
 * anybody for longer.
 */
export const LONGEST_WISH_MS = 15 * 60_000;

/** The three forms of an HTTP date (RFC 9110, 5.6.7). `Date.parse` would also read "again 5" as a date. */
const HTTP_DATE =
	/^(?:[a-z]{3}, \d{2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT|[a-z]{6,9}, \d{2}-[a-z]{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|[a-z]{3} [a-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/i;

/** The oldest form names no zone, and means GMT. */
const parseHttpDate = (text: string | undefined) =>
	text !== undefined && HTTP_DATE.test(text)
		? Date.parse(/GMT$/i.test(text) ? text : `${text} GMT`)
		: Number.NaN;

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3). A date is compared
 * with the `Date` of the same answer, since both come from one clock.
 *
 * @param headers - of the answer, with lower-case names
 * @param now - milliseconds since 1970, for an answer without a `Date`
 * @returns milliseconds to wait (0 for a date in the past, at most a quarter of an hour), or undefined
 *   when it cannot be read
 * @example
 * ```ts
 * retryAfterMs({ 'retry-after': '30' }, Date.now()); // 30000
 * ```
 */
export function retryAfterMs(headers: HttpAnswer['headers'], now: number): number | undefined {
	const text = headers['retry-after']?.trim();
	if (text === undefined) return undefined;
	const written = parseHttpDate(headers.date?.trim());
	const since = Number.isNaN(written) ? now : written;
	const wait = /^\d+$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - since;
	return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WISH_MS);
}
