import { generateKeyPairSync } from 'node:crypto';
import { startForeignServer, type ForeignServer } from '../../../host/httpServer';
import { endingOf, lyingFor, wordOf } from './matrix/books';
import { usePartner } from './support';

/**
 * Two credentials of one partner ID and key, on one ledger. One of them asks a host for accounts that lies:
 * nothing that it says is ever used for the other.
 */
const partner = usePartner();

const control = () => partner().rig.emulator.control;
const ADA = 'ada@example.com';

let liar: ForeignServer;
/** What the liar says of everybody. */
let lie: Record<string, unknown>;
const eve = generateKeyPairSync('x25519');
const evesKey = `0x${eve.publicKey.export({ type: 'spki', format: 'der' }).toString('hex')}`;

beforeAll(async () => {
	liar = await startForeignServer((request, response) => {
		request.resume().on('end', () => {
			response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lie));
		});
	});
});
afterAll(async () => {
	await liar.close();
});

/** It remembers nothing about an earlier test. */
const hostile = async () => {
	const issuer = await partner().issuer({ accountUrl: liar.url });
	issuer.client.forgetAccount(ADA);
	return issuer;
};

/** Eve's account, as AIR knows it, with her own keys or with such as she likes. */
async function evesAccount(changes: Record<string, unknown> = {}): Promise<void> {
	const { did, publicKey, signingKey } = await partner().rig.account('eve@example.com');
	lie = { did, publicKey, signingKey, userId: 'eve', status: 'active', ...changes };
}

/** Each body that AIR was sent, by the holder it names. */
const sentTo = () =>
	control()
		.requests()
		.filter(({ operation, externalId }) => operation === 'store' && externalId !== undefined)
		.map(({ body }) => (body as { holderDid: string }).holderDid);

describe('in the cache', () => {
	test.each(['first', 'second'] as const)('the liar asks %s', async (when) => {
		await evesAccount({ publicKey: evesKey });
		const { did } = await partner().rig.account(ADA);
		const [good, bad] = [await partner().issuer(), await hostile()];
		const order = when === 'first' ? [bad, good] : [good, bad];
		for (const issuer of order) await issuer.client.account(ADA);
		// From the cache now.
		const honest = await good.client.account(ADA);
		const lying = await bad.client.account(ADA);
		expect(honest.did).toBe(did);
		expect(lying.did).toBe(lie.did);
		expect(honest.holderKey.hex).not.toBe(lying.holderKey.hex);
		bad.client.forgetAccount(ADA);
		expect((await good.client.account(ADA)).did).toBe(did);
	});
});

describe('through the ledger', () => {
	const lose = () => {
		control().injectFault({ kind: 'reset', operation: 'store', afterWork: true, times: 4 });
	};

	test('what was sealed for another DID is not sent for this one, nor another in its place', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		await evesAccount();
		lose();
		const lost = await endingOf(partner().issue('1', {}, { issuer: await hostile() }));
		expect(wordOf(lost)).toBe('outcome-unknown');
		const before = sentTo().length;
		const honest = await endingOf(partner().issue('1'));
		expect(honest).toMatchObject({ kind: 'outcome-unknown', code: 'AIR_DIRECT_OTHER_ACCOUNT' });
		expect(sentTo()).toHaveLength(before);
		expect(await lyingFor(partner().rig.emulator, ADA)).toEqual([]);
	}, 30_000);

	test('and the other way round', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		await evesAccount();
		lose();
		const lost = await endingOf(partner().issue('1'));
		expect(wordOf(lost)).toBe('outcome-unknown');
		const before = sentTo();
		const lying = await endingOf(partner().issue('1', {}, { issuer: await hostile() }));
		expect(lying).toMatchObject({ kind: 'outcome-unknown', code: 'AIR_DIRECT_OTHER_ACCOUNT' });
		expect(sentTo()).toEqual(before);
		// The honest host finishes what was begun.
		expect(await partner().issue('1')).toMatchObject({ outcome: 'issued' });
		expect(await lyingFor(partner().rig.emulator, 'eve@example.com')).toEqual([]);
	}, 30_000);

	test('her DID with another encryption key: sealed again for her, and the first is revoked', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		const { did, signingKey } = await partner().rig.account(ADA);
		lie = { did, publicKey: evesKey, signingKey, userId: 'ada', status: 'active' };
		lose();
		await endingOf(partner().issue('1', {}, { issuer: await hostile() }));
		const forEve = (await partner().row('1'))?.externalId;
		const issued = await partner().issue('1');
		expect(issued.externalId).not.toBe(forEve);
		const lying = await lyingFor(partner().rig.emulator, ADA);
		expect(lying.map(({ externalId, opened }) => [externalId, opened])).toEqual([
			[forEve, false],
			[issued.externalId, true],
		]);
		// What is known is told to both, and says nothing about anybody's keys.
		const told = await partner().issue('1', {}, { issuer: await hostile() });
		expect(told).toMatchObject({ outcome: 'alreadyIssued', externalId: issued.externalId });
		expect(JSON.stringify(told)).not.toContain(evesKey.slice(2));
	}, 30_000);
});
