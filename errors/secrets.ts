/** A shorter part of a token turns up by chance, and is of no use. */
const SHORTEST_SECRET = 16;

/** Stands where a token or key stood. */
export const REMOVED = '[removed]';

/** Characters of which a token is made; what looks for one within them takes time with its length only. */
const TOKEN_LIKE = /[\w.-]{8,}/g;
/** Base64url of `{"`, as the header of a token begins. */
const JWT_BEGINS = 'eyJ';
const PEM_BEGINS = '-----BEGIN';
const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
/** Takes out of a text what was sent; from {@link secretsOf}. */
export type Secrets = (text: string) => string;

/**
 * What must not be shown of a request: each part of its token, from which it could be put together
 * again, and what is left of a part that was cut off. Upper and lower case are one, as servers change
 * them.
 *
 * @param token - the Partner JWT that was sent
 * @returns for {@link withoutSecrets} and `tidy`
 */
export function secretsOf(token: string): Secrets {
	const parts = token.split('.').filter((part) => part.length >= SHORTEST_SECRET);
	const begins = parts.map((part) => part.slice(0, SHORTEST_SECRET));
	const found = begins.map((begin) => begin.toLowerCase());
	return (text) => {
		// Nearly every answer holds no trace of it, and a pattern takes longer to make than to look for.
		const lower = text.toLowerCase();
		if (!found.some((begin) => lower.includes(begin))) return text;
		const pattern = begins.map((begin) => `${begin}[\\w-]*`).join('|');
		return text.replace(new RegExp(pattern, 'gi'), REMOVED);
	};
}

/**
 * Takes tokens and keys out of a text: what looks like one, and what is left of the token that was
 * sent.
 *
 * @param secrets - from {@link secretsOf}
 * @example
 * ```ts
 * withoutSecrets(`x-partner-auth: ${token}`, secretsOf(token)); // 'x-partner-auth: [removed]'
 * ```
 */
export function withoutSecrets(text: string, secrets?: Secrets): string {
	// Whole tokens first: without its header, what follows in a cut one would look like nothing.
	const clean = withoutTokens(text.includes(PEM_BEGINS) ? text.replace(PEM, REMOVED) : text);
	return secrets?.(clean) ?? clean;
}

/** Nearly no text holds one, and a look for how they begin takes a tenth of the time. */
const withoutTokens = (text: string) =>
	text.includes(JWT_BEGINS) ? text.replace(TOKEN_LIKE, withoutJwt) : text;

/** Not at the beginning only: something else may stand right before a token. */
function withoutJwt(run: string): string {
	const at = run.indexOf(JWT_BEGINS);
	return at >= 0 && run.includes('.', at + 4) ? `${run.slice(0, at)}${REMOVED}` : run;
}

/** Cuts a text; half of a surrogate pair at the end would be stored as a broken character. */
export function cutText(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
