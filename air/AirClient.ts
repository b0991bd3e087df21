import { ofReading, type AirError } from '../errors/AirError';
import { secretsOf, withoutSecrets, type Secrets } from '../errors/secrets';
import { readBody, type AirBody, type HttpAnswer } from './answers/answer';
import { answerError, type AnswerContext } from './answers/answerError';
import {
	issueAnswerSchema,
	readAnswer,
	readStatus,
	type IssueAnswer,
	type IssueOnBehalfBody,
	type StatusAnswer,
} from './answers/schemas';
import { send } from './http/egress';
import type { PrivateKey } from './keys/privateKey';
import { limiterFor } from './pacing/HostLimiter';
import type { Permit, Share } from './pacing/Permit';
import {
	DEFAULT_REPEAT_LIMITS,
	repeating,
	SHORTEST_QUEUE_MS,
	type RepeatLimits,
} from './pacing/repeat';
import { PartnerJwtCache } from './tokens/PartnerJwtCache';
import { version } from './version';

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** Who calls AIR, and where it is: one credential. */
export interface AirIdentity {
	/** From `resolveBaseUrl`. */
	readonly baseUrl: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly key: PrivateKey;
	/** The claim `scope`: AIR's documents name `issue on-behalf` and `issue`, and disagree. */
	readonly scope: string;
	readonly lifetimeSeconds: number;
}

/** How one request is sent. */
export interface RequestOptions {
	/** Ends waits at once, and the request as `graceMs` says. */
	readonly signal?: AbortSignal | undefined;
	/** How long a request that AIR may already have seen may go on after the signal, in milliseconds. */
	readonly graceMs?: number | undefined;
	/** Of the request, in milliseconds. */
	readonly timeoutMs?: number | undefined;
	/** Leave to send; by default it is waited for, 10 s at most. */
	readonly permit?: Permit | undefined;
	/** Called with each answer as soon as it is there, whatever its status. */
	readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
}

/** How a question is asked and repeated. */
export interface CallOptions extends Omit<RequestOptions, 'permit'> {
	/** The run that asks. */
	readonly share?: Share | undefined;
	/** How long it may wait for other requests to go first, in milliseconds; 10 s or more by default. */
	readonly queueMs?: number | undefined;
	readonly repeat?: RepeatLimits | undefined;
	/** Called before each repeat, for the log. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
}

export interface AirRequest {
	/** Its host has a limiter of its own. */
	readonly baseUrl: string;
	readonly path: string;
	/** Called once it may be sent, since a token does not live long. GET without a body. */
	readonly signed: () => Promise<{
		readonly token: string;
		readonly headers: Readonly<Record<string, string>>;
		readonly body?: string | undefined;
	}>;
}

export interface Received {
	readonly answer: HttpAnswer;
	/** The secrets that were sent, which must not be shown. */
	readonly secrets: Secrets;
}

/** One for the process: the cache distinguishes tokens by key and address. */
const tokens = new PartnerJwtCache();

const USER_AGENT = `n8n-nodes-moca-air/${version}`;

const ISSUE_PATH = '/credentials/issue-on-behalf';

/**
 * The part of the AIR API that Issue on Behalf needs. Every call signs (or reuses) a Partner JWT for its
 * recipient, and answers with parsed data or an {@link AirError}.
 *
 * @example
 * ```ts
 * const client = new AirClient(identity);
 * const { coreClaimHash } = await client.issueOnBehalf('ada@example.com', body);
 * ```
 */
export class AirClient {
	constructor(readonly identity: AirIdentity) {}

	/**
	 * Sends one request to issue: `POST /credentials/issue-on-behalf`. `repeating` decides whether it may
	 * be sent again.
	 *
	 * @param recipient - the e-mail that owns the AIR account; goes into the signed token only
	 * @throws AirError; of kind `outcome-unknown` when AIR may or may not have issued
	 */
	async issueOnBehalf(
		recipient: string,
		body: IssueOnBehalfBody,
		options: RequestOptions = {},
	): Promise<IssueAnswer> {
		const request = this.request(recipient, ISSUE_PATH, JSON.stringify(body));
		const received = await exchange(request, options);
		const { onDuplicate } = body;
		return read(received, { operation: 'issue', onDuplicate }, (parsed, secrets) =>
			readAnswer(issueAnswerSchema, parsed, secrets),
		);
	}

	/**
	 * Asks what became of an issuance: `GET /credentials/status`. Reading is always safe to repeat.
	 *
	 * @param recipient - the e-mail it was issued to; AIR documents it as a required claim
	 * @throws AirError `AIR_HASH_NOT_FOUND` when AIR itself says that it knows no such hash
	 */
	async getStatus(
		recipient: string,
		coreClaimHash: string,
		options: CallOptions = {},
	): Promise<StatusAnswer> {
		const query = new URLSearchParams({ coreClaimHash }).toString();
		const request = this.request(recipient, `/credentials/status?${query}`);
		return await asking(this.identity.baseUrl, options, async (permit) => {
			const received = await exchange(request, { ...options, permit });
			return read(received, { operation: 'status' }, (body, secrets) =>
				readStatus(coreClaimHash, body, secrets),
			);
		});
	}

