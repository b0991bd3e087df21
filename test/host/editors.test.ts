import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { PARTNER_ID, PROGRAM_ID } from '../../scripts/demoAir';
import { makeKey, serveJwks, type JwksServer } from '../support/keys';
import type { N8nApi } from '../../harness/n8nApi';
import { jsonOf } from '../../harness/runData';
import { startForeignServer, type ForeignServer } from './httpServer';
import {
	asExpression,
	CREDENTIAL,
	inRow,
	items,
	node,
	pollEvery,
	start,
	startHost,
	SUBJECT,
	type Host,
	type Json,
	type Node,
} from './workflows';

/**
 * Somebody who may edit their own workflows in the same n8n, but may not use the credential, tries to
 * become the issuer, and to read another realm's data in the ledger.
 */
type Credentials = Record<string, { id: string; name: string }>;

const MEMBERS_PARTNER = 'members-own-partner';
const VICTIM = 'victim@example.com';
const EVENT_ID = 'evt_of_the_victim';

let host: Host;
let member: N8nApi;
let foreign: ForeignServer;
let membersJwks: JwksServer;
/** The hash of the issuance with the credential. */
let coreClaimHash: string;
let userUuid: string;
/** The others' partner, with the member's own key. */
let impostor: Credentials;
/** The member's own partner, whom AIR knows. */
let ownPartner: Credentials;

// A busy machine is not a failure.
jest.setTimeout(240_000);

const own = (type: string, parameters: Json, credentials: Credentials, rest: Json = {}) =>
	node('Moca AIR', `n8n-nodes-moca-air.${type}`, parameters, { credentials, ...rest });

const issuing = (credentials: Credentials, parameters: Json = {}) => ({
	...host.issueNode(
		{ credentials },
		{
			recipient: VICTIM,
			idempotency: 'event',
			eventId: EVENT_ID,
			simplify: false,
			...parameters,
		},
	),
	name: 'Moca AIR',
});

const asking = (credentials: Credentials, parameters: Json = {}) =>
	own('mocaAirGetIssuanceStatus', { coreClaimHash, recipient: '', ...parameters }, credentials);

const requesting = (credentials: Credentials, parameters: Json = {}) =>
	node(
		'Moca AIR',
		'n8n-nodes-base.httpRequest',
		{
			url: `${host.air.emulator.baseUrl}/credentials/status?coreClaimHash=${coreClaimHash}`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: CREDENTIAL,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'X-Moca-AIR-Recipient', value: VICTIM }] },
			options: {},
			...parameters,
		},
		{ typeVersion: 4.2, credentials },
	);

const watching = (credentials: Credentials, parameters: Json = {}) =>
	own(
		'mocaAirTrigger',
		{
			pollTimes: { item: [{ mode: 'everyMinute' }] },
			watch: 'everywhere',
			start: 'beginning',
			events: ['confirmed', 'delayed', 'notUsable', 'statusChanged'],
			...parameters,
		},
		credentials,
	);

const serving = (credentials: Credentials) =>
	own('mocaAirJwksTrigger', { path: `${PARTNER_ID}/.well-known/jwks.json` }, credentials, {
		webhookId: randomUUID(),
	});

beforeAll(async () => {
	host = await startHost();
	foreign = await startForeignServer((_request, response) => response.end('{}'));
	const issued = await host.run(inRow(start(), issuing(host.credentials)));
	({ coreClaimHash, userUuid } = z
		.looseObject({ coreClaimHash: z.string(), userUuid: z.string() })
		.parse(jsonOf(issued.data, 'Moca AIR')[0]));

	member = await host.api.asMember('member@example.com');
	const { credential } = host.air;
	const first = await member.credentials.create(CREDENTIAL, 'Impostor', {
		...credential,
		privateKey: makeKey().pem,
	});
	impostor = { [CREDENTIAL]: { id: first.id, name: first.name } };
	const key = makeKey();
	membersJwks = await serveJwks([key.jwk(MEMBERS_PARTNER)]);
	const [partner] = host.air.emulator.control.overview().partners;
	host.air.emulator.control.registerPartner({
		partnerId: MEMBERS_PARTNER,
		jwksUrl: membersJwks.url,
		programs: partner?.programs ?? [],
	});
	const second = await member.credentials.create(CREDENTIAL, 'Own', {
		...credential,
		partnerId: MEMBERS_PARTNER,
		privateKey: key.pem,
		jwksUrl: membersJwks.url,
	});
	ownPartner = { [CREDENTIAL]: { id: second.id, name: second.name } };
}, 900_000);

