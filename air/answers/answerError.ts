import { AirError } from '../../errors/AirError';
import type { AirBody, BodyShape, HttpAnswer } from './answer';
import type { AirErrorCode, AirErrorKind } from '../../errors/errorCatalogue';
import { knownOf, type Known } from './mayHaveIssued';

/** The calls to AIR, and the fetch of a JWKS, which uses the same egress. */
export type AirOperation = 'issue' | 'status' | 'jwks';

/** AIR's own names for the duplicate rule; AIR's default is `revoke`. */
export type OnDuplicate = 'ignore' | 'revoke';

export interface AnswerContext {
	readonly operation: AirOperation;
	readonly onDuplicate?: OnDuplicate | undefined;
	/** Milliseconds since 1970, to see whether the clocks agree. */
	readonly now: number;
}

interface AnswerRule {
	readonly code: AirErrorCode;
	readonly status: number | readonly [from: number, to: number];
	/** Matched against AIR's own words. */
	readonly says?: RegExp;
	readonly saysNot?: RegExp;
	readonly shapes?: readonly BodyShape[];
	readonly operation?: AirOperation;
	readonly onDuplicate?: OnDuplicate;
	readonly retryAfter?: boolean;
	/** The body could not be decoded. */
	readonly unreadable?: boolean;
	/** Something other than AIR answered. */
	readonly foreign?: boolean;
	/** The clock of this machine is off. */
	readonly clockOff?: boolean;
}

const OWN: readonly BodyShape[] = ['air', 'envelope'];
const CONSENT = /consent|declin|reject/i;
/** How frameworks and gateways say that they know no such route, in the very shape of AIR's errors. */
const NO_ROUTE =
	/^cannot (get|post)\b|\broute\b|^no (static resource|message available)|^(404 )?(page |endpoint |resource |url )?not found\.?$/i;
const DUPLICATE = /duplicat|already|exist/i;

/** How AIR, and libraries that check data, say that a field is not there. */
const MISSING = /missing required field|required property|\bis (?:a )?required\b/i;

/**
 * Chooses the code: the first rule that fits decides. `mayHaveIssued` says whether AIR may have issued.
 * Exported for the tests.
 */
