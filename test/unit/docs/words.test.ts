import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/package';

/**
 * Words at which a native reader stumbles. They occur nowhere: not in pages, texts of nodes, errors and
 * notes in flows, nor in comments and names of tests.
 */
const NEVER: readonly (readonly [word: RegExp, instead: string])[] = [
	[/\bmend(?:s|ed|ing)?\b/i, 'fix'],
	[/\banew\b/i, 'again'],
	[/\bbut for\b/i, 'except for'],
	[/\bwho(?:so)?ever\b/i, 'anyone who'],
	[/\bfor ever\b/i, 'forever, for good'],
	[/\bset-up\b/i, 'setup'],
	[/\b(?:of its own accord|by and by)\b/i, 'by itself; soon'],
	[/\b(?:bring|brings|brought) along\b/i, 'include, come with'],
	[/\ball the same\b/i, 'anyway, still'],
	[/\bin the place of\b/i, 'in place of, instead of'],
	[/\blearnt\b(?! ?[.:=?])/i, 'learned'],
	[/\b(?:told|tells) of\b/i, 'told about; reports'],
	// A clause as the subject of a sentence; “somebody who waits” is fine.
	[
		/\bWho (?:comes|merely|waits for the|has to|asks (?:for|later)|is cancelled|has seen)\b/,
		'a noun',
	],
	[
		/\b(?:rows?|events?|runs) (?:goes|went)\b(?! (?:on|to|out|into|back|through|wrong))/i,
		'deleted',
	],
	[/\bSo many (?:of|days|rows|failures|delayed|attempts|webhooks|bytes)\b/, 'the most; how many'],
	[/\b(?:what is to be|is to go on)\b/i, 'what to …; must'],
	[/\b(?:some|any|no)(?:thing|body) else than\b/i, 'other than'],
	[/\bof late\b(?!@)/i, 'recently'],
	[
		/(?<!\bthere )\b(?:is|are|was|were) no (?:[a-z]+ )?(?:text|number|object|address|list|date|JSON|JWT|JWKS|key|URL|failure|ID|name)\b/i,
		'is not a',
	],
];

/** Where one of them is right, and why. */
const EXCEPTIONS: readonly (readonly [path: RegExp, text: RegExp, reason: string])[] = [
	[/^test\/unit\/docs\/words\.test\.ts$/, /./, 'this list'],
	[/^CONTRIBUTING\.md$/, /Words that never occur/, 'names some of them'],
	[/./, /#what-to-set-up|\bhow to set-up\b/, 'the verb, in an anchor'],
];

const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
	.split('\n')
	.filter((path) => /\.(?:ts|mjs|cjs|js|md|json|html|ya?ml|sh|conf)$/.test(path))
	.filter((path) => path !== 'package-lock.json' && existsSync(join(root, path)));

function stumblingBlocks(path: string, text: string): string[] {
	return text.split('\n').flatMap((line, index) =>
		NEVER.filter(([word]) => word.test(line))
			.filter(() => !EXCEPTIONS.some(([where, what]) => where.test(path) && what.test(line)))
			.map(([word, instead]) => `${path}:${index + 1}: “${word.exec(line)?.[0]}”: ${instead}`),
	);
}

test('words at which a native reader stumbles occur nowhere', () => {
	expect(files.length).toBeGreaterThan(700);
	const found = files.flatMap((path) =>
		// In JSON, a line break is written as two characters, and the second would join the next word.
		stumblingBlocks(path, readFileSync(join(root, path), 'utf8').replaceAll('\\n', '\n')),
	);
	expect(found).toEqual([]);
});

test.each([
	'// Whoever asks is told.',
	'fix: "Mend the first that fails."',
	'Finished rows went after 90 days.',
	'/** Who comes meanwhile waits for that. */',
	'A set-up that is good for ever.',
])('%s is noticed', (line) => {
	expect(stumblingBlocks('docs/ledger.md', line)).not.toEqual([]);
});

test('what is fine is left alone', () => {
	for (const line of ['Who calls AIR, and where it is', 'rows went to PostgreSQL', 'amended']) {
		expect(stumblingBlocks('docs/ledger.md', line)).toEqual([]);
	}
});