afterAll(async () => {
	await host.close();
	await foreign.close();
	await membersJwks.close();
}, 60_000);

/** The number of issuances of the partner who owns the credential. */
const issuances = () =>
	host.air.emulator.control.issuances().filter(({ partnerId }) => partnerId === PARTNER_ID).length;

/** Expects nothing that only the ledger's owners know; the member's own input is not a secret. */
function expectNothingForeign(told: unknown): void {
	const text = JSON.stringify(told);
	for (const secret of [userUuid, String(host.air.credential.privateKey).split('\n')[1] ?? '']) {
		expect(text).not.toContain(secret);
	}
	expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
	expect(issuances()).toBe(1);
	expect(foreign.requests).toEqual([]);
}

/** Saves and runs a workflow as the member; returns n8n's answer if it refuses. */
async function attempt(...nodes: readonly Node[]) {
	const saved = await member.rest.raw('POST', '/rest/workflows', inRow(start(), ...nodes));
	if (saved.status !== 200) return { refused: saved.body };
	const { id } = (JSON.parse(saved.body) as { data: { id: string } }).data;
	const started = await member.rest.raw('POST', `/rest/workflows/${id}/run`, {
		triggerToStartFrom: { name: 'Start' },
	});
	if (started.status !== 200) return { refused: started.body };
	const { executionId } = (JSON.parse(started.body) as { data: { executionId: string } }).data;
	const execution = await member.executions.wait(executionId);
	return { execution, items: jsonOf(execution.data, nodes.at(-1)?.name ?? '') };
}

/** Why an attempt failed, in n8n's words or in ours. */
function refusalOf(tried: Awaited<ReturnType<typeof attempt>>): string {
	if (tried.refused !== undefined) return tried.refused;
	expect(tried.execution.status).toBe('error');
	const { message, description } = tried.execution.data.resultData.error ?? {};
	return `${message ?? ''} ${description ?? ''}`;
}

describe('with the credential, which is not theirs', () => {
	const NO_ACCESS = /do(es)? not have access|not found|could not|permission|cannot/i;

	test.each<[string, (credentials: Credentials) => Node]>([
		['Issue on Behalf', (one) => issuing(one, { eventId: 'evt_of_the_member' })],
		['Get Issuance Status', (one) => asking(one)],
		[
			'Create Partner JWT',
			(one) => own('mocaAir', { operation: 'createPartnerJwt', scope: 'issue' }, one),
		],
		['Check Setup', (one) => own('mocaAir', { operation: 'checkSetup' }, one)],
		['the HTTP Request node', (one) => requesting(one)],
		[
			'the HTTP Request node, its type by an expression',
			(one) => requesting(one, { nodeCredentialType: `={{ '${CREDENTIAL}' }}` }),
		],
		[
			'the HTTP Request node, its authentication by an expression',
			(one) => requesting(one, { authentication: "={{ 'predefinedCredentialType' }}" }),
		],
	])('%s: refused by n8n', async (_name, nodeWith) => {
		const asked = host.air.emulator.control.counts().requests;
		const tried = await attempt(nodeWith(host.credentials));
		expect(refusalOf(tried)).toMatch(NO_ACCESS);
		expectNothingForeign(tried);
		expect(host.air.emulator.control.counts().requests).toBe(asked);
	});

	test('Moca AIR Trigger: run by hand, it is refused by n8n', async () => {
		const trigger = watching(host.credentials);
		const { id } = await member.workflows.create(inRow(trigger));
		const started = await member.rest.raw('POST', `/rest/workflows/${id}/run`, {
			triggerToStartFrom: { name: trigger.name },
		});
		expectNothingForeign(started.body);
		if (started.status !== 200) return;
		const { executionId } = (JSON.parse(started.body) as { data: { executionId: string } }).data;
		const execution = await member.executions.wait(executionId);
		expect(refusalOf({ execution, items: [] })).toMatch(NO_ACCESS);
		expectNothingForeign(execution);
	});

	/**
	 * n8n 2.40 checks who may use a credential when an execution begins, and not when a workflow is
	 * published or polled. So the node polls, and its items never reach an execution.
	 */
	test('Moca AIR Trigger: published, n8n refuses every execution and stores no item', async () => {
		const trigger = watching(host.credentials, { pollTimes: pollEvery(10) });
		const set = node('Set', 'n8n-nodes-base.set', { options: {} }, { typeVersion: 3.4 });
		const { id } = await member.workflows.create(inRow(trigger, set));
		const { status } = await member.workflows.tryActivate(id);
		if (status !== 'published') return;
		const executions = await member.executions.waitForCount(id, 1, 120_000);
		await member.workflows.deactivate(id);
		for (const execution of executions) {
			expect(refusalOf({ execution, items: [] })).toMatch(NO_ACCESS);
		}
		expectNothingForeign(executions);
		expect(JSON.stringify(executions)).not.toContain(VICTIM);
		expect(JSON.stringify(executions)).not.toContain(coreClaimHash);
	});

	test('looking at it, testing it, changing it: refused', async () => {
		const { id } = host.credentials[CREDENTIAL] ?? { id: '' };
		const { name, type, data } = await host.api.credentials.get(id);
		const tried = await Promise.all([
			member.rest.raw('GET', `/rest/credentials/${id}?includeData=true`),
			member.rest.raw('PATCH', `/rest/credentials/${id}`, {
				name,
				type,
				data: { ...data, baseUrl: foreign.url },
			}),
			member.rest.raw('POST', '/rest/credentials/test', {
				credentials: { id, name, type, data: { ...data, baseUrl: foreign.url } },
			}),
		]);
		for (const { status, body } of tried) {
			expect([status, body]).not.toEqual([200, expect.stringContaining('"OK"') as string]);
			expectNothingForeign(body);
		}
	});
});

