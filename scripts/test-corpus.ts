import { Checks } from './checks';
import { buildPackage } from './package';

/**
 * The corpus in more orders than `npm run test:host` plays: `npm run test:corpus -- 200 25` for 200 in
 * regular and 25 in queue mode, and `npm run test:corpus -- 1 0 4711` for one order of a seed. With
 * `MOCA_AIR_TESTED_CHECKOUT=…`, a checkout that was built before, it uses the examples and the
 * package of that checkout.
 */
const [orders = '50', queueOrders = '10', seed] = process.argv.slice(2);
const files = [
	...(Number(orders) > 0 ? ['test/host/corpus.test'] : []),
	...(Number(queueOrders) > 0 ? ['test/host/corpusQueue.test'] : []),
];
void Checks.of(async (checks) => {
	if (process.env.MOCA_AIR_TESTED_CHECKOUT === undefined) buildPackage();
	await checks.jest(['host'], [...files, '--runInBand'], {
		env: {
			MOCA_AIR_CORPUS_ORDERS: orders,
			MOCA_AIR_CORPUS_QUEUE_ORDERS: queueOrders,
			...(seed === undefined ? {} : { MOCA_AIR_CORPUS_SEED: seed }),
		},
	});
});
