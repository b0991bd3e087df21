import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { repeatsUnknown } from '../../../../air/pacing/repeat';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { Checking } from '../../../../issuance/issue/checkOnce';
import { idempotencyOf, type IdempotencyMode } from '../../../../issuance/issue/idempotency';
import type { IssueRequest } from '../../../../issuance/issue/Issuing';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { airErrorOf } from '../support';
import { makeKey } from '../../../support/keys';

/** Check Only against the real embedded ledger; there is no AIR that could be asked. */
let folder: string;
let ledger: Ledger;
let identity: AirIdentity;

const REALM = 'https://air.example.com/v1 partner';
const request: IssueRequest = {
	recipient: 'ada@example.com',
	issuerDid: 'did:web:issuer.example',
	credentialId: 'c1',
	credentialSubject: { tier: 'Gold' },
	onDuplicate: 'ignore',
};

beforeAll(async () => {
	identity = {
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
});

/** By how much the store's clock is behind. */
let agoMs = 0;

beforeEach(async () => {
	agoMs = 0;
	folder = mkdtempSync(join(tmpdir(), 'moca-air-check-'));
	const file = join(folder, 'ledger.sqlite');
	ledger = (await openSqliteLedger({ file, clockOffsetMs: () => -agoMs })).ledger;
	await ledger.acceptKey(REALM, identity.key.thumbprint);
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
});

const content: IdempotencyMode = { mode: 'content', rememberHours: 24 };
const keyOf = (asked: IssueRequest, mode: IdempotencyMode = content) =>
	idempotencyOf(identity.key, asked, mode, []);

const client = () => new AirClient(identity);
const session = () =>
	new LedgerSession({
		ledger,
		client: client(),
		origin: { instance: 'n8n', workflowId: 'w', executionId: '1', nodeId: 'n' },
		ownExecutions: { ids: ['1'], began: undefined },
		retentionDays: 90,
		log: () => undefined,
	});

/** Writes into the ledger that something was sent, and how that ended. */
async function was(
	end: 'accepted' | 'unknown' | 'cut',
	asked = request,
	mode: IdempotencyMode = content,
	coreClaimHash = 'a'.repeat(64),
): Promise<void> {
	const { key, rememberMs, subjectHmac } = keyOf(asked, mode);
	const begun = await ledger.begin({
		...{ instance: 'n8n', workflowId: 'w', executionId: '0', nodeId: 'n' },
		realm: REALM,
		program: asked.credentialId,
		issuerDid: asked.issuerDid,
		recipient: asked.recipient,
		idempotencyKey: key,
		subjectHmac,
		keyThumbprint: identity.key.thumbprint,
		reference: null,
		rememberMs,
		leaseMs: 60_000,
		repeatUnknown: false,
	});
	if (begun.outcome !== 'started') throw new Error(begun.outcome);
	const attempt = { issuanceId: begun.issuanceId, attempt: begun.attempt };
	if (end === 'cut') return;
	if (end === 'unknown') {
		await ledger.failed(attempt, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
		return;
	}
	await ledger.answered(attempt, {
		coreClaimHash,
		userUuid: null,
		nextCheckMs: 5_000,
		supersedes: false,
	});
}

const check = async (
	checking: Checking,
	row: number,
	asked = request,
	{ mode = content, ledgerOff = false }: { mode?: IdempotencyMode; ledgerOff?: boolean } = {},
) =>
	await checking.check(client(), asked, keyOf(asked, mode), ledgerOff ? undefined : session(), {
		row,
		repeatUnknown: repeatsUnknown(asked.onDuplicate, false),
	});

const silver = { ...request, credentialSubject: { tier: 'Silver' } };

test('what is not in the ledger would be issued', async () => {
	expect(await check(new Checking(), 1)).toEqual({
		email: 'ada@example.com',
		credentialId: 'c1',
		outcome: 'wouldIssue',
	});
	expect(await ledger.totals()).toEqual({});
});

test('what was issued already is named by its hash', async () => {
	await was('accepted');
	expect(await check(new Checking(), 1)).toMatchObject({
		outcome: 'alreadyIssued',
		coreClaimHash: 'a'.repeat(64),
		submittedAt: expect.stringMatching(/^20/) as string,
	});
});

test.each([
	['ignore', 'wouldKeep'],
	['revoke', 'wouldReissue'],
] as const)('with other values for the same person, %s: %s', async (onDuplicate, outcome) => {
	await was('accepted');
	expect(await check(new Checking(), 1, { ...silver, onDuplicate })).toMatchObject({ outcome });
	const another = { ...silver, onDuplicate, credentialId: 'c2' };
	expect(await check(new Checking(), 1, another)).toMatchObject({ outcome: 'wouldIssue' });
});

test('an unknown outcome is refused where sending again could destroy, and repeated where not', async () => {
	await was('unknown');
	await expect(
		check(new Checking(), 1, { ...request, onDuplicate: 'revoke' }),
	).rejects.toMatchObject({ code: 'AIR_ISSUED_UNKNOWN' });
	expect(await check(new Checking(), 1)).toMatchObject({ outcome: 'wouldIssue' });
});

test('what AIR only kept before would be issued under Revoke and Reissue', async () => {
	await was('accepted');
	await was('accepted', silver);
	expect(await check(new Checking(), 1, silver)).toMatchObject({ outcome: 'wouldKeep' });
	const reissue = { ...silver, onDuplicate: 'revoke' } as const;
	expect(await check(new Checking(), 1, reissue)).toMatchObject({ outcome: 'wouldReissue' });
});

test('what was begun longer ago than Remember For and never answered would be issued', async () => {
	agoMs = 25 * 60 * 60 * 1000;
	await was('cut');
	const reissue = { ...request, onDuplicate: 'revoke' } as const;
	expect(await check(new Checking(), 1, reissue)).toMatchObject({ outcome: 'wouldIssue' });
});

test('what was begun and never answered is refused where sending again could destroy', async () => {
	agoMs = 60 * 60 * 1000;
	await was('cut');
	const reissue = { ...request, onDuplicate: 'revoke' } as const;
	await expect(check(new Checking(), 1, reissue)).rejects.toMatchObject({
		code: 'AIR_ISSUED_UNKNOWN',
	});
	expect(await check(new Checking(), 1)).toMatchObject({ outcome: 'wouldIssue' });
});

test('of somebody who holds hundreds of other programs', async () => {
	await was('accepted');
	for (let i = 0; i < 201; i++) {
		await was('accepted', { ...request, credentialId: `other-${i}` }, content, `hash-${i}`);
	}
	expect(await check(new Checking(), 1, silver)).toMatchObject({ outcome: 'wouldKeep' });
});

test('items of one run count among each other', async () => {
	const checking = new Checking();
	expect(await check(checking, 1)).toMatchObject({ outcome: 'wouldIssue' });
	expect(await check(checking, 2)).toMatchObject({ outcome: 'alreadyIssued', sameAsRow: 1 });
	expect(await check(checking, 3, silver)).toMatchObject({ outcome: 'wouldKeep' });
	expect(await check(checking, 4, silver, { ledgerOff: true })).toMatchObject({ sameAsRow: 3 });
});

test('a repeat of an item that is refused is refused for the same reason', async () => {
	const event: IdempotencyMode = { mode: 'event', eventId: 'evt_1' };
	await was('accepted', request, event);
	const checking = new Checking();
	for (const row of [1, 2]) {
		const error = await airErrorOf(() => check(checking, row, silver, { mode: event }));
		expect(error.code).toBe('AIR_EVENT_ID_OTHER_SUBJECT');
		expect(error.message).toContain('ledger row 1');
	}
});

test('one event ID for two people is refused, in the run and in the ledger', async () => {
	const event: IdempotencyMode = { mode: 'event', eventId: 'evt_1' };
	const bob = { ...request, recipient: 'bob@example.com' };
	const checking = new Checking();
	await check(checking, 1, request, { mode: event });
	await expect(check(checking, 2, bob, { mode: event })).rejects.toMatchObject({
		code: 'AIR_EVENT_ID_OTHER_RECIPIENT',
	});
	await was('accepted', request, event);
	await expect(check(new Checking(), 1, bob, { mode: event })).rejects.toMatchObject({
		code: 'AIR_EVENT_ID_OTHER_RECIPIENT',
	});
});

test('a key that AIR has never accepted reads nothing', async () => {
	await was('accepted');
	const other = { ...identity, key: await importPrivateKey(makeKey().pem) };
	const stranger = new AirClient(other);
	const asked = { ...request, credentialSubject: { tier: 'Silver' } };
	const checked = await new Checking().check(
		stranger,
		asked,
		idempotencyOf(other.key, asked, content, []),
		new LedgerSession({ ...session().settings, client: stranger }),
		{ row: 1, repeatUnknown: false },
	);
	expect(checked.outcome).toBe('wouldIssue');
});

test('500 items take less than a second', async () => {
	await was('accepted');
	const [checking, memory, air] = [new Checking(), session(), client()];
	const began = performance.now();
	for (let row = 1; row <= 500; row++) {
		const asked = { ...request, recipient: `p${row}@example.com` };
		const settings = { row, repeatUnknown: false };
		await checking.check(air, asked, keyOf(asked), memory, settings);
	}
	expect(performance.now() - began).toBeLessThan(1_000);
});