describe('with their own credential for the same partner and address, and their own key', () => {
	test.each<[string, () => Node]>([
		['issuing', () => issuing(impostor, { eventId: 'evt_of_the_member' })],
		['the event of somebody else', () => issuing(impostor)],
		['the same content', () => issuing(impostor, { idempotency: 'content', eventId: '' })],
		['a status without the address', () => asking(impostor)],
		['a status with the address', () => asking(impostor, { recipient: VICTIM })],
		[
			'waiting for a status',
			() => asking(impostor, { options: { waitUntilOnChain: true, waitTimeout: 5 } }),
		],
		['the HTTP Request node', () => requesting(impostor)],
	])('%s: AIR refuses, and no row is shown', async (_name, nodeOf) => {
		const tried = await attempt(nodeOf());
		expect(refusalOf(tried)).toMatch(/signature|401|JWKS|refuse|accept|invalid/i);
		expectNothingForeign(tried);
	});

	test('a trigger from the beginning is not activated', async () => {
		const { id } = await member.workflows.create(inRow(watching(impostor)));
		const status = await member.workflows.tryActivate(id);
		expect(status.status).not.toBe('published');
		expectNothingForeign(status);
		expect(JSON.stringify(status)).not.toContain(VICTIM);
	});
});

describe('with their own partner, in the same ledger', () => {
	test('another person’s event is a different one in their realm', async () => {
		const tried = await attempt(issuing(ownPartner));
		const [issued] = tried.items ?? [];
		expect(issued).toMatchObject({ email: VICTIM });
		expect(issued?.outcome).toBe('issued');
		expect(JSON.stringify(tried)).not.toContain(coreClaimHash);
		expect(issuances()).toBe(1);
	});

	test('the row of another person’s hash is not theirs', async () => {
		const tried = await attempt(asking(ownPartner));
		expect(refusalOf(tried)).toMatch(/Recipient Email|e-mail/i);
		expectNothingForeign(tried);
		expect(JSON.stringify(tried)).not.toContain(VICTIM);
	});

	test('a trigger from the beginning outputs only their own events', async () => {
		const watched = {
			watch: 'specific',
			issuances: { issuance: [{ coreClaimHash, recipient: VICTIM }] },
		};
		for (const parameters of [{}, watched]) {
			const trigger = watching(ownPartner, parameters);
			const { id } = await member.workflows.create(inRow(trigger));
			const executionId = await member.workflows.run(id, { trigger: trigger.name });
			const execution = await member.executions.wait(executionId);
			expectNothingForeign(execution);
			expect(
				jsonOf(execution.data, trigger.name).map((event) => event.coreClaimHash),
			).not.toContain(coreClaimHash);
		}
	});

	test('the path of another person’s JWKS, which is in use, is not given to them', async () => {
		const { id: ownersId } = await host.api.workflows.create(inRow(serving(host.credentials)));
		await host.api.workflows.activate(ownersId);
		const { id } = await member.workflows.create(inRow(serving(impostor)));
		const { versionId } = await member.workflows.get(id);
		const activated = await member.rest.raw('POST', `/rest/workflows/${id}/activate`, {
			versionId,
		});
		if (activated.status === 200) {
			expect((await member.workflows.tryActivate(id)).status).not.toBe('published');
		}
		const url = `${host.n8n.url}/webhook/${PARTNER_ID}/.well-known/jwks.json`;
		const served = (await (await fetch(url)).json()) as { keys: Json[] };
		const [published] = host.air.jwks.keys as Json[];
		expect(served.keys.map(({ x }) => x)).toEqual([published?.x]);
		await host.api.workflows.deactivate(ownersId);
	});
});

