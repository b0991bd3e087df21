import { generateKeyPairSync, createPrivateKey } from 'node:crypto';
import { openEnvelope } from '../../../emulator/direct/envelope';
import { didDocumentUrl } from '../../../emulator/direct/issuerKeys';
import {
	bodyOf,
	disclosure,
	KID,
	signed,
	startDirectRig,
	useDirectRig,
	type Draft,
} from './directSupport';
import { didDocument } from '../../support/issuerHost';
import { ADA, newSigner } from './support';

const rig = useDirectRig();
const control = () => rig().emulator.control;

const DID_JSON = '/.well-known/did.json';
const problemsOf = async (): Promise<string[]> => {
	const entries = await control().wallet();
	expect(entries).toHaveLength(1);
	expect(entries[0]?.valid).toBe(entries[0]?.problems.length === 0);
	return entries[0]?.problems ?? [];
};

test('the vector of an envelope that was computed twice opens', () => {
	const seed = Buffer.alloc(32, 0x11);
	const privateKey = createPrivateKey({
		key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), seed]),
		format: 'der',
		type: 'pkcs8',
	});
	const envelope = {
		data: 'AOYz1ySrj3gtbVJmrzaxMItK',
		iv: 'AAECAwQFBgcICQoL',
		authTag: 'dPl3bo/5MeVO4CTRqCJfVQ==',
		encryptedKey: 'MCowBQYDK2VuAyEAD6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyA=',
	};
	expect(openEnvelope(envelope, privateKey)).toBe('aaa.bbb.ccc~ddd~');
	const bits = (text: string): string[] =>
		[...Buffer.from(text, 'base64').keys()].map((index) => {
			const bytes = Buffer.from(text, 'base64');
			bytes[index] = (bytes[index] ?? 0) ^ 1;
			return bytes.toString('base64');
		});
	for (const name of ['data', 'iv', 'authTag', 'encryptedKey'] as const) {
		for (const changed of bits(envelope[name])) {
			expect(() => openEnvelope({ ...envelope, [name]: changed }, privateKey)).toThrow();
		}
	}
	const { privateKey: other } = generateKeyPairSync('x25519');
	expect(() => openEnvelope(envelope, other)).toThrow(/does not open/);
});

test.each<'ES256' | 'RS256'>(['ES256', 'RS256'])(
	'a wallet shows what was issued with %s, with everything disclosed',
	async (alg) => {
		const signer = newSigner(alg);
		rig().publish(signer);
		const account = await rig().initialize({ signer });
		expect(account.status).toBe(200);
		const claims = { level: 2, address: { city: 'Rome' }, tags: ['a', 'b'] };
		const draft = rig().draft({
			account: JSON.parse(account.text) as Draft['account'],
			signer,
			claims,
			open: { program: 'gold' },
		});
		expect((await rig().store(draft.body, { signer })).status).toBe(201);
		const response = await fetch(`${rig().emulator.controlUrl}/wallet?email=${ADA}`);
		const [entry] = (await response.json()) as Record<string, unknown>[];
		expect(entry).toMatchObject({
			externalId: draft.body.externalId,
			recipient: ADA,
			opened: true,
			valid: true,
			problems: [],
			compact: draft.compact,
			claims: { ...claims, program: 'gold', vct: 'kyc-level', iss: rig().issuer.did },
			disclosable: expect.arrayContaining(['level', 'address', 'tags']) as unknown,
		});
		expect(entry?.claims).not.toHaveProperty('_sd');
		expect(entry?.claims).not.toHaveProperty('_sd_alg');
		expect(await control().wallet('grace@example.com')).toEqual([]);
		expect(control().counts()).toMatchObject({ didFetches: 1, didFetchFailures: 0 });
	},
);

test('an HTTPS issuer with a bare kid is resolved by jwt-vc-issuer', async () => {
	const { origin } = rig().issuer;
	await rig().issue({ payload: { iss: origin }, header: { kid: KID } });
	expect(await problemsOf()).toEqual([]);
	rig().issuer.pages.set('/.well-known/jwt-vc-issuer', {
		type: 'application/json',
		body: { issuer: `${origin}/other`, jwks: { keys: [] } },
	});
	expect(await problemsOf()).toEqual(['the issuer of jwt-vc-issuer is another one']);
});

test('a bare kid of a DID is taken, as older credentials have it', async () => {
	await rig().issue({ header: { kid: KID } });
	expect(await problemsOf()).toEqual([]);
});

