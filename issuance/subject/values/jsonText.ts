import { parse } from 'lossless-json';
import { redact } from '../../../errors/redact';
import type { Conversion } from './Conversion';
import { exactNumber, isKept } from './numbers';

/** In characters: far above any credential, but small enough to parse without delay. */
export const LARGEST = 1_000_000;
export const TOO_LARGE = 'is larger than 1 MB or 50,000 values';

/** Marks a number whose digits a JavaScript number cannot keep; no claim may contain it. */
export const UNKEPT_NUMBER = Symbol('a number with more digits than are kept');

/** A JSON string, with the colon that follows if it is a name; or a bracket, brace or comma. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}[\],]/gs;

/** A list or object around the current position, and the place in it. */
interface Open {
	/** The names so far; undefined in a list. */
	readonly names: Set<string> | undefined;
	at: string | number;
}

const pathOf = (open: readonly Open[]) =>
	open
		.map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at}`))
		.join('')
		.replace(/^\./, '');

/**
 * The first name that one object has twice. The parser accepts a repeated name with an equal value, and
 * reports only the position of others.
 *
 * @param text - valid JSON
 * @returns the path to it
 */
function nameThereTwice(text: string): string | undefined {
	const open: Open[] = [];
	for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
		const inner = open.at(-1);
		if (token === '{') open.push({ names: new Set(), at: '' });
		else if (token === '[') open.push({ names: undefined, at: 0 });
		else if (token === '}' || token === ']') open.pop();
		else if (inner === undefined) continue;
		else if (token === ',' && typeof inner.at === 'number') inner.at += 1;
		else if (colon !== undefined && quoted !== undefined) {
			// JSON has several spellings for one character.
			inner.at = String(JSON.parse(quoted));
			if (inner.names?.has(inner.at)) return pathOf(open);
			inner.names?.add(inner.at);
		}
	}
	return undefined;
}

/**
 * Reads JSON text for claims. A repeated name is refused, since parsers disagree about which value
 * counts. A number that cannot keep its digits becomes {@link UNKEPT_NUMBER}, so that the code that
 * copies the claims can report its place.
 *
 * @returns undefined if it is not JSON; the words of a refusal complete "NAME …"
 * @example
 * ```ts
 * readJson('{"tier": "Gold"}'); // { value: { tier: 'Gold' } }
 * readJson('{"tier": "Gold", "tier": "Gold"}'); // { refused: 'holds tier twice' }
 * ```
 */
export function readJson(text: string): Conversion | undefined {
	if (text.length > LARGEST) return { refused: TOO_LARGE };
	let value: unknown;
	try {
		value = parse(text, undefined, {
			parseNumber: (digits) => exactNumber(digits) ?? UNKEPT_NUMBER,
			onDuplicateKey: () => undefined,
		});
	} catch (error) {
		// The parser recurses for each level.
		return error instanceof RangeError ? { refused: 'is nested too deeply' } : undefined;
	}
	const twice = nameThereTwice(text);
	if (twice === undefined) return { value };
	// An invalid attribute name may be a misplaced value.
	return { refused: `holds ${/^[\w\-.[\]]+$/.test(twice) ? redact(twice, 120) : 'a name'} twice` };
}

/** Whether no number in it has lost digits. @param value - any JSON value */
export function keepsDigits(value: unknown): boolean {
	if (typeof value === 'number') return isKept(value);
	if (typeof value !== 'object' || value === null) return value !== UNKEPT_NUMBER;
	return Object.values(value).every(keepsDigits);
}
