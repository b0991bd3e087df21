import { _, type FuncKeywordDefinition } from 'ajv';
import { isRecord } from '../values/json';

/** OpenAPI documents, such as Stripe's, call it `unix-time`; there is no standard. */
export const UNIX_SECONDS = /^(?:unix|epoch)(?:[-_]?(?:time|seconds|timestamp))?$/i;

/** A number as written: a whole number, and its count of decimal places. */
function decimal(value: number): { readonly digits: bigint; readonly places: number } {
	const [mantissa = '0', exponent = '0'] = String(value).split('e');
	const [whole = '0', fraction = ''] = mantissa.split('.');
	return { digits: BigInt(whole + fraction), places: fraction.length - Number(exponent) };
}

/**
 * Whether a number is a multiple, computed in decimal. Division would round: 0.3 / 0.1 gives
 * 2.9999999999999996.
 *
 * @example
 * ```ts
 * isMultiple(0.3, 0.1); // true
 * ```
 */
function isMultiple(value: number, of: number): boolean {
	const [one, other] = [decimal(value), decimal(of)];
	const places = Math.max(one.places, other.places, 0);
	const scaled = ({ digits, places: own }: typeof one) => digits * 10n ** BigInt(places - own);
	return scaled(one) % scaled(other) === 0n;
}

/** JSON with sorted names, so that equal values give equal text. */
const canonical = (value: unknown): string =>
	JSON.stringify(value, (_name, inner: unknown) =>
		isRecord(inner) ? Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)) : inner,
	);

/** Replaces ajv's own, which divide with rounding and compare each element with every other. */
export const ownKeywords: readonly FuncKeywordDefinition[] = [
	{
		keyword: 'multipleOf',
		type: 'number',
		schemaType: 'number',
		validate: (of: number, value: number) => isMultiple(value, of),
		errors: false,
		error: {
			message: 'must be a multiple',
			params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
		},
	},
	{
		keyword: 'uniqueItems',
		type: 'array',
		schemaType: 'boolean',
		validate: (wanted: boolean, list: readonly unknown[]) =>
			!wanted || new Set(list.map(canonical)).size === list.length,
		errors: false,
	},
];
