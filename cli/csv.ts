import { printable } from './text';

/**
 * Where a spreadsheet would start a formula: at the beginning of a cell, or after a character that
 * separates cells in some languages, quoted or not.
 */
const FORMULA = /(^|[;,])(\s*)(?=[=+\-@＝＋－＠])/g;

function csvCell(value: string | number | null): string {
	if (typeof value === 'number') return String(value);
	const text = printable(value ?? '').replace(FORMULA, "$1$2'");
	return /[",;\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * One line of CSV (RFC 4180). No cell can become a formula: an apostrophe is put before anything that
 * looks like one. Line breaks within a cell become `\n`, so that each line is a row.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
	return `${cells.map(csvCell).join(',')}\r\n`;
}
