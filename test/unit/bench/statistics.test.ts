import { chartOf } from '../../bench/chart';
import type { Line } from '../../bench/results';
import { measured, medianOf, ratios } from '../../bench/statistics';
import { tableOf } from '../../bench/table';

test.each([
	[[3], 3],
	[[3, 1], 2],
	[[5, 1, 3], 3],
	[[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, median) => {
	expect(medianOf(values)).toBe(median);
});

test('of nothing there is none', () => {
	expect(() => medianOf([])).toThrow('nothing was measured');
});

test('ratios are taken pair by pair', () => {
	expect(ratios([10, 40, 90], [10, 10, 10])).toEqual({
		median: 4,
		min: 1,
		max: 9,
		values: [1, 4, 9],
	});
});

const line: Line = {
	row: 1,
	setting: '<2,000 items>',
	unit: 'items/s',
	ours: { name: 'ours', ...measured([1000, 1200]) },
	comparison: { name: 'theirs', ...measured([200, 210]) },
	ratio: ratios([1000, 1200], [200, 210]),
	goal: { text: '≥ 7', met: false },
};

test('the table says what is missed', () => {
	expect(tableOf({ lines: [line] }).replace(/ +/g, ' ')).toContain(
		'| 1 | <2,000 items>: ours | items/s | 1,100 (1,000–1,200) | theirs: 205 (200–210) | 5.36 (5–5.71) | ≥ 7: **not met** |',
	);
});

test('the chart has a bar for each', () => {
	const chart = chartOf({ lines: [line] });
	expect(chart).toContain('&lt;2,000 items>');
	expect(chart.match(/<rect x=/g)).toHaveLength(2);
});
