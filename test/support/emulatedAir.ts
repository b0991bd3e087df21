import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator';
import { startIssuerHost, type IssuerHost } from './issuerHost';
import { makeKey, serveJwks, type JwksServer, type TestKey } from './keys';

type Programs = NonNullable<EmulatorOptions['partners']>[number]['programs'];

/** One partner of an emulated AIR. */
export interface EmulatedAirOptions extends Omit<EmulatorOptions, 'partners'> {
	partnerId: string;
	issuerDid: string;
	programs: Programs;
	alg?: 'ES256' | 'RS256';
	/** Whether the partner issues directly, too: its documents are served over HTTPS, and the credential names it. */
	issuesDirectly?: boolean;
}

/** An emulated AIR with a partner who has published a key, and the matching credential. */
export interface EmulatedAir {
	readonly emulator: Emulator;
	readonly jwks: JwksServer;
	readonly key: TestKey;
	/** Undefined if nothing is issued directly. */
	readonly issuer: IssuerHost | undefined;
	/** The fields of `mocaAirApi`. */
	readonly credential: Record<string, string | number>;
	close(): Promise<void>;
}

/** Starts AIR for one partner, whose key is made now and whose JWKS is served. */
export async function startEmulatedAir({
	partnerId,
	issuerDid,
	programs,
	alg,
	issuesDirectly = false,
	...options
}: EmulatedAirOptions): Promise<EmulatedAir> {
	const key = makeKey(alg);
	const jwks = await serveJwks([key.jwk(partnerId)]);
	const issuer = issuesDirectly ? await startIssuerHost() : undefined;
	issuer?.publish({ ...key.jwk(partnerId) });
	const emulator = await startEmulator({
		...options,
		...(issuer === undefined ? {} : { ca: issuer.ca }),
		partners: [
			{
				partnerId,
				jwksUrl: jwks.url,
				...(issuer === undefined ? {} : { issuerDid: issuer.did }),
				programs,
			},
		],
	});
	return {
		emulator,
		jwks,
		key,
		issuer,
		credential: {
			environment: 'custom',
			baseUrl: emulator.baseUrl,
			partnerId,
			privateKey: key.pem,
			kid: '',
			issuerDid,
			jwksUrl: jwks.url,
			scope: 'issue on-behalf',
			jwtLifetime: 5,
			...(issuer === undefined
				? {}
				: { directIssuer: issuer.did, accountUrl: emulator.accountUrl }),
		},
		close: async () => {
			await emulator.close();
			await jwks.close();
			await issuer?.close();
		},
	};
}
