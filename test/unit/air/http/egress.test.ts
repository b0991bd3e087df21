import dns from 'node:dns';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AirErrorCode, AirErrorKind } from '../../../../errors/errorCatalogue';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { send, type EgressRequest } from '../../../../air/http/egress';
import {
	airErrorOf,
	certificateFor,
	closedPort,
	everythingShown,
	listening,
	type Listening,
} from '../support';

const open: Listening[] = [];
afterEach(async () => {
	jest.restoreAllMocks();
	await closeDispatchers();
	await Promise.all(
		open.splice(0).map(async (server) => {
			await server.close();
		}),
	);
});

async function serving(server: Server): Promise<Listening> {
	const running = await listening(server);
	open.push(running);
	return running;
}

const http = async (listener: RequestListener) => await serving(createHttpServer(listener));

/** A server that speaks no HTTP of its own: what to do with each request is up to the test. */
const raw = async (onRequest: (socket: Socket) => void) =>
	await serving(
		createServer((socket) => {
			socket.on('data', () => {
				onRequest(socket);
			});
		}),
	);

const TOKEN = 'a-token-that-must-not-be-shown';
const request = (port: number, rest: Partial<EgressRequest> = {}): EgressRequest => ({
	method: 'POST',
	url: `http://127.0.0.1:${port}/v1/credentials/issue-on-behalf`,
	headers: { 'x-partner-auth': TOKEN, 'content-type': 'application/json' },
	body: '{"credentialSubject":{"secret":"claim"}}',
	timeoutMs: 2000,
	env: { MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' },
	...rest,
});

async function failure(
	port: number,
	rest: Partial<EgressRequest> = {},
): Promise<[AirErrorCode, AirErrorKind]> {
	const error = await airErrorOf(() => send(request(port, rest)));
	const shown = everythingShown(error);
	expect(shown).not.toContain(TOKEN);
	expect(shown).not.toContain('claim"');
	return [error.code, error.kind];
}

/** A resolver that knows one answer for all, as no name may leave this machine; without any it never answers. */
function resolving(...addresses: string[]): jest.SpyInstance {
	const answer = (
		_name: string,
		_options: unknown,
		callback: (error: Error | null, found: dns.LookupAddress[]) => void,
	) => {
		const found = addresses.map((address) => ({ address, family: 4 }));
		if (found.length > 0) setImmediate(callback, null, found);
	};
	return jest.spyOn(dns, 'lookup').mockImplementation(answer as unknown as typeof dns.lookup);
}

describe('an answer', () => {
	test('comes with status, headers in lower case and text, and the request arrives as it was', async () => {
		const seen: unknown[] = [];
		const { port } = await http((incoming, response) => {
			let body = '';
			incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
			incoming.on('end', () => {
				seen.push([incoming.method, incoming.url, incoming.headers['x-partner-auth'], body]);
				response.writeHead(201, { 'X-Request-ID': 'r1', 'Retry-After': ['1', '2'] });
				response.end('{"ok":true}');
			});
		});
		const answer = await send(request(port));
		expect(answer).toMatchObject({ status: 201, text: '{"ok":true}' });
		expect(answer.headers).toMatchObject({ 'x-request-id': 'r1', 'retry-after': '1' });
		expect(seen).toEqual([
			[
				'POST',
				'/v1/credentials/issue-on-behalf',
				TOKEN,
				'{"credentialSubject":{"secret":"claim"}}',
			],
		]);
	});

	test('may have no body', async () => {
		const { port } = await http((_incoming, response) => response.writeHead(204).end());
		expect(await send(request(port))).toMatchObject({ status: 204, text: '' });
	});

	test('may be preceded by informational ones', async () => {
		const { port } = await raw((socket) => {
			socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
			socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
		});
		expect(await send(request(port))).toMatchObject({ status: 200, text: 'ok' });
	});

	test('may have characters that are split between two packets', async () => {
		const { port } = await http((_incoming, response) => {
			const bytes = Buffer.from('Grüße 😀');
			response.write(bytes.subarray(0, 3));
			setTimeout(() => response.end(bytes.subarray(3)), 10);
		});
		expect((await send(request(port))).text).toBe('Grüße 😀');
	});

	test.each([301, 302, 303, 307, 308])('%d is not followed', async (status) => {
		let followed = 0;
		const target = await http((_incoming, response) => {
			followed++;
			response.end();
		});
		const { port } = await http((_incoming, response) => {
			response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end();
		});
		expect((await send(request(port))).status).toBe(status);
		expect(followed).toBe(0);
	});
});

describe('before the request is written nothing was sent', () => {
	const notSent = (code: AirErrorCode) => [code, 'not-sent'];

	test('nobody listens', async () => {
		expect(await failure(await closedPort())).toEqual(notSent('AIR_CONNECTION_REFUSED'));
	});

	test('nobody listens at any address of a name', async () => {
		const url = `http://localhost:${await closedPort()}/`;
		expect(await failure(0, { url })).toEqual(notSent('AIR_CONNECTION_REFUSED'));
	});

	test('a name that does not exist', async () => {
		expect(await failure(0, { url: 'https://air.invalid/v1' })).toEqual(notSent('AIR_DNS'));
	});

	test('a name that does not exist and holds a word we look for', async () => {
		expect(await failure(0, { url: 'https://proxy-timeout.invalid/v1' })).toEqual(
			notSent('AIR_DNS'),
		);
	});

	test('a resolver that hangs', async () => {
		resolving();
		const url = 'https://air.example.com/v1';
		expect(await failure(0, { url, timeoutMs: 50 })).toEqual(notSent('AIR_CONNECT_TIMEOUT'));
	});

	test('a certificate that nobody trusts', async () => {
		let requests = 0;
		const { port } = await serving(
			createHttpsServer(certificateFor('localhost'), () => requests++),
		);
		const url = `https://localhost:${port}/`;
		expect(await failure(port, { url })).toEqual(notSent('AIR_TLS'));
		expect(requests).toBe(0);
	});

	test('a server that speaks no TLS', async () => {
		const { port } = await http((_incoming, response) => response.end());
		const url = `https://localhost:${port}/`;
		expect(await failure(port, { url })).toEqual(notSent('AIR_TLS'));
	});

	test('a server that closes during the handshake', async () => {
		const { port } = await raw((socket) => socket.destroy());
		const [, kind] = await failure(port, { url: `https://127.0.0.1:${port}/` });
		expect(kind).toBe('not-sent');
	});

	test('a handshake that hangs', async () => {
		const { port } = await raw(() => undefined);
		const url = `https://127.0.0.1:${port}/`;
		expect(await failure(port, { url, timeoutMs: 50 })).toEqual(notSent('AIR_CONNECT_TIMEOUT'));
	});

	test('a request that waited too long is not written later either', async () => {
		let bytes = 0;
		const server = await serving(
			createServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length))),
		);
		let release: (() => void) | undefined;
		jest.spyOn(dns, 'lookup').mockImplementation(((
			_name: string,
			_options: unknown,
			callback: (error: null, found: dns.LookupAddress[]) => void,
		) => {
			release = () => {
				callback(null, [{ address: '127.0.0.1', family: 4 }]);
			};
		}) as unknown as typeof dns.lookup);
		const url = `http://air.test:${server.port}/`;
		expect(await failure(0, { url, timeoutMs: 50 })).toEqual(notSent('AIR_CONNECT_TIMEOUT'));
		release?.();
		await sleep(50);
		expect(server.accepted()).toBe(1);
		expect(bytes).toBe(0);
	});
});

