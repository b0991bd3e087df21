/** Text of AIR's that no field needs is passed on up to this length. */
const LONGEST_TEXT = 10_000;
const LONGEST_NAME = 200;
/** Nothing of AIR's is nested as deeply; what is would overflow whoever writes it as JSON. */
const DEEPEST = 20;
/** Members and list entries of one answer that are passed on. */
const MOST_VALUES = 1_000;
/** A shorter part of a token turns up by chance, and is of no use. */
const SHORTEST_SECRET = 16;

/** Stands where a token or key stood. */
export const REMOVED = '[removed]';

/** Characters of which a token is made; what looks for one within them takes time with its length only. */
const TOKEN_LIKE = /[\w.-]{8,}/g;
const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
/** Control characters but for lines and tabs, and those that turn the direction of what follows. */
const UNSTORABLE = /[^\P{Cc}\n\r\t]|[\u202A-\u202E\u2066-\u2069]/gu;

/**
 * What must not be shown of a request: each part of its token, from which it could be put together
 * again, and what is left of a part that was cut off. Upper and lower case are one, as servers change
 * them.
 *
 * @param token - the Partner JWT that was sent
 * @returns a pattern for {@link withoutSecrets} and {@link tidy}
 */
export function secretsOf(token: string): RegExp {
	const parts = token.split('.').filter((part) => part.length >= SHORTEST_SECRET);
	const begins = parts.map((part) => `${part.slice(0, SHORTEST_SECRET)}[\\w-]*`);
	// Of a text without parts, which is no token, nothing is found.
	return new RegExp(begins.join('|') || '(?!)', 'gi');
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
export function withoutSecrets(text: string, secrets?: RegExp): string {
	// Whole tokens first: without its header, what follows in a cut one would look like nothing.
	const clean = text.replace(PEM, REMOVED).replace(TOKEN_LIKE, withoutJwt);
	return secrets === undefined ? clean : clean.replace(secrets, REMOVED);
}

/** Not at the beginning only: something else may stand right before a token. */
function withoutJwt(run: string): string {
	const at = run.indexOf('eyJ');
	return at >= 0 && run.includes('.', at + 4) ? `${run.slice(0, at)}${REMOVED}` : run;
}

/** Cuts a text; half of a surrogate pair at the end would be stored as a broken character. */
export function cutText(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function tidyText(text: string, secrets: RegExp | undefined, maxLength: number): string {
	// A broken character becomes a visible one and is not left out: no word may turn into another.
	const clean = withoutSecrets(text, secrets).toWellFormed().replace(UNSTORABLE, '\uFFFD');
	return cutText(clean, maxLength);
}

/**
 * Makes a value from an answer fit to be stored and passed on, names included: free of the token that
 * was sent, of tokens and keys in general, and of characters that a store refuses; bounded in length,
 * depth and number. Never throws.
 *
 * @param secrets - from {@link secretsOf}
 * @example
 * ```ts
 * tidy({ note: 'a\u0000b' }); // { note: 'a\uFFFDb' }
 * ```
 */
export function tidy(value: unknown, secrets?: RegExp): unknown {
	let left = MOST_VALUES;
	const walk = (one: unknown, depth: number): unknown => {
		if (typeof one === 'string') return tidyText(one, secrets, LONGEST_TEXT);
		if (typeof one !== 'object' || one === null) return one;
		if (depth >= DEEPEST) return REMOVED;
		if (Array.isArray(one)) {
			const kept: unknown[] = one.slice(0, Math.max(0, left));
			left -= kept.length;
			return kept.map((entry) => walk(entry, depth + 1));
		}
		const kept = Object.entries(one).slice(0, Math.max(0, left));
		left -= kept.length;
		return Object.fromEntries(
			kept.map(([name, member]) => [
				tidyText(name, secrets, LONGEST_NAME),
				walk(member, depth + 1),
			]),
		);
	};
	return walk(value, 0);
}
