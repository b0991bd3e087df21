import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestOptions,
	INode,
} from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { MocaAirApi } from '../../credentials/MocaAirApi.credentials';
import type { FaultInput } from '../../emulator';
import { checkSetup } from '../../issuance/setup/checkSetup';
import { closeLedgers, embeddedLedgerFile } from '../../issuance/session/openLedger';
import { forgetPauses } from '../../issuance/watch/politeness';
import { startForeignServer, type ForeignServer } from '../host/httpServer';
import { SecretSearch } from '../support/SecretSearch';
import { fasterPauses } from '../support/fasterPauses';
import { makeKey } from '../support/keys';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { startTestAir, type TestAir } from './air';
import { activate } from './pollTrigger';
import { runWorkflow } from './runWorkflow';
import { serveJwksNode } from './serveJwksNode';
import { issueWorkflow, mocaAirWorkflow, person, statusWorkflow } from './workflows';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../air/pacing/backoff', () => jest.requireActual<object>('../support/fasterBackoff'));

/**
 * A canary key, canary connection URLs and canary claims go through every path, failures too. What
 * anybody could read afterwards is searched for any part of them.
 */
const CLAIM = `claim-${randomBytes(8).toString('hex')}`;
const canary = (name: string) => `canary_${name}_${randomBytes(8).toString('hex')}`;

let air: TestAir;
let postgres: TestPostgres;
let folder: string;
let secrets: SecretSearch;
/** By where it was seen: what a path left behind. */
let seen: Map<string, unknown[]>;
/** Of an issuance that AIR knows. */
let known: unknown;
let executions = 0;

// A busy machine is not a failure.
jest.setTimeout(300_000);

const see = (where: string, what: unknown) => seen.set(where, [...(seen.get(where) ?? []), what]);

/** Each token that leaves this process becomes one of the secrets. */
function onSent(message: unknown): void {
	const { headers } = message as { headers: string };
	for (const [, token = ''] of headers.matchAll(/x-partner-auth: *(\S+)/gi))
		secrets.addToken(token);
}

const NOISE = ['log', 'info', 'warn', 'error', 'debug'] as const;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	postgres = await startPostgres();
	subscribe('undici:client:sendHeaders', onSent);
}, 120_000);

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-secrets-'));
	process.env.N8N_USER_FOLDER = folder;
	secrets = new SecretSearch().addKey(air.key.pem);
	seen = new Map();
	const issued = await runWorkflow(issueWorkflow([person('ada')]), air.credential);
	known = issued.json('Done')[0]?.coreClaimHash;
	for (const level of NOISE) {
		jest.spyOn(console, level).mockImplementation((...args: unknown[]) => {
			see('console', args);
		});
	}
	jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
		see('console', String(text));
		return true;
	});
	jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
		see('console', String(text));
		return true;
	});
});

afterEach(async () => {
	jest.restoreAllMocks();
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
	forgetPauses();
});

afterAll(async () => {
	unsubscribe('undici:client:sendHeaders', onSent);
	await air.close();
	await closeDispatchers();
	await postgres.stop();
}, 60_000);

const item = () => person(`ada-${randomBytes(4).toString('hex')}`, { level: CLAIM });

const credentialType = new MocaAirApi();

/** As n8n signs a request. */
async function authenticate(data: ICredentialDataDecryptedObject, options: IHttpRequestOptions) {
	if (typeof credentialType.authenticate !== 'function') throw new Error('no authenticate');
	return await credentialType.authenticate(data, options);
}

