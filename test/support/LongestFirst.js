const { sep } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** What takes minutes begins first, or one worker would be busy with it long after the others. */
const LONG = [
	'host/directLife',
	'host/examples',
	'host/queueLoad',
	'host/corpus.test',
	'host/canary',
	'host/queue.test',
	'host/crash',
	'host/jwksTrigger',
	'host/corpusQueue',
	'browser/firstIssuance',
	'browser/setUp',
	'host/switches',
	'host/jwksSnippets',
	'host/triggerQueue',
	'host/trigger.test',
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
