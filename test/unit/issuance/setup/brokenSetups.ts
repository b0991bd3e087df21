import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { signStatusList, STATUS_LIST_TYPE } from '../../../../air/direct/statusList';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import type { Ledger } from '../../../../ledger/Ledger';
import { PARTNER_ID, type TestAir } from '../../../engine/air';
import { makeKey } from '../../../support/keys';
import { issuedDirectly } from '../../../support/issuedDirectly';
import type { IssuerHost } from '../../../support/issuerHost';

/** What a person got wrong, and the check that has to say so. */
export interface BrokenSetup {
	/** For the documentation. */
	readonly mistake: string;
	readonly check: string;
	readonly status: 'warn' | 'fail';
	/** Breaks it, and gives the fields of the credential that are wrong. */
	readonly arrange: (
		air: TestAir,
		/** Serves a JWKS somewhere else, with these headers. */
		serve: (body: string, status?: number, headers?: Record<string, string>) => Promise<string>,
		/** Has published what an issuer publishes. */
		issuer: IssuerHost,
		/** Issues into the embedded ledger, which is empty. */
		fill: (work: (ledger: Ledger) => Promise<unknown>) => Promise<void>,
	) => Promise<ICredentialDataDecryptedObject> | ICredentialDataDecryptedObject;
	readonly ownAddress?: string;
	readonly accountAddress?: string;
}

const privateJwk = (pem: string) => createPrivateKey(pem).export({ format: 'jwk' });
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

/** AIR fetches another JWKS than before. */
function register({ emulator }: TestAir, jwksUrl: string): { jwksUrl: string } {
	const [partner] = emulator.control.overview().partners;
	if (partner === undefined) throw new Error('no partner');
	emulator.control.registerPartner({
		partnerId: partner.partnerId,
		programs: partner.programs,
		jwksUrl,
	});
	return { jwksUrl };
}

/** An issuer who publishes as in this page, and issues directly only. */
const direct = ({ emulator }: TestAir, { did }: IssuerHost) => ({
	...{ directIssuer: did, accountUrl: emulator.accountUrl, issuerDid: '' },
});

/** Changes did.json. */
function changeDid({ pages }: IssuerHost, change: (did: Record<string, unknown>) => unknown) {
	const page = pages.get('/.well-known/did.json');
	if (page !== undefined) change(page.body as Record<string, unknown>);
}

export const LIST = 'AAAAAAAAAAAAAAAA';
/** So few, so that a list is quickly full. */
const SIZE = 64;

/**
 * A credential with a place in the list was issued, and the list is published, as they are by the
 * package; or as the changes say.
 */
export async function withList(
	air: TestAir,
	issuer: IssuerHost,
	fill: Parameters<BrokenSetup['arrange']>[3],
	{ type = STATUS_LIST_TYPE, key = air.key, size = SIZE, revoked = false } = {},
): Promise<ICredentialDataDecryptedObject> {
	const realm = `${air.emulator.baseUrl} ${PARTNER_ID}`;
	const own = await importPrivateKey(air.key.pem);
	await fill(async (ledger) => {
		await ledger.openList(realm, { id: LIST, size: SIZE });
		const { thumbprint: keyThumbprint } = own;
		const publicJwk = JSON.stringify(publicJwkOf(own, PARTNER_ID));
		const signedBy = { realm, keyThumbprint, kid: PARTNER_ID, publicJwk };
		await issuedDirectly(ledger, 1, { list: LIST, index: 40 }, signedBy);
		const by = { instance: '', workflowId: '', executionId: '' };
		if (revoked) await ledger.revoke({ realm, target: { number: '1' }, by, note: null });
	});
	const token = await signStatusList(
		{
			...{ issuer: webIssuer(issuer.did), issuerAs: 'did' as const, kid: PARTNER_ID },
			...{ uri: `${issuer.origin}/status-lists/${LIST}`, size, revoked: [] },
			key: await importPrivateKey(key.pem),
		},
		Date.now(),
	);
	issuer.pages.set(`/status-lists/${LIST}`, { body: token, type });
	return { ...direct(air, issuer), ledger: 'embedded' };
}

/** A credential lives that another key has signed, for a year. @returns its public half */
export async function oldKey(
	air: TestAir,
	fill: Parameters<BrokenSetup['arrange']>[3],
	kid = 'old',
): Promise<Record<string, unknown>> {
	const jwk = makeKey().jwk(kid);
	const realm = `${air.emulator.baseUrl} ${PARTNER_ID}`;
	const signedBy = { realm, kid, publicJwk: JSON.stringify(jwk) };
	await fill(async (ledger) => await issuedDirectly(ledger, 1, 'number', signedBy));
	return jwk;
}

