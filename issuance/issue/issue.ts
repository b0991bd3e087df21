import type { AirClient } from '../../air/AirClient';
import type { OnDuplicate } from '../../air/answers/answerError';
import type { IssueAnswer } from '../../air/answers/schemas';
import { pause } from '../../air/pacing/backoff';
import { limiterFor, type Permit } from '../../air/pacing/HostLimiter';
import {
	DEFAULT_REPEAT_LIMITS,
	repeating,
	type Begun,
	type Sending,
	type Series,
} from '../../air/pacing/repeat';
import { AirError, LOOK_FIRST } from '../../errors/AirError';
import { looksLikeSchemaId } from '../inputs/schemaId';
import type { Issuance, Issuing } from './Issuing';
import { withoutOwnNames } from './ownNames';

/** After a cancel: how long a POST under way is waited for before the node returns … */
const RETURN_AFTER_MS = 300;
/** … and how long it may go on in the background, so that its outcome can be logged. */
const FINISH_WITHIN_MS = 5_000;

/** Where a series of attempts to issue is written down. */
export interface IssueRecord<T> {
	/** AIR accepted it. @returns what the item says */
	readonly answered: (issuance: Issuance) => Promise<T>;
	/** It failed, and no further attempt follows in this series. @returns the error to throw */
	readonly failed: (error: unknown) => Promise<unknown>;
	/** A cancel overtook it, and nobody waits for its outcome any more. */
	readonly endedLate?: (outcome: Issuance | Error) => Promise<void>;
}

/** Writes nothing down. */
export const NO_RECORD: IssueRecord<Issuance> = {
	answered: async (issuance) => await Promise.resolve(issuance),
	failed: async (error) => await Promise.resolve(error),
};

/** Where to write down what is sent, or why nothing is sent; see `Begun`. */
export type BegunIssue<T> = IssueRecord<T> | Exclude<Begun<T>, Sending<T>>;

/**
 * Issues one credential: waits for a permit, begins, sends, writes down, and again where that is safe.
 * An accepted issuance is *submitted*, not yet on-chain: see {@link waitUntilOnChain}.
 *
 * When the signal is aborted nothing new is sent, and this returns within a second; a POST that AIR
 * may already have seen is left to finish in the background.
 *
 * @param begin - called with the permit, which it gives back before it waits for anything else
 * @throws AirError, see its `kind` for what is known about the outcome
 * @example
 * ```ts
 * const { coreClaimHash } = await issue(client, issuing, async () => NO_RECORD);
 * ```
 */
export async function issue<T>(
	client: AirClient,
	issuing: Issuing,
	begin: (permit: Permit) => Promise<BegunIssue<T>>,
): Promise<T> {
	const { repeatUnknown, stopped, onRepeat } = issuing;
	return await repeating<T>(
		async (permit) => {
			const begun = await begin(permit);
			return begun === 'again' || 'result' in begun ? begun : new Post(client, issuing, begun);
		},
		{
			limiter: () => limiterFor(client.identity.baseUrl),
			limits: DEFAULT_REPEAT_LIMITS,
			repeatUnknown,
			patient: true,
			stopped,
			onRepeat,
		},
	);
}

/** A series of POSTs that ask for one issuance. */
class Post<T> implements Sending<T> {
	constructor(
		private readonly client: AirClient,
		private readonly issuing: Issuing,
		private readonly record: IssueRecord<T>,
	) {}

	async send(permit: Permit, series: Series): Promise<T> {
		const { request, signal, stopped, timeoutMs } = this.issuing;
		const { recipient, ...body } = request;
		if (stopped?.aborted === true) throw new AirError('AIR_CANCELLED');
		const sending = this.client.issueOnBehalf(recipient, body, {
			permit,
			signal,
			graceMs: FINISH_WITHIN_MS,
			timeoutMs,
		});
		const patience = new Patience(signal);
		let answer: IssueAnswer | typeof ABANDONED;
		try {
			answer = await Promise.race([sending, patience.over]);
		} finally {
			patience.end();
		}
		if (answer === ABANDONED) {
			void this.late(sending, series);
			throw new AirError('AIR_CANCELLED_IN_FLIGHT');
		}
		this.issuing.onAnswered?.();
		return await this.record.answered(this.issuanceOf(answer));
	}

	async failed(error: unknown, series: Series): Promise<unknown> {
		// Its outcome comes later; until then its lease holds.
		if (error instanceof AirError && error.code === 'AIR_CANCELLED_IN_FLIGHT') return error;
		return await this.record.failed(this.explained(error, series));
	}

	private async late(sending: Promise<IssueAnswer>, series: Series): Promise<void> {
		let outcome: Issuance | Error;
		try {
			outcome = this.issuanceOf(await sending);
		} catch (error) {
			const last = error instanceof AirError ? series.ended(error) : error;
			const explained = this.explained(last, series);
			outcome = explained instanceof Error ? explained : new Error(String(explained));
		}
		this.issuing.onLateOutcome?.(outcome);
		await this.record.endedLate?.(outcome);
	}

	private issuanceOf(answer: IssueAnswer): Issuance {
		const { recipient: email, issuerDid } = this.issuing.request;
		return {
			...withoutOwnNames(answer),
			email,
			issuerDid,
			submittedAt: new Date().toISOString(),
		};
	}

	private explained(error: unknown, { repeats }: Series): unknown {
		if (!(error instanceof AirError)) return error;
		const { request, repeatUnknown } = this.issuing;
		const { onDuplicate, credentialId } = request;
		const known =
			error.kind === 'outcome-unknown'
				? error.with({
						note: [error.facts.note, unknownOutcomeNote(onDuplicate, repeatUnknown, repeats > 0)]
							.filter((note) => note !== undefined)
							.join(' '),
						safeToRepeat: onDuplicate === 'ignore',
					})
				: error;
		// The likeliest cause of a 404 is easily seen here, and nowhere in AIR's answer.
		return known.httpStatus === 404 && looksLikeSchemaId(credentialId)
			? known.with({
					note: 'The issuance program looks like a schema ID; AIR wants the program ID.',
				})
			: known;
	}
}

/** What may be done about an unknown outcome depends on what sending again would do. */
function unknownOutcomeNote(
	onDuplicate: OnDuplicate,
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

const ABANDONED = Symbol('abandoned');

/** Runs out a moment after the cancel, so that what ends by then is still reported as it ended. */
class Patience {
	readonly over: Promise<typeof ABANDONED>;
	private runOut: () => void = () => undefined;
	private readonly onAbort = (): void => {
		void pause(RETURN_AFTER_MS).then(() => {
			this.runOut();
		});
	};

	constructor(private readonly signal: AbortSignal | undefined) {
		this.over = new Promise((resolve) => {
			this.runOut = () => {
				resolve(ABANDONED);
			};
		});
		if (signal?.aborted === true) this.onAbort();
		else signal?.addEventListener('abort', this.onAbort, { once: true });
	}

	end(): void {
		this.signal?.removeEventListener('abort', this.onAbort);
	}
}
