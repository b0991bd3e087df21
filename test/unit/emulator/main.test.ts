import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSigner, startJwksHost, token, type JwksHost } from './support';

const ROOT = join(__dirname, '../../..');

interface Run {
	stdout: () => string;
	/** Waits until stdout has the pattern, and gives the first group. */
	said(pattern: RegExp): Promise<string>;
	stop(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
	ended: Promise<number | null>;
	stderr: () => string;
}

function run(...args: string[]): Run {
	const child = spawn(process.execPath, ['--import', 'tsx', 'emulator/main.ts', ...args], {
		cwd: ROOT,
	});
	let stdout = '';
	let stderr = '';
	child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
	const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
	return {
		stdout: () => stdout,
		stderr: () => stderr,
		ended,
		said: async (pattern) => {
			for (let tries = 0; tries < 500; tries += 1) {
				const found = pattern.exec(stdout);
				if (found !== null) return found[1] ?? '';
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
			child.kill('SIGKILL');
			throw new Error(`it said only: ${stdout}${stderr}`);
		},
		stop: async (signal) => {
			child.kill(signal);
			return await ended;
		},
	};
}

let jwks: JwksHost;
beforeAll(async () => {
	jwks = await startJwksHost();
});
afterAll(async () => {
	await jwks.close();
});

test('serves the demo program of the given partner until SIGTERM', async () => {
	const signer = newSigner();
	jwks.publish({ ...signer.publicJwk, kid: 'key-1' });
	const emulator = run('--port', '0', '--partner-id', 'me', '--jwks-url', jwks.url);
	const baseUrl = await emulator.said(/base URL (\S+)\n[^]*program/);
	const reply = await fetch(`${baseUrl}/credentials/issue-on-behalf`, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			'x-partner-auth': token(signer, { claims: { partnerId: 'me' } }),
		},
		body: JSON.stringify({
			issuerDid: 'did:air:id:test:demoIssuer',
			credentialId: 'c0demo0program00000000',
			credentialSubject: { age: 25, location: 'Italy', isMember: true },
		}),
	});
	expect(await reply.text()).toContain('coreClaimHash');
	await emulator.said(/(issue ada@example\.com 200 issued)/);
	const accounts = await emulator.said(/accounts (\S+)/);
	const account = await fetch(`${accounts}/v2/auth/initialize-user`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'x-partner-id': 'me' },
		body: JSON.stringify({
			partnerJwt: token(signer, { claims: { partnerId: 'me', scope: 'issue' } }),
		}),
	});
	expect(await account.text()).toContain('did:air:id:test:');
	expect(await emulator.stop('SIGTERM')).toBe(0);
	expect(emulator.stdout()).toContain(`JWKS    ${jwks.url}`);
});

test('tells how to register a partner if there is none, and ends at SIGINT', async () => {
	const emulator = run('--port', '0', '--confirm-after-ms', 'never');
	await emulator.said(/(curl http\S+\/__control\/partners .*-d '\{)/);
	const controlUrl = await emulator.said(/control +(\S+)/);
	const overview: unknown = await (await fetch(controlUrl)).json();
	expect(overview).toMatchObject({ settings: { confirmAfterMs: null }, partners: [] });
	expect(await emulator.stop('SIGINT')).toBe(0);
});

test('registers the partners of a file', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
	const file = join(folder, 'partners.json');
	await writeFile(file, JSON.stringify([{ partnerId: 'a' }, { partnerId: 'b' }]));
	const emulator = run('--port', '0', '--register', file);
	await emulator.said(/partner a\n[^]*(partner b)\n/);
	expect(await emulator.stop('SIGTERM')).toBe(0);
	await rm(folder, { recursive: true });
});

test.each([
	['--help', 0, 'npm run emulator'],
	['--nonsense', 1, '--nonsense'],
	['--port=x', 1, '--port: x is not a number'],
	['--jwks-url=http://127.0.0.1/', 1, '--partner-id'],
	['--register=/nowhere.json', 1, '/nowhere.json'],
	['--ca=/nowhere.pem', 1, '/nowhere.pem'],
	['--host=0.0.0.0', 1, 'loopback only'],
])('%s ends with %i', async (arg, code, text) => {
	const emulator = run(arg);
	expect(await emulator.ended).toBe(code);
	expect(code === 0 ? emulator.stdout() : emulator.stderr()).toContain(text);
});
