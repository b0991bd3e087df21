import { createServer } from 'node:http';
import { Air } from './air';
import { Control } from './control';
import { CONTROL_PATH, serveControl } from './controlRoutes';
import type { PartnerInput } from './inputs';
import { isLoopback } from './loopback';
import { serveApi } from './server';

export type { Control, IssuanceView, Overview, PartnerView } from './control';
export type { ArmedFault, FaultInput } from './faults';
export type {
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
	/** A loopback address; 127.0.0.1 unless set. */
	host?: string | undefined;
	/** How long an issuance stays WAIT_ONCHAIN; 1500 unless set, null for ever. */
	confirmAfterMs?: number | null;
	/** How long a fresh hash is still 404; 0 unless set. */
	visibleAfterMs?: number;
	/** Added to every answer, after the work is done. */
	latencyMs?: number;
	/** 0 (the default) fetches the JWKS for every request. */
	jwksCacheSeconds?: number;
	/** Whether a kid missing from the cached JWKS makes it fetched anew; true unless set. */
	refetchOnUnknownKid?: boolean;
	/** 1 MiB unless set. */
	bodyLimitBytes?: number;
	/** Whether the record keeps request bodies; true unless set. */
	recordBodies?: boolean;
	/** Whether a status question is refused whose Partner JWT names no e-mail; false unless set. */
	statusNeedsEmail?: boolean;
	/** How far the `iat` of a Partner JWT may lie ahead of AIR's clock; 60 unless set. */
	iatToleranceSeconds?: number;
	/** How many of the newest requests the record keeps at least; 100,000 unless set. */
	recordLimit?: number;
	/** The clock, in ms; `Date.now` unless set. */
	now?: () => number;
	/** Called with one line for each request to the API. */
	log?: (line: string) => void;
	/** Registered at the start and after each reset. */
	partners?: readonly PartnerInput[];
}

export interface Emulator {
	readonly port: number;
	/** What a client takes for AIR's REST base: `http://127.0.0.1:PORT/v1`. */
	readonly baseUrl: string;
	/** `http://127.0.0.1:PORT/__control` */
	readonly controlUrl: string;
	/** The control endpoint's functions, in process. */
	readonly control: Control;
	/** Ends open connections too, also those that a fault left hanging. */
	close(): Promise<void>;
}

/** Longer than clients keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 60_000;

/** Starts an emulated AIR on loopback. See docs/emulator.md. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
	const { host = '127.0.0.1', port = 0, log } = options;
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
			jwksCacheSeconds: options.jwksCacheSeconds ?? 0,
			refetchOnUnknownKid: options.refetchOnUnknownKid ?? true,
			bodyLimitBytes: options.bodyLimitBytes ?? 1_048_576,
			recordBodies: options.recordBodies ?? true,
			statusNeedsEmail: options.statusNeedsEmail ?? false,
			iatToleranceSeconds: options.iatToleranceSeconds ?? 60,
		},
		options.now ?? Date.now,
		options.recordLimit ?? 100_000,
	);
	const control = new Control(air, options.partners ?? []);

	const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
		const url = req.url ?? '';
		const isControl =
			url.startsWith(CONTROL_PATH) && !/^[^/?]/.test(url.slice(CONTROL_PATH.length));
		const served = isControl ? serveControl(control, req, res) : serveApi(air, req, res, log);
		served.catch(() => {
			res.destroy();
		});
	});
	const bound = await new Promise<number>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => {
			server.off('error', reject);
			const address = server.address();
			resolve(typeof address === 'object' && address !== null ? address.port : port);
		});
	});
	const origin = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
	let closed: Promise<void> | undefined;
	return {
		port: bound,
		baseUrl: `${origin}/v1`,
		controlUrl: `${origin}${CONTROL_PATH}`,
		control,
		close: () =>
			(closed ??= new Promise((resolve) => {
				air.close();
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			})),
	};
}
