import fc from 'fast-check';
import { readBody, type HttpAnswer } from '../../../air/answers/answer';
import { answerError } from '../../../air/answers/answerError';
import { retryAfterMs } from '../../../air/pacing/retryAfter';
import { issueAnswerSchema, readAnswer } from '../../../air/answers/schemas';
import { badInput } from '../BadInput';
import { must, shownBy } from '../expecting';
import { mutated, NASTY } from '../pieces';

/** The answers after which certainly nothing was issued, listed by hand. */
const REFUSED = new Set([
	301, 307, 308, 400, 401, 403, 404, 405, 407, 409, 410, 411, 413, 414, 415, 421, 422, 425, 426,
	428, 431, 451,
]);

/** Texts that look like a token and a key, and are neither. */
const TOKEN = `eyJ${'aGVhZGVy'.repeat(3)}.${'cGF5bG9hZA'.repeat(6)}.${'c2lnbmF0dXJl'.repeat(5)}`;
const KEY = `-----BEGIN PRIVATE KEY-----\n${'TUlHSEFnRUF'.repeat(9)}\n-----END PRIVATE KEY-----`;

const words = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.constantFrom(
			'issueOnBehalf is not allowed',
			'schema not found',
			'token has expired',
			'duplicate, already exists',
			'consent declined',
			'Cannot POST /v1/x',
			`bad token ${TOKEN}`,
			`bad key ${KEY}`,
			`${TOKEN}${TOKEN}`,
		),
	},
	{ weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
	{ weight: 1, arbitrary: fc.constantFrom(...NASTY) },
);
const member = fc.oneof({ weight: 3, arbitrary: words }, { weight: 1, arbitrary: fc.jsonValue() });
const body = fc
	.oneof(
		fc.record(
			{ error: member, message: member, msg: member, code: fc.jsonValue(), data: fc.jsonValue() },
			{ requiredKeys: [] },
		),
		fc.record(
			{ coreClaimHash: fc.oneof(fc.constant('ab'.repeat(32)), fc.jsonValue()), userUuid: member },
			{ requiredKeys: [] },
		),
		fc.jsonValue(),
	)
	.map((value) => JSON.stringify(value));

const text = fc.oneof(
	{ weight: 6, arbitrary: mutated(body, 1) },
	{ weight: 1, arbitrary: words.map((title) => `<html><title>${title}</title><h1>${title}</h1>`) },
	{ weight: 1, arbitrary: words },
);
const header = fc.oneof(
	fc.nat().map(String),
	fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'x' : date.toUTCString())),
	fc.constantFrom('-1', '1e9', '0x10', '99999999999999999999', 'again 5', ...NASTY),
);
const inputs: fc.Arbitrary<HttpAnswer> = fc.record({
	status: fc.oneof(
		fc.integer({ min: 100, max: 599 }),
		fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504),
	),
	headers: fc.record(
		{ 'retry-after': header, date: header, 'content-type': fc.constantFrom('text/html', 'x') },
		{ requiredKeys: [] },
	),
	text,
});

const hostile = [
	'<title'.repeat(170_000),
	'<'.repeat(1_000_000),
	`<title>${'x'.repeat(1_000_000)}`,
	'<h1'.repeat(300_000),
	'['.repeat(500_000),
	'{"a":'.repeat(100_000),
	`"${'\\'.repeat(500_000)}`,
	`{"message":"${'-----BEGIN'.repeat(50_000)}"}`,
	`{"message":"${'eyJ.'.repeat(100_000)}"}`,
	JSON.stringify({ message: Array(200_000).fill('x') }),
	' '.repeat(1_000_000),
	'\u2028'.repeat(300_000),
];

/** As it is, or inside JSON. Half a secret is not secret: next to a whole one, it is not checked. */
const holds = (text: string, secret: string) =>
	[secret, JSON.stringify(secret).slice(1, -1)].some(
		(form) => text.includes(form) && !text.replaceAll(form, '').includes(part(secret)),
	);
const part = (secret: string) => secret.slice(30, 70);

export const answers = badInput<HttpAnswer>({
	name: 'Answers of AIR',
	share: 1300,
	inputs,
	corpus: [200, 409].flatMap((status) =>
		[...hostile, TOKEN, KEY, '{"coreClaimHash":"ab"}', '{"coreClaimHash":" "}'].map((long) => ({
			status,
			headers: {},
			text: long,
		})),
	),
	check: (answer) => {
		const now = Date.now();
		const body = readBody(answer.text);
		const read = readAnswer(issueAnswerSchema, body);
		if (answer.status >= 200 && answer.status < 300 && read !== undefined) {
			must(read.coreClaimHash.trim() !== '', 'an issuance has a hash');
			return 'taken';
		}
		const wait = retryAfterMs(answer.headers, now);
		for (const onDuplicate of ['ignore', 'revoke'] as const) {
			const error = answerError({ ...answer, retryAfterMs: wait }, body, {
				operation: 'issue',
				onDuplicate,
				now,
			});
			const shown = shownBy(error);
			must(shown.length < 10_000, 'it stays readable');
			for (const secret of [TOKEN, KEY]) {
				if (!holds(answer.text, secret)) continue;
				must(!shown.includes(part(secret)), 'it shows no token and no key');
			}
			must((error.airMessage ?? '').isWellFormed(), 'AIR’s words are whole');
			const { status } = answer;
			must(wait === undefined || (wait >= 0 && wait <= 86_400_000), 'nobody waits forever');
			// The main rule: a POST may be repeated, or count as failed, only if AIR certainly did nothing.
			const safe = status === 429 || (status === 503 && wait !== undefined);
			if (safe) must(error.kind === 'not-sent', `${status} was not sent`);
			else if (error.kind === 'refused') must(REFUSED.has(status), `${status} is unknown`);
			else must(error.kind === 'outcome-unknown', `${status} is unknown`);
		}
		return 'refused';
	},
});
