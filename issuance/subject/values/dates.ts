const DAY = /^\d{4}-\d{2}-\d{2}/;
/** A year with a leading zero is refused: programs produce those from two-digit years. */
const ISO_DATE =
	/^[1-9]\d{3}-\d{2}-\d{2}(?:T(?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
/** RFC 3339, which JSON Schema's formats `date` and `date-time` refer to (2020-12, section 7.3.1). */
const FULL_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Whether text is a date in ISO 8601 that the calendar has, with or without time and zone. */
export function isDate(text: string): boolean {
	if (!ISO_DATE.test(text) || Number.isNaN(Date.parse(text))) return false;
	const day = DAY.exec(text)?.[0] ?? '';
	// JavaScript turns 30 February into 2 March.
	return new Date(day).toISOString().startsWith(day);
}

/** Whether text is a date without a time, such as 2026-01-19. */
export const isDay = (text: string): boolean => FULL_DATE.test(text) && isDate(text);

/** Whether text is a date with time and zone, such as 2026-01-19T07:18:45Z. */
export const isDateTime = (text: string): boolean => DATE_TIME.test(text) && isDate(text);

/**
 * The text of a date from an expression: JavaScript's Date and Luxon's DateTime can both serialize
 * themselves.
 *
 * @returns undefined for anything else
 */
export function toIso(value: unknown): string | undefined {
	if (typeof value !== 'object' || value === null || !('toJSON' in value)) return undefined;
	if (typeof value.toJSON !== 'function') return undefined;
	try {
		const written: unknown = Reflect.apply(value.toJSON, value, []);
		return typeof written === 'string' ? written : undefined;
	} catch {
		// Then it is not a date; the error's own message may show the value.
		return undefined;
	}
}
