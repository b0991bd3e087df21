import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient, type AirIdentity } from '../../../air/AirClient';
import { AirError } from '../../../errors/AirError';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { getStatus } from '../../../issuance/status/getStatus';
import { idempotencyOf } from '../../../issuance/issue/idempotency';
import type { IssueRequest } from '../../../issuance/issue/Issuing';
import { readHolderKey } from '../../../air/direct/holderKeys';
import { DirectClient } from '../../../air/direct/DirectClient';
import { webIssuer } from '../../../air/direct/webIssuer';
import { publicJwkOf } from '../../../air/keys/PublicJwk';
import type { DirectIssuer, DirectIssueRequest } from '../../../issuance/direct/DirectIssuing';
import { issueDirectly } from '../../../issuance/direct/issueDirectly';
import { revokeCredentials } from '../../../issuance/direct/revokeCredentials';
import { issueOnce } from '../../../issuance/issue/issueOnce';
import { erasePerson } from '../../../issuance/ledger/erasePerson';
import { settleRow } from '../../../issuance/ledger/settleRow';
import { LedgerSession } from '../../../issuance/session/LedgerSession';
import { unpublishKey } from '../../../issuance/status/liveKeys';
import { forgetPauses } from '../../../issuance/watch/politeness';
import { pollEvents, sampleEvent, type WatchSettings } from '../../../issuance/watch/pollEvents';
import type { Ledger } from '../../../ledger/Ledger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { sqliteDialect } from '../../../ledger/sqlite/sqliteDialect';
import { SqlLedger } from '../../../ledger/SqlLedger';
import { root } from '../../../scripts/package';
import { makeKey } from '../../support/keys';

/** docs/internals/decisions.md, “Whose key may cause a write”: what is written there is so. */
const [, section = ''] = readFileSync(
	join(root, 'docs', 'internals', 'decisions.md'),
	'utf8',
).split('## Whose key may cause a write\n');
const [page = ''] = section.split('\n## ');

const rules = new Map(
	[...page.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, name = '', rule = '']) => [
		name,
		rule,
	]),
);
const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
const reads = named(/^These only read: .*?\./m.exec(page)?.[0] ?? '');

const X25519_KEY = generateKeyPairSync('x25519')
	.publicKey.export({ type: 'spki', format: 'der' })
	.toString('hex');

test('every operation of the ledger is on the page, once', () => {
	const operations = Object.getOwnPropertyNames(SqlLedger.prototype);
	expect([...rules.keys(), ...reads, 'close', 'constructor'].sort()).toEqual(operations.sort());
	for (const rule of rules.values()) expect(rule).toMatch(/^(no|no key at all)$/);
});

describe('what the page calls reading and writing', () => {
	class Wrote extends Error {}
	const nothing = async () => {
		await Promise.resolve();
	};
	const ledger = new SqlLedger({
		dialect: sqliteDialect(() => 0),
		read: async <T>() => await Promise.resolve(undefined as T),
		write: async () => await Promise.reject(new Wrote()),
		sharing: () => async () => await Promise.reject(new Wrote()),
		purge: nothing,
		close: nothing,
	});
	const call = async (name: string) => {
		const operation: unknown = Reflect.get(ledger, name);
		if (typeof operation !== 'function') throw new Error(`no ${name}`);
		await (operation.call(ledger, { limit: 1 }, {}, {}) as Promise<unknown>);
	};

	test.each(reads)('%s writes nothing', async (name) => {
		await expect(call(name)).resolves.toBeUndefined();
	});

	test.each([...rules.keys()])('%s writes', async (name) => {
		await expect(call(name)).rejects.toThrow(Wrote);
	});
});

