import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issueMany } from '../ledger/contract/requests';
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

test('exits with 2 after a wrong call, and asks nobody where nobody is', async () => {
	const argv = [...MAIN, 'ledger', 'forget', 'person-1@example.com', '--file', at.file];
	const ended = promisify(execFile)(process.execPath, argv, { cwd: ROOT });
	await expect(ended).rejects.toMatchObject({ code: 2, stdout: '' });
});

test.each(['stdout', 'stderr'] as const)('a closed %s is no crash', async (closed) => {
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
