import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { readTemplate, readText, type Fill } from '../../issuance/subject/values/template';
import { chunksOf, type Chunk } from '../parameters/expressions';
import type { Parameter } from '../parameters/parameter';
import { expressionReader } from '../parameters/template';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

/**
 * Splits a template as n8n does: an expression ends at the first `}}`. A backslash directly before
 * braces is refused, since n8n's two splitters interpret it differently.
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
	name: string,
	chunks: readonly Chunk[],
	fill: Fill,
): Parameter<unknown> {
	const readers = chunks
		.filter(({ type }) => type === 'code')
		.map(({ text }) => expressionReader(context, name, text));
	return (itemIndex) => fill((index) => readers[index]?.(itemIndex));
}

/**
 * Whether a parameter is text with expressions in it. n8n would join it to one text, in which data from
 * a form cannot be distinguished from what the workflow's author wrote. A single expression is not a
 * template, because n8n returns its result unchanged.
 *
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_SUBJECT_INVALID` for braces that do not show where an expression ends
 */
export function isTemplate(raw: unknown): raw is string {
	if (typeof raw !== 'string' || !raw.startsWith('=')) return false;
	const [first, ...further] = splitTemplate(raw);
	return first?.type !== 'code' || further.length > 0;
}

/**
 * Refuses braces in fixed text: the field was not switched to an expression, and the braces would be
 * issued literally.
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
 * Reads JSON text with expressions: parses the text once, and evaluates each expression separately for
 * each item. Claims that are text are parsed as JSON later, so a text result is returned as JSON, to be
 * parsed only once.
 *
 * @param raw - a template, as {@link isTemplate} says
 * @param name - of its attribute; empty for the whole subject
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
	const filled = filling(
		context,
		name === '' ? 'subjectJson' : name,
		chunks,
		readTemplate(chunks, name),
	);
	return (itemIndex) => {
		const value = filled(itemIndex);
		return typeof value === 'string' ? JSON.stringify(value) : value;
	};
}

/**
 * Reads plain text with expressions, evaluating each of them separately.
 *
 * @param raw - a template, as {@link isTemplate} says
 * @param name - of its attribute
 * @throws AirError `AIR_SUBJECT_INVALID`
 */
export function textTemplate(
	context: IExecuteFunctions,
	raw: string,
	name: string,
): Parameter<unknown> {
	const chunks = splitTemplate(raw);
	return filling(context, name, chunks, readText(chunks, name));
}