describe('who does everything there is to do', () => {
	let folder: string;
	let ledger: Ledger;
	let ahead = 0;

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'moca-air-writes-'));
		ahead = 0;
		const file = join(folder, 'ledger.sqlite');
		ledger = (await openSqliteLedger({ file, clockOffsetMs: () => ahead })).ledger;
	});

	afterEach(async () => {
		await ledger.close();
		rmSync(folder, { recursive: true, force: true });
		jest.restoreAllMocks();
		forgetPauses();
	});

	const identityOf = async (): Promise<AirIdentity> => ({
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	});

	const request: IssueRequest = {
		recipient: 'ada@example.com',
		issuerDid: 'did:web:issuer.example',
		credentialId: 'c1',
		credentialSubject: { tier: 'Gold' },
		onDuplicate: 'revoke',
	};

	/** The ledger, noting which of its operations are called. */
	const watched = (called: Set<string>): Ledger =>
		new Proxy(ledger, {
			get(target, name) {
				const operation: unknown = Reflect.get(target, name);
				if (typeof operation !== 'function') return operation;
				return (...args: unknown[]): unknown => {
					called.add(String(name));
					return operation.apply(target, args);
				};
			},
		});

	/** AIR, which accepts the key of this client or does not. */
	function clientOf(identity: AirIdentity, accepts: boolean): AirClient {
		const client = new AirClient(identity);
		const refused = new AirError('AIR_UNAUTHORIZED', { httpStatus: 401 });
		jest.spyOn(client, 'issueOnBehalf').mockImplementation(async (recipient) => {
			if (!accepts) throw refused;
			if (recipient.startsWith('refused')) throw new AirError('AIR_FORBIDDEN');
			return await Promise.resolve({ coreClaimHash: `hash of ${recipient}` });
		});
		jest.spyOn(client, 'getStatus').mockImplementation(async (_recipient, hash) => {
			if (!accepts) throw refused;
			if (hash === 'hash of late@example.com') throw new AirError('AIR_TIMEOUT');
			if (!hash.startsWith('hash of')) throw new AirError('AIR_HASH_NOT_FOUND');
			return await Promise.resolve({ vcStatus: 'ONCHAIN' });
		});
		return client;
	}

	/** Issues directly to somebody; AIR answers as it answers the other way. */
	async function storeFor(memory: LedgerSession, onBehalf: AirClient, recipient: string) {
		const { identity } = onBehalf;
		const client = new DirectClient({ ...identity, accountUrl: 'https://account.example.com' });
		jest.spyOn(client, 'account').mockResolvedValue({
			did: 'did:air:id:test:ada',
			holderKey: readHolderKey(X25519_KEY),
			binding: undefined,
			userId: undefined,
			status: undefined,
		});
		jest.spyOn(client, 'store').mockImplementation(async () => {
			if (recipient.startsWith('late')) throw new AirError('AIR_TIMEOUT');
			return await Promise.resolve({ storagePath: `dstorage://vc/${recipient}` });
		});
		const issuer: DirectIssuer = {
			client,
			issuer: webIssuer('did:web:issuer.example'),
			issuerAs: 'did',
			statusListUrl: 'https://issuer.example/status-lists',
			published: [publicJwkOf(identity.key, identity.kid)],
		};
		const asked: DirectIssueRequest = {
			recipient,
			vct: 'member',
			schemaId: 'schema',
			credentialSubject: { tier: 'Gold' },
			disclosable: 'all',
			expiresAt: Math.floor(Date.now() / 1000) + 86_400,
			ifHeld: 'reissue',
			unboundAllowed: true,
			revocable: 'list',
		};
		const how = { mode: 'event', eventId: recipient } as const;
		const idempotency = idempotencyOf(identity.key, { ...request, ...asked }, how, []);
		return await issueDirectly(memory, issuer, { request: asked }, idempotency);
	}

	/** Everything that nodes and triggers can make of a ledger, whatever AIR answers. */
	async function doEverything(identity: AirIdentity, accepts: boolean): Promise<Set<string>> {
		const called = new Set<string>();
		const client = clientOf(identity, accepts);
		const memory = new LedgerSession({
			ledger: watched(called),
			client,
			origin: { instance: 'n8n', workflowId: 'w', executionId: '1', nodeId: 'n' },
			ownExecutions: { ids: ['1'], began: undefined },
			retentionDays: 1,
			log: () => undefined,
		});
		const tried = async (work: () => Promise<unknown>) => {
			await work().catch((error: unknown) => {
				expect(error).toBeInstanceOf(AirError);
			});
		};
		for (const recipient of ['ada', 'late', 'refused', identity.key.thumbprint.slice(0, 8)]) {
			for (const onDuplicate of ['revoke', 'ignore'] as const) {
				const asked = { ...request, recipient: `${recipient}@example.com`, onDuplicate };
				const how = { mode: 'event', eventId: recipient } as const;
				const idempotency = idempotencyOf(identity.key, asked, how, []);
				const issuing = { request: asked, repeatUnknown: true };
				await tried(() => issueOnce(memory, issuing, idempotency));
			}
		}
		for (const recipient of ['ada', 'late']) {
			await tried(async () => await storeFor(memory, client, `${recipient}@example.com`));
		}
		const hash = 'hash of ada@example.com';
		await tried(async () => await memory.find(hash));
		await memory.hold(hash, 60_000);
		await tried(async () => {
			await memory.observed(hash, await getStatus(client, 'ada@example.com', hash));
		});
		ahead += 10 * 60_000;
		const pairs = [{ coreClaimHash: 'gone', recipient: 'gone@example.com' }];
		const poll: WatchSettings = {
			watch: 'instance',
			filter: { types: ['confirmed', 'delayed', 'unknown'], delayMinutes: 5 },
			maxCalls: 10,
			maxEvents: 10,
			withinMs: 20_000,
			requestTimeoutMs: 5_000,
		};
		const evidence = { keeping: 'kept', noted: undefined, saved: undefined, process: 'p' } as const;
		for (const watch of ['instance', 'everywhere', pairs] as const) {
			await tried(() => pollEvents(memory, { ...poll, watch, start: 'beginning', evidence }));
			await tried(() => sampleEvent(memory, { ...poll, watch }));
		}
		// As Ledger → Settle and Erase Person of the node Moca AIR, and Credential → Revoke.
		await tried(async () => {
			await memory.assertKeyAccepted();
			const by = { instance: 'n8n', workflowId: 'w', executionId: '1' };
			await settleRow(memory, { id: 1, attempt: 1, as: { outcome: 'not-issued' }, by, note: 'x' });
		});
		await tried(async () => {
			await memory.assertKeyAccepted();
			const by = { instance: 'n8n', workflowId: 'w', executionId: '1' };
			const what = { by: 'person', recipient: 'ada@example.com', vct: 'member' } as const;
			await revokeCredentials(memory, { what, by, note: '' });
		});
		await tried(async () => {
			await memory.assertKeyAccepted();
			await unpublishKey(memory, 'former-key', 0);
		});
		await tried(async () => {
			await memory.assertKeyAccepted();
			await erasePerson(memory.ledger, ['nobody@example.com'], memory.realm);
		});
		await memory.end();
		return called;
	}

	const writes = (called: ReadonlySet<string>) => [...called].filter((name) => rules.has(name));

	test('with a key that AIR accepts and then refuses: every write but that of the command line', async () => {
		const owner = await identityOf();
		const called = await doEverything(owner, true);
		ahead += 86_400_000;
		for (const name of await doEverything(owner, false)) called.add(name);
		const all = [...rules].filter(([, rule]) => rule !== 'no key at all');
		expect(writes(called).sort()).toEqual(all.map(([name]) => name).sort());
	});

	test('with a key that AIR never accepts: only what the page allows, and of its own', async () => {
		const owner = await identityOf();
		await doEverything(owner, true);
		ahead += 3 * 86_400_000;
		const all = async () => ({
			rows: await ledger.list({ limit: 1000 }),
			events: await ledger.events(0, 1000),
		});
		const before = await all();
		const stranger = await identityOf();
		const called = await doEverything(stranger, false);
		expect(writes(called)).toEqual([]);
		expect(await all()).toEqual(before);
		const realm = 'https://air.example.com/v1 partner';
		expect(await ledger.keyAcceptance(realm, stranger.key.thumbprint)).toBeUndefined();
	});
});
