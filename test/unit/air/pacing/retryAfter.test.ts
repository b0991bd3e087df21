import fc from 'fast-check';
import { LONGEST_WISH_MS, retryAfterMs } from '../../../../air/pacing/retryAfter';

const NOW = Date.parse('2026-01-19T07:18:45Z');

test.each([
	['0', 0],
	['1', 1000],
	['30', 30_000],
	[' 30 ', 30_000],
	['007', 7000],
	['899', 899_000],
	['900', LONGEST_WISH_MS],
	['86400', LONGEST_WISH_MS],
	['31536000', LONGEST_WISH_MS],
	['99999999999999999999999', LONGEST_WISH_MS],
	['9'.repeat(400), LONGEST_WISH_MS],
	['Mon, 19 Jan 2026 07:19:15 GMT', 30_000],
	['Mon, 19 Jan 2026 07:18:45 GMT', 0],
	['Mon, 19 Jan 2026 07:00:00 GMT', 0],
	['Thu, 01 Jan 1970 00:00:00 GMT', 0],
	['Fri, 31 Dec 9999 23:59:59 GMT', LONGEST_WISH_MS],
	['Fri, 31 Dec 99999 23:59:59 GMT', undefined],
	// The two older spellings that RFC 9110 wants to be understood.
	['Monday, 19-Jan-26 07:19:15 GMT', 30_000],
	['Mon Jan 19 07:19:15 2026', 30_000],
	[undefined, undefined],
	['', undefined],
	[' ', undefined],
	['-5', undefined],
	['1.5', undefined],
	['1e9', undefined],
	['1e308', undefined],
	['+30', undefined],
	['30s', undefined],
	['٣٠', undefined],
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
	expect(retryAfterMs({ 'retry-after': value }, NOW)).toBe(wait);
});

test('whatever a server sends, the wait is undefined or from nothing to a quarter of an hour', () => {
	const value = fc.oneof(
		fc.string(),
		fc.bigInt().map(String),
		fc.double().map(String),
		fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
	);
	fc.assert(
		fc.property(value, (text) => {
			const wait = retryAfterMs({ 'retry-after': text }, NOW);
			if (wait === undefined) return;
			expect(wait).toBeGreaterThanOrEqual(0);
			expect(wait).toBeLessThanOrEqual(LONGEST_WISH_MS);
		}),
	);
});

describe('a date is counted from the clock that wrote it', () => {
	const hours = (count: number) => new Date(NOW + count * 3_600_000).toUTCString();
	const inHalfAMinute = (count: number) => new Date(NOW + count * 3_600_000 + 30_000).toUTCString();

	test.each([-24, -1, 0, 1, 24])('AIR’s clock differs from ours by %d h', (count) => {
		const headers = { date: hours(count), 'retry-after': inHalfAMinute(count) };
		expect(retryAfterMs(headers, NOW)).toBe(30_000);
	});

	test.each([undefined, '', 'today', '2026-01-19'])('an answer with the Date %j: ours', (date) => {
		expect(retryAfterMs({ date, 'retry-after': inHalfAMinute(0) }, NOW)).toBe(30_000);
	});

	test('seconds are seconds, whatever the Date', () => {
		expect(retryAfterMs({ date: hours(24), 'retry-after': '30' }, NOW)).toBe(30_000);
	});
});
