import type { AirError } from '../../errors/AirError';
import type { Share } from '../../air/pacing/Permit';
import type { OnDuplicate } from '../../air/answers/answerError';
import type { IssueAnswer } from '../../air/answers/schemas';
import type { CredentialSubject } from '../subject/subject';

/** What is issued, and to whom; checked. */
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
 * Two requests with the same lane run one after the other, since AIR may compare them when it looks for
 * duplicates.
 */
export const laneOf = ({ recipient, credentialId }: IssueRequest) =>
	JSON.stringify([recipient.toLowerCase(), credentialId]);

/** An issuance that AIR accepted: AIR's answer, and what the answer leaves out. */
export type Issuance = IssueAnswer & {
	readonly email: string;
	readonly issuerDid: string;
	/** ISO 8601, when AIR's answer was read. */
	readonly submittedAt: string;
};

/** How one issuance is sent, on behalf or directly: everything that is decided once. */
export interface Delivering<A> {
	/** Whether to send again although an earlier attempt may have issued, from `repeatsUnknown`. */
	readonly repeatUnknown: boolean;
	/** Aborted when the user cancels the execution. */
	readonly signal?: AbortSignal | undefined;
	/**
	 * Aborted when nothing more may be begun, because of a cancel or because another item failed; what
	 * has begun still ends.
	 */
	readonly stopped?: AbortSignal | undefined;
	/** The run that this belongs to. */
	readonly share?: Share | undefined;
	/** The timeout of one request, in milliseconds. */
	readonly timeoutMs?: number | undefined;
	/** The user's own reference, kept in the ledger. */
	readonly reference?: string | undefined;
	/** Called before each repeat. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
	/** Called when AIR has answered and only the write to the ledger is left. */
	readonly onAnswered?: (() => void) | undefined;
	/** Called with the outcome of a POST that was in flight when the user cancelled. */
	readonly onLateOutcome?: ((outcome: A | Error) => void) | undefined;
}

/** A request for one issuance on behalf. */
export interface Issuing extends Delivering<IssueAnswer> {
	readonly request: IssueRequest;
}
