import dns from 'node:dns';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { createServer as createHttpsServer } from 'node:https';
import tls from 'node:tls';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { send } from '../../../../air/http/egress';
import { withProxyVariables } from './proxyVariables';
import {
	airErrorOf,
	certificateFor,
	closedPort,
	everythingShown,
	listening,
	type Listening,
} from '../support';

const identity = certificateFor('air.example.com');
const proxyIdentity = certificateFor('localhost');
const trusted = tls.getCACertificates('default');
beforeAll(() => {
	tls.setDefaultCACertificates([...trusted, identity.cert, proxyIdentity.cert]);
});
afterAll(() => {
	tls.setDefaultCACertificates(trusted);
});

const open: Listening[] = [];
afterEach(async () => {
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

interface Proxy {
	readonly url: string;
	/** `CONNECT host:port`, or the method and the absolute address. */
	readonly asked: string[];
	readonly authorizations: (string | undefined)[];
}

/** A proxy that leads every name to this machine, or answers everything with one status. */
async function proxy(status = 200): Promise<Proxy> {
	const asked: string[] = [];
	const authorizations: (string | undefined)[] = [];
	const server = createHttpServer((incoming, response) => {
		asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
		authorizations.push(incoming.headers['proxy-authorization']);
		if (status !== 200) {
			response.writeHead(status).end('no');
			return;
		}
		const { port, pathname } = new URL(incoming.url ?? '');
		incoming.pipe(
			httpRequest(
				{
					host: '127.0.0.1',
					port,
					path: pathname,
					method: incoming.method ?? 'GET',
					headers: incoming.headers,
				},
				(answer) => {
					response.writeHead(answer.statusCode ?? 500, answer.headers);
					answer.pipe(response);
				},
			),
		);
	});
	server.on('connect', (incoming, socket) => {
		asked.push(`CONNECT ${incoming.url ?? ''}`);
		authorizations.push(incoming.headers['proxy-authorization']);
		socket.on('error', () => undefined);
		if (status !== 200) {
			socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
			return;
		}
		const target = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			target.pipe(socket).pipe(target);
		});
		target.on('error', () => socket.destroy());
	});
	const { port } = await serving(server);
	return { url: `http://127.0.0.1:${port}`, asked, authorizations };
}

const https = async () =>
	await serving(
		createHttpsServer(identity, (_incoming, response) => {
			response.end('over TLS');
		}),
	);
const http = async () =>
	await serving(
		createHttpServer((_incoming, response) => {
			response.end('in the clear');
		}),
	);

const call = async (url: string, env: NodeJS.ProcessEnv, timeoutMs = 2000) =>
	await withProxyVariables(
		env,
		async () =>
			await send({
				method: 'POST',
				url,
				headers: { 'x-partner-auth': 'token' },
				body: '{}',
				timeoutMs,
				env,
			}),
	);
