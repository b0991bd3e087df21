import { ExpressionParser } from 'n8n-workflow';

/** A piece of a parameter as n8n splits it: text as it stands, or the inside of one `{{ }}`. */
export interface Chunk {
	readonly type: 'text' | 'code';
	readonly text: string;
	/** Of code; n8n takes it as it is without. */
	readonly hasClosingBrackets?: boolean;
}

/**
 * The pieces of a parameter; none for one that is not an expression.
 *
 * @param raw - the parameter with its expressions as text
 */
export const chunksOf = (raw: unknown): readonly Chunk[] =>
	typeof raw === 'string' && raw.startsWith('=')
		? ExpressionParser.splitExpression(raw.slice(1)).filter(
				({ type, text }) => type === 'code' || text !== '',
			)
		: [];
