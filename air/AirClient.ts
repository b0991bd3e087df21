import { AirError, LOOK_FIRST, ofReading } from '../errors/AirError';
import { answerError, type AirOperation, type AnswerContext } from './answers/answerError';
import { readBody, type AirBody, type HttpAnswer } from './answers/answer';
import { send } from './http/egress';
import { limiterFor, type Turn } from './pacing/HostLimiter';
import { PartnerJwtCache } from './tokens/PartnerJwtCache';
import type { PrivateKey } from './keys/privateKey';
import {
	DEFAULT_REPEAT_LIMITS,
	repeating,
	repeatsUnknown,
	type RepeatLimits,
} from './pacing/repeat';
import {
	issueAnswerSchema,
	readAnswer,
	readStatus,
	type IssueAnswer,
	type IssueOnBehalfBody,
	type StatusAnswer,
} from './answers/schemas';
import { retryAfterMs } from './pacing/retryAfter';
import { secretsOf, withoutSecrets } from '../errors/secrets';
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

export interface CallOptions {
	/** Ends waits at once, and requests as `graceMs` says; nothing new is sent afterwards. */
	readonly signal?: AbortSignal | undefined;
	/** Ends waits at once, and lets a request that is under way end; by default `signal`. */
	readonly stopped?: AbortSignal | undefined;
	/** How long a request that AIR may already have seen may go on after the signal. */
	readonly graceMs?: number | undefined;
	/** Per attempt, in milliseconds. */
	readonly timeoutMs?: number | undefined;
	/** How long it may wait for other requests to go first, in milliseconds; 10 s or more by default. */
	readonly queueMs?: number | undefined;
	readonly repeat?: RepeatLimits | undefined;
	/** Told before each repeat, for the log. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
	/** Told of each answer as soon as it is there, whatever its status. */
	readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
}

export interface IssueOptions extends CallOptions {
	/** Send again although an earlier attempt may have issued. Keep Existing implies it. */
	readonly sendAgainWhenUnknown?: boolean | undefined;
	/** Leave to send the first attempt, from {@link AirClient.turn}. */
	readonly turn?: Turn | undefined;
}

/** A request that may not be repeated still waits this long for others to go first. */
const SHORTEST_QUEUE_MS = 10_000;

/** One for the process: tokens are told apart by key and address, see the class. */
const tokens = new PartnerJwtCache();

const ISSUE_PATH = '/credentials/issue-on-behalf';

const USER_AGENT = `n8n-nodes-moca-air/${version}`;

/** What may be done about an unknown outcome depends on what sending again would do. */
function unknownOutcomeNote(
	onDuplicate: IssueOnBehalfBody['onDuplicate'],
	repeatUnknown: boolean,
	repeated: boolean,
): string {
	const known = `AIR may or may not have issued this credential${repeated ? '; sending it again brought no clear answer either' : ''}.`;
	if (onDuplicate === 'ignore') {
		return `${known} With Keep Existing it is safe to send it again: what AIR has issued is kept.`;
	}
	return repeatUnknown
		? `${known} ${LOOK_FIRST}`
		: `${known} ${LOOK_FIRST} The node has not repeated it, because under Revoke and Reissue that would destroy what was issued; with Keep Existing, or the option Send Again When Outcome Is Unknown, it does.`;
}

