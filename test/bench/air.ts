import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Counts, PartnerInput, RateLimitInput, RequestRecord } from '../../emulator';
import { makeKey, serveJwks, type TestKey } from '../support/keys';

export const PARTNER_ID = 'bench-partner';
export const ISSUER_DID = 'did:air:id:test:bench';
export const PROGRAM_ID = 'c21s70g0i54sn0023172Cv';
export const SCHEMA_ID = '01KSTQK70XGFBT558HRHFB';
export const SCOPE = 'issue on-behalf';

export type Algorithm = 'RS256' | 'ES256';

/** What AIR received since `begin`. */
export type BenchCounts = Pick<
	Counts,
	'issuances' | 'connections' | 'maxInFlight' | 'requests' | 'rateLimited'
> & { readonly byOperation: Pick<Counts['byOperation'], 'status'> };

/**
 * `emulator` verifies each token and opens each envelope, on the cores of what is measured; `answering`
 * only answers, as if AIR computed elsewhere.
 */
export type BenchAirKind = 'emulator' | 'answering';

/** AIR, in a separate process. */
export interface BenchAir {
	readonly baseUrl: string;
	/** The account host, for direct issuance. */
	readonly accountUrl: string;
	readonly alg: Algorithm;
	readonly key: TestKey;
	/** Forgets what was issued and counted, and answers after this time. */
	begin(latencyMs: number, rateLimit?: RateLimitInput): Promise<void>;
	counts(): Promise<BenchCounts>;
	/** When each request came, in ms. */
	requests(): Promise<Pick<RequestRecord, 'at'>[]>;
	close(): Promise<void>;
}

/** What the emulator's process reports when it is ready. */
export interface Ready {
	readonly baseUrl: string;
	readonly accountUrl: string;
	readonly controlUrl: string;
}

/** @param kind - `answering`, unless AIR must limit requests or know what it issued */
export async function startAir(
	alg: Algorithm,
	kind: BenchAirKind = 'answering',
): Promise<BenchAir> {
	const key = makeKey(alg);
	const jwks = await serveJwks([key.jwk(PARTNER_ID)]);
	const partner: PartnerInput = {
		partnerId: PARTNER_ID,
		jwksUrl: jwks.url,
		programs: [
			{
				programId: PROGRAM_ID,
				issuerDid: ISSUER_DID,
				schemaId: SCHEMA_ID,
				subject: { kycLevel: { type: 'string' }, isOver18: { type: 'boolean' } },
			},
		],
	};
	const child = fork(join(__dirname, `${kind}Process.ts`), [JSON.stringify(partner)], {
		execArgv: ['--import', 'tsx'],
	});
	const { baseUrl, accountUrl, controlUrl } = await new Promise<Ready>((resolve, reject) => {
		child.once('message', (message) => {
			resolve(message as Ready);
		});
		child.once('exit', (code) => {
			reject(new Error(`the emulator ended with ${String(code)}`));
		});
	});
	const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
		const response = await fetch(`${controlUrl}${path}`, {
			method,
			headers: { 'content-type': 'application/json', connection: 'close' },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
		return await response.json();
	};
	return {
		baseUrl,
		accountUrl,
		alg,
		key,
		begin: async (latencyMs, rateLimit = { perSecond: null }) => {
			await control('POST', '/reset');
			await control('POST', '/settings', { latencyMs });
			await control('POST', '/rate-limit', rateLimit);
		},
		counts: async () => (await control('GET', '/counts')) as BenchCounts,
		requests: async () => (await control('GET', '/requests')) as Pick<RequestRecord, 'at'>[],
		close: async () => {
			child.removeAllListeners('exit');
			child.disconnect();
			await jwks.close();
		},
	};
}
