import type * as backoff from '../../air/pacing/backoff';

/**
 * `air/pacing/backoff` with pauses between attempts that are a hundred times shorter, for
 * tests of the results of attempts. `jest.mock('…/backoff', () => jest.requireActual('…/fasterBackoff'))`
 */
const actual = jest.requireActual<typeof backoff>('../../air/pacing/backoff');

module.exports = {
	...actual,
	pause: async (ms: number, signal?: AbortSignal) => await actual.pause(ms / 100, signal),
};
