import {
	createCipheriv,
	createHash,
	createPublicKey,
	diffieHellman,
	generateKeyPairSync,
	hkdfSync,
	randomBytes,
	randomUUID,
	sign as signBytes,
} from 'node:crypto';
import { deflateSync } from 'node:zlib';
import {
	startEmulator,
	type Emulator,
	type EmulatorOptions,
	type PartnerInput,
} from '../../../emulator';
import { startIssuerHost, type IssuerHost } from '../../support/issuerHost';
import {
	ADA,
	newSigner,
	PARTNER,
	startJwksHost,
	token,
	type JwksHost,
	type Reply,
	type Signer,
	type TokenParts,
} from './support';

export const SCHEMA = '01SCHEMADIRECT00000000';
export const KID = 'key-1';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs anything as a JWS: no decent library would sign most of what these tests need. */
export function signed(signer: Signer, header: unknown, payload: unknown): string {
	const input = `${encode(header)}.${encode(payload)}`;
	const key =
		signer.alg === 'ES256'
			? { key: signer.privateKey, dsaEncoding: 'ieee-p1363' as const }
			: signer.privateKey;
	return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`;
}

export function disclosure(...parts: unknown[]): { text: string; digest: string } {
	const text = encode([randomBytes(16).toString('base64url'), ...parts]);
	return { text, digest: createHash('sha256').update(text).digest('base64url') };
}

/** As a client that follows AIR's documents seals a credential. */
export function seal(compact: string, publicKey: string, plain = JSON.stringify(compact)) {
	const ephemeral = generateKeyPairSync('x25519');
	const holderKey = createPublicKey({
		key: Buffer.from(publicKey.replace(/^0x/, ''), 'hex'),
		format: 'der',
		type: 'spki',
	});
	const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: holderKey });
	const key = Buffer.from(hkdfSync('sha256', secret, '', 'data-enc-aes-256-gcm', 32));
	const iv = randomBytes(12);
	const cipher = createCipheriv('aes-256-gcm', key, iv);
	const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
	return {
		data: data.toString('base64'),
		iv: iv.toString('base64'),
		authTag: cipher.getAuthTag().toString('base64'),
		encryptedKey: ephemeral.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
	};
}

export interface Account {
	did: string;
	publicKey: string;
	signingKey: { jwk: Record<string, unknown> } | null;
}

export interface Draft {
	account: Account;
	signer?: Signer;
	claims?: Record<string, unknown>;
	/** Claims that are in the open; all others can be withheld. */
	open?: Record<string, unknown>;
	header?: Record<string, unknown>;
	/** Over what is signed besides the claims; undefined leaves a member out. */
	payload?: Record<string, unknown>;
	exp?: number;
}

export interface DirectRig {
	readonly emulator: Emulator;
	readonly issuer: IssuerHost;
	readonly jwks: JwksHost;
	readonly signer: Signer;
	initialize(
		call?: TokenParts & { email?: string; body?: unknown; partnerId?: string | null },
	): Promise<Reply>;
	/** The account of an e-mail, or fails. */
	account(email?: string): Promise<Account>;
	/** The compact credential, and the body that stores it. */
	draft(draft: Draft): { compact: string; body: Record<string, unknown> };
	store(body: unknown, call?: TokenParts & { auth?: string }): Promise<Reply>;
	/** The whole way for one person. */
	issue(draft?: Partial<Draft>, email?: string): Promise<{ compact: string; reply: Reply }>;
	/** A page with a signed status list of one bit for each credential. */
	statusList(
		uri: string,
		bytes: Buffer,
		over?: { header?: object; payload?: object; signer?: Signer },
	): { body: string; type: string };
	/** Publishes the signer's key everywhere. */
	publish(...signers: Signer[]): void;
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

const post = async (url: string, headers: Record<string, string>, body: unknown): Promise<Reply> =>
	await replyOf(
		await fetch(url, {
			method: 'POST',
			redirect: 'manual',
			headers: { 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body),
		}),
	);

/** Claims of a Partner JWT for direct issuance; an `email` is only in that for initialize-user. */
export const direct = (signer: Signer, parts: TokenParts = {}): string =>
	token(signer, { ...parts, claims: { scope: 'issue', email: undefined, ...parts.claims } });

/** What AIR knows of who issues: one program that is published, and one that is not. */
export const partnersOf = ({ did }: IssuerHost, jwksUrl: string): PartnerInput[] => [
	{
		partnerId: PARTNER,
		jwksUrl,
		programs: [
			{ programId: 'c0direct', issuerDid: did, schemaId: SCHEMA, vct: 'kyc-level' },
			{ programId: 'c0draft', issuerDid: did, schemaId: 'DRAFT', published: false },
		],
	},
];

export async function startDirectRig(options: EmulatorOptions = {}): Promise<DirectRig> {
	const signer = newSigner();
	const jwks = await startJwksHost();
	const issuer = await startIssuerHost();
	const emulator = await startEmulator({
		ca: issuer.ca,
		partners: partnersOf(issuer, jwks.url),
		...options,
	});

	const rig: DirectRig = {
		emulator,
		issuer,
		jwks,
		signer,
		initialize: async ({ email = ADA, body, partnerId = PARTNER, ...parts } = {}) =>
			await post(
				`${emulator.accountUrl}/v2/auth/initialize-user`,
				partnerId === null ? {} : { 'x-partner-id': partnerId },
				body ?? {
					partnerJwt: direct(parts.signer ?? signer, {
						...parts,
						claims: { email, ...parts.claims },
					}),
				},
			),
		account: async (email) => {
			const reply = await rig.initialize(email === undefined ? {} : { email });
			if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
			return JSON.parse(reply.text) as Account;
		},
		draft: (draft) => compose(rig, draft),
		store: async (body, { auth, ...parts } = {}) =>
			await post(
				`${emulator.baseUrl}/dstorage/vcs`,
				{ 'x-partner-auth': auth ?? direct(parts.signer ?? signer, parts) },
				body,
			),
		issue: async (draft, email) => {
			const { compact, body } = rig.draft({ account: await rig.account(email), ...draft });
			return { compact, reply: await rig.store(body) };
		},
		statusList: (uri, bytes, { header, payload, signer: by = signer } = {}) => ({
			type: 'application/statuslist+jwt',
			body: signed(
				by,
				{ alg: by.alg, typ: 'statuslist+jwt', kid: `${issuer.did}#${KID}`, ...header },
				{
					sub: uri,
					iat: Math.floor(Date.now() / 1000) - 60,
					status_list: { bits: 1, lst: deflateSync(bytes).toString('base64url') },
					...payload,
				},
			),
		}),
		publish: (...signers) => {
			const keys = signers.map((one, index) => ({
				...one.publicJwk,
				kid: `key-${index + 1}`,
				alg: one.alg,
				use: 'sig',
			}));
			jwks.publish(...keys);
			issuer.publish(...keys);
		},
		close: async () => {
			await emulator.close();
			await jwks.close();
			await issuer.close();
		},
	};
	rig.publish(signer);
	return rig;
}

