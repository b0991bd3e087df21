import { cutText, REMOVED, withoutSecrets, type Secrets } from '../../errors/secrets';

/** Text from AIR that no field needs is cut to this length. */
const LONGEST_TEXT = 10_000;
const LONGEST_NAME = 200;
/** AIR nests nothing this deeply; a deeper value would overflow the stack when it is written as JSON. */
const DEEPEST = 20;
/** How many members and list entries of one answer are passed on. */
const MOST_VALUES = 1_000;
/** Control characters except for line breaks and tabs, and characters that change the text direction. */
const UNSTORABLE = /[^\P{Cc}\n\r\t]|[\u202A-\u202E\u2066-\u2069]/gu;

function tidyText(text: string, secrets: Secrets | undefined, maxLength: number): string {
	// A broken character becomes a visible one instead of being left out: no word may turn into another.
	const clean = withoutSecrets(text, secrets).toWellFormed().replace(UNSTORABLE, '\uFFFD');
	return cutText(clean, maxLength);
}

/**
 * Makes a value from an answer fit to be stored and passed on, names included: free of the token that
 * was sent, of tokens and keys in general, and of characters that a store refuses; bounded in length,
 * depth and number. Never throws.
 *
 * @param secrets - from `secretsOf`
 * @example
 * ```ts
 * tidy({ note: 'a\u0000b' }); // { note: 'a\uFFFDb' }
 * ```
 */
export function tidy(value: unknown, secrets?: Secrets): unknown {
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
