import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { hideClaims, type Disclosable } from '../../../../air/direct/hideClaims';
import {
	credentialId,
	revocationNumber,
	systemRandomness,
} from '../../../../air/direct/randomness';
import { seal } from '../../../../air/direct/seal';
import { signCredential } from '../../../../air/direct/signCredential';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import { sdJwtVerifiers } from '../../../support/sdJwtVerifiers';
import { issuerKey, makeHolder, openAll } from './support';

type Claims = Record<string, unknown>;

/** How many; 2,000 are run before a release. */
const CREDENTIALS = Number(process.env.MOCA_AIR_RANDOM_CREDENTIALS ?? 60);

const RESERVED = [
	...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'id', 'nonce', 'vct', 'vct#integrity'],
	...['cnf', 'status', 'sd_hash', 'partnerId', 'scope', 'email'],
	...['_sd', '...', '_sd_alg', '__proto__'],
];
const name = fc
	.oneof(
		fc.stringMatching(/^[A-Za-z_][\w-]{0,11}$/),
		fc.constantFrom('a', 'b', 'a.b', 'b.c', 'toString', 'constructor', '0', '"', 'ключ', '🎫', ' '),
		fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
	)
	.filter((one) => !RESERVED.includes(one));
const { claims: anyClaims } = fc.letrec<{ value: unknown; object: Claims; claims: Claims }>(
	(tie) => ({
		value: fc.oneof(
			{ depthSize: 'small', withCrossShrink: true },
			fc.string({ unit: 'grapheme' }),
			fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (one === 0 ? 0 : one)),
			fc.integer(),
			fc.boolean(),
			fc.constant(null),
			fc.array(tie('value'), { maxLength: 4 }),
			tie('object'),
		),
		object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
		claims: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 12 }),
	}),
);

const isObject = (value: unknown): value is Claims =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every text by which a claim could be chosen, and how many claims it fits. */
function choices(claims: Claims): string[] {
	const all = Object.entries(claims).flatMap(([first, value]) => [
		first,
		...(isObject(value) ? Object.keys(value).map((inner) => `${first}.${inner}`) : []),
	]);
	return all.filter((one) => all.indexOf(one) === all.lastIndexOf(one));
}

const cases = anyClaims.chain((claims) =>
	fc.record({
		claims: fc.constant(claims),
		disclosable: fc.oneof(
			fc.constant<Disclosable>('all'),
			fc.constant<Disclosable>('none'),
			fc.subarray(choices(claims)),
		),
		decoys: fc.constantFrom(0, 0, 3),
		algorithm: fc.constantFrom('ES256' as const, 'RS256' as const),
		bound: fc.boolean(),
	}),
);

const issuer = webIssuer('did:web:issuer.example.com%3A8443:air');
const holder = makeHolder();
const NOW = Date.now();

async function makeCredential({ claims, disclosable, decoys, algorithm, bound }: Case) {
	const key = await issuerKey(algorithm);
	const fixed = {
		holderDid: 'did:air:id:test:4Ab',
		vct: 'Membership',
		id: credentialId(systemRandomness),
		nonce: revocationNumber(systemRandomness),
		expiresAt: Math.floor(NOW / 1000) + 86_400,
	};
	const credential = await signCredential(
		{
			...fixed,
			issuer,
			kid: algorithm,
			key,
			binding: bound ? holder.binding : 'unbound',
			claims: hideClaims(claims, { disclosable, decoys }, systemRandomness),
		},
		NOW,
	);
	const expected: Claims = {
		...claims,
		iss: issuer.did,
		sub: fixed.holderDid,
		vct: fixed.vct,
		id: fixed.id,
		nonce: fixed.nonce,
		iat: Math.floor(NOW / 1000) - 60,
		exp: fixed.expiresAt,
		...(bound ? { cnf: { jwk: holder.binding } } : {}),
	};
	return { credential, expected };
}
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const withoutDigests = (claims: Claims): Claims =>
	Object.fromEntries(Object.entries(claims).filter(([one]) => one !== '_sd' && one !== '_sd_alg'));

describe(`${CREDENTIALS} random credentials`, () => {
	const samples = fc.sample(cases, CREDENTIALS);
	let made: Awaited<ReturnType<typeof makeCredential>>[];

	beforeAll(async () => {
		made = [];
		for (const sample of samples) made.push(await makeCredential(sample));
	});

	test('are opened and checked by their holder', async () => {
		const keys: Record<string, object> = {};
		for (const algorithm of ['ES256', 'RS256'] as const) {
			keys[issuer.keyId(algorithm)] = publicJwkOf(await issuerKey(algorithm), algorithm);
		}
		const envelopes = made.map(({ credential }) => seal(credential, holder.key, systemRandomness));
		const opened = await openAll(holder, envelopes, keys);
		for (const [index, { credential, expected }] of made.entries()) {
			const { refused, credential: found, claims = {}, hidden } = opened[index] ?? {};
			expect(refused).toBeUndefined();
			expect(found).toBe(credential);
			expect(withoutDigests(claims)).toEqual(expected);
			const { disclosable = 'none', claims: given = {} } = samples[index] ?? {};
			const chosen =
				disclosable === 'all' ? Object.keys(given) : disclosable === 'none' ? [] : disclosable;
			expect(hidden?.sort()).toEqual([...chosen].sort());
		}
	}, 600_000);

	test('the holder imports nothing of ours', () => {
		const script = readFileSync(join(__dirname, '../../../support/holder.ts'), 'utf8');
		const imported = [...script.matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g)];
		expect(imported.length).toBeGreaterThan(1);
		for (const [, from] of imported) expect(from).toMatch(/^node:/);
	});

	for (const [library, verify] of Object.entries(sdJwtVerifiers)) {
		if (verify === undefined) test.todo(`are verified by ${library}, which is not installed`);
		else {
			test(`are verified by ${library}`, async () => {
				for (const [index, { credential, expected }] of made.entries()) {
					const key = await issuerKey(samples[index]?.algorithm ?? 'ES256');
					const claims = await verify(credential, createPublicKey(key.keyObject));
					expect(withoutDigests(claims)).toEqual(expected);
				}
			}, 600_000);

			test(`are refused by ${library} after one character of the signature was changed`, async () => {
				for (const [index, { credential }] of made.slice(0, 20).entries()) {
					const key = await issuerKey(samples[index]?.algorithm ?? 'ES256');
					const at = credential.indexOf('~') - 10;
					const broken = `${credential.slice(0, at)}${credential[at] === 'A' ? 'B' : 'A'}${credential.slice(at + 1)}`;
					await expect(verify(broken, createPublicKey(key.keyObject))).rejects.toThrow();
				}
			});
		}
	}
});
