import { randomUUID } from 'node:crypto';
import { AirError } from '../../../errors/AirError';
import { redact } from '../../../errors/redact';
import { convertValue } from './convertValue';
import { isDateTime, toIso } from './dates';
import { readJson } from './jsonText';
import { isRecord } from './json';

/** Literal text, or an expression, whose code matters only to the evaluator. */
export interface Piece {
	readonly type: 'text' | 'code';
	readonly text: string;
}

/**
 * Fills in a parsed template; results are never parsed as JSON.
 *
 * @param results - gives the result of an expression, by its position among the expressions
 * @throws AirError `AIR_SUBJECT_INVALID` if a result is not allowed in the expression's place
 */
export type Fill = (results: (index: number) => unknown) => unknown;

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

const DEEPEST = 64;

/** The placeholders of a template, which cannot occur in its text. */
class Placeholders {
	private readonly secret = randomUUID();
	/** Begins with a character that is not a hex digit, so that it cannot complete a `\u` escape. */
	private readonly pattern = new RegExp(`_${this.secret}_(\\d+)_`);

	of(index: number): string {
		return `_${this.secret}_${index}_`;
	}

	areIn(text: string): boolean {
		return this.pattern.test(text);
	}

	/** Alternately texts and positions of expressions. */
	split(text: string): string[] {
		return text.split(this.pattern);
	}
}

/** Replaces each expression: within quotation marks by text, elsewhere by a value. */
function marked(pieces: readonly Piece[], within: Placeholders, alone: Placeholders): string {
	let inText = false;
	let expressions = 0;
	return pieces
		.map(({ type, text }) => {
			if (type === 'code') {
				const index = expressions++;
				return inText ? within.of(index) : `"${alone.of(index)}"`;
			}
			// An escape may be an escaped quotation mark. No escape spans two pieces.
			for (const [mark] of text.matchAll(/\\.|"/gs)) if (mark === '"') inText = !inText;
			return text;
		})
		.join('');
}

/** What an expression may give within text: only values with one possible spelling. */
function textOf(value: unknown, path: string): string {
	const iso = toIso(value);
	if (iso !== undefined && isDateTime(iso)) return iso;
	const conversion = convertValue('string', value);
	if ('refused' in conversion) {
		throw refuse(`${path} has an expression within text: it ${conversion.refused}`);
	}
	return String(conversion.value);
}

function valueOf(value: unknown, path: string): unknown {
	if (typeof value !== 'string') return value;
	throw refuse(`${path} is text; put quotation marks around the expression`);
}

class Compiler {
	readonly within = new Placeholders();
	readonly alone = new Placeholders();

	compile(node: unknown, path: string, depth = 0): Fill {
		if (depth > DEEPEST) throw refuse('it is nested too deeply');
		const named = redact(path, 120) || 'it';
		if (typeof node === 'string') return this.text(node, named);
		if (Array.isArray(node)) {
			const fills = node.map((inner, at) => this.compile(inner, `${path}[${at}]`, depth + 1));
			return (results) => fills.map((fill) => fill(results));
		}
		if (!isRecord(node)) return () => node;
		const members = Object.entries(node).map(([name, inner]) => {
			if (this.within.areIn(name)) {
				throw refuse(`${named} has an expression in a name; write the names of attributes out`);
			}
			const further = path === '' ? name : `${path}.${name}`;
			return [name, this.compile(inner, further, depth + 1)] as const;
		});
		return (results) => Object.fromEntries(members.map(([name, fill]) => [name, fill(results)]));
	}

	private text(text: string, named: string): Fill {
		const [before, alone] = this.alone.split(text);
		if (before === '' && alone !== undefined) {
			return (results) => valueOf(results(Number(alone)), named);
		}
		const parts = this.within.split(text);
		return (results) =>
			parts
				.map((part, index) => (index % 2 === 1 ? textOf(results(Number(part)), named) : part))
				.join('');
	}
}

/**
 * Reads JSON text with expressions. The text is parsed once, without the results of the expressions, so
 * these can neither add nor change another claim, no matter who wrote them.
 *
 * @param pieces - of the text; a placeholder completes no escape, so a backslash directly before an
 *   expression makes it invalid JSON
 * @param name - of the attribute that it is for; empty for the whole subject
 * @throws AirError `AIR_SUBJECT_INVALID`
 * @example
 * ```ts
 * const name = { type: 'code', text: '$json.name' };
 * const fill = readTemplate([{ type: 'text', text: '{"tier": "Gold", "name": "' }, name, { type: 'text', text: '"}' }]);
 * fill(() => 'x","tier":"none'); // { tier: 'Gold', name: 'x","tier":"none' }
 * ```
 */
export function readTemplate(pieces: readonly Piece[], name = ''): Fill {
	const compiler = new Compiler();
	const read = readJson(marked(pieces, compiler.within, compiler.alone));
	const named = name === '' ? 'it' : name;
	if (read === undefined) throw refuse(`${named} holds text that is not valid JSON`);
	if ('refused' in read) throw refuse(`${named} ${read.refused}`);
	return compiler.compile(read.value, name);
}

/**
 * Reads plain text with expressions. n8n would insert `[object Object]`, rounded digits, or nothing for
 * a missing value; here these are refused.
 *
 * @param name - of the attribute that it is for
 * @returns what throws AirError `AIR_SUBJECT_INVALID`
 */
export const readText =
	(pieces: readonly Piece[], name: string): Fill =>
	(results) => {
		let expressions = 0;
		return pieces
			.map(({ type, text }) => (type === 'code' ? textOf(results(expressions++), name) : text))
			.join('');
	};
