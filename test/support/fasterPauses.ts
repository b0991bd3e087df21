import { systemClock } from '../../air/pacing/limiterClock';

/**
 * The pauses for which AIR is left alone are shorter in the tests of this file. A mock of the module would be too
 * late: each test file has already loaded the limiter (forgetLimits.ts).
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
