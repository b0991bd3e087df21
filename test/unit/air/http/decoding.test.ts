import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
	brotliCompressSync,
	constants,
	deflateRawSync,
	deflateSync,
	gzipSync,
	zstdCompressSync,
} from 'node:zlib';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { send } from '../../../../air/http/egress';
import { fetchJwks, readJwks } from '../../../../air/jwks';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { airErrorOf, ecKey, everythingShown, listening, type Listening } from '../support';

/** Servers, CDNs and proxies compress answers and change their character set, asked for or not. */
const HASH = '239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44';
const ISSUED = JSON.stringify({ coreClaimHash: HASH, userUuid: 'Zoë' });

type Reply = (response: ServerResponse, request: IncomingMessage) => void;
let reply: Reply = () => undefined;
let asked: IncomingMessage['headers'] = {};
let server: Listening;
let identity: AirIdentity;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	server = await listening(
		createServer((request, response) => {
			asked = request.headers;
			request.resume().on('end', () => {
				reply(response, request);
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

const answering =
	(
		body: Buffer | string,
		encoding?: string | string[],
		{ status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
	): Reply =>
	(response) => {
		if (encoding !== undefined) response.setHeader('content-encoding', encoding);
		response.writeHead(status, { 'content-type': 'application/json', ...headers });
		response.end(body);
	};

const issuing = async () =>
	await new AirClient(identity).issueOnBehalf('ada@example.com', {
		issuerDid: 'did:air:x',
		credentialId: 'p',
		credentialSubject: {},
		onDuplicate: 'revoke',
	});
const url = () => `http://127.0.0.1:${server.port}/jwks.json`;

test('AIR and the host of a JWKS are asked not to compress', async () => {
	reply = answering(ISSUED);
	await issuing();
	expect(asked['accept-encoding']).toBe('identity');
	reply = answering('{"keys":[]}');
	await fetchJwks(url(), 5000);
	expect(asked['accept-encoding']).toBe('identity');
});

const compress = {
	gzip: gzipSync,
	'x-gzip': gzipSync,
	deflate: deflateSync,
	'deflate, raw': deflateRawSync,
	br: (bytes: Buffer) =>
		brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
	zstd: (bytes: Buffer) => zstdCompressSync(bytes),
	GZIP: gzipSync,
} as const;

describe.each(Object.entries(compress))('%s', (name, pack) => {
	const coding = name.split(',')[0] ?? '';

	test('a success is read', async () => {
		reply = answering(pack(Buffer.from(ISSUED)), coding);
		expect(await issuing()).toEqual(JSON.parse(ISSUED));
	});

	test('a JWKS is read', async () => {
		reply = answering(pack(Buffer.from('{"keys":[{"kty":"RSA"}]}')), coding);
		expect(readJwks(await fetchJwks(url(), 5000))).toEqual([{ kty: 'RSA' }]);
	});

	test('a refusal is shown in AIR’s words', async () => {
		const words = '{"error":403,"message":"issueOnBehalf is not allowed"}';
		reply = answering(pack(Buffer.from(words)), coding, { status: 403 });
		const error = await airErrorOf(issuing);
		expect([error.code, error.airMessage]).toEqual([
			'AIR_FORBIDDEN_FEATURE',
			'issueOnBehalf is not allowed',
		]);
	});

	test('a success that is cut is an unknown outcome', async () => {
		const whole = pack(Buffer.from(ISSUED));
		for (const length of [1, 5, Math.ceil(whole.length / 2), whole.length - 1]) {
			reply = answering(whole.subarray(0, length), coding);
			const error = await airErrorOf(issuing);
			expect([length, error.code, error.kind]).toEqual([
				length,
				'AIR_ANSWER_ENCODING',
				'outcome-unknown',
			]);
			expect(error.message).toMatch(/cut/);
		}
	});

	test('what is far larger once it is unpacked is not unpacked', async () => {
		reply = answering(pack(Buffer.alloc(100_000_000, ' ')), coding);
		const before = process.memoryUsage().rss;
		const error = await airErrorOf(issuing);
		expect([error.code, error.kind]).toEqual(['AIR_ANSWER_TOO_LARGE', 'outcome-unknown']);
		expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
		const status = 400;
		reply = answering(pack(Buffer.alloc(20_000_000, ' ')), coding, { status });
		expect((await airErrorOf(issuing)).code).toBe('AIR_BAD_REQUEST');
		reply = answering(pack(Buffer.alloc(20_000_000, ' ')), coding);
		expect((await airErrorOf(async () => await fetchJwks(url(), 5000))).code).toBe(
			'AIR_ANSWER_TOO_LARGE',
		);
	});
});

const hidden: [string, Buffer | string, string | string[], Record<string, string>?][] = [
	['two codings in a row', brotliCompressSync(gzipSync(ISSUED)), 'gzip, br'],
	['two headers', brotliCompressSync(gzipSync(ISSUED)), ['gzip', 'br']],
	['identity', ISSUED, 'identity'],
	['identity and gzip', gzipSync(ISSUED), 'identity, gzip, identity'],
	['an empty header', ISSUED, ''],
	['commas only', ISSUED, ' , ,'],
	['a header that a proxy forgot to remove', ISSUED, 'gzip'],
	['an unknown coding that was not applied', ISSUED, 'aws-chunked'],
	['gzip twice', gzipSync(gzipSync(ISSUED)), 'gzip, gzip'],
	['two members', Buffer.concat([gzipSync(ISSUED.slice(0, 9)), gzipSync(ISSUED.slice(9))]), 'gzip'],
	['gzip that no header tells about', gzipSync(ISSUED), 'identity'],
	['gzip as a transfer coding', gzipSync(ISSUED), '', { 'transfer-encoding': 'gzip, chunked' }],
	['a byte order mark', `\ufeff${ISSUED}`, ''],
	['UTF-16 with a mark', Buffer.from(`\ufeff${ISSUED}`, 'utf16le'), ''],
	[
		'UTF-16 by its header',
		Buffer.from(ISSUED, 'utf16le'),
		'',
		{ 'content-type': 'application/json; charset=UTF-16LE' },
	],
	[
		'Latin-1 by its header',
		Buffer.from(ISSUED, 'latin1'),
		'',
		{ 'content-type': 'application/json; charset="ISO-8859-1"' },
	],
	[
		'UTF-8 that is called Latin-1',
		ISSUED,
		'',
		{ 'content-type': 'application/json; charset=iso-8859-1' },
	],
	['an unknown charset', ISSUED, '', { 'content-type': 'application/json; charset=x-mine' }],
];
for (const [name, body, encoding, headers = {}] of hidden) {
	test(`${name}: the hash is not lost`, async () => {
		reply = answering(body, encoding, { headers });
		expect(await issuing()).toEqual(JSON.parse(ISSUED));
	});
}

test.each([
	['sdch', 'coding'],
	['gzip, sdch', 'coding'],
	['gzip, gzip, gzip, gzip, gzip, gzip', 'coding'],
	[`eyJ${'a'.repeat(30)}.${'b'.repeat(30)}.${'c'.repeat(30)}`, 'removed'],
	[`<b>${'x'.repeat(500)}</b>`, 'coding'],
])('the coding %s is named, and the outcome is unknown', async (encoding, word) => {
	reply = answering(Buffer.from([1, 2, 3, 250]), encoding);
	const error = await airErrorOf(issuing);
	expect([error.code, error.kind, error.retryable]).toEqual([
		'AIR_ANSWER_ENCODING',
		'outcome-unknown',
		true,
	]);
	expect(error.message).toContain(word);
	expect(error.message.length).toBeLessThan(300);
	expect(everythingShown(error)).not.toContain('eyJ');
});

test('a refusal in an unknown coding is one anyway, and says why it has no words', async () => {
	reply = answering(Buffer.from([1, 2, 3, 250]), 'sdch', { status: 400 });
	const error = await airErrorOf(issuing);
	expect([error.code, error.kind]).toEqual(['AIR_BAD_REQUEST', 'refused']);
	expect(error.airMessage).toBeUndefined();
	expect(error.description).toContain('sdch');
});

test('a JWKS in an unknown coding is reported as such', async () => {
	reply = answering(Buffer.from([1, 2, 3, 250]), 'sdch');
	const error = await airErrorOf(async () => await fetchJwks(url(), 5000));
	expect(error.code).toBe('AIR_JWKS_UNREADABLE');
	expect(error.message).toContain('sdch');
});

test('an answer without a body has nothing to unpack', async () => {
	for (const status of [204, 200]) {
		reply = answering('', 'gzip', { status });
		expect((await airErrorOf(issuing)).code).toBe('AIR_ANSWER_UNREADABLE');
	}
	const request = { method: 'GET', url: url(), headers: {}, timeoutMs: 5000 } as const;
	expect(await send(request)).toMatchObject({ status: 200, text: '' });
});

test('a JWKS host that does not answer leaves nothing unknown', async () => {
	reply = (_response, request) => request.socket.destroy();
	const error = await airErrorOf(async () => await fetchJwks(url(), 5000));
	expect([error.code, error.kind]).toEqual(['AIR_CONNECTION_LOST', 'not-sent']);
	expect(error.message).not.toContain('issued');
});
