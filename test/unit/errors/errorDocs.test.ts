import { readFileSync } from 'node:fs';
import { errorCatalogue } from '../../../errors/errorCatalogue';
import { errorDocs, errorDocsPath } from '../../../scripts/errorDocs';

test('docs/errors.md is what scripts/errorDocs.ts writes', () => {
	expect(readFileSync(errorDocsPath, 'utf8')).toBe(errorDocs());
});

const cellsOf = (line: string) => line.split(/(?<!\\)\|/);

test('every error has one anchor, one row, and a cell for each column', () => {
	const lines = errorDocs().split('\n');
	for (const [code, { title }] of Object.entries(errorCatalogue)) {
		const rows = lines.filter((line) => line.includes(`<a id="${code.toLowerCase()}"></a>`));
		expect(rows).toHaveLength(1);
		const [row = ''] = rows;
		expect(row).toContain(title.replaceAll('<', '&lt;'));
		const table = lines.slice(0, lines.indexOf(row));
		const heads = table.findLast((line) => line.startsWith('| What it says')) ?? '';
		expect(cellsOf(row)).toHaveLength(cellsOf(heads).length);
	}
});
