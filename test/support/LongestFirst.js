const { sep } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** Files that take minutes start first; otherwise one worker would be busy long after the others. */
const LONG = [
	// These mostly wait for leases and clocks, and leave the cores to others.
	'host/crash',
	'host/queue.test',
	'host/jwksSnippets',
	'host/examples',
	'host/directLife',
	'host/corpus.test',
	'host/queueLoad',
	'host/triggerQueue',
	'browser/firstIssuance',
	'host/corpusQueue',
	'browser/setUp',
	'host/trigger.test',
	'host/switches',
	'host/jwksTrigger',
	'host/canary',
	'engine/faults/issuing',
	'engine/secrets',
	'engine/faults/clocks',
	'engine/faults/asking',
	'unit/ledger/postgres.test',
	'unit/issuance/watch/oneRow',
	'engine/getIssuanceStatus',
	'engine/faults/keysAndClocks',
].map((name) => name.replaceAll('/', sep));

const rank = ({ path }) => {
	const place = LONG.findIndex((name) => path.includes(`${sep}test${sep}${name}`));
	return place === -1 ? LONG.length : place;
};

module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		return super.sort(tests).sort((a, b) => rank(a) - rank(b));
	}
};
