import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Puts the built package where it finds n8n's own `n8n-workflow`, as an installed community package
 * does, and not the checkout's.
 *
 * @param checkout - with `dist/` built
 * @param n8n - the folder of the installed n8n
 */
export function stageSubject(checkout: string, n8n: string): { folder: string; remove(): void } {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-subject-'));
	cpSync(join(checkout, 'dist'), join(folder, 'dist'), { recursive: true });
	cpSync(join(checkout, 'package.json'), join(folder, 'package.json'));
	mkdirSync(join(folder, 'node_modules'));
	const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
		dependencies: Record<string, string>;
	};
	for (const name of Object.keys(dependencies)) {
		symlinkSync(join(checkout, 'node_modules', name), join(folder, 'node_modules', name));
	}
	symlinkSync(
		join(n8n, 'node_modules', 'n8n-workflow'),
		join(folder, 'node_modules', 'n8n-workflow'),
	);
	return {
		folder,
		remove: () => {
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