/** Each way through the package, with what it leaves behind. */
const ways = {
	'issue, item by item': async (credential: ICredentialDataDecryptedObject): Promise<string> =>
		await ways.issue(credential, { onError: 'continueRegularOutput' }),
	issue: async (
		credential: ICredentialDataDecryptedObject,
		settings: Partial<INode> = {},
	): Promise<string> => {
		const parameters = { idempotency: 'content', options: { requestTimeout: 1 } };
		const ran = await runWorkflow(
			issueWorkflow([item()], parameters, settings),
			{ ledger: 'embedded', ...credential },
			{ executionId: String(++executions) },
		);
		const { runData } = ran.run.data.resultData;
		see('execution data', ran.run);
		see('output of our nodes', [runData.Issue, ran.error]);
		see('log', ran.log);
		const [done] = ran.json('Done');
		return ran.error?.message ?? (typeof done?.error === 'string' ? done.error : 'issued');
	},
	status: async (credential: ICredentialDataDecryptedObject) => {
		const ran = await runWorkflow(
			statusWorkflow([{ coreClaimHash: known as string, email: 'ada@example.com' }], {
				requestTimeout: 1,
			}),
			{ ledger: 'embedded', ...credential },
			{ executionId: String(++executions) },
		);
		see('execution data', ran.run);
		see('log', ran.log);
		return ran.error?.message ?? 'asked';
	},
	trigger: async (credential: ICredentialDataDecryptedObject) => {
		const activated = activate({ credential: { ledger: 'embedded', ...credential } });
		try {
			see('execution data', await activated.poll());
			return 'polled';
		} catch (error) {
			see('execution data', error);
			return String(error);
		} finally {
			see('log', activated.log);
		}
	},
	jwks: async (credential: ICredentialDataDecryptedObject) => {
		const served = await serveJwksNode({ credential });
		try {
			see('execution data', await served.create().catch((error: unknown) => error));
			const answer = await fetch(served.url);
			see('what is served', [await answer.text(), [...answer.headers]]);
			see('execution data', served.returned);
			return String(answer.status);
		} finally {
			see('log', served.log);
			await served.close();
		}
	},
	'Check Setup': async (credential: ICredentialDataDecryptedObject) => {
		const ran = await runWorkflow(
			mocaAirWorkflow([{}], { operation: 'checkSetup' }),
			{ ledger: 'embedded', ...credential },
			{ executionId: String(++executions) },
		);
		see('execution data', ran.run);
		see('output of our nodes', [ran.run.data.resultData.runData.Auth, ran.error]);
		see('log', ran.log);
		return ran.error?.message ?? 'checked';
	},
	'Create Partner JWT': async (credential: ICredentialDataDecryptedObject) => {
		const ran = await runWorkflow(
			mocaAirWorkflow([{}], { operation: 'createPartnerJwt', scope: 'issue' }),
			{ ledger: 'embedded', ...credential, allowHandingOutJwts: true },
			{ executionId: String(++executions) },
		);
		see('log', ran.log);
		const token = ran.json('Done')[0]?.token;
		if (typeof token !== 'string') {
			see('execution data', ran.run);
			return ran.error?.message ?? 'nothing';
		}
		// Its output is what the node is for (docs/moca-air.md): there, and nowhere else.
		see('execution data', JSON.stringify(ran.run).replaceAll(token, ''));
		secrets.addToken(`..${token.split('.')[2] ?? ''}`);
		return 'handed out';
	},
	check: async (credential: ICredentialDataDecryptedObject) => {
		const findings = await checkSetup({ ledger: 'embedded', ...credential });
		see('execution data', findings);
		return 'checked';
	},
	'credential test': async (credential: ICredentialDataDecryptedObject) => {
		try {
			const request = structuredClone(credentialType.test.request) as IHttpRequestOptions;
			await authenticate({ ledger: 'embedded', ...credential }, request);
			return 'green';
		} catch (error) {
			see('execution data', error);
			return String(error);
		}
	},
	'HTTP Request': async (credential: ICredentialDataDecryptedObject) => {
		const refused: string[] = [];
		for (const url of ['https://elsewhere.example/', 'http://10.0.0.1/', '//x', 'credentials']) {
			try {
				const headers = url === 'credentials' ? {} : { 'X-Moca-AIR-Recipient': 'ada@example.com' };
				await authenticate(credential, { url, headers });
			} catch (error) {
				refused.push(String(error));
			}
		}
		see('execution data', refused);
		return `${String(refused.length)} refused`;
	},
};

/** All files beneath a folder, as they lie there. */
const filesIn = (where: string): string[] =>
	readdirSync(where, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));

