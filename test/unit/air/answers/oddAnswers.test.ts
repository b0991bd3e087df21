import { readBody } from '../../../../air/answers/answer';
import { issueAnswerSchema, readAnswer, statusAnswerSchema } from '../../../../air/answers/schemas';
import { secretsOf } from '../../../../errors/secrets';
import { everythingShown, errorOfAnswer } from '../support';

/** Answers whose needed field is there, and whose other fields are not as AIR documents them. */
const HASH = '239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44';
const TOKEN = [
	'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ',
	'eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsInBhcnRuZXJJZCI6InAifQ',
	'c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmUtc2lnbmF0dXJlLXNpZ25hdHVyZQ',
].join('.');
const PEM = `-----BEGIN PRIVATE KEY-----\n${'TUlJ'.repeat(16)}\n-----END PRIVATE KEY-----`;

const issued = (value: unknown) =>
	readAnswer(issueAnswerSchema, readBody(JSON.stringify(value)), secretsOf(TOKEN));
const status = (value: unknown) =>
	readAnswer(statusAnswerSchema, readBody(JSON.stringify(value)), secretsOf(TOKEN));

const odd: readonly unknown[] = [
	5,
	0,
	-1.5,
	true,
	null,
	{},
	{ a: 1 },
	[],
	['x'],
	'',
	'x'.repeat(2 ** 20),
];

describe.each([
	['flat', (value: object): unknown => value],
	['in data', (value: object): unknown => ({ data: value })],
	['in an envelope', (value: object): unknown => ({ code: 80_000_000, msg: 'ok', data: value })],
])('%s', (_name, wrap) => {
	test.each(odd)('an issuance is read whatever its other fields are: %j', (value) => {
		const answer = issued(
			wrap({ coreClaimHash: HASH, credentialId: value, userUuid: value, more: value }),
		);
		expect(answer?.coreClaimHash).toBe(HASH);
		for (const text of [answer?.credentialId, answer?.userUuid]) {
			expect([typeof text, (text ?? '').length <= 500]).toEqual([
				typeof value === 'number' ? 'string' : 'undefined',
				true,
			]);
		}
	});

	test.each(odd)('a status is read whatever its other fields are: %j', (value) => {
		const names = ['vcId', 'issuanceDate', 'expirationDate', 'issuerDid', 'schemeId'];
		const others = Object.fromEntries(names.map((name) => [name, value]));
		const answer = status(wrap({ ...others, vcStatus: 'ONCHAIN' }));
		expect(answer?.vcStatus).toBe('ONCHAIN');
		if (value === null) expect(answer?.vcId).toBeNull();
		else expect(['string', 'undefined']).toContain(typeof answer?.vcId);
		expect((answer?.vcId ?? '').length).toBeLessThanOrEqual(500);
	});
});

test.each<[unknown, string | undefined]>([
	[HASH, HASH],
	[` ${HASH}\n`, HASH],
	[12_345, '12345'],
	[0, '0'],
	// More digits than a number keeps: this would be another hash.
	[2 ** 60, undefined],
	[1.5, undefined],
	[-3, undefined],
	['', undefined],
	[' ', undefined],
	[null, undefined],
	[true, undefined],
	[[HASH], undefined],
	[`${HASH}\u0000`, undefined],
	[`\u202e${HASH}`, undefined],
	['a b', undefined],
	['\ud800', undefined],
	['x'.repeat(501), undefined],
	['x'.repeat(2 ** 20), undefined],
	[TOKEN, undefined],
	[PEM, undefined],
])('the hash %j is read as %j', (value, expected) => {
	expect(issued({ coreClaimHash: value })?.coreClaimHash).toBe(expected);
});

test.each<[unknown, string | undefined]>([
	['ONCHAIN', 'ONCHAIN'],
	[' ONCHAIN\n', 'ONCHAIN'],
	['NEW_WORD', 'NEW_WORD'],
	[3, '3'],
	['', undefined],
	[' ', undefined],
	[null, undefined],
	[{}, undefined],
	[true, undefined],
])('the status %j is read as %j', (value, expected) => {
	expect(status({ vcStatus: value })?.vcStatus).toBe(expected);
});

test.each(['ONCHAIN\u0000', 'ON\u0000CHAIN', 'ONCHAIN\ud800', 'ONCHAIN\u007f', 'ON\u202eCHAIN'])(
	'a broken word is kept as one that nobody knows, and a store can hold it: %j',
	(word) => {
		const { vcStatus = '' } = status({ vcStatus: word }) ?? {};
		expect(vcStatus).toContain('\ufffd');
		expect(vcStatus).not.toMatch(/\p{C}/u);
		expect(vcStatus.isWellFormed()).toBe(true);
	},
);

test('a status of a megabyte is cut', () => {
	const { vcStatus = '' } = status({ vcStatus: '😀'.repeat(2 ** 18) }) ?? {};
	expect(vcStatus.length).toBeLessThanOrEqual(100);
	expect(vcStatus.isWellFormed()).toBe(true);
});

