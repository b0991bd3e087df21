import { useDirectRig, type DirectRig } from './directSupport';
import { newSigner } from './support';

const rig = useDirectRig();
const now = Math.floor(Date.now() / 1000);
const PATH = '/statuslist/1';

async function problemsWith(
	idx: number,
	page: (uri: string) => { body: string; type: string },
	reference: Record<string, unknown> = {},
): Promise<string[] | undefined> {
	const uri = `${rig().issuer.origin}${PATH}`;
	rig().issuer.pages.set(PATH, page(uri));
	const { reply } = await rig().issue({
		payload: { status: { status_list: { idx, uri, ...reference } } },
	});
	expect(reply.status).toBe(201);
	return (await rig().emulator.control.wallet()).at(-1)?.problems;
}

test.each([
	[0, 0b0000_0001, ['it is revoked']],
	[1, 0b0000_0001, []],
	[7, 0b1000_0000, ['it is revoked']],
	[8, 0b1111_1111, ['the status list ends before this index']],
])('the lowest bit comes first: index %i of %i', async (idx, byte, problems) => {
	const found = await problemsWith(idx, (uri) => rig().statusList(uri, Buffer.from([byte])));
	expect(found).toEqual(problems);
});

test('what is revoked later shows at the next look', async () => {
	const list = (byte: number) => (uri: string) => rig().statusList(uri, Buffer.from([byte]));
	expect(await problemsWith(3, list(0))).toEqual([]);
	rig().issuer.pages.set(PATH, list(8)(`${rig().issuer.origin}${PATH}`));
	expect((await rig().emulator.control.wallet())[0]).toMatchObject({
		valid: false,
		problems: ['it is revoked'],
	});
});

type Over = Parameters<DirectRig['statusList']>[2];

test.each<[string, Over, string]>([
	[
		'for another address',
		{ payload: { sub: 'https://x.example/1' } },
		'the sub of the status list is another address',
	],
	['that has expired', { payload: { exp: now - 1 } }, 'the status list has expired'],
	[
		'from the future',
		{ payload: { iat: now + 600 } },
		'the iat of the status list is in the future',
	],
	[
		'of another typ',
		{ header: { typ: 'JWT' } },
		'the typ of the status list is not statuslist+jwt',
	],
	[
		'without a list',
		{ payload: { status_list: undefined } },
		'the status list has not the specified form: status_list',
	],
	[
		'by another issuer',
		{ header: { kid: 'did:web:x#key-1' } },
		'did.json has no key with this kid',
	],
	['of a wrong key', { signer: newSigner() }, 'signature verification failed'],
])('a list %s is none', async (_name, over, problem) => {
	const page = (uri: string) => rig().statusList(uri, Buffer.from([0]), over);
	expect(await problemsWith(0, page)).toEqual([problem]);
});

test('a list is served with its own content type', async () => {
	const page = (uri: string) => ({
		...rig().statusList(uri, Buffer.from([0])),
		type: 'application/octet-stream',
	});
	expect(await problemsWith(0, page)).toEqual([
		expect.stringMatching(/content type application\/octet-stream$/),
	]);
});

test.each<Record<string, unknown>>([{ idx: -1 }, { idx: '0' }, { uri: 'http://x.example/1' }])(
	'%j is not a reference',
	async (reference) => {
		const page = (uri: string) => rig().statusList(uri, Buffer.from([0]));
		expect(await problemsWith(0, page, reference)).toEqual([
			'status is not a reference to a status list',
		]);
	},
);