const now = Math.floor(Date.now() / 1000);

test.each<[string, Partial<Draft>, string]>([
	['typ', { header: { typ: 'JWT' } }, 'typ is not dc+sd-jwt'],
	[
		'kid',
		{ header: { kid: 'did:web:evil.example#key-1' } },
		'kid is a DID URL of another issuer, or none at all',
	],
	['sub', { payload: { sub: 'did:air:id:test:somebody' } }, 'sub is not the DID of the holder'],
	['vct', { payload: { vct: 'other' } }, 'vct is not the registered type name'],
	['no vct', { payload: { vct: undefined } }, 'it has no vct'],
	['id', { payload: { id: '7' } }, 'id is not a URN'],
	[
		'a number as nonce',
		{ payload: { nonce: 7 } },
		'nonce is not a decimal number of 63 bits, as text',
	],
	[
		'a nonce of 64 bits',
		{ payload: { nonce: '9223372036854775808' } },
		'nonce is not a decimal number of 63 bits, as text',
	],
	['iat', { payload: { iat: now + 600 } }, 'iat is missing or in the future'],
	['no exp', { payload: { exp: undefined } }, 'exp is missing'],
	['exp', { payload: { exp: now + 60 } }, 'expiresAt is not exp'],
	['exp in the past', { exp: now - 1 }, 'it has expired'],
	['no cnf', { payload: { cnf: undefined } }, 'cnf is not the signing key of the holder'],
	['nbf', { payload: { nbf: now + 600 } }, 'nbf is ahead'],
	[
		'status',
		{ payload: { status: { status_list: { idx: -1, uri: 'x' } } } },
		'status is not a reference to a status list',
	],
	[
		'a key binding key of somebody else',
		{ payload: { cnf: { jwk: newSigner().publicJwk } } },
		'cnf is not the signing key of the holder',
	],
	[
		'sub as a disclosure',
		{ payload: { sub: undefined }, claims: { sub: 'x' } },
		'sub must not be disclosable',
	],
	[
		'vct as a disclosure',
		{ payload: { vct: undefined }, claims: { vct: 'kyc-level' } },
		'vct must not be disclosable',
	],
	['_sd_alg', { payload: { _sd_alg: 'sha-512' } }, '_sd_alg is not sha-256'],
	['_sd', { payload: { _sd: 'x' } }, '_sd is not a list of digests'],
	['a disclosure without a digest', { payload: { _sd: [] } }, 'a disclosure belongs to no digest'],
	[
		'a claim twice',
		{ claims: { level: 1 }, open: { level: 2 } },
		'a claim is there twice, in the open and disclosed',
	],
	['"..." in the open', { open: { x: { '...': 'y' } } }, '"..." stands outside of a list'],
	['_sd of a claim', { open: { x: { _sd: 'y' } } }, '_sd is not a list of digests'],
])('a wrong %s shows in the wallet', async (_name, draft, problem) => {
	expect((await rig().issue(draft)).reply.status).toBe(201);
	expect(await problemsOf()).toContain(problem);
});

test('a key of somebody else, or claims changed after signing, do not verify', async () => {
	await rig().issue({ signer: newSigner() });
	expect(await problemsOf()).toEqual(['signature verification failed']);
	const account = await rig().account();
	const { compact, body } = rig().draft({ account });
	const [jwt = '', ...rest] = compact.split('~');
	const [head = '', payload = '', signature = ''] = jwt.split('.');
	const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
		string,
		unknown
	>;
	const forged = Buffer.from(JSON.stringify({ ...claims, isOver18: true })).toString('base64url');
	const exp = Number(claims.exp);
	await rig().store(
		bodyOf(account, [`${head}.${forged}.${signature}`, ...rest].join('~'), { exp }),
	);
	const [, entry] = await control().wallet();
	expect(entry?.problems).toEqual(['signature verification failed']);
	expect(body.externalId).toBeDefined();
});

test('an invented disclosure matches no digest; a decoy does no harm', async () => {
	const account = await rig().account();
	const exp = now + 86_400;
	const { compact } = rig().draft({
		account,
		exp,
		claims: {},
		payload: { _sd: [disclosure('x', 1).digest] },
	});
	await rig().store(bodyOf(account, compact, { exp }));
	expect(await problemsOf()).toEqual([]);
	await rig().store(bodyOf(account, `${compact}${disclosure('isOver18', true).text}~`, { exp }));
	const [, entry] = await control().wallet();
	expect(entry?.problems).toEqual(['a disclosure belongs to no digest']);
});

