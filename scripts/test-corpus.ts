import { Checks } from './checks';
import { buildPackage } from './package';

/**
 * The corpus in more orders than `npm run test:host` plays:
 * `npm run test:corpus -- 200`, and `npm run test:corpus -- 1 4711` for one order of a seed.
 */
const [orders = '50', seed] = process.argv.slice(2);
const checks = new Checks();
buildPackage();
checks.jest(['host'], ['--runInBand', '--testPathPatterns', 'test/host/corpus'], {
	env: {
		MOCA_AIR_CORPUS_ORDERS: orders,
		...(seed === undefined ? {} : { MOCA_AIR_CORPUS_SEED: seed }),
	},
});
checks.finish();
