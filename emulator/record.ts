/** `account` and `store` are the two calls of direct issuance. */
export type Operation = 'issue' | 'status' | 'account' | 'store' | 'unknown';

/** What really happened, whatever was answered: a faulted answer does not undo an issuance. */
export type Outcome =
	| 'issued'
	| 'reissued'
	| 'existing'
	| 'status'
	| 'account'
	| 'stored'
	| 'repeated'
	| 'refused'
	| 'rate limited'
	| 'not done';

export interface RequestRecord {
	/** Real time, ms. */
	readonly at: number;
	readonly operation: Operation;
	readonly method: string;
	readonly path: string;
	readonly userAgent?: string | undefined;
	/** The token itself is never kept. */
	tokenHash?: string | undefined;
	alg?: string | undefined;
	kid?: string | undefined;
	partnerId?: string | undefined;
	recipient?: string | undefined;
	/** The parsed JSON body, if bodies are recorded. */
	body?: unknown;
	/** The hash issued or asked for. */
	coreClaimHash?: string | undefined;
	/** The externalId of a credential to store. */
	externalId?: string | undefined;
	/** SHA-256 of the body of a credential to store, byte for byte. */
	bodyHash?: string | undefined;
	/** Whether the token of a credential to store names an e-mail, which it should not. */
	emailInToken?: boolean;
	outcome: Outcome;
	/** Why it was refused, in more detail than AIR's answer. */
	reason?: string | undefined;
	/** The kind of the injected fault. */
	fault?: string | undefined;
	/** The status sent; absent when nothing was. */
	status?: number;
	/** The client hung up before it had the whole answer, or a fault made it do so. */
	cutOff?: boolean;
	ms?: number;
}

export interface Counts {
	requests: number;
	byOperation: Record<Operation, number>;
	byStatus: Record<string, number>;
	/** New issuances, whether or not the client was told about them. */
	issuances: number;
	revoked: number;
	usersCreated: number;
	/** Those of `usersCreated` that initialize-user made. */
	accounts: number;
	/** Credentials in DStorage, whether or not the client was told. */
	stored: number;
	/** Of these, those whose envelope does not open; counted on arrival, if they are opened at once. */
	unopened: number;
	/** Credentials that were not stored because they already are. */
	storeRepeats: number;
	storeRefused: number;
	rateLimited: number;
	faults: number;
	/** TCP connections that carried at least one request to the API. */
	connections: number;
	inFlight: number;
	maxInFlight: number;
	jwksFetches: number;
	jwksFetchFailures: number;
	/** Fetches of an issuer's did.json, jwt-vc-issuer and status lists. */
	didFetches: number;
	didFetchFailures: number;
	/** Fetched JWKSs that gave away private members. */
	jwksWithPrivateMembers: number;
}

function zero(inFlight: number): Counts {
	return {
		requests: 0,
		byOperation: { issue: 0, status: 0, account: 0, store: 0, unknown: 0 },
		byStatus: {},
		issuances: 0,
		revoked: 0,
		usersCreated: 0,
		accounts: 0,
		stored: 0,
		unopened: 0,
		storeRepeats: 0,
		storeRefused: 0,
		rateLimited: 0,
		faults: 0,
		connections: 0,
		inFlight,
		maxInFlight: inFlight,
		jwksFetches: 0,
		jwksFetchFailures: 0,
		didFetches: 0,
		didFetchFailures: 0,
		jwksWithPrivateMembers: 0,
	};
}

/** The requests that the emulator saw. The counts are exact; only the newest requests are kept. */
export class RequestLog {
	private entries: RequestRecord[] = [];
	private counted = zero(0);
	private sockets = new WeakSet();

	constructor(private readonly keep = 100_000) {}

	get requests(): readonly RequestRecord[] {
		return this.entries;
	}

	get counts(): Counts {
		return this.counted;
	}

	open(entry: RequestRecord, socket: object): void {
		// Dropped in large steps, so that keeping within the limit costs nothing for each request.
		if (this.entries.length >= 2 * this.keep) this.entries = this.entries.slice(-this.keep);
		this.entries.push(entry);
		this.counted.requests += 1;
		this.counted.byOperation[entry.operation] += 1;
		this.counted.inFlight += 1;
		this.counted.maxInFlight = Math.max(this.counted.maxInFlight, this.counted.inFlight);
		if (!this.sockets.has(socket)) {
			this.sockets.add(socket);
			this.counted.connections += 1;
		}
	}

	answered(entry: RequestRecord, status: number): void {
		entry.status = status;
		this.counted.byStatus[status] = (this.counted.byStatus[status] ?? 0) + 1;
	}

	leave(): void {
		this.counted.inFlight -= 1;
	}

	/** Requests still in flight stay counted as such. */
	clear(): void {
		this.entries = [];
		this.sockets = new WeakSet();
		this.counted = zero(this.counted.inFlight);
	}
}
