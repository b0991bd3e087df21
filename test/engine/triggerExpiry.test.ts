import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, embeddedLedgerFile, openLedger } from '../../issuance/session/openLedger';
import { issuedDirectly, VCT } from '../support/issuedDirectly';
import { PARTNER_ID, startTestAir, type TestAir } from './air';
import { activate } from './pollTrigger';

/** Expiring Soon and Expired of what was issued directly: the trigger in n8n-core's poll context. */
let air: TestAir;
let folder: string;

const HOUR = 3_600_000;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-expiry-'));
	process.env.N8N_USER_FOLDER = folder;
});
afterEach(async () => {
	await closeLedgers();
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
});
afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const realm = () => `${air.emulator.baseUrl} ${PARTNER_ID}`;

/** A credential of a person, for a day. */
async function issue(number: number, recipient: string): Promise<void> {
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	await issuedDirectly(opened.ledger, number, 'number', { realm: realm(), recipient });
}

async function revoke(number: number): Promise<void> {
	const opened = await openLedger({ store: 'embedded' });
	const by = { instance: '', workflowId: '', executionId: '' };
	await opened?.ledger.revoke({
		...{ realm: realm(), target: { number: String(number) }, by, note: null },
	});
}

/** As good as waiting. */
function passes(ms: number): void {
	const database = new DatabaseSync(embeddedLedgerFile(process.env));
	database.exec(`UPDATE issuances SET expires_at = expires_at - ${ms}`);
	database.exec(`UPDATE expiries SET up_to = up_to - ${ms}`);
	database.close();
}

function watching(parameters: INode['parameters'] = {}) {
	const activated = activate({
		credential: { ...air.credential, ledger: 'embedded' },
		parameters: {
			watch: 'everywhere',
			events: ['expiringSoon', 'expired'],
			expiringBefore: 2,
			expiringUnit: 'hours',
			start: 'beginning',
			...parameters,
		},
	});
	return async () =>
		((await activated.poll()) ?? []).map(({ event, email, ...rest }) => ({
			told: `${text(event)} ${text(email)}`,
			rest,
		}));
}

const text = (value: unknown) => (typeof value === 'string' ? value : 'no text');
const words = (told: readonly { told: string }[]) => told.map((one) => one.told);

test('each is reported once: first that it expires soon, then that it has expired', async () => {
	await issue(1, 'ada@example.com');
	const poll = watching();
	expect(await poll()).toEqual([]);
	passes(22.5 * HOUR);
	const [soon] = await poll();
	expect(soon).toMatchObject({
		told: 'expiringSoon ada@example.com',
		rest: { vct: VCT, externalId: 'urn:uuid:1', state: 'stored', coreClaimHash: null },
	});
	expect(await poll()).toEqual([]);
	passes(HOUR);
	expect(await poll()).toEqual([]);
	passes(HOUR);
	const [ended] = await poll();
	expect(ended?.told).toBe('expired ada@example.com');
	expect(ended?.rest.eventId).not.toBe(soon?.rest.eventId);
	for (let i = 0; i < 3; i++) {
		passes(HOUR);
		expect(await poll()).toEqual([]);
	}
});

test('with many polls at once, one of them delivers each event', async () => {
	for (let i = 1; i <= 5; i++) await issue(i, `${i}@example.com`);
	const poll = watching();
	await poll();
	passes(23 * HOUR);
	const all = (await Promise.all(Array.from({ length: 5 }, poll))).flatMap(words);
	expect(all.sort()).toEqual(
		Array.from({ length: 5 }, (_, i) => `expiringSoon ${i + 1}@example.com`),
	);
});

test('what was revoked is not reported, nor another type, nor what an event is not chosen for', async () => {
	await issue(1, 'ada@example.com');
	await issue(2, 'bob@example.com');
	await revoke(1);
	const poll = watching();
	const others = watching({ filters: { program: 'https://example.com/types/other' } });
	const only = activate({
		credential: { ...air.credential, ledger: 'embedded' },
		parameters: { watch: 'everywhere', events: ['expired'], start: 'beginning' },
		node: { id: 'another-node' },
	});
	passes(23 * HOUR);
	expect(words(await poll())).toEqual(['expiringSoon bob@example.com']);
	expect(await others()).toEqual([]);
	expect(await only.poll()).toBeNull();
	passes(2 * HOUR);
	expect(await only.poll()).toMatchObject([{ event: 'expired', email: 'bob@example.com' }]);
	expect(words(await poll())).toEqual(['expired bob@example.com']);
});
