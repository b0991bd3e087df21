import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { OnDuplicate } from '../../air/answers/answerError';
import { pause } from '../../air/pacing/backoff';
import type { Turn } from '../../air/pacing/HostLimiter';
import type { IssueAnswer } from '../../air/answers/schemas';
import { withoutOwnNames } from './ownNames';
import { looksLikeSchemaId } from '../inputs/schemaId';
import type { CredentialSubject } from '../subject/subject';

/** After a cancel: how long a POST under way is waited for before the node returns … */
const RETURN_AFTER_MS = 300;
/** … and how long it may go on in the background, so that its outcome can be logged. */
const FINISH_WITHIN_MS = 5_000;

/** Everything that one issuance needs, checked. */
export interface IssueRequest {
	/** The e-mail that owns the AIR account, from `parseRecipient`. */
	readonly recipient: string;
	readonly issuerDid: string;
	/** The issuance program. */
	readonly credentialId: string;
	readonly credentialSubject: CredentialSubject;
	readonly onDuplicate: OnDuplicate;
}

/**
 * What AIR may compare when it looks for duplicates: of two such requests one has to be over before the
 * other begins.
 */
export const laneOf = ({ recipient, credentialId }: IssueRequest) =>
	JSON.stringify([recipient.toLowerCase(), credentialId]);

export interface IssueSettings {
	/** Aborted when the user cancels the execution. */
	readonly signal?: AbortSignal | undefined;
	readonly timeoutMs?: number | undefined;
	readonly sendAgainWhenUnknown?: boolean | undefined;
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
	/**
	 * Aborted when nothing more is to be begun, e.g. because another item failed: what has begun ends.
	 * By default only a cancel does that.
	 */
	readonly stopped?: AbortSignal | undefined;
	/** Leave to send, from `AirClient.turn`; it is waited for if there is none. */
	readonly turn?: Turn | undefined;
	/** Told when AIR has answered and only the ledger is still to be written. */
	readonly onAnswered?: (() => void) | undefined;
	/** Told how a POST ended that was under way when the user cancelled. */
	readonly onLateOutcome?: ((outcome: IssueAnswer | Error) => void) | undefined;
}

/** An issuance that AIR accepted: AIR's answer, and what AIR leaves out of it. */
export type Issuance = IssueAnswer & {
	readonly email: string;
	readonly issuerDid: string;
	/** ISO 8601, when AIR's answer was read. */
	readonly submittedAt: string;
};

/**
 * Issues one credential. An accepted issuance is *submitted*, not yet on-chain: see
 * {@link waitUntilOnChain}.
 *
 * When the signal is aborted nothing new is sent, and this returns within a second; a POST that AIR
 * may already have seen is left to finish in the background.
 *
 * @throws AirError, see its `kind` for what is known about the outcome
 * @example
 * ```ts
 * const { coreClaimHash } = await issue(client, request, { signal });
 * ```
 */
export async function issue(
	client: AirClient,
	{ recipient, ...body }: IssueRequest,
	{ signal, onLateOutcome, onAnswered, ...options }: IssueSettings = {},
): Promise<Issuance> {
	if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
	const sending = client
		.issueOnBehalf(recipient, body, { ...options, signal, graceMs: FINISH_WITHIN_MS })
		.catch((error: unknown) => {
			throw hintAtSchemaId(error, body.credentialId);
		});
	const answer = await raceAgainstCancel(sending, signal);
	if (answer === ABANDONED) {
		sending.then(onLateOutcome, (error: unknown) => {
			onLateOutcome?.(error instanceof Error ? error : new Error(String(error)));
		});
		throw new AirError('AIR_CANCELLED_IN_FLIGHT');
	}
	onAnswered?.();
	return {
		...withoutOwnNames(answer),
		email: recipient,
		issuerDid: body.issuerDid,
		submittedAt: new Date().toISOString(),
	};
}

/** The likeliest cause of a 404 is easily seen here, and nowhere in AIR's answer. */
function hintAtSchemaId(error: unknown, program: string): unknown {
	if (!(error instanceof AirError) || error.httpStatus !== 404 || !looksLikeSchemaId(program)) {
		return error;
	}
	return error.with({
		note: 'The issuance program looks like a schema ID; AIR wants the program ID.',
	});
}

const ABANDONED = Symbol('abandoned');

/** Gives up a moment after the cancel, so that what ends by then is still reported as it ended. */
async function raceAgainstCancel<T>(
	sending: Promise<T>,
	signal: AbortSignal | undefined,
): Promise<T | typeof ABANDONED> {
	if (signal === undefined) return await sending;
	let onAbort: () => void = () => undefined;
	const abandoned = new Promise<typeof ABANDONED>((resolve) => {
		onAbort = () => {
			void pause(RETURN_AFTER_MS).then(() => {
				resolve(ABANDONED);
			});
		};
		if (signal.aborted) onAbort();
		else signal.addEventListener('abort', onAbort, { once: true });
	});
	try {
		return await Promise.race([sending, abandoned]);
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}
