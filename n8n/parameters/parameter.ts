import type { IExecuteFunctions } from 'n8n-workflow';
import { itemReferences } from './itemReferences';
import { assertToolMayRead } from '../tool/toolUse';

/** What makes a value an expression for n8n: a leading `=`. */
function holdsExpression(value: unknown): boolean {
	if (typeof value === 'string') return value.startsWith('=');
	if (typeof value !== 'object' || value === null) return false;
	return Object.values(value).some(holdsExpression);
}

/** Reads one parameter for an item. */
export type Parameter<T> = (itemIndex: number) => T;

/**
 * The saved parameter, with its expressions as text.
 *
 * @returns undefined for a workflow that was saved without the parameter
 * @throws AirError `AIR_TOOL_READS_ITEM` if an agent's tool reads its item
 */
export function rawParameter(context: IExecuteFunctions, name: string, itemIndex: number): unknown {
	const raw: unknown = context.getNodeParameter(name, itemIndex, null, { rawExpressions: true });
	assertToolMayRead(context, name, raw);
	return raw ?? undefined;
}

/**
 * Makes a reader of one parameter. A value without expressions at any depth is the same for all items,
 * so it is read and parsed once per run. Fields of the item are read directly from it ({@link
 * itemReferences}); n8n evaluates anything else once for each item, which takes most of the time (about
 * 0.7 ms for an expression).
 *
 * @param name - of the parameter, or a path into it, e.g. `subjectMapper.value.tier`
 * @param parse - parses the value; failures are not cached
 * @param options - `fallback` for workflows that were saved without the parameter; `extractValue` for
 *   a resource locator
 * @throws what n8n throws for a broken expression, and what `parse` throws; AirError
 *   `AIR_TOOL_READS_ITEM` if an agent's tool reads its item
 * @example
 * ```ts
 * const recipient = parameter(this, 'recipient', parseRecipient);
 * recipient(0); // 'ada@example.com'
 * ```
 */
export function parameter<T>(
	context: IExecuteFunctions,
	name: string,
	parse: (value: unknown) => T,
	{ fallback, ...options }: { readonly fallback?: unknown; readonly extractValue?: true } = {},
): Parameter<T> {
	let kept: { readonly value: T } | undefined;
	let straight: ReturnType<typeof itemReferences>;
	let constant: boolean | undefined;
	return (itemIndex) => {
		if (kept !== undefined) return kept.value;
		if (constant === undefined) {
			const raw = rawParameter(context, name, itemIndex) ?? fallback;
			constant = !holdsExpression(raw);
			if (!constant && options.extractValue !== true) straight = itemReferences(context, raw);
		}
		const read = straight?.(itemIndex);
		const given: unknown =
			read === undefined
				? context.getNodeParameter(name, itemIndex, fallback, options)
				: read.value;
		const value = parse(given);
		if (constant) kept = { value };
		return value;
	};
}