test('nested disclosures, and those of list members, are put in their places', async () => {
	const city = disclosure('city', 'Rome');
	const address = disclosure('address', { street: 'Via 1', _sd: [city.digest] });
	const tag = disclosure('red');
	const account = await rig().account();
	const exp = now + 86_400;
	const { compact } = rig().draft({
		account,
		exp,
		claims: {},
		open: { tags: ['blue', { '...': tag.digest }, { '...': disclosure('decoy').digest }] },
		payload: { _sd: [address.digest] },
	});
	await rig().store(
		bodyOf(account, `${compact}${[city, address, tag].map(({ text }) => text).join('~')}~`, {
			exp,
		}),
	);
	expect(await control().wallet()).toMatchObject([
		{
			valid: true,
			claims: { address: { street: 'Via 1', city: 'Rome' }, tags: ['blue', 'red'] },
			disclosable: expect.arrayContaining(['address', 'address.city', 'tags.1']) as unknown,
		},
	]);
});

test.each<[string, (compact: string) => { compact?: string; plain?: string }, string]>([
	['has no quotes', (compact) => ({ plain: compact }), 'the plaintext is not JSON'],
	[
		'is an object',
		(compact) => ({ plain: JSON.stringify({ compact }) }),
		'the plaintext is not a JSON string',
	],
	[
		'has a key binding JWT',
		(compact) => ({ compact: `${compact}a.b.c` }),
		'it does not end with ~: a key binding JWT has no place here',
	],
	[
		'is a plain JWT',
		(compact) => ({ compact: compact.split('~')[0] ?? '' }),
		'it has no ~: it is a plain JWT',
	],
	['is none', () => ({ compact: 'a.b~' }), 'the part before the first ~ is not a JWT'],
])('a plaintext that %s cannot be used', async (_name, change, problem) => {
	const account = await rig().account();
	const exp = now + 86_400;
	const { compact } = rig().draft({ account, exp });
	const changed = change(compact);
	const plain = changed.plain === undefined ? {} : { plain: changed.plain };
	await rig().store(bodyOf(account, changed.compact ?? compact, { exp, ...plain }));
	expect(await problemsOf()).toEqual([problem]);
});

test('an envelope for another holder never opens', async () => {
	const ada = await rig().account();
	const grace = await rig().account('grace@example.com');
	const { compact } = rig().draft({ account: ada });
	await rig().store({ ...bodyOf(grace, compact, { exp: now + 60 }), holderDid: ada.did });
	expect(await control().wallet(ADA)).toMatchObject([{ opened: false, valid: false }]);
});

test('without a signing key there must be no cnf', async () => {
	control().setAccount({ email: ADA, nulls: ['signingKey'] });
	await rig().issue();
	expect(await problemsOf()).toEqual([]);
	await rig().issue({ payload: { cnf: { jwk: newSigner().publicJwk } } });
	const [, entry] = await control().wallet();
	expect(entry?.problems).toEqual(['cnf is not the signing key of the holder']);
});

test('a credential grows old, and its holder can become another account', async () => {
	await rig().issue();
	control().setTime({ advanceMs: 2 * 86_400_000 });
	expect(await problemsOf()).toEqual(['it has expired']);
	control().setAccount({ email: ADA, replace: true });
	expect(await problemsOf()).toEqual(['the holder has another DID now']);
});