/** Searches everything that was seen, the files, and what the emulator holds. */
function expectNothingLeaked(): void {
	const { control } = air.emulator;
	const record = [control.requests(), control.overview(), control.issuances(), control.jwks()];
	const ledger = filesIn(folder);
	const places = [...seen, ['ledger files', ledger], ['emulator', record]] as const;
	for (const [where, what] of places) {
		expect([where, secrets.findIn(what)]).toEqual([where, undefined]);
	}
	const claims = new SecretSearch().addWord('a claim', CLAIM);
	for (const where of ['log', 'console', 'output of our nodes']) {
		expect([where, claims.findIn(seen.get(where) ?? [])]).toEqual([where, undefined]);
	}
	expect(claims.findIn(ledger)).toBeUndefined();
}

/** Every way. @returns what each said */
async function throughAll(
	changes: IDataObject,
	only: readonly string[] = Object.keys(ways),
): Promise<Record<string, string>> {
	const credential = { ...air.credential, ...changes } as ICredentialDataDecryptedObject;
	delete credential.ledger;
	if (changes.ledger !== undefined) credential.ledger = changes.ledger as string;
	const chosen = Object.entries(ways).filter(([name]) => only.includes(name));
	// Side by side: most of the time goes by in the pauses between repeats.
	const said = await Promise.all(
		chosen.map(async ([name, way]) => [name, await way(credential)] as const),
	);
	return Object.fromEntries(said);
}

test('the canaries are really there: a good run issues, and what it was given is in its input', async () => {
	const said = await throughAll({});
	expect(said).toMatchObject({
		issue: 'issued',
		trigger: 'polled',
		jwks: '200',
		'Check Setup': 'checked',
		'Create Partner JWT': 'handed out',
		'credential test': 'green',
		'HTTP Request': '4 refused',
	});
	expect(new SecretSearch().addWord('a claim', CLAIM).findIn(seen.get('execution data'))).toContain(
		'a claim',
	);
	expect(filesIn(folder).length).toBeGreaterThan(0);
	expectNothingLeaked();
});

