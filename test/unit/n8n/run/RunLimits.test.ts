import { limiterFor } from '../../../../air/pacing/HostLimiter';
import { RunLimits } from '../../../../n8n/run/RunLimits';
import '../../../support/forgetLimits';

const URL = 'https://air.example';
const options = (requestsPerSecond?: number) => ({ requestsPerSecond, waitMs: undefined });

test.each([
	['a limit', 5, 5],
	['no limit', undefined, Number.POSITIVE_INFINITY],
])('the first item decides for the run: %s', (_, first, perSecond) => {
	const limits = new RunLimits(undefined);
	limits.set(URL, 'issue', options(first));
	limits.set(URL, 'issue', options(1));
	expect(limiterFor(URL).perSecond).toBe(perSecond);
	limits.lift();
	expect(limiterFor(URL).perSecond).toBe(Number.POSITIVE_INFINITY);
});

test('as many at once as AIR takes, or as somebody chose', () => {
	const limits = new RunLimits(undefined);
	const atOnce = () => {
		const { concurrency } = limits;
		return typeof concurrency === 'number' ? concurrency : concurrency();
	};
	expect(atOnce()).toBe(1);
	limits.set(URL, 'issue', options());
	expect(atOnce()).toBe(26);
	limits.set(URL, 'issue', { requestsPerSecond: undefined, waitMs: 1_000 });
	expect(atOnce()).toBe(126);
	limits.set(URL, 'issue', options());
	expect(atOnce()).toBe(126);
	limits.uses(URL, 'ask');
	expect(atOnce()).toBe(136);
	expect(new RunLimits(3).concurrency).toBe(3);
});
