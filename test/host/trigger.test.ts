import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { Handover } from './handover';
import { LedgerTables } from './ledgerTables';
import { Recorder } from './recorder';
import { tellTheStory } from './triggerStory';
import { CREDENTIAL, inRow, node, startHost, type Host } from './workflows';

/** One workflow issues, another learns of it by Moca AIR Trigger, in a real n8n. */
const say = (line: string) => process.stderr.write(`trigger: ${line}\n`);

let host: Host;
let recorder: Recorder;
let handover: Handover;
const switches = mkdtempSync(join(tmpdir(), 'moca-air-switches-'));

beforeAll(async () => {
	handover = new Handover(switches);
	recorder = await Recorder.start();
	host = await startHost({ env: handover.env });
}, 900_000);

afterAll(async () => {
	await host.close();
	await recorder.close();
	rmSync(switches, { recursive: true, force: true });
}, 60_000);

test('without a ledger the workflow is not activated, and n8n says why', async () => {
	const { id: credentialId } = await host.api.credentials.create(CREDENTIAL, 'off', {
		...host.air.credential,
		ledger: 'off',
	});
	const { id } = await host.api.workflows.create(
		inRow(
			node(
				'Trigger',
				'n8n-nodes-moca-air.mocaAirTrigger',
				{ pollTimes: { item: [{ mode: 'everyMinute' }] } },
				{ credentials: { [CREDENTIAL]: { id: credentialId, name: 'off' } } },
			),
		),
	);
	const { status, triggers } = await host.api.workflows.tryActivate(id);
	expect(status).not.toBe('published');
	expect(triggers[0]?.errorMessage).toMatch(/ledger/i);
}, 120_000);

tellTheStory(
	() => ({
		air: host.air,
		main: host.n8n,
		handover,
		recorder,
		ledger: LedgerTables.inFile(embeddedLedgerFile({ N8N_USER_FOLDER: host.folder })),
		credentials: host.credentials,
	}),
	['b'],
	say,
);
