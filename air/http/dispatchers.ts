import { createRequire } from 'node:module';
import type { buildConnector, Dispatcher } from 'undici';
import { AirError } from '../../errors/AirError';
import { MOST_IN_FLIGHT } from '../pacing/Window';
import { guardedLookup, type TargetPolicy } from './targetGuard';

const CONNECT_TIMEOUT_MS = 10_000;
const ORIGINS_KEPT = 16;

type Undici = typeof import('undici');

let loaded: Undici | undefined;

/**
 * Loads undici on first use and puts the process-wide dispatchers back as they were: requiring it
 * installs its own for everybody's `fetch`, which is not ours to change. All synchronously, so that a
 * dispatcher that somebody else installs meanwhile is not mistaken for undici's.
 */
function loadUndici(): Undici {
	const symbols = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
	const before = symbols.map((symbol) => Reflect.get(globalThis, symbol) as unknown);
	try {
		const undici = createRequire(__filename)('undici') as Undici;
		symbols.forEach((symbol, index) => {
			if (Reflect.get(globalThis, symbol) !== before[index]) {
				Reflect.set(globalThis, symbol, before[index]);
			}
		});
		return undici;
	} catch {
		throw new AirError('AIR_LIBRARY_MISSING', { detail: 'undici' });
	}
}

const dispatchers = new Map<string, Dispatcher>();

/**
 * A pool for connections to the proxy. If the proxy itself cannot be reached, the error says so and
 * does not blame AIR's address.
 */
function proxyPool(undici: Undici, proxy: URL): Dispatcher {
	const connector = undici.buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
	const connect: buildConnector.connector = (target, callback) => {
		connector(target, (error, socket) => {
			if (error === null) callback(null, socket);
			else callback(new AirError('AIR_PROXY'), null);
		});
	};
	return new undici.Pool(proxy.origin, { connect, headersTimeout: CONNECT_TIMEOUT_MS });
}

function create(
	undici: Undici,
	url: URL,
	policy: TargetPolicy,
	proxy: URL | undefined,
): Dispatcher {
	const options = {
		allowH2: false,
		// A new connection is opened only when all others are busy.
		connections: MOST_IN_FLIGHT,
		pipelining: 1,
		connectTimeout: CONNECT_TIMEOUT_MS,
	};
	if (proxy === undefined) {
		const lookup = guardedLookup(url, policy);
		const connect = { lookup, timeout: CONNECT_TIMEOUT_MS, allowH2: false };
		return new undici.Pool(url.origin, { ...options, connect });
	}
	try {
		// A proxy resolves names itself, so only the literal target can be checked; the operator chooses
		// the proxy.
		return new undici.ProxyAgent({
			...options,
			uri: proxy.href,
			clientFactory: () => proxyPool(undici, proxy),
			// For http undici asks for a pool to the proxy, which forwards; for https for one to the target,
			// through a tunnel.
			factory: (origin, rest) =>
				url.protocol === 'http:' ? proxyPool(undici, proxy) : new undici.Pool(origin, rest),
		});
	} catch {
		// undici's message would show the proxy's address, including its password.
		throw new AirError('AIR_PROXY_ADDRESS', { detail: 'it cannot be read' });
	}
}

/**
 * The pool for a target's origin, made on first use and kept. Idle connections do not keep the
 * process alive.
 *
 * @param url - the target; only its origin counts
 * @param proxy - from `proxyFor`
 * @throws AirError `AIR_LIBRARY_MISSING`, `AIR_PROXY_ADDRESS`
 */
export function dispatcherFor(url: URL, policy: TargetPolicy, proxy: URL | undefined): Dispatcher {
	const id = JSON.stringify([
		url.origin,
		proxy?.href,
		policy.allowPrivate,
		policy.allowedHostnames,
		policy.allowedRanges.rules,
	]);
	const kept = dispatchers.get(id);
	if (kept !== undefined) return kept;
	const dispatcher = create((loaded ??= loadUndici()), url, policy, proxy);
	dispatchers.set(id, dispatcher);
	for (const [oldest, unused] of dispatchers) {
		if (dispatchers.size <= ORIGINS_KEPT) break;
		dispatchers.delete(oldest);
		// Requests in flight finish first; errors while closing no longer concern anybody.
		void unused.close();
	}
	return dispatcher;
}

/** Closes all pools: on shutdown, and after tests. Requests in flight are ended. */
export async function closeDispatchers(): Promise<void> {
	const open = [...dispatchers.values()];
	dispatchers.clear();
	await Promise.all(open.map(async (dispatcher) => dispatcher.destroy()));
}

process.once('beforeExit', () => void closeDispatchers());
