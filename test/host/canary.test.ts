import { randomBytes, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { DatabaseSync } from 'node:sqlite';
import { PARTNER_ID } from '../../scripts/demoAir';
import { SecretSearch } from '../support/SecretSearch';
import { makeKey } from '../support/keys';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { FULL_STORMS } from '../support/storms';
import { run as runCommand } from '../../harness/command';
import { ensureN8n } from '../../harness/install';
import { n8nEnvironment } from '../../harness/n8nEnvironment';
import { freePort } from '../../harness/freePort';
import { node24 } from '../../harness/paths';
import { jsonOf } from '../../harness/runData';
import { startForeignServer, type ForeignServer } from './httpServer';
import {
	CREDENTIAL,
	inRow,
	node,
	start,
	startHost,
	SUBJECT,
	type Host,
	type Json,
	type Node,
} from './workflows';

/**
 * Canary keys, a canary connection URL and a canary claim go through every node in a real n8n that logs
 * as much as possible, in failing runs too. Then all traces of n8n are searched for any part of them.
 */
type Credentials = Record<string, { id: string; name: string }>;

const canary = (name: string) => `canary_${name}_${randomBytes(8).toString('hex')}`;
const CLAIM = canary('claim');
const LOGIN = { role: canary('user'), password: canary('password'), database: canary('db') };

let host: Host;
let postgres: TestPostgres;
let echo: ForeignServer;
/** Secrets that must be nowhere: keys, parts of connection URLs, and tokens that reached AIR. */
const secrets = new SecretSearch();
/** The same without the claims of tokens, which tokens that may be seen have in common with them. */
const signatures = new SecretSearch();
/** Everything visible over HTTP, by place. */
const seen: (readonly [where: string, text: string])[] = [];
/** The execution that saves a token, as documented in docs/moca-air.md. */
const handedOut = { executionId: '', token: '' };
/** The directly issued credentials. */
const credentialsSigned: string[] = [];
/** Tokens that workflows used in executions that were not saved. */
const notSaved: string[] = [];

const log = (line: string) => process.stderr.write(`${line}\n`);

// A busy machine is not a failure.
jest.setTimeout(600_000);

/** A token for which only the signature is searched. */
const signatureOf = (token: string) => `..${token.split('.')[2] ?? ''}`;

/** Each token that arrives at AIR, or at a server in its place, is a secret. */
function onRequest(message: unknown): void {
	const { headers } = (message as { request: IncomingMessage }).request;
	const token = headers['x-partner-auth'];
	if (typeof token === 'string') onToken(token);
}

function onToken(token: string): void {
	secrets.addToken(token);
	signatures.addToken(signatureOf(token));
}

const tokenIn = (body: string): unknown =>
	body.startsWith('{') ? (JSON.parse(body) as Json).partnerJwt : undefined;

/** People's credentials, with the salts of their claims, are secret too. */
async function addCredentials(): Promise<void> {
	for (const { compact = '' } of await host.air.emulator.control.wallet()) {
		const [jwt = '', ...disclosures] = compact.split('~');
		credentialsSigned.push(jwt);
		onToken(jwt);
		for (const disclosure of disclosures.filter((part) => part !== '')) {
			addWord('a disclosure', disclosure);
		}
	}
}

function addKey(pem: string): void {
	secrets.addKey(pem);
	signatures.addKey(pem);
}

function addWord(name: string, word: string): void {
	secrets.addWord(name, word);
	signatures.addWord(name, word);
}

/** Echoes the whole request, as debug pages do. */
const startEcho = () =>
	startForeignServer((request, response) => {
		const { headers } = request;
		void text(request).then((body) => {
			// In account lookups the token is in the body.
			const token = headers['x-partner-auth'] ?? tokenIn(body);
			if (typeof token === 'string') onToken(token);
			const message = `${body} ${JSON.stringify(headers)}`;
			const told = { message, token, headers };
			response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(told));
		});
	});

beforeAll(async () => {
	subscribe('http.server.request.start', onRequest);
	postgres = await startPostgres();
	await postgres.sql(`CREATE ROLE ${LOGIN.role} LOGIN PASSWORD '${LOGIN.password}'`);
	await postgres.sql(`CREATE DATABASE ${LOGIN.database} OWNER ${LOGIN.role}`);
	for (const [name, word] of Object.entries(LOGIN)) addWord(`the ${name}`, word);
	echo = await startEcho();
	host = await startHost({
		env: { N8N_LOG_LEVEL: 'debug', N8N_LOG_OUTPUT: 'console,file' },
		issuesDirectly: true,
	});
	addKey(String(host.air.credential.privateKey));
}, 900_000);

