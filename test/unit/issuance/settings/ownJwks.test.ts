import { ownJwks } from '../../../../issuance/settings/ownJwks';
import { readSettings } from '../../../../issuance/settings/settings';
import { makeKey } from '../../../support/keys';
import { airErrorOf } from '../support';

const [current, next] = [makeKey(), makeKey('RS256')];
const given = { partnerId: 'partner-1', privateKey: current.pem };
const of = async (furtherPublicJwks: string) =>
	ownJwks(await readSettings({ ...given, furtherPublicJwks }));

test('the key of the credential alone, without its private half', async () => {
	expect(await of('')).toEqual({ keys: [current.jwk('partner-1')] });
});

test('the key of the credential first, then the further ones', async () => {
	const { keys } = await of(JSON.stringify(next.jwk('next')));
	expect(keys).toEqual([current.jwk('partner-1'), next.jwk('next')]);
});

test('a whole JWKS with the own key in it names that key once', async () => {
	const { keys } = await of(JSON.stringify({ keys: [next.jwk('n'), current.jwk('partner-1')] }));
	expect(keys).toEqual([current.jwk('partner-1'), next.jwk('n')]);
});

test('another key under the same kid is refused', async () => {
	const error = await airErrorOf(() => of(JSON.stringify(next.jwk('partner-1'))));
	expect(error.code).toBe('AIR_PUBLIC_KEY_KID_TWICE');
});
