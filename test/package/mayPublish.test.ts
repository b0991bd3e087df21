import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNot } from '../../scripts/mayPublish';
import { root } from '../../scripts/package';

/** Nothing is published that CHANGELOG.md calls unreleased. */
const TODAY = '2026-01-19';
const changelog = (head: string, unreleased = 'Nothing yet.') =>
	`# Changelog\n\n## [Unreleased]\n\n${unreleased}\n\n${head}\n\n- A change.\n`;

test.each([
	['a date', changelog(`## [1.2.3] - ${TODAY}`), []],
	['an earlier date', changelog('## [1.2.3] - 2025-12-31'), []],
	['a date and no part for what is to come', `## [1.2.3] - ${TODAY}\n\n- A change.\n`, []],
	['words for a date', changelog('## [1.2.3] - not yet released'), [/no date for 1\.2\.3/]],
	['no date', changelog('## [1.2.3]'), [/no date for 1\.2\.3/]],
	['a date to come', changelog('## [1.2.3] - 2026-01-20'), [/to come/]],
	['another version', changelog(`## [1.2.4] - ${TODAY}`), [/nothing of 1\.2\.3/]],
	[
		'it twice',
		changelog(`## [1.2.3] - ${TODAY}\n\n## [1.2.3] - ${TODAY}`),
		[/1\.2\.3 more than once/],
	],
	[
		'changes that wait',
		changelog(`## [1.2.3] - ${TODAY}`, '- A fix.'),
		[/lists changes as unreleased/],
	],
	[
		'changes that wait, and no date',
		changelog('## [1.2.3] - soon', '- A fix.'),
		[/no date/, /unreleased/],
	],
])('CHANGELOG.md has %s', (_what, text, reasons) => {
	expect(whyNot(text, '1.2.3', TODAY)).toEqual(
		reasons.map((reason) => expect.stringMatching(reason) as string),
	);
});

test('the workflow asks before it publishes, and before it takes an hour to test', () => {
	const steps = readFileSync(join(root, '.github', 'workflows', 'publish.yml'), 'utf8');
	const at = (command: string) => steps.indexOf(`- run: ${command}`);
	expect(at('npm run release:check')).toBeGreaterThan(0);
	expect(at('npm run release:check')).toBeLessThan(at('bash .ci/run'));
	expect(at('bash .ci/run')).toBeLessThan(at('npm publish'));
});
