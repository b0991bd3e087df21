import { revokeCredentials, type RevokeWhat } from '../../../../issuance/direct/revokeCredentials';
import { issuedDirectly, VCT as MEMBER } from '../../../support/issuedDirectly';
import { airErrorOf } from '../support';
import { usePartner, VCT } from './support';

const partner = usePartner();
const BY = { instance: 'n8n', workflowId: 'w', executionId: '9' };
const ADA = 'ada@example.com';

const realm = () => `${partner().rig.emulator.baseUrl} 954fe820-050d-49fb-b22e-884922aa6cef`;

async function where() {
	const [row] = await partner().ledger.list({ limit: 1 });
	return { ledger: partner().ledger, realm: row?.realm ?? realm() };
}
const revoke = async (what: RevokeWhat, note = 'left') =>
	await revokeCredentials(await where(), { what, by: BY, note });
const ofAda = { by: 'person', recipient: ADA, vct: VCT } as const;

const control = () => partner().rig.emulator.control;

describe('revoking', () => {
	test('by external ID: says when verifiers know', async () => {
		const { externalId, revocationNumber } = await partner().issue('1', { revocable: 'list' });
		const [told] = await revoke({ by: 'externalId', externalId: externalId ?? '' });
		expect(told).toMatchObject({
			outcome: 'revoked',
			email: ADA,
			vct: VCT,
			externalId,
			revocationNumber,
			statusList: expect.stringMatching(/^[\w-]{16}$/) as string,
		});
		const wait = Date.parse(told?.verifiersKnowBy ?? '') - Date.parse(told?.revokedAt ?? '');
		expect(wait).toBe(3_600_000);
		const again = await revoke({ by: 'externalId', externalId: externalId ?? '' });
		expect(again).toMatchObject([{ outcome: 'alreadyRevoked', revokedAt: told?.revokedAt }]);
	});

	test('by event ID, and by number when the person was erased', async () => {
		await partner().issue('1');
		expect(await revoke({ by: 'event', eventId: '1', vct: undefined })).toMatchObject([
			{ outcome: 'revoked', statusList: null, verifiersKnowBy: null },
		]);
		const { revocationNumber } = await partner().issue('2');
		const at = await where();
		await partner().ledger.forget(ADA);
		const what = { by: 'number', number: revocationNumber ?? '' } as const;
		expect(await revokeCredentials(at, { what, by: BY, note: '' })).toMatchObject([
			{ outcome: 'revoked', email: null, externalId: null, revocationNumber },
		]);
	});

	test('by person and type: all that they hold, and nothing where they hold none', async () => {
		await partner().issue('1');
		await partner().issue('2');
		await partner().issue('3', { recipient: 'bob@example.com' });
		expect(await revoke(ofAda)).toMatchObject([{ outcome: 'revoked' }, { outcome: 'revoked' }]);
		expect(await revoke(ofAda)).toEqual([]);
		expect(await partner().ledger.totals()).toEqual({ revoked: 2, stored: 1 });
	});

	test('by person and type: beyond a thousand rows', async () => {
		const { ledger } = partner();
		await partner().issue('first', { recipient: 'first@example.com' });
		const at = await where();
		const MANY = 1_050;
		for (let begun = 0; begun < MANY; begun += 50) {
			const some = Array.from({ length: 50 }, (_, index) => begun + index + 1);
			await Promise.all(
				some.map(async (number) => {
					await issuedDirectly(ledger, number, 'number', { realm: at.realm });
				}),
			);
		}
		expect(await ledger.totals()).toEqual({ stored: MANY + 1 });
		expect(await revoke({ by: 'person', recipient: ADA, vct: MEMBER })).toHaveLength(MANY);
		expect(await ledger.totals()).toEqual({ stored: 1, revoked: MANY });
	});

	test('a person does not hold what has expired; by its ID, it is reported', async () => {
		const { externalId } = await partner().issue('1');
		const { ledger, realm: own } = await where();
		const [row] = await ledger.list({ limit: 1 });
		if (row === undefined) throw new Error('no row');
		const late = {
			ledger: {
				page: ledger.page.bind(ledger),
				revoke: async () => await Promise.resolve({ outcome: 'expired', row } as const),
			},
			realm: own,
		};
		expect(await revokeCredentials(late, { what: ofAda, by: BY, note: '' })).toEqual([]);
		const what = { by: 'externalId', externalId: externalId ?? '' } as const;
		expect(await revokeCredentials(late, { what, by: BY, note: '' })).toMatchObject([
			{ outcome: 'expired', externalId },
		]);
	});

	test('what may have been stored is revoked, too, and is sent no more', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		control().injectFault({ kind: 'answer', operation: 'store', status: 500, times: 9 });
		expect((await airErrorOf(() => partner().issue('1'))).kind).toBe('outcome-unknown');
		control().clearFaults();
		expect(await revoke(ofAda)).toMatchObject([{ outcome: 'revoked' }]);
		const before = partner().bodies().length;
		expect(await partner().issue('1')).toMatchObject({
			outcome: 'alreadyIssued',
			state: 'revoked',
		});
		expect(partner().bodies()).toHaveLength(before);
	});

	test('so is what somebody wants sent again; what AIR refused is passed over', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		await airErrorOf(() => partner().issue('0', { schemaId: 'SOMEBODY-ELSES' }));
		control().injectFault({ kind: 'reset', operation: 'store', afterWork: true, times: 4 });
		await airErrorOf(() => partner().issue('1'));
		const seen = await partner().row('1');
		if (seen === undefined) throw new Error('no row');
		const { ledger, realm: own } = await where();
		const as = { outcome: 'send-again' } as const;
		await ledger.settle({ realm: own, issuanceId: seen.id, seen, as, by: BY, note: 'who knows' });
		expect(await revoke(ofAda)).toMatchObject([
			{ outcome: 'revoked', externalId: seen.externalId },
		]);
		expect((await control().wallet()).length).toBe(2);
		expect(await ledger.numberStatus(own, seen.revocationNumber ?? '')).toBe('revoked');
	}, 30_000);

	test.each<[string, RevokeWhat]>([
		['an external ID', { by: 'externalId', externalId: 'urn:uuid:none' }],
		['an event ID', { by: 'event', eventId: 'none', vct: undefined }],
		['a number', { by: 'number', number: '1' }],
	])('%s that the ledger does not know is an error', async (_, what) => {
		await partner().issue('1');
		expect((await airErrorOf(() => revoke(what))).code).toBe('AIR_REVOKE_MISSING');
		expect((await airErrorOf(() => revoke(ofAda, 'x'.repeat(1_001)))).code).toBe(
			'AIR_SETTING_INVALID',
		);
		expect(await partner().ledger.totals()).toEqual({ stored: 1 });
	});

	test('what was issued with Revocable off cannot be revoked, and says so', async () => {
		const { externalId = '' } = await partner().issue('1', { revocable: 'off' });
		const error = await airErrorOf(() => revoke({ by: 'externalId', externalId }));
		expect(error.code).toBe('AIR_REVOKE_NOT_KEPT');
		expect(await partner().ledger.totals()).toEqual({ stored: 1 });
	});

	test('what cannot be revoked keeps nothing else from being revoked, and is told after that', async () => {
		await partner().issue('1');
		await partner().issue('2', { revocable: 'off' });
		await partner().issue('3');
		const error = await airErrorOf(() => revoke(ofAda));
		expect(error.code).toBe('AIR_REVOKE_NOT_KEPT');
		expect(await partner().ledger.totals()).toEqual({ revoked: 2, stored: 1 });
	});

	test('of an event, what AIR refused is passed over where another type was stored', async () => {
		await partner().issue('1');
		const refused = { vct: 'member', schemaId: 'SOMEBODY-ELSES' };
		await airErrorOf(() => partner().issue('1', refused));
		const what = { by: 'event', eventId: '1', vct: undefined } as const;
		expect(await revoke(what)).toMatchObject([{ outcome: 'revoked', vct: VCT }]);
		const error = await airErrorOf(() => revoke({ ...what, vct: 'member' }));
		expect(error.code).toBe('AIR_REVOKE_NEVER_STORED');
	});

	test('content that was revoked does not come back by a late repeat', async () => {
		const how = { mode: { mode: 'content', rememberHours: 24 } } as const;
		await partner().issue('', {}, how);
		await revoke(ofAda);
		const error = await airErrorOf(() => partner().issue('', {}, how));
		expect(error.code).toBe('AIR_ISSUED_NOT_STANDING');
	});
});

describe('with the ledger off', () => {
	test.each([
		[{ revocable: 'list' }, 'Revocable is Status List'],
		[{ revocable: 'number' }, 'Revocable is Revocation Number'],
		[{ ifHeld: 'reissue' }, 'If the Person Has One is Reissue'],
	] as const)('%j is refused by name, before an account is made', async (changes, name) => {
		const error = await airErrorOf(() => partner().issue('1', changes, { ledger: 'off' }));
		expect(error).toMatchObject({ code: 'AIR_DIRECT_NEEDS_LEDGER' });
		expect(error.message).toContain(name);
		expect(partner().accounts()).toBe(0);
	});
});