/**
 * The AIR API as far as Issue on Behalf needs it. Every call signs (or reuses) a Partner JWT for its
 * recipient, repeats what is safe to repeat, and answers with parsed data or an {@link AirError}.
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
	 * Issues a credential to a recipient: `POST /credentials/issue-on-behalf`.
	 *
	 * @param recipient - the e-mail that owns the AIR account; goes into the signed token only
	 * @throws AirError; of kind `outcome-unknown` when AIR may or may not have issued
	 */
	async issueOnBehalf(
		recipient: string,
		body: IssueOnBehalfBody,
		options: IssueOptions = {},
	): Promise<IssueAnswer> {
		const repeatUnknown = repeatsUnknown(body.onDuplicate, options.sendAgainWhenUnknown);
		let repeated = false;
		const onRepeat: CallOptions['onRepeat'] = (error, delayMs) => {
			repeated = true;
			options.onRepeat?.(error, delayMs);
		};
		try {
			return await this.call(
				'issue',
				recipient,
				{ path: ISSUE_PATH, body: JSON.stringify(body) },
				(answer, secrets) => readAnswer(issueAnswerSchema, answer, secrets),
				{ ...options, onRepeat },
				{ repeatUnknown, onDuplicate: body.onDuplicate, turn: options.turn },
			);
		} catch (error) {
			if (!(error instanceof AirError) || error.kind !== 'outcome-unknown') throw error;
			const { onDuplicate } = body;
			const notes = [error.facts.note, unknownOutcomeNote(onDuplicate, repeatUnknown, repeated)];
			throw error.with({
				note: notes.filter((note) => note !== undefined).join(' '),
				safeToRepeat: onDuplicate === 'ignore',
			});
		}
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
		try {
			return await this.call(
				'status',
				recipient,
				{ path: `/credentials/status?${query}` },
				(body, secrets) => readStatus(coreClaimHash, body, secrets),
				options,
				{ repeatUnknown: true },
			);
		} catch (error) {
			throw ofReading(error);
		}
	}

	/**
	 * Posts an empty body to Issue on Behalf, which AIR documents to answer with 400: it names no
	 * program, so nothing can be issued. Never repeated.
	 *
	 * @param recipient - an address whose owner agreed: nobody knows whether AIR creates its account
	 *   before it reads the body
	 * @returns the answer, whatever its status
	 * @throws AirError when there is none
	 */
	async postNothing(recipient: string, options: CallOptions = {}): Promise<HttpAnswer> {
		const turn = await this.turn(options.signal, options.queueMs ?? SHORTEST_QUEUE_MS);
		try {
			const { answer, secrets } = await this.attempt(
				recipient,
				{ path: ISSUE_PATH, body: '{}' },
				turn,
				options,
			);
			return { ...answer, text: withoutSecrets(answer.text, secrets) };
		} catch (error) {
			throw ofReading(error);
		}
	}

	private async call<T>(
		operation: AirOperation,
		recipient: string,
		request: { readonly path: string; readonly body?: string },
		read: (body: AirBody, secrets: RegExp) => T | undefined,
		options: CallOptions,
		rule: { readonly repeatUnknown: boolean; readonly turn?: Turn | undefined } & Pick<
			AnswerContext,
			'onDuplicate'
		>,
	): Promise<T> {
		const limits = options.repeat ?? DEFAULT_REPEAT_LIMITS;
		const stopped = options.stopped ?? options.signal;
		const latest =
			performance.now() + (options.queueMs ?? Math.max(limits.withinMs, SHORTEST_QUEUE_MS));
		let given = rule.turn;
		return await repeating(
			async () => {
				const turn = given ?? (await this.turn(stopped, Math.max(0, latest - performance.now())));
				given = undefined;
				const { answer, secrets } = await this.attempt(recipient, request, turn, options);
				const { status, text } = answer;
				const parsed =
					status >= 200 && status < 300 ? read(readBody(text, secrets), secrets) : undefined;
				if (parsed !== undefined) return parsed;
				const { onDuplicate } = rule;
				throw answerError(answer, { operation, onDuplicate, now: Date.now(), secrets });
			},
			{
				limits,
				repeatUnknown: rule.repeatUnknown,
				reading: operation === 'status',
				signal: stopped,
				onRepeat: options.onRepeat,
			},
		);
	}

	private async attempt(
		recipient: string,
		{ path, body }: { readonly path: string; readonly body?: string },
		turn: Turn,
		{ signal, graceMs, timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, onAnswer }: CallOptions,
	): Promise<{ readonly answer: HttpAnswer; readonly secrets: RegExp }> {
		try {
			// Not before its turn: a token does not live long.
			const token = await this.token(recipient);
			turn.use();
			const answer = await send({
				method: body === undefined ? 'GET' : 'POST',
				url: `${this.identity.baseUrl}${path}`,
				headers: {
					accept: 'application/json',
					'user-agent': USER_AGENT,
					'x-partner-auth': token,
					...(body === undefined ? {} : { 'content-type': 'application/json' }),
				},
				body,
				timeoutMs,
				signal,
				graceMs,
			});
			if (answer.status === 429 || answer.status === 503) {
				turn.refused(
					answer.status === 429 ? 'too-many' : 'unavailable',
					retryAfterMs(answer.headers, Date.now()),
				);
			} else {
				turn.answered();
			}
			onAnswer?.(answer);
			return { answer, secrets: secretsOf(token) };
		} finally {
			turn.giveBack();
			turn.ended();
		}
	}

	/**
	 * Waits until a request may be sent: AIR's limits, and those that users set, hold for the whole
	 * process (see `HostLimiter`). For who has to prepare something that must not wait itself; whatever
	 * is not sent then has to be given back.
	 *
	 * @param withinMs - no use after this time
	 * @throws AirError `AIR_CANCELLED`, `AIR_RATE_LIMITED`
	 */
	async turn(signal?: AbortSignal, withinMs?: number): Promise<Turn> {
		return await limiterFor(this.identity.baseUrl).turn({ signal, withinMs });
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
