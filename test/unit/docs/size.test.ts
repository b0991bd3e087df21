import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/package';
import { pages } from './pages';

/** What a person has to read stays short, and its figures are those that the bench printed. */

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;
const readme = pages.find(({ path }) => path === 'README.md')?.text ?? '';

test('the README has at most 900 words', () => {
	expect(words(readme)).toBeLessThanOrEqual(900);
});

test('the pages for users have at most 24,000 words, beside the catalogue of errors', () => {
	const counted = pages.filter(
		({ path }) => path.startsWith('docs/') && !/internals\/|errors\.md$/.test(path),
	);
	expect(counted.length).toBeGreaterThan(15);
	expect(words(counted.map(({ text }) => text).join('\n'))).toBeLessThanOrEqual(24_000);
});

test('the figures among the benefits are in the table of the bench', () => {
	const table = readFileSync(join(root, 'docs/internals/bench/results.md'), 'utf8');
	const benefits = readme
		.split('\n')
		.filter((line) => /^- \*\*(?:A repeat issues nothing|Thousands|It adapts to AIR)/.test(line))
		.join('\n');
	const figures = (benefits.match(/\d[\d,.]*\d|\d/g) ?? []).filter((figure) => figure !== '');
	expect(figures.length).toBeGreaterThan(8);
	// Separators of thousands differ between the texts of a row and its figures.
	const known = new Set(
		(table.match(/\d[\d,.]*\d|\d/g) ?? []).map((text) => text.replace(',', '')),
	);
	expect(figures.filter((figure) => !known.has(figure.replace(',', '')))).toEqual([]);
});
