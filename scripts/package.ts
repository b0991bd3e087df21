import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

/** Compiles `dist/` from scratch, so that nothing deleted stays in the package. */
export function buildPackage(): void {
	rmSync(join(root, 'dist'), { recursive: true, force: true });
	execFileSync(bin('tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
	execFileSync(bin('gulp'), ['--silent'], { cwd: root, stdio: 'inherit' });
}
