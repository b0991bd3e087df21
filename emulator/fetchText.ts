import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { isLoopback } from './loopback';

const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_000_000;

export interface FetchOptions {
	/** Certificates (PEM) that are trusted besides those that Node trusts. */
	readonly ca?: string | undefined;
	/** The accepted content types, without parameters; all of them unless given. */
	readonly contentTypes?: readonly string[];
}

/**
 * The text at a URL. Each fetch has its own connection: a kept-alive one could break in a test that restarts the
 * host. AIR requires https; plain http is allowed to loopback, because the emulator is for one machine.
 * A redirect is an error.
 */
export async function fetchText(
	url: string,
	{ ca, contentTypes }: FetchOptions = {},
): Promise<string> {
	const { protocol, hostname } = new URL(url);
	if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
		throw new Error('not https');
	}
	const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
	return await new Promise((resolve, reject) => {
		const request =
			protocol === 'https:'
				? httpsGet(url, { agent: false, signal, ...trusting(ca) })
				: httpGet(url, { agent: false, signal });
		request.on('response', (response) => {
			const type = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
			const refused =
				response.statusCode !== 200
					? `HTTP ${response.statusCode ?? 0}`
					: contentTypes?.includes(type) === false
						? `content type ${type}`
						: undefined;
			if (refused !== undefined) {
				response.resume();
				reject(new Error(refused));
				return;
			}
			let text = '';
			response.setEncoding('utf8');
			response.on('data', (chunk: string) => {
				text += chunk;
				if (text.length > MAX_BYTES) request.destroy(new Error('document too large'));
			});
			response.on('end', () => {
				resolve(text);
			});
			response.on('error', reject);
		});
		request.on('error', reject);
	});
}

const contexts = new Map<string, SecureContext>();

/**
 * `ca` would replace the certificates that Node trusts, so those are added. Reading them takes
 * milliseconds and megabytes: once for each `ca`, not for each connection.
 */
function trusting(ca: string | undefined): { secureContext?: SecureContext } {
	if (ca === undefined) return {};
	const made = contexts.get(ca);
	if (made !== undefined) return { secureContext: made };
	const secureContext = createSecureContext({ ca: [...rootCertificates, ca] });
	contexts.set(ca, secureContext);
	return { secureContext };
}