afterAll(async () => {
	unsubscribe('http.server.request.start', onRequest);
	await host.close();
	await echo.close();
	await postgres.stop();
}, 120_000);

const webhook = (path: string) =>
	node(
		'Webhook',
		'n8n-nodes-base.webhook',
		{ httpMethod: 'POST', path, responseMode: 'lastNode' },
		{ typeVersion: 2, webhookId: path },
	);

const own = (type: string, parameters: Json, credentials: Credentials, rest: Json = {}) =>
	node('Moca AIR', `n8n-nodes-moca-air.${type}`, parameters, { credentials, ...rest });

const requesting = (url: string, credentials: Credentials, rest: Json = {}) =>
	node(
		'Moca AIR',
		'n8n-nodes-base.httpRequest',
		{
			url,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: CREDENTIAL,
			sendHeaders: true,
			headerParameters: {
				parameters: [{ name: 'X-Moca-AIR-Recipient', value: 'ada@example.com' }],
			},
			options: {},
		},
		{ typeVersion: 4.2, credentials, ...rest },
	);

/** Every action node, with its parameters. */
const actions: Readonly<Record<string, (credentials: Credentials, rest: Json) => Node>> = {
	issue: (credentials, rest) => ({
		...host.issueNode(
			{ credentials, ...rest },
			{
				recipient: `${randomUUID()}@example.com`,
				// Not written literally: n8n logs the parameters of nodes.
				subjectJson: `={{ { ...${JSON.stringify(SUBJECT)}, kycProvider: $json.body?.claim ?? "host" } }}`,
				options: { requestTimeout: 5 },
			},
		),
		name: 'Moca AIR',
	}),
	'issue directly': (credentials, rest) =>
		own(
			'mocaAir',
			{
				resource: 'credential',
				operation: 'issueDirectly',
				recipient: `${randomUUID()}@example.com`,
				credentialType: 'https://example.com/types/kyc',
				schemaId: '01KSTQK70XGFBT558HRHFB',
				subjectMode: 'json',
				subjectJson: '={{ { "kycLevel": $json.body?.claim ?? "host" } }}',
				expert: { requestTimeout: 5 },
			},
			credentials,
			rest,
		),
	status: (credentials, rest) =>
		own(
			'mocaAirGetIssuanceStatus',
			{ coreClaimHash: 'f'.repeat(64), recipient: 'ada@example.com', options: {} },
			credentials,
			rest,
		),
	setup: (credentials, rest) => own('mocaAir', { operation: 'checkSetup' }, credentials, rest),
	token: (credentials, rest) =>
		own('mocaAir', { operation: 'createPartnerJwt', scope: 'issue' }, credentials, rest),
	'HTTP Request': (credentials, rest) =>
		requesting(
			`${host.air.emulator.baseUrl}/credentials/status?coreClaimHash=${'f'.repeat(64)}`,
			credentials,
			rest,
		),
	'HTTP Request elsewhere': (credentials, rest) =>
		requesting(`${echo.url}/v1/credentials/status`, credentials, rest),
};

/** Keeps n8n's whole answers, not only the parts that the harness reads. */
async function look(path: string): Promise<void> {
	seen.push([path, (await host.api.rest.raw('GET', `/rest${path}`)).body]);
}

async function lookAtExecution(id: string): Promise<void> {
	await look(`/executions/${id}`);
}

/** Runs by hand, where a failure stops the run; and by webhook, which answers with the failure. */
async function act(credentials: Credentials, name: string): Promise<void> {
	const action = actions[name];
	if (action === undefined) throw new Error(`no ${name}`);
	const { id } = await host.run(inRow(start(), action(credentials, {})));
	await lookAtExecution(id);
	const path = randomUUID();
	const failing = name.startsWith('issue') ? 'stopWorkflow' : 'continueRegularOutput';
	const { id: workflowId } = await host.api.workflows.create(
		inRow(webhook(path), action(credentials, { onError: failing })),
	);
	await host.api.workflows.activate(workflowId);
	const answer = await host.api.webhook(path, { body: { claim: CLAIM } });
	seen.push([`webhook ${name}`, `${answer.body}\n${JSON.stringify([...answer.headers])}`]);
	await host.api.workflows.deactivate(workflowId);
}

