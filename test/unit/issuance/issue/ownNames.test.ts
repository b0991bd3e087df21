import { describeStatus } from '../../../../issuance/status/getStatus';
import { withoutOwnNames } from '../../../../issuance/issue/ownNames';

test('members of AIR that are called like ours have another name', () => {
	const answer = { coreClaimHash: 'a', outcome: 'x', error: 'none', message: 'ok', note: 1 };
	expect(withoutOwnNames(answer)).toEqual({
		coreClaimHash: 'a',
		note: 1,
		airOutcome: 'x',
		airError: 'none',
		airMessage: 'ok',
	});
});

test('no two members come together under one name', () => {
	const answer = { error: 1, airError: 2, airAirError: 3 };
	expect(withoutOwnNames(answer)).toEqual({ airError: 2, airAirError: 3, airAirAirError: 1 });
});

test('what AIR documents under that name stays', () => {
	expect(withoutOwnNames({ issuerDid: 'did:a' }, ['issuerDid'])).toEqual({ issuerDid: 'did:a' });
});

test('what an answer calls constructor or __proto__ is passed on and changes nothing else', () => {
	const answer = JSON.parse('{"__proto__":{"outcome":"x"},"constructor":1,"state":"y"}') as object;
	const named = withoutOwnNames(answer);
	expect(JSON.stringify(named)).toBe(
		'{"__proto__":{"outcome":"x"},"constructor":1,"airState":"y"}',
	);
	expect(Object.getPrototypeOf(named)).toBe(Object.prototype);
});

test('a status says what it means last, and keeps what AIR called so', () => {
	const answer = { vcStatus: 'REMOVE', state: 'confirmed', onChain: true, issuanceDateIso: 'z' };
	expect(describeStatus({ ...answer, issuerDid: 'did:a', email: 'eve@example.com' })).toEqual({
		vcStatus: 'REMOVE',
		issuerDid: 'did:a',
		airState: 'confirmed',
		airOnChain: true,
		airIssuanceDateIso: 'z',
		airEmail: 'eve@example.com',
		state: 'unusable',
		onChain: false,
	});
});
