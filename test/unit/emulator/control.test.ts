import { startEmulator } from '../../../emulator';
import { ADA, DID, PARTNER, PROGRAM, partner, useRig } from './support';

const lines: string[] = [];
const rig = useRig({ log: (line) => lines.push(line) });

async function call(
	method: 'GET' | 'POST' | 'DELETE',
	path: string,
	body?: unknown,
): Promise<{ status: number; body: unknown }> {
	const response = await fetch(rig().emulator.controlUrl + path, {
		method,
		headers: { 'content-type': 'application/json' },
		body: body === undefined ? null : JSON.stringify(body),
	});
	return { status: response.status, body: await response.json() };
}

const ok = { status: 200, body: { ok: true } };

describe('the control endpoint', () => {
	test('registers a partner and a program that then work', async () => {
		const partnerId = 'partner-two';
		const { jwksUrl } = partner(rig().jwks.url);
		expect(await call('POST', '/partners', { partnerId, jwksUrl })).toMatchObject({
			status: 200,
			body: { partnerId, issueOnBehalf: true, scopes: ['issue on-behalf', 'issue'], programs: [] },
		});
		const programId = 'c0new000000000000000000';
		const program = {
			programId,
			issuerDid: 'did:air:id:test:new',
			schemaId: 'S',
			subject: { tier: { type: 'string', required: true } },
		};
		expect((await call('POST', '/programs', { partnerId, ...program })).status).toBe(200);
		const reply = await rig().issue({
			claims: { partnerId },
			body: {
				issuerDid: program.issuerDid,
				credentialId: programId,
				credentialSubject: { tier: 'Gold' },
			},
		});
		expect(reply.status).toBe(200);
	});

	test('declines consent, switches the feature, and resets both', async () => {
		expect(await call('POST', '/consent', { partnerId: PARTNER, email: ADA })).toEqual(ok);
		expect((await rig().issue()).status).toBe(409);
		expect(await call('POST', '/feature', { partnerId: PARTNER, enabled: false })).toEqual(ok);
		expect((await rig().issue()).status).toBe(403);
		expect(await call('POST', '/reset')).toEqual(ok);
		expect((await rig().issue()).status).toBe(200);
	});

	test('sets statuses, settings and the time', async () => {
		const coreClaimHash = await rig().issued();
		const vcStatus = async (): Promise<unknown> =>
			(await rig().status(coreClaimHash)).body?.vcStatus;
		expect(await vcStatus()).toBe('WAIT_ONCHAIN');
		expect(await call('POST', '/status', { coreClaimHash, vcStatus: 'FROZEN' })).toMatchObject({
			body: { coreClaimHash, vcStatus: 'FROZEN' },
		});
		expect(await vcStatus()).toBe('FROZEN');
		await call('POST', '/status', { coreClaimHash, vcStatus: null });
		expect(await call('POST', '/settings', { confirmAfterMs: 60_000 })).toMatchObject({
			body: { confirmAfterMs: 60_000, latencyMs: 0 },
		});
		expect(await vcStatus()).toBe('WAIT_ONCHAIN');
		const before = Date.now();
		const { body } = await call('POST', '/time', { advanceMs: 60_000 });
		expect((body as { now: number }).now).toBeGreaterThanOrEqual(before + 60_000);
		expect(await vcStatus()).toBe('ONCHAIN');
	});

	test('injects, lists and clears faults, and limits the rate', async () => {
		expect(await call('POST', '/faults', { kind: 'answer', status: 503, times: 2 })).toEqual(ok);
		expect((await rig().issue()).status).toBe(503);
		expect(await call('GET', '')).toMatchObject({
			body: { faults: [{ kind: 'answer', hits: 1, left: 1 }] },
		});
		expect(await call('DELETE', '/faults')).toEqual(ok);
		expect(await call('POST', '/rate-limit', { perSecond: 0.01 })).toEqual(ok);
		expect((await rig().issue()).status).toBe(200);
		expect((await rig().issue()).status).toBe(429);
	});

	test('shows what was seen, without having been seen itself', async () => {
		await rig().issued();
		await rig().issued();
		expect(await call('GET', '/counts')).toMatchObject({ body: { requests: 2, issuances: 2 } });
		expect(await call('GET', '/requests')).toMatchObject({
			body: [{ outcome: 'issued' }, { outcome: 'reissued' }],
		});
		expect(await call('GET', '/requests?last=1')).toMatchObject({
			body: [{ outcome: 'reissued' }],
		});
		expect((await call('GET', '/issuances')).body).toMatchObject([
			{ recipient: ADA, programId: PROGRAM, vcStatus: 'REMOVE' },
			{ recipient: ADA, issuerDid: DID, vcStatus: 'WAIT_ONCHAIN' },
		]);
		expect(await call('DELETE', '/requests')).toEqual(ok);
		expect((await call('GET', '/requests')).body).toEqual([]);
		expect((await call('GET', '/issuances')).body).toHaveLength(2);
		expect((await call('GET', '')).body).toMatchObject({
			partners: [{ partnerId: PARTNER }],
			users: [{ email: ADA }],
		});
	});

	test.each<[string, string, unknown, number, string]>([
		['an unknown setting', '/settings', { confirmAfter: 1 }, 400, 'confirmAfter'],
		['an unknown fault', '/faults', { kind: 'explode' }, 400, 'kind'],
		['a mistyped value', '/settings', { latencyMs: '5' }, 400, 'latencyMs'],
		['an unknown partner', '/feature', { partnerId: 'no', enabled: true }, 404, 'no partner no'],
		['an unknown hash', '/status', { coreClaimHash: 'no', vcStatus: 'X' }, 404, 'no issuance no'],
		['an unknown route', '/nothing', {}, 404, 'POST /partners'],
	])('refuses %s', async (_name, path, body, status, message) => {
		const reply = await call('POST', path, body);
		expect(reply.status).toBe(status);
		expect((reply.body as { message: string }).message).toContain(message);
	});

	test('refuses what a web page could send unasked', async () => {
		const url = `${rig().emulator.controlUrl}/reset`;
		const reply = await fetch(url, { method: 'POST', body: '{}' });
		expect(reply.status).toBe(415);
		const headers = { 'content-type': 'application/json' };
		expect((await fetch(url, { method: 'POST', headers, body: '{' })).status).toBe(400);
	});
});

test('one line is logged for each request', async () => {
	await new Promise((resolve) => setTimeout(resolve, 50));
	lines.length = 0;
	await rig().issue();
	await rig().issue({ claims: { scope: 'verify' } });
	await call('GET', '/counts');
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(lines).toEqual([
		expect.stringMatching(/^issue ada@example\.com 200 issued [0-9a-f]{12} \d+ ms$/),
		expect.stringMatching(/^issue ada@example\.com 401 refused \(scope "verify" is not accepted\)/),
	]);
});

test('the record keeps the newest requests only, but counts all', async () => {
	const emulator = await startEmulator({ recordLimit: 5 });
	for (let i = 0; i < 12; i += 1) await (await fetch(emulator.baseUrl)).text();
	expect(emulator.control.counts().requests).toBe(12);
	expect(emulator.control.requests().length).toBeLessThanOrEqual(10);
	expect(emulator.control.requests().length).toBeGreaterThanOrEqual(5);
	await emulator.close();
});
