import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../../../scripts/package';
import { pages } from './pages';

/** A comment that cites a page or a decision leads somewhere: nothing is explained outside the repository. */

const decisions = pages.find(({ path }) => path === 'docs/internals/decisions.md')?.text ?? '';
const numbers = [...decisions.matchAll(/^- D(\d+)\. \*\*/gm)].map(([, number]) => Number(number));

/** The comments of a file, as the compiler tells them from texts. */
function commentsOf(text: string): string[] {
	const scanner = ts.createScanner(
		ts.ScriptTarget.Latest,
		false,
		ts.LanguageVariant.Standard,
		text,
	);
	const found: string[] = [];
	for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
		if (
			token === ts.SyntaxKind.SingleLineCommentTrivia ||
			token === ts.SyntaxKind.MultiLineCommentTrivia
		) {
			found.push(scanner.getTokenText());
		}
	}
	return found;
}

/** What a comment cites and what is not there. */
function brokenCitations(comment: string): string[] {
	const files = [...comment.matchAll(/(?<![\w/.])((?:docs\/[\w/.-]+|[A-Z]+)\.md)(?:#([\w-]+))?/g)]
		.filter(([, path = '', anchor]) => {
			const page = pages.find((one) => one.path === path);
			return page === undefined
				? !existsSync(join(root, path))
				: anchor !== undefined && !page.anchors.has(anchor);
		})
		.map(([citation]) => citation);
	const unknown = [...comment.matchAll(/\bD(\d+)\b/g)]
		.filter(([, number]) => !numbers.includes(Number(number)))
		.map(([citation]) => citation);
	// Numbers of pages that are not here.
	const elsewhere = [...comment.matchAll(/§ ?\d|\b(?:decision|issue)s? \d+/gi)].map(
		([text]) => text,
	);
	return [...files, ...unknown, ...elsewhere];
}

const sources = execFileSync('git', ['ls-files', '*.ts', '*.mjs', '*.cjs', '*.js'], {
	cwd: root,
	encoding: 'utf8',
})
	.split('\n')
	.filter((path) => path !== '' && existsSync(join(root, path)));

test('each page, section and decision that a comment cites exists', () => {
	const broken = sources.flatMap((path) =>
		commentsOf(readFileSync(join(root, path), 'utf8'))
			.flatMap(brokenCitations)
			.map((citation) => `${path}: ${citation}`),
	);
	expect(sources.length).toBeGreaterThan(400);
	expect(broken).toEqual([]);
});

test.each([
	['// see docs/nowhere.md', 'docs/nowhere.md'],
	['/* docs/ledger.md#no-such-heading */', 'docs/ledger.md#no-such-heading'],
	['/** As decided (D9999). */', 'D9999'],
	['// fact §4.4 of a page', '§4'],
	['// by decision 6', 'decision 6'],
])('%s is noticed', (comment, citation) => {
	expect(commentsOf(`const a = 'D9998'; ${comment}`).flatMap(brokenCitations)).toEqual([citation]);
});

test('no number of a decision is there twice', () => {
	expect(numbers.length).toBeGreaterThan(100);
	expect(new Set(numbers).size).toBe(numbers.length);
});
