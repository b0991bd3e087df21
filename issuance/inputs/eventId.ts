import { AirError } from '../../errors/AirError';
import { redact } from '../../errors/redact';
import { isStorable } from './isStorable';

const LONGEST = 500;

/** A piece of a parameter: literal text, or an expression with its result. */
export interface IdPart {
	readonly text?: string;
	/** The expression as written, without its braces. */
	readonly expression?: string;
	readonly value?: unknown;
}

const UNSEEN = /[\s\p{Cc}\p{Cf}\p{Z}\p{DI}]/gu;
/** How JavaScript writes a missing value, as a separate word. */
const MISSING =
	/(?:^|[\s_:|/+#;,-])(undefined|null|NaN|\[object \w+\]|Invalid Date(?:Time)?)(?:[\s_:|/+#;,-]|$)/;

/** What a value is, as words that complete "gives …"; undefined for text and numbers that can be kept. */
function unfit(value: unknown): string | undefined {
	if (value == null) return 'nothing';
	switch (typeof value) {
		case 'string': {
			if (value.replace(UNSEEN, '') === '') return 'empty text';
			const missing = MISSING.exec(value)?.[1];
			return missing === undefined ? undefined : `the word “${missing}”`;
		}
		case 'number':
			if (Number.isNaN(value)) return 'NaN, which is not a number';
			return Math.abs(value) <= Number.MAX_SAFE_INTEGER
				? undefined
				: 'a number that n8n cannot keep exactly';
		case 'boolean':
			return 'true or false, which identifies nothing';
		case 'object':
			if (Array.isArray(value)) return 'a list';
			return 'toISO' in value || value instanceof Date
				? 'a date; write it as text, e.g. with .toISO()'
				: 'an object';
		default:
			return `a ${typeof value}`;
	}
}

/** Quoted text in an expression that consists of punctuation only, as between two parts of an ID. */
const SEPARATOR = /(['"`])([-_:|/.#+~]+)\1|\}([-_:|/.#+~]+)\$\{/g;

/** The punctuation next to a missing part, for an ID that the expression itself joins. */
function lonelySeparator(expression: string, text: string): string | undefined {
	for (const match of expression.matchAll(SEPARATOR)) {
		const sign = match[2] ?? match[3] ?? '';
		if (text.startsWith(sign) || text.endsWith(sign) || text.includes(sign + sign)) return sign;
	}
	return undefined;
}

/**
 * Joins the pieces of an ID if every part has a value: `{{ $json.id }}-{{ $json.email }}` without an id
 * would otherwise be the same for all events of a person.
 *
 * @param refuse - makes the error; its argument names the expression and never the value
 * @throws what `refuse` makes
 * @example
 * ```ts
 * joinIdParts([{ expression: '$json.id', value: 7 }, { text: '-kyc' }], fail); // '7-kyc'
 * ```
 */
export function joinIdParts(parts: readonly IdPart[], refuse: (detail: string) => Error): string {
	return parts
		.map(({ text, expression, value }) => {
			if (expression === undefined) return text ?? '';
			const shown = `{{ ${redact(expression, 80)} }}`;
			const wrong = unfit(value);
			if (wrong !== undefined) throw refuse(`${shown} gives ${wrong}`);
			const written = String(value);
			const sign = lonelySeparator(expression, written);
			if (sign === undefined) return written;
			throw refuse(`${shown} gives text in which nothing stands beside a “${sign}”`);
		})
		.join('');
}

/**
 * Reads the ID of an event. Two events must never become one, so an ambiguous ID is refused.
 *
 * @throws AirError `AIR_EVENT_ID_INVALID`, which never repeats the value
 */
export function parseEventId(given: unknown): string {
	const refuse = (detail: string) => new AirError('AIR_EVENT_ID_INVALID', { detail });
	const wrong = unfit(given);
	if (wrong === 'nothing' || wrong === 'empty text') throw refuse('it is empty');
	if (wrong !== undefined) throw refuse(`it is ${wrong}`);
	const text = String(given).trim();
	if (text.length > LONGEST) throw refuse('it is longer than 500 characters');
	if (!isStorable(text)) throw refuse('it holds a broken character');
	return text;
}