describe('what the guard refuses is never connected to', () => {
	test.each<[string, NodeJS.ProcessEnv, AirErrorCode]>([
		['https://127.0.0.1:PORT/', {}, 'AIR_TARGET_PRIVATE'],
		['https://localhost:PORT/', {}, 'AIR_TARGET_PRIVATE'],
		['https://air.example.com:PORT/', {}, 'AIR_TARGET_PRIVATE'],
		['http://127.0.0.1:PORT/', {}, 'AIR_TARGET_NOT_HTTPS'],
	])('%s with %j', async (pattern, env, code) => {
		resolving('127.0.0.1');
		const server = await raw(() => undefined);
		const url = pattern.replace('PORT', String(server.port));
		expect(await failure(0, { url, env })).toEqual([code, 'input']);
		await sleep(10);
		expect(server.accepted()).toBe(0);
	});

	// DNS rebinding: the name is asked for once for each connection, and what it says is what counts.
	test('a name that leads outside when it is first asked for, and inside from then on', async () => {
		const server = await raw(() => undefined);
		const env = { N8N_SSRF_ALLOWED_IP_RANGES: '127.0.0.2' };
		const url = `https://rebinding.example:${String(server.port)}/`;
		resolving('127.0.0.2');
		const first = await failure(0, { url, env });
		expect(first[0]).not.toBe('AIR_TARGET_PRIVATE');
		const reached = server.accepted();
		resolving('127.0.0.1');
		expect(await failure(0, { url, env })).toEqual(['AIR_TARGET_PRIVATE', 'input']);
		await sleep(10);
		expect(server.accepted()).toBe(reached);
	});

	test('a name that leads to both at once', async () => {
		const server = await raw(() => undefined);
		for (const addresses of [
			['8.8.8.8', '127.0.0.1'],
			['127.0.0.1', '8.8.8.8'],
		]) {
			resolving(...addresses);
			const url = `https://both.example:${String(server.port)}/`;
			expect(await failure(0, { url, env: {} })).toEqual(['AIR_TARGET_PRIVATE', 'input']);
		}
		expect(server.accepted()).toBe(0);
	});

	test('http to a name that resolves to a public address', async () => {
		resolving('8.8.8.8');
		expect(await failure(0, { url: 'http://air.example.com/' })).toEqual([
			'AIR_TARGET_NOT_HTTPS',
			'input',
		]);
	});

	test('a policy that changes is heard at once, though a connection is open', async () => {
		const { port } = await http((_incoming, response) => response.end());
		await send(request(port));
		expect(await failure(port, { env: {} })).toEqual(['AIR_TARGET_NOT_HTTPS', 'input']);
	});
});

