/** Words for a number in JSON text that has too many digits; they complete "NAME …". */
export const TOO_MANY_DIGITS = 'has more digits than a number keeps; send it as text';

/**
 * Words for a number that was already rounded: n8n parses the JSON of a webhook, and from
 * 9007199254740992 on, neighbouring numbers become one. They complete "NAME …".
 */
export const DIGITS_LOST =
	'is a number that lost digits before it came here; it must arrive as text, from its sender on';

/** The significant digits, without sign, point, exponent and surrounding zeros. */
const digitsOf = (text: string) =>
	text
		.replace(/e.*$/i, '')
		.replace(/\D/g, '')
		// Without the look-behind, a long run of zeros would take quadratic time.
		.replace(/^0+|(?<!0)0+$/g, '');

/**
 * Whether a number is certainly the one that its sender wrote: from 2^53 on, several whole numbers are
 * parsed as the same one.
 */
export const isKept = (value: number): boolean =>
	!Number.isInteger(value) || Number.isSafeInteger(value);

/**
 * Parses a number, if JSON will write it with the same digits.
 *
 * @param text - a JSON number
 * @returns undefined if digits would be lost, e.g. the end of an account number
 * @example
 * ```ts
 * exactNumber('19.90'); // 19.9
 * exactNumber('4012888888881881123'); // undefined
 * ```
 */
export function exactNumber(text: string): number | undefined {
	const value = Number(text);
	if (!Number.isFinite(value) || !isKept(value)) return undefined;
	return digitsOf(text) === digitsOf(String(value)) ? value : undefined;
}