/** Activates the triggers; they report the reason if that is impossible. */
async function trigger(credentials: Credentials): Promise<void> {
	const triggers = [
		own(
			'mocaAirTrigger',
			{ pollTimes: { item: [{ mode: 'everyMinute' }] }, start: 'beginning' },
			credentials,
		),
		own('mocaAirJwksTrigger', { path: `${PARTNER_ID}/.well-known/jwks.json` }, credentials, {
			webhookId: randomUUID(),
		}),
	];
	for (const one of triggers) {
		const { id } = await host.api.workflows.create(inRow(one));
		const { status } = await host.api.workflows.tryActivate(id);
		await look(`/workflows/${id}/publication-status`);
		if (status !== 'published') continue;
		const answer = await fetch(`${host.n8n.url}/webhook/${PARTNER_ID}/.well-known/jwks.json`);
		seen.push(['JWKS', `${await answer.text()}\n${JSON.stringify([...answer.headers])}`]);
		await host.api.workflows.deactivate(id);
	}
}

async function credentialOf(name: string, changes: Json): Promise<Credentials> {
	const { id } = await host.api.credentials.create(CREDENTIAL, name, {
		...host.air.credential,
		...changes,
	});
	seen.push(['credential test', JSON.stringify(await host.api.credentials.test(id))]);
	await look(`/credentials/${id}?includeData=true`);
	return { [CREDENTIAL]: { id, name } };
}

const postgresLedger = (login: Partial<typeof LOGIN> = {}) => ({
	ledger: 'postgres',
	ledgerSecret: postgres.urlFor({ ...LOGIN, ...login }),
});

const cut = (pem: string) => pem.slice(0, pem.length / 2);

describe('every node, in successful and failing runs', () => {
	const states: readonly (readonly [string, () => Json])[] = [
		['all is well, ledger in PostgreSQL', () => postgresLedger()],
		['all is well, embedded ledger', () => ({})],
		['a key that is cut', () => ({ privateKey: cut(String(host.air.credential.privateKey)) })],
		[
			'a wrong password of the ledger',
			() => {
				const password = canary('password');
				addWord('a wrong password', password);
				return postgresLedger({ password });
			},
		],
		['somebody else answers, with all he was told', () => ({ baseUrl: echo.url })],
		['somebody else looks the account up', () => ({ accountUrl: echo.url })],
	];
	const small = [
		'all is well, ledger in PostgreSQL',
		'somebody else answers, with all he was told',
	];
	test.each(states.filter(([name]) => FULL_STORMS || small.includes(name)))(
		'%s',
		async (name, changes) => {
			const credentials = await credentialOf(name, changes());
			for (const action of Object.keys(actions)) {
				// n8n's own node shows every answer.
				if (action.startsWith('HTTP Request') && name.startsWith('somebody else')) continue;
				await act(credentials, action);
			}
			await trigger(credentials);
		},
		600_000,
	);

	test('a key that signs for nobody', async () => {
		const { pem } = makeKey();
		addKey(pem);
		const credentials = await credentialOf('wrong key', { privateKey: pem });
		for (const action of ['issue', 'status', 'setup']) await act(credentials, action);
		await trigger(credentials);
	}, 600_000);
});

describe('a token that a workflow gets', () => {
	const creating = async (settings: Json) => {
		const credentials = await credentialOf('may hand out', { allowHandingOutJwts: true });
		const path = randomUUID();
		const create = own(
			'mocaAir',
			{ operation: 'createPartnerJwt', scope: 'issue', email: 'ada@example.com' },
			credentials,
		);
		const { id } = await host.api.workflows.create({
			...inRow(webhook(path), create),
			settings: { executionOrder: 'v1', ...settings },
		});
		await host.api.workflows.activate(id);
		const answer = await host.api.webhook(path, { body: {} });
		await host.api.workflows.deactivate(id);
		return { id, token: (answer.json() as { token: string }).token };
	};

	test('is saved with the execution, as the documentation says', async () => {
		const { id, token } = await creating({});
		const [execution] = await host.api.executions.waitForCount(id, 1);
		if (execution === undefined) throw new Error('no execution');
		expect(jsonOf(execution.data, 'Moca AIR')[0]?.token).toBe(token);
		Object.assign(handedOut, { executionId: execution.id, token });
	});

	test('is not saved with the settings that the documentation names', async () => {
		const { token } = await creating({
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'none',
			saveManualExecutions: false,
		});
		notSaved.push(token);
	});
});

/** Text of all of the files of n8n's folder, except for the program code of the installed package. */
function filesOf(folder: string): (readonly [where: string, text: string])[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((file) => !file.includes('node_modules'))
		.map((file) => [relative(folder, file), readFileSync(file, 'latin1')] as const);
}

