import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/package';

/** One value of a row of docs/internals/decisions.md, "What becomes of a value on its way into a claim". */
export interface ClaimRow {
	/** The type, in the first table only. */
	readonly into: string;
	readonly given: string;
	/** As JSON; undefined if it is refused. */
	readonly becomes: string | undefined;
}

const codesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

function rowsOf(cells: readonly string[]): ClaimRow[] {
	const [given = '', becomes = ''] = cells.slice(-3);
	const into = cells.length === 4 ? (cells[0] ?? '') : '';
	const values = codesIn(given);
	const results = codesIn(becomes);
	return values.map((value, index) => {
		if (becomes === 'refused') return { into, given: value, becomes: undefined };
		if (becomes === 'kept')
			return { into, given: value, becomes: JSON.stringify(JSON.parse(value)) };
		if (results.length !== values.length) throw new Error(`as many results as values: ${given}`);
		return { into, given: value, becomes: results[index] };
	});
}

/** The tables of the section, in the order of the page. */
export function claimTables(): ClaimRow[][] {
	const page = readFileSync(join(root, 'docs/internals/decisions.md'), 'utf8');
	const section = page.split(/^## /m).find((part) => part.startsWith('What becomes of a value'));
	const tables = (section ?? '').split(/\n\n/).filter((block) => block.startsWith('|'));
	return tables.map((table) =>
		table
			.split('\n')
			.slice(2)
			.flatMap((line) =>
				rowsOf(
					line
						.split('|')
						.slice(1, -1)
						.map((cell) => cell.trim()),
				),
			),
	);
}
