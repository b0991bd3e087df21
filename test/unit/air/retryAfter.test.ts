import fc from 'fast-check';
import { retryAfterMs } from '../../../air/retryAfter';

const NOW = Date.parse('2026-01-19T07:18:45Z');
const DAY = 24 * 60 * 60 * 1000;

test.each([
	['0', 0],
	['1', 1000],
	['30', 30_000],
	[' 30 ', 30_000],
	['007', 7000],
	['86400', DAY],
	['86401', DAY],
	['99999999999999999999999', DAY],
	['9'.repeat(400), DAY],
	['Mon, 19 Jan 2026 07:19:15 GMT', 30_000],
	['Mon, 19 Jan 2026 07:18:45 GMT', 0],
	['Mon, 19 Jan 2026 07:00:00 GMT', 0],
	['Thu, 01 Jan 1970 00:00:00 GMT', 0],
	['Fri, 31 Dec 9999 23:59:59 GMT', DAY],
	// The two older spellings that RFC 9110 wants to be understood.
	['Monday, 19-Jan-26 07:19:15 GMT', 30_000],
	['Mon Jan 19 07:19:15 2026', 30_000],
	[undefined, undefined],
	['', undefined],
	[' ', undefined],
	['-5', undefined],
	['1.5', undefined],
	['1e9', undefined],
	['0x10', undefined],
	['NaN', undefined],
	['Infinity', undefined],
	['soon', undefined],
	['in 5 minutes', undefined],
	['try again 5', undefined],
	['30 seconds', undefined],
	['30, 60', undefined],
	['2026-01-19', undefined],
	['Mon, 99 Foo 2026 07:19:15 GMT', undefined],
])('Retry-After: %j', (value, wait) => {
	expect(retryAfterMs(value, NOW)).toBe(wait);
});

test('whatever a server sends, the wait is undefined or from nothing to a day', () => {
	const value = fc.oneof(
		fc.string(),
		fc.bigInt().map(String),
		fc.double().map(String),
		fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
	);
	fc.assert(
		fc.property(value, (text) => {
			const wait = retryAfterMs(text, NOW);
			if (wait === undefined) return;
			expect(wait).toBeGreaterThanOrEqual(0);
			expect(wait).toBeLessThanOrEqual(DAY);
		}),
	);
});