describe('the traces that n8n leaves', () => {
	let exported = '';
	let left: (readonly [where: string, text: string])[] = [];
	/** By table: each row of n8n's database, in words. */
	const rows: (readonly [table: string, row: string])[] = [];

	beforeAll(async () => {
		const listed = await host.api.rest.raw('GET', '/rest/workflows?take=100');
		const { data } = JSON.parse(listed.body) as { data: { id: string }[] };
		expect(data.length).toBeGreaterThan(20);
		await addCredentials();
		expect(credentialsSigned.length).toBeGreaterThan(1);
		for (const { id } of data) await look(`/workflows/${id}`);
		await host.n8n.stop();
		const { bin } = await ensureN8n({ log });
		const output = join(host.folder, 'exported.json');
		await runCommand(node24(), [bin, 'export:workflow', '--all', `--output=${output}`], {
			what: 'exporting the workflows',
			log,
			cwd: host.folder,
			env: n8nEnvironment({
				userFolder: host.folder,
				port: await freePort(),
				runnersPort: await freePort(),
				extra: { N8N_LOG_LEVEL: 'debug' },
			}),
		});
		exported = readFileSync(output, 'utf8');
		left = filesOf(host.folder);
		const database = new DatabaseSync(join(host.folder, '.n8n', 'database.sqlite'));
		try {
			const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
			for (const { name } of tables) {
				for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all()) {
					rows.push([String(name), JSON.stringify(row)]);
				}
			}
		} finally {
			database.close();
		}
	});

	const found = (search: SecretSearch, where: readonly (readonly [string, string])[]) =>
		where.flatMap(([place, text]) => {
			const what = search.find(text);
			return what === undefined ? [] : [`${place}: ${what}`];
		});

	test('the search works: it finds the claims in the data of executions, and the token where it may be', () => {
		const claim = new SecretSearch().addWord('the claim', CLAIM);
		expect(found(claim, rows).some((place) => place.startsWith('execution_data'))).toBe(true);
		expect(exported).toContain('mocaAirIssueOnBehalf');
		expect(exported).toContain('issueDirectly');
		expect(left.map(([where]) => where)).toEqual(
			expect.arrayContaining(['.n8n/database.sqlite', '.n8n/moca-air/ledger.sqlite']),
		);
		const logs = left.filter(([where]) => where.endsWith('.log'));
		expect(logs.map(([, text]) => text).join('')).toContain('debug');
	});

	test('contain no part of a key, a token or a connection URL', async () => {
		const ledger = await postgres.sql(
			"SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'moca_air'",
			LOGIN.database,
		);
		expect(ledger.length).toBeGreaterThan(0);
		const ledgerRows: string[] = [];
		for (const { name } of ledger) {
			const all = await postgres.sql(`SELECT * FROM moca_air.${String(name)}`, LOGIN.database);
			ledgerRows.push(JSON.stringify(all));
		}
		const { control } = host.air.emulator;
		const mayHold = (row: string) =>
			new SecretSearch().addToken(signatureOf(handedOut.token)).find(row);
		const raw = left.filter(([where]) => where.includes('database.sqlite'));
		const places = [
			...seen,
			...left.filter((file) => !raw.includes(file)),
			...rows.filter(([, row]) => mayHold(row) === undefined),
			['what n8n printed', host.n8n.logs.join('\n')],
			['exported workflows', exported],
			['ledger in PostgreSQL', ledgerRows.join('\n')],
			['emulator', JSON.stringify([control.requests(), control.overview(), control.jwks()])],
		] as const;
		expect(found(secrets, places)).toEqual([]);
		expect(found(signatures, [...raw, ...rows])).toEqual([]);
		const claim = new SecretSearch().addWord('the claim', CLAIM);
		const without = places.filter(
			([where]) => where.includes('ledger') || where.endsWith('.log') || where.includes('printed'),
		);
		expect(without.length).toBeGreaterThanOrEqual(4);
		expect(found(claim, without)).toEqual([]);
	});

	test('the handed out token is in that one execution, and the one that was not saved is nowhere', () => {
		const search = new SecretSearch().addToken(signatureOf(handedOut.token));
		const holding = rows.filter(([, row]) => search.find(row) !== undefined);
		expect(holding).toHaveLength(1);
		expect(holding[0]?.[0]).toBe('execution_data');
		expect(JSON.parse(holding[0]?.[1] ?? '{}')).toMatchObject({
			executionId: Number(handedOut.executionId),
		});
		const elsewhere = left.filter(([where]) => !where.includes('database.sqlite'));
		const printed = ['what n8n printed', host.n8n.logs.join('\n')] as const;
		expect(found(search, [...elsewhere, printed, ['exported', exported]])).toEqual([]);

		const none = new SecretSearch();
		for (const token of notSaved) none.addToken(signatureOf(token));
		expect(notSaved).toHaveLength(1);
		expect(found(none, [...left, ...rows, printed, ['exported', exported]])).toEqual([]);
	});
});
