import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KYC_EVENT, type DemoAir } from '../../scripts/demoAir';
import { root } from '../../scripts/package';
import { makeKey } from '../support/keys';
import type { N8nApi } from '../../harness/n8nApi';
import { itemsOf, jsonOf } from '../../harness/runData';
import { startForeignServer, type ForeignServer } from './httpServer';
import {
	CREDENTIAL,
	inRow,
	items,
	node,
	start,
	startHost,
	type Host,
	type Json,
	type Node,
} from './workflows';

/** The packed tarball in a real n8n, against the emulated AIR. */
let host: Host;
let air: DemoAir;
let api: N8nApi;

// A busy machine is not a failure.
jest.setTimeout(60_000);

beforeAll(async () => {
	host = await startHost({ editor: true });
	({ air, api } = host);
}, 900_000);

afterAll(async () => {
	await host.close();
}, 60_000);

afterEach(() => {
	air.emulator.control.reset();
});

/** Runs nodes in a row by hand and waits for the end. */
const run = async (...nodes: readonly Node[]) => await host.run(inRow(start(), ...nodes));

describe('the package', () => {
	test('is found by n8n, with the names that never change', async () => {
		const types = await api.nodeTypes('n8n-nodes-moca-air');
		const names = types.map(({ name, displayName }) => [name, displayName]);
		expect(names).toEqual(
			expect.arrayContaining([
				['n8n-nodes-moca-air.mocaAirIssueOnBehalf', 'Moca AIR Issue on Behalf'],
				['n8n-nodes-moca-air.mocaAirGetIssuanceStatus', 'Moca AIR Get Issuance Status'],
			]),
		);
		expect(names.map(([name]) => name)).toEqual(
			expect.arrayContaining([
				'n8n-nodes-moca-air.mocaAirIssueOnBehalfTool',
				'n8n-nodes-moca-air.mocaAirTrigger',
			]),
		);
		const credential = (await api.credentialTypes()).find(({ name }) => name === CREDENTIAL);
		expect(credential?.displayName).toBe('Moca AIR Credentials API');
	});

	test('tells an agent that issuing cannot be undone', async () => {
		const tool = (await api.nodeTypes('n8n-nodes-moca-air')).find(({ name }) =>
			name.endsWith('mocaAirIssueOnBehalfTool'),
		);
		expect(JSON.stringify(tool)).toContain('cannot be undone');
	});
});

describe('issuing', () => {
	test('the demo workflow, by webhook: issued once, on-chain, nothing secret in the execution', async () => {
		const example: unknown = JSON.parse(
			readFileSync(join(root, 'examples', 'kyc-credential.json'), 'utf8'),
		);
		const { id } = await api.workflows.import(example, host.credentials);
		await api.workflows.activate(id);
		const answer = await api.webhook('kyc-passed', { method: 'POST', body: KYC_EVENT });
		expect(answer.status).toBe(200);
		expect(answer.json()).toMatchObject({
			email: KYC_EVENT.email,
			vcStatus: 'ONCHAIN',
			onChain: true,
			state: 'confirmed',
		});
		expect(air.emulator.control.counts().issuances).toBe(1);
		const [execution] = await api.executions.waitForCount(id, 1);
		const stored = JSON.stringify(execution);
		expect(stored).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
		expect(stored).not.toContain('PRIVATE KEY');
	});

	test('a refusal stops the run with a title, advice and AIR’s own words', async () => {
		air.emulator.control.setFeature({ partnerId: 'demo-partner', enabled: false });
		const execution = await run(items([{ email: 'ada@example.com' }]), host.issueNode());
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.error).toMatchObject({
			message: 'Issue on Behalf is not enabled for your partner account',
			description: expect.stringMatching(
				/issueOnBehalf is not allowed.*Accounts → General/,
			) as string,
			httpCode: '403',
			// n8n's own class: the package brought no second n8n-workflow.
			name: 'NodeApiError',
		});
	});

	test('a bad item stops the run before anything is sent for it, and it is said what was issued', async () => {
		const execution = await run(
			items([{ email: 'ada@example.com' }, { email: 'nobody' }]),
			host.issueNode(),
		);
		const { error } = execution.data.resultData;
		expect(error?.description).toMatch(/^Row 2 of 2\. /);
		// The first is under way when the second is read, and is sent or not.
		const issued = air.emulator.control.issuances().map(({ recipient }) => recipient);
		const said = (error?.description ?? '').includes('1 of 2 rows was issued')
			? ['ada@example.com']
			: [];
		expect(error?.description).toMatch(/rows? was issued/);
		expect(issued).toEqual(said);
	});

	test('Continue On Fail: the failed item says what to do, the others are issued', async () => {
		const execution = await run(
			items(
				['a', 'nobody', 'c'].map((name) => ({
					email: name === 'nobody' ? name : `${name}@example.com`,
				})),
			),
			host.issueNode({ onError: 'continueRegularOutput' }),
		);
		expect(execution.status).toBe('success');
		expect(jsonOf(execution.data, 'Issue')).toMatchObject([
			{ email: 'a@example.com' },
			{
				error: expect.stringContaining('not a valid e-mail address') as string,
				message: expect.stringContaining('exactly one e-mail address') as string,
				code: 'AIR_RECIPIENT_INVALID',
			},
			{ email: 'c@example.com' },
		]);
		expect(itemsOf(execution.data, 'Issue').map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
	});
});

