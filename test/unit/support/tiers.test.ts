import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/package';
import { MEASURING } from '../../../scripts/tiers';

/** A file that was moved would silently run beside the others again, or not at the beginning. */
test.each(MEASURING)('%s, which measures, is there', (file) => {
	expect(existsSync(join(root, file))).toBe(true);
});

test('each file that is to begin first is there', () => {
	const sequencer = readFileSync(join(root, 'test', 'support', 'LongestFirst.js'), 'utf8');
	const names = [...sequencer.matchAll(/'((?:host|browser|engine|unit)\/[^']+)'/g)];
	expect(names.length).toBeGreaterThan(10);
	const files = globSync('test/**/*.test.ts', { cwd: root });
	const missing = names.filter(
		([, name]) => !files.some((file) => file.includes(`/${name ?? ''}`)),
	);
	expect(missing).toEqual([]);
});
