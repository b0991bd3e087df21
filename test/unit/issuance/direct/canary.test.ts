import crypto, { randomBytes, type KeyObject } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import type { FaultInput } from '../../../../emulator';
import { AirError } from '../../../../errors/AirError';
import type { Ledger } from '../../../../ledger/Ledger';
import { openPostgresLedger } from '../../../../ledger/postgres/openPostgresLedger';
import { fasterPauses } from '../../../support/fasterPauses';
import { startPostgres, type TestPostgres } from '../../../support/postgres';
import { SecretSearch } from '../../../support/SecretSearch';
import { everythingShown } from '../support';
import { directFaults } from './matrix/faults';
import { issuerOn, usePartner, type Issuer } from './support';

fasterPauses(100);
jest.mock('../../../../air/pacing/backoff', () =>
	jest.requireActual<object>('../../../support/fasterBackoff'),
);

/**
 * Canary claims are issued directly while everything goes wrong. Then all that is left, and all that was
 * told, is searched for any part of a key, a token, a salt, a credential or a claim.
 */
const CLAIM = `canary_claim_${randomBytes(8).toString('hex')}`;
const partner = usePartner();

let postgres: TestPostgres;
let secrets: SecretSearch;
/** By what they are, to see that they were gathered. */
let gathered: Map<string, number>;

const add = (name: string, bytes: Buffer) => {
	gathered.set(name, (gathered.get(name) ?? 0) + 1);
	for (const encoding of ['hex', 'base64', 'base64url'] as const) {
		// The end of Base64 depends on what follows.
		secrets.addWord(name, bytes.toString(encoding).replace(/=+$/, '').slice(0, -2));
	}
};

/** A window of every 16 characters would find what is public in it, too: parts are looked for whole. */
function addCredential(compact: string): void {
	gathered.set('a credential', (gathered.get('a credential') ?? 0) + 1);
	const [jwt = '', ...disclosures] = compact.split('~');
	const [, payload = '', signature = ''] = jwt.split('.');
	for (const part of [payload, signature, ...disclosures]) {
		if (part === '') continue;
		secrets.addWord('a part of a credential', part.slice(0, 60));
		secrets.addWord('a part of a credential', part.slice(-60));
	}
	for (const disclosure of disclosures.filter((one) => one !== '')) {
		const [salt] = JSON.parse(Buffer.from(disclosure, 'base64url').toString()) as [string];
		add('a salt', Buffer.from(salt, 'base64url'));
	}
}

/** Each token that leaves this process, in a header or in a body. */
const onSent = (message: unknown) => {
	const { headers } = message as { headers: string };
	for (const [, token = ''] of headers.matchAll(/x-partner-auth: *(\S+)/gi)) addToken(token);
};
const onCreated = (message: unknown) => {
	const { body } = (message as { request: { body: unknown } }).request;
	const text = typeof body === 'string' ? body : Buffer.isBuffer(body) ? body.toString() : '';
	for (const [, token = ''] of text.matchAll(/"partnerJwt":"([^"]+)"/g)) addToken(token);
};
const addToken = (token: string) => {
	gathered.set('a token', (gathered.get('a token') ?? 0) + 1);
	secrets.addToken(token);
};

beforeAll(async () => {
	postgres = await startPostgres();
});
afterAll(async () => {
	await postgres.stop();
});

beforeEach(() => {
	secrets = new SecretSearch();
	gathered = new Map();
	subscribe('undici:client:sendHeaders', onSent);
	subscribe('undici:request:create', onCreated);
	const { diffieHellman, hkdfSync, generateKeyPairSync } = crypto;
	jest.spyOn(crypto, 'diffieHellman').mockImplementation((...given: unknown[]) => {
		const secret = Reflect.apply(diffieHellman, crypto, given) as Buffer;
		add('a shared secret', Buffer.from(secret));
		return secret;
	});
	jest.spyOn(crypto, 'hkdfSync').mockImplementation((...given: Parameters<typeof hkdfSync>) => {
		const key = hkdfSync(...given);
		add('an AES key', Buffer.from(key));
		return key;
	});
	jest.spyOn(crypto, 'generateKeyPairSync').mockImplementation(((...given: unknown[]) => {
		const pair = Reflect.apply(generateKeyPairSync, crypto, given) as { privateKey: KeyObject };
		if (given[0] !== 'x25519') return pair;
		const { d } = pair.privateKey.export({ format: 'jwk' });
		add('an ephemeral key', Buffer.from(String(d), 'base64url'));
		return pair;
	}) as typeof generateKeyPairSync);
});
afterEach(() => {
	unsubscribe('undici:client:sendHeaders', onSent);
	unsubscribe('undici:request:create', onCreated);
	jest.restoreAllMocks();
});

const told: string[] = [];