const failure = async (url: string, env: NodeJS.ProcessEnv) => {
	const { code, kind } = await airErrorOf(() => call(url, env));
	return [code, kind];
};
const PRIVATE = { MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' };

describe('a target over https', () => {
	test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
		'goes through %s',
		async (name) => {
			const { port } = await https();
			const { url, asked } = await proxy();
			const answer = await call(`https://air.example.com:${port}/v1`, { [name]: url });
			expect(answer.text).toBe('over TLS');
			expect(asked).toEqual([`CONNECT air.example.com:${port}`]);
		},
	);

	test('does not go through HTTP_PROXY', async () => {
		const { port } = await https();
		const { url, asked } = await proxy();
		await failure(`https://localhost:${port}/`, { ...PRIVATE, HTTP_PROXY: url });
		expect(asked).toEqual([]);
	});

	test('through a tunnel keeps its connection', async () => {
		const { port } = await https();
		const { url, asked } = await proxy();
		for (let turn = 0; turn < 5; turn++) {
			await call(`https://air.example.com:${port}/`, { HTTPS_PROXY: url });
		}
		expect(asked).toHaveLength(1);
	});

	test('tells the proxy its name and password, and nobody else', async () => {
		const { port } = await https();
		const { url, authorizations } = await proxy();
		const withPassword = url.replace('//', '//me:p%40ss@');
		await call(`https://air.example.com:${port}/`, { HTTPS_PROXY: withPassword });
		expect(authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
	});

	test('must have a certificate that is trusted, through a proxy too', async () => {
		const { port } = await https();
		const { url } = await proxy();
		expect(await failure(`https://other.example.com:${port}/`, { HTTPS_PROXY: url })).toEqual([
			'AIR_TLS',
			'not-sent',
		]);
	});

	test.each(['https://127.0.0.1:1/', 'https://localhost:1/', 'https://[::1]:1/'])(
		'%s is refused before the proxy is asked',
		async (target) => {
			const { url, asked } = await proxy();
			expect(await failure(target, { HTTPS_PROXY: url })).toEqual(['AIR_TARGET_PRIVATE', 'input']);
			expect(asked).toEqual([]);
		},
	);
});

describe('a target over http', () => {
	test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])('goes through %s', async (name) => {
		const { port } = await http();
		const { url, asked } = await proxy();
		const target = `http://127.0.0.1:${port}/v1`;
		expect((await call(target, { ...PRIVATE, [name]: url })).text).toBe('in the clear');
		expect(asked).toEqual([`POST ${target}`]);
	});

	test('that a name leads to the public internet is not asked of the proxy', async () => {
		const { url, asked } = await proxy();
		const answer = (_name: string, _options: unknown, callback: (...found: unknown[]) => void) => {
			setImmediate(callback, null, [{ address: '8.8.8.8', family: 4 }]);
		};
		const lookup = jest.spyOn(dns, 'lookup').mockImplementation(answer as never);
		try {
			const env = { ...PRIVATE, HTTP_PROXY: url };
			expect(await failure('http://air.example.com/v1', env)).toEqual([
				'AIR_TARGET_NOT_HTTPS',
				'input',
			]);
			expect(asked).toEqual([]);
		} finally {
			lookup.mockRestore();
		}
	});

	test('does not go through HTTPS_PROXY', async () => {
		const { port } = await http();
		const { url, asked } = await proxy();
		await call(`http://127.0.0.1:${port}/`, { ...PRIVATE, HTTPS_PROXY: url });
		expect(asked).toEqual([]);
	});
});

describe('a proxy over https', () => {
	/** Leads every name to this machine; in front of it is TLS with a certificate for its own name. */
	async function secureProxy() {
		const plain = await proxy();
		const { port } = await serving(
			tls.createServer(proxyIdentity, (socket) => {
				const inner = connect(Number(new URL(plain.url).port), '127.0.0.1');
				socket.on('error', () => inner.destroy());
				inner.on('error', () => socket.destroy());
				inner.pipe(socket).pipe(inner);
			}),
		);
		return { ...plain, port };
	}

	test.each([
		['named so', (port: number) => `https://me:secret@localhost:${port}`],
		['without a scheme, for a target over https', (port: number) => `me:secret@localhost:${port}`],
	])('%s', async (_how, address) => {
		const { port } = await https();
		const { asked, authorizations, port: proxyPort } = await secureProxy();
		const answer = await call(`https://air.example.com:${port}/`, {
			HTTPS_PROXY: address(proxyPort),
		});
		expect(answer.text).toBe('over TLS');
		expect(asked).toEqual([`CONNECT air.example.com:${port}`]);
		expect(authorizations).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
	});

	test('that speaks no TLS is called so, and shows no password', async () => {
		const { url } = await proxy();
		const address = url.replace('http://127.0.0.1', 'me:secret@localhost');
		const error = await airErrorOf(() =>
			call('https://air.example.com:1/', { HTTPS_PROXY: address }),
		);
		expect([error.code, error.kind]).toEqual(['AIR_PROXY', 'not-sent']);
		expect(everythingShown(error)).not.toContain('secret');
	});
});

test('a proxy that changes at run time is used from the next request on', async () => {
	const { port } = await https();
	const [one, other] = [await proxy(), await proxy()];
	const target = `https://air.example.com:${port}/`;
	await call(target, { HTTPS_PROXY: one.url });
	await call(target, { HTTPS_PROXY: other.url });
	await failure(target, { HTTPS_PROXY: other.url, NO_PROXY: 'air.example.com' });
	await call(target, { https_proxy: '', HTTPS_PROXY: one.url });
	expect([one.asked.length, other.asked.length]).toEqual([1, 1]);
});

describe('a proxy for SOCKS', () => {
	test.each(['https://air.example.com:8443/', 'http://127.0.0.1:8080/'])(
		'is not waited for, and not asked: %s',
		async (target) => {
			const { accepted, port } = await serving(createServer());
			const error = await airErrorOf(() =>
				call(target, { ...PRIVATE, ALL_PROXY: `socks5://127.0.0.1:${port}` }),
			);
			expect([error.code, error.kind]).toEqual(['AIR_PROXY_ADDRESS', 'not-sent']);
			expect(error.message).toContain('socks5: is not supported');
			expect(accepted()).toBe(0);
		},
	);
});

