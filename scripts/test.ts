import { Checks } from './checks';
import { buildPackage } from './package';

const checks = new Checks();
checks.command('format', 'prettier', ['--check', '--log-level', 'warn', '.']);
checks.command('lint', 'eslint', ['.', '--max-warnings', '0']);
checks.command('types', 'tsc', ['-p', 'tsconfig.json']);
// Which room imports which, and no circle: .dependency-cruiser.cjs.
checks.command('imports', 'depcruise', [
	...['--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
	...['errors', 'air', 'ledger', 'issuance', 'n8n', 'credentials', 'nodes', 'cli', 'emulator'],
	...['harness', 'scripts', 'test'],
]);
buildPackage();
// Most of the time goes by waiting for sockets, so no core is left to the others. CI takes its time.
const workers = process.env.CI === undefined ? ['--maxWorkers=100%'] : ['--maxWorkers=1'];
checks.jest(['unit', 'engine', 'package'], workers);
checks.finish();
