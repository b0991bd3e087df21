const { sep } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** What takes minutes begins first, or one worker would be busy with it long after the others. */
const LONG = [
	// These wait for leases and clocks for most of their time, and leave the cores to others.
	'host/crash',
	'host/queue.test',
	'host/examples',
	'host/directLife',
	'host/corpus.test',
	'host/queueLoad',
	'browser/firstIssuance',
	'host/jwksSnippets',
	'host/corpusQueue',
	'browser/setUp',
	'host/switches',
	'host/triggerQueue',
	'host/trigger.test',
	'host/canary',
	'host/jwksTrigger',
	'engine/faults/issuing',
	'engine/secrets',
	'engine/faults/clocks',
	'engine/faults/asking',
	'unit/ledger/postgres.test',
	'unit/issuance/watch/oneRow',
	'engine/getIssuanceStatus',
	'engine/faults/keysAndClocks',
].map((name) => name.replaceAll('/', sep));

/** In n8n or a browser. */
const isOutside = (path) =>
	['host', 'browser'].some((name) => path.includes(`${sep}test${sep}${name}${sep}`));

const rank = ({ path }) => {
	const place = LONG.findIndex((name) => path.includes(`${sep}test${sep}${name}`));
	if (place !== -1) return place;
	return isOutside(path) ? LONG.length : LONG.length + 1;
};

module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		return super.sort(tests).sort((a, b) => rank(a) - rank(b));
	}
};
