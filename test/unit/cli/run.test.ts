import { version } from '../../../air/version';
import { cli } from './support';

test('--version', async () => {
	expect(await cli(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
	[['--help'], 'Usage: npx n8n-nodes-moca-air [options] [command]'],
	[['-h'], 'Usage: npx n8n-nodes-moca-air [options] [command]'],
	[['keygen', '--help'], '(choices: "ES256",'],
	[['jwks', 'key.pem', '--help'], 'jwks [options] <KEY...>'],
	[['ledger', '--help'], 'ledger [options] [command]'],
	[['ledger', 'status', '--help'], 'ledger status ['],
	[['ledger', 'list', '-h'], '--state <STATE'],
	[['ledger', 'erase', 'ada@example.com', '--help'], 'ledger erase [options] <EMAIL>'],
	[['ledger', 'export', '--format', 'csv', '--help'], '--format <FORMAT>'],
])('%j shows help, and does nothing else', async (argv, words) => {
	const { status, stdout, stderr } = await cli(argv);
	expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	expect(stdout).toContain(words);
	for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
});

test.each([
	[[], 'a command is missing', 'npx n8n-nodes-moca-air --help'],
	[['legder'], "unknown command 'legder'", 'npx n8n-nodes-moca-air --help'],
	[['ledger'], 'a command is missing', 'ledger --help'],
	[['ledger', 'ls'], "unknown command 'ls'", 'ledger --help'],
	[['ledger', 'status', '--fiel=x'], "unknown option '--fiel=x'", 'ledger status --help'],
	[
		['ledger', 'status', '--file'],
		"option '--file <PATH>' argument missing",
		'ledger status --help',
	],
	[
		['ledger', 'status', '--file', '--url', 'x'],
		'Expected 0 arguments but got 1: x',
		'status --help',
	],
	[['ledger', 'status', '--file='], '--file is empty', 'ledger status --help'],
	[['ledger', 'status', '--url='], '--url is empty', 'ledger status --help'],
	[['ledger', 'status', 'more'], 'Expected 0 arguments but got 1: more', 'ledger status --help'],
	[
		['ledger', 'status', '--file=a', '--url=b'],
		"'--file <PATH>' cannot be used with option '--url <URL>'",
		'ledger status --help',
	],
	[['ledger', 'list', '--state', 'unknown,lost'], 'no state “lost”', 'ledger list --help'],
	[['ledger', 'list', '--limit', '0'], '“0” is not a whole number from 1', 'ledger list --help'],
	[
		['ledger', 'list', '--limit', '1e3'],
		'“1e3” is not a whole number from 1',
		'ledger list --help',
	],
	[['ledger', 'list', '--recipient', 'ada'], '“ada” is not an e-mail', 'ledger list --help'],
	[['ledger', 'export', '--format', 'xml'], 'Allowed choices are json, csv', 'export --help'],
	[['ledger', 'erase', '--yes'], "missing required argument 'EMAIL'", 'ledger erase --help'],
	[['ledger', 'erase', 'a@b', 'c@d', '--yes'], 'Expected 1 argument but got 2', 'erase --help'],
	[['ledger', 'erase', 'a@b'], 'nobody to ask: add --yes', 'ledger erase --help'],
])('%j is not a right call: 2, one line, and where to read on', async (argv, words, hint) => {
	const { status, stdout, stderr } = await cli(argv);
	expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
	expect(stderr).toContain(words);
	expect(stderr).toContain(hint);
	expect(stderr.match(/\n/g)).toHaveLength(1);
});

test.each([
	[['postgresql://n8n:s3cret@db/n8n']],
	[['ledger', 'status', 'postgresql://n8n:s3cret@db/n8n']],
	[['ledger', 'status', 'postgresql://n8n:a/b@s3cret@db/n8n']],
	[['ledger', 'status', 'postgresql://db/n8n?user=n8n&password=s3cret']],
	[['ledger', 'list', '--recipient', 'postgresql://n8n:s3cret@db/n8n more']],
	[['ledger', 'status', '--ulr=postgresql://n8n:s3cret@db/n8n']],
	[['ledger', 'status', '--url', 'postgres//n8n:s3cret@db/n8n']],
	[['ledger', 'status', '--url', 'postgresql://n8n:s3cret@127.0.0.1:1/n8n']],
	[['ledger', 'status', '--url', 'postgresql://n8n:s3#cret@127.0.0.1:1/n8n']],
])('%j: a URL in the wrong place never shows its password', async (argv) => {
	const { status, stdout, stderr } = await cli(argv);
	expect(status).toBeGreaterThan(0);
	expect(`${stdout}${stderr}`).not.toContain('s3');
	expect(stderr.match(/\n/g)).toHaveLength(1);
});

test('what was typed cannot steer the terminal', async () => {
	const { stderr } = await cli(['\u001b[2Jx\u202e']);
	expect(stderr).toContain("'\\u{1b}[2Jx\\u{202e}'");
});

test('something unexpected is one line without secrets, and 1', async () => {
	const env = new Proxy<NodeJS.ProcessEnv>(
		{},
		{
			get: () => {
				throw new Error('broken\nat postgresql://n8n:s3cret@db/n8n');
			},
		},
	);
	expect(await cli(['ledger', 'status'], { env })).toMatchObject({
		status: 1,
		stdout: '',
		stderr: 'Something unexpected happened: Error: broken\\nat postgresql://…@db/n8n\n',
	});
});
