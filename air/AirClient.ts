import { z } from 'zod';
import { AirError } from './AirError';
import { answerError, type AirOperation, type AnswerContext } from './answerError';
import { readBody, type HttpAnswer } from './answer';
import { send } from './egress';
import { PartnerJwtCache } from './PartnerJwtCache';
import type { PrivateKey } from './privateKey';
import { DEFAULT_REPEAT_LIMITS, repeating, type RepeatLimits } from './repeat';
import {
	issueAnswerSchema,
	readAnswer,
	statusAnswerSchema,
	type IssueAnswer,
	type IssueOnBehalfBody,
	type StatusAnswer,
} from './schemas';
import { version } from './version';

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** Who calls AIR, and where it is: one credential. */
export interface AirIdentity {
	/** From `resolveBaseUrl`. */
	readonly baseUrl: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly key: PrivateKey;
	/** Sent with Issue on Behalf; see air-api §2.3. */
	readonly scope: string;
	readonly lifetimeSeconds: number;
}

export interface CallOptions {
	/** Ends waits at once, and requests as `graceMs` says; nothing new is sent afterwards. */
	readonly signal?: AbortSignal | undefined;
	/** How long a request that AIR may already have seen may go on after the signal. */
	readonly graceMs?: number | undefined;
	/** Per attempt, in milliseconds. */
	readonly timeoutMs?: number | undefined;
	readonly repeat?: RepeatLimits | undefined;
	/** Told before each repeat, for the log. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
	/** Told of each answer as soon as it is there, whatever its status. */
	readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
}

export interface IssueOptions extends CallOptions {
	/** Send again although an earlier attempt may have issued. Keep Existing implies it. */
	readonly sendAgainWhenUnknown?: boolean | undefined;
}

/** One for the process: tokens are told apart by key and address, see the class. */
const tokens = new PartnerJwtCache();

const ISSUE_PATH = '/credentials/issue-on-behalf';

const USER_AGENT = `n8n-nodes-moca-air/${version}`;

/** Which advice an unknown outcome needs depends on whether it was sent again, and why not. */
function unknownOutcomeNote(repeatUnknown: boolean, repeated: boolean): string {
	return repeatUnknown
		? `It is not known whether the credential was issued${repeated ? '; sending it again did not help' : ''}. Look the recipient up in the AIR dashboard (Issuer → Claim Records).`
		: 'It is not known whether the credential was issued, and it was not sent again, because under Revoke and Reissue a repeat destroys what the first attempt may have issued. Look the recipient up in the AIR dashboard (Issuer → Claim Records) before you send it again; Keep Existing, or the option Send Again When Outcome Is Unknown, repeats by itself.';
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
	 * Issues a credential to a recipient (air-api §4).
	 *
	 * @param recipient - the e-mail that owns the AIR account; goes into the signed token only
	 * @throws AirError; of kind `outcome-unknown` when AIR may or may not have issued
	 */
	async issueOnBehalf(
		recipient: string,
		body: IssueOnBehalfBody,
		options: IssueOptions = {},
	): Promise<IssueAnswer> {
		const repeatUnknown = body.onDuplicate === 'ignore' || options.sendAgainWhenUnknown === true;
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
				issueAnswerSchema,
				{ ...options, onRepeat },
				{ repeatUnknown, onDuplicate: body.onDuplicate },
			);
		} catch (error) {
			if (!(error instanceof AirError) || error.kind !== 'outcome-unknown') throw error;
			const notes = [error.facts.note, unknownOutcomeNote(repeatUnknown, repeated)];
			throw error.with({ note: notes.filter((note) => note !== undefined).join(' ') });
		}
	}

	/**
	 * Asks what became of an issuance (air-api §5). Reading is always safe to repeat.
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
				statusAnswerSchema.refine(
					// An answer about another issuance must never confirm this one.
					(answer) => answer.coreClaimHash === undefined || answer.coreClaimHash === coreClaimHash,
				),
				options,
				{ repeatUnknown: true },
			);
		} catch (error) {
			if (!(error instanceof AirError) || error.kind !== 'outcome-unknown') throw error;
			// Asking changes nothing at AIR, so there is no outcome that could be unknown.
			if (error.code === 'AIR_CANCELLED_IN_FLIGHT') throw new AirError('AIR_CANCELLED');
			throw error.with({ kind: 'not-sent' });
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
		return await this.attempt(recipient, { path: ISSUE_PATH, body: '{}' }, options);
	}

	private async call<T>(
		operation: AirOperation,
		recipient: string,
		request: { readonly path: string; readonly body?: string },
		schema: z.ZodType<T>,
		options: CallOptions,
		rule: { readonly repeatUnknown: boolean } & Pick<AnswerContext, 'onDuplicate'>,
	): Promise<T> {
		return await repeating(
			async () => {
				const answer = await this.attempt(recipient, request, options);
				const parsed =
					answer.status >= 200 && answer.status < 300
						? readAnswer(schema, readBody(answer.text))
						: undefined;
				if (parsed !== undefined) return parsed;
				throw answerError(answer, { operation, onDuplicate: rule.onDuplicate, now: Date.now() });
			},
			{
				limits: options.repeat ?? DEFAULT_REPEAT_LIMITS,
				repeatUnknown: rule.repeatUnknown,
				reading: operation === 'status',
				signal: options.signal,
				onRepeat: options.onRepeat,
			},
		);
	}

	private async attempt(
		recipient: string,
		{ path, body }: { readonly path: string; readonly body?: string },
		{ signal, graceMs, timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, onAnswer }: CallOptions,
	): Promise<HttpAnswer> {
		const answer = await send({
			method: body === undefined ? 'GET' : 'POST',
			url: `${this.identity.baseUrl}${path}`,
			headers: {
				accept: 'application/json',
				'user-agent': USER_AGENT,
				'x-partner-auth': await this.token(recipient),
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body,
			timeoutMs,
			signal,
			graceMs,
		});
		onAnswer?.(answer);
		return answer;
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
