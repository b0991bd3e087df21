const MOST_RANGES = 20;

/**
 * Names items as people count them.
 *
 * @param indexes - from 0, rising
 * @example
 * ```ts
 * itemNumbers([0, 1, 2, 4]); // '1–3, 5'
 * ```
 */
export function itemNumbers(indexes: readonly number[]): string {
	const ranges: { from: number; to: number }[] = [];
	for (const index of indexes) {
		const last = ranges.at(-1);
		if (last?.to === index - 1) last.to = index;
		else ranges.push({ from: index, to: index });
	}
	const shown = ranges
		.slice(0, MOST_RANGES)
		.map(({ from, to }) => (from === to ? `${from + 1}` : `${from + 1}–${to + 1}`));
	const left = ranges.slice(MOST_RANGES).reduce((sum, { from, to }) => sum + to - from + 1, 0);
	return `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
