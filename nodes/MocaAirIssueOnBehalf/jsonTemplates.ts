import type { IExecuteFunctions } from 'n8n-workflow';
import { readTemplate, splitTemplate } from '../../issuance/jsonTemplate';
import { itemReferences } from '../shared/itemReferences';
import type { Parameter } from '../shared/parameter';

/** Evaluates one expression by itself; a field of the item comes straight from the item. */
function expression(context: IExecuteFunctions, code: string): Parameter<unknown> {
	const text = `{{${code}}}`;
	const straight = itemReferences(context, `=${text}`);
	return (itemIndex) => {
		const read = straight?.(itemIndex);
		return read === undefined ? context.evaluateExpression(text, itemIndex) : read.value;
	};
}

/**
 * Whether a parameter is JSON text with expressions in it: n8n would put it together as text, in which
 * what a form sent cannot be told from what the author of the workflow wrote. One expression alone is
 * none, because n8n gives its result as it is.
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
 * Reads JSON text with expressions: the text once, and each expression for each item by itself.
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
	const { expressions, fill } = readTemplate(raw.slice(1), name);
	const readers = expressions.map((code) => expression(context, code));
	return (itemIndex) => fill((index) => readers[index]?.(itemIndex));
}
