/** Nobody waits longer than this for a server's wish; larger values are errors or attacks. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/** The three spellings of an HTTP date (RFC 9110, 5.6.7). `Date.parse` reads "again 5" as a date, too. */
const HTTP_DATE =
	/^(?:[a-z]{3}, \d{2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT|[a-z]{6,9}, \d{2}-[a-z]{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|[a-z]{3} [a-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/i;

/** The oldest spelling names no zone, and means GMT. */
const parseHttpDate = (text: string) =>
	HTTP_DATE.test(text) ? Date.parse(/GMT$/i.test(text) ? text : `${text} GMT`) : Number.NaN;

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3).
 *
 * @param value - the header as it came
 * @param now - the current time in milliseconds since 1970
 * @returns milliseconds from now (0 for a date in the past, at most a day), or undefined when it
 *   cannot be read
 * @example
 * ```ts
 * retryAfterMs('30', Date.now()); // 30000
 * ```
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
	if (value === undefined) return undefined;
	const text = value.trim();
	const wait = /^\d+$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - now;
	return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_MS);
}
