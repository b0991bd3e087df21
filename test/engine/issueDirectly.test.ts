import type { IDataObject, INode } from 'n8n-workflow';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers } from '../../issuance/session/openLedger';
import { KID, SCHEMA, useDirectRig } from '../unit/emulator/directSupport';
import { newSigner, PARTNER } from '../unit/emulator/support';
import { runWorkflow, type RunResult } from './runWorkflow';
import { activate } from './pollTrigger';
import { mocaAirWorkflow, statusWorkflow } from './workflows';
import '../support/forgetLimits';

const rig = useDirectRig();
/** Addresses are used once: the process keeps what it has looked up. */
let people = 0;
const person = () => `person-${++people}@example.com`;

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});

afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await closeLedgers();
	await closeDispatchers();
});

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-direct-'));
	process.env.N8N_USER_FOLDER = folder;
});
afterEach(async () => {
	await closeLedgers();
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
});

const control = () => rig().emulator.control;

const credential = (changes: IDataObject = {}) => ({
	environment: 'custom',
	baseUrl: rig().emulator.baseUrl,
	accountUrl: rig().emulator.accountUrl,
	partnerId: PARTNER,
	privateKey: rig().signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	kid: KID,
	issuerDid: '',
	jwksUrl: '',
	directIssuer: rig().issuer.did,
	ledger: 'off',
	...changes,
});

const PARAMETERS: INode['parameters'] = {
	resource: 'credential',
	operation: 'issueDirectly',
	recipient: '={{ $json.email }}',
	credentialType: 'kyc-level',
	schemaId: SCHEMA,
	subjectMode: 'fields',
	subjectFields: {
		field: [
			{ name: 'level', type: 'integer', value: '={{ $json.level }}' },
			{ name: 'country', type: 'string', value: 'IT' },
		],
	},
	idempotency: 'off',
	ifHeld: 'another',
};

const run = async (
	items: readonly IDataObject[],
	parameters: INode['parameters'] = {},
	{ with: changes = {}, settings = {} }: { with?: IDataObject; settings?: Partial<INode> } = {},
): Promise<RunResult> =>
	await runWorkflow(
		mocaAirWorkflow(items, { ...PARAMETERS, ...parameters }, settings),
		credential(changes),
	);

const wallet = async (email: string) =>
	(await control().wallet()).filter(({ recipient }) => recipient === email);

const text = (value: unknown) => (typeof value === 'string' ? value : 'no text');

const hints = ({ run: ran }: RunResult) =>
	(ran.data.resultData.runData.Auth?.at(-1)?.hints ?? []).map(({ message }) => message).join('\n');

test('each item is in the wallet of its person, and says what it is in the order of reading', async () => {
	const [ada, bob] = [person(), person()];
	const ran = await run([
		{ email: ada, level: 2 },
		{ email: bob, level: 3 },
	]);
	expect(ran.error).toBeUndefined();
	const [first, second] = ran.json('Done');
	expect(Object.keys(first ?? {})).toEqual([
		...['email', 'outcome', 'submittedAt', 'vct', 'expiresAt'],
		...['externalId', 'storagePath', 'revocationNumber', 'holderDid'],
	]);
	expect(first).toMatchObject({ email: ada, outcome: 'issued', vct: 'kyc-level' });
	expect(second).toMatchObject({ email: bob, outcome: 'issued' });
	expect(await wallet(ada)).toMatchObject([{ valid: true, claims: { level: 2, country: 'IT' } }]);
	expect(await wallet(bob)).toMatchObject([{ valid: true, claims: { level: 3, country: 'IT' } }]);
});

test('claims by choice, and claims that everybody sees', async () => {
	const email = person();
	await run([{ email, level: 2 }], { disclosure: 'chosen', disclosable: 'level' });
	expect(await wallet(email)).toMatchObject([{ valid: true, disclosable: ['level'] }]);
});

