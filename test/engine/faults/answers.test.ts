import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultInput } from '../../../emulator';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../../issuance/session/openLedger';
import { startTestAir, type TestAir } from '../air';
import { runWorkflow } from '../runWorkflow';
import { issueWorkflow, person, statusWorkflow } from '../workflows';
import { text } from './text';

let folder: string;
let air: TestAir;

beforeEach(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	folder = mkdtempSync(join(tmpdir(), 'moca-air-answers-'));
	process.env.N8N_USER_FOLDER = folder;
	air = await startTestAir();
});
afterEach(async () => {
	await closeLedgers();
	await air.close();
	rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
	await closeDispatchers();
});

const credential = () => ({ ...air.credential, ledger: 'embedded' });
const posts = () =>
	air.emulator.control.requests().filter(({ operation }) => operation === 'issue').length;
let executions = 0;

async function deliver(onDuplicate: 'revoke' | 'ignore') {
	executions += 1;
	const parameters = { onDuplicate, idempotency: 'event', eventId: 'evt_1' };
	const workflow = issueWorkflow([person('ada')], parameters, {
		onError: 'continueRegularOutput',
	});
	const { json } = await runWorkflow(workflow, credential(), {
		executionId: `answers-${executions}`,
	});
	return json('Done')[0] ?? {};
}

async function onlyRow() {
	const opened = await openLedger({ store: 'embedded' });
	const [row, ...more] = (await opened?.ledger.list({ limit: 10 })) ?? [];
	expect(more).toEqual([]);
	return row;
}

const inject = (fault: FaultInput) => {
	air.emulator.control.injectFault(fault);
};
const issuedThenTimedOut: FaultInput = {
	kind: 'answer',
	operation: 'issue',
	status: 408,
	afterWork: true,
};

test('408 after AIR issued, Revoke and Reissue: the redelivered event sends nothing', async () => {
	inject(issuedThenTimedOut);
	const first = await deliver('revoke');
	expect(first.error).toMatch(/^Not known whether this was issued – look before you send it again/);
	expect(first.message).toMatch(/Claim Records/);
	expect(first.message).not.toMatch(/try again/i);
	expect((await onlyRow())?.state).toBe('unknown');
	expect([posts(), air.emulator.control.counts().issuances]).toEqual([1, 1]);

	const second = await deliver('revoke');
	expect(second.error).toMatch(/^We do not know whether an earlier attempt issued .* ledger row/);
	expect([posts(), air.emulator.control.counts().issuances]).toEqual([1, 1]);
	expect((await onlyRow())?.state).toBe('unknown');
});

test('408 after AIR issued, Keep Existing: it is repeated, and AIR gives what it issued', async () => {
	inject(issuedThenTimedOut);
	const item = await deliver('ignore');
	expect(item.coreClaimHash).toBe(air.emulator.control.issuances()[0]?.coreClaimHash);
	expect([posts(), air.emulator.control.counts().issuances]).toEqual([2, 1]);
	expect((await onlyRow())?.state).toBe('submitted');
});

test('an answer that echoes the request leaves no token in the items', async () => {
	inject({ kind: 'echo', times: null });
	const item = await deliver('ignore');
	expect(item.coreClaimHash).toMatch(/^[\da-f]+$/);
	expect(JSON.stringify(item)).toContain('user-agent');
	expect(JSON.stringify(item)).not.toContain('eyJ');
	const { json } = await runWorkflow(
		statusWorkflow([{ coreClaimHash: text(item.coreClaimHash), email: 'ada@example.com' }]),
		credential(),
	);
	expect(JSON.stringify(json('Done'))).toContain('user-agent');
	expect(JSON.stringify(json('Done'))).not.toContain('eyJ');
});

test('what no store can hold reaches neither the ledger nor the items', async () => {
	const fields = { userUuid: 'u\0', vcStatus: 'ONCHAIN\0', vcId: 7, more: ['\0', '\ud800'] };
	inject({ kind: 'setField', fields, times: null });
	const item = await deliver('ignore');
	expect(JSON.stringify(item)).not.toMatch(/\\u0000|\\ud800/);
	const { json } = await runWorkflow(
		statusWorkflow([{ coreClaimHash: text(item.coreClaimHash), email: 'ada@example.com' }]),
		credential(),
	);
	expect(json('Done')[0]).toMatchObject({ vcStatus: 'ONCHAIN\ufffd', vcId: '7', onChain: false });
	expect(await onlyRow()).toMatchObject({ vcStatus: 'ONCHAIN\ufffd', vcId: '7' });
});
