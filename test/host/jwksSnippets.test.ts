import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { Browser } from 'playwright-core';
import { hideClaims } from '../../air/direct/hideClaims';
import { credentialId, revocationNumber, systemRandomness } from '../../air/direct/randomness';
import { signCredential, type CredentialInput } from '../../air/direct/signCredential';
import { webIssuer } from '../../air/direct/webIssuer';
import { documentsToHost } from '../../issuance/settings/publicDocuments';
import { signPartnerJwt } from '../../air/tokens/partnerJwt';
import { importPrivateKey } from '../../air/keys/privateKey';
import { publicJwkOf } from '../../air/keys/PublicJwk';
import { resolveDid, resolveInBrowser, verifyByDid } from '../support/didResolution';
import { startHttpsFront, type HttpsFront } from '../support/httpsFront';
import { makeKey, type TestKey } from '../support/keys';
import { trusting } from '../support/trusting';
import { launchChromium } from '../../harness/chromium';
import { checkout } from '../../harness/paths';
import { CachingAirs } from './jwks/cachingAirs';
import { documentedWait } from './jwks/documentedWait';
import { HOSTS, nextExport, nextHost } from './jwks/hosts';
import { answers, type JwksHost } from './jwks/JwksHost';

const minutes = 60_000;
/** A first run installs what it needs. */
const slow = 15 * minutes;
const log = (line: string) => process.stderr.write(`${line}\n`);

const old: [string, TestKey] = ['old', makeKey('ES256')];
const fresh: [string, TestKey] = ['new 1/ü', makeKey('RS256')];

const jwksOf = (...keys: [kid: string, key: TestKey][]) =>
	JSON.stringify({ keys: keys.map(([kid, key]) => key.jwk(kid)) }, null, 2);

/** Signs as the nodes do. */
async function sign([kid, key]: [string, TestKey]): Promise<string> {
	const claims = {
		partnerId: 'p',
		kid,
		scope: 'issue on-behalf',
		email: 'ada@example.com',
		lifetimeSeconds: 900,
	} as const;
	return (await signPartnerJwt(await importPrivateKey(key.pem), claims, Date.now())).token;
}

/** Verifies as AIR does, with an empty cache. */
async function isAccepted(url: string, signer: [string, TestKey]): Promise<boolean> {
	const token = await sign(signer);
	const keySet = createRemoteJWKSet(new URL(url), { timeoutDuration: minutes });
	try {
		const { payload } = await jwtVerify(token, keySet);
		return payload.email === 'ada@example.com';
	} catch (error) {
		if (error instanceof Error && error.name === 'JWKSNoMatchingKey') return false;
		throw error;
	}
}

const PUBLIC_MEMBERS = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use'];
const PRIVATE_MEMBERS = /"(d|p|q|dp|dq|qi|oth|k)"|PRIVATE/;

/** @returns the kids that are published */
async function fetchKids(url: string): Promise<unknown[]> {
	const response = await fetch(url);
	const text = await response.text();
	expect(response.status).toBe(200);
	expect(response.headers.get('content-type')).toBe('application/json');
	expect(response.headers.get('cache-control')).toBe('public, max-age=300');
	expect(text).not.toMatch(PRIVATE_MEMBERS);
	const { keys } = JSON.parse(text) as { keys: Record<string, unknown>[] };
	for (const key of keys) {
		expect(PUBLIC_MEMBERS).toEqual(expect.arrayContaining(Object.keys(key)));
	}
	return keys.map(({ kid }) => kid);
}

/** What an issuer publishes after a rotation, by file name, and what to serve at which address. */
async function issuer(did: string) {
	const keys = [fresh, old].map(async ([, key], index) =>
		publicJwkOf(await importPrivateKey(key.pem), `key-${index}`),
	);
	const documents = documentsToHost(webIssuer(did), 'p', await Promise.all(keys));
	return documents.filter(({ fileName }) => fileName !== 'jwks.json');
}
const filesOf = (documents: Awaited<ReturnType<typeof issuer>>) =>
	Object.fromEntries(documents.map(({ fileName, content }) => [fileName, JSON.stringify(content)]));

/** What the issuer signed before the rotation and after it, as Issue Directly signs. */
async function credentialsOf(did: string): Promise<string[]> {
	const signed = [fresh, old].map(async ([, key], index) => {
		const input: CredentialInput = {
			issuer: webIssuer(did),
			kid: `key-${index}`,
			key: await importPrivateKey(key.pem),
			holderDid: 'did:air:id:test:holder',
			vct: 'https://example.com/types/kyc',
			id: credentialId(systemRandomness),
			nonce: revocationNumber(systemRandomness),
			expiresAt: Math.floor(Date.now() / 1000) + 3600,
			binding: 'unbound',
			claims: hideClaims({ tier: `key-${index}` }, { disclosable: 'all' }, systemRandomness),
		};
		return await signCredential(input, Date.now());
	});
	return await Promise.all(signed);
}