test.each(['\u0000', '\ud800', '\u001b[31m', '\u0085', '\u202e'])(
	'%j is in no field of an answer, and in no name',
	(bad) => {
		const nested = { [`a${bad}`]: [`b${bad}`, { c: `d${bad}` }] };
		for (const answer of [
			issued({ coreClaimHash: HASH, userUuid: `u${bad}`, nested }),
			status({ vcStatus: `s${bad}`, vcId: `v${bad}`, nested }),
		]) {
			expect(answer).toBeDefined();
			const all = JSON.stringify(answer);
			expect(all).not.toContain(bad);
			expect(all).not.toContain(JSON.stringify(bad).slice(1, -1));
			expect(all).toContain('nested');
		}
	},
);

test('text that is meant to have several lines keeps them', () => {
	expect(issued({ coreClaimHash: HASH, note: 'a\n\tb' })).toMatchObject({ note: 'a\n\tb' });
});

describe('what a success echoes', () => {
	const [header = '', claims = '', signature = ''] = TOKEN.split('.');
	const headers = { 'x-partner-auth': TOKEN, authorization: `Bearer ${TOKEN}` };
	test.each<[string, unknown]>([
		['the headers of the request', { request: { headers } }],
		['a list', { lines: [[[`x-partner-auth: ${TOKEN}`]]] }],
		['a name', { [TOKEN]: 1, deep: { [`x ${TOKEN}`]: 1 } }],
		['its three parts', { header, claims, signature }],
		['in lower case', { token: TOKEN.toLowerCase() }],
		['with escaped points', { token: TOKEN.replaceAll('.', '%2E') }],
		['JSON in text', { raw: JSON.stringify({ headers }) }],
		['another token', { token: `eyJ${'a'.repeat(20)}.${'c2ln'.repeat(9)}.${'c2ln'.repeat(9)}` }],
		['a key', { pem: PEM }],
		['a known field', { userUuid: TOKEN, credentialId: TOKEN, vcId: TOKEN, issuerDid: TOKEN }],
		['a long text', { text: `${'x'.repeat(9_980)}${TOKEN}` }],
	])('is freed of the token: %s', (_name, echo) => {
		for (const answer of [
			issued({ coreClaimHash: HASH, ...(echo as object) }),
			issued({ data: { coreClaimHash: HASH, ...(echo as object) } }),
			status({ vcStatus: 'ONCHAIN', ...(echo as object) }),
		]) {
			expect(answer).toBeDefined();
			const shown = JSON.stringify(answer);
			expect(shown).toMatch(/removed|ONCHAIN/);
			for (const piece of [claims.slice(4, 30), signature.slice(4, 30), 'TUlJTUlJ', 'c2lnc2ln']) {
				expect(shown.toLowerCase()).not.toContain(piece.toLowerCase());
			}
		}
	});

	test('so is an error, where the token is escaped or in parts', () => {
		const escaped = TOKEN.replace(
			/./g,
			(one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
		);
		for (const text of [
			`{"detail":"${escaped}"}`,
			JSON.stringify({ detail: { header, claims, signature } }),
			JSON.stringify({ error: 400, message: `${claims} ${signature}` }),
			`words ${signature} and ${claims}`,
			`<title>${signature}</title>`,
			// Cut off in the middle of the claims.
			`{"a":"${TOKEN.slice(0, header.length + 45)}`,
			`{"a":"${signature.slice(0, 40)}`,
		]) {
			const error = errorOfAnswer(
				{ status: 400, headers: {}, text },
				{ operation: 'issue', now: 0, secrets: secretsOf(TOKEN) },
			);
			const shown = everythingShown(error);
			expect(shown).not.toContain(claims.slice(4, 30));
			expect(shown).not.toContain(signature.slice(4, 30));
			expect(shown).not.toContain(escaped.slice(60, 120));
		}
	});
});

test('what is nested too deeply for any program is no reason to lose an issuance', () => {
	const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
	const body = readBody(`{"coreClaimHash":"${HASH}","deep":${deep}}`);
	const answer = readAnswer(issueAnswerSchema, body);
	expect(answer?.coreClaimHash).toBe(HASH);
	expect(() => JSON.stringify(answer)).not.toThrow();
	expect(() =>
		errorOfAnswer({ status: 400, headers: {}, text: deep }, { operation: 'issue', now: 0 }),
	).not.toThrow();
});

test.each(['eyJ', '-eyJ', '.', 'eyJa.', '-----BEGIN ', '-----END ', '\ud800', '\0', 'a'])(
	'a megabyte of %j beside the hash takes no time',
	(piece) => {
		const long = piece.repeat(Math.ceil(2 ** 20 / piece.length));
		const begin = performance.now();
		expect(issued({ coreClaimHash: HASH, [long]: long })?.coreClaimHash).toBe(HASH);
		// In time that grows with the square of the length it would be minutes.
		expect(performance.now() - begin).toBeLessThan(10_000);
	},
);

test('however many fields there are, the needed one is found', () => {
	const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`n${at}`, at]));
	const answer = issued({ ...many, coreClaimHash: HASH });
	expect(answer?.coreClaimHash).toBe(HASH);
	expect(Object.keys(answer ?? {}).length).toBeLessThan(2_000);
});

test('names that JavaScript treats specially do no harm', () => {
	const body = readBody(`{"coreClaimHash":"${HASH}","__proto__":{"polluted":1},"constructor":2}`);
	const answer = readAnswer(issueAnswerSchema, body);
	expect(answer).toMatchObject({ coreClaimHash: HASH });
	expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