describe('keys, as people paste them', () => {
	/** Of a key, with its PEM: how it was spoilt. */
	const spoilt: readonly (readonly [string, (pem: string) => string])[] = [
		['in one line', (pem) => pem.replaceAll('\n', ' ')],
		['with escaped ends of lines', (pem) => JSON.stringify(pem)],
		['cut in the middle', (pem) => pem.slice(0, pem.length / 2)],
		['without its first line', (pem) => pem.split('\n').slice(1).join('\n')],
		['without its last line', (pem) => pem.trimEnd().split('\n').slice(0, -1).join('\n')],
		['with a character too many', (pem) => pem.replace('\n', '\nA')],
		['called a public key', (pem) => pem.replaceAll('PRIVATE', 'PUBLIC')],
		['called encrypted', (pem) => pem.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')],
		['called an EC key', (pem) => pem.replaceAll(' PRIVATE', ' EC PRIVATE')],
		['twice', (pem) => pem + pem],
		['as its Base64 alone', (pem) => pem.replace(/-----[^-]+-----/g, '').trim()],
		['as Base64 of the PEM', (pem) => Buffer.from(pem).toString('base64')],
		['as hex', (pem) => Buffer.from(pem).toString('hex')],
		['inside of JSON', (pem) => JSON.stringify({ privateKey: pem, note: 'mine' })],
		['with words before it', (pem) => `my key: ${pem}`],
	];

	test.each(spoilt)('%s', async (_how, spoil) => {
		const said = await throughAll({ privateKey: spoil(air.key.pem) });
		expect(said.issue).not.toBe('');
		expectNothingLeaked();
	});

	test.each(['d', 'x', 'y', 'kty', 'crv'])(
		'as a JWK with a broken %s',
		async (member) => {
			const { createPrivateKey } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
			const jwk = createPrivateKey(air.key.pem).export({ format: 'jwk' });
			const value = String(jwk[member]);
			for (const broken of [undefined, value.slice(1), `${value}A`, 7, { value }]) {
				await throughAll({ privateKey: JSON.stringify({ ...jwk, [member]: broken }) });
			}
			expectNothingLeaked();
		},
		300_000,
	);

	test.each<[string, (pem: string) => IDataObject]>([
		['Partner ID', (pem) => ({ partnerId: pem })],
		['Key ID', (pem) => ({ kid: pem })],
		['Issuer DID', (pem) => ({ issuerDid: pem })],
		['Base URL', (pem) => ({ baseUrl: pem })],
		['JWKS URL', (pem) => ({ jwksUrl: pem })],
		['Further Public Keys', (pem) => ({ furtherPublicJwks: pem })],
		['Connection URL', (pem) => ({ ledger: 'postgres', ledgerSecret: pem })],
	])('in the wrong field: %s', async (_field, changes) => {
		// Not the key that signs: what is put into a field that AIR is told about goes to AIR.
		const other = makeKey().pem;
		secrets.addKey(other);
		// The JWKS node has a copy of Partner ID in a parameter, for its path.
		const { partnerId } = changes(other);
		const through = Object.keys(ways).filter((way) => way !== 'jwks' || partnerId === undefined);
		const said = await throughAll(changes(other), through);
		expect(said.issue).toMatch(/key|URL|Partner ID/i);
		expectNothingLeaked();
	});
});

describe('AIR, and who answers in its place', () => {
	test.each<[string, FaultInput]>([
		...[400, 401, 403, 404, 409, 429, 500, 502, 503, 504].map((status): [string, FaultInput] => [
			`answers ${String(status)}`,
			{ kind: 'answer', status, times: null, retryAfter: { seconds: 0 } },
		]),
		['answers a page', { kind: 'answer', status: 502, times: null, body: { type: 'html' } }],
		['answers half', { kind: 'answer', status: 200, times: null, body: { type: 'cut' } }],
		[
			'answers too much',
			{ kind: 'answer', status: 200, times: null, body: { type: 'huge', bytes: 2e6 } },
		],
		['hangs', { kind: 'hang', times: null }],
		['is cut off', { kind: 'reset', times: null }],
		['is cut off after its work', { kind: 'reset', times: null, afterWork: true }],
		['leaves out the hash', { kind: 'dropField', times: null }],
	])(
		'%s',
		async (_what, fault) => {
			air.emulator.control.injectFault(fault);
			// Everything hangs until its own timeout; one way shows what that leaves behind.
			const said = await throughAll({}, fault.kind === 'hang' ? ['issue'] : undefined);
			expect(said.issue).not.toBe('issued');
			expectNothingLeaked();
		},
		300_000,
	);

	let foreign: ForeignServer | undefined;
	afterEach(async () => {
		await foreign?.close();
		foreign = undefined;
	});

	/** A server that says back all that it was told, as debug pages do. */
	const echoing = async (status: number, wrap: (told: string) => string) => {
		foreign = await startForeignServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const told = { headers: request.headers, token: request.headers['x-partner-auth'] };
				response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
				response.end(wrap(JSON.stringify(told)));
			});
		});
		return foreign.url;
	};

	test.each([200, 400, 401, 403, 404, 429, 500, 502])(
		'answers %d with everything it was told, token included',
		async (status) => {
			for (const wrap of [
				(told: string) => JSON.stringify({ error: status, message: told, data: told, token: told }),
				(told: string) =>
					`<html><title>${told}</title>${Buffer.from(told).toString('base64')}</html>`,
			]) {
				const baseUrl = await echoing(status, wrap);
				const said = await throughAll({ baseUrl });
				expect(said.issue).not.toBe('issued');
				expect(foreign?.requests.length).toBeGreaterThan(0);
				await foreign?.close();
			}
			expectNothingLeaked();
		},
		300_000,
	);

	test('redirects to another host, which never sees a token', async () => {
		foreign = await startForeignServer((_request, response) => response.end('{}'));
		air.emulator.control.injectFault({ kind: 'redirect', times: null, location: foreign.url });
		const said = await throughAll({});
		expect(said.issue).toMatch(/redirects/);
		expect(foreign.requests).toEqual([]);
		expectNothingLeaked();
	});

	test.each([
		['nobody listens', 'http://127.0.0.1:1'],
		['no such name', 'https://air.invalid'],
		['no TLS there', () => air.emulator.baseUrl.replace('http:', 'https:')],
		['a password in the address', 'https://user:secret-canary@air.example'],
	])('cannot be reached: %s', async (_why, address) => {
		secrets.addWord('a password', 'secret-canary');
		const said = await throughAll({
			baseUrl: typeof address === 'string' ? address : address(),
		});
		expect(said.issue).not.toBe('issued');
		expectNothingLeaked();
	});
});