/** Both keys, for anyone who looks the DID up with tools of others, and in a browser. */
async function expectResolved(did: string): Promise<void> {
	for (const document of [await resolveDid(did), await resolveInBrowser(browser, did)]) {
		expect(document).toMatchObject({
			id: did,
			assertionMethod: [`${did}#key-0`, `${did}#key-1`],
		});
	}
	const claims = (await credentialsOf(did)).map(
		async (credential) => await verifyByDid(credential),
	);
	expect(await Promise.all(claims)).toMatchObject([{ tier: 'key-0' }, { tier: 'key-1' }]);
}

const privateKeys = {
	EC: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
	RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
};

let browser: Browser;
let front: HttpsFront;
let distrust: () => void;

beforeAll(async () => {
	browser = await launchChromium({ log });
	front = await startHttpsFront();
	distrust = trusting(front.ca);
}, slow);

afterAll(async () => {
	distrust();
	await front.close();
	await browser.close();
}, minutes);

describe.each(Object.entries(HOSTS))('%s', (_name, open) => {
	let host: JwksHost | undefined;
	const opened = async () => (host ??= await open(log));
	afterAll(async () => {
		await host?.close();
	}, minutes);

	test(
		'a rotation: the old key, both, the new one',
		async () => {
			const { url, publish } = await opened();
			await publish(jwksOf(old));
			expect(await fetchKids(url)).toEqual([old[0]]);
			expect([await isAccepted(url, old), await isAccepted(url, fresh)]).toEqual([true, false]);

			await publish(jwksOf(old, fresh));
			expect(await fetchKids(url)).toEqual([old[0], fresh[0]]);
			expect([await isAccepted(url, old), await isAccepted(url, fresh)]).toEqual([true, true]);

			await publish(jwksOf(fresh));
			expect(await fetchKids(url)).toEqual([fresh[0]]);
			expect([await isAccepted(url, old), await isAccepted(url, fresh)]).toEqual([false, true]);

			const head = await fetch(url, { method: 'HEAD' });
			expect([head.status, await head.text()]).toEqual([200, '']);
			expect(head.headers.get('content-type')).toBe('application/json');
			const post = await fetch(url, { method: 'POST', body: '{}' });
			expect(post.status).toBeGreaterThanOrEqual(400);
			expect(await post.text()).not.toMatch(PRIVATE_MEMBERS);
			expect((await fetch(new URL('/jwks.json', url))).status).toBe(404);
		},
		slow,
	);

	test(
		'a change of the key as the docs say: AIR refuses nothing, however it caches',
		async () => {
			const { url, publish } = await opened();
			const waitMs = documentedWait('jwks.md');
			await publish(jwksOf(old));
			const airs = await CachingAirs.start(url);
			try {
				const refusing = async (signer: [string, TestKey]) =>
					await airs.refusing(await sign(signer));
				expect(await refusing(old)).toEqual([]);

				await publish(jwksOf(old, fresh));
				expect(await refusing(old)).toEqual([]);
				// Too early, so that it can be seen that waiting is what helps.
				expect(await refusing(fresh)).toEqual(['60 s, no refetch', '3600 s, no refetch']);
				airs.wait(waitMs);
				expect(await refusing(fresh)).toEqual([]);
				// Executions that began before sign with the old one to their end.
				expect(await refusing(old)).toEqual([]);

				airs.wait(waitMs);
				await publish(jwksOf(fresh));
				expect(await refusing(fresh)).toEqual([]);
				airs.wait(waitMs);
				expect(await refusing(fresh)).toEqual([]);
				expect(await refusing(old)).toHaveLength(6);
				expect(airs.badFetches()).toBe(0);
			} finally {
				await airs.close();
			}
		},
		slow,
	);

	test(
		'the documents of an issuer, each with its type; its DID and both keys are found from anywhere',
		async () => {
			const { url, publish } = await opened();
			const documents = await issuer(front.did);
			await publish(jwksOf(old), filesOf(documents));
			expect(await fetchKids(url)).toEqual([old[0]]);
			for (const { url: place, mediaType, content } of documents) {
				const here = new URL(new URL(place).pathname, url);
				for (const method of ['GET', 'HEAD']) {
					const answer = await fetch(here, { method, headers: { origin: 'https://a.example' } });
					expect([place, answer.status]).toEqual([place, 200]);
					expect(answer.headers.get('content-type')).toBe(mediaType);
					expect(answer.headers.get('access-control-allow-origin')).toBe('*');
					expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
					if (method === 'GET') expect(await answer.json()).toEqual(content);
				}
			}
			front.lead((path) => new URL(path, url).href);
			await expectResolved(front.did);

			const { d } = privateKeys.EC;
			const leaking = filesOf(documents);
			leaking['did.json'] = leaking['did.json']?.replace('"kty"', `"d":"${d}","kty"`) ?? '';
			await expect(publish(jwksOf(old), leaking)).rejects.toThrow(/holds a PRIVATE key/);

			// A DID with a path: the proxy in front leads there. The next test finds these files.
			const did = `${front.did}:a:b`;
			await publish(jwksOf(old), filesOf(await issuer(did)));
			front.lead((path) => new URL(path.replace(/^\/a\/b\//, '/.well-known/'), url).href);
			await expectResolved(did);
		},
		slow,
	);

	test(
		'a member that does not belong there is not served',
		async () => {
			const { url, publish } = await opened();
			const noted = JSON.stringify({ keys: [{ ...old[1].jwk('noted'), note: 'mine' }] });
			let refused = '';
			await publish(noted).catch((error: unknown) => (refused = String(error)));
			if (refused === '') expect(await fetchKids(url)).toEqual(['noted']);
			else expect(refused).toContain('note does not belong there');
		},
		slow,
	);

	test.each(Object.entries(privateKeys))(
		'a private %s key is refused, and nothing of it is served',
		async (_type, jwk) => {
			const { url, publish } = await opened();
			const leaking = JSON.stringify({ keys: [old[1].jwk('old'), { ...jwk, kid: 'leak' }] });
			await expect(publish(leaking)).rejects.toThrow(/holds a PRIVATE key/);
			// nginx goes on with what was there before.
			if (await answers(url)) expect(await fetchKids(url)).not.toContain('leak');
		},
		slow,
	);
});

test(
	'what is refused to nginx: whatever is not a JWKS, or has members that nobody knows',
	async () => {
		const { publish, url, close } = await HOSTS.nginx(log);
		try {
			for (const [text, words] of [
				['', 'it is not a JWKS'],
				['{"keys":[]}', 'it is not a JWKS'],
				[old[1].pem, 'it is not a JWKS'],
				['{"keys":[{"kty":"EC","\\u0064":"AA"}]}', 'it has escapes'],
				[
					JSON.stringify({ keys: [{ ...old[1].jwk('old'), x5c: 'AA' }] }),
					'x5c does not belong there',
				],
			] as const) {
				await expect(publish(text)).rejects.toThrow(words);
				expect((await fetch(url)).status).toBe(404);
			}
		} finally {
			await close();
		}
	},
	slow,
);

test('Node.js: of a file that is not JSON nothing is printed, for it may be a private key', () => {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-node-'));
	const start = (text: string) => {
		const file = join(folder, 'jwks.json');
		writeFileSync(file, text);
		const server = join(checkout, 'jwks', 'node', 'server.mjs');
		const { stdout, stderr } = spawnSync(process.execPath, [server, file], { encoding: 'utf8' });
		return `${stdout}${stderr}`;
	};
	try {
		const { d } = privateKeys.EC;
		const [, pem = ''] = old[1].pem.split('\n');
		for (const text of [`${leakingJwks()},`, old[1].pem.replaceAll('\n', '\\n')]) {
			const said = start(text);
			expect(said).toContain('jwks.json is not JSON');
			expect([said.includes(String(d)), said.includes(pem)]).toEqual([false, false]);
		}
		// As PowerShell writes it.
		expect(start(`\uFEFF${leakingJwks()}`)).toMatch(/holds a PRIVATE key/);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

const leakingJwks = () =>
	JSON.stringify({ keys: [old[1].jwk('old'), { ...privateKeys.EC, kid: 'leak' }] });

test(
	'Next.js with Cache Components: built, served and guarded as without',
	async () => {
		const host = await nextHost(log, { cacheComponents: true });
		try {
			await host.publish(jwksOf(old, fresh));
			expect(await fetchKids(host.url)).toEqual([old[0], fresh[0]]);
			expect(await isAccepted(host.url, fresh)).toBe(true);
			await expect(host.publish(leakingJwks())).rejects.toThrow(/holds a PRIVATE key/);
		} finally {
			await host.close();
		}
	},
	slow,
);

test(
	'Next.js as static files: the JWKS is one of them, and guarded',
	async () => {
		const { publish, close } = await nextExport(log);
		try {
			const text = await publish(jwksOf(old, fresh));
			expect(JSON.parse(text)).toEqual(JSON.parse(jwksOf(old, fresh)));
			await expect(publish(leakingJwks())).rejects.toThrow(/holds a PRIVATE key/);
		} finally {
			close();
		}
	},
	slow,
);

test('the snippets guard themselves with the same lines', () => {
	const guards = ['node/server.mjs', 'cloudflare-worker/worker.js', 'nextjs/route.js'].map(
		(file) => {
			const text = readFileSync(join(checkout, 'jwks', file), 'utf8');
			return /const PUBLIC = [\s\S]*?\n}\n/.exec(text)?.[0];
		},
	);
	expect(guards[0]).toMatch(/PRIVATE/);
	expect(new Set(guards).size).toBe(1);
	const ofDocuments = [
		...['node/server.mjs', 'cloudflare-worker/issuer.js'],
		...['did.json', 'jwt-vc-issuer', 'air-partner-info'].map((n) => `nextjs/issuer/${n}/route.js`),
	].map((file) => {
		const text = readFileSync(join(checkout, 'jwks', file), 'utf8');
		return /function publicText[\s\S]*?\n}\n/.exec(text)?.[0];
	});
	expect(ofDocuments[0]).toMatch(/PRIVATE/);
	expect(new Set(ofDocuments).size).toBe(1);
});
