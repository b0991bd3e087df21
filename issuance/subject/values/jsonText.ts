import { parse } from 'lossless-json';
import { redact } from '../../../errors/redact';
import type { Conversion } from './Conversion';
import { exactNumber, isKept } from './numbers';

/** In characters: far above any credential, and little enough to be gone through at once. */
export const LARGEST = 1_000_000;
export const TOO_LARGE = 'is larger than 1 MB or 50,000 values';

/** Stands for a number whose digits a JavaScript number cannot keep; no claim may hold it. */
export const UNKEPT_NUMBER = Symbol('a number with more digits than are kept');

/** A text of JSON, with the colon that follows it if it is a name; or what begins, ends and parts. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}[\],]/gs;

/** A list or object that the reading is inside of, and where in it. */
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
 * The first name that is in one object twice. The parser passes over a name whose second value is
 * equal, and says of others no more than their position.
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
			// The text of a name may spell a character in several ways.
			inner.at = String(JSON.parse(quoted));
			if (inner.names?.has(inner.at)) return pathOf(open);
			inner.names?.add(inner.at);
		}
	}
	return undefined;
}

/**
 * Reads JSON text that is to become claims. It says everything once: a name that is there twice is
 * refused, since readers of JSON disagree about which value counts. A number that cannot keep its
 * digits comes back as {@link UNKEPT_NUMBER}, so that anyone who copies the claims can say where it is.
 *
 * @returns undefined when it is not JSON; the words of a refusal complete "NAME …"
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
		// The parser calls itself for each level.
		return error instanceof RangeError ? { refused: 'is nested too deeply' } : undefined;
	}
	const twice = nameThereTwice(text);
	if (twice === undefined) return { value };
	// What is not a name of an attribute may be a value that got into its place.
	return { refused: `holds ${/^[\w\-.[\]]+$/.test(twice) ? redact(twice, 120) : 'a name'} twice` };
}

/** Whether no number in it has lost digits. @param value - what JSON can hold */
export function keepsDigits(value: unknown): boolean {
	if (typeof value === 'number') return isKept(value);
	if (typeof value !== 'object' || value === null) return value !== UNKEPT_NUMBER;
	return Object.values(value).every(keepsDigits);
}
