import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import {
	readTemplate,
	readText,
	splitTemplate,
	type Template,
} from '../../issuance/subject/values/template';
import { itemReferences } from '../../n8n/parameters/itemReferences';
import type { Parameter } from '../../n8n/parameters/parameter';

/** Evaluates one expression by itself; a field of the item comes straight from the item. */
function expression(context: IExecuteFunctions, code: string): Parameter<unknown> {
	const text = `{{${code}}}`;
	const straight = itemReferences(context, `=${text}`);
	return (itemIndex) => {
		const read = straight?.(itemIndex);
		return read === undefined ? context.evaluateExpression(text, itemIndex) : read.value;
	};
}

function filling(context: IExecuteFunctions, { expressions, fill }: Template): Parameter<unknown> {
	const readers = expressions.map((code) => expression(context, code));
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
	const [before, ...rest] = splitTemplate(raw.slice(1));
	return !(before === '' && rest.length === 2 && rest[1] === '');
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
	throw new AirError('AIR_SUBJECT_INVALID', {
		detail: `${name} is set to Fixed, but holds an expression; switch it to Expression`,
	});
}

/**
 * Reads JSON text with expressions: the text once, and each expression for each item by itself.
 * Whoever takes claims reads text as JSON, so a result that is text comes as its JSON: it is not to
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
	const filled = filling(context, readTemplate(raw.slice(1), name));
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
export const textTemplate = (
	context: IExecuteFunctions,
	raw: string,
	name: string,
): Parameter<unknown> => filling(context, readText(raw.slice(1), name));