	/**
	 * Posts an empty body to Issue on Behalf. By its documents AIR answers 400. The body names no
	 * program, so nothing can be issued. Never repeated.
	 *
	 * @param recipient - an address whose owner agreed: nobody knows whether AIR creates its account
	 *   before it reads the body
	 * @returns the answer, whatever its status
	 * @throws AirError when there is none
	 */
	async postNothing(recipient: string, options: RequestOptions = {}): Promise<HttpAnswer> {
		try {
			const request = this.request(recipient, ISSUE_PATH, '{}');
			const { answer, secrets } = await exchange(request, options);
			return { ...answer, text: withoutSecrets(answer.text, secrets) };
		} catch (error) {
			throw ofReading(error);
		}
	}

	private request(recipient: string, path: string, body?: string): AirRequest {
		const signed = async () => {
			const token = await this.token(recipient);
			return { token, headers: { 'x-partner-auth': token }, body };
		};
		return { baseUrl: this.identity.baseUrl, path, signed };
	}

	/**
	 * A Partner JWT for a recipient, from the cache while it has a minute to live.
	 *
	 * @throws AirError `AIR_SETTING_INVALID`
	 */
	async token(recipient: string): Promise<string> {
		const { key, baseUrl, partnerId, kid, scope, lifetimeSeconds } = this.identity;
		return await tokens.get(
			key,
			baseUrl,
			{ partnerId, kid, scope, email: recipient, lifetimeSeconds },
			Date.now(),
		);
	}
}

/** @throws AirError for any other answer */
function read<T>(
	received: Received,
	context: Pick<AnswerContext, 'operation' | 'onDuplicate'>,
	parse: (body: AirBody, secrets: Secrets) => T | undefined,
): T {
	return readReceived(received, parse, (answer, body) =>
		answerError(answer, body, { ...context, now: Date.now() }),
	);
}

/**
 * Sends one request to AIR once the limiter of its host permits, and reports the result to the limiter.
 *
 * @returns the answer, whatever its status
 * @throws AirError when there is none
 * @example
 * ```ts
 * const { answer } = await exchange({ baseUrl, path: '/credentials/status', signed }, { timeoutMs: 10_000 });
 * ```
 */
export async function exchange(
	{ baseUrl, path, signed }: AirRequest,
	{
		permit: given,
		signal,
		graceMs,
		timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS,
		onAnswer,
	}: RequestOptions,
): Promise<Received> {
	const permit =
		given ?? (await limiterFor(baseUrl).permit({ signal, withinMs: SHORTEST_QUEUE_MS }));
	try {
		const { token, headers, body } = await signed();
		permit.use();
		const answer = await send({
			method: body === undefined ? 'GET' : 'POST',
			url: `${baseUrl}${path}`,
			headers: {
				accept: 'application/json',
				'user-agent': USER_AGENT,
				...headers,
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body,
			timeoutMs,
			signal,
			graceMs,
		});
		if (answer.status === 429) permit.refused('too-many', answer.retryAfterMs);
		else if (answer.status === 503) permit.refused('unavailable', answer.retryAfterMs);
		else if (answer.status > 503 || answer.status === 500 || answer.status === 502) permit.broken();
		else permit.answered(answer.status >= 200 && answer.status < 300);
		onAnswer?.(answer);
		return { answer, secrets: secretsOf(token) };
	} finally {
		permit.ended();
	}
}

/**
 * Reads the answer that was asked for.
 *
 * @param parse - of the body of a success; undefined if it is not what was asked for
 * @param toError - of every other answer
 * @throws AirError from `toError`
 */
export function readReceived<T>(
	{ answer, secrets }: Received,
	parse: (body: AirBody, secrets: Secrets) => T | undefined,
	toError: (answer: HttpAnswer, body: AirBody) => AirError,
): T {
	const body = readBody(answer.text, secrets);
	const parsed = answer.status >= 200 && answer.status < 300 ? parse(body, secrets) : undefined;
	if (parsed !== undefined) return parsed;
	throw toError(answer, body);
}

/**
 * Asks a question that changes nothing, so it is always safe to repeat.
 *
 * @param ask - sends the question once
 * @throws the last error, never of kind `outcome-unknown`
 */
export async function asking<T>(
	baseUrl: string,
	{ queueMs, repeat: limits = DEFAULT_REPEAT_LIMITS, onRepeat, signal, share }: CallOptions,
	ask: (permit: Permit) => Promise<T>,
): Promise<T> {
	try {
		return await repeating(() => ({ send: ask }), {
			limiter: () => limiterFor(baseUrl),
			wanted: { share },
			limits,
			repeatUnknown: true,
			reading: true,
			queueMs,
			stopped: signal,
			onRepeat,
		});
	} catch (error) {
		throw ofReading(error);
	}
}