describe('past the nodes', () => {
	test.each(['.n8n/moca-air/ledger.sqlite', '.n8n/database.sqlite', '.n8n/config'])(
		'reading %s: refused by n8n',
		async (file) => {
			const tried = await attempt(
				node(
					'Read',
					'n8n-nodes-base.readWriteFile',
					{ operation: 'read', fileSelector: join(host.folder, file), options: {} },
					{ typeVersion: 1.1 },
				),
			);
			expect(refusalOf(tried)).toMatch(/not allowed|access/i);
			expectNothingForeign(tried);
		},
	);
});

describe('with use of the credential, through every parameter of a node', () => {
	const OVERRIDES: Json = {
		environment: 'custom',
		partnerId: MEMBERS_PARTNER,
		kid: MEMBERS_PARTNER,
		scope: 'issue',
		ledger: 'off',
		ledgerSecret: '',
		allowHandingOutJwts: true,
	};

	const overrides = () => ({ ...OVERRIDES, baseUrl: foreign.url, jwksUrl: foreign.url });

	test('no parameter points the key to another host or partner, or opens another ledger', async () => {
		const everywhere = { ...overrides(), options: overrides(), credentials: overrides() };
		const saved = await host.run(inRow(start(), issuing(host.credentials, everywhere)));
		// Its own ledger knows the event.
		expect(jsonOf(saved.data, 'Moca AIR')[0]).toMatchObject({
			coreClaimHash,
			outcome: 'alreadyIssued',
		});
		const status = await host.run(inRow(start(), asking(host.credentials, everywhere)));
		expect(jsonOf(status.data, 'Moca AIR')[0]).toMatchObject({ email: VICTIM });
		const token = await host.run(
			inRow(
				start(),
				own('mocaAir', { ...everywhere, operation: 'createPartnerJwt' }, host.credentials),
			),
		);
		expect(token.data.resultData.error?.message).toMatch(/does not hand out/);
		expect(host.air.emulator.control.requests().at(-1)).toMatchObject({ partnerId: PARTNER_ID });
		expect(foreign.requests).toEqual([]);
		expect(issuances()).toBe(1);
	});

	test.each([
		'={{ $credentials.privateKey }}',
		'={{ $credentials.mocaAirApi.privateKey }}',
		'={{ $self.privateKey }}',
		'={{ $getCredentials("mocaAirApi") }}',
		'={{ this.getCredentials("mocaAirApi") }}',
		'={{ $node["Moca AIR"].credentials.mocaAirApi.privateKey }}',
		'={{ $env.N8N_ENCRYPTION_KEY }}',
		'={{ $secrets.a.b }}',
	])('the expression %s reveals nothing of the credential', async (expression) => {
		const execution = await host.run(
			inRow(
				start(),
				items([{ email: 'ada@example.com' }]),
				issuing(host.credentials, {
					recipient: expression,
					eventId: expression,
					subjectJson: asExpression(SUBJECT),
					issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
				}),
			),
		);
		expect(execution.status).toBe('error');
		expectNothingForeign(execution.data);
	});
});