describe('the credential test', () => {
	let foreign: ForeignServer | undefined;

	afterEach(async () => {
		await foreign?.close();
		foreign = undefined;
	});

	const testWith = async (changes: Record<string, string>) => {
		const { id } = await api.credentials.create(CREDENTIAL, 'tested', {
			...air.credential,
			...changes,
		});
		const result = await api.credentials.test(id);
		await api.credentials.delete(id);
		return result;
	};

	const html = '<html><head><title>502 Bad Gateway</title></head><body></body></html>';

	test('good: green, and nothing was issued', async () => {
		expect(await testWith({})).toMatchObject({ status: 'OK' });
		expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	});

	test.each<[string, () => Promise<Record<string, string>> | Record<string, string>, RegExp]>([
		['a wrong key', () => ({ privateKey: makeKey().pem }), /publishes another key.*Wrong key/],
		[
			'a wrong key without JWKS URL',
			() => ({ privateKey: makeKey().pem, jwksUrl: '' }),
			/signature does not fit/,
		],
		['an unknown kid', () => ({ kid: 'other' }), /no key with the Key ID.*“other”/],
		[
			'an unknown kid without JWKS URL',
			() => ({ kid: 'other', jwksUrl: '' }),
			/no key with this key ID/,
		],
		['garbage as key', () => ({ privateKey: 'garbage' }), /private key cannot be read/],
		[
			'a refused port',
			() => ({ baseUrl: 'http://127.0.0.1:9/v1' }),
			/connection was refused.*firewall/,
		],
		['DNS', () => ({ baseUrl: 'https://air.example.invalid' }), /host name is unknown/],
		[
			'an HTML 502',
			async () => {
				foreign = await startForeignServer((_request, response) => {
					response.writeHead(502, { 'content-type': 'text/html' }).end(html);
				});
				return { baseUrl: foreign.url };
			},
			/failed while working.*502 B.?ad Gateway/,
		],
		[
			'a foreign 404',
			async () => {
				foreign = await startForeignServer((_request, response) => {
					response
						.writeHead(404, { 'content-type': 'application/json' })
						.end('{"message":"Not Found"}');
				});
				return { baseUrl: foreign.url };
			},
			/no such AIR endpoint/,
		],
		[
			'a redirect',
			async () => {
				foreign = await startForeignServer((request, response) => {
					response
						.writeHead(302, { location: `http://${request.headers.host ?? ''}/elsewhere` })
						.end();
				});
				return { baseUrl: foreign.url };
			},
			/redirects to somewhere else/,
		],
	])('%s: red, in words that say what to do', async (_name, changes, words) => {
		const result = await testWith(await changes());
		expect(result.status).toBe('Error');
		expect(result.message).toMatch(words);
		expect(foreign?.requests.map(({ url }) => url) ?? []).not.toContain('/elsewhere');
	});
});

describe('the credential in the HTTP Request node', () => {
	const request = (url: string, parameters: Json = {}) =>
		node(
			'Request',
			'n8n-nodes-base.httpRequest',
			{
				url,
				authentication: 'predefinedCredentialType',
				nodeCredentialType: CREDENTIAL,
				sendHeaders: true,
				headerParameters: {
					parameters: [{ name: 'X-Moca-AIR-Recipient', value: 'ada@example.com' }],
				},
				options: { response: { response: { fullResponse: true, neverError: true } } },
				...parameters,
			},
			{ typeVersion: 4.2, credentials: host.credentials },
		);

	test('signs a call to AIR for the recipient that the header names; the header stays here', async () => {
		const execution = await run(
			request(`${air.emulator.baseUrl}/credentials/status?coreClaimHash=${'0'.repeat(64)}`),
		);
		expect(jsonOf(execution.data, 'Request')[0]).toMatchObject({
			statusCode: 404,
			body: { error: 404, message: 'No credential found for the given hash.' },
		});
		expect(air.emulator.control.requests().at(-1)).toMatchObject({
			operation: 'status',
			recipient: 'ada@example.com',
		});
	});

	test('refuses every other origin before anything is sent', async () => {
		const foreign = await startForeignServer((_request, response) => response.end('{}'));
		try {
			const execution = await run(request(`${foreign.url}/v1/credentials/status`));
			expect(execution.data.resultData.error?.message).toMatch(/only signs requests to its own/);
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});

	test('does not carry the token over a redirect', async () => {
		const elsewhere = await startForeignServer((_request, response) => response.end('{}'));
		try {
			air.emulator.control.injectFault({ kind: 'redirect', location: elsewhere.url, times: null });
			await run(
				request(`${air.emulator.baseUrl}/credentials/status?coreClaimHash=x`, {
					options: { redirect: { redirect: { followRedirects: true, maxRedirects: 21 } } },
				}),
			);
			expect(air.emulator.control.counts().byStatus).toMatchObject({ 307: 1 });
			expect(elsewhere.requests).toEqual([]);
		} finally {
			await elsewhere.close();
		}
	});

	test('names what is missing when no recipient is given', async () => {
		const execution = await run(
			request(`${air.emulator.baseUrl}/credentials/status?coreClaimHash=x`, { sendHeaders: false }),
		);
		expect(execution.data.resultData.error?.message).toMatch(/does not say who the recipient is/);
	});
});

test('n8n logged no key, no token and no failure of the package', () => {
	const logged = host.n8n.logs.join('\n');
	expect(logged).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.[\w-]+\.[\w-]+/);
	expect(logged).not.toMatch(/n8n-nodes-moca-air.*(failed|could not be loaded)/i);
});
