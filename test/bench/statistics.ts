/** The measurements of one figure, and its statistics. */
export interface Measured {
	readonly median: number;
	readonly min: number;
	readonly max: number;
	readonly values: readonly number[];
}

export function medianOf(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
	if (low === undefined || high === undefined) throw new Error('nothing was measured');
	return (low + high) / 2;
}

export const measured = (values: readonly number[]): Measured => ({
	median: medianOf(values),
	min: Math.min(...values),
	max: Math.max(...values),
	values,
});

/** For each pair separately, so that other load on the machine affects both equally. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): Measured =>
	measured(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