test.each([
	['days', { expires: 'days', expiresAfterDays: 10 }],
	['a day, to its end in the zone of the workflow', { expires: 'date', expiresAt: '2099-12-31' }],
	['a moment', { expires: 'date', expiresAt: '2099-12-31T12:00:00Z' }],
	['a date of n8n', { expires: 'date', expiresAt: '={{ $now.plus(10, "days") }}' }],
])('expires: %s', async (what, parameters) => {
	const ran = await run([{ email: person(), level: 2 }], parameters);
	expect(ran.error).toBeUndefined();
	const [item] = ran.json('Done');
	const at = Date.parse(text(item?.expiresAt));
	if (what.startsWith('a day')) {
		// UTC, New York or Rome: the end of that day lies within half a day of its end in UTC.
		expect(Math.abs(at - Date.parse('2099-12-31T23:59:59Z'))).toBeLessThan(14 * 3_600_000);
		expect(new Date(at).getUTCSeconds()).toBe(59);
	} else if (what === 'a moment') expect(item?.expiresAt).toBe('2099-12-31T12:00:00.000Z');
	else expect(Math.abs(at - Date.now() - 10 * 86_400_000)).toBeLessThan(60_000);
});

test.each([
	['AIR_DIRECT_EXPIRY_INVALID', { expires: 'date', expiresAt: '2001-01-01' }],
	['AIR_DIRECT_EXPIRY_INVALID', { expires: 'date', expiresAt: '={{ 1893456000 }}' }],
	['AIR_DIRECT_EXPIRY_INVALID', { expires: 'date', expiresAt: 'tomorrow' }],
	['AIR_DIRECT_EXPIRY_INVALID', { expires: 'date', expiresAt: '2099-02-30' }],
	['AIR_DIRECT_EXPIRY_INVALID', { expires: 'date', expiresAt: '2099-02-29T12:00:00Z' }],
	['AIR_DIRECT_EXPIRY_INVALID', { expiresAfterDays: 0 }],
	['AIR_DIRECT_TYPE_INVALID', { credentialType: '={{ "" }}' }],
	['AIR_DIRECT_SCHEMA_INVALID', { schemaId: '={{ "" }}' }],
	['AIR_DIRECT_DISCLOSURE_INVALID', { disclosure: 'chosen', disclosable: '={{ "" }}' }],
	['AIR_SUBJECT_INVALID', { options: { claimsSchema: '{"properties":{"level":{"maximum":1}}}' } }],
])('%s before an account is made: %j', async (code, parameters) => {
	const ran = await run([{ email: person(), level: 2 }], parameters, {
		settings: { onError: 'continueRegularOutput' },
	});
	expect(ran.json('Done')).toMatchObject([{ outcome: 'notIssued', code }]);
	expect(control().counts()).toMatchObject({ accounts: 0, stored: 0 });
});

test('a credential without an issuer of direct issuance says where to set it up', async () => {
	const ran = await run([{ email: person(), level: 2 }], {}, { with: { directIssuer: '' } });
	expect(ran.error?.message).toBe('Direct issuance is not set up in the credential');
	expect(ran.error?.description).toContain('Issuer Host or DID');
});

test('Continue On Fail: the others are issued, and the run says how many', async () => {
	const [ada, bob] = [person(), person()];
	const ran = await run(
		[
			{ email: ada, level: 2 },
			{ email: bob, level: 'high' },
		],
		{},
		{ settings: { onError: 'continueRegularOutput' } },
	);
	expect(ran.json('Done')).toMatchObject([
		{ email: ada, outcome: 'issued' },
		{ outcome: 'notIssued', code: 'AIR_SUBJECT_INVALID' },
	]);
	expect(hints(ran)).toContain('1 of 2 items failed');
});

test('Check Direct Issuance makes no account, signs nothing, and says what would happen', async () => {
	const email = person();
	const ran = await run(
		[
			{ email, level: 2 },
			{ email, level: 2 },
			{ email: 'nobody', level: 2 },
		],
		{ operation: 'checkDirectIssuance', idempotency: 'content', ifHeld: 'keep' },
	);
	expect(ran.json('Done')).toMatchObject([
		{ email, outcome: 'wouldIssue' },
		{ email, outcome: 'alreadyIssued', sameAsRow: 1 },
		{ outcome: 'refused', code: 'AIR_RECIPIENT_INVALID' },
	]);
	expect(control().requests()).toEqual([]);
	expect(hints(ran)).toContain('Check Direct Issuance: nothing was sent.');
});

