import { appendFileSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into a tested n8n before anything else (`NODE_OPTIONS=--require`): writes down again and
 * again how much memory is left after everything dead was collected, and what is open (see
 * `test/soak/Measures.ts`).
 */
const file = process.env.MOCA_AIR_TEST_MEASURES ?? '';
const everyMs = Number(process.env.MOCA_AIR_TEST_MEASURE_EVERY_MS);

// NODE_OPTIONS may not name this flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function measure(): void {
	collect();
	const { rss, heapUsed, external } = process.memoryUsage();
	const line = {
		at: Date.now(),
		rss,
		heapUsed,
		external,
		resources: process.getActiveResourcesInfo().length,
		descriptors: readdirSync('/proc/self/fd').length,
	};
	appendFileSync(file, `${JSON.stringify(line)}\n`);
}

// Not in n8n's task runner, which inherits the options.
if (process.argv.includes('start')) setInterval(measure, everyMs).unref();
