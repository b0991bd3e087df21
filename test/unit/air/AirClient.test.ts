import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { AirClient, type AirIdentity, type CallOptions } from '../../../air/AirClient';
import type { AirError } from '../../../errors/AirError';
import * as backoff from '../../../air/pacing/backoff';
import { closeDispatchers } from '../../../air/http/dispatchers';
import type { AirErrorCode, AirErrorKind } from '../../../errors/errorCatalogue';
import { forgetLimits } from '../../../air/pacing/HostLimiter';
import { NO_REPEAT } from '../../../air/pacing/repeat';
import { importPrivateKey } from '../../../air/keys/privateKey';
import type { IssueOnBehalfBody } from '../../../air/answers/schemas';
import { version } from '../../../air/version';
import { issueAlone } from '../issuance/support';
import {
	airErrorOf,
	closedPort,
	ecKey,
	everythingShown,
	listening,
	type Listening,
} from './support';

jest.mock('../../../air/pacing/backoff', () => {
	const real = jest.requireActual<typeof backoff>('../../../air/pacing/backoff');
	return { ...real, pause: jest.fn() };
});
const pause = jest.mocked(backoff.pause);

/** As if the time had passed that AIR's refusals ask for. */
async function waited(): Promise<boolean> {
	forgetLimits();
	return await Promise.resolve(true);
}

type Reply = (response: ServerResponse, request: IncomingMessage) => void;
interface Seen {
	readonly method: string;
	readonly url: string;
	readonly headers: IncomingMessage['headers'];
	readonly body: string;
}

let replies: Reply[] = [];
let seen: Seen[] = [];
let server: Listening;
let identity: AirIdentity;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	server = await listening(
		createServer((request, response) => {
			let body = '';
			request.on('data', (chunk: Buffer) => (body += chunk.toString()));
			request.on('end', () => {
				const { method = '', url = '', headers } = request;
				seen.push({ method, url, headers, body });
				replies[Math.min(seen.length, replies.length) - 1]?.(response, request);
			});
		}),
	);
	const key = await importPrivateKey(ecKey().export({ type: 'pkcs8', format: 'pem' }).toString());
	identity = {
		baseUrl: `http://127.0.0.1:${server.port}/v1`,
		partnerId: 'partner-1',
		kid: 'kid-1',
		key,
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
});
afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await closeDispatchers();
	await server.close();
});
beforeEach(() => {
	seen = [];
	pause.mockReset().mockImplementation(waited);
});
afterEach(() => {
	jest.restoreAllMocks();
});

const json =
	(status: number, value: unknown, headers: Record<string, string> = {}): Reply =>
	(response) => {
		response.writeHead(status, { 'content-type': 'application/json', ...headers });
		response.end(JSON.stringify(value));
	};
const status = (code: number, headers: Record<string, string> = {}) =>
	json(code, { error: code, message: `answer ${code}` }, headers);
const text =
	(code: number, body: string): Reply =>
	(response) =>
		response.writeHead(code).end(body);
const reset: Reply = (_response, request) => request.socket.destroy();
const hang: Reply = () => undefined;

const HASH = '239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44';
const ISSUED = { coreClaimHash: HASH, credentialId: 'c21', userUuid: 'u-1' };
const issued = json(200, ISSUED);

const body = (onDuplicate: IssueOnBehalfBody['onDuplicate'] = 'revoke'): IssueOnBehalfBody => ({
	issuerDid: 'did:air:id:test:issuer',
	credentialId: 'c21s70g0i54sn0023172Cv',
	credentialSubject: { tier: 'Gold', points: 5 },
	onDuplicate,
});
const RECIPIENT = 'ada@example.com';
const options: CallOptions = { timeoutMs: 1000 };

type Mode = 'Keep Existing' | 'Revoke and Reissue' | 'send again' | 'status';
const MODES: readonly Mode[] = ['Keep Existing', 'Revoke and Reissue', 'send again', 'status'];

