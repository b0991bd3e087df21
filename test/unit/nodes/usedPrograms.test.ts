import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ILoadOptionsFunctions } from 'n8n-workflow';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { closeLedgers, openLedger } from '../../../issuance/session/openLedger';
import { usedPrograms } from '../../../nodes/MocaAirIssueOnBehalf/usedPrograms';
import { makeKey } from '../../support/keys';

/** Issuance Program, From List: what the ledger has issued from. */
const { pem } = makeKey();
const REALM = 'https://air.example.com/v1 partner';
let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-programs-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
});

const listed = async (filter?: string, fields: object = {}) => {
	const credential = {
		environment: 'custom',
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		privateKey: pem,
		ledger: 'embedded',
		...fields,
	};
	const context = { getCredentials: async () => await Promise.resolve(credential) };
	const { results } = await usedPrograms.call(context as unknown as ILoadOptionsFunctions, filter);
	return results;
};

async function issued(program: string): Promise<void> {
	const { ledger } = (await openLedger({ store: 'embedded' })) ?? {};
	const begun = await ledger?.begin({
		...{ instance: 'n8n', workflowId: 'w', executionId: '0', nodeId: 'n' },
		...{ realm: REALM, program, issuerDid: 'did:x', recipient: 'ada@example.com' },
		...{ idempotencyKey: `event:${program}`, subjectHmac: 'h', keyThumbprint: 't' },
		...{ reference: null, rememberMs: null, leaseMs: 60_000, repeatUnknown: false },
	});
	if (begun?.outcome !== 'started') throw new Error('not begun');
	const { issuanceId, attempt } = begun;
	await ledger?.answered(
		{ issuanceId, attempt },
		{ coreClaimHash: program, userUuid: null, nextCheckMs: 5_000, supersedes: false },
	);
}

const accept = async () => {
	const { ledger } = (await openLedger({ store: 'embedded' })) ?? {};
	await ledger?.acceptKey(REALM, (await importPrivateKey(pem)).thumbprint);
};

test('lists what was issued, with how often and when last', async () => {
	await accept();
	await issued('first');
	expect(await listed()).toEqual([
		{
			name: expect.stringMatching(/^first \(1 issued, last 20\d\d-\d\d-\d\d\)$/) as string,
			value: 'first',
		},
	]);
	await issued('second');
	expect((await listed('SEC')).map(({ value }) => value)).toEqual(['second']);
});

test.each<[string, object, RegExp]>([
	['the ledger is off', { ledger: 'off' }, /Issuance Ledger is off in the credential/],
	['AIR has not accepted the key', {}, /AIR has not accepted the key/],
	['the key cannot be read', { privateKey: 'no key' }, /key/],
])('says in plain words when %s', async (_what, fields, words) => {
	await issued('secret-program');
	const [entry, ...others] = await listed(undefined, fields);
	expect(entry).toEqual({ name: expect.stringMatching(words) as string, value: '' });
	expect(entry?.name).toMatch(/Choose By ID\.$/);
	expect(others).toEqual([]);
	expect(JSON.stringify(entry)).not.toContain('secret-program');
});

test('an empty ledger says so', async () => {
	await accept();
	expect((await listed())[0]?.name).toMatch(/^Nothing was issued yet/);
});