function compose({ issuer, signer }: DirectRig, draft: Draft) {
	const { account, claims = { level: 2, country: 'IT' }, open = {} } = draft;
	const now = Math.floor(Date.now() / 1000);
	const exp = draft.exp ?? now + 86_400;
	const disclosures = Object.entries(claims).map(([name, value]) => disclosure(name, value));
	const id = `urn:uuid:${randomUUID()}`;
	const by = draft.signer ?? signer;
	const payload = {
		iss: issuer.did,
		sub: account.did,
		vct: 'kyc-level',
		id,
		nonce: (randomBytes(8).readBigUInt64BE() >> 1n).toString(),
		iat: now - 60,
		exp,
		...(account.signingKey === null ? {} : { cnf: account.signingKey }),
		...open,
		_sd_alg: 'sha-256',
		_sd: disclosures.map(({ digest }) => digest).sort(),
		...draft.payload,
	};
	const header = {
		alg: by.alg,
		typ: 'dc+sd-jwt',
		kid: `${issuer.did}#${KID}`,
		...draft.header,
	};
	const jwt = signed(by, header, payload);
	const compact = [jwt, ...disclosures.map(({ text }) => text), ''].join('~');
	return { compact, body: bodyOf(account, compact, { exp, externalId: id }) };
}

/** What stores a compact credential, whatever is in it. */
export function bodyOf(
	account: Account,
	compact: string,
	{ exp, externalId, plain }: { exp: number; externalId?: string; plain?: string },
): Record<string, unknown> {
	return {
		holderDid: account.did,
		proofType: 'SD_JWT_VC',
		schemaId: SCHEMA,
		expiresAt: new Date(exp * 1000).toISOString(),
		...seal(compact, account.publicKey, plain),
		externalId: externalId ?? `urn:uuid:${randomUUID()}`,
	};
}

/** Starts a rig for all tests of a file, and resets it before each. */
export function useDirectRig(options: EmulatorOptions = {}): () => DirectRig {
	let rig: DirectRig | undefined;
	const get = (): DirectRig => {
		if (rig === undefined) throw new Error('no rig yet');
		return rig;
	};
	beforeAll(async () => {
		rig = await startDirectRig(options);
	});
	beforeEach(() => {
		const { emulator, issuer, signer } = get();
		emulator.control.reset();
		issuer.pages.clear();
		get().publish(signer);
	});
	afterAll(async () => {
		await rig?.close();
	});
	return get;
}
