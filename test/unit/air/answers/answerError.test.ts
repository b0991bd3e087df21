import { readBody } from '../../../../air/answers/answer';
import { answerRules, type AnswerContext } from '../../../../air/answers/answerError';
import type { AirErrorCode, AirErrorKind } from '../../../../errors/errorCatalogue';
import { answerErrors } from '../../../../errors/rows/answers';
import { everythingShown, errorOfAnswer } from '../support';

const NOW = Date.parse('2026-01-19T07:18:45Z');

/** AIR's documented shape, `{error, message}`. */
const air = (error: number | string, message: string) => JSON.stringify({ error, message });
const envelope = (code: number, msg: string, data: unknown = null) =>
	JSON.stringify({ code, msg, data, timestamp: NOW });
const page = (title: string) =>
	`<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;

const issue: Partial<AnswerContext> = { operation: 'issue' };
const ignore: Partial<AnswerContext> = { operation: 'issue', onDuplicate: 'ignore' };
const revoke: Partial<AnswerContext> = { operation: 'issue', onDuplicate: 'revoke' };
const status: Partial<AnswerContext> = { operation: 'status' };

/** Stands for a body that nobody can decode. */
const UNREADABLE = 'cannot be decoded';

type Row = [
	code: AirErrorCode,
	status: number,
	text: string,
	context?: Partial<AnswerContext>,
	headers?: Record<string, string>,
];

/** Documented, seen in the wild, or what stands in front of any API. */
const rows: Row[] = [
	['AIR_BAD_REQUEST', 400, air(400, 'credentialSubject.age must be integer')],
	['AIR_BAD_REQUEST', 400, air('Bad Request', 'unknown attribute "colour"')],
	['AIR_BAD_REQUEST', 400, ''],
	['AIR_BAD_REQUEST', 400, page('400 Bad Request')],
	['AIR_FIELD_MISSING', 400, air(400, 'Missing required field: issuerDid')],
	['AIR_FIELD_MISSING', 400, envelope(40_001, 'Missing required field: credentialId')],
	['AIR_EMAIL_REFUSED', 400, air(400, 'Invalid email address')],
	['AIR_EMAIL_REFUSED', 400, '{"error":"Invalid e-mail"}'],
	['AIR_SUBJECT_HOLDER_ID', 400, air(400, 'Error create w3c credential must match format "uri"')],

	['AIR_UNAUTHORIZED', 401, air(401, 'Invalid or expired Partner JWT, or JWKS mismatch.')],
	['AIR_UNAUTHORIZED', 401, air(401, 'Invalid or expired Partner JWT.'), status],
	['AIR_UNAUTHORIZED', 401, 'Unauthorized'],
	['AIR_UNAUTHORIZED', 401, ''],
	['AIR_UNAUTHORIZED', 401, page('401 Authorization Required')],
	['AIR_UNAUTHORIZED_NOT_REGISTERED', 401, 'Invalid x-partner-auth'],
	['AIR_UNAUTHORIZED_NOT_REGISTERED', 401, air(401, 'Invalid x-partner-auth')],
	['AIR_UNAUTHORIZED_SIGNATURE', 401, air(401, 'Invalid signature')],
	['AIR_UNAUTHORIZED_SIGNATURE', 401, air(401, 'JWT verification failed')],
	['AIR_UNAUTHORIZED_EXPIRED', 401, air(401, 'Token expired')],
	['AIR_UNAUTHORIZED_EXPIRED', 401, air(401, 'jwt expired')],
	['AIR_UNAUTHORIZED_JWKS_UNREACHABLE', 401, air(401, 'JWKS endpoint unreachable')],
	['AIR_UNAUTHORIZED_KID', 401, air(401, 'kid not found')],
	['AIR_UNAUTHORIZED_TYP', 401, air(401, 'Missing typ header')],

	['AIR_FORBIDDEN', 403, air(403, 'Feature not enabled or schema not allowed for this partner.')],
	['AIR_FORBIDDEN', 403, '{"message":"Forbidden"}'],
	['AIR_FORBIDDEN_FEATURE', 403, air(403, 'issueOnBehalf is not allowed')],
	['AIR_FORBIDDEN_FEATURE', 403, 'issueOnBehalf is not allowed'],
	['AIR_FORBIDDEN_FEATURE', 403, '{"error":"Feature not enabled"}'],
	['AIR_FORBIDDEN_SCHEMA', 403, '{"error":"schema not allowed"}'],
	['AIR_FORBIDDEN_SCHEMA', 403, air(403, 'Schema not allowed for this partner')],
	['AIR_FORBIDDEN_GATEWAY', 403, page('403 Forbidden')],
	['AIR_FORBIDDEN_GATEWAY', 403, ''],
	['AIR_FORBIDDEN_GATEWAY', 403, 'Access denied by policy'],

	['AIR_NOT_FOUND', 404, air(404, 'Unknown issuer DID or issuance program.'), issue],
	['AIR_NOT_FOUND', 404, envelope(40_400, 'Unknown issuer DID'), issue],
	['AIR_PROGRAM_UNPUBLISHED', 404, air(404, 'Schema not found'), issue],
	['AIR_HASH_NOT_FOUND', 404, air(404, 'No credential found for the given hash.'), status],
	['AIR_HASH_NOT_FOUND', 404, air('Not Found', 'No credential found for the given hash.'), status],
	['AIR_NOT_FOUND_FOREIGN', 404, page('404 Not Found'), status],
	['AIR_NOT_FOUND_FOREIGN', 404, '', status],
	['AIR_NOT_FOUND_FOREIGN', 404, 'default backend - 404', status],
	['AIR_NOT_FOUND_FOREIGN', 404, '404 page not found', status],
	['AIR_NOT_FOUND_FOREIGN', 404, '{"message":"Not Found"}', status],
	['AIR_NOT_FOUND_FOREIGN', 404, '{"message":"no Route matched with those values"}', status],
	['AIR_NOT_FOUND_FOREIGN', 404, '{"error":404,"mess', status],
	// Frameworks answer for a missing route in the very shape that AIR uses for itself.
	...[
		'{"statusCode":404,"message":"Cannot GET /v1/credentials/status?coreClaimHash=00","error":"Not Found"}',
		'{"message":"Cannot POST /v1/credentials/issue-on-behalf","error":"Not Found","statusCode":404}',
		'{"message":"Route GET:/v1/credentials/status not found","error":"Not Found","statusCode":404}',
		'{"timestamp":"2026-01-19","status":404,"error":"Not Found","message":"No static resource v1/credentials/status.","path":"/v1/credentials/status"}',
		'{"timestamp":"2026-01-19","status":404,"error":"Not Found","message":"No message available","path":"/v1/credentials/status"}',
		'{"error":"Not Found","message":"Not Found"}',
		'{"error":404,"message":"Not Found"}',
		'{"code":404,"msg":"Not Found"}',
		'{"code":404,"msg":"404 Route Not Found"}',
	].flatMap((text): Row[] => [
		['AIR_NOT_FOUND_FOREIGN', 404, text, status],
		['AIR_NOT_FOUND_FOREIGN', 404, text, issue],
	]),
	['AIR_NOT_FOUND_FOREIGN', 405, air(405, 'Method Not Allowed'), issue],
	['AIR_NOT_FOUND_FOREIGN', 410, air(410, 'Gone'), issue],

	['AIR_CONFLICT_CONSENT', 409, air(409, 'Consent rejected by user'), revoke],
	['AIR_CONFLICT_CONSENT', 409, air(409, 'Consent rejected by user'), ignore],
	['AIR_CONFLICT_CONSENT', 409, air(409, 'User declined credentials'), ignore],
	[
		'AIR_CONFLICT_CONSENT',
		409,
		air(409, 'Consent rejected by user or duplicate conflict.'),
		revoke,
	],
	['AIR_CONFLICT_CONSENT', 409, '', revoke],
	['AIR_CONFLICT_DUPLICATE', 409, air(409, 'Credential already exists'), ignore],
	['AIR_CONFLICT_DUPLICATE', 409, air(409, 'duplicate conflict'), revoke],
	[
		'AIR_CONFLICT_AMBIGUOUS',
		409,
		air(409, 'Consent rejected by user or duplicate conflict.'),
		ignore,
	],
	['AIR_CONFLICT_AMBIGUOUS', 409, '', ignore],

	['AIR_TOO_LARGE', 413, page('413 Request Entity Too Large')],
	['AIR_RATE_LIMITED', 429, air(429, 'Too many requests')],
	['AIR_RATE_LIMITED', 429, '', issue, { 'retry-after': '7' }],
	['AIR_ANSWER_UNCLEAR', 402, air(402, 'Payment required')],
	['AIR_ANSWER_UNCLEAR', 408, air(408, 'Request Timeout')],
	['AIR_ANSWER_UNCLEAR', 499, ''],
	['AIR_REFUSED', 425, ''],
	['AIR_REFUSED', 407, page('Proxy Authentication Required')],
	['AIR_REFUSED', 422, air(422, 'Unprocessable')],
	['AIR_ANSWER_UNCLEAR', 418, ''],

	['AIR_REDIRECT', 301, '', issue, { location: 'https://elsewhere.example.com/' }],
	['AIR_REDIRECT', 302, page('302 Found'), issue, { location: '/login' }],
	['AIR_REDIRECT', 308, '', status, { location: 'https://elsewhere.example.com/' }],
	['AIR_REDIRECT', 304, ''],

	['AIR_UNAVAILABLE', 503, air(503, 'Maintenance'), issue, { 'retry-after': '30' }],
	['AIR_UNAVAILABLE', 503, '', issue, { 'retry-after': 'Mon, 19 Jan 2026 08:00:00 GMT' }],
	['AIR_UNAVAILABLE_GATEWAY', 503, page('503 Service Temporarily Unavailable')],
	['AIR_UNAVAILABLE_GATEWAY', 503, ''],
	['AIR_UNAVAILABLE_GATEWAY', 503, '', issue, { 'retry-after': 'again 5' }],
	['AIR_SERVER_FAILURE', 500, air(500, 'Server-side failure. Retry with exponential backoff.')],
	['AIR_SERVER_FAILURE', 502, page('502 Bad Gateway')],
	['AIR_SERVER_FAILURE', 504, page('504 Gateway Time-out')],
	['AIR_SERVER_FAILURE', 504, '', issue, { 'retry-after': '30' }],
	['AIR_SERVER_FAILURE', 599, ''],

	['AIR_ANSWER_UNREADABLE', 200, ''],
	['AIR_ANSWER_UNREADABLE', 204, ''],
	['AIR_ANSWER_UNREADABLE', 200, page('Sign in to the hotel network')],
	['AIR_ANSWER_UNREADABLE', 200, '{"coreClaimHash":"2397'],
	['AIR_ANSWER_UNREADABLE', 200, '{"credentialId":"c21s70g0i54sn0023172Cv"}'],
	['AIR_ANSWER_UNREADABLE', 200, 'null'],
	['AIR_ANSWER_UNREADABLE', 200, '[]'],
	['AIR_ANSWER_UNREADABLE', 200, 'ok'],
	['AIR_ANSWER_UNREADABLE', 200, envelope(80_000_000, 'success')],
	['AIR_ANSWER_ENCODING', 200, UNREADABLE],
	['AIR_ANSWER_ENVELOPE', 200, envelope(50_000, 'internal')],
	['AIR_ANSWER_ENVELOPE', 201, envelope(40_101, 'partner not found')],
];

const bodyOf = (text: string) =>
	text === UNREADABLE ? { text: '', unreadable: 'its coding “x” is not known here' } : { text };
const answerOf = ([, httpStatus, text, context, headers = {}]: Row) =>
	errorOfAnswer(
		{ status: httpStatus, headers, ...bodyOf(text) },
		{ operation: 'issue', now: NOW, ...context },
	);

test.each(rows)('%s: %d %j %j', (...row) => {
	const error = answerOf(row);
	expect(error.code).toBe(row[0]);
	expect(error.httpStatus).toBe(row[1]);
});

test('every code that an answer can produce is produced by a row', () => {
	const produced = [...new Set(rows.map(([code]) => code))].sort();
	expect(produced).toEqual(Object.keys(answerErrors).sort());
	expect([...new Set(answerRules.map(({ code }) => code))].sort()).toEqual(produced);
});

test('the last rule takes whatever status there is', () => {
	for (let httpStatus = 100; httpStatus <= 599; httpStatus++) {
		expect(answerOf(['AIR_REFUSED', httpStatus, '']).code).toMatch(/^AIR_/);
	}
});

/** What is known by each status, in words of its own: see air/answers/mayHaveIssued.ts. */
test.each<[AirErrorKind, boolean, number, string, Record<string, string>?]>([
	...[400, 401, 403, 404, 405, 409, 410, 413, 422].map(
		(code): [AirErrorKind, boolean, number, string] => ['refused', false, code, air(code, 'no')],
	),
	['refused', false, 307, ''],
	['outcome-unknown', false, 302, ''],
	['outcome-unknown', true, 408, ''],
	['not-sent', true, 429, ''],
	['not-sent', true, 429, '', { 'retry-after': '5' }],
	['not-sent', true, 503, '', { 'retry-after': '5' }],
	['outcome-unknown', true, 503, ''],
	['outcome-unknown', true, 500, ''],
	['outcome-unknown', true, 502, ''],
	['outcome-unknown', true, 504, ''],
	['outcome-unknown', true, 200, 'not an answer'],
	['outcome-unknown', true, 200, envelope(1, 'no')],
])('kind %s, retryable %s: %d %j %j', (...row) => {
	const [kind, retryable, httpStatus, text, headers] = row;
	const error = answerOf(['AIR_REFUSED', httpStatus, text, issue, headers ?? {}]);
	expect([error.kind, error.retryable]).toEqual([kind, retryable]);
});

test('a 403 names both places of the switch, and whom to ask if there is none', () => {
	for (const text of [air(403, 'issueOnBehalf is not allowed'), air(403, 'no')]) {
		const { advice } = answerOf(['AIR_FORBIDDEN', 403, text]);
		expect(advice).toContain('Accounts → General');
		expect(advice).toContain('Issuer → Advanced');
		expect(advice).toContain('ask the AIR team');
	}
});

test('a 404 names the environments, drafts, and endpoints that were withdrawn', () => {
	const own = answerOf(['AIR_NOT_FOUND', 404, air(404, 'Unknown issuer DID'), issue]).advice;
	expect(own).toMatch(/sandbox.*production/);
	expect(own).toContain('draft');
	expect(answerOf(['AIR_NOT_FOUND', 404, '', issue]).advice).toContain('withdrawn');
});

test.each([
	['Missing required field: issuerDid', ': issuerDid'],
	['Missing required field: credentialSubject.fullName', ': fullName'],
	['Missing required fields: a, b', ': a, b'],
	["must have required property 'fullName'", ': fullName'],
	['"fullName" is a required property', ': fullName'],
	['fullName is required', ': fullName'],
	['Missing required field: fullName. Got {"tier":"Gold"}', ': fullName'],
	// What is not plainly a name may be a value.
	['Missing required field: fullName (got Ada Lovelace)', ''],
	['Missing required field: Ada Lovelace', ''],
	['Missing required field', ''],
	['Missing required field: <b>', ''],
])('%s: the title names the field, and no value', (message, ending) => {
	const error = answerOf(['AIR_FIELD_MISSING', 400, air(400, message)]);
	expect(error.code).toBe('AIR_FIELD_MISSING');
	expect(error.message).toBe(`A field that AIR requires is missing${ending}`);
});

test('AIR’s own words are shown next to the advice', () => {
	const error = answerOf(['AIR_BAD_REQUEST', 400, air(400, 'age must be integer')]);
	expect(error.airMessage).toBe('age must be integer');
	expect(error.description).toContain('“age must be integer”');
	expect(error.description).toContain(error.advice);
	expect(answerOf(['AIR_BAD_REQUEST', 400, '']).description).not.toContain('own words');
});

test.each(['', 'Invalid x-partner-auth'])(
	'a 401 that says %j may come from the other environment, and the advice says so',
	(message) => {
		const { advice } = answerOf(['AIR_UNAUTHORIZED', 401, message === '' ? '' : air(401, message)]);
		expect(advice).toMatch(/Environment and Partner ID/);
	},
);

describe('Retry-After', () => {
	test('is reported in seconds, and passed on', () => {
		const error = answerOf(['AIR_RATE_LIMITED', 429, '', issue, { 'retry-after': '7' }]);
		expect(error.retryAfterMs).toBe(7000);
		expect(error.advice).toMatch(/^AIR asks to wait 7 seconds\. /);
	});

	test('says nothing when it is not there', () => {
		const error = answerOf(['AIR_RATE_LIMITED', 429, '']);
		expect(error.retryAfterMs).toBeUndefined();
		expect(error.advice).not.toContain('seconds');
	});
});

describe('the clock', () => {
	const note = (date: string, httpStatus = 401) =>
		answerOf(['AIR_UNAUTHORIZED', httpStatus, '', issue, { date }]).advice;

	test.each([
		['Mon, 19 Jan 2026 07:13:45 GMT', '300 seconds ahead of'],
		['Mon, 19 Jan 2026 07:23:45 GMT', '300 seconds behind'],
		['Mon, 19 Jan 2026 07:19:45 GMT', '60 seconds behind'],
	])('is blamed when AIR says %s', (date, words) => {
		expect(note(date)).toContain(words);
		expect(note(date)).toContain('NTP');
	});

	test.each(['Mon, 19 Jan 2026 07:18:50 GMT', 'Mon, 19 Jan 2026 07:17:46 GMT', 'soon', ''])(
		'is not blamed when AIR says %j',
		(date) => {
			expect(note(date)).not.toContain('seconds');
		},
	);

	test('is blamed, and not the key, when AIR cannot verify a token from the future', () => {
		const { code, message, advice } = answerOf([
			'AIR_UNAUTHORIZED',
			401,
			air(401, 'JWT verification failed'),
			issue,
			{ date: 'Mon, 19 Jan 2026 07:13:45 GMT' },
		]);
		expect({ code, message }).toEqual({
			code: 'AIR_UNAUTHORIZED',
			message: 'AIR did not accept the Partner JWT',
		});
		expect(advice).toMatch(/^The clock of this machine is 300 seconds ahead of AIR's/);
	});

	test('is not blamed for anything but a 401', () => {
		expect(note('Mon, 19 Jan 2026 07:13:45 GMT', 403)).not.toContain('seconds');
	});
});

describe('what AIR says is made fit to be shown', () => {
	const token =
		'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.eyJlbWFpbCI6ImFAYi5jIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ';
	const pem = `-----BEGIN PRIVATE KEY-----\n${'TUlJ'.repeat(16)}\n-----END PRIVATE KEY-----`;

	test.each([
		['a token, in AIR’s shape', air(401, `bad token ${token}`)],
		['a token, as text', `bad token ${token}`],
		['a token, as the title of a page', page(`bad token ${token}`)],
		['a token, nested', JSON.stringify({ error: { message: `bad token ${token}` } })],
		['a key', air(401, `cannot read ${pem}`)],
		['an escaped key', `cannot read ${pem.replace(/\n/g, '\\n')}`],
	])('%s', (_name, text) => {
		const shown = everythingShown(answerOf(['AIR_UNAUTHORIZED', 401, text]));
		expect(shown).toContain('[removed]');
		expect(shown).not.toMatch(/eyJ|c2ln|TUlJ/);
	});

	test.each([
		['a megabyte in AIR’s shape', air(400, 'x '.repeat(2 ** 19))],
		['a megabyte of text', 'x '.repeat(2 ** 19)],
		['a megabyte of page', page('x '.repeat(2 ** 19))],
		['a megabyte of deep JSON', `${'['.repeat(2 ** 19)}${']'.repeat(2 ** 19)}`],
		['a megabyte of unfinished page', `<title${' '.repeat(2 ** 20)}`],
		['a megabyte of unfinished titles', '<title>'.repeat(2 ** 17)],
	])('%s', (_name, text) => {
		const begin = performance.now();
		const error = answerOf(['AIR_BAD_REQUEST', 400, text]);
		expect(error.airMessage?.length ?? 0).toBeLessThanOrEqual(300);
		expect(performance.now() - begin).toBeLessThan(10_000);
	});

	test('control characters', () => {
		const { airMessage } = answerOf(['AIR_BAD_REQUEST', 400, air(400, 'a\u0000b\u001b[31mc\r\nd')]);
		expect(airMessage).toBe('a b [31mc d');
	});
});

describe('readBody', () => {
	test.each([
		['', 'empty', undefined],
		[' \r\n', 'empty', undefined],
		[air(400, 'words'), 'air', 'words'],
		[air('Bad Request', 'words'), 'air', 'words'],
		[envelope(1, 'words'), 'envelope', 'words'],
		['{"error":"words"}', 'json', 'words'],
		['{"message":"words"}', 'json', 'words'],
		['{"msg":"words"}', 'json', 'words'],
		['{"error":{"message":"words"}}', 'json', 'words'],
		[
			'{"message":["first","second"],"error":"Bad Request","statusCode":400}',
			'json',
			'first; second',
		],
		['{"message":"","error":"words"}', 'air', 'words'],
		['{"message":" ","error":400}', 'air', '{"message":" ","error":400}'],
		['{"error":400}', 'json', '{"error":400}'],
		['{"detail":"words"}', 'json', '{"detail":"words"}'],
		['{"message":5,"error":"words"}', 'json', 'words'],
		['{"__proto__":{"message":"words"}}', 'json', '{"__proto__":{"message":"words"}}'],
		['"words"', 'json', 'words'],
		['[1,2]', 'json', '[1,2]'],
		['null', 'json', 'null'],
		[envelope(80_000_000, 'words'), 'json', 'words'],
		['{"error":40', 'cut', '{"error":40'],
		['words', 'text', 'words'],
		['<html></html>', 'html', undefined],
		['<html><body><p>words</p></body></html>', 'html', 'words'],
		['<title></title><p>words', 'html', 'words'],
		[page('words'), 'html', 'a web page titled words'],
		['<!DOCTYPE html><TITLE lang="en"> words </TITLE>', 'html', 'a web page titled words'],
		['\ufeff{"message":"words"}', 'json', 'words'],
	])('%j', (text, shape, message) => {
		const body = readBody(text);
		expect([body.shape, body.message]).toEqual([shape, message]);
	});
});

test('the words of a large answer are read once, however many rules look at them', () => {
	const written = jest.spyOn(JSON, 'stringify');
	try {
		const text = `{"detail": ["${'x'.repeat(1000)}"]}`;
		errorOfAnswer({ status: 409, headers: {}, text }, { operation: 'issue', now: 0 });
		expect(written).toHaveBeenCalledTimes(1);
	} finally {
		written.mockRestore();
	}
});