describe('did.json', () => {
	const change = (body: unknown, type = 'application/did+ld+json'): void => {
		rig().issuer.pages.set(DID_JSON, { body, type });
	};
	const document = () =>
		didDocument(rig().issuer.did, [{ ...rig().signer.publicJwk, kid: KID, alg: 'ES256' }]);

	test.each<[string, () => void, RegExp]>([
		['is not there', () => rig().issuer.pages.delete(DID_JSON), /did\.json: HTTP 404$/],
		[
			'has another content type',
			() => {
				change(document(), 'application/octet-stream');
			},
			/content type application\/octet-stream$/,
		],
		[
			'is not JSON',
			() => {
				change('<html>');
			},
			/^did\.json is not JSON$/,
		],
		[
			'is of another DID',
			() => {
				change({ ...document(), id: 'did:web:x' });
			},
			/^the id of did\.json is another DID$/,
		],
		[
			'lacks a context',
			() => {
				change({ ...document(), '@context': ['https://www.w3.org/ns/did/v1'] });
			},
			/^@context of did\.json lacks/,
		],
		[
			'does not assert with the key',
			() => {
				change({ ...document(), assertionMethod: [] });
			},
			/^the key is not an assertionMethod$/,
		],
		[
			'embeds the key',
			() => {
				const one = document();
				change({ ...one, assertionMethod: one.verificationMethod });
			},
			/^did\.json has not the documented form: assertionMethod/,
		],
		[
			'has keys of another type',
			() => {
				const one = document();
				change({
					...one,
					verificationMethod: one.verificationMethod.map((method) => ({
						...method,
						type: 'JsonWebKey',
					})),
				});
			},
			/^did\.json has not the documented form: verificationMethod/,
		],
		[
			'has another controller',
			() => {
				const one = document();
				change({
					...one,
					verificationMethod: one.verificationMethod.map((method) => ({
						...method,
						controller: 'did:web:x',
					})),
				});
			},
			/^the controller of the key is another DID$/,
		],
		[
			'gives away a private key',
			() => {
				change(didDocument(rig().issuer.did, [{ ...rig().signer.privateJwk, kid: KID }]));
			},
			/^the published key has private members$/,
		],
		[
			'has no such key',
			() => {
				change(didDocument(rig().issuer.did, []));
			},
			/^did\.json has no key with this kid$/,
		],
	])('that %s verifies nothing', async (_name, spoil, problem) => {
		await rig().issue();
		spoil();
		const [found, ...more] = await problemsOf();
		expect(found).toMatch(problem);
		expect(more).toEqual([]);
	});

	test('is fetched by faults and counts of its own', async () => {
		await rig().issue();
		control().injectFault({ kind: 'reset', operation: 'did' });
		expect(await problemsOf()).toEqual([expect.stringMatching(/injected fault: reset$/)]);
		expect(await problemsOf()).toEqual([]);
		expect(control().counts()).toMatchObject({ didFetches: 2, didFetchFailures: 1 });
	});

	test('of a DID with a path lies at that path', async () => {
		const { did, pages } = rig().issuer;
		const iss = `${did}:webhook:issuer`;
		pages.set('/webhook/issuer/did.json', {
			type: 'application/did+ld+json',
			body: didDocument(iss, [{ ...rig().signer.publicJwk, kid: KID }]),
		});
		await rig().issue({ payload: { iss }, header: { kid: `${iss}#${KID}` } });
		expect(await problemsOf()).toEqual([]);
	});

	test.each([
		'did:web:',
		'did:web:Host.example',
		'did:web:a.example:..',
		'did:web:a.example:b%2Fc',
		'did:key:z6',
	])('of %s has no address', (did) => {
		expect(() => didDocumentUrl(did)).toThrow(/can be resolved/);
	});

	test('must come with a certificate that is trusted', async () => {
		const other = await startDirectRig({ ca: undefined });
		try {
			const { emulator, issuer } = other;
			emulator.control.registerPartner({
				partnerId: 'partner-one',
				jwksUrl: other.jwks.url,
				issuerDid: issuer.did,
				programs: [
					{ programId: 'c0direct', issuerDid: issuer.did, schemaId: '01SCHEMADIRECT00000000' },
				],
			});
			await other.issue();
			const [entry] = await emulator.control.wallet();
			expect(entry?.problems).toEqual([expect.stringMatching(/self-signed certificate/)]);
		} finally {
			await other.close();
		}
	});
});

test('a registered issuer is the only one', async () => {
	control().registerPartner({
		partnerId: 'partner-one',
		jwksUrl: rig().jwks.url,
		issuerDid: 'did:web:issuer.example',
		programs: [
			{ programId: 'c0direct', issuerDid: 'did:web:x', schemaId: '01SCHEMADIRECT00000000' },
		],
	});
	await rig().issue();
	expect(await problemsOf()).toEqual(['iss is not the registered issuer']);
});

test('a credential with alg none is refused', async () => {
	const account = await rig().account();
	const exp = now + 86_400;
	const jwt = signed(
		rig().signer,
		{ alg: 'none', typ: 'dc+sd-jwt', kid: `${rig().issuer.did}#${KID}` },
		{ iss: rig().issuer.did },
	);
	await rig().store(bodyOf(account, `${jwt}~`, { exp }));
	expect(await problemsOf()).toContain('alg is neither RS256 nor ES256');
});
