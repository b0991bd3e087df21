import {
	createServer,
	type IncomingMessage,
	type RequestListener,
	type Server,
	type ServerResponse,
} from 'node:http';
import { Air } from './air';
import { Control } from './control';
import { CONTROL_PATH, serveControl } from './controlRoutes';
import type { CredentialVerifier } from './direct/wallet';
import type { PartnerInput } from './inputs';
import { isLoopback } from './loopback';
import { serveApi } from './server';
import type { Settings } from './state';

export type { AccountView, Control, IssuanceView, Overview, PartnerView } from './control';
export type { StoredCredential } from './direct/dstorage';
export { sdJwtVcVerifier, type SdJwtVcModule } from './direct/sdJwtVc';
export type { CredentialToVerify, CredentialVerifier, WalletEntry } from './direct/wallet';
export type { ArmedFault, FaultInput } from './faults';
export type {
	AccountInput,
	ConsentInput,
	FeatureInput,
	PartnerInput,
	ProgramInput,
	ProgramOfPartnerInput,
	RateLimitInput,
	SettingsInput,
	StatusInput,
	TimeInput,
} from './inputs';
export type { JwksView } from './jwks';
export type { Counts, Operation, Outcome, RequestRecord } from './record';
export type { Issuance, IssuanceProgram, Partner, Settings, User } from './state';

export interface EmulatorOptions {
	/** 0 (the default) takes any free port. */
	port?: number;
	/** Where the account host listens; 0 (the default) takes any free one. */
	accountPort?: number;
	/** A loopback address; 127.0.0.1 unless set. */
	host?: string | undefined;
	/** How long an issuance stays WAIT_ONCHAIN; 1500 unless set, null forever. */
	confirmAfterMs?: number | null;
	/** How long a fresh hash is still 404; 0 unless set. */
	visibleAfterMs?: number;
	/** Added to every answer, after the work is done. */
	latencyMs?: number;
	/** How many requests each host works on at once, `latencyMs` each; any number unless set. */
	workers?: number | null;
	/** 0 (the default) fetches the JWKS for every request. */
	jwksCacheSeconds?: number;
	/** Whether a kid missing from the cached JWKS makes it fetched again; true unless set. */
	refetchOnUnknownKid?: boolean;
	/** 1 MiB unless set. */
	bodyLimitBytes?: number;
	/** Whether the record keeps request bodies; true unless set. */
	recordBodies?: boolean;
	/** Whether a status query is refused if its Partner JWT names no e-mail; false unless set. */
	statusNeedsEmail?: boolean;
	/** How far the `iat` of a Partner JWT may be ahead of AIR's clock; 60 unless set. */
	iatToleranceSeconds?: number;
	/** See docs/internals/emulator.md for these; they are the settings of the same names. */
	direct?: DirectSettings;
	/** Certificates (PEM) that are trusted for JWKSs and for documents of issuers, besides Node's own. */
	ca?: string | undefined;
	/** A second opinion on each credential in a wallet; none unless set. */
	verifier?: CredentialVerifier | undefined;
	/** How many of the newest requests the record keeps at least; 100,000 unless set. */
	recordLimit?: number;
	/** The clock, in ms; `Date.now` unless set. */
	now?: () => number;
	/** Called with one line for each request to the API. */
	log?: (line: string) => void;
	/** Registered at the start and after each reset. */
	partners?: readonly PartnerInput[];
}

/** How the two calls of direct issuance behave. */
export type DirectSettings = Partial<
	Pick<
		Settings,
		| 'tolerantTokens'
		| 'storeRefusesEmail'
		| 'accountNulls'
		| 'hexPrefix'
		| 'repeatedStore'
		| 'onePerUserAndSchema'
		| 'openAtOnce'
		| 'storagePath'
	>
>;

