import type { Conversion } from './Conversion';
import { VALUE_TYPES, type ValueType } from './valueTypes';

function kindOf(value: unknown): string {
	if (value == null) return 'there is no value';
	if (Array.isArray(value)) return 'the value is a list';
	switch (typeof value) {
		case 'object':
			return 'the value is an object';
		case 'string':
			return value.trim() === '' ? 'the value is empty' : 'the value is text that does not fit';
		default:
			return `the value is a ${typeof value} that does not fit`;
	}
}

/**
 * Converts a value strictly: only an unambiguous value becomes another type.
 *
 * @example
 * ```ts
 * convertValue('boolean', 'TRUE'); // { value: true }
 * convertValue('integer', '1.5'); // { refused: 'must be a whole number, but the value is text …' }
 * ```
 */
export function convertValue(type: ValueType, value: unknown): Conversion {
	const { convert, wanted, advice } = VALUE_TYPES[type];
	const converted = convert(value);
	if (converted !== undefined) return converted;
	const refused = `must be ${wanted}, but ${kindOf(value)}`;
	return isEmpty(value) ? { refused } : { refused, advice };
}

/** Whether there is nothing to send: no value, or empty text, such as from an empty cell or field. */
export const isEmpty = (value: unknown): boolean =>
	value == null || (typeof value === 'string' && value.trim() === '');
