import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issueMany } from '../ledger/contract/requests';
import { serveJwks } from '../../support/keys';
import { scratch, type Scratch } from './support';

const ROOT = join(__dirname, '../../..');
const MAIN = ['--import', 'tsx', 'cli/main.ts'];

let at: Scratch;
beforeAll(async () => {
	at = scratch();
	await at.fill((ledger) => issueMany(ledger, 3));
});
afterAll(() => {
	at.remove();
});

test('prints results to stdout and nothing else anywhere', async () => {
	const argv = [...MAIN, 'ledger', 'export', '--file', at.file];
	const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, { cwd: ROOT });
	expect(JSON.parse(stdout)).toHaveLength(3);
	expect(stderr).toBe('');
});

test('exits with 2 after a wrong call, and asks nothing without a terminal', async () => {
	const argv = [...MAIN, 'ledger', 'erase', 'person-1@example.com', '--file', at.file];
	const ended = promisify(execFile)(process.execPath, argv, { cwd: ROOT });
	await expect(ended).rejects.toMatchObject({ code: 2, stdout: '' });
});

test('check ends by itself when it has fetched, and its status tells', async () => {
	const server = await serveJwks([]);
	try {
		const argv = [...MAIN, 'check', '--url', server.url, '--json'];
		const env = { ...process.env, MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' };
		const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, {
			cwd: ROOT,
			env,
		});
		expect(stderr).toBe('');
		expect(JSON.parse(stdout)).toEqual(
			expect.arrayContaining([expect.objectContaining({ check: 'jwksJson', status: 'pass' })]),
		);
		const url = new URL('/nowhere', server.url).href;
		const failed = [...MAIN, 'check', '--url', url.replace('http:', 'ftp:')];
		const ended = promisify(execFile)(process.execPath, failed, { cwd: ROOT, env });
		await expect(ended).rejects.toMatchObject({ code: 1, stderr: '' });
	} finally {
		await server.close();
	}
});

test.each(['stdout', 'stderr'] as const)('a closed %s is not a crash', async (closed) => {
	const argv = closed === 'stdout' ? ['ledger', 'list', '--file', at.file] : ['ledger', 'nothing'];
	const child = spawn(process.execPath, [...MAIN, ...argv], { cwd: ROOT });
	child[closed].destroy();
	let said = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
	}
	const status = await new Promise((resolve) => child.once('close', resolve));
	expect({ status, said }).toEqual({ status: closed === 'stdout' ? 0 : 2, said: '' });
});
