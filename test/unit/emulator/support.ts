import { constants, createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { startEmulator } from '../../../emulator';
import type { Emulator, EmulatorOptions, PartnerInput } from '../../../emulator';

export const PARTNER = 'partner-one';
export const DID = 'did:air:id:test:issuerOne';
export const PROGRAM = 'c0program0one000000000';
export const ADA = 'ada@example.com';

export interface Signer {
	alg: 'RS256' | 'ES256';
	privateKey: KeyObject;
	publicJwk: Record<string, unknown>;
	privateJwk: Record<string, unknown>;
}

export function newSigner(alg: Signer['alg'] = 'ES256'): Signer {
	const { publicKey, privateKey } =
		alg === 'ES256'
			? generateKeyPairSync('ec', { namedCurve: 'P-256' })
			: generateKeyPairSync('rsa', { modulusLength: 2048 });
	return {
		alg,
		privateKey,
		publicJwk: { ...publicKey.export({ format: 'jwk' }) },
		privateJwk: { ...privateKey.export({ format: 'jwk' }) },
	};
}

export interface TokenParts {
	header?: Record<string, unknown>;
	claims?: Record<string, unknown>;
	signer?: Signer;
	/** Replaces the signature: what an attacker or a misguided library would put there. */
	forge?: 'none' | 'HS256' | 'PS256';
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs by hand, because no decent library would sign most of what these tests send. */
export function token(signer: Signer, { header, claims, forge }: TokenParts = {}): string {
	const now = Math.floor(Date.now() / 1000);
	const head = { alg: signer.alg, kid: 'key-1', typ: 'JWT', ...header };
	const body = {
		partnerId: PARTNER,
		scope: 'issue on-behalf',
		email: ADA,
		iat: now,
		exp: now + 300,
		...claims,
	};
	const input = `${encode(head)}.${encode(body)}`;
	return `${input}.${signature(Buffer.from(input), signer, forge)}`;
}

function signature(input: Buffer, { alg, privateKey }: Signer, forge: TokenParts['forge']): string {
	if (forge === 'none') return '';
	if (forge === 'HS256') return createHmac('sha256', 'known').update(input).digest('base64url');
	if (forge === 'PS256') {
		const padding = constants.RSA_PKCS1_PSS_PADDING;
		return signBytes('sha256', input, { key: privateKey, padding }).toString('base64url');
	}
	const key =
		alg === 'ES256' ? { key: privateKey, dsaEncoding: 'ieee-p1363' as const } : privateKey;
	return signBytes('sha256', input, key).toString('base64url');
}

/** A partner's JWKS host, whose answer can be changed at any time. */
export interface JwksHost {
	url: string;
	status: number;
	body: string;
	publish(...keys: Record<string, unknown>[]): void;
	close(): Promise<void>;
}

export async function startJwksHost(): Promise<JwksHost> {
	const server = createServer((_req, res) => {
		res.writeHead(host.status, { location: '/elsewhere' }).end(host.body);
	});
	const host: JwksHost = {
		url: '',
		status: 200,
		body: '{"keys":[]}',
		publish: (...keys) => {
			host.body = JSON.stringify({ keys });
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			}),
	};
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	host.url = `http://127.0.0.1:${address.port}/jwks.json`;
	return host;
}

export function partner(jwksUrl: string | undefined): PartnerInput {
	return {
		partnerId: PARTNER,
		jwksUrl,
		programs: [
			{
				programId: PROGRAM,
				issuerDid: DID,
				schemaId: 'SCHEMA1',
				subject: {
					age: { type: 'integer', required: true },
					score: { type: 'number' },
					city: { type: 'string' },
					isMember: { type: 'boolean' },
					address: { type: 'object' },
					memberSince: { type: 'date' },
					verifiedAt: { type: 'date-time' },
				},
			},
			{ programId: 'c0program0two000000000', issuerDid: DID, schemaId: 'SCHEMA1' },
			{
				programId: 'c0draft000000000000000',
				issuerDid: DID,
				schemaId: 'SCHEMA2',
				published: false,
			},
			{
				programId: 'c0other0did00000000000',
				issuerDid: 'did:air:id:test:two',
				schemaId: 'SCHEMA3',
			},
		],
	};
}

export interface Reply {
	status: number;
	text: string;
	/** The parsed body, or undefined if it is not a JSON object. */
	body: Record<string, unknown> | undefined;
	headers: Headers;
}

export interface Call extends TokenParts {
	auth?: string | null;
	body?: Record<string, unknown>;
	rawBody?: string;
	contentType?: string;
	signal?: AbortSignal;
	email?: string;
}

export interface Rig {
	emulator: Emulator;
	jwks: JwksHost;
	signer: Signer;
	issue(call?: Call): Promise<Reply>;
	status(coreClaimHash: unknown, call?: Call): Promise<Reply>;
	/** Issues and gives the hash, or fails. */
	issued(call?: Call): Promise<string>;
	close(): Promise<void>;
}

async function replyOf(response: Response): Promise<Reply> {
	const text = await response.text();
	let body: Record<string, unknown> | undefined;
	try {
		body = JSON.parse(text) as Record<string, unknown>;
	} catch {
		body = undefined;
	}
	return { status: response.status, text, body, headers: response.headers };
}

export const okBody = {
	issuerDid: DID,
	credentialId: PROGRAM,
	credentialSubject: { age: 25 },
} as const;

/** An emulator, a JWKS host with one published key, and a client that speaks to them over TCP. */
export async function startRig(options: EmulatorOptions = {}): Promise<Rig> {
	const signer = newSigner();
	const jwks = await startJwksHost();
	jwks.publish({ ...signer.publicJwk, kid: 'key-1', use: 'sig', alg: 'ES256' });
	const emulator = await startEmulator({ partners: [partner(jwks.url)], ...options });

	const headersOf = (call: Call): Record<string, string> => {
		const claims = call.email === undefined ? call.claims : { email: call.email, ...call.claims };
		const auth =
			call.auth === undefined
				? token(call.signer ?? signer, { ...call, ...(claims === undefined ? {} : { claims }) })
				: call.auth;
		return auth === null ? {} : { 'x-partner-auth': auth };
	};
	const rig: Rig = {
		emulator,
		jwks,
		signer,
		issue: async (call = {}) =>
			await replyOf(
				await fetch(`${emulator.baseUrl}/credentials/issue-on-behalf`, {
					method: 'POST',
					redirect: 'manual',
					signal: call.signal ?? null,
					headers: { 'content-type': call.contentType ?? 'application/json', ...headersOf(call) },
					body: call.rawBody ?? JSON.stringify({ ...okBody, ...call.body }),
				}),
			),
		status: async (coreClaimHash, call = {}) =>
			await replyOf(
				await fetch(
					`${emulator.baseUrl}/credentials/status?coreClaimHash=${encodeURIComponent(String(coreClaimHash))}`,
					{ redirect: 'manual', signal: call.signal ?? null, headers: headersOf(call) },
				),
			),
		issued: async (call = {}) => {
			const reply = await rig.issue(call);
			const hash = reply.body?.coreClaimHash;
			if (typeof hash !== 'string') throw new Error(`not issued: ${reply.status} ${reply.text}`);
			return hash;
		},
		close: async () => {
			await emulator.close();
			await jwks.close();
		},
	};
	return rig;
}

/** Starts a rig for all tests of a file, and resets it before each. */
export function useRig(options: EmulatorOptions = {}): () => Rig {
	let rig: Rig | undefined;
	const get = (): Rig => {
		if (rig === undefined) throw new Error('no rig yet');
		return rig;
	};
	beforeAll(async () => {
		rig = await startRig(options);
	});
	beforeEach(() => {
		const { jwks, signer, emulator } = get();
		emulator.control.reset();
		jwks.status = 200;
		jwks.publish({ ...signer.publicJwk, kid: 'key-1', use: 'sig', alg: 'ES256' });
	});
	afterAll(async () => {
		await rig?.close();
	});
	return get;
}

/** Waits for what the server learns only after the client has turned away. */
export async function eventually(check: () => boolean): Promise<void> {
	for (let tries = 0; !check(); tries += 1) {
		if (tries > 200) throw new Error('it never came true');
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

export async function reasonOf(call: Promise<unknown>): Promise<string> {
	try {
		await call;
		return 'answered';
	} catch (error) {
		// Not instanceof: fetch's errors are of another realm than jest's.
		const { name, cause } = error as { name: string; cause?: { code?: string } };
		return cause?.code ?? name;
	}
}

/** How fetch names a connection that was broken off. */
export const BROKEN = /^(ECONNRESET|UND_ERR_SOCKET)$/;
