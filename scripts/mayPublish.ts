import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './package';

/** A section of CHANGELOG.md: its `## ` heading, and the text below. */
interface Part {
	readonly head: string;
	readonly text: string;
}

function partsOf(changelog: string): Part[] {
	return changelog
		.split(/^## /m)
		.slice(1)
		.map((part) => {
			const [head = '', ...lines] = part.split('\n');
			return { head: head.trim(), text: lines.join('\n').trim() };
		});
}

/**
 * Why a version must not be published, according to CHANGELOG.md.
 *
 * @param today - `2026-01-19`
 * @returns an empty list if it may
 * @example
 * ```ts
 * whyNot('## [Unreleased]\n\nNothing yet.\n\n## [0.1.0] - 2026-01-19', '0.1.0', '2026-01-19'); // []
 * ```
 */
export function whyNot(changelog: string, version: string, today: string): string[] {
	const parts = partsOf(changelog);
	const reasons: string[] = [];
	const own = parts.filter(({ head }) => head.startsWith(`[${version}]`));
	const [first] = own;
	const date = /^\[[^\]]+\] - (\d{4}-\d{2}-\d{2})$/.exec(first?.head ?? '')?.[1];
	if (first === undefined) reasons.push(`CHANGELOG.md says nothing about ${version}`);
	else if (own.length > 1) reasons.push(`CHANGELOG.md has ${version} more than once`);
	else if (date === undefined) {
		reasons.push(`CHANGELOG.md has no date for ${version}, but “${first.head}”`);
	} else if (date > today) reasons.push(`CHANGELOG.md has ${version} on ${date}, which is to come`);
	const open = parts.find(({ head }) => head === '[Unreleased]');
	if (open !== undefined && open.text !== 'Nothing yet.') {
		reasons.push('CHANGELOG.md lists changes as unreleased that would be published');
	}
	return reasons;
}

if (require.main === module) {
	const { version } = z
		.object({ version: z.string() })
		.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
	const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
	const reasons = whyNot(changelog, version, new Date().toISOString().slice(0, 10));
	for (const reason of reasons) console.error(`not to be published: ${reason}`);
	if (reasons.length === 0) console.log(`${version} may be published`);
	process.exitCode = reasons.length === 0 ? 0 : 1;
}
