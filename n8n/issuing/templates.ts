import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { readTemplate, readText, type Fill } from '../../issuance/subject/values/template';
import { chunksOf, type Chunk } from '../parameters/expressions';
import type { Parameter } from '../parameters/parameter';
import { expressionReader } from '../parameters/template';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

/**
 * Parts a template as n8n does: an expression ends at the first `}}`. A backslash right before braces
 * is refused, since n8n's two splitters differ about what it means there.
 *
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_SUBJECT_INVALID`
 * @example
 * ```ts
 * splitTemplate('={{ $json.a }}!'); // [{ type: 'code', text: ' $json.a ', … }, { type: 'text', text: '!' }]
 * ```
 */
export function splitTemplate(raw: string): readonly Chunk[] {
	if (/\\(?:\{\{|\}\})/.test(raw)) {
		throw refuse('a backslash stands right before {{ or }}; put a space between them');
	}
	const chunks = chunksOf(raw);
	if (chunks.some(({ hasClosingBrackets }) => hasClosingBrackets === false)) {
		throw refuse('an expression has no end: }} is missing');
	}
	return chunks;
}

function filling(
	context: IExecuteFunctions,
	chunks: readonly Chunk[],
	fill: Fill,
): Parameter<unknown> {
	const readers = chunks
		.filter(({ type }) => type === 'code')
		.map(({ text }) => expressionReader(context, text));
	return (itemIndex) => fill((index) => readers[index]?.(itemIndex));
}

/**
 * Whether a parameter is text with expressions in it: n8n would put it together as text, in which what
 * a form sent cannot be told from what the author of the workflow wrote. One expression alone is none,
 * because n8n gives its result as it is.
 *
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_SUBJECT_INVALID` for braces from which nobody can tell where an expression ends
 */
export function isTemplate(raw: unknown): raw is string {
	if (typeof raw !== 'string' || !raw.startsWith('=')) return false;
	const [first, ...further] = splitTemplate(raw);
	return first?.type !== 'code' || further.length > 0;
}

/**
 * Refuses braces in fixed text: they are an expression whose switch was forgotten, and would be issued
 * as they stand.
 *
 * @param raw - the parameter with its expressions as text
 * @param name - of the attribute, or of the parameter
 * @throws AirError `AIR_SUBJECT_INVALID`
 */
export function assertNoForgottenExpression(raw: unknown, name: string): void {
	if (typeof raw !== 'string' || raw.startsWith('=') || !/\{\{.*\}\}/s.test(raw)) return;
	throw refuse(`${name} is set to Fixed, but holds an expression; switch it to Expression`);
}

/**
 * Reads JSON text with expressions: the text once, and each expression for each item by itself.
 * Claims are read as JSON where they are text, so a result that is text comes as its JSON: it is not to
 * be read a second time.
 *
 * @param raw - a template, as {@link isTemplate} says
 * @param name - of the attribute that it is for; empty for the whole subject
 * @throws AirError `AIR_SUBJECT_INVALID`
 * @example
 * ```ts
 * jsonTemplate(this, '={"name": "{{ $json.name }}"}')(0); // { name: 'Ada' }
 * ```
 */
export function jsonTemplate(
	context: IExecuteFunctions,
	raw: string,
	name = '',
): Parameter<unknown> {
	const chunks = splitTemplate(raw);
	const filled = filling(context, chunks, readTemplate(chunks, name));
	return (itemIndex) => {
		const value = filled(itemIndex);
		return typeof value === 'string' ? JSON.stringify(value) : value;
	};
}

/**
 * Reads plain text with expressions, each of them by itself.
 *
 * @param raw - a template, as {@link isTemplate} says
 * @param name - of the attribute that it is for
 * @throws AirError `AIR_SUBJECT_INVALID`
 */
export function textTemplate(
	context: IExecuteFunctions,
	raw: string,
	name: string,
): Parameter<unknown> {
	const chunks = splitTemplate(raw);
	return filling(context, chunks, readText(chunks, name));
}
