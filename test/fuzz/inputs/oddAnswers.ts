import { createServer, type AddressInfo } from 'node:net';
import {
	brotliCompressSync,
	constants,
	deflateRawSync,
	deflateSync,
	gzipSync,
	zstdCompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import { AirClient } from '../../../air/AirClient';
import { AirError } from '../../../errors/AirError';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { forgetLimits } from '../../../air/pacing/HostLimiter';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { NO_REPEAT } from '../../../air/pacing/repeat';
import { makeKey } from '../../support/keys';
import { badInput } from '../BadInput';
import { must, shownBy } from '../expecting';
import { NASTY } from '../pieces';

/** Stands for the token of the request, which a body or a header echoes. */
const TOKEN = '\u0001token';
const PARTS = '\u0001parts';

/** The answers after which certainly nothing was issued; listed by hand, not taken from the table. */
const REFUSED = new Set([
	301, 307, 308, 400, 401, 403, 404, 405, 407, 409, 410, 411, 413, 414, 415, 421, 422, 425, 426,
	428, 431, 451,
]);

const packs: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
	gzip: (bytes) => gzipSync(bytes),
	'x-gzip': (bytes) => gzipSync(bytes),
	deflate: (bytes) => deflateSync(bytes),
	raw: (bytes) => deflateRawSync(bytes),
	br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
	zstd: (bytes) => zstdCompressSync(bytes),
};

interface OddAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** The encodings that were really applied to the body, in this order. */
	readonly codings: readonly string[];
	/** The header's claim about them; absent: the truth. */
	readonly label: string | undefined;
	/** The share of the bytes that is sent, as a whole answer. */
	readonly sent: number;
}

const text = fc.oneof(
	fc.constantFrom(TOKEN, PARTS, `x ${TOKEN} y`, 'ONCHAIN', 'x'.repeat(20_000), ...NASTY),
	fc.string({ unit: 'binary', maxLength: 20 }),
);
const value = fc.oneof(
	text,
	fc.jsonValue({ maxDepth: 2 }),
	fc.constantFrom(0, -1, 1.5, 2 ** 60, null, true),
	fc.dictionary(text, text, { maxKeys: 3 }),
);
const hash = fc.oneof(fc.constant('ab'.repeat(32)), value);
const flat = fc.record(
	{
		coreClaimHash: hash,
		vcStatus: fc.oneof(fc.constantFrom('ONCHAIN', 'WAIT_ONCHAIN'), value),
		credentialId: value,
		userUuid: value,
		vcId: value,
		issuanceDate: value,
		error: value,
		message: value,
		code: value,
		request: value,
		[TOKEN]: value,
		['__proto__']: value,
	},
	{ requiredKeys: [] },
);
const body = fc.oneof(
	{ weight: 6, arbitrary: flat.map((one) => JSON.stringify(one)) },
	{ weight: 2, arbitrary: flat.map((data) => JSON.stringify({ data })) },
	{ weight: 1, arbitrary: text },
	{ weight: 1, arbitrary: text.map((title) => `<html><title>${title}</title>`) },
);
const inputs: fc.Arbitrary<OddAnswer> = fc.record({
	status: fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom(200, 201, 202) },
		{ weight: 2, arbitrary: fc.integer({ min: 200, max: 599 }) },
		{ weight: 1, arbitrary: fc.constantFrom(302, 408, 409, 425, 499, 503, 520, 600, 999) },
	),
	headers: fc.record(
		{
			'Retry-After': fc.constantFrom('0', '1', 'soon', '-1', '99999999999'),
			'Content-Type': fc.constantFrom(
				'application/json',
				'application/json; charset=utf-16le',
				'text/html; charset="x"',
				'application/json;charset=iso-8859-1',
			),
			'X-Echo': fc.constant(TOKEN),
		},
		{ requiredKeys: [] },
	),
	body,
	codings: fc.array(fc.constantFrom(...Object.keys(packs)), { maxLength: 2 }),
	label: fc.option(
		fc.constantFrom('', 'identity', 'gzip', 'br', 'zstd', 'sdch', ' , ', 'gzip, br', TOKEN),
		{ nil: undefined, freq: 4 },
	),
	sent: fc.oneof(
		{ weight: 4, arbitrary: fc.constant(1) },
		{ weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
	),
});

let current: OddAnswer | undefined;
let token = '';
let client: AirClient;
let before: string | undefined;

const filled = (template: string) =>
	template
		.replaceAll(TOKEN, token)
		.replaceAll('\\u0001token', token)
		.replaceAll(/(\\u0001|\u0001)parts/g, token.split('.').join(' / '));

