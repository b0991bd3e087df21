import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { certificateForLocalhost } from './postgresCertificate';

/** An https proxy on loopback, like those in front of n8n or of a host of documents. */
export interface HttpsFront {
	/** The `did:web` of its root. */
	readonly did: string;
	readonly origin: string;
	/** The certificate (PEM), which clients must trust. */
	readonly ca: string;
	/** Sets where each path leads from now on; undefined: nowhere. At first no path leads anywhere. */
	lead(to: (path: string) => string | undefined): void;
	close(): Promise<void>;
}

/**
 * Starts it on a free port of `localhost`, with a certificate made now. It passes on the method, the
 * headers and the answer as they are.
 *
 * @example
 * ```ts
 * const front = await startHttpsFront();
 * front.lead((path) => `http://127.0.0.1:5678${path}`);
 * ```
 */
export async function startHttpsFront(): Promise<HttpsFront> {
	const { cert, key } = certificateForLocalhost();
	let leads: (path: string) => string | undefined = () => undefined;
	const server = createServer({ cert, key }, (asked, answer) => {
		const target = leads(asked.url ?? '/');
		if (target === undefined) {
			answer.writeHead(404).end();
			return;
		}
		const { method, headers } = asked;
		const passed = httpRequest(
			target,
			{ method, headers: { ...headers, host: new URL(target).host }, agent: false },
			(got) => {
				answer.writeHead(got.statusCode ?? 502, got.headers);
				got.pipe(answer);
			},
		);
		passed.on('error', () => answer.destroy());
		asked.pipe(passed);
	});
	await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	return {
		did: `did:web:localhost%3A${address.port}`,
		origin: `https://localhost:${address.port}`,
		ca: cert,
		lead: (to) => {
			leads = to;
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			}),
	};
}