/** Calls AIR as a node does: asks for a status, or issues with repeats. */
async function calling(
	mode: Mode,
	more: CallOptions = {},
	client = new AirClient(identity),
): Promise<unknown> {
	const settings = { ...options, ...more };
	if (mode === 'status') return await client.getStatus(RECIPIENT, HASH, settings);
	const onDuplicate = mode === 'Keep Existing' ? 'ignore' : 'revoke';
	const request = { recipient: RECIPIENT, ...body(onDuplicate) };
	const issued = await issueAlone(client, request, {
		...settings,
		sendAgainWhenUnknown: mode === 'send again',
	});
	// What AIR leaves out of its answer is not the client's.
	const { email, issuerDid, submittedAt, ...answer } = issued;
	expect([email, issuerDid, submittedAt]).toEqual([
		RECIPIENT,
		request.issuerDid,
		expect.any(String),
	]);
	return answer;
}

const failing = async (mode: Mode, more: CallOptions = {}): Promise<AirError> =>
	await airErrorOf(() => calling(mode, more));

describe('what AIR is sent', () => {
	test('to issue', async () => {
		replies = [issued];
		expect(await new AirClient(identity).issueOnBehalf(RECIPIENT, body(), options)).toEqual(ISSUED);

		expect(seen).toHaveLength(1);
		const { method, url, headers = {}, body: sent } = seen[0] ?? {};
		expect([method, url]).toEqual(['POST', '/v1/credentials/issue-on-behalf']);
		expect(headers['content-type']).toBe('application/json');
		expect(headers['user-agent']).toBe(`n8n-nodes-moca-air/${version}`);
		expect(headers.authorization).toBeUndefined();
		expect(JSON.parse(sent ?? '')).toEqual(body());
		const { payload } = await jwtVerify(
			String(headers['x-partner-auth']),
			await importJWK(identity.key.publicJwk, 'ES256'),
		);
		expect(payload).toMatchObject({
			email: RECIPIENT,
			partnerId: 'partner-1',
			scope: identity.scope,
		});
	});

	test('to ask for a status', async () => {
		const asked = 'a b&c=d/é';
		const answer = { coreClaimHash: asked, vcStatus: 'NEW_WORD', vcId: null, issuerId: 'kept' };
		replies = [json(200, answer)];
		expect(await new AirClient(identity).getStatus(RECIPIENT, asked, options)).toEqual(answer);
		expect(seen[0]).toMatchObject({ method: 'GET', body: '' });
		expect(seen[0]?.url).toBe('/v1/credentials/status?coreClaimHash=a+b%26c%3Dd%2F%C3%A9');
		expect(seen[0]?.headers['content-type']).toBeUndefined();
		expect(decodeJwt(String(seen[0]?.headers['x-partner-auth'])).email).toBe(RECIPIENT);
	});

	test('an answer about another issuance is not an answer', async () => {
		replies = [json(200, { coreClaimHash: `${HASH}0`, vcStatus: 'ONCHAIN' })];
		await expect(new AirClient(identity).getStatus(RECIPIENT, HASH, options)).rejects.toMatchObject(
			{
				code: 'AIR_ANSWER_UNREADABLE',
			},
		);
	});

	test('the token is kept for the same recipient, and never for another', async () => {
		replies = [issued];
		const client = new AirClient(identity);
		for (const recipient of [RECIPIENT, RECIPIENT, 'bob@example.com']) {
			await client.issueOnBehalf(recipient, body(), options);
		}
		const tokens = seen.map(({ headers }) => headers['x-partner-auth']);
		expect(tokens[0]).toBe(tokens[1]);
		expect(decodeJwt(String(tokens[2])).email).toBe('bob@example.com');
	});
});

