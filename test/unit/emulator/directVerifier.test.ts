import { existsSync } from 'node:fs';
import { sdJwtVcVerifier, type SdJwtVcModule } from '../../../emulator';
import { startDirectRig, type DirectRig, type Draft } from './directSupport';
import { newSigner } from './support';

const LIBRARY = '@sd-jwt/sd-jwt-vc';

let rig: DirectRig;
afterEach(async () => {
	await rig.close();
});

describe('a second verifier', () => {
	test('is loaded once, for the first credential, and what it reports is a problem', async () => {
		let loads = 0;
		const seen: string[] = [];
		const load = async (): Promise<SdJwtVcModule> => {
			loads += 1;
			return await Promise.resolve({
				SDJwtVcInstance: class {
					constructor(
						private readonly config: ConstructorParameters<SdJwtVcModule['SDJwtVcInstance']>[0],
					) {}
					async verify(compact: string): Promise<void> {
						const [head = '', payload = '', signature = ''] = (compact.split('~')[0] ?? '').split(
							'.',
						);
						seen.push(String(this.config.verifier(`${head}.${payload}`, signature)));
						seen.push(String(this.config.verifier(`${head}.x`, signature)));
						seen.push(Buffer.from(this.config.hasher('abc')).toString('hex').slice(0, 8));
						if (seen.length > 3) await Promise.reject(new Error('status is not valid'));
					}
				},
			});
		};
		rig = await startDirectRig({ verifier: sdJwtVcVerifier(load) });
		expect(loads).toBe(0);
		await rig.issue();
		await rig.issue();
		const entries = await rig.emulator.control.wallet();
		expect(entries.map(({ problems }) => problems)).toEqual([
			[],
			['second verifier: status is not valid'],
		]);
		expect(seen).toEqual(['true', 'false', 'ba7816bf', 'true', 'false', 'ba7816bf']);
		expect(loads).toBe(1);
	});

	test('is not asked about what does not verify already', async () => {
		const load = jest.fn<Promise<SdJwtVcModule>, []>();
		rig = await startDirectRig({ verifier: sdJwtVcVerifier(load) });
		await rig.issue({ signer: newSigner() });
		expect((await rig.emulator.control.wallet())[0]?.valid).toBe(false);
		expect(load).not.toHaveBeenCalled();
	});
});

function isInstalled(): boolean {
	try {
		return existsSync(require.resolve(LIBRARY));
	} catch {
		return false;
	}
}

const isLibrary = (value: unknown): value is SdJwtVcModule =>
	typeof value === 'object' && value !== null && 'SDJwtVcInstance' in value;

async function loadLibrary(): Promise<SdJwtVcModule> {
	const loaded: unknown = await import(LIBRARY);
	if (!isLibrary(loaded)) throw new Error(`${LIBRARY} has no SDJwtVcInstance`);
	return loaded;
}

/** A tool for development: without it these are skipped, and the emulator does everything but this. */
(isInstalled() ? describe : describe.skip)(LIBRARY, () => {
	test.each<['ES256' | 'RS256', Partial<Draft>]>([
		['ES256', {}],
		['RS256', {}],
		['ES256', { claims: {}, open: { level: 2 } }],
		['ES256', { claims: { address: { city: 'Rome' }, tags: ['a', 'b'] } }],
	])('accepts what the emulator accepts: %s, %j', async (alg, draft) => {
		rig = await startDirectRig({ verifier: sdJwtVcVerifier(loadLibrary) });
		const signer = newSigner(alg);
		rig.publish(signer);
		const account = await rig.initialize({ signer });
		const { body } = rig.draft({
			account: JSON.parse(account.text) as Draft['account'],
			signer,
			...draft,
		});
		expect((await rig.store(body, { signer })).status).toBe(201);
		expect((await rig.emulator.control.wallet())[0]).toMatchObject({ valid: true, problems: [] });
	});

	test('reads the status list with the certificates of the emulator', async () => {
		rig = await startDirectRig({ verifier: sdJwtVcVerifier(loadLibrary) });
		const uri = `${rig.issuer.origin}/statuslist/1`;
		rig.issuer.pages.set('/statuslist/1', rig.statusList(uri, Buffer.from([0])));
		await rig.issue({ payload: { status: { status_list: { idx: 1, uri } } } });
		expect((await rig.emulator.control.wallet())[0]?.problems).toEqual([]);
	});
});
