import { cutText, REMOVED, withoutSecrets, type Secrets } from './secrets';

/** A token with a damaged beginning. */
const THREE_PARTS = /(?<![\w-])[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;
const LONG_BASE64 = /[A-Za-z0-9+/_-]{80,}={0,2}/g;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/**
 * Makes text from outside fit to be shown: no tokens, no key material, no control or broken characters,
 * and not longer than `maxLength` characters.
 *
 * @param secrets - what was sent, from `secretsOf`
 * @example
 * ```ts
 * redact('bad token eyJhbGciOiJFUzI1NiJ9.e30.sig'); // 'bad token [removed]'
 * ```
 */
export function redact(text: string, maxLength = 300, secrets?: Secrets): string {
	const clean = withoutSecrets(text.slice(0, 10_000).toWellFormed(), secrets)
		.replace(THREE_PARTS, REMOVED)
		.replace(LONG_BASE64, REMOVED)
		.replace(CONTROL, ' ')
		.trim();
	if (clean.length <= maxLength) return clean;
	return `${cutText(clean, maxLength).slice(0, -1).trimEnd()}…`;
}