test.each<[string, Reply, object]>([
	['flat', json(200, ISSUED), ISSUED],
	['201', json(201, ISSUED), ISSUED],
	['in data', json(200, { data: ISSUED }), ISSUED],
	['in an envelope', json(200, { code: 80_000_000, msg: 'success', data: ISSUED }), ISSUED],
	['with more members', json(200, { ...ISSUED, extra: 1 }), { ...ISSUED, extra: 1 }],
	['with the hash only', json(200, { coreClaimHash: HASH }), { coreClaimHash: HASH }],
	['without content type', text(200, JSON.stringify(ISSUED)), ISSUED],
])('an issuance is understood %s', async (_name, reply, answer) => {
	replies = [reply];
	expect(await calling('Revoke and Reissue')).toEqual(answer);
});

/** Requests that AIR sees, by mode: what may be sent again, and when. */
test.each<[string, Reply, AirErrorCode, AirErrorKind, [number, number, number, number]]>([
	['429', status(429), 'AIR_RATE_LIMITED', 'not-sent', [4, 4, 4, 4]],
	[
		'503 with Retry-After',
		status(503, { 'retry-after': '1' }),
		'AIR_UNAVAILABLE',
		'not-sent',
		[4, 4, 4, 4],
	],
	['503', status(503), 'AIR_UNAVAILABLE_GATEWAY', 'outcome-unknown', [4, 1, 4, 4]],
	['500', status(500), 'AIR_SERVER_FAILURE', 'outcome-unknown', [4, 1, 4, 4]],
	['502', text(502, '<html>'), 'AIR_SERVER_FAILURE', 'outcome-unknown', [4, 1, 4, 4]],
	['504', text(504, ''), 'AIR_SERVER_FAILURE', 'outcome-unknown', [4, 1, 4, 4]],
	['a reset', reset, 'AIR_CONNECTION_LOST', 'outcome-unknown', [4, 1, 4, 4]],
	['silence', hang, 'AIR_TIMEOUT', 'outcome-unknown', [4, 1, 4, 4]],
	['an empty 200', text(200, ''), 'AIR_ANSWER_UNREADABLE', 'outcome-unknown', [4, 1, 4, 4]],
	['a page', text(200, '<html></html>'), 'AIR_ANSWER_UNREADABLE', 'outcome-unknown', [4, 1, 4, 4]],
	[
		'cut JSON',
		text(200, '{"coreClaimHash":"23'),
		'AIR_ANSWER_UNREADABLE',
		'outcome-unknown',
		[4, 1, 4, 4],
	],
	[
		'an empty hash',
		json(200, { coreClaimHash: ' ' }),
		'AIR_ANSWER_UNREADABLE',
		'outcome-unknown',
		[4, 1, 4, 4],
	],
	[
		'a failed envelope',
		json(200, { code: 5, msg: 'no', data: ISSUED }),
		'AIR_ANSWER_ENVELOPE',
		'outcome-unknown',
		[4, 1, 4, 4],
	],
	['400', status(400), 'AIR_BAD_REQUEST', 'refused', [1, 1, 1, 1]],
	['401', status(401), 'AIR_UNAUTHORIZED', 'refused', [1, 1, 1, 1]],
	['403', status(403), 'AIR_FORBIDDEN', 'refused', [1, 1, 1, 1]],
	['408', status(408), 'AIR_ANSWER_UNCLEAR', 'outcome-unknown', [4, 1, 4, 4]],
	['499', text(499, ''), 'AIR_ANSWER_UNCLEAR', 'outcome-unknown', [4, 1, 4, 4]],
	['520', text(520, ''), 'AIR_SERVER_FAILURE', 'outcome-unknown', [4, 1, 4, 4]],
	['425', status(425), 'AIR_REFUSED', 'refused', [1, 1, 1, 1]],
	['413', status(413), 'AIR_TOO_LARGE', 'refused', [1, 1, 1, 1]],
	['a redirect', text(307, ''), 'AIR_REDIRECT', 'refused', [1, 1, 1, 1]],
])('%s', async (_name, reply, code, kind, counts) => {
	replies = [reply];
	for (const [index, mode] of MODES.entries()) {
		seen = [];
		// Short only where nothing answers: a busy machine must not turn an answer into a timeout.
		const error = await failing(mode, { timeoutMs: reply === hang ? 250 : 10_000 });
		expect([mode, error.code, seen.length]).toEqual([mode, code, counts[index]]);
		// A status that could not be read leaves nothing unknown: asking changes nothing at AIR.
		const expected = mode === 'status' && kind === 'outcome-unknown' ? 'not-sent' : kind;
		expect([mode, error.kind]).toEqual([mode, expected]);
		expect(everythingShown(error)).not.toMatch(/eyJ|Gold/);
	}
});