async function tell(issuing: Promise<unknown>): Promise<void> {
	try {
		const item = await issuing;
		told.push(JSON.stringify(item), inspect(item, { depth: 10 }));
	} catch (error) {
		told.push(inspect(error, { depth: 10, showHidden: true }));
		if (!(error instanceof AirError)) throw error;
		told.push(everythingShown(error), String(error.stack), error.advice);
	}
}

/** What goes wrong at both calls, one of each kind, and small enough to be searched. */
const FAULTS: readonly FaultInput[] = [
	...new Map(
		directFaults
			.filter(
				({ timeoutMs, name, inject }) =>
					timeoutMs === undefined &&
					!name.includes('Retry-After') &&
					JSON.stringify(inject).length < 10_000,
			)
			.map(({ call, inject, worked, known }) => [
				`${call} ${inject.kind} ${known} ${String(worked)}`,
				{ ...inject, operation: call },
			]),
	).values(),
];

/** One event each, with a fault, and again; some stay open. */
async function run(issuer: Issuer): Promise<void> {
	const { control } = partner().rig.emulator;
	for (const [index, fault] of FAULTS.entries()) {
		const recipient = `ada-${index}-${randomBytes(4).toString('hex')}@example.com`;
		const changes = { recipient, credentialSubject: { secret: CLAIM, nested: { of: CLAIM } } };
		control.injectFault({ ...fault, recipient, times: index % 3 === 0 ? null : 1 });
		const onRepeat = (error: AirError) => {
			told.push(everythingShown(error));
		};
		await tell(issuer.issue(String(index), changes, { onRepeat }));
		control.clearFaults();
		if (index % 5 !== 0) await tell(issuer.issue(String(index), changes));
		if (index % 7 === 0) {
			const other = { ...changes, credentialSubject: { secret: `${CLAIM}-2` } };
			await tell(issuer.issue(String(index), other));
			await tell(issuer.issue(`k-${index}`, { ...other, ifHeld: 'keep' }));
			await tell(issuer.issue(`r-${index}`, { ...other, ifHeld: 'reissue' }));
		}
	}
	told.push(...issuer.log);
}

function gather(): void {
	const { rig } = partner();
	const pem = rig.signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
	secrets.addKey(pem).addWord('the claim', CLAIM);
	secrets.addWord('the claim', Buffer.from(CLAIM).toString('base64url').slice(0, -3));
	for (const { compact } of rig.emulator.control.stored()) {
		if (compact !== undefined) addCredential(compact);
	}
	expect([...gathered.keys()].sort()).toEqual([
		'a credential',
		'a salt',
		'a shared secret',
		'a token',
		'an AES key',
		'an ephemeral key',
	]);
}

const search = (places: readonly (readonly [string, string])[]) =>
	places.flatMap(([where, text]) => {
		const found = secrets.find(text);
		return found === undefined ? [] : [`${where}: ${found.slice(0, 600)}`];
	});

test('SQLite: the file with its log, the items, the errors, what is logged', async () => {
	told.length = 0;
	await run(partner());
	gather();
	const folder = dirname(partner().file);
	const files = readdirSync(folder).map(
		(name) => [name, readFileSync(join(folder, name), 'latin1')] as const,
	);
	expect(files.map(([name]) => name)).toEqual(
		expect.arrayContaining(['ledger.sqlite', 'ledger.sqlite-wal']),
	);
	expect(files.some(([, text]) => text.includes('urn:uuid:'))).toBe(true);
	expect(told.length).toBeGreaterThan(FAULTS.length);
	expect(search([...files, ['told', told.join('\n')]])).toEqual([]);
}, 240_000);

test('PostgreSQL: every table', async () => {
	told.length = 0;
	const database = await postgres.freshDatabase();
	const ledger: Ledger = await openPostgresLedger({ url: postgres.urlFor({ database }) });
	const { emulator, issuer, signer } = partner().rig;
	const { baseUrl, accountUrl } = emulator;
	try {
		await run(issuerOn(ledger, { baseUrl, accountUrl, did: issuer.did, signer }));
		gather();
		const tables = await postgres.sql(
			"SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'moca_air'",
			database,
		);
		const rows: (readonly [string, string])[] = [];
		for (const { name } of tables) {
			const all = await postgres.sql(`SELECT * FROM moca_air.${String(name)}`, database);
			rows.push([String(name), JSON.stringify(all)]);
		}
		expect(rows.map(([name]) => name)).toEqual(
			expect.arrayContaining(['envelopes', 'credentials', 'issuances']),
		);
		expect(rows.find(([name]) => name === 'envelopes')?.[1]).toContain('urn:uuid:');
		expect(search([...rows, ['told', told.join('\n')]])).toEqual([]);
	} finally {
		await ledger.close();
	}
}, 240_000);