/** At least one for each check (docs/internals/setup-mistakes.md). */
export const BROKEN_SETUPS: readonly BrokenSetup[] = [
	{
		mistake: 'The partner ID was forgotten',
		check: 'settings',
		status: 'fail',
		arrange: () => ({ partnerId: '' }),
	},
	{
		mistake: 'The END line of the key was lost while copying',
		check: 'privateKey',
		status: 'fail',
		arrange: ({ key }) => ({ privateKey: key.pem.replace(/-----END[\s\S]*$/, '') }),
	},
	{
		mistake: 'An RSA key of 1024 bits',
		check: 'privateKey',
		status: 'fail',
		arrange: () => {
			const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
			return { privateKey: privateKey.export(pkcs8).toString() };
		},
	},
	{
		mistake: 'The key of a wallet (secp256k1)',
		check: 'algorithm',
		status: 'fail',
		arrange: () => {
			const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
			return { privateKey: privateKey.export(pkcs8).toString() };
		},
	},
	{
		mistake: 'The JWKS URL was pasted into Key ID',
		check: 'keyId',
		status: 'fail',
		arrange: ({ jwks }) => ({ kid: jwks.url }),
	},
	{
		mistake: 'A private key was pasted into Further Public Keys',
		check: 'furtherPublicKeys',
		status: 'fail',
		arrange: () => ({ furtherPublicJwks: makeKey().pem }),
	},
	{
		mistake: 'The issuer DID was forgotten',
		check: 'issuerDid',
		status: 'fail',
		arrange: () => ({ issuerDid: '' }),
	},
	{
		mistake: 'The partner ID was pasted into Issuer DID',
		check: 'issuerDid',
		status: 'fail',
		arrange: () => ({ issuerDid: PARTNER_ID }),
	},
	{
		mistake: 'The host of direct issuance was written with http',
		check: 'directIssuer',
		status: 'fail',
		arrange: () => ({ directIssuer: 'http://issuer.example.com' }),
	},
	{
		mistake: 'Direct issuance at a custom address, and no Account URL',
		check: 'directIssuer',
		status: 'fail',
		arrange: () => ({ directIssuer: 'issuer.example.com', accountUrl: '' }),
	},
	{
		mistake: 'Direct issuance with a Key ID that cannot be part of a DID',
		check: 'directIssuer',
		status: 'fail',
		arrange: ({ key, jwks }) => {
			jwks.keys = [key.jwk('my key')];
			return { directIssuer: 'issuer.example.com', kid: 'my key', accountUrl: 'https://a.example' };
		},
	},
	{
		mistake: 'The base URL is incomplete',
		check: 'baseUrl',
		status: 'fail',
		arrange: () => ({ baseUrl: 'api.sandbox.mocachain.org' }),
	},
	{
		mistake: 'The JWKS URL was forgotten',
		check: 'jwksUrl',
		status: 'warn',
		arrange: () => ({ jwksUrl: '' }),
	},
	{
		mistake: 'The JWKS URL has no host',
		check: 'jwksUrl',
		status: 'fail',
		arrange: () => ({ jwksUrl: '/.well-known/jwks.json', kid: 'unknown' }),
	},
	{
		mistake: 'The JWKS URL is http, without the s',
		check: 'jwksPublic',
		status: 'fail',
		arrange: () => ({ jwksUrl: 'http://jwks.invalid/jwks.json', kid: 'unknown' }),
	},
	{
		mistake: 'The JWKS is on localhost',
		check: 'jwksPublic',
		status: 'warn',
		arrange: () => ({}),
	},
	{
		mistake: 'The JWKS URL was mistyped',
		check: 'jwksReachable',
		status: 'fail',
		arrange: async (air, serve) => register(air, await serve('not here', 404)),
	},
	{
		mistake: 'Only this network reaches the JWKS, AIR does not',
		check: 'jwksReachable',
		status: 'warn',
		arrange: ({ emulator }) => {
			emulator.control.injectFault({ kind: 'reset', operation: 'jwks', times: null });
			return {};
		},
	},
	{
		mistake: 'A login page stands before the JWKS',
		check: 'jwksJson',
		status: 'fail',
		arrange: async (air, serve) => register(air, await serve('<html>Please log in</html>')),
	},
	{
		mistake: 'The official template, which publishes the private key',
		check: 'jwksPrivateMembers',
		status: 'fail',
		arrange: ({ jwks, key }) => {
			// AIR's official template does exportJWK(privateKey), spread into keys[0].
			jwks.keys = [{ ...privateJwk(key.pem), kid: PARTNER_ID, use: 'sig', alg: 'ES256' }];
			return {};
		},
	},
	{
		mistake: 'The kid in the JWKS is another one',
		check: 'jwksKeyId',
		status: 'fail',
		arrange: ({ jwks, key }) => {
			jwks.keys = [key.jwk('my-key')];
			return {};
		},
	},
	{
		mistake: 'Old and new key have the same kid',
		check: 'jwksKeyId',
		status: 'fail',
		arrange: ({ jwks, key }) => {
			jwks.keys = [makeKey().jwk(PARTNER_ID), key.jwk(PARTNER_ID)];
			return {};
		},
	},
	{
		mistake: 'The JWKS was made of another key pair',
		check: 'jwksSameKey',
		status: 'fail',
		arrange: ({ jwks }) => {
			jwks.keys = [makeKey().jwk(PARTNER_ID)];
			return {};
		},
	},
	{
		mistake: 'The JWKS writes the numbers of the key as padded base64',
		check: 'jwksSameKey',
		status: 'warn',
		arrange: ({ jwks, key }) => {
			const { x, y, ...rest } = key.jwk(PARTNER_ID);
			const padded = (text: unknown) => Buffer.from(String(text), 'base64url').toString('base64');
			jwks.keys = [{ ...rest, x: padded(x), y: padded(y) }];
			return {};
		},
	},
	{
		mistake: 'A part of the key was lost while copying it into the JWKS',
		check: 'jwksSameKey',
		status: 'fail',
		arrange: ({ jwks, key }) => {
			const { y, ...rest } = key.jwk(PARTNER_ID);
			jwks.keys = [{ ...rest, y: String(y).slice(0, 20) }];
			return {};
		},
	},
	{
		mistake: 'Somebody added a key of their own to the JWKS',
		check: 'jwksKnownKeys',
		status: 'warn',
		arrange: ({ jwks, key }) => {
			jwks.keys = [key.jwk(PARTNER_ID), makeKey().jwk('somebody')];
			return {};
		},
	},
	{
		mistake: 'The JWKS names another algorithm than the key has',
		check: 'jwksPurpose',
		status: 'fail',
		arrange: ({ jwks, key }) => {
			jwks.keys = [{ ...key.jwk(PARTNER_ID), alg: 'RS256' }];
			return {};
		},
	},
	{
		mistake: 'The JWKS says nothing about algorithm and use',
		check: 'jwksPurpose',
		status: 'warn',
		arrange: ({ jwks, key }) => {
			jwks.keys = [{ ...key.jwk(PARTNER_ID), alg: undefined, use: undefined }];
			return {};
		},
	},
	{
		mistake: 'The JWKS may be cached for a week',
		check: 'jwksCache',
		status: 'warn',
		arrange: async (air, serve) => {
			const body = JSON.stringify({ keys: [air.key.jwk(PARTNER_ID)] });
			return register(air, await serve(body, 200, { 'cache-control': 'max-age=604800' }));
		},
	},
	{
		mistake: 'The clock of the machine is an hour slow',
		check: 'clock',
		status: 'fail',
		arrange: ({ emulator }) => {
			emulator.control.setTime({ jwtSkewMs: 3_600_000 });
			return {};
		},
	},
	{
		mistake: 'The JWKS URL was never registered with AIR',
		check: 'airAccepts',
		status: 'fail',
		arrange: ({ emulator }) => {
			emulator.control.registerPartner({ partnerId: PARTNER_ID });
			return {};
		},
	},
	{
		mistake: 'Issue on Behalf is not enabled',
		check: 'issueOnBehalf',
		status: 'fail',
		ownAddress: 'me@example.com',
		arrange: ({ emulator }) => {
			emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
			return {};
		},
	},
	{
		mistake: 'Something in front of AIR refuses the request',
		check: 'issueOnBehalf',
		status: 'warn',
		ownAddress: 'me@example.com',
		arrange: ({ emulator }) => {
			const body = { type: 'html', title: 'Forbidden' } as const;
			emulator.control.injectFault({ kind: 'answer', operation: 'issue', status: 403, body });
			return {};
		},
	},
	{
		mistake: 'did.json was not published',
		check: 'directReachable',
		status: 'fail',
		arrange: (air, _serve, issuer) => {
			issuer.pages.delete('/.well-known/did.json');
			return direct(air, issuer);
		},
	},
	{
		mistake: 'The issuer is in a private network',
		check: 'directReachable',
		status: 'warn',
		arrange: (air, _serve, issuer) => direct(air, issuer),
	},
	{
		mistake: 'did.json is served as bytes, as some places for static files do',
		check: 'directType',
		status: 'fail',
		arrange: (air, _serve, issuer) => {
			const page = issuer.pages.get('/.well-known/did.json');
			if (page !== undefined) page.type = 'application/octet-stream';
			return direct(air, issuer);
		},
	},
	{
		mistake: 'did.json was made for another host',
		check: 'directDid',
		status: 'fail',
		arrange: (air, _serve, issuer) => {
			changeDid(issuer, (did) => (did.id = 'did:web:www.example.com'));
			return direct(air, issuer);
		},
	},
	{
		mistake: 'The private key was put into did.json',
		check: 'directPrivateMembers',
		status: 'fail',
		arrange: (air, _serve, issuer) => {
			const privateKeyJwk = privateJwk(air.key.pem);
			changeDid(issuer, (did) => (did.verificationMethod = [{ id: '#key', privateKeyJwk }]));
			return direct(air, issuer);
		},
	},
	{
		mistake: 'did.json was not made again for the new key',
		check: 'directKey',
		status: 'fail',
		arrange: (air, _serve, issuer) => {
			changeDid(issuer, (did) => (did.verificationMethod = []));
			return direct(air, issuer);
		},
	},
	{
		mistake: 'The old key was taken out of did.json during a change of the key',
		check: 'directFurtherKeys',
		status: 'warn',
		arrange: (air, _serve, issuer) => ({
			...direct(air, issuer),
			furtherPublicJwks: JSON.stringify(makeKey().jwk('old')),
		}),
	},
	{
		mistake: 'n8n serves did.json, and nobody jwt-vc-issuer',
		check: 'directVcIssuer',
		status: 'warn',
		arrange: (air, _serve, issuer) => {
			issuer.pages.delete('/.well-known/jwt-vc-issuer');
			return direct(air, issuer);
		},
	},
	{
		mistake: 'The status list was not published',
		check: 'directList',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) => {
			const credential = await withList(air, issuer, fill);
			issuer.pages.delete(`/status-lists/${LIST}`);
			return credential;
		},
	},
	{
		mistake: 'The status list is served as text',
		check: 'directListType',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) =>
			await withList(air, issuer, fill, { type: 'text/plain; charset=utf-8' }),
	},
	{
		mistake: 'The status list was signed by another key pair',
		check: 'directListSigned',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) =>
			await withList(air, issuer, fill, { key: makeKey() }),
	},
	{
		mistake: 'The status list is that of another ledger, which is smaller',
		check: 'directListPlaces',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) => await withList(air, issuer, fill, { size: 32 }),
	},
	{
		mistake: 'The status list was not published again after a revocation',
		check: 'directListPlaces',
		status: 'warn',
		arrange: async (air, _serve, issuer, fill) =>
			await withList(air, issuer, fill, { revoked: true }),
	},
	{
		mistake: 'The old key is published no more, and what it signed lives',
		check: 'directLiveKeys',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) => {
			await oldKey(air, fill);
			return { ...direct(air, issuer), ledger: 'embedded' };
		},
	},
	{
		mistake: 'The old key was taken out of the credential, and what it signed lives',
		check: 'directLiveKeys',
		status: 'warn',
		arrange: async (air, _serve, issuer, fill) => {
			issuer.publish(air.key.jwk(PARTNER_ID), await oldKey(air, fill));
			return { ...direct(air, issuer), ledger: 'embedded' };
		},
	},
	{
		mistake: 'The private key was changed, and Key ID was not; what the old key signed lives',
		check: 'directLiveKeys',
		status: 'fail',
		arrange: async (air, _serve, issuer, fill) => {
			await oldKey(air, fill, PARTNER_ID);
			return { ...direct(air, issuer), ledger: 'embedded' };
		},
	},
	{
		mistake: 'Account URL is the base URL',
		check: 'directAccountHost',
		status: 'fail',
		accountAddress: 'me@example.com',
		arrange: (air, _serve, issuer) => ({
			...direct(air, issuer),
			accountUrl: new URL(air.emulator.baseUrl).origin,
		}),
	},
];
