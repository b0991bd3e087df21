import { systemClock } from '../../air/pacing/limiterClock';

/**
 * What AIR is left alone for passes faster for the tests of this file. A mock of the module would come too
 * late: each test file has loaded the limiter already (forgetLimits.ts).
 */
export function fasterPauses(times: number): void {
	const { now, after } = systemClock;
	beforeAll(() => {
		jest.spyOn(systemClock, 'now').mockImplementation(() => now() * times);
		jest
			.spyOn(systemClock, 'after')
			.mockImplementation((ms, callback) => after(ms / times, callback));
	});
	afterAll(() => {
		jest.restoreAllMocks();
	});
}
