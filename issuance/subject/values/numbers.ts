/** Words for a number whose digits were lost in text that is at hand; they complete "NAME …". */
export const TOO_MANY_DIGITS = 'has more digits than a number keeps; send it as text';

/**
 * Words for a number that was too large before this package saw it: n8n reads the JSON of a webhook,
 * and from 9007199254740992 on, neighbours become one number. They complete "NAME …".
 */
export const DIGITS_LOST =
	'is a number that lost digits before it came here; it must arrive as text, from its sender on';

/** The digits that count, without sign, point, exponent and the zeros around them. */
const digitsOf = (text: string) =>
	text
		.replace(/e.*$/i, '')
		.replace(/\D/g, '')
		// The look-behind keeps a long run of zeros from being tried from each of its members.
		.replace(/^0+|(?<!0)0+$/g, '');

/**
 * Whether a number may still be the one that its sender wrote: from 2^53 on, several whole numbers
 * are read as the same one.
 */
export const isKept = (value: number): boolean =>
	!Number.isInteger(value) || Number.isSafeInteger(value);

/**
 * Reads a number from its spelling, if JSON will write it with the same digits.
 *
 * @param text - digits as JSON spells them
 * @returns undefined when digits would be lost, e.g. the end of an account number
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