describe('after the request was written the outcome is unknown', () => {
	const headers = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
	const chunked = `${headers}transfer-encoding: chunked\r\n\r\n`;

	test.each<[string, (socket: Socket) => void]>([
		['reset before the answer', (socket) => socket.resetAndDestroy()],
		['closed before the answer', (socket) => socket.end()],
		['closed in the headers', (socket) => socket.end(headers)],
		['closed in the body', (socket) => socket.end(`${headers}content-length: 100\r\n\r\n{"core`)],
		['closed in a chunk', (socket) => socket.end(`${chunked}64\r\n{"core`)],
		['closed between chunks', (socket) => socket.end(`${chunked}2\r\n{}\r\n`)],
		['no HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
		[
			'two lengths',
			(socket) => socket.end(`${headers}content-length: 2\r\ncontent-length: 3\r\n\r\nokx`),
		],
		['endless headers', (socket) => socket.end(`${headers}x: ${'x'.repeat(100_000)}\r\n\r\n`)],
	])('%s', async (_name, answer) => {
		const server = await raw(answer);
		expect(await failure(server.port)).toEqual(['AIR_CONNECTION_LOST', 'outcome-unknown']);
		// Sending again is for those who know what the user allowed, never for a library.
		await sleep(20);
		expect(server.accepted()).toBe(1);
	});

	test.each<[string, (socket: Socket) => void]>([
		['headers that do not come', () => undefined],
		['a body that does not come', (socket) => socket.write(`${headers}content-length: 9\r\n\r\n`)],
		[
			'a body that dribbles',
			(socket) => {
				socket.write(chunked);
				const dribble = setInterval(() => socket.write('1\r\nx\r\n'), 5);
				socket.on('close', () => {
					clearInterval(dribble);
				});
			},
		],
	])('%s', async (_name, answer) => {
		const closed = new Promise((resolve) => {
			void raw((socket) => {
				socket.on('close', resolve);
				answer(socket);
			}).then(async ({ port }) => {
				const begin = performance.now();
				expect(await failure(port, { timeoutMs: 100 })).toEqual(['AIR_TIMEOUT', 'outcome-unknown']);
				// The answer itself never ends.
				expect(performance.now() - begin).toBeLessThan(10_000);
			});
		});
		await closed;
	});

	test('a body larger than any answer of AIR, with and without a length', async () => {
		for (const length of [{}, { 'content-length': String(2 ** 30) }]) {
			const { port } = await http((_incoming, response) => {
				response.writeHead(200, length);
				response.on('error', () => undefined);
				const fill = () => {
					while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
				};
				response.on('drain', fill);
				fill();
			});
			const [code, kind] = await failure(port);
			expect([code, kind]).toEqual(['AIR_ANSWER_TOO_LARGE', 'outcome-unknown']);
		}
	});

	test('the largest body that is taken', async () => {
		const { port } = await http((_incoming, response) => response.end('x'.repeat(1000)));
		expect((await send(request(port, { maxBytes: 1000 }))).text).toHaveLength(1000);
		expect(await failure(port, { maxBytes: 999 })).toEqual([
			'AIR_ANSWER_TOO_LARGE',
			'outcome-unknown',
		]);
	});
});

describe('cancelling', () => {
	test('before anything: nobody is called', async () => {
		const server = await raw(() => undefined);
		expect(await failure(server.port, { signal: AbortSignal.abort() })).toEqual([
			'AIR_CANCELLED',
			'cancelled',
		]);
		expect(server.accepted()).toBe(0);
	});

	test('right after the call', async () => {
		const server = await raw(() => undefined);
		const controller = new AbortController();
		const failing = failure(server.port, { signal: controller.signal });
		controller.abort();
		expect(await failing).toEqual(['AIR_CANCELLED', 'cancelled']);
	});

	test('while connecting: nothing is written later', async () => {
		let bytes = 0;
		const server = await serving(
			createServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length))),
		);
		const controller = new AbortController();
		const url = `https://127.0.0.1:${server.port}/`;
		const failing = failure(0, { url, signal: controller.signal });
		while (bytes === 0) await sleep(5);
		const hello = bytes;
		controller.abort();
		expect(await failing).toEqual(['AIR_CANCELLED', 'cancelled']);
		await sleep(20);
		expect(bytes).toBe(hello);
	});

	test('in flight: the server sees the connection end', async () => {
		const controller = new AbortController();
		const closed = new Promise((resolve) => {
			void raw((socket) => {
				socket.on('close', resolve);
				controller.abort();
			}).then(async ({ port }) => {
				expect(await failure(port, { signal: controller.signal })).toEqual([
					'AIR_CANCELLED_IN_FLIGHT',
					'outcome-unknown',
				]);
			});
		});
		await closed;
	});

	test('in flight, with a grace: the answer is waited for', async () => {
		const controller = new AbortController();
		const { port } = await http((_incoming, response) => {
			controller.abort();
			setTimeout(() => response.end('late'), 50);
		});
		const answer = await send(request(port, { signal: controller.signal, graceMs: 1000 }));
		expect(answer.text).toBe('late');
	});

	test('in flight, with a grace that runs out', async () => {
		const controller = new AbortController();
		const { port } = await raw(() => {
			controller.abort();
		});
		expect(await failure(port, { signal: controller.signal, graceMs: 50 })).toEqual([
			'AIR_CANCELLED_IN_FLIGHT',
			'outcome-unknown',
		]);
	});

	test('a grace does not help what is not written yet', async () => {
		resolving();
		const controller = new AbortController();
		const url = 'https://air.example.com/';
		const failing = failure(0, { url, signal: controller.signal, graceMs: 60_000 });
		setTimeout(() => {
			controller.abort();
		}, 20);
		expect(await failing).toEqual(['AIR_CANCELLED', 'cancelled']);
	});

	test('after the answer: nothing', async () => {
		const { port } = await http((_incoming, response) => response.end('ok'));
		const controller = new AbortController();
		const signal = controller.signal;
		const removed = jest.spyOn(signal, 'removeEventListener');
		expect((await send(request(port, { signal }))).text).toBe('ok');
		expect(removed).toHaveBeenCalledTimes(1);
		controller.abort();
	});
});

