/** A shorter part of a token can occur by chance, and is useless to an attacker. */
const SHORTEST_SECRET = 16;

/** Replaces a token or key. */
export const REMOVED = '[removed]';

/** The characters of a token. Searching for a token with these patterns takes linear time. */
const TOKEN_LIKE = /[\w.-]{8,}/g;
/** Base64url of `{"`, the beginning of a token's header. */
const JWT_BEGINS = 'eyJ';
const PEM_BEGINS = '-----BEGIN';
const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
/** Removes from a text what was sent; from {@link secretsOf}. */
export type Secrets = (text: string) => string;

/**
 * The secrets of a request: each part of its token, and what is left of a part that was cut off. Case
 * is ignored, because servers change it.
 *
 * @param token - the Partner JWT that was sent
 * @returns for {@link withoutSecrets} and `tidy`
 */
export function secretsOf(token: string): Secrets {
	const parts = token.split('.').filter((part) => part.length >= SHORTEST_SECRET);
	const begins = parts.map((part) => part.slice(0, SHORTEST_SECRET));
	const found = begins.map((begin) => begin.toLowerCase());
	return (text) => {
		// The pattern is compiled only when needed: hardly any answer holds a trace of the token, and
		// compiling takes longer than searching.
		const lower = text.toLowerCase();
		if (!found.some((begin) => lower.includes(begin))) return text;
		const pattern = begins.map((begin) => `${begin}[\\w-]*`).join('|');
		return text.replace(new RegExp(pattern, 'gi'), REMOVED);
	};
}

/**
 * Removes tokens and keys from a text: whatever looks like one, and what is left of the token that was
 * sent.
 *
 * @param secrets - from {@link secretsOf}
 * @example
 * ```ts
 * withoutSecrets(`x-partner-auth: ${token}`, secretsOf(token)); // 'x-partner-auth: [removed]'
 * ```
 */
export function withoutSecrets(text: string, secrets?: Secrets): string {
	// Whole tokens first: once its header is removed, the rest of a token is no longer recognizable.
	const clean = withoutTokens(text.includes(PEM_BEGINS) ? text.replace(PEM, REMOVED) : text);
	return secrets?.(clean) ?? clean;
}

/** Hardly any text holds one, and a search for their beginning takes a tenth of the time. */
const withoutTokens = (text: string) =>
	text.includes(JWT_BEGINS) ? text.replace(TOKEN_LIKE, withoutJwt) : text;

/** Not only at the start of a word: something else may be directly before a token. */
function withoutJwt(run: string): string {
	const at = run.indexOf(JWT_BEGINS);
	return at >= 0 && run.includes('.', at + 4) ? `${run.slice(0, at)}${REMOVED}` : run;
}

/** Cuts a text without splitting a surrogate pair, whose half would be stored as a broken character. */
export function cutText(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
