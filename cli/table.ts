import { printable } from './text';

const GAP = '  ';

/** Aligns cells under their headings. An empty cell is shown as `-`, so that columns stay clear. */
export function table(headings: readonly string[], lines: readonly (readonly string[])[]): string {
	const cells = lines.map((line) => line.map((cell) => printable(cell) || '-'));
	const widths = headings.map((heading, column) =>
		cells.reduce((widest, line) => Math.max(widest, (line[column] ?? '').length), heading.length),
	);
	return [headings, ...cells]
		.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP))
		.map((line) => `${line.trimEnd()}\n`)
		.join('');
}