export interface Emulator {
	readonly port: number;
	/** The base URL that a client uses for AIR: `http://127.0.0.1:PORT/v1`. */
	readonly baseUrl: string;
	/** The host of accounts, which has a port of its own: `http://127.0.0.1:PORT`. */
	readonly accountUrl: string;
	/** `http://127.0.0.1:PORT/__control` */
	readonly controlUrl: string;
	/** The control endpoint's functions, in process. */
	readonly control: Control;
	/** Also ends open connections, including those that a fault left hanging. */
	close(): Promise<void>;
}

/** Longer than clients keep an idle connection, so that the clients close it. */
const KEEP_ALIVE_MS = 60_000;

/** Starts an emulated AIR on loopback. See docs/internals/emulator.md. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
	const { host = '127.0.0.1', port = 0, accountPort = 0, log } = options;
	if (!isLoopback(host)) {
		throw new Error(
			`the emulator listens on loopback only, not on ${host}: it has no access control`,
		);
	}
	const air = new Air(
		{
			confirmAfterMs: options.confirmAfterMs === undefined ? 1500 : options.confirmAfterMs,
			visibleAfterMs: options.visibleAfterMs ?? 0,
			latencyMs: options.latencyMs ?? 0,
			workers: options.workers ?? null,
			jwksCacheSeconds: options.jwksCacheSeconds ?? 0,
			refetchOnUnknownKid: options.refetchOnUnknownKid ?? true,
			bodyLimitBytes: options.bodyLimitBytes ?? 1_048_576,
			recordBodies: options.recordBodies ?? true,
			statusNeedsEmail: options.statusNeedsEmail ?? false,
			iatToleranceSeconds: options.iatToleranceSeconds ?? 60,
			tolerantTokens: false,
			storeRefusesEmail: false,
			accountNulls: [],
			hexPrefix: true,
			repeatedStore: 201,
			onePerUserAndSchema: false,
			openAtOnce: true,
			storagePath: 'sent',
			...options.direct,
		},
		options.now ?? Date.now,
		options.recordLimit ?? 100_000,
		options.ca,
	);
	const control = new Control(air, options.partners ?? [], options.verifier);

	const listen = async (wanted: number, handler: RequestListener): Promise<Listener> => {
		const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler);
		return { server, port: await boundTo(server, wanted, host) };
	};
	const serving =
		(serve: (req: IncomingMessage, res: ServerResponse) => Promise<void>): RequestListener =>
		(req, res) => {
			serve(req, res).catch(() => {
				res.destroy();
			});
		};
	const chain = await listen(
		port,
		serving((req, res) =>
			isControl(req.url ?? '')
				? serveControl(control, req, res)
				: serveApi(air, 'chain', req, res, log),
		),
	);
	const account = await listen(
		accountPort,
		serving((req, res) => serveApi(air, 'account', req, res, log)),
	).catch(async (error: unknown) => {
		await close(chain.server);
		throw error;
	});
	const originOf = (bound: number): string =>
		`http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
	let closed: Promise<void> | undefined;
	return {
		port: chain.port,
		baseUrl: `${originOf(chain.port)}/v1`,
		accountUrl: originOf(account.port),
		controlUrl: `${originOf(chain.port)}${CONTROL_PATH}`,
		control,
		close: () => (closed ??= closeAll(air, chain.server, account.server)),
	};
}

interface Listener {
	readonly server: Server;
	readonly port: number;
}

const isControl = (url: string): boolean =>
	url.startsWith(CONTROL_PATH) && !/^[^/?]/.test(url.slice(CONTROL_PATH.length));

async function boundTo(server: Server, port: number, host: string): Promise<number> {
	return await new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => {
			server.off('error', reject);
			const address = server.address();
			resolve(typeof address === 'object' && address !== null ? address.port : port);
		});
	});
}

async function closeAll(air: Air, ...servers: Server[]): Promise<void> {
	air.close();
	await Promise.all(servers.map(close));
}

async function close(server: Server): Promise<void> {
	await new Promise<void>((resolve) => {
		server.close(() => {
			resolve();
		});
		server.closeAllConnections();
	});
}