test('nobody listening: attempts that were not sent are repeated in every mode', async () => {
	const baseUrl = `http://127.0.0.1:${await closedPort()}/v1`;
	const onRepeat = jest.fn();
	const client = new AirClient({ ...identity, baseUrl });
	const error = await airErrorOf(() => calling('Revoke and Reissue', { onRepeat }, client));
	expect([error.code, error.kind]).toEqual(['AIR_CONNECTION_REFUSED', 'not-sent']);
	expect(onRepeat).toHaveBeenCalledTimes(3);
});

describe('after a repeat', () => {
	test('success is success', async () => {
		replies = [status(429), reset, status(500), issued];
		expect(await calling('Keep Existing')).toEqual(ISSUED);
		expect(seen).toHaveLength(4);
	});

	test('a refusal does not make an unknown outcome known', async () => {
		replies = [reset, status(400)];
		const error = await failing('Keep Existing');
		expect([error.code, error.kind, seen.length]).toEqual([
			'AIR_BAD_REQUEST',
			'outcome-unknown',
			2,
		]);
		expect(error.message).toMatch(/^Not known whether this was issued: AIR did not accept/);
		expect(error.advice).toContain('safe to send it again');
	});

	test('an unknown outcome ends what would be repeated otherwise', async () => {
		replies = [status(429), status(500), issued];
		const error = await failing('Revoke and Reissue');
		expect([error.code, error.kind, seen.length]).toEqual([
			'AIR_SERVER_FAILURE',
			'outcome-unknown',
			2,
		]);
	});

	test('what AIR says about a hash counts, however earlier attempts to ask ended', async () => {
		replies = [
			reset,
			json(404, { error: 404, message: 'No credential found for the given hash.' }),
		];
		const error = await failing('status');
		expect([error.code, error.kind]).toEqual(['AIR_HASH_NOT_FOUND', 'refused']);
		expect(error.advice).not.toContain('earlier attempt');
	});
});

describe('the advice for an unknown outcome', () => {
	test('says that it was not repeated, why, and where to look', async () => {
		replies = [status(500)];
		const { advice, message } = await failing('Revoke and Reissue');
		expect(message).toMatch(/^Not known whether .* – look before you send it again: /);
		expect(advice).toContain('has not repeated it');
		expect(advice).toContain('Revoke and Reissue');
		expect(advice).toContain('Issuer → Claim Records');
		expect(advice).toContain('Send Again When Outcome Is Unknown');
	});

	test('says that sending again brought no clear answer, where it was sent again', async () => {
		replies = [status(500)];
		const kept = await failing('Keep Existing');
		expect(kept.message).toMatch(/^Not known whether this was issued: /);
		expect(kept.advice).toContain('no clear answer either');
		expect(kept.advice).toContain('safe to send it again');
		expect(`${kept.message} ${kept.advice}`).not.toMatch(/look/i);
		const sent = await failing('send again');
		expect(sent.advice).toContain('no clear answer either');
		expect(sent.advice).toContain('Issuer → Claim Records');
		expect(`${sent.message} ${sent.advice}`).not.toMatch(/safe to send/);
	});

	test('does not say so where it was not', async () => {
		replies = [text(200, JSON.stringify({ ...ISSUED, much: 'x'.repeat(2 * 1024 * 1024) }))];
		const error = await failing('Keep Existing', { timeoutMs: 10_000 });
		expect([error.code, seen.length]).toEqual(['AIR_ANSWER_TOO_LARGE', 1]);
		expect(error.advice).not.toContain('no clear answer');
		expect(error.advice).toContain('safe to send it again');
	});
});

