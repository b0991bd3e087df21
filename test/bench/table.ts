import { table } from '../../scripts/table';
import type { Line, Results } from './results';
import type { Measured } from './statistics';

const number = (value: number): string =>
	value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

const spread = ({ median, min, max }: Measured): string =>
	`${number(median)} (${number(min)}–${number(max)})`;

const cells = ({ row, setting, unit, ours, comparison, ratio, goal }: Line): string[] => [
	String(row),
	`${setting}: ${ours.name}`,
	unit,
	spread(ours),
	comparison === undefined ? '–' : `${comparison.name}: ${spread(comparison)}`,
	ratio === undefined ? '–' : spread(ratio),
	goal === undefined ? '–' : `${goal.text}: ${goal.met ? 'met' : '**not met**'}`,
];

/** The results as a Markdown table: medians, and least to most. */
export function tableOf({ lines }: Pick<Results, 'lines'>): string {
	const head = ['Row', 'What', 'Unit', 'Ours', 'Comparison', 'Ratio', 'Goal'];
	return table(head, lines.map(cells));
}
