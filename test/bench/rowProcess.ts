import { ROWS } from './rows';
import type { BenchSettings } from './settings';

/** Measures one row in a process of its own, as started by scripts/bench.ts. */
async function main(): Promise<void> {
	const [row, settings] = process.argv.slice(2);
	const measure = ROWS.get(Number(row));
	if (measure === undefined) throw new Error(`there is no row ${String(row)}`);
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const lines = await measure({
		...(JSON.parse(settings ?? '{}') as BenchSettings),
		say: (line) => {
			process.stderr.write(`row ${String(row)}: ${line}\n`);
		},
	});
	process.send?.(lines, () => process.exit());
}

void main();
