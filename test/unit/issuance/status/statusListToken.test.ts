import { webIssuer } from '../../../../air/direct/webIssuer';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { statusListToken, type ListForm } from '../../../../issuance/status/statusListToken';
import { makeKey } from '../../../support/keys';

const LIST = { id: 'A'.repeat(16), size: 64, revoked: [0, 63], changedAt: 0, doubtful: false };

/** The list as it is served at two times. */
async function twice(form: ListForm, first: number, second: number) {
	const key = await importPrivateKey(makeKey().pem);
	const signer = {
		issuer: webIssuer('did:web:issuer.example.com'),
		issuerAs: 'did' as const,
		kid: 'k1',
		key,
		statusListUrl: 'https://issuer.example.com/status-lists',
	};
	return [
		await statusListToken(signer, LIST, form, first),
		await statusListToken(signer, LIST, form, second),
	];
}

test.each(['live', 'bare'] as const)(
	'a %s list that has not changed is the same some seconds later: caches keep it, and nobody signs',
	async (form) => {
		const noon = Date.UTC(2026, 10, 2, 12);
		const [one, two] = await twice(form, noon + 1_000, noon + 9_000);
		expect(two).toEqual(one);
	},
);

test('a file is dated when it is made: it expires so many days after that', async () => {
	const form = { file: { lifetimeSeconds: 86_400 } };
	const [one, two] = await twice(form, 1_000_000, 9_000_000);
	expect(two).not.toEqual(one);
});