describe('connection URLs', () => {
	/** Names that nobody else has, so that each of them is found. */
	const login = () => {
		const parts = { role: canary('user'), password: canary('password'), database: canary('db') };
		for (const [name, word] of Object.entries(parts)) secrets.addWord(`the ${name}`, word);
		return parts;
	};

	test('that work', async () => {
		const { role, password } = login();
		const database = await postgres.freshDatabase();
		await postgres.sql(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
		await postgres.sql(`GRANT ALL ON DATABASE ${database} TO ${role}`);
		const ledgerSecret = postgres.urlFor({ role, password, database });
		const said = await throughAll({ ledger: 'postgres', ledgerSecret });
		expect(said).toMatchObject({ issue: 'issued', trigger: 'polled' });
		const tables = await postgres.sql(
			"SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'moca_air'",
			database,
		);
		expect(tables.length).toBeGreaterThan(0);
		for (const { name } of tables as { name: string }[]) {
			const rows = await postgres.sql(`SELECT * FROM moca_air.${name}`, database);
			expect(secrets.findIn(rows)).toBeUndefined();
			expect(new SecretSearch().addWord('a claim', CLAIM).findIn(rows)).toBeUndefined();
		}
		expectNothingLeaked();
	}, 60_000);

	test.each<[string, (parts: ReturnType<typeof login>) => string]>([
		['a role that is not there', (parts) => postgres.urlFor(parts)],
		['no such database', ({ database }) => postgres.urlFor({ database })],
		['a wrong password', ({ password }) => postgres.urlFor({ password })],
		['nobody listens', ({ role, password }) => `postgres://${role}:${password}@127.0.0.1:1/x`],
		[
			'no such host',
			({ role, password }) =>
				`postgres://${role}:${password}@${role.replaceAll('_', '-')}.invalid/x`,
		],
		['TLS that the server does not have', (parts) => `${postgres.urlFor(parts)}?sslmode=require`],
		[
			'a certificate that is not there',
			(parts) => `${postgres.urlFor(parts)}?sslrootcert=/${parts.database}`,
		],
		['another scheme', ({ role, password }) => `mysql://${role}:${password}@127.0.0.1/x`],
		['no URL', ({ password }) => `host=127.0.0.1 password=${password}`],
		['a broken one', ({ role, password }) => `postgres://${role}:${password}@[::1/x`],
		['an unknown setting', ({ password }) => `postgres://127.0.0.1:1/x?${password}=${password}`],
		['a port that is none', ({ password }) => `postgres://u:${password}@h:99999999/x`],
		['a percent sign alone', ({ password }) => `postgres://u:${password}%@h/x`],
	])(
		'that do not: %s',
		async (_why, urlOf) => {
			const said = await throughAll({ ledger: 'postgres', ledgerSecret: urlOf(login()) });
			expect(said.issue).toMatch(/ledger|Connection URL/i);
			expect(said.issue).not.toBe('issued');
			expectNothingLeaked();
		},
		300_000,
	);
});

describe('the embedded ledger', () => {
	test.each<[string, (file: string) => void]>([
		[
			'is not a database',
			(file) => {
				writeFileSync(file, 'no database '.repeat(1000));
			},
		],
		[
			'is a folder',
			(file) => {
				mkdirSync(file);
			},
		],
	])('%s', async (_what, spoil) => {
		const file = embeddedLedgerFile(process.env);
		mkdirSync(dirname(file), { recursive: true });
		spoil(file);
		const said = await throughAll({});
		expect(said.issue).toMatch(/ledger/i);
		expectNothingLeaked();
	});
});