describe('connections', () => {
	test('20 calls, one after the other, use one', async () => {
		const server = await http((_incoming, response) => response.end('ok'));
		for (let call = 0; call < 20; call++) await send(request(server.port));
		expect(server.accepted()).toBe(1);
	});

	test('20 calls at once do not wait for each other', async () => {
		let here = 0;
		let most = 0;
		const { port } = await http((_incoming, response) => {
			most = Math.max(most, ++here);
			setTimeout(() => {
				here--;
				response.end('ok');
			}, 30);
		});
		await Promise.all(Array.from({ length: 20 }, async () => await send(request(port))));
		expect(most).toBe(20);
	});

	test('one that the server closed while it was idle is not written to', async () => {
		const server = await raw((socket) => {
			socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
			setTimeout(() => socket.end(), 5);
		});
		for (let call = 0; call < 5; call++) {
			expect((await send(request(server.port))).text).toBe('ok');
			await sleep(20);
		}
		expect(server.accepted()).toBe(5);
	});

	test('one that failed does not fail the next call', async () => {
		let calls = 0;
		const { port } = await http((incoming, response) => {
			if (++calls % 2 === 1) incoming.socket.destroy();
			else response.end('ok');
		});
		for (let call = 0; call < 3; call++) {
			expect(await failure(port)).toEqual(['AIR_CONNECTION_LOST', 'outcome-unknown']);
			expect((await send(request(port))).text).toBe('ok');
		}
	});

	test('pools that are no longer kept finish what they do', async () => {
		const slow = await http((_incoming, response) => {
			setTimeout(() => response.end('late'), 200);
		});
		const late = send(request(slow.port));
		await sleep(20);
		const others = await Promise.all(
			Array.from({ length: 20 }, async () => await http((_in, response) => response.end('ok'))),
		);
		for (const { port } of others) await send(request(port));
		expect((await late).text).toBe('late');
		expect((await send(request(slow.port))).text).toBe('late');
	});
});

