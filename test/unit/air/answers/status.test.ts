import fc from 'fast-check';
import { isFinal, isoDate, issuanceState } from '../../../../air/answers/status';

test.each([
	['WAIT_ONCHAIN', 'pending', false],
	['ONCHAIN', 'confirmed', true],
	['EXPIRE', 'unusable', true],
	['WAIT_REMOVE', 'unusable', true],
	['REMOVE', 'unusable', true],
	['NO_EXIST', 'unusable', true],
	// Words of other surfaces, of a partner's wrong guess, and of nobody.
	...[
		'NON_COMPLIANT',
		'Compliant',
		'Non-Compliant',
		'Pending',
		'Revoking',
		'Revoked',
		'Expired',
		'NotFound',
		'NOT_SEND',
		'PENDING',
		'delivered',
		'issued',
		'completed',
		'success',
		'done',
		'revoked',
		'FAILED',
		'REJECTED',
		'onchain',
		' ONCHAIN',
		'',
		'__proto__',
		'constructor',
		'toString',
		'hasOwnProperty',
	].map((word) => [word, 'unknown', false] as const),
] as const)('%j is %s', (word, state, final) => {
	expect(issuanceState(word)).toBe(state);
	expect(isFinal(issuanceState(word))).toBe(final);
});

describe('isoDate', () => {
	test.each([
		['2026-01-19 07:18:45', '2026-01-19T07:18:45.000Z'],
		['2026-01-19T07:18:45', '2026-01-19T07:18:45.000Z'],
		['2026-01-19T07:18:45Z', '2026-01-19T07:18:45.000Z'],
		['2026-01-19 07:18:45.5', '2026-01-19T07:18:45.500Z'],
		['2026-01-19T07:18:45.123456Z', '2026-01-19T07:18:45.123Z'],
		['2026-01-19T07:18:45+02:00', '2026-01-19T05:18:45.000Z'],
		['2026-01-19T07:18:45+0200', '2026-01-19T05:18:45.000Z'],
		['2026-01-19T07:18:45-05:30', '2026-01-19T12:48:45.000Z'],
		['2026-01-19', '2026-01-19T00:00:00.000Z'],
		['  2026-01-19 07:18:45\n', '2026-01-19T07:18:45.000Z'],
		['2024-02-29 00:00:00', '2024-02-29T00:00:00.000Z'],
		['2023-02-29 00:00:00', undefined],
		['2026-02-30 00:00:00', undefined],
		['2026-04-31', undefined],
		['2026-13-01', undefined],
		['2026-00-10', undefined],
		['2026-01-00', undefined],
		['2026-01-19 25:00:00', undefined],
		['2026-01-19 07:60:00', undefined],
		['2026-01-19 07:18', undefined],
		['19.01.2026', undefined],
		['01/19/2026', undefined],
		['1768807125', undefined],
		['soon', undefined],
		['', undefined],
		['2026-01-19 07:18:45 and more', undefined],
	])('%j', (text, iso) => {
		expect(isoDate(text)).toBe(iso);
	});

	test('every moment, as AIR writes it, comes back', () => {
		const moment = fc.date({
			noInvalidDate: true,
			min: new Date('1970-01-01'),
			max: new Date('9999-12-31T23:59:59Z'),
		});
		fc.assert(
			fc.property(moment, (date) => {
				const iso = date.toISOString();
				const air = iso.replace('T', ' ').replace(/\.\d+Z$/, '');
				expect(isoDate(air)).toBe(iso.replace(/\.\d+Z$/, '.000Z'));
			}),
		);
	});

	test('does not depend on the time zone of the machine', () => {
		const before = process.env.TZ;
		try {
			process.env.TZ = 'Pacific/Kiritimati';
			expect(isoDate('2026-01-19 07:18:45')).toBe('2026-01-19T07:18:45.000Z');
		} finally {
			if (before === undefined) delete process.env.TZ;
			else process.env.TZ = before;
		}
	});

	test('never throws', () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)),
				(text) => {
					const iso = isoDate(text);
					if (iso !== undefined) expect(Date.parse(iso)).not.toBeNaN();
				},
			),
		);
	});
});
