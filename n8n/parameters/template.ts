import { ExpressionError, type IExecuteFunctions } from 'n8n-workflow';
import type { IdPart } from '../../issuance/inputs/eventId';
import { chunksOf } from './expressions';
import { itemReferences } from './itemReferences';
import { rawParameter, type Parameter } from './parameter';

/**
 * Makes a reader of a parameter that evaluates it piece by piece, so that a missing part is noticed: if
 * n8n joined `{{ $json.id }}-{{ $json.email }}` without an id, the result would look like any other
 * text.
 *
 * @param name - of the parameter, or a path into it
 * @returns a reader that gives undefined for a parameter that is not an expression
 * @throws what n8n throws for a broken expression; AirError `AIR_TOOL_READS_ITEM`
 * @example
 * ```ts
 * templateReader(this, 'eventId')(0); // [{ expression: '$json.id', value: 'evt_1' }, { text: '-kyc' }]
 * ```
 */
export function templateReader(
	context: IExecuteFunctions,
	name: string,
): Parameter<IdPart[] | undefined> {
	let readers: readonly Parameter<IdPart>[] | undefined;
	return (itemIndex) => {
		readers ??= readersOf(context, name, itemIndex);
		return readers.length === 0 ? undefined : readers.map((read) => read(itemIndex));
	};
}

function readersOf(context: IExecuteFunctions, name: string, itemIndex: number) {
	const chunks = chunksOf(rawParameter(context, name, itemIndex));
	if (!chunks.some(({ type }) => type === 'code')) return [];
	return chunks.map(({ type, text }): Parameter<IdPart> => {
		// n8n treats braces after a backslash as text.
		if (type === 'text') return () => ({ text: text.replace(/\\(\{\{|\}\})/g, '$1') });
		const valueOf = expressionReader(context, name, text);
		return (item) => ({ expression: text.trim(), value: valueOf(item) });
	});
}

/**
 * Evaluates one expression by itself; a field of the item is read directly.
 *
 * @param name - of the parameter that it is in
 * @param code - the code between the braces, from {@link chunksOf}
 * @throws what n8n throws for a broken expression
 */
export function expressionReader(
	context: IExecuteFunctions,
	name: string,
	code: string,
): Parameter<unknown> {
	// n8n's splitter has removed the backslash before closing braces.
	const text = `{{${code.replaceAll('}}', '\\}}')}}}`;
	const straight = itemReferences(context, `=${text}`);
	return (itemIndex) => {
		const read = straight?.(itemIndex);
		if (read !== undefined) return read.value;
		try {
			return context.evaluateExpression(text, itemIndex);
		} catch (error) {
			throw inParameter(name, error);
		}
	};
}

/** Names the parameter in n8n's error, as n8n does for a whole parameter. */
function inParameter(name: string, error: unknown): unknown {
	if (error instanceof ExpressionError) error.context.parameter = name;
	return error;
}
