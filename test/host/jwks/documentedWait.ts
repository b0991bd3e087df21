import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../../harness/paths';

/** How long a page of the documentation tells people to wait when they change the key, in ms. */
export function documentedWait(page: string): number {
	const text = readFileSync(join(checkout, 'docs', page), 'utf8');
	const waits = [...text.matchAll(/\*\*wait (\d+) hours\*\*/gi)].map(([, hours]) => Number(hours));
	const [wait, ...others] = new Set(waits);
	if (wait === undefined || others.length > 0) throw new Error(`${page} names no single wait`);
	return wait * 3_600_000;
}
