import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ready } from './air';

interface Seen {
	issuances: number;
	readonly connections: Set<Socket>;
	inFlight: number;
	maxInFlight: number;
	status: number;
	/** When each request came, in ms. */
	readonly times: number[];
}

const nothing = (): Seen => ({
	issuances: 0,
	connections: new Set(),
	inFlight: 0,
	maxInFlight: 0,
	status: 0,
	times: [],
});

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const did = (): string =>
	`did:air:id:test:${[...randomBytes(44)].map((byte) => BASE58.charAt(byte % BASE58.length)).join('')}`;

/** The same keys for every account: making keys for each would cost more than everything else here. */
const account = {
	publicKey: `0x${generateKeyPairSync('x25519')
		.publicKey.export({ type: 'spki', format: 'der' })
		.toString('hex')}`,
	signingKey: {
		jwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
	},
};

/** A hash that does not exist: the question by which a key is proven. */
const UNKNOWN_HASH = '0'.repeat(64);

let latencyMs = 0;
let seen = nothing();

type Answer = readonly [status: number, body: object];

function issued(body: string): Answer {
	seen.issuances += 1;
	const { credentialId } = JSON.parse(body) as { credentialId: string };
	const userUuid = randomBytes(16).toString('hex');
	return [200, { coreClaimHash: randomBytes(32).toString('hex'), credentialId, userUuid }];
}

function statusOf(coreClaimHash: string | null): Answer {
	seen.status += 1;
	if (coreClaimHash === null || coreClaimHash === UNKNOWN_HASH) {
		return [404, { error: 404, message: 'No credential found for the given hash.' }];
	}
	return [
		200,
		{
			coreClaimHash,
			issuanceDate: '2026-01-19 07:18:45',
			expirationDate: '2036-01-19 07:18:45',
			issuerDid: 'did:air:id:test:bench',
			issuerId: 'bench',
			schemeId: 'bench',
			vcId: coreClaimHash.slice(0, 22),
			vcDstorageId: coreClaimHash.slice(0, 32),
			vcStatus: 'ONCHAIN',
		},
	];
}

function stored(body: string): Answer {
	const { externalId } = JSON.parse(body) as { externalId?: string };
	if (externalId === undefined) {
		return [400, { error: 400, message: 'Missing required field: holderDid' }];
	}
	seen.issuances += 1;
	const storagePath = `dstorage://vc/${randomBytes(16).toString('hex')}`;
	return [
		201,
		{ storagePath, state: 'stored', envelopeVersion: '1', createdAt: new Date().toISOString() },
	];
}

function answer(path: string, query: URLSearchParams, body: string): Answer {
	if (path.endsWith('/issue-on-behalf')) return issued(body);
	if (path.endsWith('/status')) return statusOf(query.get('coreClaimHash'));
	if (path.endsWith('/initialize-user')) {
		const userId = randomBytes(16).toString('hex');
		return [200, { userId, did: did(), status: 'active', ...account }];
	}
	if (path.endsWith('/vcs')) return stored(body);
	return [404, { error: 404, message: path }];
}

const send = (response: ServerResponse, status: number, body: unknown): void => {
	response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
	response.end(JSON.stringify(body));
};

async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const current = seen;
	current.times.push(Date.now());
	current.connections.add(request.socket);
	current.inFlight += 1;
	current.maxInFlight = Math.max(current.maxInFlight, current.inFlight);
	const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
	const body = await text(request);
	if (latencyMs > 0) await sleep(latencyMs);
	send(response, ...answer(pathname, searchParams, body));
	current.inFlight -= 1;
}

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const body = await text(request);
	if (request.url === '/reset') seen = nothing();
	if (request.url === '/settings') ({ latencyMs } = JSON.parse(body) as { latencyMs: number });
	if (request.url === '/requests') {
		send(
			response,
			200,
			seen.times.map((at) => ({ at })),
		);
		return;
	}
	const { issuances, connections, maxInFlight, status, times } = seen;
	send(response, 200, {
		issuances,
		connections: connections.size,
		maxInFlight,
		requests: times.length,
		rateLimited: 0,
		byOperation: { status },
	});
}

/** @returns the origin that it listens at */
async function listen(
	handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
	const server: Server = createServer((request, response) => {
		handle(request, response).catch((error: unknown) => {
			process.stderr.write(`${String(error)}\n`);
			response.destroy();
		});
	});
	server.keepAliveTimeout = 60_000;
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Answers in AIR's shapes after a time, and checks nothing: no token is verified, no envelope opened.
 * It simulates an AIR on another machine, like the real one, whereas the emulator uses as much of this
 * machine's cores as what is measured. Lives as long as the process that started it.
 */
async function main(): Promise<void> {
	const [chain, accountUrl, controlUrl] = await Promise.all([
		listen(api),
		listen(api),
		listen(control),
	]);
	const ready: Ready = { baseUrl: `${chain}/v1`, accountUrl, controlUrl };
	process.once('disconnect', () => process.exit());
	process.send?.(ready);
}

void main();
