import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listening, type Listening } from '../support';

const run = promisify(execFile);
const root = join(__dirname, '../../../..');

/** Long enough that a busy machine cannot be taken for an idle connection. */
const IDLE_MS = 120_000;

let server: Listening;
beforeAll(async () => {
	const http = createServer((_incoming, response) => {
		response.end('ok');
	});
	// It says so in its answers, and undici then keeps an idle connection for nearly as long.
	http.keepAliveTimeout = IDLE_MS;
	server = await listening(http);
});
afterAll(async () => {
	await server.close();
});

/** What a script prints in a process of its own, which must end by itself. */
async function output(script: string): Promise<unknown> {
	const lines = `
		const { send } = require('./air/http/egress');
		const url = 'http://127.0.0.1:${server.port}/';
		const call = async () => (await send({ method: 'GET', url, headers: {}, timeoutMs: 30_000 })).text;
		const dispatchers = () => [1, 2].map((v) => Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.' + v)));
		const same = (a, b) => a.every((one, index) => one === b[index]);
		(async () => {
			${script}
		})();`;
	const { stdout, stderr } = await run(
		process.execPath,
		['--require', 'tsx/cjs', '--input-type=commonjs', '--eval', lines],
		{
			cwd: root,
			timeout: IDLE_MS / 2,
			env: { ...process.env, MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' },
		},
	);
	expect(stderr).toBe('');
	return JSON.parse(stdout);
}

jest.setTimeout(IDLE_MS);

test('a process that made a call ends by itself, at once', async () => {
	// Otherwise `output` gives up on it, long before the connection is closed.
	expect(await output('console.log(JSON.stringify(await call()));')).toBe('ok');
});

describe('the fetch of the rest of the process keeps its dispatcher', () => {
	test('when it was used before', async () => {
		const script = `
			await (await fetch(url)).text();
			const before = dispatchers();
			const text = await call();
			const kept = same(before, dispatchers());
			console.log(JSON.stringify([text, before[0] !== undefined, kept, await (await fetch(url)).text()]));`;
		expect(await output(script)).toEqual(['ok', true, true, 'ok']);
	});

	test('when it is used afterwards for the first time', async () => {
		const script = `
			const before = dispatchers();
			const text = await call();
			const kept = same(before, dispatchers());
			console.log(JSON.stringify([text, kept, await (await fetch(url)).text()]));`;
		expect(await output(script)).toEqual(['ok', true, 'ok']);
	});

	test('when it is used for the first time at the same moment', async () => {
		const script = `
			const calling = call();
			const fetching = fetch(url);
			const texts = [await calling, await (await fetching).text(), await (await fetch(url)).text()];
			console.log(JSON.stringify(texts));`;
		expect(await output(script)).toEqual(['ok', 'ok', 'ok']);
	});

	test('when somebody has installed their own', async () => {
		const script = `
			const own = new (require('undici').Agent)();
			require('undici').setGlobalDispatcher(own);
			const before = dispatchers();
			const text = await call();
			console.log(JSON.stringify([text, same(before, dispatchers()), before[1] === own]));
			await own.close();`;
		expect(await output(script)).toEqual(['ok', true, true]);
	});
});
