import { newSigner, useRig, type Signer } from './support';

const rig = useRig();
const next = newSigner();

const control = () => rig().emulator.control;
const entry = (signer: Signer, kid: string) => ({
	...signer.publicJwk,
	kid,
	use: 'sig',
	alg: 'ES256',
});
const withOld = async () => (await rig().issue()).status;
const withNew = async () => (await rig().issue({ signer: next, header: { kid: 'key-2' } })).status;

/** Every way of caching that a rotation has to survive (docs/internals/emulator.md#the-jwks). */
const ways = [0, 60, 3600].flatMap((jwksCacheSeconds) =>
	[true, false].map((refetchOnUnknownKid) => ({ jwksCacheSeconds, refetchOnUnknownKid })),
);

describe.each(ways)(
	'a cache of $jwksCacheSeconds s, refetching an unknown kid: $refetchOnUnknownKid',
	(settings) => {
		const { jwksCacheSeconds, refetchOnUnknownKid } = settings;
		const cached = jwksCacheSeconds > 0;

		beforeEach(async () => {
			control().setSettings(settings);
			expect(await withOld()).toBe(200);
		});

		/** A share of the cache's time. What is left of it is slack for a busy machine. */
		const wait = (share: number) => {
			control().setTime({ advanceMs: jwksCacheSeconds * 1000 * share });
		};

		test('a new key beside the old one is known as the table in the docs says', async () => {
			rig().jwks.publish(entry(rig().signer, 'key-1'), entry(next, 'key-2'));
			wait(0.5);
			expect(await withNew()).toBe(!cached || refetchOnUnknownKid ? 200 : 401);
			expect(await withOld()).toBe(200);
			wait(0.5);
			expect(await withNew()).toBe(200);
			expect(await withOld()).toBe(200);
		});

		test('a removed key is accepted until the cache has run out', async () => {
			rig().jwks.publish(entry(next, 'key-2'));
			wait(0.5);
			expect(await withOld()).toBe(cached ? 200 : 401);
			wait(0.5);
			expect(await withOld()).toBe(401);
			expect(await withNew()).toBe(200);
		});

		test('another key under the same kid is known when the cache has run out', async () => {
			rig().jwks.publish(entry(next, 'key-1'));
			wait(0.5);
			expect((await rig().issue({ signer: next })).status).toBe(cached ? 401 : 200);
			wait(0.5);
			expect((await rig().issue({ signer: next })).status).toBe(200);
		});

		test('a JWKS that is down is no matter while it is cached', async () => {
			rig().jwks.status = 503;
			wait(0.5);
			expect(await withOld()).toBe(cached ? 200 : 401);
			wait(0.5);
			expect((await rig().issue()).body).toMatchObject({ message: 'JWKS endpoint unreachable' });
		});
	},
);

test('what it holds can be seen and dropped, over the control endpoint too', async () => {
	control().setSettings({ jwksCacheSeconds: 3600, refetchOnUnknownKid: false });
	expect(control().jwks()).toEqual([]);
	await withOld();
	const { url } = rig().jwks;
	const [held] = control().jwks();
	expect(held).toMatchObject({ url, kids: ['key-1'] });
	expect((held?.freshUntil ?? 0) - (held?.fetchedAt ?? 0)).toBe(3_600_000);

	const { controlUrl } = rig().emulator;
	expect(await (await fetch(`${controlUrl}/jwks`)).json()).toEqual(control().jwks());
	rig().jwks.publish(entry(next, 'key-2'));
	expect(await withNew()).toBe(401);
	await fetch(`${controlUrl}/jwks`, { method: 'DELETE' });
	expect(control().jwks()).toEqual([]);
	expect(await withNew()).toBe(200);
});