test('a refusal is one, however long its page is', async () => {
	const { port } = await http((_incoming, response) => {
		response.writeHead(403).end('x'.repeat(3_000_000));
	});
	const { status, text } = await send(request(port));
	expect(status).toBe(403);
	expect(text.length).toBeLessThanOrEqual(1024 * 1024);
});

test('more hosts at once than pools are kept: each is reached', async () => {
	const servers = await Promise.all(
		Array.from({ length: 40 }, () => http((_incoming, response) => response.end('ok'))),
	);
	const answers = await Promise.all(servers.map(({ port }) => send(request(port))));
	expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['ok']));
});

test('a server that is trusted is spoken to over TLS', async () => {
	const identity = certificateFor('air.example.com');
	const before = tls.getCACertificates('default');
	tls.setDefaultCACertificates([...before, identity.cert]);
	try {
		const server = createHttpsServer(identity, (_incoming, response) => response.end('ok'));
		const { port } = await serving(server);
		resolving('127.0.0.1');
		const url = `https://air.example.com:${port}/`;
		expect((await send(request(port, { url }))).text).toBe('ok');
		const wrongName = await failure(port, { url: `https://other.example.com:${port}/` });
		expect(wrongName).toEqual(['AIR_TLS', 'not-sent']);
	} finally {
		tls.setDefaultCACertificates(before);
	}
});
