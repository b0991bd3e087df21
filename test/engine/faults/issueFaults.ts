import type { FaultInput } from '../../../emulator';
import type { AirErrorCode } from '../../../errors/errorCatalogue';

/**
 * What can go wrong with a POST to AIR, and what is known then:
 *
 * - `nothing`: it does no harm
 * - `not-sent`: AIR cannot have issued; the node sends again by itself
 * - `refused`: AIR has refused; sending it again now would not help
 * - `unknown`: AIR may have issued
 */
export interface IssueFault {
	readonly name: string;
	readonly known: 'nothing' | 'not-sent' | 'refused' | 'unknown';
	/** Undefined for `nothing`. */
	readonly code?: AirErrorCode;
	readonly inject: readonly FaultInput[];
	/** Whether the same happens each time that it is sent. */
	readonly always?: boolean;
	/** The node does not send it again by itself, whatever it may. */
	readonly final?: boolean;
	/** AIR wants to be left alone by all, so that one of the others may be told first. */
	readonly everybody?: boolean;
	/** In seconds, where the fault is one of time; else the default, for a busy machine. */
	readonly requestTimeout?: number;
}

const html = (status: number) => ({ kind: 'answer', status, body: { type: 'html' } }) as const;
const air = (status: number) => ({ kind: 'answer', status }) as const;
/** Below a megabyte and more than AIR could ever have to say. */
const HUGE = 3_000_000;
/** In seconds: those whom the fault does not meet are to be answered in it on a busy machine, too. */
const SHORT = 8;

