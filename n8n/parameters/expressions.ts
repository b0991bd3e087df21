import { ExpressionParser } from 'n8n-workflow';

/** A piece of a parameter as n8n splits it: literal text, or the inside of one `{{ }}`. */
export interface Chunk {
	readonly type: 'text' | 'code';
	readonly text: string;
	/** For code: whether it was closed by braces; n8n also accepts it without. */
	readonly hasClosingBrackets?: boolean;
}

/**
 * The pieces of a parameter; empty if it is not an expression.
 *
 * @param raw - the parameter with its expressions as text
 */
export const chunksOf = (raw: unknown): readonly Chunk[] =>
	typeof raw === 'string' && raw.startsWith('=')
		? ExpressionParser.splitExpression(raw.slice(1)).filter(
				({ type, text }) => type === 'code' || text !== '',
			)
		: [];
