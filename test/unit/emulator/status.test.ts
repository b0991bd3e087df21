import { DID, useRig } from './support';

let now = Date.UTC(2026, 0, 19, 7, 18, 45, 678);
const rig = useRig({ confirmAfterMs: 1000, now: () => now });
const at = (seconds: number): { claims: Record<string, unknown> } => ({
	claims: { iat: seconds, exp: seconds + 300 },
});
const call = (): { claims: Record<string, unknown> } => at(Math.floor(now / 1000));

test('answers as documented', async () => {
	const coreClaimHash = await rig().issued(call());
	const reply = await rig().status(coreClaimHash, call());
	expect(reply.status).toBe(200);
	expect(reply.body).toEqual({
		coreClaimHash,
		issuanceDate: '2026-01-19 07:18:45',
		expirationDate: '2027-01-19 07:18:45',
		issuerDid: DID,
		issuerId: expect.any(String) as unknown,
		schemeId: 'SCHEMA1',
		vcId: expect.stringMatching(/^c[0-9a-z]{21}$/) as unknown,
		vcDstorageId: expect.any(String) as unknown,
		vcStatus: 'WAIT_ONCHAIN',
	});
});

test('goes from WAIT_ONCHAIN to ONCHAIN to EXPIRE, and never back', async () => {
	const { control } = rig().emulator;
	const hash = await rig().issued(call());
	const vcStatus = async (): Promise<unknown> => (await rig().status(hash, call())).body?.vcStatus;
	control.setTime({ advanceMs: 999 });
	expect(await vcStatus()).toBe('WAIT_ONCHAIN');
	control.setTime({ advanceMs: 1 });
	expect(await vcStatus()).toBe('ONCHAIN');
	control.setSettings({ confirmAfterMs: null });
	expect(await vcStatus()).toBe('ONCHAIN');
	control.setTime({ advanceMs: 365 * 86_400_000 });
	expect(await vcStatus()).toBe('EXPIRE');
});

test('follows the injected clock', async () => {
	const hash = await rig().issued(call());
	now += 2000;
	expect((await rig().status(hash, call())).body).toMatchObject({ vcStatus: 'ONCHAIN' });
});

test('waits forever if so set', async () => {
	const { control } = rig().emulator;
	control.setSettings({ confirmAfterMs: null });
	const hash = await rig().issued(call());
	control.setTime({ advanceMs: 86_400_000 });
	expect((await rig().status(hash, call())).body).toMatchObject({ vcStatus: 'WAIT_ONCHAIN' });
});

test('is 404 until the hash is visible', async () => {
	const { control } = rig().emulator;
	control.setSettings({ visibleAfterMs: 500 });
	const hash = await rig().issued(call());
	expect((await rig().status(hash, call())).body).toEqual({
		error: 404,
		message: 'No credential found for the given hash.',
	});
	control.setTime({ advanceMs: 500 });
	expect((await rig().status(hash, call())).status).toBe(200);
});

test.each(['REMOVE', 'NO_EXIST', 'FROZEN'])('can be set to %s, and back', async (word) => {
	const { control } = rig().emulator;
	const coreClaimHash = await rig().issued(call());
	control.setStatus({ coreClaimHash, vcStatus: word });
	expect((await rig().status(coreClaimHash, call())).body).toMatchObject({ vcStatus: word });
	control.setStatus({ coreClaimHash, vcStatus: null });
	expect((await rig().status(coreClaimHash, call())).body).toMatchObject({
		vcStatus: 'WAIT_ONCHAIN',
	});
});

test('refuses unknown hashes, those of other partners, and none', async () => {
	const { emulator, jwks } = rig();
	const hash = await rig().issued(call());
	emulator.control.registerPartner({ partnerId: 'partner-two', jwksUrl: jwks.url });
	const claims = { ...call().claims, partnerId: 'partner-two' };
	const message = 'No credential found for the given hash.';
	expect((await rig().status(hash, { claims })).body).toEqual({ error: 404, message });
	expect((await rig().status('0'.repeat(64), call())).body).toEqual({ error: 404, message });
	expect((await rig().status('', call())).body).toEqual({
		error: 400,
		message: 'Missing required field: coreClaimHash',
	});
	expect(emulator.control.requests().at(-3)?.reason).toBe('hash of another partner');
});

test('accepts any e-mail address in the token', async () => {
	const hash = await rig().issued(call());
	const claims = { ...call().claims, email: 'grace@example.com' };
	expect((await rig().status(hash, { claims })).status).toBe(200);
});
