import { ExpressionParser, type IExecuteFunctions } from 'n8n-workflow';
import { itemReferences } from './itemReferences';

/** A piece of a parameter: text as it stands, or one `{{ }}` and what it gives. */
export interface TemplatePart {
	readonly text?: string;
	/** What stands between the braces. */
	readonly expression?: string;
	readonly value?: unknown;
}

const chunksOf = (raw: unknown) =>
	typeof raw === 'string' && raw.startsWith('=')
		? ExpressionParser.splitExpression(raw.slice(1)).filter(({ text }) => text !== '')
		: [];

/** The expressions of a parameter, without their braces. */
export const expressionsIn = (raw: unknown): string[] =>
	chunksOf(raw).flatMap(({ type, text }) => (type === 'code' ? [text] : []));

/**
 * Reads a parameter piece by piece, so that a part without a value is noticed: put together by n8n,
 * `{{ $json.id }}-{{ $json.email }}` without an id is text like any other.
 *
 * @param name - of the parameter, or a path into it
 * @returns undefined for a parameter that is no expression
 * @throws what n8n throws for a broken expression
 * @example
 * ```ts
 * templateParts(this, 'eventId', 0); // [{ expression: '$json.id', value: 'evt_1' }, { text: '-kyc' }]
 * ```
 */
export function templateParts(
	context: IExecuteFunctions,
	name: string,
	itemIndex: number,
): TemplatePart[] | undefined {
	const raw: unknown = context.getNodeParameter(name, itemIndex, '', { rawExpressions: true });
	const chunks = chunksOf(raw);
	if (!chunks.some(({ type }) => type === 'code')) return undefined;
	return chunks.map(({ type, text }) => {
		// n8n takes a brace behind a backslash for text.
		if (type === 'text') return { text: text.replace(/\\(\{\{|\}\})/g, '$1') };
		const expression = `{{${text}}}`;
		const straight = itemReferences(context, `=${expression}`)?.(itemIndex);
		const value: unknown =
			straight === undefined ? context.evaluateExpression(expression, itemIndex) : straight.value;
		return { expression: text.trim(), value };
	});
}