/** What AIR, or what stands before it, does to one request. */
export const issueFaults: readonly IssueFault[] = [
	{ name: 'slow answer', known: 'nothing', inject: [{ kind: 'delay', delayMs: 300 }] },
	{ name: 'slow body', known: 'nothing', inject: [{ kind: 'stall', stallMs: 300 }] },

	{
		name: 'reset before AIR did anything',
		known: 'unknown',
		code: 'AIR_CONNECTION_LOST',
		inject: [{ kind: 'reset' }],
	},
	{
		name: 'reset after AIR issued',
		known: 'unknown',
		code: 'AIR_CONNECTION_LOST',
		inject: [{ kind: 'reset', afterWork: true }],
	},
	{
		name: 'reset in the middle of the answer',
		known: 'unknown',
		code: 'AIR_CONNECTION_LOST',
		inject: [{ kind: 'reset', afterWork: true, midBody: true }],
	},
	{
		name: 'reset each time, after AIR issued',
		known: 'unknown',
		code: 'AIR_CONNECTION_LOST',
		inject: [{ kind: 'reset', afterWork: true }],
		always: true,
	},
	{
		name: 'no answer in time, nothing done',
		known: 'unknown',
		code: 'AIR_TIMEOUT',
		inject: [{ kind: 'hang' }],
		requestTimeout: SHORT,
	},
	{
		name: 'no answer in time, issued',
		known: 'unknown',
		code: 'AIR_TIMEOUT',
		inject: [{ kind: 'hang', afterWork: true }],
		requestTimeout: SHORT,
	},
	{
		name: 'half an answer in time',
		known: 'unknown',
		code: 'AIR_TIMEOUT',
		inject: [{ kind: 'stall', stallMs: 60_000 }],
		requestTimeout: SHORT,
	},

	{
		name: 'an answer that is cut',
		known: 'unknown',
		code: 'AIR_ANSWER_UNREADABLE',
		inject: [{ kind: 'answer', status: 200, afterWork: true, body: { type: 'cut' } }],
	},
	{
		name: 'an empty answer',
		known: 'unknown',
		code: 'AIR_ANSWER_UNREADABLE',
		inject: [{ kind: 'answer', status: 200, afterWork: true, body: { type: 'empty' } }],
	},
	{
		name: 'an answer without a hash',
		known: 'unknown',
		code: 'AIR_ANSWER_UNREADABLE',
		inject: [{ kind: 'dropField', fields: ['coreClaimHash'] }],
	},
	{
		name: 'an HTML page with status 200',
		known: 'unknown',
		code: 'AIR_ANSWER_UNREADABLE',
		inject: [{ ...html(200), afterWork: true }],
	},
	{
		name: 'an envelope of the catalog host',
		known: 'unknown',
		code: 'AIR_ANSWER_ENVELOPE',
		inject: [{ kind: 'answer', status: 200, body: { type: 'envelope' } }],
	},
	{
		name: 'a huge answer',
		known: 'unknown',
		code: 'AIR_ANSWER_TOO_LARGE',
		inject: [{ kind: 'answer', status: 200, afterWork: true, body: { type: 'huge', bytes: HUGE } }],
		final: true,
	},
	{
		name: 'a huge refusal',
		known: 'refused',
		code: 'AIR_BAD_REQUEST',
		inject: [{ kind: 'answer', status: 400, body: { type: 'huge', bytes: HUGE } }],
	},

	{
		name: '429 once, without Retry-After',
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [air(429)],
	},
	{
		name: '429 once, Retry-After in seconds',
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [{ ...air(429), retryAfter: { seconds: 1 } }],
	},
	{
		name: '429 once, Retry-After as a date',
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [{ ...air(429), retryAfter: { dateInSeconds: 1 } }],
	},
	...['-5', 'soon', '1e9', ''].map((value): IssueFault => ({
		name: `429 once, Retry-After: ${value === '' ? '(empty)' : value}`,
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [{ ...air(429), headers: { 'retry-after': value } }],
	})),
	{
		name: '429, Retry-After a thousand years',
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [{ ...air(429), headers: { 'retry-after': '31536000000' } }],
		always: true,
		everybody: true,
	},
	...(
		[
			['429 once, Retry-After a year', 429, '31536000', true],
			['429 once, Retry-After the year 9999', 429, 'Fri, 31 Dec 9999 23:59:59 GMT', true],
			['429 once, Retry-After the year 1970', 429, 'Thu, 01 Jan 1970 00:00:00 GMT', false],
			['429 once, Retry-After 1e308', 429, '1e308', false],
			['503 once, Retry-After a year', 503, '31536000', true],
		] as const
	).map(([name, status, value, tooLongToAskAgain]) => ({
		name,
		known: 'not-sent' as const,
		code: status === 429 ? ('AIR_RATE_LIMITED' as const) : ('AIR_UNAVAILABLE' as const),
		inject: [{ ...air(status), headers: { 'retry-after': value } }],
		// A question is not kept waiting for it; an issuance is.
		final: tooLongToAskAgain,
	})),
	{
		name: '429 each time',
		known: 'not-sent',
		code: 'AIR_RATE_LIMITED',
		inject: [{ ...air(429), retryAfter: { seconds: 1 } }],
		always: true,
	},

	{
		name: '503 once, with Retry-After',
		known: 'not-sent',
		code: 'AIR_UNAVAILABLE',
		inject: [{ ...air(503), retryAfter: { seconds: 1 } }],
	},
	{
		name: '503 of a gateway',
		known: 'unknown',
		code: 'AIR_UNAVAILABLE_GATEWAY',
		inject: [html(503)],
	},
	...[500, 502, 504].flatMap((status): IssueFault[] => [
		{
			name: `${status}, nothing done`,
			known: 'unknown',
			code: 'AIR_SERVER_FAILURE',
			inject: [air(status)],
		},
		{
			name: `${status}, issued`,
			known: 'unknown',
			code: 'AIR_SERVER_FAILURE',
			inject: [{ ...air(status), afterWork: true }],
		},
	]),
	{
		name: '502 as HTML, each time',
		known: 'unknown',
		code: 'AIR_SERVER_FAILURE',
		inject: [html(502)],
		always: true,
	},

	...[408, 499, 423].flatMap((status): IssueFault[] => [
		{
			name: `${status}, issued`,
			known: 'unknown',
			code: 'AIR_ANSWER_UNCLEAR',
			inject: [{ ...air(status), afterWork: true }],
		},
	]),
	...[507, 520].map((status): IssueFault => ({
		name: `${status}, issued`,
		known: 'unknown',
		code: 'AIR_SERVER_FAILURE',
		inject: [{ ...html(status), afterWork: true }],
	})),
	{ name: '425', known: 'refused', code: 'AIR_REFUSED', inject: [air(425)] },
	{
		name: 'a page with 302 after AIR issued',
		known: 'unknown',
		code: 'AIR_REDIRECT',
		inject: [
			{ kind: 'redirect', status: 302, location: 'https://elsewhere.invalid/', afterWork: true },
		],
		final: true,
	},

	...([['gzip'], ['deflate'], ['deflate-raw'], ['br'], ['zstd'], ['gzip', 'br']] as const).map(
		(codings): IssueFault => ({
			name: `an answer in ${codings.join(' and ')}`,
			known: 'nothing',
			inject: [{ kind: 'encode', codings: [...codings] }],
		}),
	),
	{
		name: 'a compressed answer that is cut',
		known: 'unknown',
		code: 'AIR_ANSWER_ENCODING',
		inject: [{ kind: 'encode', cut: true }],
	},
	{
		name: 'an answer in an unknown compression',
		known: 'unknown',
		code: 'AIR_ANSWER_ENCODING',
		inject: [{ kind: 'encode', label: 'sdch' }],
	},
	{
		name: 'a small answer that unpacks to a huge one',
		known: 'unknown',
		code: 'AIR_ANSWER_TOO_LARGE',
		inject: [{ kind: 'encode', bytes: 50_000_000 }],
		final: true,
	},
	{
		name: 'a compressed refusal',
		known: 'refused',
		code: 'AIR_BAD_REQUEST',
		inject: [{ kind: 'encode', afterWork: false, status: 400 }],
	},

	{ name: 'an answer that echoes the request', known: 'nothing', inject: [{ kind: 'echo' }] },
	{
		name: 'fields of other types',
		known: 'nothing',
		inject: [
			{
				kind: 'setField',
				fields: { vcId: 5, userUuid: {}, credentialId: null, issuanceDate: 0, issuerDid: [] },
			},
		],
	},
	{
		name: 'control characters and a megabyte in fields',
		known: 'nothing',
		inject: [
			{
				kind: 'setField',
				fields: { userUuid: 'u\0', vcId: 'v'.repeat(900_000), issuerDid: 'd\ud800', more: '\0' },
			},
		],
	},
	{
		name: 'a hash that no store can hold',
		known: 'unknown',
		code: 'AIR_ANSWER_UNREADABLE',
		inject: [{ kind: 'setField', fields: { coreClaimHash: 'ab\0', vcStatus: null } }],
	},

	{
		name: '403 of a gateway',
		known: 'unknown',
		code: 'AIR_FORBIDDEN_GATEWAY',
		inject: [html(403)],
		final: true,
	},
	{
		name: '404 of a gateway',
		known: 'refused',
		code: 'AIR_NOT_FOUND_FOREIGN',
		inject: [html(404)],
	},
	{
		name: 'a redirect',
		known: 'refused',
		code: 'AIR_REDIRECT',
		inject: [{ kind: 'redirect', location: 'https://elsewhere.invalid/v1' }],
	},
];
