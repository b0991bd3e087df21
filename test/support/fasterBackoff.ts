import type * as backoff from '../../air/pacing/backoff';

/**
 * `air/pacing/backoff`, where what is waited for between attempts passes a hundred times faster: for
 * tests of what comes of the attempts. `jest.mock('…/backoff', () => jest.requireActual('…/fasterBackoff'))`
 */
const actual = jest.requireActual<typeof backoff>('../../air/pacing/backoff');

module.exports = {
	...actual,
	pause: async (ms: number, signal?: AbortSignal) => await actual.pause(ms / 100, signal),
};
