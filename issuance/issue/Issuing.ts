import type { AirError } from '../../errors/AirError';
import type { Share } from '../../air/pacing/Permit';
import type { OnDuplicate } from '../../air/answers/answerError';
import type { IssueAnswer } from '../../air/answers/schemas';
import type { CredentialSubject } from '../subject/subject';

/** What is issued, to whom; checked. */
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

/** An issuance that AIR accepted: AIR's answer, and what AIR leaves out of it. */
export type Issuance = IssueAnswer & {
	readonly email: string;
	readonly issuerDid: string;
	/** ISO 8601, when AIR's answer was read. */
	readonly submittedAt: string;
};

/** How one issuance is sent, whichever way: everything that is decided once. */
export interface Delivering<A> {
	/** Whether to send again although an earlier attempt may have issued, from `repeatsUnknown`. */
	readonly repeatUnknown: boolean;
	/** Aborted when the user cancels the execution. */
	readonly signal?: AbortSignal | undefined;
	/**
	 * Aborted when nothing more is to be begun, because of a cancel or because another item failed: what
	 * has begun ends.
	 */
	readonly stopped?: AbortSignal | undefined;
	/** The run that issues. */
	readonly share?: Share | undefined;
	/** Of one request, in milliseconds. */
	readonly timeoutMs?: number | undefined;
	/** The user's own word for it, kept in the ledger. */
	readonly reference?: string | undefined;
	/** Called before each repeat. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
	/** Called when AIR has answered and only the ledger is still to be written. */
	readonly onAnswered?: (() => void) | undefined;
	/** Called with how a POST ended that was under way when the user cancelled. */
	readonly onLateOutcome?: ((outcome: A | Error) => void) | undefined;
}

/** One issuance on behalf as it is asked for. */
export interface Issuing extends Delivering<IssueAnswer> {
	readonly request: IssueRequest;
}
