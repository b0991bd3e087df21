import type { RowRecord, Value } from './Session';

/** A statement with placeholders, and for each placeholder the index of its value or a column. */
export interface Placed {
	readonly text: string;
	readonly names: readonly (number | string)[];
}

const PARAMETER = /\$(\w+)/g;

const nameOf = (name: string) => (/^\d+$/.test(name) ? Number(name) - 1 : name);

/** Each occurrence has its own placeholder, `?`. */
export const placedInTurn = (text: string): Placed => ({
	text: text.replaceAll(PARAMETER, '?'),
	names: Array.from(text.matchAll(PARAMETER), ([, name = '']) => nameOf(name)),
});

/** Each parameter has one placeholder, `$1`, `$2`, … */
export function placedOnce(text: string): Placed {
	const names = [...new Set(placedInTurn(text).names)];
	const place = (_: string, name: string) => `$${names.indexOf(nameOf(name)) + 1}`;
	return { text: text.replaceAll(PARAMETER, place), names };
}

const isRecord = (value: unknown): value is RowRecord =>
	value !== null && typeof value === 'object' && !Array.isArray(value);

/** The values by placeholder, for a statement whose lists have one element each: see `Dialect.single`. */
export function singleValues(
	names: Placed['names'],
	values: readonly Value[],
): (string | number | null)[] {
	const only = values.map((value) =>
		value !== null && typeof value === 'object' ? (value[0] ?? null) : value,
	);
	const record = only.find(isRecord);
	return names.map((name) => {
		const value = typeof name === 'string' ? record?.[name] : only[name];
		return value === undefined || isRecord(value) ? null : value;
	});
}
