import { printable } from './text';

/**
 * Where a spreadsheet would begin to calculate: at the beginning of a cell, or after what some
 * languages' spreadsheets take for the end of a cell, quoted or not.
 */
const FORMULA = /(^|[;,])(\s*)(?=[=+\-@＝＋－＠])/g;

function csvCell(value: string | number | null): string {
	if (typeof value === 'number') return String(value);
	const text = printable(value ?? '').replace(FORMULA, "$1$2'");
	return /[",;\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * One line of CSV (RFC 4180). No cell can be taken for a formula: an apostrophe is put before what
 * looks like one. Line breaks within a cell become `\n`, so that a line is a row.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
	return `${cells.map(csvCell).join(',')}\r\n`;
}