test('a base URL that is the address of the proxy itself is asked for through a tunnel, too', async () => {
	const { asked, url } = await proxy();
	const secure = url.replace('http:', 'https:');
	await failure(secure.replace('127.0.0.1', 'proxy.example.com'), {
		HTTPS_PROXY: url,
		...PRIVATE,
	});
	expect(asked).toEqual([`CONNECT proxy.example.com:${new URL(url).port}`]);
});

describe('NO_PROXY', () => {
	test.each([
		['127.0.0.1', 0],
		['other.example.com,127.0.0.1', 0],
		['*', 0],
		['other.example.com', 1],
		['', 1],
	])('%j: the proxy is asked %d times', async (noProxy, times) => {
		const { port } = await http();
		for (const name of ['NO_PROXY', 'no_proxy']) {
			const { url, asked } = await proxy();
			await call(`http://127.0.0.1:${port}/`, { ...PRIVATE, HTTP_PROXY: url, [name]: noProxy });
			expect(asked).toHaveLength(times);
		}
	});

	test('direct requests are guarded as without a proxy', async () => {
		const { url } = await proxy();
		const env = { HTTPS_PROXY: url, NO_PROXY: 'vm.localhost' };
		expect(await failure('https://vm.localhost/', env)).toEqual(['AIR_TARGET_PRIVATE', 'input']);
	});
});

describe('a proxy that does not help: nothing was sent', () => {
	const targets = ['https://air.example.com:8443/', 'http://127.0.0.1:8080/'] as const;
	const through = (url: string) => ({ ...PRIVATE, ALL_PROXY: url });

	test.each(targets)('nobody listens there: %s', async (target) => {
		const url = `http://127.0.0.1:${await closedPort()}`;
		expect(await failure(target, through(url))).toEqual(['AIR_PROXY', 'not-sent']);
	});

	test.each(targets)('its name is unknown: %s', async (target) => {
		const env = through('http://me:secret@no-such-host.invalid:3128');
		const error = await airErrorOf(() => call(target, env));
		expect([error.code, error.kind]).toEqual(['AIR_PROXY', 'not-sent']);
		expect(everythingShown(error)).not.toContain('secret');
	});

	test.each([403, 407, 502, 503])('it answers CONNECT with %d', async (status) => {
		const { url } = await proxy(status);
		expect(await failure(targets[0], through(url))).toEqual(['AIR_PROXY', 'not-sent']);
	});

	test('it asks for a password before it forwards', async () => {
		const { url } = await proxy(407);
		expect(await failure(targets[1], through(url))).toEqual(['AIR_PROXY', 'not-sent']);
	});

	test('it closes without a word', async () => {
		const { port } = await serving(
			createServer((socket) => {
				socket.on('data', () => socket.destroy());
			}),
		);
		expect(await failure(targets[0], through(`http://127.0.0.1:${port}`))).toEqual([
			'AIR_PROXY',
			'not-sent',
		]);
	});

	test('it never answers', async () => {
		const { port } = await serving(createServer());
		const env = through(`http://127.0.0.1:${port}`);
		const error = await airErrorOf(() => call(targets[0], env, 50));
		expect(error.kind).toBe('not-sent');
	});

	test.each([
		'not a url',
		'http://',
		'ftp://proxy.example',
		'http://:3128',
		'http://me:secret#1@proxy.example:3128',
		'http://me:50%secret@proxy.example:3128',
	])('its address is %j', async (address) => {
		expect(await failure(targets[0], through(address))).toEqual(['AIR_PROXY_ADDRESS', 'not-sent']);
	});

	test('an error for a direct target does not name the proxy', async () => {
		const { url } = await proxy();
		const env = { HTTPS_PROXY: url, NO_PROXY: '.invalid' };
		expect(await failure('https://my-proxy.invalid/', env)).toEqual(['AIR_DNS', 'not-sent']);
	});
});

test('a target that answers nothing through a tunnel leaves the outcome unknown', async () => {
	const { port } = await serving(
		createHttpsServer(identity, (incoming) => incoming.socket.destroy()),
	);
	const { url } = await proxy();
	expect(await failure(`https://air.example.com:${port}/`, { HTTPS_PROXY: url })).toEqual([
		'AIR_CONNECTION_LOST',
		'outcome-unknown',
	]);
});