function bytesOf({ status, headers, body: template, codings, label, sent }: OddAnswer): Buffer {
	const whole = codings.reduce<Buffer>(
		(done, coding) => packs[coding]?.(done) ?? done,
		Buffer.from(filled(template)),
	);
	const part = whole.subarray(0, Math.ceil(whole.length * sent));
	const lines = Object.entries({
		...headers,
		'Content-Encoding': label ?? codings.join(', ').replaceAll('raw', 'deflate'),
		'Content-Length': String(part.length),
	}).map(([name, line]) => `${name}: ${filled(line)}\r\n`);
	return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`), part]);
}

async function setUp() {
	before = process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const server = createServer((socket) => {
		let received = '';
		socket.on('error', () => undefined);
		socket.on('data', (data) => {
			received += data.toString('latin1');
			if (!/\r\n\r\n(\{.*"onDuplicate":"\w+"\})?$/s.test(received) || current === undefined) return;
			if (received.startsWith('POST') && !received.endsWith('}')) return;
			token = /x-partner-auth: (\S+)/i.exec(received)?.[1] ?? '';
			received = '';
			socket.end(bytesOf(current));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	client = new AirClient({
		baseUrl: `http://127.0.0.1:${port}/v1`,
		partnerId: 'p',
		kid: 'k',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	});
	return async () => {
		await closeDispatchers();
		await new Promise((resolve) => server.close(resolve));
		if (before === undefined) delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
		else process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = before;
	};
}

/** Parts of the claims and the signature; the header of a token contains no secret. */
function mustBeFree(shown: string): void {
	must(token !== '', 'a token was sent');
	for (const part of token.split('.').slice(1)) {
		must(!shown.includes(part.slice(8, 40)), 'no token is shown');
	}
}

/** Every text and name in the result. */
function textsOf(given: unknown): string[] {
	if (typeof given === 'string') return [given];
	if (typeof given !== 'object' || given === null) return [];
	return Object.entries(given).flatMap(([name, member]) => [name, ...textsOf(member)]);
}

function mustBeStorable(given: object): void {
	const bad = textsOf(given).find((one) => !one.isWellFormed() || /[^\P{Cc}\n\r\t]/u.test(one));
	must(bad === undefined, `a store can hold it: ${JSON.stringify(bad)}`);
}

const request = (onDuplicate: 'ignore' | 'revoke') => ({
	issuerDid: 'did:air:x',
	credentialId: 'p',
	credentialSubject: { a: 1 },
	onDuplicate,
});
const options = { repeat: NO_REPEAT, timeoutMs: 30_000 };

function checkError(answer: OddAnswer, error: unknown): void {
	if (!(error instanceof AirError)) throw error;
	mustBeFree(shownBy(error));
	must(shownBy(error).length < 10_000, 'it stays readable');
	const { status } = answer;
	if (error.kind === 'refused') must(REFUSED.has(status), `${status} may have issued`);
	else if (error.kind === 'not-sent') {
		must(status === 429 || (status === 503 && error.code === 'AIR_UNAVAILABLE'), error.code);
	} else must(error.kind === 'outcome-unknown', error.kind);
	if (status >= 500 && status !== 503) must(error.kind === 'outcome-unknown', error.code);
	if (error.kind === 'outcome-unknown') {
		must(error.message.startsWith('Not known whether this was issued'), 'it says so first');
	}
}

export const oddAnswers = badInput<OddAnswer>({
	name: 'Odd answers over HTTP',
	share: 200,
	inputs,
	corpus: [408, 200, 204, 302, 403].flatMap((status) =>
		['{"coreClaimHash":"ab"}', `{"coreClaimHash":"${TOKEN}","x":"${PARTS}"}`, ''].map((one) => ({
			status,
			headers: {},
			body: one,
			codings: ['gzip'],
			label: undefined,
			sent: 1,
		})),
	),
	setUp,
	check: async (answer) => {
		forgetLimits();
		current = answer;
		let verdict: 'taken' | 'refused' = 'taken';
		try {
			const issued = await client.issueOnBehalf(
				'ada@example.com',
				request(answer.status % 2 === 0 ? 'revoke' : 'ignore'),
				options,
			);
			must(answer.status >= 200 && answer.status < 300, 'an issuance has a status of success');
			must(/^[\x21-\x7E]{1,500}$/.test(issued.coreClaimHash), 'it has a hash');
			must(answer.body.includes('coreClaimHash'), 'the hash is AIR’s');
			mustBeFree(JSON.stringify(issued));
			mustBeStorable(issued);
		} catch (error) {
			checkError(answer, error);
			verdict = 'refused';
		}
		try {
			const status = await client.getStatus('ada@example.com', 'ab'.repeat(32), options);
			must(status.vcStatus !== '', 'a status has a word');
			must(status.vcStatus !== 'ONCHAIN' || answer.body.includes('ONCHAIN'), 'AIR said so');
			mustBeFree(JSON.stringify(status));
			mustBeStorable(status);
		} catch (error) {
			if (!(error instanceof AirError)) throw error;
			must(error.kind === 'refused' || error.kind === 'not-sent', 'asking leaves nothing unknown');
			mustBeFree(shownBy(error));
		}
		return verdict;
	},
});