test('a tool of an agent issues what it was told, and reads no field of its item', async () => {
	const tool = { type: 'n8n-nodes-moca-air.mocaAirTool' };
	const typed = { recipient: person(), subjectMode: 'json', subjectJson: '{ "level": 1 }' };
	const issued = await run([{}], typed, { settings: tool });
	expect(issued.json('Done')).toMatchObject([{ outcome: 'issued' }]);
	const refused = await run([{ email: person(), level: 1 }], {}, { settings: tool });
	expect(refused.error?.message ?? JSON.stringify(refused.json('Done'))).toContain('incoming item');
});

describe('with the embedded ledger', () => {
	const embedded = { ledger: 'embedded' };
	const issue = async (email: string, parameters: INode['parameters'] = {}) => {
		const ran = await run(
			[{ email, level: 2, event: 'evt_1' }],
			{ idempotency: 'event', eventId: '={{ $json.event }}', ...parameters },
			{ with: embedded },
		);
		expect(ran.error).toBeUndefined();
		return ran.json('Done')[0] ?? {};
	};

	test('another private key under the same Key ID is refused before an account is made; the check says so, too', async () => {
		await issue(person());
		const next = newSigner();
		rig().publish(next);
		const privateKey = next.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
		const accounts = () => control().counts().accounts;
		const before = accounts();
		for (const operation of ['issueDirectly', 'checkDirectIssuance']) {
			const ran = await run(
				[{ email: person(), level: 2 }],
				{ operation },
				{ with: { ...embedded, privateKey }, settings: { onError: 'continueRegularOutput' } },
			);
			expect(ran.json('Done')).toMatchObject([{ code: 'AIR_KEY_ID_TAKEN' }]);
		}
		expect(accounts()).toBe(before);
	});

	test('a redelivered event is answered, and another event keeps what the person holds', async () => {
		const email = person();
		const first = await issue(email);
		expect(first).toMatchObject({ outcome: 'issued' });
		expect(await issue(email)).toMatchObject({
			outcome: 'alreadyIssued',
			storagePath: first.storagePath,
		});
		expect(await issue(email, { eventId: 'evt_2', ifHeld: 'keep' })).toMatchObject({
			outcome: 'kept',
			sameClaims: true,
			externalId: first.externalId,
		});
		expect(await wallet(email)).toHaveLength(1);
	});

	test('the trigger tells that it was stored, once', async () => {
		const trigger = activate({
			credential: credential(embedded),
			parameters: { events: ['stored'], watch: 'everywhere' },
		});
		expect(await trigger.poll()).toBeNull();
		const email = person();
		const first = await issue(email);
		expect(await trigger.poll()).toMatchObject([
			{
				event: 'stored',
				way: 'direct',
				email,
				vct: 'kyc-level',
				coreClaimHash: null,
				storagePath: first.storagePath,
				externalId: first.externalId,
				expiresAt: first.expiresAt,
				state: 'stored',
			},
		]);
		expect(await trigger.poll()).toBeNull();
	});

	test('Get Issuance Status says what the ledger knows of it, and asks AIR nothing', async () => {
		const email = person();
		const { storagePath } = await issue(email);
		control().clearRecord();
		const asked = await runWorkflow(
			statusWorkflow([{ coreClaimHash: storagePath, email }]),
			credential(embedded),
		);
		expect(asked.json('Done')).toMatchObject([
			{ email, state: 'stored', storagePath, vct: 'kyc-level', onChain: false },
		]);
		const other = await runWorkflow(
			statusWorkflow([{ coreClaimHash: 'dstorage://vc/0/other', email }]),
			credential(embedded),
		);
		expect(other.error?.message).toBe('AIR has no status for what was issued directly');
		expect(control().requests()).toEqual([]);
	});
});

test('hundreds of people, and each host works on five requests at once: all are stored', async () => {
	control().setSettings({ latencyMs: 20, workers: 5 });
	const items = Array.from({ length: 200 }, () => ({ email: person(), level: 1 }));
	const { json, error } = await run(items, {}, { with: { ledger: 'embedded' } });
	expect(error).toBeUndefined();
	expect(json('Done')).toHaveLength(200);
	expect(control().counts()).toMatchObject({ stored: 200, accounts: 200 });
});