describe('waits', () => {
	test('are as long as AIR asks for', async () => {
		replies = [status(429, { 'retry-after': '7' }), issued];
		await calling('Revoke and Reissue');
		expect(pause.mock.calls.map(([ms]) => ms)).toEqual([7000]);
	});

	test('longer than the time there is are left to others', async () => {
		replies = [status(429, { 'retry-after': '120' })];
		const error = await failing('status');
		expect([seen.length, error.retryAfterMs]).toEqual([1, 120_000]);
	});

	test('can be switched off', async () => {
		replies = [status(429)];
		await failing('status', { repeat: NO_REPEAT });
		expect(seen).toHaveLength(1);
	});

	test('that are cut short send nothing more', async () => {
		pause.mockResolvedValue(false);
		replies = [status(429)];
		await failing('Keep Existing');
		expect(seen).toHaveLength(1);
	});
});

test('a success that echoes the request does not give the token away', async () => {
	const echo: Reply = (response, request) => {
		json(200, { ...ISSUED, vcStatus: 'ONCHAIN', request: { headers: request.headers } })(
			response,
			request,
		);
	};
	for (const mode of ['Keep Existing', 'status'] as const) {
		replies = [echo];
		const answer = JSON.stringify(await calling(mode));
		expect(answer).toContain('user-agent');
		expect(answer).toContain('[removed]');
		expect(answer).not.toContain('eyJ');
	}
	replies = [
		(response, request) => {
			const [, claims = '', signature = ''] = String(request.headers['x-partner-auth']).split('.');
			json(400, { error: 400, message: `bad: ${signature} of ${claims}` })(response, request);
		},
	];
	const error = await failing('Keep Existing');
	expect(error.airMessage).toBe('bad: [removed] of [removed]');
	const { text: body } = await new AirClient(identity).postNothing(RECIPIENT, options);
	expect(body).toContain('[removed] of [removed]');
});

test('a hash in another spelling is the same one, and is passed on as it was asked for', async () => {
	for (const spelling of [HASH.toUpperCase(), `0x${HASH}`, ` ${HASH} `]) {
		replies = [json(200, { coreClaimHash: spelling, vcStatus: 'ONCHAIN' })];
		expect(await calling('status')).toEqual({ coreClaimHash: HASH, vcStatus: 'ONCHAIN' });
	}
});

test('no question of a setup check is reported as perhaps issued', async () => {
	replies = [reset];
	const error = await airErrorOf(
		async () => await new AirClient(identity).postNothing(RECIPIENT, options),
	);
	expect([error.code, error.kind]).toEqual(['AIR_CONNECTION_LOST', 'not-sent']);
	expect(error.message).not.toContain('issued');
});

test('a token that expired while waiting is signed again', async () => {
	let now = Date.now();
	jest.spyOn(Date, 'now').mockImplementation(() => now);
	pause.mockImplementation(() => {
		now += 250_000;
		return waited();
	});
	replies = [status(429), status(429), issued];
	await calling('Revoke and Reissue');
	const tokens = seen.map(({ headers }) => String(headers['x-partner-auth']));
	const ends = tokens.map((token) => decodeJwt(token).exp ?? 0);
	expect(ends[1]).toBeGreaterThan(ends[0] ?? 0);
	expect(ends[2]).toBeGreaterThan(ends[1] ?? 0);
});

test('a call that was cancelled before it began sends nothing', async () => {
	replies = [issued];
	for (const mode of MODES) {
		const error = await failing(mode, { signal: AbortSignal.abort() });
		expect([error.code, error.kind]).toEqual(['AIR_CANCELLED', 'cancelled']);
	}
	expect(seen).toEqual([]);
});

test('settings out of range are refused before anything is sent', async () => {
	const client = new AirClient({ ...identity, lifetimeSeconds: 5 });
	const error = await airErrorOf(() => client.issueOnBehalf(RECIPIENT, body(), options));
	expect([error.code, error.kind, seen.length]).toEqual(['AIR_SETTING_INVALID', 'input', 0]);
});