export const answerRules: readonly AnswerRule[] = [
	{ code: 'AIR_REDIRECT', status: [300, 399] },

	{ code: 'AIR_SUBJECT_HOLDER_ID', status: 400, says: /must match format "?uri/i },
	{ code: 'AIR_EMAIL_REFUSED', status: 400, says: /invalid e-?mail/i },
	{ code: 'AIR_FIELD_MISSING', status: 400, says: MISSING },
	{ code: 'AIR_BAD_REQUEST', status: 400 },

	{ code: 'AIR_UNAUTHORIZED_JWKS_UNREACHABLE', status: 401, says: /jwks.*(unreachable|fetch)/i },
	{ code: 'AIR_UNAUTHORIZED_KID', status: 401, says: /\bkid\b/i },
	{ code: 'AIR_UNAUTHORIZED_TYP', status: 401, says: /\btyp\b/i },
	{ code: 'AIR_UNAUTHORIZED_EXPIRED', status: 401, says: /\b(token|jwt) (has |is )?expired/i },
	// Said of a token from the future, too: with a clock that is ahead, the key is likely to be right.
	{ code: 'AIR_UNAUTHORIZED', status: 401, says: /jwt verification failed/i, clockOff: true },
	{
		code: 'AIR_UNAUTHORIZED_SIGNATURE',
		status: 401,
		says: /invalid signature|jwt verification failed/i,
	},
	{ code: 'AIR_UNAUTHORIZED_NOT_REGISTERED', status: 401, says: /invalid x-partner-auth/i },
	{ code: 'AIR_UNAUTHORIZED', status: 401 },

	{
		code: 'AIR_FORBIDDEN_FEATURE',
		status: 403,
		says: /issueonbehalf is not allowed|feature not enabled/i,
		saysNot: /schema/i,
	},
	{ code: 'AIR_FORBIDDEN_SCHEMA', status: 403, says: /schema not allowed/i, saysNot: /feature/i },
	{
		code: 'AIR_FORBIDDEN_GATEWAY',
		status: 403,
		shapes: ['html', 'empty', 'text', 'cut'],
		foreign: true,
	},
	{ code: 'AIR_FORBIDDEN', status: 403 },

	{ code: 'AIR_PROGRAM_UNPUBLISHED', status: 404, says: /schema not found/i, shapes: OWN },
	{ code: 'AIR_HASH_NOT_FOUND', status: 404, operation: 'status', shapes: OWN, saysNot: NO_ROUTE },
	{ code: 'AIR_NOT_FOUND', status: 404, operation: 'issue', shapes: OWN, saysNot: NO_ROUTE },
	{ code: 'AIR_NOT_FOUND_FOREIGN', status: 404, foreign: true },
	{ code: 'AIR_NOT_FOUND_FOREIGN', status: 405, foreign: true },
	{ code: 'AIR_NOT_FOUND_FOREIGN', status: 410, foreign: true },

	{ code: 'AIR_CONFLICT_CONSENT', status: 409, says: CONSENT, saysNot: DUPLICATE },
	{ code: 'AIR_CONFLICT_DUPLICATE', status: 409, says: DUPLICATE, saysNot: CONSENT },
	{ code: 'AIR_CONFLICT_AMBIGUOUS', status: 409, onDuplicate: 'ignore' },
	{ code: 'AIR_CONFLICT_CONSENT', status: 409 },

	{ code: 'AIR_TOO_LARGE', status: 413 },
	{ code: 'AIR_RATE_LIMITED', status: 429 },
	{ code: 'AIR_REFUSED', status: 407 },
	{ code: 'AIR_REFUSED', status: 411 },
	{ code: 'AIR_REFUSED', status: [414, 415] },
	{ code: 'AIR_REFUSED', status: [421, 422] },
	{ code: 'AIR_REFUSED', status: [425, 426] },
	{ code: 'AIR_REFUSED', status: 428 },
	{ code: 'AIR_REFUSED', status: 431 },
	{ code: 'AIR_REFUSED', status: 451 },
	{ code: 'AIR_ANSWER_UNCLEAR', status: [400, 499] },

	{ code: 'AIR_UNAVAILABLE', status: 503, retryAfter: true },
	{ code: 'AIR_UNAVAILABLE_GATEWAY', status: 503 },
	{ code: 'AIR_SERVER_FAILURE', status: [500, 599] },

	{ code: 'AIR_ANSWER_ENCODING', status: [200, 299], unreadable: true },
	{ code: 'AIR_ANSWER_ENVELOPE', status: [200, 299], shapes: ['envelope'] },
	{ code: 'AIR_ANSWER_UNREADABLE', status: [200, 299] },
	{ code: 'AIR_ANSWER_UNCLEAR', status: [0, 999] },
];

function fits(
	rule: AnswerRule,
	answer: HttpAnswer,
	body: AirBody,
	context: AnswerContext,
): boolean {
	const [from, to] = typeof rule.status === 'number' ? [rule.status, rule.status] : rule.status;
	const message = body.message ?? '';
	return (
		answer.status >= from &&
		answer.status <= to &&
		(rule.says?.test(message) ?? true) &&
		!(rule.saysNot?.test(message) ?? false) &&
		(rule.shapes?.includes(body.shape) ?? true) &&
		(rule.operation === undefined || rule.operation === context.operation) &&
		(rule.onDuplicate === undefined || rule.onDuplicate === context.onDuplicate) &&
		(rule.unreadable !== true || answer.unreadable !== undefined) &&
		(rule.clockOff !== true || clockNote(answer, context.now) !== undefined) &&
		(rule.retryAfter !== true || answer.retryAfterMs !== undefined)
	);
}

const SKEW_WORTH_TELLING_MS = 60_000;

/** A clock that is off makes every token look expired or not yet valid, and AIR's words do not say so. */
function clockNote(answer: HttpAnswer, now: number): string | undefined {
	const theirs = Date.parse(answer.headers.date ?? '');
	if (answer.status !== 401 || Number.isNaN(theirs)) return undefined;
	const skew = now - theirs;
	if (Math.abs(skew) < SKEW_WORTH_TELLING_MS) return undefined;
	const seconds = Math.round(Math.abs(skew) / 1000);
	return `The clock of this machine is ${seconds} seconds ${skew < 0 ? 'behind' : 'ahead of'} AIR's: correct it (NTP) first.`;
}

/** Only the names that AIR calls missing: the rest of its words may hold values. */
function missingFields(message = ''): string | undefined {
	const list = /missing required fields?:?\s*(.+)|required property\s*(.+)/i.exec(message);
	const before = /([\w.$-]+)["'\u2019”]? is (?:a )?required\b/i.exec(message)?.[1];
	const rest = list?.[1] ?? list?.[2] ?? before ?? '';
	const names =
		/^["'“‘]?[\w.$-]{1,80}["'”’]?(?:,\s*["'“‘]?[\w.$-]{1,80}["'”’]?){0,9}(?=\s*[.;]?\s*$|\s*[.;]\s)/.exec(
			rest,
		);
	return names?.[0]
		.replace(/["'“”‘’]/g, '')
		.replace(/\bcredentialSubject\.(?=\w)/g, '')
		.replace(/\.$/, '');
}

function detailOf(code: AirErrorCode, answer: HttpAnswer, body: AirBody): string | undefined {
	switch (code) {
		case 'AIR_FIELD_MISSING':
			return missingFields(body.message);
		case 'AIR_ANSWER_UNCLEAR':
			return `HTTP ${answer.status}`;
		case 'AIR_ANSWER_ENCODING':
			return answer.unreadable;
		default:
			return undefined;
	}
}

const KINDS: Readonly<Record<Known, AirErrorKind>> = {
	refused: 'refused',
	'not sent': 'not-sent',
	unknown: 'outcome-unknown',
};

/**
 * Turns an answer into an error with advice. Call it for every status outside 2xx, and for a 2xx whose
 * body lacks what was asked for.
 *
 * @param body - of the answer, from `readBody`
 * @returns the error to throw; when issuing, its kind is what `mayHaveIssued` says. Never throws itself
 * @example
 * ```ts
 * throw answerError(answer, readBody(answer.text), { operation: 'status', now: Date.now() });
 * ```
 */
export function answerError(answer: HttpAnswer, body: AirBody, context: AnswerContext): AirError {
	const rule = answerRules.find((candidate) => fits(candidate, answer, body, context));
	const code = rule?.code ?? 'AIR_ANSWER_UNCLEAR';
	const wait = answer.retryAfterMs;
	const notes = [
		clockNote(answer, context.now) ??
			(wait === undefined ? undefined : `AIR asks to wait ${Math.ceil(wait / 1000)} seconds.`),
		answer.unreadable === undefined || code === 'AIR_ANSWER_ENCODING'
			? undefined
			: `What the answer says could not be read: ${answer.unreadable}.`,
	].filter((note) => note !== undefined);
	const known = knownOf(answer.status, {
		retryAfter: wait !== undefined,
		foreign: rule?.foreign === true,
	});
	return new AirError(code, {
		httpStatus: answer.status,
		airMessage: body.message,
		notAirs: body.shape === 'html' ? true : undefined,
		retryAfterMs: wait,
		detail: detailOf(code, answer, body),
		note: notes.length === 0 ? undefined : notes.join(' '),
		kind: context.operation === 'issue' ? KINDS[known] : undefined,
	});
}
