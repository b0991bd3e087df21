import type { IExecuteFunctions } from 'n8n-workflow';

/** n8n gives the node no run index, but an expression knows it (n8n-facts §8.5). */
export function runIndex(context: IExecuteFunctions): number {
	const value: unknown = context.evaluateExpression('{{ $runIndex }}', 0);
	return typeof value === 'number' ? value : 0;
}
