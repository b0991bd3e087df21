/**
 * A table in Markdown with aligned columns, for terminals and for docs.
 *
 * @example
 * ```ts
 * table(['Fault', 'Cells'], [['refused', 12]]);
 * ```
 */
export function table(
	head: readonly string[],
	rows: readonly (readonly (string | number)[])[],
): string {
	const lines = [head, ...rows].map((row) => row.map(String));
	const widths = head.map((_, column) =>
		Math.max(3, ...lines.map((line) => (line[column] ?? '').length)),
	);
	const numeric = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
	const padded = (text: string, column: number) => {
		const width = widths[column] ?? 0;
		return numeric[column] === true ? text.padStart(width) : text.padEnd(width);
	};
	const rule = widths.map((width, column) =>
		numeric[column] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
	);
	const [first = [], ...rest] = lines.map((line) => line.map(padded));
	return [first, rule, ...rest].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
