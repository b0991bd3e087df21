/** Not at a word's beginning only: something else may stand right before it. */
const JWT = /eyJ[\w-]+(?:\.[\w-]*){1,4}/g;
/** A token that something has spoilt the beginning of. */
const THREE_PARTS = /(?<![\w-])[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;
const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
const LONG_BASE64 = /[A-Za-z0-9+/_-]{80,}={0,2}/g;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/**
 * Makes text from outside fit to be shown: no tokens, no key material, no control or broken characters,
 * and not longer than `maxLength` characters.
 *
 * @example
 * ```ts
 * redact('bad token eyJhbGciOiJFUzI1NiJ9.e30.sig'); // 'bad token [removed]'
 * ```
 */
export function redact(text: string, maxLength = 300): string {
	const clean = text
		.slice(0, 10_000)
		.toWellFormed()
		.replace(PEM, '[removed]')
		.replace(JWT, '[removed]')
		.replace(THREE_PARTS, '[removed]')
		.replace(LONG_BASE64, '[removed]')
		.replace(CONTROL, ' ')
		.trim();
	if (clean.length <= maxLength) return clean;
	const cut = clean.slice(0, maxLength - 1);
	// Half of a surrogate pair at the end would be shown, and stored, as a broken character.
	return `${cut.replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}
