import { describeStatus } from '../../../../issuance/status/getStatus';

test('adds what the answer means, and changes nothing of it', () => {
	const answer = {
		coreClaimHash: 'hash',
		vcStatus: 'ONCHAIN',
		vcId: 'c28t30c048pe502a3713w0',
		issuanceDate: '2026-01-19 07:18:45',
		expirationDate: '2027-01-19 07:18:45',
		issuerDid: 'did:air:id:test:1',
		schemeId: '01KSTQK70XGFBT558HRHFB',
		cakDelivered: null,
	};
	expect(describeStatus(answer)).toEqual({
		...answer,
		issuanceDateIso: '2026-01-19T07:18:45.000Z',
		expirationDateIso: '2027-01-19T07:18:45.000Z',
		state: 'confirmed',
		onChain: true,
	});
});

test.each([
	['no dates', {}],
	['null', { issuanceDate: null, expirationDate: null }],
	['what is not a date', { issuanceDate: 'soon', expirationDate: '' }],
])('%s: no ISO dates are made up', (_what, dates) => {
	const described = describeStatus({ vcStatus: 'WAIT_ONCHAIN', ...dates });
	expect(described).toEqual({
		vcStatus: 'WAIT_ONCHAIN',
		...dates,
		state: 'pending',
		onChain: false,
	});
});

test('a field of AIR’s that is called like ours does not decide', () => {
	expect(describeStatus({ vcStatus: 'REMOVE', onChain: true, state: 'confirmed' })).toMatchObject({
		state: 'unusable',
		onChain: false,
	});
});
