import { join } from 'node:path';
import {
	embeddedLedgerFile,
	inQueueMode,
	openLedger,
} from '../../../../issuance/session/openLedger';

test.each<[string, NodeJS.ProcessEnv, string[], boolean]>([
	['n8n start', {}, ['start'], false],
	['n8n', {}, [], false],
	['the variable', { EXECUTIONS_MODE: 'queue' }, ['start'], true],
	['regular mode by name', { EXECUTIONS_MODE: 'regular' }, ['start'], false],
	['a worker without the variable', {}, ['worker', '--concurrency=10'], true],
	['a webhook process', {}, ['webhook'], true],
	['options before the command', {}, ['--verbose', 'worker'], true],
	['a file that is called like a command', {}, ['execute', 'worker'], false],
])('queue mode: %s', (_name, env, words, expected) => {
	expect(inQueueMode({ env, argv: ['node', 'n8n', ...words] })).toBe(expected);
});

test('the embedded ledger lies in the folder of n8n', () => {
	const tail = join('.n8n', 'moca-air', 'ledger.sqlite');
	expect(embeddedLedgerFile({ N8N_USER_FOLDER: '/data', HOME: '/home/x' })).toBe(
		join('/data', tail),
	);
	expect(embeddedLedgerFile({ HOME: '/home/x' })).toBe(join('/home/x', tail));
});

test('Off opens nothing', async () => {
	expect(await openLedger({ store: 'off' })).toBeUndefined();
});

test('the embedded ledger is refused in queue mode', async () => {
	const running = { env: {}, argv: ['node', 'n8n', 'worker'] };
	await expect(openLedger({ store: 'embedded' }, running)).rejects.toMatchObject({
		code: 'LEDGER_QUEUE_MODE',
	});
});

test('what is not a PostgreSQL URL is refused without repeating it', async () => {
	const url = 'mysql://user:s3cret@db.example/x';
	const refused = openLedger({ store: 'postgres', url });
	await expect(refused).rejects.toMatchObject({ code: 'LEDGER_SETTINGS' });
	await expect(refused).rejects.not.toThrow(/s3cret/);
});
