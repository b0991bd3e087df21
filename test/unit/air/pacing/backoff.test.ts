import fc from 'fast-check';
import { pause, pollDelayMs, repeatDelayMs } from '../../../../air/pacing/backoff';

test('polls wait 1 s at first, then twice as long, at most 30 s, forever', () => {
	expect([0, 1, 2, 3, 4, 5, 6, 100, 1e6].map(pollDelayMs)).toEqual([
		1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000,
	]);
});

test('repeats wait between half and the whole of 500, 1000, 2000 … 8000 ms', () => {
	const whole = [500, 1000, 2000, 4000, 8000, 8000, 8000];
	expect(whole.map((_, index) => repeatDelayMs(index + 1, 1))).toEqual(whole);
	expect(whole.map((_, index) => repeatDelayMs(index + 1, 0))).toEqual(whole.map((ms) => ms / 2));
	fc.assert(
		fc.property(fc.integer({ min: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, random) => {
			const delay = repeatDelayMs(n, random);
			expect(delay).toBeGreaterThanOrEqual(250);
			expect(delay).toBeLessThanOrEqual(8000);
		}),
	);
});

describe('pause', () => {
	test('waits to the end', async () => {
		expect(await pause(5)).toBe(true);
		expect(await pause(5, new AbortController().signal)).toBe(true);
	});

	test('is cut short by the signal', async () => {
		const controller = new AbortController();
		const begin = performance.now();
		const pausing = pause(50_000, controller.signal);
		setTimeout(() => {
			controller.abort();
		}, 5);
		expect(await pausing).toBe(false);
		expect(performance.now() - begin).toBeLessThan(30_000);
	});

	test('does not wait when the signal was aborted before', async () => {
		expect(await pause(10_000, AbortSignal.abort())).toBe(false);
		expect(await pause(10_000, AbortSignal.abort(new Error('another reason')))).toBe(false);
	});
});
